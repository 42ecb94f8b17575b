"""From exchanges to a Report: judge, compare, sum up. Pure, so that any run can be judged again offline (DESIGN §2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from auditor.differ import nights
from auditor.differ import waivers as accepted
from auditor.differ.acted import possible_writes
from auditor.differ.compare import compare
from auditor.differ.promotion import promotions
from auditor.differ.remarks import remarks
from auditor.differ.subject import Subject, documented
from auditor.differ.totals import conserved, decided_share, totals
from auditor.loader import absent_value, typed_alternates
from auditor.model.cell import Cell, Exclusion
from auditor.model.contract import Contract, Operation, PathItem
from auditor.model.environment import Environment, State
from auditor.model.exchange import Exchange, Failure
from auditor.model.fact import Facts
from auditor.model.finding import Finding, Severity
from auditor.model.knowledge import Knowledge
from auditor.model.methods import CORE
from auditor.model.night import Changes, Night
from auditor.model.place import NOWHERE, Place
from auditor.model.report import EnvironmentResult, Promotion, Report, RunInfo
from auditor.model.waiver import Waiver, utc_day
from auditor.prober import access
from auditor.prober.calibrate import Calibration
from auditor.prober.campaign import doubtful, without
from auditor.prober.candidates import Catalogue, bases_of
from auditor.prober.early import cut_short
from auditor.prober.facts import facts
from auditor.prober.harvest import learnt
from auditor.prober.judge import judge
from auditor.prober.stored import settled
from auditor.prober.targets import Planner, Target
from auditor.prober.unsent import explained
from auditor.settings import Exclude


@dataclass(frozen=True, slots=True)
class Scope:
    """Which operations the operator left out."""

    skip: tuple[Exclude, ...] = ()
    only: tuple[Exclude, ...] = ()

    def excluded(self, item: PathItem, operation: Operation) -> tuple[str, str] | None:
        """(by whom, why) where this operation is left out."""
        for rule in self.skip:
            if any(rule.glob.matches(p, operation.method) for p in (item.template, item.key)):
                return rule.by, "matches a skip pattern"
        if operation.skip is not None:
            return "x-auditor", operation.skip
        paths = (item.template, item.key)
        if self.only and not any(o.glob.matches(p, operation.method) for o in self.only for p in paths):
            return self.only[0].by.split(" ")[0], "matches none of the --only patterns"
        return None

    def named(self, item: PathItem, path: str | None) -> frozenset[str]:
        """The methods that patterns name for this path, also where nobody documented them."""
        names = (item.template, item.key, *([path] if path is not None else []))
        own = ((r.glob, r.glob.method) for r in self.skip)
        return frozenset(m for glob, m in own if m is not None and any(glob.matches(n, m) for n in names))

    def left_out(self, item: PathItem, method: str, path: str | None) -> bool:
        """Whether a state-changing method, documented or not, must not be sent to this path."""
        names = (item.template, item.key, *([path] if path is not None else []))
        if any(r.glob.matches(n, method) for r in self.skip for n in names):
            return True
        operation = item.operation(method)
        if operation is not None:
            return self.excluded(item, operation) is not None
        if any(o.skip is not None for o in item.operations):
            return True  # somebody thought this path delicate: what nobody documented is not tried on it
        return bool(self.only) and not any(o.glob.matches(n, method) for o in self.only for n in names[:2])

    def forbids(self, path: str) -> str | None:
        """The pattern that keeps GET from a request target that no description names; None where it may be sent."""
        return next((r.by for r in self.skip if r.glob.method in (None, "GET") and r.glob.matches(path, "GET")), None)

    def untouchable(self, path: str) -> bool:
        """Whether nothing at all may be sent to this concrete path."""
        return any(r.glob.method is None and r.glob.matches(path) for r in self.skip)


@dataclass(frozen=True, slots=True)
class Audited:
    """What one environment's campaign left behind; enough to judge it."""

    environment: Environment
    knowledge: Knowledge
    state: State
    why: str
    requests: int
    state_changing_requests: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Policy:
    """What turns findings into an exit code; and which language the page speaks."""

    rules: Mapping[str, str]
    fail_on: str = "error"
    min_decided: float = 0.0
    promotion_min_decided: float = 0.5
    waivers: tuple[Waiver, ...] = ()
    since: Night | None = None
    lang: str = "en"


