"""AWS WAF (v2): a rule group as CloudFormation, one blocking rule for each path.

A rule cannot ask which other rule fits better, so it names those paths itself. The path is percent-decoded before it is
compared.
"""

from __future__ import annotations

from typing import Any

from auditor.differ.output.gateways import commented
from auditor.differ.output.gateways.allowlist import AllowList, Entry
from auditor.differ.output.yaml_text import dump

LONGEST = 512
REGEX, DECODING, EXACT = 3, 10, 2
"""Capacity units of a regular expression, of its text transformation, and of an exact comparison."""


def render(allowed: AllowList) -> str:
    """The CloudFormation template of a regional rule group."""
    allowed = allowed.without(
        (e, f"its pattern is longer than the {LONGEST} characters that a rule takes")
        for e in allowed.entries if len(e.decoded) > LONGEST
    )  # fmt: skip
    rules = [_rule(i, e) for i, e in enumerate(allowed.entries)]
    capacity = sum((1 + len(e.clashes)) * (REGEX + DECODING) + EXACT * len(e.methods) for e in allowed.entries)
    group = {
        "Name": "method-contract", "Scope": "REGIONAL", "Capacity": max(capacity, 1),
        "VisibilityConfig": _metric("method-contract"), "Rules": rules,
    }  # fmt: skip
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Resources": {"MethodContract": {"Type": "AWS::WAFv2::RuleGroup", "Properties": group}},
    }
    notes = (
        *allowed.notes(), "",
        "For CloudFormation; then add the rule group to your web ACL. Scope CLOUDFRONT for a distribution.",
        "Capacity is an upper bound; `aws wafv2 check-capacity` says what the rules take, and a group takes 5,000.",
    )  # fmt: skip
    return commented(notes) + dump(template)


def _rule(number: int, entry: Entry) -> dict[str, Any]:
    methods = [_method(m) for m in entry.methods]
    passing = methods[0] if len(methods) == 1 else {"OrStatement": {"Statements": methods}}
    others = [{"NotStatement": {"Statement": _path(e)}} for e in entry.clashes]
    statements = [_path(entry), {"NotStatement": {"Statement": passing}}, *others]
    response = {"ResponseCode": 405, "ResponseHeaders": [{"Name": "Allow", "Value": entry.allow}]}
    name = f"path-{number + 1}"
    return {
        "Name": name, "Priority": number, "Statement": {"AndStatement": {"Statements": statements}},
        "Action": {"Block": {"CustomResponse": response}}, "VisibilityConfig": _metric(name),
    }  # fmt: skip


def _path(entry: Entry) -> dict[str, Any]:
    return {"RegexMatchStatement": {
        "FieldToMatch": {"UriPath": {}}, "RegexString": entry.decoded,
        "TextTransformations": [{"Priority": 0, "Type": "URL_DECODE"}],
    }}  # fmt: skip


def _method(method: str) -> dict[str, Any]:
    return {"ByteMatchStatement": {
        "FieldToMatch": {"Method": {}}, "PositionalConstraint": "EXACTLY", "SearchString": method,
        "TextTransformations": [{"Priority": 0, "Type": "NONE"}],
    }}  # fmt: skip


def _metric(name: str) -> dict[str, Any]:
    return {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": name}
