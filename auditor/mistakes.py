"""What is wrong with a value of auditor.yaml, in our own words: pydantic finds it, the schema says what was meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from auditor.errors import ConfigError

MAX_LISTED = 140
"""Characters of a list of known keys; a longer one is left to `auditor config schema`."""

_UNION_TAGS = frozenset({"str", "float", "int", "bool", "SecretSource"})
_WORDS = {"string": "text", "array": "a list", "object": "a mapping", "number": "a number",
          "integer": "a whole number", "boolean": "true or false"}  # fmt: skip
_RANGES = frozenset({"greater_than_equal", "less_than_equal", "too_short", "finite_number"})

EXAMPLES: dict[str, str] = {
    "spec": "openapi.yaml", "skip": '["/admin/**"]', "skip.*": '"/admin/**"', "only": '["/orders/**"]',
    "only.*": '"/orders/**"', "environments": "{prod: {url: https://api.example.test/v1}}",
    "environments.*": "{url: https://api.example.test/v1}",
    "servers": '{"https://uploads.example.test": "https://uploads.stage.example.test"}',
    "servers.*": '"https://uploads.stage.example.test"', "values": "{orderId: 42}", "rules": "{allow-missing: off}",
    "rules.*": "off",
    "waivers": "[{rule: catch-all, environments: [dev], reason: a mock, owner: team-orders, expires: 2027-01-31}]",
    "waivers.*": "{rule: catch-all, environments: [dev], reason: a mock, owner: team-orders, expires: 2027-01-31}",
    "waivers.*.rule": "undocumented-method-served", "waivers.*.path": "/legacy/**", "waivers.*.method": "PUT",
    "waivers.*.environments": "[dev]", "waivers.*.environments.*": "dev", "waivers.*.reason": "migration",
    "waivers.*.owner": "team-orders", "waivers.*.expires": "2027-01-31", "waivers.*.ticket": "OPS-1841",
    "waivers.*.since": "2026-11-01",
    "notify": '[{url: "slack://${SLACK_TOKENS}", when: [new-error]}]', "notify.*": '{url: "slack://${SLACK_TOKENS}"}',
    "notify.*.url": '"slack://${SLACK_TOKENS}"', "notify.*.webhook": '"https://hooks.example.test/${HOOK}"',
    "notify.*.when": "[new-error, incomplete]", "notify.*.when.*": "new-error", "notify.*.owners": "[team-orders]",
    "notify.*.owners.*": "team-orders", "notify.*.environments": "[prod]", "notify.*.environments.*": "prod",
    "notify.*.timeout": "15s",
    "fail_on": "error", "min_decided": "30", "promotion_min_decided": "50", "deadline": "30m",
    "lang": "de",
    "out": "drift-report", "environments.*.url": "https://api.example.test/v1", "environments.*.mode": "safe",
    "environments.*.inert_forms": "[broken-json]", "environments.*.inert_forms.*": "broken-json",
    "environments.*.spec": "openapi.next.yaml", "environments.*.headers": '{Authorization: "Bearer ${TOKEN}"}',
    "environments.*.headers.*": '"Bearer ${TOKEN}", or {file: PATH}, or {command: [...]}',
    "environments.*.rate": "5/s", "environments.*.concurrency": "4", "environments.*.connect_timeout": "5s",
    "environments.*.probe_timeout": "15s", "environments.*.retries": "2", "environments.*.allow_plaintext": "true",
    "environments.*.ca_file": "ca.pem", "environments.*.client_cert": "client.pem",
    "environments.*.client_key": "client.key", "environments.*.proxy": '"http://proxy.example.test:3128"',
    "environments.*.repeat": "10",
    "environments.*.behind": "prod", "environments.*.host": "api.example.test", "environments.*.keep_bodies": "true",
    "environments.*.cors_origin": "https://app.example.test", "environments.*.served_spec": "/openapi.json",
    "environments.*.build": "{header: X-Build-Id}", "environments.*.build.header": "X-Build-Id",
    "environments.*.build.url": "/version", "environments.*.build.pointer": "/commit",
    "environments.*.headers.*.file": "secrets/token",
    "environments.*.headers.*.command": "[vault, read, -field=key, secret/api]",
    "environments.*.headers.*.command.*": "vault", "environments.*.headers.*.prefix": '"Bearer "',
}  # fmt: skip
"""A value that each key may have, by its path; `*` stands for a name of the operator's choice, or a place in a list."""


