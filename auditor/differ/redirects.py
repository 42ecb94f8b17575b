"""Which redirect meets a documented method, and what is answered there without one."""

from __future__ import annotations

from dataclasses import dataclass

from auditor.differ.clients import changed_by, is_measured
from auditor.differ.evidence import listed
from auditor.differ.view import CellView, PathView
from auditor.model.exchange import Answer
from auditor.model.fact import Redirect
from auditor.model.finding import Confidence, Occurrence
from auditor.model.methods import CONTROLS, method_order


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
    def changed_by(self) -> tuple[str, ...]:
        """The clients that send another method. GET in place of HEAD says the same and more (RFC 9110 §9.3.2)."""
        return () if self.cell.method == "HEAD" else changed_by(self.cell.method, self.redirect.status)

    @property
    def answer(self) -> Answer | None:
        """What carried the redirect."""
        found = self.cell.environment.found((self.redirect.exchange,))
        return found[0].answer if found else None

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
    if redirect is None or not is_measured(redirect.status) or _is_documented(cell, redirect.status):
        return None
    return Met(cell, redirect)


def _inherited(cell: CellView) -> Redirect | None:
    if cell.method in cell.path.facts.statuses or {"GET", "HEAD"} & answered(cell.path).keys():
        return None  # a redirect that spares GET looks at the method: what it does to others is not known
    controls = (r for r in cell.path.facts.redirects if r.method in CONTROLS and r.method not in cell.path.methods)
    return next((r for r in controls if _blind(cell.path, r)), None)


def _blind(path: PathView, redirect: Redirect) -> list[Redirect]:
    """Redirects of the same kind that other methods got: with them, the redirect does not depend on the method."""
    return [r for r in path.facts.redirects if r.method != redirect.method and r.kind == redirect.kind]


def _is_documented(cell: CellView, status: int) -> bool:
    statuses = {s.upper() for s in cell.operation.statuses} if cell.operation else set()
    return not statuses.isdisjoint({str(status), "3XX"})


def spared(path: PathView) -> str:
    """The methods that are answered on the path itself, as a sentence; empty if none is."""
    plain = answered(path)
    own = sorted((m for m in plain if m not in CONTROLS or m in path.methods), key=method_order)
    return f" Not redirected there: {listed(f'{m} ({plain[m]})' for m in own)}." if own else ""


def answered(path: PathView) -> dict[str, int]:
    """The methods that are not redirected on the path, with their statuses."""
    redirected = {r.method for r in path.facts.redirects}
    return {m: s for m, s in path.facts.statuses.items() if m not in redirected and not 300 <= s < 400}
