"""What would let the rest be compared before a promotion: one line for each thing that stands in the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from auditor.differ.output.hindrances import Doubt, doubts
from auditor.differ.output.language import tr, trn
from auditor.differ.output.todo_task import Task, fix_of, operation
from auditor.differ.output.words import REASONS, listing, sentence
from auditor.model.cell import Cell, Reason, Support
from auditor.model.finding import Finding
from auditor.model.report import Promotion, Report

_DISBELIEVED = "its Allow is wrong in {environments}, so none there is believed: {operations}"


@dataclass(slots=True)
class _Group:
    """Operations that one thing keeps from being compared, and where it does."""

    doubt: Doubt | None
    cell: Cell
    operations: dict[tuple[str, str], None] = field(default_factory=dict)
    environments: dict[str, None] = field(default_factory=dict)


def comparing(report: Report, p: Promotion) -> list[Task]:
    """One task for each hindrance, the one that hides most operations first; each operation counts once."""
    groups: dict[tuple[object, ...], _Group] = {}
    known = doubts(report)
    for cells in _open(report, p):
        last = cells[-1]
        doubt = next((d for d in known if d.lies and d.blocks(last)), None)
        key = (doubt.lies.fingerprint,) if doubt and doubt.lies else (last.reason, last.remedy)
        group = groups.setdefault(key, _Group(doubt, last))
        group.operations[last.path, last.method] = None
        group.environments.update(dict.fromkeys(c.environment for c in cells))
    ordered = sorted(groups.values(), key=lambda g: -len(g.operations))
    return [_task(g, report) for g in ordered]


def _open(report: Report, p: Promotion) -> Iterator[list[Cell]]:
    """The cells that are not decided, for each operation that could not be compared."""
    cells = {(c.environment, c.path, c.method): c for c in report.cells}
    for change in p.changes:
        if change.effect == "cannot-say":
            sides = (cells.get((name, change.path, change.method)) for name in (p.from_, p.to))
            found = [c for c in sides if c is not None and c.support is Support.UNDETERMINED]
            if found:
                yield found


def _task(g: _Group, report: Report) -> Task:
    tag = ("unk", tr("not judged"))
    names, many = listing(list(g.environments)), len(g.operations)
    count = trn(many, "{n} operation", "{n} operations")
    lies = g.doubt.lies if g.doubt else None
    if lies is not None:
        why = tr(_DISBELIEVED, environments=names, operations=count)
        return Task(operation(lies, report), why, lies.owner or "", fix_of(lies), lies.fingerprint,
                    ("unk", tr("hides others")))  # fmt: skip
    reason = tr(REASONS[g.cell.reason]) if g.cell.reason else tr("without a reason")
    what = f"`{g.cell.method} {g.cell.path}`" if many == 1 else count
    why = tr("{reason} in {environments}", reason=reason, environments=names)
    told = _told(g, report)
    if told is None:
        return Task(what, why, _owner(g, report), sentence(g.cell.remedy or ""), tag=tag)
    given = [sentence(f.text) for f in told.fixes if any(f"'{name}:" in f.text for name in g.environments)]
    fix = f"Give credentials: {' '.join(given)}" if given else sentence(g.cell.remedy or "")
    return Task(what, why, tr("whoever runs the audit"), fix, told.fingerprint, tag)


def _told(g: _Group, report: Report) -> Finding | None:
    """The finding about the wall that hides them."""
    if g.cell.reason is not Reason.AUTH_WALL:
        return None
    walls = (f for f in report.findings if f.rule == "auth-hides-methods" and set(f.environments) & set(g.environments))
    return next(walls, None)


def _owner(g: _Group, report: Report) -> str:
    """Who owns the operations, if all have the same owner."""
    named = {o.owner or "" for c in report.contracts for item in c.paths for o in item.operations
             if (item.template, o.method) in g.operations}  # fmt: skip
    return named.pop() if len(named) == 1 else ""