def explained(error: ValidationError, data: Mapping[str, Any]) -> ConfigError:
    """The first mistake as a ConfigError whose `where` is the key. No value is shown: it may be a secret."""
    from auditor.configschema import schema

    root = schema()
    found = [m for e in error.errors(include_input=False, include_url=False) for m in _cleaned(e, root, data)]
    # A key written wrongly explains why the right one is missing.
    type_, path, node = min(found, key=lambda m: m[0] != "extra_forbidden")
    key, where = str(path[-1]) if path else "", ".".join(map(str, path))
    if type_ == "extra_forbidden":
        known = list(_properties(root, _node(root, root, path[:-1])))
        return ConfigError("is no known key", where=where, hint=known_keys(key, known))
    example = EXAMPLES.get(_starred(root, path))
    hint = f"for example {key}: {example}" if example and not isinstance(path[-1], int) else f"for example {example}"
    if type_ == "missing":
        return ConfigError("is missing", where=where, hint=hint)
    if type_ in _RANGES:
        return ConfigError(f"must {_range(root, node)}", where=where, hint=hint)
    given = _kind(_value(data, path))
    return ConfigError(f"must be {_expected(root, node)}, not {given}", where=where, hint=hint)


def known_keys(key: str, known: Sequence[str]) -> str:
    """The next step after an unknown key: what it nearly is, and all that are known where these are few."""
    near = difflib.get_close_matches(key.lower(), known, 1)
    guess = f"did you mean {near[0]}? " if near else ""
    listed = ", ".join(known)
    return guess + (f"known here: {listed}" if len(listed) <= MAX_LISTED else "auditor config schema lists the keys")


def _cleaned(
    error: Any, root: dict[str, Any], data: Mapping[str, Any]
) -> Iterator[tuple[str, tuple[str | int, ...], dict[str, Any]]]:
    """(type, path of keys, schema), without the names of union members; nothing for a member that was not meant."""
    node: dict[str, Any] = root
    path: list[str | int] = []
    for step in error["loc"]:
        members = list(_alternatives(root, node))
        if step in _UNION_TAGS and len(members) > 1:
            structured = any("properties" in m for m in members)
            if structured and (step == "SecretSource") != isinstance(_value(data, path), Mapping):
                return
            continue
        path.append(step)
        node = _child(root, node, step) or {}
    yield error["type"], tuple(path), node


def _alternatives(root: dict[str, Any], node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The members of a union other than null, with references followed."""
    for one in node.get("anyOf", (node,)):
        name = str(one.get("$ref", "")).rpartition("/")[2]
        if one.get("type") != "null":
            yield root["$defs"][name] if name else one


def _child(root: dict[str, Any], node: dict[str, Any], step: str | int) -> dict[str, Any] | None:
    for one in _alternatives(root, node):
        own = one.get("properties", {}).get(step)
        rest = one.get("items") if isinstance(step, int) else one.get("additionalProperties")
        if isinstance(own if own is not None else rest, dict):
            return own if own is not None else rest
    return None


def _node(root: dict[str, Any], node: dict[str, Any], path: Sequence[str | int]) -> dict[str, Any]:
    for step in path:
        node = _child(root, node, step) or {}
    return node


def _properties(root: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    return next((one["properties"] for one in _alternatives(root, node) if "properties" in one), {})


def _starred(root: dict[str, Any], path: Sequence[str | int]) -> str:
    """`environments.*.rate` for `environments.prod.rate`."""
    node: dict[str, Any] = root
    parts: list[str] = []
    for step in path:
        # Rules are listed in the schema by name; a name of a rule is still one of many.
        own = step in _properties(root, node) and parts != ["rules"]
        parts.append(str(step) if own else "*")
        node = _child(root, node, step) or {}
    return ".".join(parts)


def _expected(root: dict[str, Any], node: dict[str, Any]) -> str:
    words = [_WORDS.get(str(one.get("type", "")), "text") for one in _alternatives(root, node)]
    return " or ".join(dict.fromkeys(words))


def _range(root: dict[str, Any], node: dict[str, Any]) -> str:
    one = next(_alternatives(root, node), {})
    if "minimum" in one and "maximum" in one:
        return f"be from {one['minimum']:g} to {one['maximum']:g}"
    return "not be empty"


def _value(data: Any, path: Sequence[str | int]) -> Any:
    for step in path:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def _kind(value: Any) -> str:
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return "a number" if isinstance(value, int | float) else "text"
