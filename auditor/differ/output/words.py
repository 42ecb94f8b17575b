"""The closed lists of the model in words a release manager reads: every output says the same thing the same way."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from auditor.differ.output.language import number, tr, trn
from auditor.model.cell import Basis, Cell, Reason, Support
from auditor.model.environment import Mode, State

REASONS: dict[Reason, str] = {
    Reason.AUTH_WALL: "asked for credentials",
    Reason.CATCH_ALL: "behind a catch-all",
    Reason.NO_KNOWN_OBJECT: "need a value that exists",
    Reason.NO_CONTROL: "without a possible control",
    Reason.NO_HARMLESS_PROBE: "without a harmless probe",
    Reason.NO_EVIDENCE: "without evidence either way",
    Reason.MODE_FORBIDS: "not sent in safe mode",
    Reason.GATEWAY_ANSWERED: "answered by a gateway",
    Reason.CONFLICTING_ANSWERS: "with conflicting answers",
    Reason.UNSTABLE: "answered differently each time",
    Reason.MALFORMED_ANSWER: "answered with malformed HTTP",
    Reason.RATE_LIMITED: "rate limited",
    Reason.UNREACHABLE: "unreachable",
    Reason.NOT_REACHED: "not reached in time",
    Reason.REDIRECTED_ELSEWHERE: "redirected elsewhere",
    Reason.OTHER_SERVER: "on another server",
}

BASES: dict[Basis, str] = {
    Basis.OBSERVED: "sent and answered",
    Basis.ADVERTISED: "not sent, read from an `Allow` found honest",
    Basis.INFERRED: "not sent, follows from the path",
}
"""What a verdict about a method rests on."""

EFFECTS: dict[str, tuple[str, str]] = {
    "removes-documented": ("removes, documented", "bad"),
    "adds-undocumented": ("adds, undocumented", "bad"),
    "still-missing": ("still missing after", "warn"),
    "removes-undocumented": ("removes, undocumented", "warn"),
    "repairs": ("repairs", "ok"),
    "adds-documented": ("adds, documented", "ok"),
    "environment-only": ("environment only", "unk"),
    "cannot-say": ("cannot say", "unk"),
}
"""Effect of a promotion: words, and the tone they are shown in."""

STATES: dict[State, tuple[str, str]] = {
    State.COMPLETE: ("complete", "ok"),
    State.UNREACHABLE: ("unreachable", "bad"),
    State.INTERRUPTED: ("interrupted", "warn"),
    State.LOGIN_REFUSED: ("login refused", "bad"),
    State.DEADLINE: ("ended at the deadline", "warn"),
    State.BUDGET: ("ended at the request budget", "warn"),
}

MODES: dict[str, str] = {
    Mode.SAFE: "safe methods only", Mode.INERT: "state-changing methods as unfinished requests only",
}  # fmt: skip

PURPOSES: dict[str, str] = {
    "sibling": "control: a path that cannot exist",
    "path": "the documented path",
    "twin": "the path with its trailing slash changed",
    "deeper": "control: an unknown path below",
    "shadow": "another value in the literal's place",
    "alternate": "control: a value of another type",
    "absent": "control: an object that cannot exist",
    "phantom": "the path with every object absent",
    "base": "a guess at the base path",
    "build": "which build runs there",
    "head": "HEAD in GET's place",
    "head-unknown": "control: HEAD on a path that cannot exist",
    "preflight": "a CORS preflight",
    "preflight-unknown": "control: a preflight of a path that cannot exist",
    "trace": "is a request sent back?",
    "varied": "past the cache, by a query that nobody knows",
    "near": "a path that is spelled nearly so",
    "near-unknown": "control: a path like it that cannot exist",
    "repeat": "the same once more",
}

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

TONES = {"error": "bad", "warning": "warn", "info": "unk"}
"""Severity to tone."""


def plural(count: int, noun: str, many: str | None = None) -> str:
    """`3 paths`, `1 path`, `1,204 cells`."""
    return trn(count, "{n} " + noun, "{n} " + (many or noun + "s"))


def listing(items: Sequence[str], limit: int = 10, last: str = "and") -> str:
    """`a, b and c`; beyond `limit` the rest is counted: `a, b and 7 more`."""
    shown = list(items[:limit])
    if len(items) > limit:
        return tr("{items} and {n} more", items=", ".join(shown), n=number(len(items) - limit))
    return f" {tr(last)} ".join((", ".join(shown[:-1]), shown[-1])) if len(shown) > 1 else "".join(shown)


def support(cell: Cell | None) -> str:
    """A verdict in words: `supported (advertised)`, `not judged: rate limited`; a missing cell is `not probed`."""
    if cell is None:
        return tr("not probed")
    if cell.support is Support.UNDETERMINED:
        return tr("not judged") + (f": {tr(REASONS[cell.reason])}" if cell.reason else "")
    word = tr("supported") if cell.support is Support.SUPPORTED else tr("not supported")
    return word if cell.basis is None or cell.basis is Basis.OBSERVED else f"{word} ({tr(str(cell.basis))})"


def sentence(text: str, names: Collection[str] = ()) -> str:
    """`text` with a full stop at its end and a capital at its start, unless it starts with one of `names`."""
    text = text.strip()
    if not text:
        return ""
    first = text[:1] if text.split(maxsplit=1)[0].rstrip(":,") in names else text[:1].upper()
    return first + text[1:] + ("" if text[-1] in ".!?" else ".")


def percent(share: float | None) -> str:
    """A share in whole percent that never rounds up to 100 or down to 0 what is not."""
    if share is None or share != share:
        return "–"
    if 0 < share < 0.01:
        return "<1%"
    return f"{min(int(share * 100 + 0.5), 99 if share < 1 else 100)}%"


def short_day(at: date) -> str:
    """`3 Nov`: by hand, since strftime follows the reader's locale, and bytes must not (PROMISES P50)."""
    return tr("{day} {month}", day=at.day, month=tr(MONTHS[at.month - 1]))


def duration(seconds: float) -> str:
    """`12 ms`, `38 s`, `4 min 10 s`."""
    if seconds < 1:
        return f"{round(seconds * 1000)} ms"
    if seconds < 120:
        return f"{seconds:.1f} s" if seconds < 10 else f"{round(seconds)} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60} s"
