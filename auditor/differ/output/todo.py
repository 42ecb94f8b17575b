"""Who must fix what before the promotion: the few lines between the verdict and all the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from auditor.differ.output.cards import Card, cards, is_accepted
from auditor.differ.output.headline import brought, drifting
from auditor.differ.output.language import number, tr, trn
from auditor.differ.output.unjudged import Unjudged
from auditor.differ.output.words import sentence
from auditor.model.finding import Finding
from auditor.model.methods import STATE_CHANGING
from auditor.model.report import Promotion, Report

MAX_TASKS = 5

_LOST = "callers of {to} would lose it"
_GAINED = "callers of {to} would gain it, undocumented"
_ALONG = "broken in {from_}, not in {to}: would come along"


@dataclass(frozen=True, slots=True)
class Task:
    """One cause. `what` may hold code in backticks; `why` is what it does; `fix` and `owner` as the finding says."""

    what: str
    why: str = ""
    owner: str = ""
    fix: str = ""
    fingerprint: str | None = None
    foreign: bool = False
    """`fix` is in the words of a rule, which are English."""


@dataclass(frozen=True, slots=True)
class Todo:
    """A heading and what is to be done, worst first; `more` is counted only."""

    heading: str = ""
    tasks: tuple[Task, ...] = ()
    more: int = 0


def todo(report: Report, unknown: Unjudged) -> Todo:
    """What stands between the headline and a promotion; where nothing can be said, what would settle it."""
    last = report.promotions[-1] if report.promotions else None
    if last is not None and last.verdict == "hold":
        heading = tr("Before {from_} is promoted to {to}", from_=last.from_, to=last.to)
        stops = _of(report, _holding(report, last))
        named = {t.fingerprint for t in stops}
        along = {
            f.fingerprint: tr(_ALONG, from_=last.from_, to=last.to)
            for f in brought(report, last)
            if f.fingerprint not in named
        }
        return _todo(heading, stops + _of(report, along))
    if last is None and drifting(report):
        return _todo(tr("To bring them together"), _of(report, {f.fingerprint: "" for f in drifting(report)}))
    if last is not None and last.verdict == "promote" and report.complete:
        faults = {f.fingerprint: "" for f in brought(report, last)}
        return _todo(tr("What comes along to {to}", to=last.to), _of(report, faults))
    if not report.complete or (last is not None and last.verdict == "cannot-say"):
        return _todo(tr("What would settle it"), list(_settling(unknown)))
    return Todo()


def _todo(heading: str, tasks: list[Task]) -> Todo:
    return Todo(heading, tuple(tasks[:MAX_TASKS]), max(len(tasks) - MAX_TASKS, 0)) if tasks else Todo()


def _holding(report: Report, p: Promotion) -> dict[str, str]:
    """Fingerprints of what stops a promotion (DESIGN §8), and what it does to callers."""
    accepted = {f.fingerprint for f in report.findings if is_accepted(f, p.from_)}
    found: dict[str, str] = {}
    for c in p.changes:
        lost = c.effect == "removes-documented"
        gained = c.effect == "adds-undocumented" and c.method in STATE_CHANGING
        if c.fingerprint is not None and c.fingerprint not in accepted and (lost or gained):
            found.setdefault(c.fingerprint, tr(_LOST if lost else _GAINED, to=p.to))
    return found


def _of(report: Report, marks: dict[str, str]) -> list[Task]:
    found = (c for c in cards(report) if any(f.fingerprint in marks for f in c.findings))
    return [_task(c, report, marks) for c in found]


def _task(card: Card, report: Report, marks: dict[str, str]) -> Task:
    own = [f for f in card.findings if f.fingerprint in marks]
    first, more = own[0], len(own) - 1
    what = _operation(first, report)
    if more:
        what = tr("{what} and {n} more of this cause", what=what, n=number(more))
    owners = list(dict.fromkeys(f.owner for f in own if f.owner))
    fix = f"{first.fixes[0].side.capitalize()}: {sentence(first.fixes[0].text)}" if first.fixes else ""
    why = marks[first.fingerprint] or tr("in {environments}", environments=", ".join(card.environments))
    return Task(what, why, ", ".join(owners), fix, first.fingerprint, True)


def _operation(finding: Finding, report: Report) -> str:
    if finding.path is None:
        return finding.title
    methods = finding.methods or _documented(finding.path, report)
    return f"`{', '.join(methods)} {finding.path}`".replace("` ", "`")


def _documented(path: str, report: Report) -> Iterable[str]:
    return sorted({m for _, p, m in report.documented if p == path})


def _settling(unknown: Unjudged) -> Iterator[Task]:
    for w in unknown.documented:
        what = trn(w.count, "{n} cell {words}", "{n} cells {words}", words=w.words)
        yield Task(what, fix=sentence(w.remedy), foreign=True)
