"""The promotion chain as the report draws it: boxes, arrows, a table of differences per arrow, and its sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from auditor.differ.output.cards import CellIndex, Effect
from auditor.differ.output.headline import brought
from auditor.differ.output.html_limits import MAX_DIFFERENCES, MAX_UNKNOWN, split
from auditor.differ.output.language import tr, trn
from auditor.differ.output.words import EFFECTS, support
from auditor.model.methods import STATE_CHANGING
from auditor.model.report import EFFECTS as ORDER
from auditor.model.report import Change, EnvironmentResult, Promotion, Report

ALONG = "comes-along"
"""Effect on a fault that only the promoted environment has. No method changes, so ORDER does not have it."""

VERDICTS = {"promote": ("promote", "ok"), "hold": ("hold", "bad"), "cannot-say": ("cannot say", "unk")}

NOUNS = {
    "removes-documented": ("removal", "removals"),
    "adds-undocumented": ("undocumented addition", "undocumented additions"),
    "still-missing": ("still missing", "still missing"),
    "removes-undocumented": ("undocumented removal", "undocumented removals"),
    "repairs": ("repair", "repairs"),
    "adds-documented": ("addition", "additions"),
    "environment-only": ("environment only", "environment only"),
    "cannot-say": ("not compared", "not compared"),
}


_FOR_CALLERS = {
    "removes-documented": "callers of {to} would lose it",
    "adds-undocumented": "callers of {to} would gain it, undocumented",
    "still-missing": "callers of {to} would still not have it",
    "removes-undocumented": "callers of {to} would lose it, though it was never documented",
    "repairs": "callers of {to} would gain it, if the build is why it is missing",
    "adds-documented": "callers of {to} would gain it, documented by what comes with the build",
    "environment-only": "no change for callers of {to}: it is the environment, not the build",
    "cannot-say": "nothing can be said about it",
}


def effect_sentence(effect: Effect) -> str:
    """What one arrow does to a card's operation, and to whom: `stage → prod: callers of prod would lose it`."""
    text = _FOR_CALLERS.get(effect.effect, effect.effect)
    return f"{effect.from_} → {effect.to}: {tr(text, to=effect.to)}"


@dataclass(frozen=True, slots=True)
class Difference:
    """One row: the effect in words, and what is known of the operation on both sides."""

    effect: str
    words: str
    tone: str
    method: str
    path: str
    fingerprint: str | None
    documented: bool
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Arrow:
    """One promotion. `rows`: differences, worst first; `unknown`: what cannot be said, folded away but counted."""

    from_: str
    to: str
    words: str
    tone: str
    summary: str
    promotion: Promotion
    rows: tuple[Difference, ...]
    unknown: tuple[Difference, ...]
    more: int = 0
    """How many more cannot be said."""

    @property
    def nothing(self) -> str:
        """What is said where there are no differences: never that nothing changes, where nothing was compared."""
        p, asked = self.promotion, {"from_": self.from_, "to": self.to}
        if not p.compared:
            return tr("Nothing could be compared: what promoting {from_} to {to} would change is not known.", **asked)
        same = tr("No difference was seen that promotion would carry from {from_} to {to}.", **asked)
        if not p.not_compared:
            return same
        unknown = trn(
            p.not_compared, "{n} operation could not be compared.", "{n} operations could not be compared.",
        )  # fmt: skip
        return f"{same} {unknown}"

    @property
    def first(self) -> tuple[Difference, ...]:
        return self.rows[:MAX_DIFFERENCES]

    @property
    def rest(self) -> tuple[Difference, ...]:
        return self.rows[MAX_DIFFERENCES:]

    @property
    def not_compared(self) -> int:
        return len(self.unknown) + self.more


@dataclass(frozen=True, slots=True)
class Step:
    """A box of the chain, and the arrow that leaves it (its index in the list of arrows), if any."""

    result: EnvironmentResult
    arrow: Arrow | None
    number: int


def arrows(report: Report, cells: CellIndex) -> tuple[Arrow, ...]:
    """All promotions in chain order."""
    return tuple(_arrow(p, report, cells) for p in report.promotions)


def chain(report: Report, drawn: tuple[Arrow, ...]) -> tuple[Step, ...]:
    """The environments in promotion order with the arrows between neighbours."""
    ordered = sorted(report.environments, key=lambda e: e.environment.position)
    steps = []
    for i, here in enumerate(ordered):
        after = ordered[i + 1].environment.name if i + 1 < len(ordered) else None
        found = ((n, a) for n, a in enumerate(drawn, 1) if (a.from_, a.to) == (here.environment.name, after))
        number, arrow = next(found, (0, None))
        steps.append(Step(here, arrow, number))
    return tuple(steps)


def _arrow(p: Promotion, report: Report, cells: CellIndex) -> Arrow:
    rank = {effect: float(i) for i, effect in enumerate(ORDER)} | {ALONG: ORDER.index("adds-undocumented") + 0.5}
    changes = sorted(p.changes, key=lambda c: rank.get(c.effect, len(rank)))
    carried = list(_carried(p, report))
    rows = [*(_difference(c, p, report, cells) for c in changes), *carried]
    rows.sort(key=lambda r: rank.get(r.effect, len(rank)))
    words, tone = outcome(p, report)
    counts = Counter(c.effect for c in changes)
    nouns = {e: NOUNS.get(e, (e, e)) for e in counts}
    parts = [trn(n, "{n} " + nouns[e][0], "{n} " + nouns[e][1]) for e, n in counts.items()]
    parts += [trn(len(carried), "{n} fault comes along", "{n} faults come along")] * bool(carried)
    shown, more = split([r for r in rows if r.effect == "cannot-say"], MAX_UNKNOWN)
    return Arrow(
        p.from_, p.to, words, tone, " · ".join(parts) or _unchanged(p), p,
        tuple(r for r in rows if r.effect != "cannot-say"), shown, len(more),
    )  # fmt: skip


def outcome(p: Promotion, report: Report) -> tuple[str, str]:
    """The verdict in words, and its tone: what brings faults along is no plain promotion, as the headline has it."""
    if p.verdict == "promote" and brought(report, p):
        return tr("promote with care"), "warn"
    words, tone = VERDICTS.get(p.verdict, (p.verdict, "unk"))
    return tr(words), tone


def _carried(p: Promotion, report: Report) -> Iterator[Difference]:
    """Faults that come along with the build, though no method comes or goes: what was seen in place of a verdict."""
    for f in brought(report, p):
        for o in f.occurrences:
            if o.environment == p.from_ and o.waived is None and f.path is not None:
                method = o.method or ", ".join(f.methods)
                documented = (p.from_, f.path, method) in report.documented
                yield Difference(ALONG, tr("comes along"), "warn", method, f.path, f.fingerprint, documented,
                                 o.detail or tr("found"), tr("no such finding"))  # fmt: skip


def _unchanged(p: Promotion) -> str:
    if not p.compared:
        return tr("nothing compared")
    return trn(p.not_compared, "{n} not compared", "{n} not compared") if p.not_compared else tr("no change")


def _difference(c: Change, p: Promotion, report: Report, cells: CellIndex) -> Difference:
    words, tone = EFFECTS.get(c.effect, (c.effect, "unk"))
    if c.effect == "adds-undocumented" and c.method not in STATE_CHANGING:
        tone = "warn"  # DESIGN §8: it holds nothing
    sides = [support(cells.get((name, c.path, c.method))) for name in (p.from_, p.to)]
    documented = any((name, c.path, c.method) in report.documented for name in (p.from_, p.to))
    return Difference(c.effect, tr(words), tone, c.method, c.path, c.fingerprint, documented, *sides)
