"""The description that the deployment serves itself, where the operator says where: one GET."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from auditor.model.environment import Environment
from auditor.model.exchange import Probe, Purpose, Slot
from auditor.prober.candidate import Candidate
from auditor.prober.needed import always
from auditor.prober.targets import Target

MAX_OCTETS = 2 << 20
"""Of such a description: to read that much costs 180 MB and 2 seconds at the worst (PROMISES P18)."""


def candidates(environment: Environment, targets: Sequence[Target]) -> Iterator[Candidate]:
    """One request, on the environment's own origin; no finding is about a layer."""
    if environment.served_spec is not None and environment.behind is None:
        slot = Slot(Purpose.SERVED_SPEC, "GET", environment.served_spec)
        yield Candidate(Probe(environment.name, slot, environment.origin, environment.served_spec), always)
