"""An exchange in one line: what paper keeps of the evidence, whose full text is in the page and the transcript."""

from __future__ import annotations

from auditor.differ.output.escape import visible
from auditor.differ.output.words import PURPOSES
from auditor.model.exchange import Exchange, Purpose

MAX_PART = 160
"""Characters of a target or of a field."""


def line(x: Exchange) -> str:
    """`GET /v2/orders → 405 · Allow: POST`, with the place a redirect leads to and what the request was for."""
    return " · ".join([f"{_short(x.probe.method)} {_short(x.probe.target)} → {_reply(x)}", *_rest(x)])


def _reply(x: Exchange) -> str:
    return str(x.answer.status) if x.answer else f"no answer: {x.failure}"


def _rest(x: Exchange) -> list[str]:
    parts = []
    if x.answer is not None:
        allow = x.answer.values("Allow")
        if allow:
            parts.append(f"Allow: {_short(', '.join(allow)) or '(empty)'}")
        elif x.answer.status == 405 and not x.answer.has("Allow"):
            parts.append("no Allow")
        if x.answer.values("Location"):
            parts.append(f"to {_short(x.answer.values('Location')[0])}")
    if x.probe.purpose is not Purpose.PATH:
        parts.append(PURPOSES.get(x.probe.purpose, x.probe.purpose))
    return parts


def _short(text: str) -> str:
    return visible(text, MAX_PART)
