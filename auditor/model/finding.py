"""Findings: a rule's statement, with everything a reader needs to act on it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from auditor.model.contract import Location
from auditor.model.templates import anonymous


class Severity(StrEnum):
    """How much a finding matters (SARIF: error, warning, note)."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 is the worst."""
        return list(Severity).index(self)


class Confidence(StrEnum):
    """How sure we are; also the likelihood of a root cause."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        return list(Confidence).index(self)


class Side(StrEnum):
    """Who can fix it."""

    SERVICE = "service"
    GATEWAY = "gateway"
    CONTRACT = "contract"
    CLIENT = "client"


@dataclass(frozen=True, slots=True)
class RootCause:
    """One possible reason, with its likelihood."""

    likelihood: Confidence
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """One thing to do, and on whose side."""

    side: Side
    effort: str
    """easy, medium or hard."""
    text: str


@dataclass(frozen=True, slots=True)
class Occurrence:
    """The finding in one environment, for one method ('' where the rule is not about methods)."""

    environment: str
    method: str
    exchanges: tuple[str, ...] = ()
    detail: str = ""
    """What was seen there, short: `405, Allow: GET, PUT`."""
    status: str | None = None
    waived: dict[str, str] | None = None
    first_seen: str | None = None
    lapsed: dict[str, str] | None = None
    """The terms of a waiver that covered it and has ended."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule's statement. `cause` is shared by findings that one fix would remove."""

    rule: str
    severity: Severity
    confidence: Confidence
    path: str | None
    methods: tuple[str, ...]
    environments: tuple[str, ...]
    cause: str
    occurrences: tuple[Occurrence, ...]
    title: str
    symptom: str
    root_causes: tuple[RootCause, ...]
    diagnosis: str
    fixes: tuple[Fix, ...]
    prevention: str
    curl: str
    fingerprint: str
    location: Location | None = None
    owner: str | None = None


def fingerprint(rule: str, path: str | None, method: str) -> str:
    """12 hex digits over rule, anonymous template and method: never wording, never time (DESIGN §8)."""
    text = "\n".join((rule, anonymous(path or ""), method))
    return hashlib.sha256(text.encode()).hexdigest()[:12]
