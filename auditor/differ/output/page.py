"""Everything the HTML report shows, as plain data: templates only draw it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from auditor.differ import catalogue
from auditor.differ.output.cards import (
    Card,
    CellIndex,
    Seen,
    cards,
    cell_index,
    seen_everywhere,
)
from auditor.differ.output.chips import chips
from auditor.differ.output.escape import visible
from auditor.differ.output.evidence import Collector, Evidence
from auditor.differ.output.headline import Headline, headline
from auditor.differ.output.html_lines import line
from auditor.differ.output.html_search import Index
from auditor.differ.output.html_words import coded, secret_note
from auditor.differ.output.matrix import Matrix, matrix
from auditor.differ.output.promotion_view import Arrow, Step, arrows, chain, effect_sentence
from auditor.differ.output.since import since_line
from auditor.differ.output.unjudged import Unjudged, unjudged
from auditor.differ.output.words import BASES, MODES, STATES, TONES, listing, percent, plural
from auditor.model.cell import Basis, Support
from auditor.model.finding import Finding, Occurrence, Severity
from auditor.model.report import EnvironmentResult, Report

MAX_WARNINGS = 20

MAX_TITLE = 120
"""Characters of a description's title in the band and in the title of the window."""

UNKNOWN_ORIGIN = "flag or config"
"""How a setting says that it does not know its origin."""
MAX_OPEN = 20
"""Error cards that stand open; beyond, a list of closed cards is easier to survey."""


@dataclass(frozen=True, slots=True)
class Affected:
    """One finding of a card: `anchor` is False where another element already carries its id."""

    finding: Finding
    anchor: bool


@dataclass(frozen=True, slots=True)
class CardView:
    """A card with what surrounds it. `anchor`: the fingerprint that names it, or None if that name is taken."""

    card: Card
    anchor: str | None
    tone: str
    open: bool
    title: str
    affected: tuple[Affected, ...]
    chips: tuple[str, ...]
    seen: tuple[Seen, ...]
    effects: tuple[str, ...]
    evidence: Evidence
    basis: tuple[str, ...]
    """What the verdict about each method rests on, where the card speaks of several methods of a path."""
    log: str
    secret: str
    """What the `curl` line needs to be set, or nothing."""
    source: str

    @property
    def lead(self) -> Finding:
        return self.card.lead


@dataclass(frozen=True, slots=True)
class EnvironmentView:
    """One environment's row in the band; `bars` are (tone, start, width) in percent of its documented operations.

    `counts` speaks of documented operations only and adds up; `besides` of what is supported without being documented.
    """

    result: EnvironmentResult
    state: str
    tone: str
    mode: str
    decided: str
    counts: str
    besides: str
    bars: tuple[tuple[str, float, float], ...]


@dataclass(frozen=True, slots=True)
class Waiver:
    """An accepted occurrence, for the appendix."""

    finding: Finding
    occurrence: Occurrence
    terms: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Page:
    """The whole page in the order in which it reads."""

    report: Report
    head: Headline
    eyebrow: tuple[str, ...]
    when: str
    matrix: Matrix
    environments: tuple[EnvironmentView, ...]
    arrows: tuple[Arrow, ...]
    chain: tuple[Step, ...]
    cards: tuple[CardView, ...]
    accepted: tuple[CardView, ...]
    unjudged: Unjudged
    waivers: tuple[Waiver, ...]
    max_warnings: int
    omitted: int
    """How many cards show no evidence, to keep the page small."""
    extra: int
    """Undocumented methods that are supported, as findings say."""
    index: Index

    @property
    def is_demo(self) -> bool:
        """Whether `auditor demo` made the report: what its addresses name is gone when the page is read."""
        return any(origin == "demo" for _, _, origin in self.report.settings)

    @property
    def sums(self) -> str:
        """What became of the documented operations, in the words and numbers of the counters and of the cards."""
        t = self.report.totals
        return _sums(t.documented, t.supported, t.unsupported, t.undetermined, t.excluded)

    @property
    def since(self) -> str:
        """What changed since an earlier report; empty where the run was compared with none."""
        return since_line(self.report)

    def line(self, id_: str) -> str:
        """An exchange in one line, for paper; its id where it is not known."""
        found = self.report.exchanges.get(id_)
        return line(found) if found else id_

    def of_severities(self) -> str:
        """`8 errors, 5 warnings and 6 infos`: the counts that the cards add up to; empty without findings."""
        t = self.report.totals
        counts = ((t.errors, "error"), (t.warnings, "warning"), (t.infos, "info"), (t.waived, "waived finding"))
        return listing([plural(n, noun) for n, noun in counts if n])

    def first(self, severity: str) -> str:
        """Where the counter of a severity leads: its first card, else the list of findings."""
        found = (v.anchor for v in self.cards if v.card.severity == severity and v.anchor)
        return next((f"f-{a}" for a in found), "findings")

    @property
    def settings(self) -> tuple[tuple[str, str, str], ...]:
        """Settings with where they came from; nothing is said where that is not known."""
        unknown = "demo" if self.is_demo else ""
        return tuple((k, v, unknown if origin == UNKNOWN_ORIGIN else origin) for k, v, origin in self.report.settings)

    def coded(self, text: str) -> str:
        """`text` with the operations of the promotions marked as code."""
        return coded(text, self.report)


