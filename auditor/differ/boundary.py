"""Where a method is lost on its way in: the deployment at the edge compared with the layers behind it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from auditor.differ.likely import foreign, house, refusals
from auditor.differ.responders import Responder, writer
from auditor.differ.view import CellView, EnvironmentView, PathView, View
from auditor.model.exchange import Answer


@dataclass(frozen=True, slots=True)
class Boundary:
    """Two neighbours, the outer of which refuses what the inner supports; `cell` is the inner one's.

    `whole_path`: the outer one does not know the path at all. `others`: further layers right behind it that refuse the
    method, too.
    """

    outer: EnvironmentView
    inner: EnvironmentView
    cell: CellView
    whole_path: bool
    others: tuple[EnvironmentView, ...] = ()


def boundary(view: View, cell: CellView) -> Boundary | None:
    """Where the method is lost: between which two neighbours, counted from the edge; None where no layer shows that."""
    return _between(view, cell.environment, cell)


def _between(view: View, outer: EnvironmentView, cell: CellView) -> Boundary | None:
    behind = [(layer, _same(layer, cell)) for layer in view.behind(outer)]
    refused = [(layer, c) for layer, c in behind if c is not None and c.unsupported]
    for layer, inner in behind:
        if inner is not None and _serves(inner, cell):
            return Boundary(outer, layer, inner, _unknown(cell.path), tuple(r for r, _ in refused))
    deeper = (_between(view, layer, cell) for layer, _ in refused)
    return next((b for b in deeper if b is not None), None)


def _same(layer: EnvironmentView, cell: CellView) -> CellView | None:
    path = layer.paths.get(cell.path.key)
    return path.cells.get(cell.method) if path is not None and layer.comparable else None


def right_behind(view: View, path: PathView) -> Iterator[PathView]:
    """The same path at the layers right behind its environment, where these were audited to the end."""
    for layer in view.behind(path.environment):
        inner = layer.paths.get(path.key)
        if inner is not None and layer.comparable:
            yield inner


def _serves(inner: CellView, outer: CellView) -> bool:
    """It supports the method; or the edge does not know the whole path, of which it serves another method."""
    if inner.supported:
        return True
    serves = any(c.supported for c in inner.path.cells.values())
    return _unknown(outer.path) and not inner.decided and serves


def _unknown(path: PathView) -> bool:
    return path.facts.routed is False and all(c.unsupported for c in path.documented)


def barred(cell: CellView) -> bool:
    """The method itself got the error page of a program in front, though the verdict stays open: an Allow names it."""
    return not cell.decided and any(writer(a) is not None and a.status in (403, 405, 501)
                                    for _, a in refusals([cell]))  # fmt: skip


def behind_agree(view: View, cell: CellView) -> tuple[EnvironmentView, ...]:
    """The layers behind that refuse the method, too: then it is not the gateway's doing."""
    return tuple(_refusing(view, cell.environment, cell))


def _refusing(view: View, outer: EnvironmentView, cell: CellView) -> Iterator[EnvironmentView]:
    for layer in view.behind(outer):
        inner = _same(layer, cell)
        if inner is not None and inner.unsupported:
            yield layer
            yield from _refusing(view, layer, cell)


@dataclass(frozen=True, slots=True)
class Signed:
    """A refusal that bears the mark of a program in front: whose error page it is, and how it is unlike the service."""

    answer: Answer
    by: Responder
    unlike: str


def signed(cell: CellView) -> Signed | None:
    """The method's own refusal, written by a program that is known to stand in front, and unlike the service's answers.

    The service must be seen to answer for itself here: by successes that are not that program's own, or a 405 of its.
    A path that is not routed at all is another matter: whoever routes says so.
    """
    if cell.path.facts.routed is False:
        return None
    for environment, answer in refusals([cell]):
        by = writer(answer)
        if by is not None and (unlike := _unlike(environment, answer, by)):
            return Signed(answer, by, unlike)
    return None


def _unlike(environment: EnvironmentView, answer: Answer, by: Responder) -> str:
    """How the refusal differs from what the service itself says here, as a clause; empty where it does not.

    nginx or Apache may be all there is: then another program must be seen to refuse, too.
    """
    others = [a for a in house(environment).refused if writer(a) is not by]
    if others:
        page = f"the refusal in {environment.name} is an error page of {by.name}"
        return f"{page}, and other refusals there are not"
    return "" if by.services else foreign(environment, answer)
