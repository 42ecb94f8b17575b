"""One probe of the plan, and when it is needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from auditor.model.exchange import Probe
from auditor.prober.calibrate import Calibration
from auditor.prober.needed import Needed


@dataclass(frozen=True, slots=True)
class Quota:
    """Of all candidates that name it, at most so many are ever sent."""

    name: str
    most: int
    lead: str = "again"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One probe and the pure predicate of knowledge that says whether it is needed now."""

    probe: Probe
    needed: Needed
    final: bool = False
    """Asked only when nothing else is needed: the controls after."""
    quota: Quota | None = None
    """What it shares its bound with; None: it counts by itself."""

    def also(self, other: Candidate) -> Candidate:
        """The same probe, needed where either of the two needs it."""
        mine, theirs = self.needed, other.needed

        def either(c: Calibration) -> bool:
            return mine(c) or theirs(c)

        return replace(self, needed=either)


def bound(candidates: Iterable[Candidate]) -> int:
    """How many of them can be sent at the most."""
    shared = Counter(c.quota for c in candidates)
    return sum(n if quota is None else min(n, quota.most) for quota, n in shared.items())


def within_bounds(wanted: Iterable[Candidate], spent: Counter[Quota | None]) -> list[Probe]:
    """The probes of `wanted`, in order, as far as their quotas go; `spent` counts what was sent before."""
    left, found = Counter(spent), []
    for candidate in wanted:
        left[candidate.quota] += 1
        if candidate.quota is None or left[candidate.quota] <= candidate.quota.most:
            found.append(candidate.probe)
    return found
