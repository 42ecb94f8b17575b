"""AWS API Gateway, REST API: an OpenAPI document in which ANY of each path is a mock that answers 405.

A method that a resource does not define is answered 403 there; ANY is asked for every method without a definition.
"""

from __future__ import annotations

import re
from typing import Any

from auditor.differ.output.gateways import commented
from auditor.differ.output.gateways.allowlist import AllowList, Entry
from auditor.differ.output.yaml_text import dump
from auditor.model.templates import parameter_names, split_template

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_NAME = re.compile(r"[A-Za-z0-9._-]+\Z")
_TEXT = re.compile(r"[A-Za-z0-9._~:@,=-]*\Z")
BACKEND = "https://your-backend.example"


def render(allowed: AllowList) -> str:
    """The document for `put-rest-api`."""
    allowed = allowed.without((e, why) for e in allowed.entries for why in [_why_not(e)] if why)
    document = {
        "openapi": "3.0.1",
        "info": {"title": "method-contract", "version": allowed.run},
        "paths": {e.template: _path(e) for e in allowed.entries},
    }
    notes = (
        *allowed.notes(), "",
        f"Put your own address in for {BACKEND}, save it as methods.yaml, then:",
        "  aws apigateway put-rest-api --rest-api-id ID --mode overwrite --fail-on-warnings --body fileb://methods.yaml",
        "and deploy a stage. --mode merge keeps methods that the API has and the description does not: delete them.",
        "A path that is not documented is answered 403 by API Gateway itself.",
    )  # fmt: skip
    return commented(notes) + dump(document)


def _why_not(entry: Entry) -> str | None:
    if set(entry.methods) - _METHODS:
        return "API Gateway has no " + ", ".join(m for m in entry.methods if m not in _METHODS)
    for segment in split_template(entry.template):
        if not (segment.is_literal or segment.is_parameter) or segment.spans:
            return "a parameter of API Gateway is a whole segment"
        if segment.is_literal and not _TEXT.match(segment.text):
            return "API Gateway takes no such characters in a path"
    if not all(_NAME.match(n) for n in parameter_names(entry.template)):
        return "API Gateway takes no such name of a parameter"
    return None


def _path(entry: Entry) -> dict[str, Any]:
    return {**{m.lower(): _passing(entry, m) for m in entry.methods}, "x-amazon-apigateway-any-method": _refusal(entry)}


def _passing(entry: Entry, method: str) -> dict[str, Any]:
    names = parameter_names(entry.template)
    integration = {"type": "http_proxy", "httpMethod": method, "uri": BACKEND + entry.template}
    mapped = {f"integration.request.path.{n}": f"method.request.path.{n}" for n in names}
    return {
        **_parameters(names),
        "responses": {"default": {"description": "As the service answers"}},
        "x-amazon-apigateway-integration": {**integration, **({"requestParameters": mapped} if mapped else {})},
    }


def _refusal(entry: Entry) -> dict[str, Any]:
    field = {"Allow": {"schema": {"type": "string"}}}
    answer = {"statusCode": "405", "responseParameters": {"method.response.header.Allow": f"'{entry.allow}'"}}
    return {
        **_parameters(parameter_names(entry.template)),
        "responses": {"405": {"description": "Method Not Allowed", "headers": field}},
        "x-amazon-apigateway-integration": {
            "type": "mock", "passthroughBehavior": "when_no_templates",
            "requestTemplates": {"application/json": '{"statusCode": 405}'}, "responses": {"default": answer},
        },
    }  # fmt: skip


def _parameters(names: tuple[str, ...]) -> dict[str, Any]:
    found = [{"name": n, "in": "path", "required": True, "schema": {"type": "string"}} for n in names]
    return {"parameters": found} if found else {}
