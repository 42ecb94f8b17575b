"""Surveys: questions beyond support, asked with safe methods once support is settled.

A survey is a module with `candidates(environment, targets)`: its probes, each with a purpose of its own, so that no
verdict of support comes to rest on them by chance, and with a predicate that spares them where the answer would tell
nothing. Two of them ask about answers that verdicts rest on: `varied` whether it was the origin's (prober/stored),
`repeated` whether every instance gives it (prober/repeats).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from auditor.model.environment import Environment
from auditor.model.exchange import Slot
from auditor.prober.candidate import Candidate
from auditor.prober.surveys import anonymous, head, near, preflight, repeated, served_spec, trace, varied
from auditor.prober.surveys.probes import probe_of
from auditor.prober.targets import Target

__all__ = ["SURVEYS", "Survey", "probe_of", "surveyed"]

Survey = Callable[[Environment, Sequence[Target]], Iterator[Candidate]]

SURVEYS: tuple[Survey, ...] = (
    anonymous.candidates, served_spec.candidates, varied.candidates, repeated.candidates, head.candidates,
    trace.candidates, preflight.candidates, near.candidates,
)  # fmt: skip
"""Every survey, in the order in which their probes are planned."""


def surveyed(environment: Environment, targets: Sequence[Target]) -> tuple[Candidate, ...]:
    """The probes of all surveys, one for each slot."""
    unique: dict[Slot, Candidate] = {}
    for survey in SURVEYS:
        for candidate in survey(environment, targets):
            unique.setdefault(candidate.probe.slot, candidate)
    return tuple(unique.values())
