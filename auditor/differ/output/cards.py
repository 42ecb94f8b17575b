"""One cause shown once: findings of one rule and one cause become one card, worst card first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from auditor.differ.output.language import tr
from auditor.differ.output.since import News
from auditor.differ.output.words import listing, support
from auditor.model.cell import Cell, Support
from auditor.model.finding import Finding, Severity
from auditor.model.methods import method_order
from auditor.model.report import EFFECTS, Report


@dataclass(frozen=True, slots=True)
class Effect:
    """What one arrow of the promotion chain does to a finding's operation."""

    from_: str
    to: str
    effect: str
    harm: int
    """Index in EFFECTS: 0 is the worst."""


@dataclass(frozen=True, slots=True)
class Card:
    """Findings that one fix would remove, in report order; `effects` are those of the promotions that name one."""

    findings: tuple[Finding, ...]
    effects: tuple[Effect, ...] = ()

    @property
    def lead(self) -> Finding:
        """The finding that speaks for the card: its worst, the first of equals."""
        return min(self.findings, key=lambda f: (is_waived(f), f.severity.rank, f.confidence.rank))

    @property
    def severity(self) -> Severity:
        return self.lead.severity

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(f.path for f in self.findings if f.path is not None))

    @property
    def methods(self) -> tuple[str, ...]:
        return tuple(sorted({m for f in self.findings for m in f.methods}, key=method_order))

    @property
    def environments(self) -> tuple[str, ...]:
        """Without repeats, in the order in which the findings name them."""
        return tuple(dict.fromkeys(e for f in self.findings for e in f.environments))

    @property
    def waived(self) -> bool:
        """Every occurrence is accepted by a waiver."""
        return all(is_waived(f) for f in self.findings)


def is_waived(finding: Finding) -> bool:
    """Whether a waiver accepts every occurrence; a finding without occurrences cannot be waived."""
    return bool(finding.occurrences) and all(o.waived is not None for o in finding.occurrences)


def is_accepted(finding: Finding, environment: str) -> bool:
    """Whether a waiver accepts all that the finding says of one environment."""
    own = [o for o in finding.occurrences if o.environment == environment]
    return bool(own) and all(o.waived is not None for o in own)


def effects_by_fingerprint(report: Report) -> dict[str, list[Effect]]:
    """What the promotions do, by fingerprint of the finding that explains it, in chain order."""
    found: dict[str, list[Effect]] = {}
    for p in report.promotions:
        for c in p.changes:
            if c.fingerprint is not None:
                harm = EFFECTS.index(c.effect) if c.effect in EFFECTS else len(EFFECTS)
                found.setdefault(c.fingerprint, []).append(Effect(p.from_, p.to, c.effect, harm))
    return found


def cards(report: Report) -> list[Card]:
    """All findings as cards: unwaived before waived, infos last, then what is new, then by severity, harm of promotion,
    confidence, path and rule."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for f in report.findings:
        groups.setdefault((f.rule, f.cause or f.fingerprint), []).append(f)
    effects, news = effects_by_fingerprint(report), News.of(report)
    result = []
    for members in groups.values():
        own = dict.fromkeys(e for f in members for e in effects.get(f.fingerprint, ()))
        result.append(Card(tuple(members), tuple(own)))
    return sorted(result, key=lambda c: _worst_first(c, news is not None and news.counts(c.findings)))


def _worst_first(card: Card, news: bool) -> tuple[object, ...]:
    lead = card.lead
    harm = min((e.harm for e in card.effects), default=len(EFFECTS))
    first = min(card.paths, default="")
    of_weight = lead.severity is not Severity.INFO
    return (
        card.waived,
        not of_weight,
        not news,
        lead.severity.rank,
        harm,
        lead.confidence.rank,
        first,
        lead.rule,
        lead.methods,
        lead.fingerprint,
    )


CellIndex = dict[tuple[str, str, str], Cell]
"""Cells by (environment, path, method)."""


def cell_index(report: Report) -> CellIndex:
    """All cells of a report, to be looked up."""
    return {(c.environment, c.path, c.method): c for c in report.cells}


def seen_in(card: Card, report: Report, cells: CellIndex) -> list[tuple[str, str]]:
    """(environment, what was seen there) for every environment; for one operation also where all is well.

    Where a card speaks of several operations, only the environments that it names are told.
    """
    lead = card.lead
    details: dict[str, str] = {}
    for o in lead.occurrences:
        details.setdefault(o.environment, o.detail)
    method = lead.methods[0] if len(lead.methods) == 1 and lead.path is not None else None
    rows = []
    for e in report.environments:
        name = e.environment.name
        cell = cells.get((name, lead.path or "", method or ""))
        verdict = support(cell) if cell else ""
        if name in details:
            rows.append((name, details[name] or verdict))
        elif method is not None and len(card.findings) == 1:
            rows.append((name, verdict))
    return rows


class Seen(NamedTuple):
    """What was seen in one environment; `told`: a finding of the card speaks of it."""

    environment: str
    text: str
    told: bool


def seen_everywhere(card: Card, report: Report, cells: CellIndex) -> list[Seen]:
    """What was seen in every environment: what the card says, else the verdicts, else that it has no such finding."""
    rows = dict(seen_in(card, report, cells))
    for o in (o for f in card.findings for o in f.occurrences if o.detail):
        rows.setdefault(o.environment, o.detail)
    pairs = _operations(card, report)
    result = []
    for e in report.environments:
        name, told = e.environment.name, e.environment.name in card.environments
        text = rows.get(name) or _verdicts(name, pairs, cells) or (tr("found") if told else tr("no such finding"))
        result.append(Seen(name, text, told))
    return result


def _operations(card: Card, report: Report) -> list[tuple[str, str]]:
    """Paths and methods a card speaks of; where a finding names no method, the documented ones of its path."""
    found: dict[tuple[str, str], None] = {}
    for f in card.findings:
        if f.path is not None:
            methods = f.methods or {m for _, path, m in report.documented if path == f.path}
            found.update(((f.path, m), None) for m in sorted(methods, key=method_order))
    return list(found)


def _verdicts(name: str, pairs: list[tuple[str, str]], cells: CellIndex) -> str:
    """`supported`, or `GET and PUT supported; POST not judged`, or for several paths `2 supported; 1 not judged`."""
    found: dict[str, list[str]] = {}
    for path, method in pairs:
        cell = cells.get((name, path, method))
        if cell is None:
            return ""
        found.setdefault(_WORDS[cell.support], []).append(method)
    if len(found) == 1:
        return tr(next(iter(found)))
    one = len({path for path, _ in pairs}) == 1
    who = {word: listing(sorted(ms, key=method_order)) if one else f"{len(ms):,}" for word, ms in found.items()}
    return "; ".join(f"{who[word]} {tr(word)}" for word in found)


_WORDS = {Support.SUPPORTED: "supported", Support.UNSUPPORTED: "not supported", Support.UNDETERMINED: "not judged"}


def acceptance(card: Card) -> list[str]:
    """What waivers had to say on a card that counts all the same: ended ones, and those of other environments."""
    found: dict[str, None] = {}
    for o in (o for f in card.findings for o in f.occurrences):
        if o.lapsed is not None:
            gaps = {"environment": o.environment, "day": o.lapsed["expires"], "owner": o.lapsed["owner"]}
            found[tr("accepted in {environment} until {day} by {owner}: the waiver has ended", **gaps)] = None
        elif o.waived is not None and not card.waived:
            gaps = {"environment": o.environment, "day": o.waived["expires"]}
            found[tr("accepted in {environment} until {day}, not elsewhere", **gaps)] = None
    return list(found)