def page(report: Report) -> Page:
    """The page of a report; the same report gives the same page."""
    cells = cell_index(report)
    collector = Collector(report)
    grid = matrix(report, cells)
    builder = _Cards(report, cells, collector)
    views = tuple(builder.view(c) for c in cards(report))
    drawn = arrows(report, cells)
    return Page(
        report=report,
        head=headline(report),
        eyebrow=_eyebrow(report),
        when=moment(report.run.started_at),
        matrix=grid,
        environments=tuple(_environment(e, report) for e in report.environments),
        arrows=drawn,
        chain=chain(report, drawn),
        cards=tuple(v for v in views if not v.card.waived),
        accepted=tuple(v for v in views if v.card.waived),
        unjudged=unjudged(report, collector),
        waivers=_waivers(report),
        max_warnings=MAX_WARNINGS,
        omitted=collector.omitted,
        extra=len(_extra(report)),
        index=Index(report),
    )


def moment(text: str) -> str:
    """`2026-11-20T02:14:00Z` as `20 Nov 2026, 02:14 UTC`; what is no such time stays as it is."""
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    # Month names by hand: strftime would follow the reader's locale, and bytes must not (PROMISES P50).
    return f"{at.day} {months[at.month - 1]} {at.year}, {at:%H:%M} UTC"


def _eyebrow(report: Report) -> tuple[str, ...]:
    paths, operations = sum(len(c.paths) for c in report.contracts), sum(c.operations for c in report.contracts)
    counts = (plural(paths, "path"), plural(operations, "operation"), plural(len(report.environments), "environment"))
    titles = listing([visible(f"{c.title} {c.version}", MAX_TITLE) for c in report.contracts], 3)
    return titles or "no description", ", ".join(counts)


def _sums(documented: int, supported: int, unsupported: int, undetermined: int, excluded: int) -> str:
    counts = ((supported, "supported"), (unsupported, "not supported"), (undetermined, "not judged"))
    parts = [f"{n:,} {words}" for n, words in counts] + [f"{excluded:,} left out"] * bool(excluded)
    return f"{' · '.join(parts)} of {plural(documented, 'documented operation')}"


def _extra(report: Report) -> set[tuple[str, str | None, str]]:
    """Undocumented methods that are supported, by environment and path; accepted ones, too."""
    found = (f for f in report.findings if f.rule == "undocumented-method-served")
    return {(o.environment, f.path, o.method) for f in found for o in f.occurrences}


def _environment(e: EnvironmentResult, report: Report) -> EnvironmentView:
    name = e.environment.name
    support = Counter(
        c.support for c in report.cells if c.environment == name and (name, c.path, c.method) in report.documented
    )
    excluded = sum(x.environment == name for x in report.excluded)
    documented = sum(where == name for where, _, _ in report.documented)
    numbers = support[Support.SUPPORTED], support[Support.UNSUPPORTED], support[Support.UNDETERMINED], excluded
    bars, start = [], 0.0
    for tone, n in zip(("ok", "bad", "unk", "no"), numbers, strict=True):
        width = round(100 * n / (documented or 1), 2)
        if n:
            bars.append((tone, round(start, 2), width))
        start += width
    extra = sum(where == name for where, _, _ in _extra(report))
    state, tone = STATES.get(e.state, (str(e.state), "unk"))
    return EnvironmentView(
        e, state, tone, MODES.get(e.environment.mode, str(e.environment.mode)), percent(e.decided),
        _sums(documented, *numbers),
        f"besides, {plural(extra, 'undocumented method')} supported" if extra else "", tuple(bars),
    )  # fmt: skip


