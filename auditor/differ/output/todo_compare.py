"""What would let the rest be compared before a promotion: one line for each thing that stands in the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from auditor.differ.output.hindrances import Doubt, doubts
from auditor.differ.output.language import tr, trn
from auditor.differ.output.todo_task import Task, fix_of, operation
from auditor.differ.output.words import REASONS, listing, sentence
from auditor.model.cell import Cell, Support
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
    """One task for each hindrance, the one that hides most operations first."""
    groups: dict[tuple[object, ...], _Group] = {}
    known = doubts(report)
    for cell in _open(report, p):
        doubt = next((d for d in known if d.lies and d.blocks(cell)), None)
        key = (doubt.lies.fingerprint,) if doubt and doubt.lies else (cell.reason, cell.remedy)
        group = groups.setdefault(key, _Group(doubt, cell))
        group.operations[cell.path, cell.method] = None
        group.environments[cell.environment] = None
    ordered = sorted(groups.values(), key=lambda g: -len(g.operations))
    return [_task(g, report) for g in ordered]


def _open(report: Report, p: Promotion) -> Iterator[Cell]:
    cells = {(c.environment, c.path, c.method): c for c in report.cells}
    for change in p.changes:
        if change.effect == "cannot-say":
            for name in (p.from_, p.to):
                cell = cells.get((name, change.path, change.method))
                if cell is not None and cell.support is Support.UNDETERMINED:
                    yield cell


def _task(g: _Group, report: Report) -> Task:
    tag = ("unk", tr("not judged"))
    names, many = listing(list(g.environments)), len(g.operations)
    count = trn(many, "{n} operation", "{n} operations")
    lies = g.doubt.lies if g.doubt else None
    if lies is not None:
        why = tr(_DISBELIEVED, environments=names, operations=count)
        return Task(operation(lies, report), why, lies.owner or "", fix_of(lies), lies.fingerprint, tag)
    reason = tr(REASONS[g.cell.reason]) if g.cell.reason else tr("without a reason")
    what = f"`{g.cell.method} {g.cell.path}`" if many == 1 else count
    return Task(what, tr("{reason} in {environments}", reason=reason, environments=names),
                fix=sentence(g.cell.remedy or ""), tag=tag)  # fmt: skip
