"""Surveys: questions beyond support, asked with safe methods once support is settled.

A survey is a module with `candidates(environment, targets)`: its probes, each with a purpose of its own, so that no
verdict of support ever rests on them, and with a predicate that spares them where the answer would tell nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from auditor.model.environment import Environment
from auditor.model.exchange import Probe, Purpose, Slot
from auditor.prober.candidate import Candidate
from auditor.prober.surveys import anonymous, head, preflight, served_spec, trace
from auditor.prober.targets import Target

Survey = Callable[[Environment, Sequence[Target]], Iterator[Candidate]]

SURVEYS: tuple[Survey, ...] = (
    anonymous.candidates, served_spec.candidates, head.candidates, trace.candidates, preflight.candidates,
)  # fmt: skip
"""Every survey, in the order in which their probes are planned."""


def surveyed(environment: Environment, targets: Sequence[Target]) -> tuple[Candidate, ...]:
    """The probes of all surveys, one for each slot."""
    unique: dict[Slot, Candidate] = {}
    for survey in SURVEYS:
        for candidate in survey(environment, targets):
            unique.setdefault(candidate.probe.slot, candidate)
    return tuple(unique.values())


def probe_of(
    environment: Environment, purpose: Purpose, method: str, target: Target, path: str, *,
    fields: Sequence[tuple[str, str]] = (), ordinal: int = 0, variant: str = "",
) -> Probe:  # fmt: skip
    """A probe about a documented path, with the query and the fields that its description demands of `method`."""
    query = target.queries.get(method)
    slot = Slot(purpose, method, target.template, ordinal, variant=variant)
    sent = (*target.fields.get(method, ()), *fields)
    return Probe(environment.name, slot, target.origin, f"{path}?{query}" if query else path, sent)
