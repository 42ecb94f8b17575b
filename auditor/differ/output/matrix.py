"""The matrix of the report: path × method × environment, one mark per cell. Data only; the template draws it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from auditor.differ.output.cards import CellIndex, is_accepted, is_waived
from auditor.differ.output.html_limits import MAX_ROWS, MAX_SEEN, split
from auditor.differ.output.html_pictures import Tally, by_part
from auditor.differ.output.language import tr
from auditor.differ.output.words import TONES, support
from auditor.model.cell import Basis, Cell, Support
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

    `drift`: disagreement of weight; `open`: documented, but not judged; `noted`: supported, yet a finding speaks of its
    answers; `broken`: supported, yet it fails; `waived`: disagreement that somebody accepted; `told`: by `Allow`.
    """

    sign: str
    tone: str
    words: str
    fingerprint: str | None = None
    drift: bool = False
    open: bool = False
    noted: bool = False
    broken: bool = False
    waived: bool = False
    told: bool = False

    @property
    def style(self) -> str:
        """The tone, and what else changes its look."""
        return self.tone + " broken" * self.broken + " noted" * self.noted + " told" * self.told


@dataclass(frozen=True, slots=True)
class Square:
    """The marks of one path and method, one per environment (None: no such cell); `label` says them all in words."""

    method: str
    marks: tuple[Mark | None, ...]
    label: str

    @property
    def linked(self) -> bool:
        return any(m is not None and m.fingerprint for m in self.marks)

    @property
    def one(self) -> Mark | None:
        """The mark that all environments share: one broad mark, so that what differs stands out."""
        first = self.marks[0]
        return first if all(m == first for m in self.marks) else None

    @property
    def empty(self) -> bool:
        """Neither documented nor supported anywhere: nothing to see."""
        return self.one is not None and self.one.sign == "·"


@dataclass(frozen=True, slots=True)
class Flag:
    """A finding that no mark of its path shows, most often one about the path as a whole."""

    tone: str
    words: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Row:
    """One path. `drift` holds the positions of the environments where an error or a warning, accepted or not, speaks of
    it; `open` of those with documented methods that were not judged.
    """

    path: str
    group: str
    squares: tuple[Square | None, ...]
    drift: tuple[int, ...]
    open: tuple[int, ...]
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Rows under one heading; an empty `name` has none."""

    name: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows with findings, rows with only unjudged cells, rows that agree."""

    environments: tuple[str, ...]
    initials: tuple[str, ...]
    methods: tuple[str, ...]
    drifting: tuple[Group, ...]
    further: tuple[Group, ...]
    """Drifting rows beyond those that are seen at once."""
    unjudged: tuple[Group, ...]
    agreeing: tuple[Group, ...]
    flagged: bool
    """Whether any row has a flag, so that the legend explains it."""
    legend: tuple[tuple[str, str, str], ...]
    """(sign, tone, words) of the usual marks, and of the unusual ones that occur."""
    tallies: tuple[Tally, ...] = ()
    """How much of each part drifts."""
    undrawn: tuple[int, int, int] = (0, 0, 0)
    """How many paths that drift, were not judged in full, or agree are only counted."""

    @property
    def failing(self) -> int:
        """Cells that are supported, but whose answers are server errors."""
        return sum(m is not None and m.sign == "!" for r in self._all for s in r.squares if s for m in s.marks)

    @property
    def calm(self) -> tuple[str, ...]:
        """The paths that show no drift."""
        return tuple(r.path for groups in (self.unjudged, self.agreeing) for g in groups for r in g.rows)

    @property
    def _all(self) -> Iterator[Row]:
        return (
            r for groups in (self.drifting, self.further, self.unjudged, self.agreeing) for g in groups for r in g.rows
        )

    @staticmethod
    def rows(groups: Iterable[Group]) -> int:
        return sum(len(g.rows) for g in groups)


