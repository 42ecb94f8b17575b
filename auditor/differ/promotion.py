"""What changes for callers of the next environment if the build of the previous one is promoted (DESIGN §8).

What the next environment has and the build lacks is lost to its callers; what it lacks and the build has is gained.

An operation counts as documented if the contract of the environment that is promoted documents it: the build brings
its description along.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from auditor.differ.evidence import counted, listed, verb
from auditor.differ.subject import Subject
from auditor.differ.view import CellView, EnvironmentView, View
from auditor.model.environment import State
from auditor.model.finding import Confidence, Finding
from auditor.model.methods import STATE_CHANGING, method_order
from auditor.model.report import EFFECTS, Change, Promotion
from auditor.model.templates import anonymous

_TOLD_BY = {
    "removes-documented": ("documented-method-missing", "path-missing", "gateway-blocks-method"),
    "still-missing": ("documented-method-missing", "path-missing", "gateway-blocks-method"),
    "adds-undocumented": ("undocumented-method-served",),
    "repairs": ("documented-method-missing", "path-missing", "gateway-blocks-method"),
}
"""Effect → the rules whose finding tells of it: in the promoted environment, where a waiver of that finding covers it;
of a repair, in the next one."""

_ENVIRONMENTAL = ("gateway-blocks-method",)
"""Rules whose findings are a gateway's doing: not in the build, so a promotion neither brings nor takes them.

Only where a layer shows it: what an error page suggests, at low confidence, must not turn a hold into a promotion.
"""


def promotions(subject: Subject, findings: Iterable[Finding], *, min_decided: float = 0.5) -> tuple[Promotion, ...]:
    """One promotion for each pair of neighbours in environment order.

    `findings` with their waivers; `min_decided`: share (0 to 1) of the documented operations that must be decided on
    both sides before more than a proven harm may be said.
    """
    told = _Told(findings)
    excluded = frozenset((x.environment, anonymous(x.path), x.method) for x in subject.excluded)
    return tuple(_promotion(a, b, told, excluded, min_decided) for a, b in pairwise(View.of(subject).environments))


class _Told:
    """What findings say: (rule, environment, anonymous path, method) → (fingerprint, waived)."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        findings = tuple(findings)
        self._doubted = frozenset(f.fingerprint for f in findings if f.confidence is Confidence.LOW)
        self._by_key = {
            (f.rule, o.environment, anonymous(f.path or ""), method): (f.fingerprint, o.waived is not None)
            for f in findings
            for o in f.occurrences
            for method in ([o.method] if o.method else f.methods)
        }

    def about(self, rules: Iterable[str], cell: CellView) -> tuple[str, bool] | None:
        keys = ((r, cell.environment.name, cell.path.key, cell.method) for r in rules)
        return next((self._by_key[k] for k in keys if k in self._by_key), None)

    def proven(self, rules: Iterable[str], cell: CellView) -> tuple[str, bool] | None:
        """The same, where the finding is more than a guess."""
        found = self.about(rules, cell)
        return found if found and found[0] not in self._doubted else None


@dataclass(frozen=True, slots=True)
class _Row:
    """One operation on both sides; a side is None where it has no cell, or none that counts."""

    path: str
    method: str
    documented: bool
    here: CellView | None
    there: CellView | None

    @property
    def compared(self) -> bool:
        return self.here is not None and self.there is not None


@dataclass(frozen=True, slots=True)
class _Effect:
    change: Change
    waived: bool

    @property
    def holds(self) -> bool:
        """DESIGN §8: what stops a promotion, unless it is waived."""
        change = self.change
        adds = change.effect == "adds-undocumented" and change.method in STATE_CHANGING
        return not self.waived and (adds or change.effect == "removes-documented")


def _promotion(
    from_: EnvironmentView, to: EnvironmentView, told: _Told, excluded: frozenset[tuple[str, str, str]], least: float
) -> Promotion:
    rows = list(_rows(from_, to, excluded))
    effects = [e for r in rows if (e := _effect(r, told)) is not None]
    due = [r for r in rows if r.documented]
    compared = sum(r.compared for r in due)
    holding = [e.change for e in effects if e.holds]
    doubts = [*_doubts(from_), *_doubts(to), *_too_few(compared, len(due), least)]
    if holding:
        verdict, because = "hold", _hold(from_, to, holding)
    elif doubts:
        verdict, because = "cannot-say", "; ".join([*doubts, *_so_far(to, effects, compared)])
    else:
        verdict, because = "promote", _promote(from_, to, effects, compared, len(due))
    order = sorted((e.change for e in effects), key=lambda c: (EFFECTS.index(c.effect), c.path, method_order(c.method)))
    return Promotion(from_.name, to.name, verdict, because, compared, len(due) - compared, tuple(order))


def _rows(from_: EnvironmentView, to: EnvironmentView, excluded: frozenset[tuple[str, str, str]]) -> Iterator[_Row]:
    for key, source in from_.paths.items():
        target = to.paths.get(key)
        for method in sorted({*source.methods, *source.cells}, key=method_order):
            if excluded.isdisjoint(((from_.name, key, method), (to.name, key, method))):
                here = _counting(source.cells.get(method))
                there = _counting(target.cells.get(method) if target else None)
                yield _Row(source.template, method, method in source.methods, here, there)


