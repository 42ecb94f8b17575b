"""Waivers: drift that somebody accepted, for a reason and until a day."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime

from auditor.model.globs import Glob, parse_glob
from auditor.model.templates import anonymous

NEEDS_METHOD = "undocumented-method-served"
"""The rule whose waivers name one method: accepting DELETE must never hide a later PUT."""


@dataclass(frozen=True, slots=True)
class Waiver:
    """One accepted drift. `path` is None for rules that speak of whole environments, `method` where any is meant.

    `expires` is the last day it holds, `since` the day it was accepted, where somebody wrote that down.
    """

    rule: str
    path: Glob | None
    method: str | None
    environments: tuple[str, ...]
    reason: str
    owner: str
    expires: date
    ticket: str | None = None
    since: date | None = None

    def covers(self, rule: str, path: str | None, environment: str, methods: Collection[str]) -> bool:
        """Whether what a rule says about these methods of a path in one environment is what was accepted.

        Names of parameters do not count. What is said about several methods at once is more than one method accepted.
        """
        if rule != self.rule or environment not in self.environments:
            return False
        if (path is None) != (self.path is None):
            return False
        if path is not None and self.path is not None and not self.path.matches(anonymous(path)):
            return False
        if self.method is None:
            return rule != NEEDS_METHOD
        return bool(methods) and all(m == self.method for m in methods)

    @property
    def name(self) -> str:
        """What it accepts, in words for a note."""
        what = " ".join(x for x in (self.rule, self.method, self.path.text if self.path else None) if x)
        return f"the waiver of {what} in {', '.join(self.environments)}"

    @property
    def terms(self) -> dict[str, str]:
        """What a report tells of it."""
        terms = {
            "path": self.path.text if self.path else None,
            "reason": self.reason,
            "owner": self.owner,
            "expires": self.expires.isoformat(),
            "ticket": self.ticket,
            "since": self.since.isoformat() if self.since else None,
        }
        return {k: v for k, v in terms.items() if v}


def waiver_glob(text: str) -> tuple[Glob, str | None]:
    """A pattern whose parameters have lost their names, and the method in front of it. ValueError as of parse_glob."""
    glob = parse_glob(text)
    return Glob(text, None, anonymous(glob.path)), glob.method


def utc_day(moment: str) -> date:
    """The day, in UTC, of an ISO 8601 moment. ValueError where it is none."""
    at = datetime.fromisoformat(moment)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC).date()