LEGEND = (
    ("✓", "ok", "documented and supported"),
    ("✓", "ok told", "the same, but only an Allow that proved honest says so"),
    ("✓", "ok noted", "documented and supported, but a finding speaks of its answers"),
    ("!", "bad broken", "supported, but fails"),
    ("−", "bad", "documented, not supported"),
    ("+", "bad", "supported, not documented"),
    ("+", "unk", "supported, not documented, perhaps by another template"),
    ("↪", "bad", "redirect changes the method"),
    ("↪", "unk", "documented and supported, by a redirect that keeps the method"),
    ("±", "unk waived", "drift accepted by a waiver"),
    ("?", "unk", "documented, not judged"),
    ("?", "dot", "not documented, not judged"),
    ("×", "unk", "left out"),
    ("·", "dot", "neither documented nor supported"),
)
UNSAID, ACCEPTED = "supported, not documented, no finding", ", accepted by a waiver"
TOLD = "documented and supported, as its Allow says"
USUAL = frozenset({("✓", "ok"), ("−", "bad"), ("+", "bad"), ("?", "unk"), ("·", "dot")})
"""Marks that the legend explains also where none of them occurs."""


def matrix(report: Report, cells: CellIndex) -> Matrix:
    """The matrix of all cells, paths in the order of the descriptions."""
    names = tuple(e.environment.name for e in report.environments)
    named = {*CORE, *(c.method for c in report.cells), *(x.method for x in report.excluded)}
    methods = tuple(sorted(named, key=method_order))
    marker = _Marker(report)
    rows = [_row(path, group, names, methods, cells, marker) for path, group in _paths(report)]
    grouped = len(rows) >= GROUPED_FROM and len({r.group for r in rows}) > 1
    parts: dict[str, list[Row]] = {"drift": [], "more": [], "open": [], "agree": []}
    for r in rows:
        drifts = "drift" if len(parts["drift"]) < MAX_SEEN else "more"
        parts[drifts if r.drift else "open" if r.open else "agree"].append(r)
    seen = {m for r in rows for s in r.squares if s for m in s.marks if m}
    used = {("±" if m.waived else m.sign, style) for m in seen for style in (m.style, m.style.replace(" told", ""))}
    legend = tuple(x for x in LEGEND if x[:2] in used or x[:2] in USUAL)
    room, drawn, undrawn = MAX_ROWS, [], []
    for p in parts.values():
        shown, more = split(p, room)
        room -= len(shown)
        drawn.append(_groups(list(shown), grouped))
        undrawn.append(len(more))
    drifting, further, unjudged, agreeing = drawn
    flagged = any(r.flags for r in rows)
    return Matrix(
        names, initials(names), methods, drifting, further, unjudged, agreeing, flagged, legend,
        by_part((r.group, "drift" if r.drift else "open" if r.open else "agree") for r in rows),
        (undrawn[0] + undrawn[1], undrawn[2], undrawn[3]),
    )  # fmt: skip


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
    told = marker.told_in(path)
    drift = {i for i, m in placed if m.drift} | {i for i, name in enumerate(names) if name in told}
    open_ = {i for i, m in placed if m.open}
    flags = marker.flags(path, {m.fingerprint for _, m in placed})
    return Row(path, group, tuple(squares), tuple(sorted(drift)), tuple(sorted(open_)), flags)


