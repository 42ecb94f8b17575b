"""Caddy."""

from __future__ import annotations

from auditor.differ.stacks import Mark, Stack
from auditor.model.finding import Side

STACK = Stack(
    id="caddy",
    name="Caddy",
    side=Side.GATEWAY,
    marks=(
        Mark(field=("server", r"^Caddy$")),
        Mark(field=("via", r"\bCaddy\b")),
    ),
    symbol="respond 405",
    routes="caddy adapt --pretty",
    logs="the access log has the status and no upstream latency",
    source="caddyserver.com/docs, Request matchers, respond, reverse_proxy",
    fixes={
        "pass": "Add the method to the matcher: `@ok method GET HEAD POST DELETE OPTIONS`, then `caddy reload`.",
        "drop": (
            "Refuse it: `@no expression path('/orders*') && !method('GET', 'HEAD', 'POST')`, `header @no "
            'Allow "GET, HEAD, POST"`, `respond @no 405`, in the `handle` of that path, if there is one; leave '
            "OPTIONS in where browsers of other origins ask."
        ),
        "allow": (
            'Set the field beside the refusal: `header @no Allow "GET, HEAD, POST"`, or `header Allow "GET, HEAD, '
            'POST"` in the `handle` that refuses.'
        ),
        "slash": "Use `redir … 308`, which keeps the method.",
    },
)
