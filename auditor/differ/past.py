"""A report.json read back: only the fields of DESIGN §8 that nights and gates need, each checked."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from auditor.errors import UsageError
from auditor.model.night import Night, Place, Seen
from auditor.model.templates import anonymous

SCHEMA_VERSION = 1
MAX_OCTETS = 512 * 1024 * 1024


def _moment(text: str) -> str:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("without a time zone")
    return text


Moment = Annotated[str, AfterValidator(_moment)]
Fingerprint = Annotated[str, Field(pattern="^[0-9a-f]{12}$")]


class _Part(BaseModel):
    """Readers ignore unknown fields."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)


class PastRun(_Part):
    """`run`."""

    id: str
    started_at: Moment
    finished_at: Moment
    exit_code: int


class PastSpec(_Part):
    """One of `specs`."""

    title: str = ""
    version: str = ""


class PastEnvironment(_Part):
    """One of `environments`."""

    name: str
    url: str = ""
    state: str
    behind: str | None = None
    build: str | None = None
    build_note: str | None = None
    decided: float | None = None


def _chain(environments: list[PastEnvironment]) -> list[PastEnvironment]:
    """Layers are no places of their own: no cell, finding or promotion is about them."""
    return [e for e in environments if e.behind is None]


class PastCell(_Part):
    """One of `cells`."""

    environment: str
    path: str
    method: str
    support: str
    documented: bool = False
    reason: str | None = None


class PastExclusion(_Part):
    """One of `excluded`."""

    environment: str
    path: str
    method: str


class PastOccurrence(_Part):
    """One of a finding's occurrences."""

    environment: str
    method: str = ""
    status: str | None = None
    waived: dict[str, str] | None = None
    first_seen: str | None = None
    lapsed: dict[str, str] | None = None


class PastFinding(_Part):
    """One of `findings`."""

    rule: str
    severity: str
    path: str | None
    methods: list[str]
    title: str
    fingerprint: Fingerprint
    occurrences: list[PastOccurrence]
    cause: str = ""
    owner: str | None = None


class PastChange(_Part):
    """One change of a promotion."""

    path: str
    method: str
    effect: str
    fingerprint: Fingerprint | None = None


class PastPromotion(_Part):
    """One of `promotions`."""

    from_: str = Field(alias="from")
    to: str
    verdict: str
    because: str
    compared: int
    not_compared: int
    changes: list[PastChange]


class PastSeen(_Part):
    """What an earlier night saw and this one could not judge."""

    fingerprint: Fingerprint
    environment: str
    method: str
    rule: str
    path: str | None
    methods: list[str]
    severity: str
    title: str
    first_seen: str
    owner: str | None = None

    @property
    def seen(self) -> Seen:
        return Seen(self.fingerprint, self.environment, self.method, self.rule, self.path, tuple(self.methods),
                    self.severity, self.title, self.first_seen, owner=self.owner)  # fmt: skip


class PastSince(_Part):
    """`since`: what the report was compared with."""

    id: str = ""
    finished_at: str = ""
    fixed: list[PastSeen] = []
    remembered: list[PastSeen] = []
    decided_before: list[tuple[str, str, str]] = []
    described_before: list[tuple[str, str]] = []
    complete_before: list[str] = []

    model_config = ConfigDict(extra="ignore", frozen=True)


class PastReport(_Part):
    """A report of an earlier audit."""

    schema_version: int
    complete: bool
    incomplete_because: list[str]
    run: PastRun
    environments: Annotated[list[PastEnvironment], AfterValidator(_chain)]
    cells: list[PastCell]
    excluded: list[PastExclusion]
    findings: list[PastFinding]
    promotions: list[PastPromotion]
    specs: list[PastSpec] = []
    headline: str | None = None
    rules_run: list[str] | None = None
    since: PastSince | None = None

    @property
    def finished(self) -> datetime:
        return datetime.fromisoformat(self.run.finished_at).astimezone(UTC)


def read(path: str) -> PastReport:
    """The report in a file, or in a folder that holds one. UsageError where it cannot be used."""
    return parse(load(path), path)


def load(path: str) -> bytes:
    """The bytes of the file. UsageError where there is none."""
    file = Path(path)
    try:
        file = file / "report.json" if file.is_dir() else file
        with file.open("rb") as stream:
            data = stream.read(MAX_OCTETS + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "this is no file name"
        raise UsageError(f"the report cannot be read: {why}", where=path,
                         hint="name the report.json that auditor audit wrote") from None  # fmt: skip
    if len(data) > MAX_OCTETS:
        raise UsageError("is larger than 512 MB: no report", where=path, hint="name a report.json")
    return data


def parse(data: bytes, where: str) -> PastReport:
    """The report in these bytes. UsageError where it is none, or of another schema."""
    try:
        found: Any = json.loads(data)
        version = found["schema_version"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UsageError("is no report of auditor", where=where, hint="name the report.json of an audit") from None
    if type(version) is not int or version != SCHEMA_VERSION:
        newer = type(version) is int and version > SCHEMA_VERSION
        hint = "update auditor" if newer else "audit once without it, and compare with that report from then on"
        shown = version if type(version) is int else "unknown"
        raise UsageError(
            f"its schema version is {shown}, and this auditor reads {SCHEMA_VERSION}", where=where, hint=hint
        )
    try:
        return PastReport.model_validate_json(data)
    except ValidationError as error:
        key = ".".join(map(str, error.errors(include_input=False, include_url=False)[0]["loc"]))
        raise UsageError(f"the report is damaged at {key[:80]}", where=where, hint="audit again") from None


def since(path: str | None) -> Night | None:
    """The report that `--new-since` names, as a night; None without one."""
    return night(read(path)) if path is not None else None


def night(report: PastReport) -> Night:
    """The report as a night to compare with."""
    at = report.run.finished_at
    seen = tuple(
        Seen(f.fingerprint, o.environment, o.method, f.rule, f.path, tuple(f.methods), f.severity, f.title,
             o.first_seen or at, o.waived is not None, f.owner, o.lapsed is not None)
        for f in report.findings for o in f.occurrences
    )  # fmt: skip
    decided: tuple[Place, ...] = tuple(
        (c.environment, anonymous(c.path), c.method) for c in report.cells if c.support in ("supported", "unsupported")
    )
    described = {(c.environment, anonymous(c.path)) for c in report.cells}
    described |= {(x.environment, anonymous(x.path)) for x in report.excluded}
    documented = {(c.environment, anonymous(c.path), c.method) for c in report.cells if c.documented}
    documented |= {(x.environment, anonymous(x.path), x.method) for x in report.excluded}
    memory = report.since or PastSince()
    return Night(
        report.run.id, at, tuple(e.name for e in report.environments),
        (*(e.name for e in report.environments if e.state == "complete"), *memory.complete_before),
        seen, decided, tuple(sorted(described)), None if report.rules_run is None else tuple(report.rules_run),
        tuple(s.seen for s in memory.remembered), tuple(memory.decided_before), tuple(memory.described_before),
        tuple(sorted(documented)),
    )  # fmt: skip
