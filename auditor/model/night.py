"""What one audit knew, as the next one compares itself with it."""

from __future__ import annotations

from dataclasses import dataclass

Place = tuple[str, str, str]
"""(environment, path with nameless parameters, method)"""


@dataclass(frozen=True, slots=True)
class Seen:
    """One occurrence of a finding. `method` is '' where its rule speaks of a path or an environment as a whole."""

    fingerprint: str
    environment: str
    method: str
    rule: str
    path: str | None
    methods: tuple[str, ...]
    severity: str
    title: str
    first_seen: str
    waived: bool = False
    owner: str | None = None
    lapsed: bool = False
    """A waiver covered it, and has ended."""

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it the same one on another night (DESIGN §8)."""
        return self.fingerprint, self.environment, self.method


@dataclass(frozen=True, slots=True)
class Night:
    """What one audit saw, and what it could decide.

    `remembered`, `decided_before` and `described_before` are from earlier nights: what this one could not judge, or had
    no part in it. `complete` names the
    environments that were audited to the end, on this or, where it could not be, on an earlier night. `rules` is None
    where it is not known which rules ran.
    """

    id: str
    finished_at: str
    environments: tuple[str, ...]
    complete: tuple[str, ...]
    seen: tuple[Seen, ...]
    decided: tuple[Place, ...]
    described: tuple[tuple[str, str], ...]
    rules: tuple[str, ...] | None = None
    remembered: tuple[Seen, ...] = ()
    decided_before: tuple[Place, ...] = ()
    described_before: tuple[tuple[str, str], ...] = ()
    documented: tuple[Place, ...] = ()
    """Which operations the descriptions of its environments held."""


@dataclass(frozen=True, slots=True)
class Changes:
    """Two nights compared. `unsure`: seen now, and not judged then. `unjudged`: seen then, and not judged now.

    `returned`: of `still`, what was accepted and is so no longer.
    """

    then: str
    then_at: str
    new: tuple[Seen, ...] = ()
    still: tuple[Seen, ...] = ()
    unsure: tuple[Seen, ...] = ()
    fixed: tuple[Seen, ...] = ()
    unjudged: tuple[Seen, ...] = ()
    returned: tuple[Seen, ...] = ()
    decided_before: tuple[Place, ...] = ()
    described_before: tuple[tuple[str, str], ...] = ()
    complete_before: tuple[str, ...] = ()