def _waivers(report: Report) -> tuple[Waiver, ...]:
    return tuple(Waiver(f, o, o.waived) for f in report.findings for o in f.occurrences if o.waived is not None)


def _sources() -> dict[str, str]:
    return {r.id: r.source for r in catalogue.rules()}


@dataclass(slots=True)
class _Cards:
    """Turns cards into views, worst first, so that evidence goes to the worst where room is short."""

    report: Report
    cells: CellIndex
    collector: Collector
    taken: set[str] = field(default_factory=set)
    sources: dict[str, str] = field(default_factory=_sources)
    opened: int = 0

    def view(self, card: Card) -> CardView:
        lead = card.lead
        anchor = self._anchor(lead.fingerprint)
        members = sorted(card.findings, key=lambda f: f is not lead)
        affected = tuple(Affected(f, f is not lead and self._anchor(f.fingerprint) is not None) for f in members)
        more = len(card.findings) - 1
        return CardView(
            card=card,
            anchor=anchor,
            tone=TONES[card.severity],
            open=self._opens(card),
            title=lead.title + (f" (and {plural(more, 'finding')} more of this cause)" if more else ""),
            affected=affected if more else (),
            chips=tuple(chips(card)),
            seen=tuple(seen_everywhere(card, self.report, self.cells)),
            effects=tuple(effect_sentence(e) for e in card.effects),
            evidence=self._evidence(card),
            basis=tuple(self._basis(lead)),
            log=self._log(card),
            secret=secret_note(lead.curl),
            source=self.sources.get(lead.rule, ""),
        )

    def _anchor(self, fingerprint: str) -> str | None:
        if fingerprint in self.taken:
            return None
        self.taken.add(fingerprint)
        return fingerprint

    def _opens(self, card: Card) -> bool:
        if card.severity is not Severity.ERROR or card.waived or self.opened >= MAX_OPEN:
            return False
        self.opened += 1
        return True

    def _evidence(self, card: Card) -> Evidence:
        """The lead's exchanges; where it has none in an environment, those of the verdict compared with."""
        occurrences = [o for f in (card.lead, *card.findings) for o in f.occurrences]
        pairs = [(o.environment, i) for o in occurrences for i in o.exchanges]
        lead = card.lead
        if lead.path is not None and len(lead.methods) == 1:
            named = {name for name, _ in pairs}
            for e in self.report.environments:
                cell = self.cells.get((e.environment.name, lead.path, lead.methods[0]))
                if cell is not None and e.environment.name not in named:
                    pairs += [(e.environment.name, i) for i in cell.exchanges]
        return self.collector.collect(pairs)

    def _basis(self, lead: Finding) -> Iterator[str]:
        if len(lead.methods) < 2 or lead.path is None:
            return
        for name in lead.environments:
            found: dict[Basis, list[str]] = {}
            for method in lead.methods:
                cell = self.cells.get((name, lead.path, method))
                if cell is not None and cell.basis is not None:
                    found.setdefault(cell.basis, []).append(method)
            if found:
                parts = (f"{listing(methods)} {BASES[basis]}" for basis, methods in found.items())
                yield f"{name}: {'; '.join(parts)}."

    def _log(self, card: Card) -> str:
        """How to find the first request of the evidence in access and gateway logs; empty where nothing was sent."""
        ids = (i for o in card.lead.occurrences for i in o.exchanges)
        first = next((self.report.exchanges[i] for i in ids if i in self.report.exchanges), None)
        if first is None:
            return ""
        return (
            f"run {self.report.run.id}, probe {first.id}, {first.at} (UTC), {first.probe.method} {first.probe.target}"
        )
