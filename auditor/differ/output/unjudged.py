"""What we could not know, grouped by reason, with what would settle it. Never hidden, never summed away."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from auditor.differ.output.evidence import Collector, Evidence
from auditor.differ.output.hindrances import Doubt, doubts
from auditor.differ.output.html_limits import MAX_LINES, split
from auditor.differ.output.language import tr
from auditor.differ.output.words import REASONS, listing
from auditor.model.cell import Cell, Reason, Support
from auditor.model.finding import Finding, Severity
from auditor.model.methods import method_order
from auditor.model.report import Report
from auditor.model.templates import anonymous

Told = dict[tuple[str, str, str], Finding]
"""Findings of weight by (environment, anonymous path, method)."""

SHOWN = 6
"""Lines of cells before the rest is folded."""

EXPLAINED = frozenset({
    Reason.CONFLICTING_ANSWERS, Reason.UNSTABLE, Reason.MALFORMED_ANSWER, Reason.NO_EVIDENCE, Reason.UNREACHABLE,
})  # fmt: skip
"""Reasons whose remedy is to look at the exchanges: those are shown."""

MAX_EXPLAINED = 6


@dataclass(frozen=True, slots=True)
class Line:
    """Methods of one path that share their fate in the same environments."""

    path: str
    each: tuple[str, ...]
    where: tuple[str, ...]
    see: Finding | None = None
    """What is known of them although their support is not."""

    @property
    def methods(self) -> str:
        return listing(self.each, 20)

    @property
    def environments(self) -> str:
        return ", ".join(self.where)


@dataclass(frozen=True, slots=True)
class Why:
    """Cells of one reason and remedy."""

    reason: str
    words: str
    remedy: str
    count: int
    lines: tuple[Line, ...]
    evidence: Evidence | None
    more: int = 0
    """Lines that are counted only."""
    doubts: tuple[Doubt, ...] = ()
    """What made the `Allow` of an environment useless for them."""

    @property
    def first(self) -> tuple[Line, ...]:
        return self.lines[:SHOWN]

    @property
    def rest(self) -> tuple[Line, ...]:
        return self.lines[SHOWN:]


@dataclass(frozen=True, slots=True)
class Unjudged:
    """Documented operations, and apart from them methods that nobody documented."""

    documented: tuple[Why, ...]
    undocumented: tuple[Why, ...]

    @property
    def count(self) -> int:
        return sum(w.count for w in self.documented)

    @property
    def unlisted(self) -> int:
        return sum(w.more for w in (*self.documented, *self.undocumented))

    @property
    def extra(self) -> int:
        return sum(w.count for w in self.undocumented)


def unjudged(report: Report, collector: Collector) -> Unjudged:
    """All undetermined cells, the commonest reason first."""
    cells = [c for c in report.cells if c.support is Support.UNDETERMINED]
    known = [c for c in cells if (c.environment, c.path, c.method) in report.documented]
    other = [c for c in cells if (c.environment, c.path, c.method) not in report.documented]
    told, disbelieved = _told(report), doubts(report)
    return Unjudged(_by_reason(known, told, collector, disbelieved), _by_reason(other, told, None, []))


def _told(report: Report) -> Told:
    weighty = (f for f in report.findings if f.path is not None and f.severity is not Severity.INFO)
    return {(o.environment, anonymous(f.path or ""), o.method): f for f in weighty for o in f.occurrences if o.method}


def _by_reason(
    cells: Iterable[Cell], told: Told, collector: Collector | None, disbelieved: list[Doubt]
) -> tuple[Why, ...]:
    groups: dict[tuple[str, str], list[Cell]] = {}
    for c in cells:
        groups.setdefault((c.reason or "", c.remedy or ""), []).append(c)
    ordered = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(
        _why(reason, remedy, members, told, collector, [d for d in disbelieved if any(map(d.blocks, members))])
        for (reason, remedy), members in ordered
    )


def _why(
    reason: str, remedy: str, cells: list[Cell], told: Told, collector: Collector | None, blocking: list[Doubt]
) -> Why:
    known = Reason(reason) if reason else None
    pairs = [(c.environment, i) for c in cells[:MAX_EXPLAINED] for i in c.exchanges] if known in EXPLAINED else []
    evidence = collector.collect(pairs) if collector and pairs else None
    words = tr(REASONS[known]) if known else tr("without a reason")
    shown, more = split(_lines(cells, told), MAX_LINES)
    return Why(reason or "unknown", words, remedy, len(cells), shown, evidence, len(more), tuple(blocking))


def _lines(cells: list[Cell], told: Told) -> tuple[Line, ...]:
    where: dict[tuple[str, str], dict[str, None]] = {}
    for c in cells:
        where.setdefault((c.path, c.method), {})[c.environment] = None
    fates: dict[tuple[str, tuple[str, ...], str], list[str]] = {}
    known: dict[str, Finding] = {}
    for (path, method), names in where.items():
        see = next((f for n in names if (f := told.get((n, anonymous(path), method)))), None)
        mark = see.fingerprint if see else ""
        if see:
            known[mark] = see
        fates.setdefault((path, tuple(names), mark), []).append(method)
    return tuple(
        Line(path, tuple(sorted(methods, key=method_order)), names, known.get(mark))
        for (path, names, mark), methods in fates.items()
    )
