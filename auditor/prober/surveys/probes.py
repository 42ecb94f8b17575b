"""How surveys make their probes."""

from __future__ import annotations

from collections.abc import Sequence

from auditor.model.environment import Environment
from auditor.model.exchange import Probe, Purpose, Slot
from auditor.prober.targets import Target


def probe_of(
    environment: Environment, purpose: Purpose, method: str, target: Target, path: str, *,
    fields: Sequence[tuple[str, str]] = (), ordinal: int = 0, variant: str = "",
) -> Probe:  # fmt: skip
    """A probe about a documented path, with the query and the fields that its description demands of `method`."""
    query = target.queries.get(method)
    slot = Slot(purpose, method, target.template, ordinal, variant=variant)
    sent = (*target.fields.get(method, ()), *fields)
    return Probe(environment.name, slot, target.origin, f"{path}?{query}" if query else path, sent)
