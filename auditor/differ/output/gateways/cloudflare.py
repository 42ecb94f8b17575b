"""Cloudflare: WAF custom rules as the body of one API call; JSON has no comments, so notes are descriptions.

A rule cannot ask which other rule fits better, so it names those paths itself. Raw strings hold every pattern: no
pattern here has a quotation mark in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from auditor.differ.output.gateways.allowlist import REFUSAL, AllowList, Entry

LONGEST = 4096
PATH = "http.request.uri.path"


def render(allowed: AllowList) -> str:
    """The body for the entry point ruleset of the phase `http_request_firewall_custom`."""
    rules = list(_rules(allowed))
    notes = (
        *allowed.notes(), "Cloudflare's own answer carries no Allow.",
        "Body of PUT /zones/ZONE_ID/rulesets/phases/http_request_firewall_custom/entrypoint, which replaces all custom "
        "rules: merge yours in. Patterns need the Business plan or above. URL normalization (on by default) keeps "
        "other spellings of a path from passing by.",
    )  # fmt: skip
    return json.dumps({"description": " ".join(notes), "rules": rules}, indent=2) + "\n"


def _rules(allowed: AllowList) -> Iterator[dict[str, Any]]:
    """A rule for each list of methods, and one more wherever the expression would get too long."""
    for methods in allowed.sets:
        rest = [_refused(e) for e in allowed.entries if e.methods == methods]
        while rest:
            taken = [rest.pop(0)]
            while rest and len(" or ".join([*taken, rest[0]])) <= LONGEST:
                taken.append(rest.pop(0))
            response = {"status_code": 405, "content": REFUSAL, "content_type": "text/plain"}
            yield {
                "action": "block", "action_parameters": {"response": response}, "expression": " or ".join(taken),
                "description": f"405 for all but {', '.join(methods)}",
            }  # fmt: skip


def _refused(entry: Entry) -> str:
    methods = " ".join(f'"{m}"' for m in entry.methods)
    others = "".join(f' and not {PATH} matches r"{e.encoded}"' for e in entry.clashes)
    return f'({PATH} matches r"{entry.encoded}" and not http.request.method in {{{methods}}}{others})'
