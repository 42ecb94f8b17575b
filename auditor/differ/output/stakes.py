"""What each finding has to do with the last promotion of the chain: the order in which a release manager reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from auditor.differ.output.cards import Card, is_accepted
from auditor.differ.output.headline import brought
from auditor.differ.output.hindrances import doubts
from auditor.differ.output.language import tr
from auditor.differ.output.words import listing
from auditor.model.cell import Support
from auditor.model.finding import Severity
from auditor.model.methods import STATE_CHANGING
from auditor.model.report import Change, Promotion, Report
from auditor.model.templates import anonymous

_LOST = "callers of {to} would lose it"
_GAINED = "callers of {to} would gain it, undocumented"
_ALONG = "broken in {from_}, not in {to}"


@dataclass(frozen=True, slots=True)
class Stakes:
    """Fingerprints, with what callers of the next environment would notice. Without a promotion all is empty.

    `stops` is what holds it (DESIGN §8), `gained` an undocumented safe method, which does not; `along`: a fault, though
    no method comes or goes. `hides` keeps others from being compared, `repaired` is missing in the next one only.
    """

    promotion: Promotion | None = None
    stops: dict[str, str] = field(default_factory=dict)
    gained: dict[str, str] = field(default_factory=dict)
    along: dict[str, str] = field(default_factory=dict)
    hides: frozenset[str] = frozenset()
    repaired: frozenset[str] = frozenset()

    @property
    def before(self) -> frozenset[str]:
        """All that callers of the next environment would meet."""
        return frozenset((*self.stops, *self.gained, *self.along))

    @property
    def opened(self) -> frozenset[str]:
        """What is to be read first: what stops it, else what comes along."""
        return frozenset(self.stops or {**self.gained, **self.along})

    def rank(self, card: Card) -> int:
        """Index in `names` of the group that a card belongs to."""
        marks = {f.fingerprint for f in card.findings}
        tests = (
            self.stops.keys() & marks,
            self.before & marks,
            self.hides & marks,
            self.repaired & marks,
            card.severity is not Severity.INFO,
        )
        return next((i for i, belongs in enumerate(tests) if belongs), len(tests))

    @property
    def names(self) -> tuple[str, ...]:
        """The groups, in the order in which they are read."""
        p = self.promotion
        if p is None:
            return ("", "", "", "", "", tr("For information"))
        ends = {"from_": p.from_, "to": p.to}
        return (
            tr("Before {from_} is promoted to {to}", **ends),
            tr("What comes along to {to}", **ends),
            tr("Keeps others from being compared"),
            tr("Missing in {to} only", **ends),
            tr("Others: no change by this promotion is known"),
            tr("For information"),
        )


def stakes(report: Report) -> Stakes:
    """Of the last promotion; empty where there is none."""
    if not report.promotions:
        return Stakes()
    p = report.promotions[-1]
    lost = _changing(report, p, lambda c: c.effect == "removes-documented", _LOST)
    had = _upstream(report, p, lost)
    stops = {mark: f"{why}; {had[mark]}" if mark in had else why for mark, why in lost.items()}
    stops |= _changing(report, p, lambda c: c.effect == "adds-undocumented" and c.method in STATE_CHANGING, _GAINED)
    gained = _changing(report, p, lambda c: c.effect == "adds-undocumented", _GAINED)
    along = {f.fingerprint: tr(_ALONG, from_=p.from_, to=p.to) for f in brought(report, p)}
    told = {*stops, *gained}
    blocking = {d.lies.fingerprint for d in doubts(report) if d.lies and {p.from_, p.to} & set(d.environments)}
    repaired = {c.fingerprint for c in p.changes if c.fingerprint and c.effect == "repairs"}
    gained = {mark: why for mark, why in gained.items() if mark not in stops}
    along = {mark: why for mark, why in along.items() if mark not in told}
    return Stakes(p, stops, gained, along, frozenset(blocking), frozenset(repaired))


def _changing(report: Report, p: Promotion, wanted: Callable[[Change], bool], words: str) -> dict[str, str]:
    """What comes or goes, but for what a waiver accepts in the environment that is promoted."""
    accepted = {f.fingerprint for f in report.findings if is_accepted(f, p.from_)}
    named: Iterable[Change] = (c for c in p.changes if c.fingerprint is not None and c.fingerprint not in accepted)
    return {str(c.fingerprint): tr(words, to=p.to) for c in named if wanted(c)}


def _upstream(report: Report, p: Promotion, marks: Iterable[str]) -> dict[str, str]:
    """By fingerprint, the environments before the promoted one that support all that is lost: theirs may be the build
    to promote."""
    lost: dict[str, set[tuple[str, str]]] = {mark: set() for mark in marks}
    for c in p.changes:
        if c.fingerprint in lost:
            lost[c.fingerprint].add((anonymous(c.path), c.method))
    earlier = report.environments[: [e.environment.name for e in report.environments].index(p.from_)] if lost else ()
    served: dict[str, set[tuple[str, str]]] = {e.environment.name: set() for e in earlier}
    for cell in report.cells:
        if cell.environment in served and cell.support is Support.SUPPORTED:
            served[cell.environment].add((anonymous(cell.path), cell.method))
    labels = {e.environment.name: f"{e.environment.name} ({e.build})" if e.build else "" for e in earlier}
    having = {mark: [labels[n] or n for n, own in served.items() if asked <= own] for mark, asked in lost.items()}
    return {mark: tr("supported in {names}", names=listing(names)) for mark, names in having.items() if names}