def plan_environment(
    contract: Contract, environment: Environment, scope: Scope, seed: str, knowledge: Knowledge | None = None
) -> tuple[Catalogue, tuple[Target, ...]]:
    """The catalogue of one environment, and all its targets; `knowledge` may name objects that exist."""
    known = learnt(knowledge) if knowledge is not None else {}
    if environment.served_spec is not None and scope.untouchable(environment.served_spec.partition("?")[0]):
        environment = replace(environment, served_spec=None)
    if environment.build_url is not None and scope.forbids(environment.build_url):
        environment = replace(environment, build_url=None)
    planner = Planner(
        contract, environment, seed, skipped=scope.untouchable,
        excluded=lambda item, op: scope.excluded(item, op) is not None,
        absent=lambda item, name, nonce: absent_value(item.path_parameters.get(name), nonce),
        alternates=typed_alternates, left_out=scope.left_out, named=scope.named, learnt=known,
    )  # fmt: skip
    targets = planner.targets()
    catalogue = Catalogue(
        environment, targets, bases_of(contract.servers, environment), wanted=planner.donors, learnt=known,
        replan=lambda more: plan_environment(contract, environment, scope, seed, more)[0],
    )  # fmt: skip
    return catalogue, targets


def evaluate(
    audited: Sequence[Audited], contracts: Mapping[str, Contract], scope: Scope, policy: Policy, run: RunInfo,
    settings: tuple[tuple[str, str, str], ...] = (), place: Place = NOWHERE,
) -> Report:  # fmt: skip
    """The Report of a run. The same input gives the same Report."""
    chain = _side([a for a in audited if a.environment.behind is None], contracts, scope, policy, run.seed)
    layers = _side([a for a in audited if a.environment.behind is not None], contracts, scope, policy, run.seed)
    subject = replace(
        chain, exchanges={e.id: e for one in audited for e in one.knowledge.in_order()},
        facts={**chain.facts, **layers.facts}, layers=layers.environments, layer_cells=layers.cells,
    )  # fmt: skip
    return replace(_report(subject, policy, run, settings), place=place)


def _side(
    audited: Sequence[Audited], contracts: Mapping[str, Contract], scope: Scope, policy: Policy, seed: str
) -> Subject:
    """What these environments' exchanges show, each judged for itself."""
    cells: list[Cell] = []
    excluded: list[Exclusion] = []
    all_facts: dict[str, Facts] = {}
    results: list[EnvironmentResult] = []
    for one in audited:
        contract = contracts[one.environment.contract]
        state, found, known = _judge_environment(one, contract, scope, seed)
        cells += found
        all_facts[one.environment.name] = known
        excluded += exclusions(one.environment.name, contract, scope)
        results.append(EnvironmentResult(
            one.environment, state[0], one.requests, one.state_changing_requests, None, one.seconds,
            known.environment.build, state[1], _build_note(known, one.environment, scope),
        ))  # fmt: skip
    subject = Subject(contracts, tuple(results), tuple(cells), all_facts, tuple(excluded), {}, policy.rules)
    shares = {r.environment.name: decided_share(subject, r.environment.name) for r in results}
    return replace(subject, environments=tuple(replace(r, decided=shares[r.environment.name]) for r in results))


def _build_note(known: Facts, environment: Environment, scope: Scope) -> str:
    """Why its build is not known, where somebody asked for it."""
    by = scope.forbids(environment.build_url) if environment.build_url is not None else None
    return f"GET {environment.build_url} is left out by {by}" if by else known.environment.build_note


def _report(subject: Subject, policy: Policy, run: RunInfo, settings: tuple[tuple[str, str, str], ...]) -> Report:
    day = utc_day(run.finished_at)
    findings = accepted.apply(compare(subject), policy.waivers, day)
    now = nights.night(findings, subject, run.id, run.finished_at, _rules_run(policy))
    changed = nights.changes(policy.since, now) if policy.since is not None else None
    if changed is not None:
        findings = nights.marked(findings, changed)
    steps = promotions(subject, findings, min_decided=policy.promotion_min_decided)
    broken = sum(e.failure is Failure.INTERNAL for e in subject.exchanges.values())
    because = (*incomplete_because(subject.environments, policy.min_decided), *_unseen(subject.layers))
    if broken:
        because += (f"auditor itself failed on {broken} probes: please report it",)
    code = exit_code(findings, bool(because), policy.fail_on, changed)
    if broken and code == 3:
        code = 4
    fired = _linked(steps, findings)
    return Report(
        run=replace(run, exit_code=code), complete=not because, incomplete_because=because,
        contracts=tuple(subject.contracts.values()), environments=subject.environments, cells=subject.cells,
        excluded=subject.excluded, findings=findings, promotions=fired, totals=totals(subject, findings),
        documented=documented(subject) | documented(replace(subject, environments=subject.layers)),
        exchanges=dict(subject.exchanges), facts=dict(subject.facts), fail_on=policy.fail_on, language=policy.lang,
        notes=tuple(conserved(subject)), settings=settings, rules_run=_rules_run(policy),
        layers=subject.layers, layer_cells=subject.layer_cells, since=changed,
        remembered=nights.remembered(changed, now) if changed is not None else (),
        waiver_notes=accepted.notes(findings, policy.waivers, day, subject), remarks=remarks(subject),
        possible_writes=possible_writes((r.environment for r in (*subject.chain, *subject.layers)), subject.exchanges),
    )  # fmt: skip