def _label(names: tuple[str, ...], marks: tuple[Mark | None, ...]) -> str:
    """`not judged` where all say the same, else `dev, stage: not judged; prod: documented, not supported`."""
    words: dict[str, list[str]] = {}
    for name, mark in zip(names, marks, strict=True):
        words.setdefault(mark.words if mark else tr("not probed"), []).append(name)
    if len(words) == 1:
        return next(iter(words))
    return "; ".join(f"{', '.join(who)}: {what}" for what, who in words.items())


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
        self._of_path: dict[str, list[Finding]] = {}
        self._shadowed = {
            (name, path): facts.shadowed_by
            for name, all_facts in report.facts.items() for path, facts in all_facts.paths.items()
        }  # fmt: skip
        for f in report.findings:
            path = None if f.path is None else anonymous(f.path)
            if path is not None and f.severity is not Severity.INFO:
                self._of_path.setdefault(path, []).append(f)
            for o in f.occurrences:
                self._findings.setdefault((o.environment, path, o.method), []).append(f)

    def _about(self, name: str, path: str, method: str) -> list[Finding]:
        """Findings of the operation, of its path and of the whole environment, unwaived first, worst first."""
        plain = anonymous(path)
        keys = ((name, plain, method), (name, plain, ""), (name, None, ""))
        found = [f for k in keys for f in self._findings.get(k, ())]
        return sorted(found, key=lambda f: (is_accepted(f, name), f.severity.rank))

    def mark(self, name: str, path: str, method: str, cell: Cell | None) -> Mark | None:
        """The mark of one cell; None where there is neither a cell nor an excluded operation."""
        key = (name, path, method)
        if cell is None:
            return Mark("×", "unk", tr("left out, see the appendix")) if key in self._excluded else None
        documented = key in self._documented
        about = self._about(*key)
        redirect = next((f for f in about if f.rule == "redirect-changes-method"), None)
        if documented and redirect is not None:
            mark = _finding_mark("↪", f"{tr('redirect changes the method')}; {support(cell)}", redirect, name)
            return replace(mark, open=cell.support is Support.UNDETERMINED)
        if cell.support is Support.UNDETERMINED:
            return Mark("?", "unk" if documented else "dot", support(cell), open=documented)
        if cell.support is Support.SUPPORTED:
            told = cell.basis is Basis.ADVERTISED
            return self._agrees(key, about, told) if documented else self._extra(key, about)
        if not documented:
            return Mark("·", "dot", tr("neither documented nor supported"))
        ranked = (f for rule in MISSING_RULES for f in about if f.rule == rule)
        return _finding_mark("−", tr("documented, not supported"), next(ranked, None), name)

    def _agrees(self, key: tuple[str, str, str], about: list[Finding], told: bool) -> Mark:
        redirect = next((f for f in about if f.rule == "redirect-on-path"), None)
        if redirect is not None:
            return Mark("↪", "unk", tr("supported by a redirect, the method is kept"), redirect.fingerprint)
        name, path, method = key
        own = [f for f in self._findings.get((name, anonymous(path), method), ()) if f.severity is not Severity.INFO]
        failing = next((f for f in own if f.rule == "server-error"), None)
        if failing is not None:
            # Red whatever its severity: a green sign on what fails would be read as health.
            mark = _finding_mark("!", tr("supported, but fails"), failing, name)
            return mark if mark.waived else replace(mark, tone="bad", broken=True)
        own = [f for f in own if not is_accepted(f, name)]
        if own:
            words = tr("documented and supported, but see {rule}", rule=f"{tr(str(own[0].severity))} {own[0].rule}")
            return Mark("✓", "ok", words, own[0].fingerprint, noted=True, told=told)
        return Mark("✓", "ok", tr(TOLD) if told else tr("documented and supported"), told=told)

    def told_in(self, path: str) -> frozenset[str]:
        """The environments in which findings of weight speak of the path, waived or not."""
        return frozenset(e for f in self._of_path.get(anonymous(path), ()) for e in f.environments)

    def flags(self, path: str, shown: Collection[str | None]) -> tuple[Flag, ...]:
        """The path's findings of weight that none of its marks links to."""
        return tuple(_flag(f) for f in self._of_path.get(anonymous(path), ()) if f.fingerprint not in shown)

    def _extra(self, key: tuple[str, str, str], about: list[Finding]) -> Mark:
        found = next((f for f in about if f.rule == "undocumented-method-served"), None)
        if found is not None:
            return _finding_mark("+", tr("supported, not documented"), found, key[0])
        other = self._shadowed.get(key[:2])
        words = tr("supported, perhaps as part of {other}", other=other) if other else tr(UNSAID)
        return Mark("+", "unk", words)


def _flag(finding: Finding) -> Flag:
    waived = is_waived(finding)
    words = tr("{rule} in {environments}", rule=finding.rule, environments=", ".join(finding.environments))
    words += tr(ACCEPTED) if waived else ""
    return Flag("unk" if waived else TONES[finding.severity], words, finding.fingerprint)


def _finding_mark(sign: str, words: str, finding: Finding | None, environment: str) -> Mark:
    if finding is None:
        return Mark(sign, "bad", words, drift=True)
    if is_accepted(finding, environment):
        return Mark(sign, "unk waived", words + tr(ACCEPTED), finding.fingerprint, waived=True)
    weighty = finding.severity is not Severity.INFO
    return Mark(sign, TONES[finding.severity], words, finding.fingerprint, drift=weighty)
