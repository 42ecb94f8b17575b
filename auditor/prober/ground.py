"""Where the state-changing probes of a path are sent: objects absent, the slash twin where the path redirects to it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from auditor.model.exchange import Purpose
from auditor.prober.calibrate import Calibration
from auditor.prober.phantom import Phantom
from auditor.prober.targets import Target


@dataclass(frozen=True, slots=True)
class Ground:
    """One place; `purpose` is that of its slots."""

    purpose: Purpose
    phantom: Phantom


def ground_of(c: Calibration, target: Target) -> Ground | None:
    """The place of a target as far as is known now, or None where no such probe could be sent."""
    if target.phantom is None or target.untouchable or target.other_server or target.path is None:
        return None
    if c.slash_redirect(target) is not None:
        if target.templated or target.twin is None:
            return None  # the redirect was seen for an object that exists: what an absent one gets is another matter
        return Ground(Purpose.TWIN, replace(target.phantom, path=target.twin))
    return still_ground(target)


def still_ground(target: Target) -> Ground | None:
    """The place of a target that does not redirect to its slash twin."""
    if target.phantom is None:
        return None
    if target.phantom.path == target.path:
        return Ground(Purpose.PATH, target.phantom)
    return Ground(Purpose.ABSENT if target.phantom.path == target.absent else Purpose.PHANTOM, target.phantom)
