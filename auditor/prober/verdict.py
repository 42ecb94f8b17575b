"""What judging one cell yields, and the three ways to say it."""

from __future__ import annotations

from dataclasses import dataclass

from auditor.model.cell import Basis, Reason, Support
from auditor.model.exchange import Exchange


@dataclass(frozen=True, slots=True)
class Verdict:
    """Support with its basis, or a reason; and the exchanges it rests on."""

    support: Support
    basis: Basis | None = None
    reason: Reason | None = None
    why: str = ""
    exchanges: tuple[Exchange | None, ...] = ()


def supported(why: str, *on: Exchange | None, basis: Basis = Basis.OBSERVED) -> Verdict:
    """Served, shown by these exchanges."""
    return Verdict(Support.SUPPORTED, basis, None, why, on)


def unsupported(why: str, *on: Exchange | None, basis: Basis = Basis.OBSERVED) -> Verdict:
    """Not served, shown by these exchanges."""
    return Verdict(Support.UNSUPPORTED, basis, None, why, on)


def undetermined(reason: Reason, why: str, *on: Exchange | None) -> Verdict:
    """Not known, for a reason of the closed list."""
    return Verdict(Support.UNDETERMINED, None, reason, why, on)
