"""The one sentence a release manager came for. Pure wording; html and text show the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from auditor.differ.carried import comes_along
from auditor.differ.output.cards import is_waived
from auditor.differ.output.language import before_question, number, spoken, tr, trn
from auditor.differ.output.words import listing, percent, plural, sentence
from auditor.model.environment import State
from auditor.model.finding import Finding, Severity
from auditor.model.report import Promotion, Report

DRIFT_RULES = frozenset({
    "base-path-wrong", "path-missing", "documented-method-missing", "undocumented-method-served",
    "gateway-blocks-method",
})  # fmt: skip
"""Rules that say that contract and support disagree; other warnings are about how answers are given."""

ENOUGH = 0.5
"""Share of documented operations that must be decided before one environment is called in sync (DESIGN §8)."""


class Headline(NamedTuple):
    """`word`: the verdict. `sentence`: what to do, lower case, no full stop. `lede`: why, with `code` in backticks.

    `caveat`: one sentence where the audit did not finish, else empty. `tone`: ok, warn, bad or unk; ok only for a
    complete audit with nothing against it.
    """

    word: str
    sentence: str
    lede: str
    tone: str
    caveat: str = ""
    asks: bool = False
    """The sentence is the question that cannot be answered."""

    @property
    def joint(self) -> str:
        """What stands between word and sentence: "Hold: do not …", but "Cannot say whether …"."""
        return before_question() if self.asks else ":"

    @property
    def line(self) -> str:
        """Word and sentence as one sentence."""
        return f"{self.word}{self.joint} {self.sentence}."


def headline(report: Report) -> Headline:
    """The verdict about the last arrow of the chain; without one, about how environment and contract agree.

    An audit that did not finish never reads like a pass.
    """
    head = _arrow(report, report.promotions[-1]) if report.promotions else _single(report)
    head = head._replace(lede=_join(head.lede, _excluded(report)))
    if report.complete:
        return head
    caveat = sentence("the audit is incomplete: " + "; ".join(incomplete_because(report)))
    if head.tone in ("ok", "warn") and not _layers_only(report):
        seen = tr("What was seen until then: {lede}", lede=head.lede)
        head = Headline(tr("Cannot say"), tr("the audit did not finish"), seen, "unk")
    return head._replace(caveat=caveat)


def _layers_only(report: Report) -> bool:
    """Whether all that is missing is what stands behind: the edge, which callers see, was audited to its end."""
    whole = all(e.state is State.COMPLETE for e in report.environments)
    return whole and len(report.incomplete_because) == sum(r.state is not State.COMPLETE for r in report.layers)


def incomplete_because(report: Report) -> tuple[str, ...]:
    """Why the audit is incomplete, one clause each; never empty for an incomplete report."""
    if report.complete:
        return ()
    found = report.incomplete_because or tuple(
        e.why or f"{e.environment.name}: {e.state}" for e in report.environments if e.state is not State.COMPLETE
    )
    return tuple(f.rstrip(". ") for f in found) or ("it was stopped before its end",)


def _arrow(report: Report, p: Promotion) -> Headline:
    reason, ends = _reason(report, p), {"from_": p.from_, "to": p.to}
    if p.verdict == "hold":
        what = tr("do not promote {from_} to {to}", **ends)
        return Headline(tr("Hold"), what, _join(reason, _harm(p), _compared(p)), "bad")
    if p.verdict == "promote":
        faults = brought(report, p)
        if faults:
            what = trn(len(faults), "{from_} can be promoted to {to}, but brings {n} fault along",
                       "{from_} can be promoted to {to}, but brings {n} faults along", **ends)  # fmt: skip
            named = _titles(faults, report)
            return Headline(tr("Promote with care"), what, _join(reason, named, _good(p)), "warn")
        what = tr("{from_} can be promoted to {to}", **ends)
        return Headline(tr("Promote"), what, _join(reason, _good(p), _left(report)), "ok")
    what = tr("whether {from_} can be promoted to {to}", **ends)
    return Headline(tr("Cannot say"), what, _join(reason, _harm(p)), "unk", asks=True)


def _reason(report: Report, p: Promotion) -> str:
    """Why, as the verdict says it, which is in English; in other languages the same from its numbers."""
    if spoken() == "en":
        return sentence(p.because, [e.environment.name for e in report.environments])
    if p.verdict == "hold":
        return ""
    if p.verdict == "cannot-say":
        return _compared(p)
    lost = sum(c.effect == "removes-documented" for c in p.changes)
    kept = tr("No documented operation is removed.")
    waived = trn(lost, "{n} documented operation is removed, as accepted by a waiver.",
                 "{n} documented operations are removed, as accepted by waivers.")  # fmt: skip
    return _join(waived if lost else kept, _compared(p))


def _titles(findings: Sequence[Finding], report: Report) -> str:
    """The first two in a sentence each, and how many more there are."""
    names = [e.environment.name for e in report.environments]
    rest = len(findings) - 2
    more = [trn(rest, "There is {n} more.", "There are {n} more.")] if rest > 0 else []
    return " ".join([*(sentence(f.title, names) for f in findings[:2]), *more])


def _join(*parts: str) -> str:
    return " ".join(p for p in parts if p)


def _operations(p: Promotion, *effects: str) -> str:
    return listing([f"`{c.method} {c.path}`" for c in p.changes if c.effect in effects], 3)


def _harm(p: Promotion) -> str:
    """The operations that stand against the promotion, unless `because` names them already."""
    because = p.because if spoken() == "en" else ""
    unsaid = replace(p, changes=tuple(c for c in p.changes if f"{c.method} {c.path}" not in because))
    lost, gained = _operations(unsaid, "removes-documented"), _operations(unsaid, "adds-undocumented")
    also = tr("also ") if len(unsaid.changes) < len(p.changes) else ""
    gaps = {"to": p.to, "lost": lost, "gained": gained, "also": also}
    if lost and gained:
        return sentence(tr("callers of {to} would {also}lose {lost} and gain {gained}, undocumented", **gaps))
    if lost:
        return sentence(tr("callers of {to} would {also}lose {lost}", **gaps))
    return sentence(tr("callers of {to} would {also}gain {gained}, undocumented", **gaps)) if gained else ""


def _good(p: Promotion) -> str:
    repaired = _operations(p, "repairs", "adds-documented")
    said = tr("the build of {from_} has {repaired}, which {to} lacks", from_=p.from_, to=p.to, repaired=repaired)
    return sentence(said) if repaired else ""


def _compared(p: Promotion) -> str:
    if not p.not_compared:
        return trn(p.compared, "All {n} operation were compared.", "All {n} operations were compared.")
    total, gaps = p.compared + p.not_compared, {"compared": number(p.compared), "rest": number(p.not_compared)}
    return trn(total, "{compared} of {n} operation could be compared, {rest} could not.",
               "{compared} of {n} operations could be compared, {rest} could not.", **gaps)  # fmt: skip


def _left(report: Report) -> str:
    errors = report.totals.errors
    said = trn(errors, "The findings hold {n} error that this promotion was not seen to bring.",
               "The findings hold {n} errors that this promotion was not seen to bring.")  # fmt: skip
    return said if errors else ""


def brought(report: Report, p: Promotion) -> list[Finding]:
    """Faults that callers of the next environment do not have yet: no method changes, and yet something breaks."""
    return [f for f in report.findings if comes_along(f, p.from_, p.to)]


def _excluded(report: Report) -> str:
    """Beside what was decided or compared, so in operations as there: one may be left out in several environments."""
    if not report.totals.excluded:
        return ""
    left = {(x.path, x.method) for x in report.excluded if (x.environment, x.path, x.method) in report.documented}
    many = len(left) or report.totals.excluded
    return trn(
        many, "{n} more operation was left out of this audit.", "{n} more operations were left out of this audit."
    )


def _first_fix(f: Finding) -> str:
    return sentence(f.fixes[0].text) if f.fixes else ""


def drifting(report: Report) -> list[Finding]:
    """Findings, accepted ones left out, that say that contract and support disagree."""
    return [f for f in report.findings if not is_waived(f) and _is_drift(f)]


def _is_drift(f: Finding) -> bool:
    return f.severity is Severity.ERROR or (f.rule in DRIFT_RULES and f.severity is Severity.WARNING)


def _single(report: Report) -> Headline:
    names = listing([e.environment.name for e in report.environments]) or tr("nothing")
    t = report.totals
    judged, asked = t.supported + t.unsupported, t.documented - t.excluded
    share = judged / asked if asked > 0 else None
    gaps = {"judged": number(judged), "share": percent(share)}
    scope = trn(asked, "{judged} of {n} documented operation ({share}) were decided.",
                "{judged} of {n} documented operations ({share}) were decided.", **gaps)  # fmt: skip
    wrongs = drifting(report)
    if wrongs:
        wrong = next((f for f in wrongs if f.rule == "base-path-wrong"), None)
        if wrong is not None:
            said = "whether {names} agrees with the description: the base path is probably wrong"
            lede = _join(sentence(wrong.occurrences[0].detail), _first_fix(wrong))
            return Headline(tr("Cannot say"), tr(said, names=names), lede, "bad", asks=True)
        lede = _join(_titles(wrongs, report), scope)
        return Headline(tr("Drifts"), tr("{names} and the description disagree", names=names), lede, "bad")
    if share is None or share < ENOUGH:
        lede = _join(tr("Too little could be decided."), scope)
        what = tr("whether {names} agrees with the description", names=names)
        return Headline(tr("Cannot say"), what, lede, "unk", asks=True)
    rest = [plural(n, noun) for n, noun in ((t.warnings, "warning"), (t.waived, "waived finding")) if n]
    note = tr("Besides, {rest}.", rest=listing(rest)) if rest else ""
    what = tr("{names} serves what the description documents", names=names)
    return Headline(tr("In sync"), what, _join(scope, note), "ok")
