"""Cloudflare."""

from __future__ import annotations

from auditor.differ.stacks import Mark, Stack
from auditor.model.finding import Side

STACK = Stack(
    id="cloudflare",
    name="Cloudflare",
    side=Side.GATEWAY,
    marks=(
        Mark(field=("server", r"^cloudflare$")),
        Mark(names=("cf-ray",)),
    ),
    symbol="new Response(null, {status: 405})",
    routes="the rules of the zone: Security, then WAF, then Custom rules",
    logs="Security Events: the action, the rule and the Ray ID of the answer",
    source="developers.cloudflare.com, WAF custom rules, Cache by status code, Ray ID",
    fixes={
        "pass": (
            'Change the custom rule that blocks it, such as `http.request.method in {"DELETE"}`; Security Events '
            "name the rule by the Ray ID of our request."
        ),
        "drop": (
            'Add a WAF custom rule: `http.request.method eq "DELETE" and starts_with(http.request.uri.path, '
            '"/orders")`, action block (it answers 403).'
        ),
        "allow": "A Worker or a transform rule can add `Allow`; a block cannot.",
        "slash": "Change the redirect rule to 308, which keeps the method.",
        "cache": "Purge the URL, and set Cache TTL by status code so that 404 and 405 are not kept.",
    },
)
