"""One probe of the plan, and when it is needed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from auditor.model.exchange import Probe
from auditor.prober.calibrate import Calibration
from auditor.prober.needed import Needed


@dataclass(frozen=True, slots=True)
class Candidate:
    """One probe and the pure predicate of knowledge that says whether it is needed now."""

    probe: Probe
    needed: Needed
    final: bool = False
    """Asked only when nothing else is needed: the controls after."""

    def also(self, other: Candidate) -> Candidate:
        """The same probe, needed where either of the two needs it."""
        mine, theirs = self.needed, other.needed

        def either(c: Calibration) -> bool:
            return mine(c) or theirs(c)

        return replace(self, needed=either)
