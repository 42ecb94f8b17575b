"""What an index of many runs knows of each: as much of its report.json as a page shows, and no more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from auditor.model.night import Changes


@dataclass(frozen=True, slots=True)
class Head:
    """What tells runs apart, from the beginning of a report.json.

    `place`: the run directory, meant from the folder that was searched. `link`: where its report.html is, meant from
    the index and percent-encoded; None where there is none. `title`: of the description that the last environment of
    the chain was audited against.
    """

    place: str
    link: str | None
    id: str
    finished: datetime
    title: str
    urls: frozenset[str]
    environments: tuple[str, ...] = ()
    problem: str = ""
    """Why nothing else of the report can be read; empty where nothing is known against it."""


@dataclass(frozen=True, slots=True)
class EnvironmentBrief:
    """One environment of the chain. `errors`, `warnings`: findings that nobody accepted there."""

    name: str
    state: str
    decided: float | None
    errors: int
    warnings: int


@dataclass(frozen=True, slots=True)
class Brief:
    """What a report says, in counts.

    `arrow`: the last promotion as its verdict and the reason for it; None with one environment.
    """

    complete: bool
    because: tuple[str, ...]
    headline: str
    exit_code: int
    arrow: tuple[str, str] | None
    environments: tuple[EnvironmentBrief, ...]
    errors: int
    warnings: int
    undetermined: int
    documented: int
    owners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a service; `problem` says why there is no brief."""

    head: Head
    brief: Brief | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Unread:
    """A report.json that does not even tell whose it is, and when. `beside`: whose run it is by its place, if known."""

    place: str
    link: str | None
    why: str
    modified: datetime
    beside: int | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """A service with its runs, newest first: one for each night, as far back as the index goes.

    `changes`: the newest compared with `since`, the last readable one of an earlier night; None where there is none.
    `left`: runs that are not listed: older ones, or others of the same night.
    """

    name: str
    hint: str
    runs: tuple[Run, ...]
    changes: Changes | None = None
    since: Head | None = None
    left: int = 0
    unread: tuple[Unread, ...] = ()
    """Runs that are this service's by their place, and that nobody can read."""
