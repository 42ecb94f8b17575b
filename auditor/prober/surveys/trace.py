"""TRACE: one request per environment at the most, without credentials, and only where it can run no handler (P1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from auditor.model.environment import Environment
from auditor.model.exchange import Probe, Purpose, Slot
from auditor.prober.calibrate import Calibration
from auditor.prober.candidate import Candidate
from auditor.prober.needed import Needed, is_blind
from auditor.prober.targets import Target

MAX_PATHS = 5
"""Of so many paths the first that is fit is asked; where none is, TRACE is not sent."""


def candidates(environment: Environment, targets: Sequence[Target]) -> Iterator[Candidate]:
    """One for each of the first readable paths, of which one is sent. No query and no field of the description goes
    with it: they may hold a key.
    """
    left_out = {"GET", "HEAD", "TRACE"}
    if environment.behind is not None:
        return  # callers come in at the edge
    own = (t for t in targets if t.origin == environment.origin and t.path and "GET" in t.documented)
    # Where somebody documented it, it is a method of the service, and may be more than an echo.
    fit = [t for t in own if not (t.excluded | t.unwanted | {*t.documented} - {"GET", "HEAD"}) & left_out][:MAX_PATHS]
    for target in fit:
        slot = Slot(Purpose.TRACE, "TRACE", target.template)
        probe = Probe(environment.name, slot, target.origin, target.path or "")
        yield Candidate(probe, _needed(target, fit))


def _needed(target: Target, fit: Sequence[Target]) -> Needed:
    def needed(c: Calibration) -> bool:
        if c.blind or any(s.purpose is Purpose.TRACE for s in c.knowledge.slots):
            return False
        return next((t for t in fit if c.good(t) and not is_blind(c, t)), None) is target

    return needed
