"""Envoy: routes that answer 405 themselves, for the path and any other method than those of the list.

Such a route cannot ask which other route fits better, so it names those paths itself. Envoy compares the path as it
was sent; what of it is cleaned first is a matter of the connection manager.
"""

from __future__ import annotations

from typing import Any

from auditor.differ.output.gateways import commented
from auditor.differ.output.gateways.allowlist import REFUSAL, AllowList, Entry
from auditor.differ.output.yaml_text import dump


def render(allowed: AllowList) -> str:
    """Routes to put before all others."""
    notes = (
        *allowed.notes(), "",
        "Before all other entries of `routes` in the virtual host; `normalize_path: true` and `merge_slashes: true` in "
        "the connection manager keep other spellings of a path from passing by.",
    )  # fmt: skip
    return commented(notes) + dump([_route(e) for e in allowed.entries])


def _route(entry: Entry) -> dict[str, Any]:
    headers = [_unlike(":method", "|".join(entry.methods))]
    headers += [_unlike(":path", rf"{e.whole}(\?.*)?") for e in entry.clashes]
    return {
        "match": {"safe_regex": {"regex": entry.whole}, "headers": headers},
        "direct_response": {"status": 405, "body": {"inline_string": REFUSAL}},
        "response_headers_to_add": [{"header": {"key": "Allow", "value": entry.allow}}],
    }


def _unlike(name: str, regex: str) -> dict[str, Any]:
    return {"name": name, "string_match": {"safe_regex": {"regex": regex}}, "invert_match": True}
