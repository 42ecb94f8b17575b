"""What is still open about cells that no answer to the method itself decided, and what would settle it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from auditor.differ.view import CellView
from auditor.model.cell import Basis
from auditor.model.exchange import Exchange, Form, Purpose

_BY_CLAIM = "the server's route table, or one request of your own with data that may be lost, would settle it."
_BY_TABLE = "the server's route table would settle it."


def settling(cells: Sequence[CellView]) -> Iterator[tuple[list[str], str]]:
    """About the cells with the weakest basis: in which environments, and a sentence; none where all were observed."""
    weakest = max((c.cell.basis or Basis.OBSERVED for c in cells), key=list(Basis).index)
    if weakest is Basis.OBSERVED:
        return
    groups: dict[str, list[str]] = {}
    for cell in cells:
        if cell.cell.basis is weakest:
            groups.setdefault(_still(cell), []).append(cell.environment.name)
    for text, where in groups.items():
        yield where, text


def _still(cell: CellView) -> str:
    """Where the path as a whole is not routed, what the method was answered is part of the evidence."""
    if cell.cell.basis is Basis.ADVERTISED:
        return f"{untold(cell)}: {_BY_CLAIM}"
    return _BY_TABLE if _own(cell) else f"{untold(cell)}: {_BY_TABLE}"


def untold(cell: CellView) -> str:
    """What the method itself showed where something else decided: that it was not sent, or that its answer is mute."""
    sent = _own(cell)
    if sent is None:
        return "the method itself was not sent"
    how = _how(sent)
    if sent.answer is None:
        return f"the method itself was sent{how}, and not answered, which does not tell"
    return f"the method itself was sent{how}, and answered {sent.answer.status}, which does not tell"


def _how(sent: Exchange) -> str:
    if sent.probe.purpose in (Purpose.ABSENT, Purpose.PHANTOM):
        return " for a value that cannot exist"
    if sent.probe.form is Form.UNFINISHED:
        return " as a request that never ended"
    return "" if sent.probe.form is Form.PLAIN else " with content that nobody can read"


def _own(cell: CellView) -> Exchange | None:
    """The exchange of this very method on this path."""
    kept = (*cell.exchanges, *cell.environment.found(cell.path.exchange(cell.method)))
    own = (e for e in kept if e.probe.method == cell.method and e.probe.purpose is not Purpose.SIBLING)
    return next(own, None)