def _linked(steps: tuple[Promotion, ...], findings: tuple[Finding, ...]) -> tuple[Promotion, ...]:
    """Changes name only findings that exist, so that every link in a report leads somewhere."""
    known = {f.fingerprint for f in findings}
    return tuple(
        replace(p, changes=tuple(c if c.fingerprint in known else replace(c, fingerprint=None) for c in p.changes))
        for p in steps
    )


def _rules_run(policy: Policy) -> tuple[str, ...]:
    from auditor.differ.catalogue import rules

    return tuple(r.id for r in rules() if policy.rules.get(r.id) != "off")


def exclusions(environment: str, contract: Contract, scope: Scope) -> list[Exclusion]:
    """Every documented operation that the operator or the description left out."""
    return [
        Exclusion(environment, item.template, operation.method, *why)
        for item in contract.paths
        for operation in item.operations
        for why in [scope.excluded(item, operation)]
        if why is not None
    ]


def _judge_environment(
    one: Audited, contract: Contract, scope: Scope, seed: str
) -> tuple[tuple[State, str], list[Cell], Facts]:
    catalogue, targets = plan_environment(contract, one.environment, scope, seed, one.knowledge)
    knowledge = one.knowledge
    if one.state is State.UNREACHABLE:
        knowledge = without(knowledge, doubtful(knowledge, one.environment.limits.concurrency))
    seen = Calibration(knowledge, catalogue.targets)
    c = settled(seen)
    cells = [
        # Where it ended early, that is why a cell is open, and no other remedy comes before to let it end.
        access.explained(c, t, explained(catalogue.inert, c, t, cut_short(cell, one.state)))
        for t in targets for cell in judge(c, one.environment.name, t, _methods(t))
    ]  # fmt: skip
    known = facts(c, one.environment, seen)
    state = (one.state, one.why)
    if one.state is State.COMPLETE and c.auth_wall and one.environment.headers:
        state = (State.LOGIN_REFUSED, "the credentials given were refused on every path")
    if one.state is not State.COMPLETE:
        # What was not asked cannot show that everything is missing.
        known = Facts(replace(known.environment, base_path_wrong=False, likely_base=None), known.paths)
    return state, cells, known


def _methods(target: Target) -> tuple[str, ...]:
    """Documented methods that are not left out, and the core ones; none where the whole path is left out."""
    if target.untouchable:
        return ()
    return tuple(m for m in dict.fromkeys((*target.documented, *CORE)) if m not in target.excluded)


def incomplete_because(environments: Sequence[EnvironmentResult], min_decided: float) -> tuple[str, ...]:
    """Why this audit is not complete, a sentence per environment; empty where it is."""
    found = []
    for r in environments:
        name = r.environment.name
        if r.state is not State.COMPLETE:
            found.append(f"{name}: {r.why or r.state}")
        elif r.decided is not None and r.decided == 0.0:
            found.append(f"{name}: none of its documented operations could be decided")
        elif r.decided is not None and r.decided < min_decided:
            found.append(f"{name}: {r.decided:.0%} of its operations were decided, {min_decided:.0%} are demanded")
    return tuple(found)


def _unseen(layers: Sequence[EnvironmentResult]) -> tuple[str, ...]:
    """Layers that could not be asked: who refuses stays open, so the audit that was wanted is not complete."""
    ended = [r for r in layers if r.state is not State.COMPLETE]
    return tuple(f"{r.environment.name}, behind {r.environment.behind}: {r.why or r.state}" for r in ended)


def exit_code(findings: Sequence[Finding], incomplete: bool, fail_on: str, changed: Changes | None = None) -> int:
    """DESIGN §6: 1 drift at or above the level that is not accepted, else 3 incomplete, else 0.

    Compared with an earlier report, only what is new counts, and what was accepted and is so no longer: not what was
    known, nor what was not judged then.
    """
    if fail_on != "never":
        worst = Severity(fail_on).rank
        counting = None if changed is None else {s.key for s in (*changed.new, *changed.returned)}
        for f in (f for f in findings if f.severity.rank <= worst):
            keys = {(f.fingerprint, o.environment, o.method) for o in f.occurrences if o.waived is None}
            if keys and (counting is None or not counting.isdisjoint(keys)):
                return 1
    return 3 if incomplete else 0


def knowledge_of(environment: str, exchanges: Sequence[Exchange]) -> Knowledge:
    """The knowledge that these exchanges of one environment add up to."""
    from auditor.model.knowledge import learn

    return learn(Knowledge(environment), sorted(exchanges, key=lambda e: e.seq))
