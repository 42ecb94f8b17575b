"""Cards of the page with all that surrounds them: evidence, effects, chips, anchors. Data only; templates draw it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from auditor.differ import catalogue
from auditor.differ.output.cards import Card, CellIndex, Seen, seen_everywhere
from auditor.differ.output.chips import chips
from auditor.differ.output.evidence import Collector, Evidence
from auditor.differ.output.headline import brought
from auditor.differ.output.html_words import secret_note
from auditor.differ.output.language import tr, trn
from auditor.differ.output.promotion_view import effect_sentence
from auditor.differ.output.words import BASES, TONES, listing
from auditor.model.cell import Basis
from auditor.model.finding import Finding, Severity
from auditor.model.report import Report

MAX_OPEN = 20
"""Cards that stand open: what stops the promotion, or without one the errors. Beyond, closed ones are easier to survey.
"""

_MORE = ("(and {n} finding more of this cause)", "(and {n} findings more of this cause)")


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


def _sources() -> dict[str, str]:
    return {r.id: r.source for r in catalogue.rules()}


@dataclass(slots=True)
class CardDrawer:
    """Turns cards into views, worst first, so that evidence goes to the worst where room is short."""

    report: Report
    cells: CellIndex
    collector: Collector
    taken: set[str] = field(default_factory=set)
    sources: dict[str, str] = field(default_factory=_sources)
    carried: dict[str, list[str]] = field(default_factory=dict)
    """Promotions that bring a finding along, by fingerprint."""
    first: frozenset[str] = frozenset()
    """What is to be read first, by fingerprint; without any, the errors."""
    opened: int = 0

    def view(self, card: Card, brief: bool = False) -> CardView:
        """`brief`: without evidence, for a line."""
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
            title=lead.title + (" " + trn(more, *_MORE) if more else ""),
            affected=affected if more else (),
            chips=tuple(chips(card)),
            seen=tuple(seen_everywhere(card, self.report, self.cells)),
            effects=self._effects(card),
            evidence=Evidence(()) if brief else self._evidence(card),
            basis=tuple(self._basis(lead)),
            log=self._log(card),
            secret=secret_note(lead.curl),
            source=self.sources.get(lead.rule, ""),
        )

    def __post_init__(self) -> None:
        for p in self.report.promotions:
            for f in brought(self.report, p):
                said = f"{p.from_} → {p.to}: {tr('callers of {to} would meet this, too', to=p.to)}"
                self.carried.setdefault(f.fingerprint, []).append(said)

    def _effects(self, card: Card) -> tuple[str, ...]:
        """What each promotion does to callers, where a method comes or goes and where only its fault comes along."""
        carried = (said for f in card.findings for said in self.carried.get(f.fingerprint, ()))
        return tuple(dict.fromkeys([*(effect_sentence(e) for e in card.effects), *carried]))

    def _anchor(self, fingerprint: str) -> str | None:
        if fingerprint in self.taken:
            return None
        self.taken.add(fingerprint)
        return fingerprint

    def _opens(self, card: Card) -> bool:
        first = self.first & {f.fingerprint for f in card.findings} if self.first else card.severity is Severity.ERROR
        if not first or card.waived or self.opened >= MAX_OPEN:
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
                parts = (f"{listing(methods)} {tr(BASES[basis])}" for basis, methods in found.items())
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
