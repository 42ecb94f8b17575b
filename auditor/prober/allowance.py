"""Whether a deployment's `Allow` is one fixed list: for every path that was asked, and for one that does not exist."""

from __future__ import annotations

from collections.abc import Iterable

from auditor.model.exchange import Exchange, Purpose, ids
from auditor.model.fact import FixedAllow
from auditor.model.methods import Allow
from auditor.prober.calibrate import Calibration
from auditor.prober.trust import allow_of


def fixed_allow(c: Calibration) -> FixedAllow | None:
    """The list, where OPTIONS or the control method gets the same one everywhere. Empty lists lie about nothing."""
    if c.catch_all:
        return None
    for method in ("OPTIONS", c.control):
        known = _carrying(c, method, Purpose.PATH, [t.template for t in c.targets])
        unknown = _carrying(c, method, Purpose.SIBLING, [t.sibling for t in c.targets if t.sibling])
        lists = {frozenset(allow.methods) for _, allow in (*known, *unknown)}
        if known and unknown and len(lists) == 1 and known[0][1].methods:
            return FixedAllow(known[0][1], len(known), ids([known[0][0], unknown[0][0], *(e for e, _ in known[1:3])]))
    return None


def _carrying(c: Calibration, method: str, purpose: Purpose, subjects: Iterable[str]) -> list[tuple[Exchange, Allow]]:
    """The answers with an Allow."""
    sent = (c.exchange(purpose, method, s) for s in dict.fromkeys(subjects))
    return [(e, a) for e in sent if e and e.answer and e.answer.whole for a in [allow_of(e.answer)] if a is not None]
