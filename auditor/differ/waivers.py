"""Accepted drift: which occurrences a waiver covers on the day of the run, and what is to be said about waivers.

Pure. A waiver holds to the end of its last day in UTC, judged by the end of the run, so that a report judged again
tomorrow says the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date

from auditor.differ.subject import Subject
from auditor.model.cell import Support
from auditor.model.environment import State
from auditor.model.finding import Finding, Occurrence
from auditor.model.templates import anonymous
from auditor.model.waiver import Waiver

SOON = 14
"""Days before its end from which a waiver is announced to end."""


def apply(findings: Iterable[Finding], waivers: Sequence[Waiver], day: date) -> tuple[Finding, ...]:
    """The findings with `waived` on each occurrence that is accepted on `day`, `lapsed` where that is over."""
    return tuple(_accepted(f, waivers, day) for f in findings) if waivers else tuple(findings)


def _accepted(finding: Finding, waivers: Sequence[Waiver], day: date) -> Finding:
    marked = tuple(_marked(finding, o, waivers, day) for o in finding.occurrences)
    return replace(finding, occurrences=marked)


def _marked(finding: Finding, occurrence: Occurrence, waivers: Sequence[Waiver], day: date) -> Occurrence:
    covering = [w for w in waivers if covers(w, finding, occurrence)]
    if not covering:
        return occurrence
    last = max(covering, key=lambda w: w.expires)
    if last.expires >= day:
        return replace(occurrence, waived=last.terms)
    return replace(occurrence, lapsed=last.terms)


def covers(waiver: Waiver, finding: Finding, occurrence: Occurrence) -> bool:
    """Whether a waiver is about this occurrence, whatever the day."""
    methods = (occurrence.method,) if occurrence.method else finding.methods
    return waiver.covers(finding.rule, finding.path, occurrence.environment, methods)


def notes(findings: Sequence[Finding], waivers: Sequence[Waiver], day: date, subject: Subject) -> tuple[str, ...]:
    """What the owners of waivers should know: ended, ending soon, or with nothing left to accept."""
    return tuple(n for w in waivers for n in _notes(w, findings, day, subject))


def _notes(waiver: Waiver, findings: Sequence[Finding], day: date, subject: Subject) -> Iterator[str]:
    used = any(covers(waiver, f, o) for f in findings for o in f.occurrences)
    left = (waiver.expires - day).days
    owner = f"(owner {waiver.owner})"
    if left < 0:
        ended = f"{waiver.name} {owner} ended on {waiver.expires}"
        yield f"{ended}: what it accepted counts again" if used else f"{ended}, and nothing needs it: remove it"
    elif not used:
        if subject.settings.get(waiver.rule) == "off":
            yield f"{waiver.name} {owner} is unused, as the rule is off"
        elif _judged(waiver, subject):
            yield f"{waiver.name} {owner} is unused, there is nothing left to accept: remove it"
    elif left <= SOON:
        days = "today" if left == 0 else f"in {left} day{'s' if left != 1 else ''}"
        yield f"{waiver.name} {owner} ends {days}, on {waiver.expires}"


def _judged(waiver: Waiver, subject: Subject) -> bool:
    """Whether the silence of a rule means that all is well: its environments finished and its cells are decided."""
    states = {r.environment.name: r.state for r in subject.environments}
    named = [e for e in waiver.environments if e in states]
    if not named or any(states[e] is not State.COMPLETE for e in named):
        return False
    path = waiver.path
    return path is None or not any(
        c.environment in named and c.support is Support.UNDETERMINED and waiver.method in (None, c.method)
        and path.matches(anonymous(c.path))
        for c in subject.cells
    )  # fmt: skip