def _counting(cell: CellView | None) -> CellView | None:
    """A decided cell that speaks of the build: a wrong base URL, or a redirect of everything, is not its doing."""
    if cell is None or not cell.decided or _address(cell.environment):
        return None
    return cell


def _address(environment: EnvironmentView) -> str:
    facts = environment.facts
    if facts.base_path_wrong:
        return f"the base URL of {environment.name} is probably wrong"
    return f"{environment.name} redirects everything" if facts.redirects_to is not None else ""


def _effect(row: _Row, told: _Told) -> _Effect | None:
    here, there = row.here, row.there
    if here is None or there is None:
        return _Effect(Change(row.path, row.method, "cannot-say"), False) if row.documented else None
    name = _name(row, here, there)
    if name is None:
        return None
    environmental = told.proven(_ENVIRONMENTAL, here) or told.proven(_ENVIRONMENTAL, there)
    if environmental is not None:
        return _Effect(Change(row.path, row.method, "environment-only", environmental[0]), environmental[1])
    fingerprint, waived = told.about(_TOLD_BY.get(name, ()), there if name == "repairs" else here) or (None, False)
    return _Effect(Change(row.path, row.method, name, fingerprint), waived)


def _name(row: _Row, here: CellView, there: CellView) -> str | None:
    """The effect of a compared operation, None where nothing changes for callers."""
    if here.supported == there.supported:
        return "still-missing" if row.documented and here.unsupported else None
    if not row.documented:
        # A literal path that a template also matches: the method may belong to the template.
        if here.path.facts.shadowed_by is not None or there.path.facts.shadowed_by is not None:
            return None
        return "adds-undocumented" if here.supported else "removes-undocumented"
    if here.unsupported:
        return "removes-documented"
    return "repairs" if there.documented else "adds-documented"


def _doubts(environment: EnvironmentView) -> list[str]:
    result = environment.result
    if result.state is not State.COMPLETE:
        return [f"{environment.name} did not finish ({result.state})"]
    return [text for text in [_address(environment)] if text]


def _too_few(compared: int, due: int, least: float) -> list[str]:
    if due == 0:
        return ["no documented operation can be compared"]
    if compared / due >= least:
        return []
    if compared == 0:
        return [f"none of {counted(due, 'documented operation')} is decided on both sides"]
    share = f"{compared} of {counted(due, 'documented operation')}"
    return [f"only {share} {verb(compared, 'is', 'are')} decided on both sides, and {least:.0%} are needed"]


def _so_far(to: EnvironmentView, effects: Sequence[_Effect], compared: int) -> list[str]:
    if compared == 0:
        return []
    lost = sum(e.change.effect == "removes-documented" for e in effects)
    losses = f"{lost}, as waived," if lost else "none"
    return [f"callers of {to.name} would lose {losses} of {counted(compared, 'operation')} decided on both sides"]


def _hold(from_: EnvironmentView, to: EnvironmentView, holding: Sequence[Change]) -> str:
    lost = [c for c in holding if c.effect == "removes-documented"]
    gained = [c for c in holding if c.effect == "adds-undocumented"]
    parts = [f"lose {_named(lost, 'documented method')}"] if lost else []
    parts += [f"gain {_named(gained, 'undocumented state-changing method')}"] if gained else []
    return f"{_callers(from_, to)} would {' and '.join(parts)}"


def _callers(from_: EnvironmentView, to: EnvironmentView) -> str:
    """Who is affected, and by which build: an arrow between two names can be read in both directions."""
    return f"with the build of {from_.name}, callers of {to.name}"


def _named(changes: Sequence[Change], what: str) -> str:
    return f"{counted(len(changes), what)} ({listed((f'{c.method} {c.path}' for c in changes), most=3)})"


def _promote(from_: EnvironmentView, to: EnvironmentView, effects: Sequence[_Effect], compared: int, due: int) -> str:
    lost, added = (_waived(effects, effect) for effect in ("removes-documented", "adds-undocumented"))
    harm = f"would lose no documented method{lost} and gain no undocumented state-changing one{added}"
    parts = [f"{_callers(from_, to)} {harm}, as far as both sides are decided"]
    gained = sum(e.change.effect in ("repairs", "adds-documented") for e in effects)
    if gained:
        condition = f"if the build is why {to.name} lacks {verb(gained, 'it', 'them')}"
        parts.append(f"they would gain {counted(gained, 'documented method')}, {condition}")
    operations = counted(due, "documented operation")
    if compared < due:
        parts.append(f"{due - compared} of {operations} could not be compared")
    else:
        parts.append(f"{verb(due, 'the', 'all')} {operations} {verb(due, 'was', 'were')} compared")
    return "; ".join(parts)


def _waived(effects: Sequence[_Effect], effect: str) -> str:
    """How many that would hold the promotion are accepted: an undocumented GET never holds it."""
    of = [e for e in effects if e.waived and e.change.effect == effect]
    number = sum(effect != "adds-undocumented" or e.change.method in STATE_CHANGING for e in of)
    return f" besides {number} waived" if number else ""
