"""Stacks: what a framework or a gateway is known by, and what is typed there to mend a drift. One file per stack.

A module of this package declares `STACK`; nothing else names it. Facts are of the documentation that `source` names.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

from auditor.model.exchange import Answer
from auditor.model.finding import Side

ASPECTS: dict[str, str] = {
    "documented-method-missing": "serve", "path-missing": "serve", "undocumented-method-served": "drop",
    "allow-missing": "allow", "allow-wrong": "allow", "wrong-refusal-status": "allow", "gateway-blocks-method": "pass",
    "redirect-changes-method": "slash", "redirect-on-path": "slash", "head-not-supported": "head",
    "options-unanswered": "options", "trace-enabled": "trace", "preflight-omits-method": "cors",
    "preflight-promises-too-much": "cors", "refusal-from-cache": "cache", "cache-differs-from-origin": "cache",
}  # fmt: skip
"""Rule → which of a stack's texts mends it. A gateway's `pass` also mends what the description promises."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One sign of a stack in an answer: a field's value, field names, or text of an error page; all that are given."""

    field: tuple[str, str] | None = None
    page: str | None = None
    names: tuple[str, ...] = ()

    def on(self, answer: Answer) -> bool:
        if self.field is not None:
            name, pattern = self.field
            if not any(re.search(pattern, value, re.IGNORECASE) for value in answer.values(name)):
                return False
        if not all(answer.has(name) for name in self.names):
            return False
        return self.page is None or bool(answer.body.text and re.search(self.page, answer.body.text))


@dataclass(frozen=True, slots=True)
class Stack:
    """A framework (`side` service) or what stands in front of it (`side` gateway).

    `marks`: any one of them shows it. `fixes`: text by aspect. `symbol`: how its language writes the status 405.
    `routes`: how to see what it routes. `logs`: where a refusal is found.
    """

    id: str
    name: str
    side: Side
    marks: tuple[Mark, ...]
    symbol: str
    routes: str
    logs: str
    source: str
    fixes: Mapping[str, str] = field(default_factory=dict)

    def seen_in(self, answers: Iterable[Answer]) -> bool:
        """Whether any of these answers bears its mark."""
        return any(mark.on(answer) for answer in answers for mark in self.marks)


@cache
def stacks() -> tuple[Stack, ...]:
    """All stacks, services first, by name."""
    modules = (importlib.import_module(m.name) for m in pkgutil.iter_modules(__path__, f"{__name__}."))
    return tuple(sorted((m.STACK for m in modules), key=lambda s: (s.side is not Side.SERVICE, s.name.lower())))


def remedies(rule: str, found: Iterable[Stack]) -> tuple[tuple[Stack, str], ...]:
    """What to type on each of these stacks against a finding of `rule`; stacks without a text for it are left out."""
    aspect = ASPECTS.get(rule)
    # What lets a method pass adds no path to a gateway.
    able = (s for s in found if rule != "path-missing" or s.side is not Side.GATEWAY)
    texts = ((s, _text(s, aspect)) for s in able if aspect is not None)
    return tuple((s, text) for s, text in texts if text)


def _text(stack: Stack, aspect: str) -> str:
    if aspect == "serve" and stack.side is Side.GATEWAY:
        aspect = "pass"
    return stack.fixes.get(aspect, "")
