"""Cells of an environment whose audit ended before its end: why they are open, and what would close them."""

from __future__ import annotations

from dataclasses import replace

from auditor.model.cell import Cell, Reason, Support
from auditor.model.environment import State

_LACKS_A_PROBE = frozenset({
    Reason.NOT_REACHED, Reason.NO_CONTROL, Reason.NO_EVIDENCE, Reason.MODE_FORBIDS, Reason.UNSTABLE,
})  # fmt: skip

_REMEDIES = {
    State.INTERRUPTED: "the audit was stopped before this was decided: run it again, and let it end",
    State.DEADLINE: "the deadline ended first: audit again with a later one (--deadline), or narrow with --only",
    State.BUDGET: "the budget of requests was used up first: audit again when fewer of them fail, "
                  "or narrow with --only",
}  # fmt: skip


def cut_short(cell: Cell, state: State) -> Cell:
    """In an environment that ended early, what lacks its probe or its control lacks it for that reason."""
    if state is State.COMPLETE or cell.support is not Support.UNDETERMINED or cell.reason not in _LACKS_A_PROBE:
        return cell
    if state is State.UNREACHABLE:
        why = "the environment was not answering at that time"
        return replace(cell, reason=Reason.UNREACHABLE, why=why, remedy_text=None)
    why = "the audit ended before this was decided"
    return replace(cell, reason=Reason.NOT_REACHED, why=why, remedy_text=_REMEDIES.get(state))
