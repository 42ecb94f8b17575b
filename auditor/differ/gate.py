"""The gate: may a build go on to the next environment? Decided from a report.json alone, in a fixed order. Pure.

The first policy that decides is named. What speaks about another build, or is too old, decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from auditor.differ.carried import comes_along
from auditor.differ.past import PastFinding, PastOccurrence, PastPromotion, PastReport
from auditor.model.methods import STATE_CHANGING

EXITS = {"promote": 0, "hold": 1, "cannot-say": 3}
MAX_AGE = timedelta(hours=24)
"""How old a report may be where nobody says so: yesterday's deployments are not those of today."""
MAX_NAMED = 2
"""Faults in a sentence; the ticket has all."""
AHEAD = timedelta(minutes=5)
"""How far another machine's clock may be ahead of ours."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What the operator demands beside the report's own verdict. `min_decided`: share of 0 to 1."""

    from_: str
    to: str
    max_age: timedelta = MAX_AGE
    build: str | None = None
    min_decided: float | None = None
    waiver_age: timedelta | None = None
    faults: bool = True
    """Whether a fault may come along: it holds nothing unless the operator says so."""


@dataclass(frozen=True, slots=True)
class Check:
    """One policy, and how it ended: `verdict` is None where it lets the next one decide."""

    policy: str
    verdict: str | None
    because: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict with all checks up to the one that decided."""

    checks: tuple[Check, ...]
    promotion: PastPromotion | None
    along: tuple[PastFinding, ...] = ()
    """Faults that callers of the next environment would meet for the first time."""

    @property
    def deciding(self) -> Check:
        return self.checks[-1]

    @property
    def verdict(self) -> str:
        return self.deciding.verdict or "cannot-say"


def decide(report: PastReport, policy: Policy, now: datetime) -> Decision:
    """The first check that decides, in the order of `_checks`."""
    done: list[Check] = []
    promotion = next((p for p in report.promotions if (p.from_, p.to) == (policy.from_, policy.to)), None)
    for check in _checks(report, policy, promotion, now):
        done.append(check)
        if check.verdict is not None:
            break
    return Decision(tuple(done), promotion, along(report, policy) if promotion else ())


def _checks(report: PastReport, policy: Policy, promotion: PastPromotion | None, now: datetime) -> Iterator[Check]:
    yield _about(report, policy, promotion)
    assert promotion is not None
    if policy.build is not None:
        yield _build(report, policy.from_, policy.build)
    yield _age(report, policy.max_age, now)
    if policy.waiver_age is not None:
        yield _waivers(report, policy, policy.waiver_age, now.date())
    yield _holds(report, promotion)
    if not policy.faults:
        yield _faults(report, policy)
    yield _certain(promotion)
    if policy.min_decided is not None:
        yield _decided(promotion, policy.min_decided)
    because = "; ".join(filter(None, (promotion.because, _named(along(report, policy)))))
    yield Check("promote where no check stands against it", "promote", because)


def _about(report: PastReport, policy: Policy, promotion: PastPromotion | None) -> Check:
    rule = f"the report must compare {policy.from_} with {policy.to}"
    names = [e.name for e in report.environments]
    for name in (policy.from_, policy.to):
        if name not in names:
            return Check(rule, "cannot-say", f"the report holds no environment {name}, only {', '.join(names)}")
    if promotion is None:
        arrows = ", ".join(f"{p.from_} to {p.to}" for p in report.promotions)
        return Check(rule, "cannot-say", f"it compares {arrows or 'no environments'}")
    return Check(rule, None, "it does")


def _build(report: PastReport, name: str, wanted: str) -> Check:
    rule = f"the report must be about build {wanted}"
    one = next(e for e in report.environments if e.name == name)
    if one.build is None:
        why = one.build_note or f"set build: for {name} in auditor.yaml"
        return Check(rule, "cannot-say", f"it does not know which build {name} ran: {why}")
    if one.build != wanted:
        other = next((e.name for e in report.environments if e.build == wanted), None)
        ran = f"{name} ran build {one.build} when it was audited"
        return Check(rule, "cannot-say", f"{ran}, and {other} ran {wanted}" if other else ran)
    return Check(rule, None, f"{name} ran it")


def _age(report: PastReport, limit: timedelta, now: datetime) -> Check:
    age = now - report.finished
    rule = f"the report must be at most {span(limit)} old"
    if age < -AHEAD:
        return Check(rule, "cannot-say", f"it ends {span(-age)} from now: one of the clocks is wrong")
    told = f"it is {span(max(age, timedelta()))} old"
    if age > limit:
        return Check(rule, "cannot-say", f"{told}: audit again, or say with --max-age how old it may be")
    return Check(rule, None, told)


def span(time: timedelta) -> str:
    """`45 s`, `3 h`, `12 d`: in the largest unit that it holds twice, rounded down."""
    seconds = int(time.total_seconds())
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def along(report: PastReport, policy: Policy) -> tuple[PastFinding, ...]:
    """Faults that callers of the next environment would meet for the first time. They hold nothing by themselves."""
    return tuple(f for f in report.findings if comes_along(f, policy.from_, policy.to))


def _faults(report: PastReport, policy: Policy) -> Check:
    named = _named(along(report, policy))
    return Check("hold where a fault comes along", "hold" if named else None, named or "none was seen to")


def counted(faults: Sequence[PastFinding]) -> str:
    """`2 faults come along`."""
    return f"{len(faults):,} fault{'s come' if len(faults) != 1 else ' comes'} along"


def _named(faults: Sequence[PastFinding]) -> str:
    """`2 faults come along: TITLE; TITLE`; empty without one."""
    if not faults:
        return ""
    rest = f"; and {len(faults) - MAX_NAMED:,} more" if len(faults) > MAX_NAMED else ""
    return f"{counted(faults)}: {'; '.join(f.title for f in faults[:MAX_NAMED])}{rest}"


def accepted(report: PastReport, policy: Policy) -> list[tuple[PastFinding, PastOccurrence]]:
    """What is waived on either side."""
    sides = (policy.from_, policy.to)
    return [(f, o) for f in report.findings for o in f.occurrences if o.waived is not None and o.environment in sides]


def _waivers(report: PastReport, policy: Policy, limit: timedelta, today: date) -> Check:
    rule = f"no waiver may be older than {span(limit)}"
    undated = None
    for finding, occurrence in accepted(report, policy):
        since = (occurrence.waived or {}).get("since", "")
        name = f"that of {finding.rule} {occurrence.method} {finding.path or ''} in {occurrence.environment}"
        name = " ".join(name.split(" "))
        try:
            age = today - date.fromisoformat(since)
        except ValueError:
            undated = undated or Check(rule, "cannot-say", f"{name} does not say since when it holds: add since: DATE")
            continue
        if age > limit:
            return Check(rule, "hold", f"{name} is of {since}")
    return undated or Check(rule, None, "none is")


def _holds(report: PastReport, promotion: PastPromotion) -> Check:
    rule = "hold where callers lose a documented method or gain an undocumented one that changes state, unless waived"
    if promotion.verdict == "hold":
        return Check(rule, "hold", promotion.because)
    waived = {f.fingerprint for f in report.findings for o in f.occurrences
              if o.waived is not None and o.environment == promotion.from_}  # fmt: skip
    for c in promotion.changes:
        harm = c.effect == "removes-documented" or (c.effect == "adds-undocumented" and c.method in STATE_CHANGING)
        if harm and c.fingerprint not in waived:
            return Check(rule, "hold", f"the report lists {c.effect} {c.method} {c.path}, which nobody accepted")
    return Check(rule, None, "nothing of that kind is left")


def _certain(promotion: PastPromotion) -> Check:
    rule = "both sides must be audited to the end, and enough of them decided"
    return Check(rule, None if promotion.verdict == "promote" else "cannot-say", promotion.because)


def _decided(promotion: PastPromotion, least: float) -> Check:
    total = promotion.compared + promotion.not_compared
    share = promotion.compared / total if total else 0.0
    rule = f"at least {least:.0%} of the documented operations must be decided on both sides"
    told = f"{promotion.compared:,} of {total:,} are"
    return Check(rule, "cannot-say" if share < least else None, told)
