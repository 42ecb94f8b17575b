"""The matrix of the report: path × method × environment, one mark per cell. Data only; the template draws it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from auditor.differ.output.cards import CellIndex, is_waived
from auditor.differ.output.words import REASONS, TONES
from auditor.model.cell import Cell, Support
from auditor.model.finding import Finding, Severity
from auditor.model.methods import CORE, method_order
from auditor.model.report import Report
from auditor.model.templates import anonymous, split_template

MISSING_RULES = ("documented-method-missing", "gateway-blocks-method", "path-missing", "base-path-wrong")
"""Rules that explain a documented method that is not supported, the most telling first."""

GROUPED_FROM = 8
"""With fewer rows, headings between them would only be noise."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What one cell shows: sign, tone (bad, warn, ok, unk, dot), words, and the finding it links to.

    `drift`: counts as disagreement; `open`: documented, but not judged; `noted`: agrees, yet a finding speaks of it;
    `waived`: disagreement that somebody accepted.
    """

    sign: str
    tone: str
    words: str
    fingerprint: str | None = None
    drift: bool = False
    open: bool = False
    noted: bool = False
    waived: bool = False


@dataclass(frozen=True, slots=True)
class Square:
    """The marks of one path and method, one per environment (None: no such cell); `label` says them all in words."""

    method: str
    marks: tuple[Mark | None, ...]
    label: str

    @property
    def linked(self) -> bool:
        return any(m is not None and m.fingerprint for m in self.marks)


@dataclass(frozen=True, slots=True)
class Row:
    """One path. `drift` and `open` hold the positions of the environments with such marks.

    `quiet`: no finding of weight speaks of it, waived or not, so the row may be folded away.
    """

    path: str
    group: str
    squares: tuple[Square | None, ...]
    drift: tuple[int, ...]
    open: tuple[int, ...]
    quiet: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Rows under one heading; an empty `name` has none."""

    name: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows with findings, rows with only unjudged cells, rows that agree; `counts` of signs per environment."""

    environments: tuple[str, ...]
    initials: tuple[str, ...]
    methods: tuple[str, ...]
    drifting: tuple[Group, ...]
    unjudged: tuple[Group, ...]
    agreeing: tuple[Group, ...]
    counts: tuple[Counter[str], ...]
    legend: tuple[tuple[str, str, str], ...]
    """(sign, tone, words) of the usual marks, and of the unusual ones that occur."""

    @staticmethod
    def rows(groups: Iterable[Group]) -> int:
        return sum(len(g.rows) for g in groups)

    @property
    def agree(self) -> int:
        """Documented cells that the environments support."""
        return sum(c["agree"] for c in self.counts)


LEGEND = (
    ("✓", "ok", "agrees"),
    ("✓", "ok noted", "agrees, but a finding speaks of it"),
    ("−", "bad", "documented, not supported"),
    ("+", "bad", "supported, not documented"),
    ("+", "unk", "supported, not documented, perhaps by another template"),
    ("↪", "bad", "redirect changes the method"),
    ("↪", "unk", "redirects, the method is kept"),
    ("±", "unk waived", "drift accepted by a waiver"),
    ("?", "unk", "documented, not judged"),
    ("?", "dot", "not documented, not judged"),
    ("×", "unk", "left out"),
    ("·", "dot", "neither documented nor supported"),
)
UNUSUAL = frozenset({("✓", "ok noted"), ("+", "unk"), ("±", "unk waived"), ("↪", "unk"), ("×", "unk"), ("?", "dot")})


def matrix(report: Report, cells: CellIndex) -> Matrix:
    """The matrix of all cells, paths in the order of the descriptions."""
    names = tuple(e.environment.name for e in report.environments)
    named = {*CORE, *(c.method for c in report.cells), *(x.method for x in report.excluded)}
    methods = tuple(sorted(named, key=method_order))
    marker = _Marker(report)
    rows = [_row(path, group, names, methods, cells, marker) for path, group in _paths(report)]
    grouped = len(rows) >= GROUPED_FROM and len({r.group for r in rows}) > 1
    parts: dict[str, list[Row]] = {"drift": [], "open": [], "agree": []}
    for r in rows:
        parts["drift" if not r.quiet else "open" if r.open else "agree"].append(r)
    counts = tuple(_count(rows, i) for i in range(len(names)))
    used = {
        ("±" if m.waived else m.sign, m.tone + " noted" * m.noted)
        for r in rows
        for s in r.squares
        if s
        for m in s.marks
        if m
    }
    legend = tuple(x for x in LEGEND if x[:2] in used or x[:2] not in UNUSUAL)
    drifting, unjudged, agreeing = (_groups(p, grouped) for p in parts.values())
    return Matrix(names, initials(names), methods, drifting, unjudged, agreeing, counts, legend)


def _paths(report: Report) -> Iterator[tuple[str, str]]:
    """(path, heading) for every path that has a cell or was excluded."""
    wanted = dict.fromkeys([c.path for c in report.cells] + [x.path for x in report.excluded])
    tags: dict[str, str] = {}
    for contract in report.contracts:
        for item in contract.paths:
            first = next((o.tags[0] for o in item.operations if o.tags), "")
            tags.setdefault(item.template, first or split_template(item.template)[0].text)
    order = [p for p in tags if p in wanted] + [p for p in wanted if p not in tags]
    for path in order:
        yield path, tags.get(path) or split_template(path)[0].text


def _groups(rows: list[Row], grouped: bool) -> tuple[Group, ...]:
    if not grouped:
        return (Group("", tuple(rows)),) if rows else ()
    heads = list(dict.fromkeys(r.group for r in rows))
    ordered = sorted(rows, key=lambda r: heads.index(r.group))
    return tuple(Group(name, tuple(members)) for name, members in groupby(ordered, key=lambda r: r.group))


def _row(
    path: str, group: str, names: tuple[str, ...], methods: tuple[str, ...], cells: CellIndex, marker: _Marker
) -> Row:
    squares = []
    for m in methods:
        marks = tuple(marker.mark(name, path, m, cells.get((name, path, m))) for name in names)
        squares.append(Square(m, marks, _label(names, marks)) if any(marks) else None)
    placed = [(i, m) for s in squares if s for i, m in enumerate(s.marks) if m]
    drift, open_ = {i for i, m in placed if m.drift}, {i for i, m in placed if m.open}
    quiet = not any(m.drift or m.noted or m.waived for _, m in placed)
    return Row(path, group, tuple(squares), tuple(sorted(drift)), tuple(sorted(open_)), quiet)


def _label(names: tuple[str, ...], marks: tuple[Mark | None, ...]) -> str:
    """`agrees` where all say the same, else `dev, stage: not judged; prod: agrees`."""
    words: dict[str, list[str]] = {}
    for name, mark in zip(names, marks, strict=True):
        words.setdefault(mark.words if mark else "not probed", []).append(name)
    if len(words) == 1:
        return next(iter(words))
    return "; ".join(f"{', '.join(who)}: {what}" for what, who in words.items())


def _count(rows: list[Row], i: int) -> Counter[str]:
    marks = [m for r in rows for s in r.squares if s and (m := s.marks[i])]
    kinds = ("agree" if m.sign == "✓" else "drift" if m.drift else "open" if m.open else "other" for m in marks)
    return Counter(kinds)


def initials(names: tuple[str, ...]) -> tuple[str, ...]:
    """The shortest beginnings, of at most three letters, that tell the names apart; else their numbers."""
    for n in (1, 2, 3):
        short = tuple(name[:n] for name in names)
        if len(set(short)) == len(names) and all(s.isalnum() for s in short):
            return short
    return tuple(str(i + 1) for i in range(len(names)))


class _Marker:
    """Joins cells with the findings that speak of them."""

    def __init__(self, report: Report) -> None:
        self._documented = report.documented
        self._excluded = {(x.environment, x.path, x.method) for x in report.excluded}
        self._findings: dict[tuple[str, str | None, str], list[Finding]] = {}
        self._shadowed = {
            (name, path): facts.shadowed_by
            for name, all_facts in report.facts.items() for path, facts in all_facts.paths.items()
        }  # fmt: skip
        for f in report.findings:
            path = None if f.path is None else anonymous(f.path)
            for o in f.occurrences:
                self._findings.setdefault((o.environment, path, o.method), []).append(f)

    def _about(self, name: str, path: str, method: str) -> list[Finding]:
        """Findings of the operation, of its path and of the whole environment, unwaived first, worst first."""
        plain = anonymous(path)
        keys = ((name, plain, method), (name, plain, ""), (name, None, ""))
        found = [f for k in keys for f in self._findings.get(k, ())]
        return sorted(found, key=lambda f: (is_waived(f), f.severity.rank))

    def mark(self, name: str, path: str, method: str, cell: Cell | None) -> Mark | None:
        """The mark of one cell; None where there is neither a cell nor an excluded operation."""
        key = (name, path, method)
        if cell is None:
            return Mark("×", "unk", "left out, see the appendix") if key in self._excluded else None
        documented = key in self._documented
        about = self._about(*key)
        redirect = next((f for f in about if f.rule == "redirect-changes-method"), None)
        if documented and redirect is not None:
            return _finding_mark("↪", "redirect changes the method", redirect)
        if cell.support is Support.UNDETERMINED:
            words = f"not judged: {REASONS[cell.reason]}" if cell.reason else "not judged"
            return Mark("?", "unk" if documented else "dot", words, open=documented)
        if cell.support is Support.SUPPORTED:
            return self._agrees(key, about) if documented else self._extra(key, about)
        if not documented:
            return Mark("·", "dot", "neither documented nor supported")
        ranked = (f for rule in MISSING_RULES for f in about if f.rule == rule)
        return _finding_mark("−", "documented, not supported", next(ranked, None))

    def _agrees(self, key: tuple[str, str, str], about: list[Finding]) -> Mark:
        redirect = next((f for f in about if f.rule == "redirect-on-path"), None)
        if redirect is not None:
            return Mark("↪", "unk", "redirects, the method is kept", redirect.fingerprint)
        name, path, method = key
        own = [f for f in self._findings.get((name, anonymous(path), method), ()) if f.severity is not Severity.INFO]
        own = [f for f in own if not is_waived(f)]
        if own:
            return Mark("✓", "ok", f"agrees, but see {own[0].severity} {own[0].rule}", own[0].fingerprint, noted=True)
        return Mark("✓", "ok", "agrees")

    def _extra(self, key: tuple[str, str, str], about: list[Finding]) -> Mark:
        found = next((f for f in about if f.rule == "undocumented-method-served"), None)
        if found is not None:
            return _finding_mark("+", "supported, not documented", found)
        other = self._shadowed.get(key[:2])
        words = f"supported, perhaps as part of {other}" if other else "supported, not documented, no finding"
        return Mark("+", "unk", words)


def _finding_mark(sign: str, words: str, finding: Finding | None) -> Mark:
    if finding is None:
        return Mark(sign, "bad", words, drift=True)
    if is_waived(finding):
        return Mark(sign, "unk waived", f"{words}, accepted by a waiver", finding.fingerprint, waived=True)
    return Mark(sign, TONES[finding.severity], words, finding.fingerprint, drift=True)
