"""Who must fix what before the promotion: the few lines between the verdict and all the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from auditor.differ.output.cards import Card, cards
from auditor.differ.output.headline import drifting
from auditor.differ.output.language import number, tr, trn
from auditor.differ.output.stakes import Stakes
from auditor.differ.output.todo_compare import comparing
from auditor.differ.output.todo_task import Task, fix_of, operation
from auditor.differ.output.unjudged import Unjudged
from auditor.differ.output.words import listing, sentence
from auditor.model.report import Promotion, Report

MAX_TASKS = 5
MAX_HINDRANCES = 3


@dataclass(frozen=True, slots=True)
class Todo:
    """A heading and what is to be done, worst first; `more` is counted only."""

    heading: str = ""
    tasks: tuple[Task, ...] = ()
    more: int = 0
    note: str = ""
    """What decides, beside the heading."""


_NO_HOLD = "does not hold it by itself: your decision"
_POLICY = "held by a documented method that callers lose, or an undocumented one that changes state"


def todos(report: Report, unknown: Unjudged, at_stake: Stakes) -> tuple[Todo, ...]:
    """What stands between the headline and a promotion, and what would let the rest be compared.

    Where nothing can be said, what would settle it.
    """
    last = report.promotions[-1] if report.promotions else None
    return tuple(
        t
        for t in (_first(report, last, unknown, at_stake), _along(report, last, at_stake), _rest(report, last))
        if t.tasks
    )


def _first(report: Report, last: Promotion | None, unknown: Unjudged, at_stake: Stakes) -> Todo:
    if last is not None and last.verdict == "hold":
        heading = tr("Before {from_} is promoted to {to}", from_=last.from_, to=last.to)
        return replace(_todo(heading, _of(report, at_stake.stops, ("bad", tr("blocks")))), note=tr(_POLICY))
    if last is None and drifting(report):
        return _todo(tr("To bring them together"), _of(report, {f.fingerprint: "" for f in drifting(report)}))
    if last is not None and last.verdict == "cannot-say" and report.complete and (tasks := comparing(report, last)):
        return _todo(tr("What would settle it"), tasks)
    if not report.complete or (last is not None and last.verdict == "cannot-say"):
        return _todo(tr("What would settle it"), list(_settling(unknown)))
    return Todo()


def _rest(report: Report, last: Promotion | None) -> Todo:
    """Where something was said: what was not, and why."""
    if last is None or last.verdict == "cannot-say" or not (report.complete or last.verdict == "hold"):
        return Todo()
    heading = trn(last.not_compared, "To compare {n} more operation", "To compare {n} more operations")
    return _todo(heading, comparing(report, last), MAX_HINDRANCES)


def _todo(heading: str, tasks: list[Task], most: int = MAX_TASKS) -> Todo:
    return Todo(heading, tuple(tasks[:most]), max(len(tasks) - most, 0)) if tasks else Todo()


def _along(report: Report, last: Promotion | None, at_stake: Stakes) -> Todo:
    """What callers of the next environment would meet besides, where something is said of the promotion at all."""
    if last is None or last.verdict == "cannot-say" or not (report.complete or last.verdict == "hold"):
        return Todo()
    tasks = _of(report, {**at_stake.gained, **at_stake.along}, ("warn", tr("comes along")))
    return replace(_todo(tr("What comes along to {to}", to=last.to), tasks), note=tr(_NO_HOLD)) if tasks else Todo()


def _of(report: Report, marks: dict[str, str], tag: tuple[str, str] = ("", "")) -> list[Task]:
    found = (c for c in cards(report) if any(f.fingerprint in marks for f in c.findings))
    return [replace(_task(c, report, marks), tag=tag) for c in found]


def _task(card: Card, report: Report, marks: dict[str, str]) -> Task:
    own = [f for f in card.findings if f.fingerprint in marks]
    first, more = own[0], len(own) - 1
    what = operation(first, report)
    if more:
        what = tr("{what} and {n} more of this cause", what=what, n=number(more))
    owners = list(dict.fromkeys(f.owner for f in own if f.owner))
    why = marks[first.fingerprint] or tr("in {environments}", environments=", ".join(card.environments))
    return Task(what, why, ", ".join(owners), fix_of(first), first.fingerprint)


def _settling(unknown: Unjudged) -> Iterator[Task]:
    for w in unknown.documented:
        names = listing(list(dict.fromkeys(name for line in w.lines for name in line.where)))
        why = tr("{reason} in {environments}", reason=w.words, environments=names)
        yield Task(trn(w.count, "{n} operation", "{n} operations"), why, fix=sentence(w.remedy))
