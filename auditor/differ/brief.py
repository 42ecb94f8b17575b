"""A report.json read for an index of many: first its head, which tells whose run it is, then what a page shows of it.

Only the fields that are needed are checked and kept: an index reads thousands.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from auditor.differ.past import SCHEMA_VERSION, PastEnvironment, PastFinding, PastOccurrence, PastPromotion, PastRun
from auditor.model.index import Brief, EnvironmentBrief

Count = Annotated[int, Field(ge=0, le=1_000_000_000)]
MAX_NAME = 300
"""Characters of a title or a name that count: a page shows fewer."""


class Unreadable(Exception):
    """A sentence of what is wrong with a report.json."""


class Foreign(Exception):
    """A file that is called report.json and was not written by auditor."""


class _Environment(PastEnvironment):
    spec: str = ""


def _chain(environments: list[_Environment]) -> list[_Environment]:
    return [e for e in environments if e.behind is None]


class _Part(BaseModel):
    """Readers ignore unknown fields, and take no text for a number."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)


class _Spec(_Part):
    id: str = ""
    title: str = ""


class Front(_Part):
    """The beginning of a report: who, when, where."""

    run: PastRun
    specs: list[_Spec]
    environments: Annotated[list[_Environment], AfterValidator(_chain)]

    @property
    def title(self) -> str:
        """Of the description of the chain's last environment: what is promoted last changes its name last."""
        own = self.environments[-1].spec if self.environments else ""
        titles = {s.id: s.title for s in reversed(self.specs)}
        return (titles.get(own) or next((s.title for s in self.specs if s.title), ""))[:MAX_NAME]

    @property
    def finished(self) -> datetime:
        return datetime.fromisoformat(self.run.finished_at).astimezone(UTC)


class _Totals(_Part):
    documented: Count
    undetermined: Count
    errors: Count
    warnings: Count


class _Whole(Front):
    schema_version: int
    complete: bool
    incomplete_because: list[str]
    findings: list[PastFinding]
    promotions: list[PastPromotion]
    totals: _Totals
    headline: str | None = None


def front(data: bytes, whole: bool) -> tuple[Front, str] | None:
    """The beginning of a report, and what is wrong with its schema; None where more of the file is needed.

    Where a file ends too early its beginning still tells whose it is. Unreadable or Foreign where not even that can be
    told.
    """
    try:
        found: Any = from_json(data, allow_partial=True)
    except ValueError:
        if not whole:
            return None
        raise Unreadable("is empty" if not data.strip() else "is no JSON") from None
    if not isinstance(found, dict) or (whole and "schema_version" not in found and _ended(data)):
        raise Foreign
    if not whole and not ("cells" in found and set(found) >= _FIELDS):  # what stands before the cells is there in full
        return None
    problem = _schema_problem(found)
    try:
        return Front.model_validate(found), problem
    except ValidationError as error:
        if not whole:  # what is wrong with it, or that it is cut off, only the whole file tells
            return None
        raise Unreadable("is cut off" if not _ended(data) else problem or _damage(error)) from None


_FIELDS = frozenset({"schema_version", "run", "specs", "environments"})


def brief(data: bytes) -> Brief:
    """What a report says, in counts. Unreadable where it is damaged or of another schema."""
    try:
        report = _Whole.model_validate_json(data)
    except ValidationError as error:
        raise Unreadable(_damage(error) if _ended(data) else "is cut off") from None
    if report.schema_version != SCHEMA_VERSION:
        raise Unreadable(_schema_problem({"schema_version": report.schema_version}))
    last = report.promotions[-1] if report.promotions else None
    open_ = [(f, o) for f in report.findings for o in f.occurrences if o.waived is None]
    owners = {f.owner[:MAX_NAME]: None for f, _ in open_ if f.owner and f.severity in ("error", "warning")}
    return Brief(
        report.complete, tuple(b[:MAX_NAME] for b in report.incomplete_because[:9]), (report.headline or "")[:MAX_NAME],
        report.run.exit_code, None if last is None else (last.verdict, last.because[:MAX_NAME]),
        tuple(_environment(e, open_) for e in report.environments),
        report.totals.errors, report.totals.warnings, report.totals.undetermined, report.totals.documented,
        tuple(sorted(owners)),
    )  # fmt: skip


def _environment(e: _Environment, open_: list[tuple[PastFinding, PastOccurrence]]) -> EnvironmentBrief:
    counts = {
        severity: len({f.fingerprint for f, o in open_ if o.environment == e.name and f.severity == severity})
        for severity in ("error", "warning")
    }
    return EnvironmentBrief(e.name[:MAX_NAME], e.state, e.decided, counts["error"], counts["warning"])


def _schema_problem(found: Mapping[str, Any]) -> str:
    version = found.get("schema_version")
    if type(version) is int and version == SCHEMA_VERSION:
        return ""
    newer = type(version) is int and version > SCHEMA_VERSION
    shown = version if type(version) is int and version < 10**6 else "unknown"
    return (f"has schema version {shown}, and this auditor reads {SCHEMA_VERSION}: "
            f"{'update auditor' if newer else 'audit again'}")  # fmt: skip


def _ended(data: bytes) -> bool:
    """Whether the file holds a whole JSON text."""
    try:
        from_json(data)
    except ValueError:
        return False
    return True


def _damage(error: ValidationError) -> str:
    key = ".".join(map(str, error.errors(include_input=False, include_url=False)[0]["loc"]))
    return f"is damaged at {key[:80]}" if key else "is no JSON"
