"""Which redirect meets a documented method, and where it leads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from auditor.differ.evidence import cause
from auditor.differ.view import CellView, PathView
from auditor.model.fact import Redirect
from auditor.model.finding import Confidence, Occurrence, RootCause
from auditor.model.methods import CONTROLS
from auditor.model.templates import Matcher


@dataclass(frozen=True, slots=True)
class Met:
    """A documented method that is redirected. `redirect` is its own, or that of the control method."""

    cell: CellView
    redirect: Redirect

    @property
    def seen(self) -> bool:
        return self.redirect.method == self.cell.method

    @property
    def confidence(self) -> Confidence:
        return Confidence.HIGH if self.seen else Confidence.MEDIUM

    @property
    def occurrence(self) -> Occurrence:
        cell = self.cell
        other = next((r.exchange for r in _blind(cell.path, self.redirect)), self.redirect.exchange)
        exchanges = tuple(dict.fromkeys((self.redirect.exchange, other)))
        like = "" if self.seen else f" (as {self.redirect.method} is)"
        text = f"{self.redirect.status} to {self.redirect.target}{like}"
        return Occurrence(cell.environment.name, cell.method, exchanges, text)


def met(cell: CellView) -> Met | None:
    """The redirect that `cell` meets, or None.

    Its own where the method was sent. A method that was not sent meets what the router does to any method: the
    redirect of a method that nobody implements, when another method got one of the same kind. A status that the
    description lists for the operation is no surprise, and no finding.
    """
    if not cell.documented or cell.unsupported:
        return None
    own = next((r for r in cell.path.facts.redirects if r.method == cell.method), None)
    redirect = own or _inherited(cell)
    if redirect is None or _is_documented(cell, redirect.status):
        return None
    return Met(cell, redirect)


def _inherited(cell: CellView) -> Redirect | None:
    if cell.method in cell.path.facts.statuses:
        return None
    controls = (r for r in cell.path.facts.redirects if r.method in CONTROLS and r.method not in cell.path.methods)
    return next((r for r in controls if _blind(cell.path, r)), None)


def _blind(path: PathView, redirect: Redirect) -> list[Redirect]:
    """Redirects of the same kind that other methods got: with them, the redirect does not depend on the method."""
    return [r for r in path.facts.redirects if r.method != redirect.method and r.kind == redirect.kind]


def _is_documented(cell: CellView, status: int) -> bool:
    statuses = {s.upper() for s in cell.operation.statuses} if cell.operation else set()
    return not statuses.isdisjoint({str(status), "3XX"})


def redirect_cause(all_met: list[Met]) -> str:
    """One setting of a router redirects every path in the same way: kind, status and environments make the key."""
    first = all_met[0].redirect
    names = ",".join(dict.fromkeys(m.cell.environment.name for m in all_met))
    return cause("redirect", (first.kind, str(first.status), names))


def by_kind(all_met: Sequence[Met], slash: RootCause, moved: RootCause, other: RootCause) -> tuple[RootCause, ...]:
    """Three causes ranked by where the redirects lead: the same path with or without a slash, or somewhere else."""
    kinds = {m.redirect.kind for m in all_met}
    if kinds == {"slash"}:
        return slash, moved, other
    if "slash" in kinds:
        return replace(slash, likelihood=Confidence.HIGH), replace(moved, likelihood=Confidence.HIGH), other
    return replace(moved, likelihood=Confidence.HIGH), replace(other, likelihood=Confidence.MEDIUM)


def documented_target(found: Met) -> str | None:
    """The documented path that the target of the redirect matches, if it stays under the environment's base URL.

    The target is the server's text: it may be no URL at all.
    """
    environment = found.cell.environment.result.environment
    try:
        target = urlsplit(found.redirect.target)
    except ValueError:
        return None
    same_origin = not target.netloc or f"{target.scheme}://{target.netloc}" == environment.origin.text
    if not same_origin or not target.path.startswith(environment.base_path + "/"):
        return None
    relative = target.path[len(environment.base_path) :]
    templates = (i.template for i in found.cell.environment.contract.paths)
    return next(iter(Matcher(templates).matches(relative)), None)
