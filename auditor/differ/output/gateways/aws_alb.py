"""AWS Application Load Balancer: listener rules as CloudFormation, the documented methods forwarded, 405 for the rest.

A condition holds at most three values and a rule five, so long lists take several rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from auditor.differ.output.gateways import commented
from auditor.differ.output.gateways.allowlist import REFUSAL, AllowList, Entry
from auditor.differ.output.yaml_text import dump

LONGEST = 128
MOST_METHODS = 3


def render(allowed: AllowList) -> str:
    """The CloudFormation template; the rule with the lowest priority number that fits counts."""
    allowed = allowed.without(
        (e, f"its pattern is longer than the {LONGEST} characters that a rule takes")
        for e in allowed.entries if len(e.encoded) > LONGEST
    )  # fmt: skip
    rules = [rule for e in allowed.entries for rule in _rules(e)]
    resources = {
        f"MethodRule{i}": {
            "Type": "AWS::ElasticLoadBalancingV2::ListenerRule",
            "Properties": {"ListenerArn": {"Ref": "Listener"}, "Priority": i, **rule},
        }
        for i, rule in enumerate(rules, 1)
    }
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Parameters": {"Listener": {"Type": "String"}, "TargetGroup": {"Type": "String"}},
        "Resources": resources,
    }
    notes = (
        *allowed.notes(), "A fixed response of a load balancer carries no field of its own: its 405 has no Allow.", "",
        f"For CloudFormation: give the ARN of the listener and of the target group. {len(rules)} rules; a load "
        "balancer takes 100 unless the quota is raised.",
        "Priorities begin with 1: move rules of your own that must come first.",
    )  # fmt: skip
    return commented(notes) + dump(template)


def _rules(entry: Entry) -> Iterator[dict[str, Any]]:
    path = {"Field": "path-pattern", "PathPatternConfig": {"RegexValues": [entry.encoded]}}
    for at in range(0, len(entry.methods), MOST_METHODS):
        values = list(entry.methods[at : at + MOST_METHODS])
        method = {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": values}}
        forward = {"Type": "forward", "TargetGroupArn": {"Ref": "TargetGroup"}}
        yield {"Conditions": [path, method], "Actions": [forward]}
    refusal = {"StatusCode": "405", "ContentType": "text/plain", "MessageBody": REFUSAL}
    yield {"Conditions": [path], "Actions": [{"Type": "fixed-response", "FixedResponseConfig": refusal}]}
