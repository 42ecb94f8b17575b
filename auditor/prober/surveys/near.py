"""Did you mean? GET on paths that are spelled nearly like a documented one, where that one is missing.

One after the other until one is served, and an unknown path of the same form beside that one. A path that is there
costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from auditor.model.environment import Environment
from auditor.model.exchange import Probe, Purpose, Slot
from auditor.prober.calibrate import Calibration
from auditor.prober.candidate import Candidate, Quota
from auditor.prober.headless import asked_of
from auditor.prober.near import answers, may_be_misspelt, sent, spelt
from auditor.prober.needed import Needed
from auditor.prober.surveys.probes import probe_of
from auditor.prober.targets import Target

QUOTA = Quota("nearly the same spelling of paths that are missing", 20, "did you mean")
CONTROLS = Quota("an unknown path beside one of these that is served", 5, "did you mean")


def candidates(environment: Environment, targets: Sequence[Target]) -> Iterator[Candidate]:
    """Those of each readable path on the environment's own origin; no finding is about a layer."""
    controls: dict[str, list[tuple[Target, int]]] = {}
    for target in targets:
        if environment.behind is not None or target.origin != environment.origin or not asked_of(target):
            continue
        for ordinal, spelling in enumerate(spelt(target)):
            probe = probe_of(environment, Purpose.NEAR, "GET", target, spelling.path, ordinal=ordinal,
                             variant=spelling.template)  # fmt: skip
            yield Candidate(probe, _needed(target, ordinal), quota=QUOTA)
            controls.setdefault(spelling.unknown, []).append((target, ordinal))
    for unknown, of in controls.items():
        slot = Slot(Purpose.NEAR_UNKNOWN, "GET", unknown)
        probe = Probe(environment.name, slot, environment.origin, unknown)
        yield Candidate(probe, _control_needed(of), quota=CONTROLS)


def _needed(target: Target, ordinal: int) -> Needed:
    """The path is missing, and none of the likelier spellings is served."""

    def needed(c: Calibration) -> bool:
        before = [sent(c, target, i) for i in range(ordinal)]
        return all(e is not None and not answers(e) for e in before) and may_be_misspelt(c, target)

    return needed


def _control_needed(of: Sequence[tuple[Target, int]]) -> Needed:
    return lambda c: any(answers(sent(c, target, ordinal)) for target, ordinal in of)
