"""Who is told about a finished report, and when."""

from __future__ import annotations

from dataclasses import dataclass

NEW_ERROR, INCOMPLETE, FIXED = "new-error", "incomplete", "fixed"
WHEN = (NEW_ERROR, INCOMPLETE, FIXED)
"""What a target can ask to be told of."""


@dataclass(frozen=True, slots=True)
class Audience:
    """What one target is told of; `owners` and `environments` are None where all count."""

    when: tuple[str, ...] = WHEN
    owners: tuple[str, ...] | None = None
    environments: tuple[str, ...] | None = None

    def hears(self, owner: str | None) -> bool:
        """Whether findings of this owner are told."""
        return self.owners is None or owner in self.owners

    def watches(self, environment: str) -> bool:
        """Whether what happens in this environment is told."""
        return self.environments is None or environment in self.environments
