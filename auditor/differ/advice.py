"""Fixes for the stack at hand: what the answers of a deployment show that it runs, and what to type there. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from auditor.differ.stacks import Stack, remedies, stacks
from auditor.differ.subject import Subject
from auditor.model.exchange import Answer
from auditor.model.finding import Fix

Known = Mapping[str, tuple[Stack, ...]]
"""Environment → the stacks that its answers bear the marks of."""

MOST = 2
"""Stacks that are named per side: a chain of gateways does not fill the card."""


def known_stacks(subject: Subject) -> Known:
    """What each environment runs, as far as its answers show."""
    answers: dict[str, dict[tuple[object, ...], Answer]] = {}
    for x in subject.exchanges.values():
        if x.answer is not None:
            # Answers that look alike show alike: a few dozen are left of thousands.
            look = (x.status, x.answer.names, x.answer.value("server"), x.answer.value("via"), x.answer.body.masked)
            answers.setdefault(x.probe.environment, {}).setdefault(look, x.answer)
    return {name: tuple(s for s in stacks() if s.seen_in(own.values())) for name, own in answers.items()}


def fixes(rule: str, general: Iterable[Fix], environments: Iterable[str], known: Known) -> tuple[Fix, ...]:
    """The rule's general fixes; on a side where the stack is known, what to type there takes their place."""
    seen = {s.id: s for name in environments for s in known.get(name, ())}.values()
    found: list[Fix] = []
    for stack, text in remedies(rule, seen):
        if sum(f.side is stack.side for f in found) < MOST:
            found.append(Fix(stack.side, "easy", f"{stack.name}: {text}"))
    sides = {f.side for f in found}
    return (*found, *(f for f in general if f.side not in sides))
