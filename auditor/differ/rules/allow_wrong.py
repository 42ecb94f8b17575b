"""allow-wrong: an `Allow` that the environment itself contradicts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from auditor.differ.catalogue import Found, Rule
from auditor.differ.evidence import allowed, cause, controls, counted, detailed, listed, tells_of, verb
from auditor.differ.likely import Cause, foreign, high, low, medium
from auditor.differ.view import EnvironmentView, PathView, View
from auditor.model.cell import Reason
from auditor.model.fact import FixedAllow
from auditor.model.finding import Confidence, Fix, Occurrence, RootCause, Severity, Side
from auditor.model.methods import IMPLICIT, Allow, method_order


@dataclass(frozen=True, slots=True)
class _Claim:
    """An `Allow` of the path, and the method whose answer carried it."""

    asked: str
    allow: Allow
    exchanges: tuple[str, ...]

    @property
    def methods(self) -> frozenset[str]:
        """What it lists, less what frameworks answer by themselves."""
        return frozenset(self.allow.methods) - IMPLICIT

    @property
    def said(self) -> str:
        """`OPTIONS says Allow: GET, PUT`; `... in 2 fields`, where each may be another program's."""
        lines = f" in {self.allow.fields} fields" if self.allow.fields > 1 else ""
        return f"{self.asked} says Allow: {allowed(self.allow)}{lines}"


@dataclass(frozen=True, slots=True)
class _Contradiction:
    path: PathView
    text: str
    methods: tuple[str, ...]
    exchanges: tuple[str, ...]
    confidence: Confidence
    too_much: bool = False
    """It lists a method that is refused, and omits none that is supported."""
    malformed: bool = False
    """It holds what is no method."""

    @property
    def occurrence(self) -> Occurrence:
        return Occurrence(self.path.environment.name, "", self.exchanges, self.text)


def check(view: View) -> Iterator[Found]:
    """A list that is fixed is told once for its environments; else path by path."""
    fixed = [(e, e.facts.fixed_allow) for e in view.environments if e.facts.fixed_allow is not None]
    if fixed:
        yield _blanket(fixed)
    for places in view.paths():
        wrong = [c for p in places if p.environment.facts.fixed_allow is None and (c := _contradiction(p))]
        if not wrong:
            continue
        first = wrong[0].path
        occurrences = tuple(c.occurrence for c in wrong)
        methods = sorted({m for c in wrong for m in c.methods}, key=method_order)
        names = listed(o.environment for o in occurrences)
        yield Found(
            path=first.template,
            methods=tuple(methods),
            title=_title(first.template, methods, names),
            symptom=_symptom(wrong, occurrences),
            diagnosis=f"{controls(first.environment.found(occurrences[0].exchanges))} {_settles(wrong[0])}".strip(),
            confidence=max((c.confidence for c in wrong), key=lambda c: c.rank),
            occurrences=occurrences,
            cause=cause(RULE.id, (o.environment for o in occurrences)) + ":syntax" * wrong[0].malformed,
            root_causes=_root_causes(wrong),
            location=first.location,
            owner=first.owner,
        )


def _blanket(fixed: list[tuple[EnvironmentView, FixedAllow]]) -> Found:
    names = listed(e.name for e, _ in fixed)
    occurrences = tuple(Occurrence(e.name, "", f.exchanges, f"Allow: {allowed(f.allow)}") for e, f in fixed)
    lost = " ".join(filter(None, (_cost(e) for e, _ in fixed)))
    return Found(
        title=f"Allow is one fixed list in {names}",
        symptom=f"Every path that was asked in {names} sends the same Allow, and so does a path that does not exist"
                f"{detailed(occurrences)}. {lost}".strip(),
        diagnosis=controls(fixed[0][0].found(fixed[0][1].exchanges)),
        confidence=Confidence.HIGH,
        occurrences=occurrences,
        cause=cause(RULE.id, (e.name for e, _ in fixed)),
        root_causes=(
            high("A gateway, or a handler in front of all routes, sends a list that is written by hand.", Side.GATEWAY),
            medium("The framework answers OPTIONS itself, with every method that it knows.", Side.SERVICE),
        ),
    )  # fmt: skip


def _title(template: str, methods: list[str], names: str) -> str:
    if not methods:
        return f"Allow on {template} names what is no method in {names}"
    return f"Allow on {template} is wrong about {listed(methods)} in {names}"


def _symptom(wrong: list[_Contradiction], occurrences: tuple[Occurrence, ...]) -> str:
    names = listed(o.environment for o in occurrences)
    said = f"The Allow field of {wrong[0].path.template} in {names} is contradicted{detailed(occurrences)}."
    return " ".join([said, *filter(None, (_consequence(c.path) for c in wrong))])


def _consequence(path: PathView) -> str:
    """What this lie costs: one is enough for no Allow of the host to be believed."""
    environment = path.environment
    doubt = environment.facts.allow_doubt
    return _cost(environment) if any(tells_of(doubt, i.template) for i in path.items) else ""


def _cost(environment: EnvironmentView) -> str:
    """What stays open because no Allow of this environment is believed."""
    doubt = environment.facts.allow_doubt
    if environment.facts.allow_trusted:
        return ""
    cells = (c.cell for p in environment.paths.values() for c in p.documented)
    number = sum(c.reason is Reason.MODE_FORBIDS and doubt in c.why for c in cells)
    left = f", and {counted(number, 'documented operation')} {verb(number, 'stays', 'stay')} not judged"
    return f"Therefore no Allow of {environment.name} is believed{left if number else ''}."


def _claims(path: PathView) -> list[_Claim]:
    refused = {r.method: r.allow for r in path.facts.refusals if r.allow is not None}
    exchange = {r.method: r.exchange for r in path.facts.refusals}
    return [
        _Claim(m, a, path.exchange(m) or tuple(e for e in [exchange.get(m)] if e))
        for m, a in ({**refused, **path.facts.allow}).items()
    ]


def _contradiction(path: PathView) -> _Contradiction | None:
    """Behaviour against a claim, which is proof; else one claim against another, of which one must be wrong."""
    claims = _claims(path) if path.items and path.facts.shadowed_by is None else []
    observed = {m: c for m, c in path.cells.items() if c.observed and m not in IMPLICIT}
    for claim in claims:
        omitted = [m for m, c in observed.items() if c.supported and m not in claim.allow]
        listed_ = [m for m, c in observed.items() if c.unsupported and m in claim.allow]
        if omitted or listed_:
            facts = [f"{listed(omitted)} {verb(len(omitted), 'is', 'are')} supported"] * bool(omitted)
            facts += [f"{listed(listed_)} {verb(len(listed_), 'is', 'are')} not"] * bool(listed_)
            wrong = (*omitted, *listed_)
            exchanges = (*claim.exchanges, *(i for m in wrong for i in observed[m].cell.exchanges))
            odd = bool(claim.allow.no_methods)
            facts += [_no_method(claim)] * odd
            text = f"{claim.said}, but {' and '.join(facts)}"
            return _Contradiction(path, text, wrong, _once(exchanges), Confidence.HIGH, not omitted, odd)
    for claim in (c for c in claims if c.allow.no_methods):
        text = f"{claim.said}, but {_no_method(claim)}"
        return _Contradiction(path, text, (), _once(claim.exchanges), Confidence.HIGH, malformed=True)
    return _disagreement(path, claims)


def _no_method(claim: _Claim) -> str:
    odd = claim.allow.no_methods
    return f"{listed(f'“{o}”' for o in odd)} {verb(len(odd), 'is no method', 'are no methods')}"


def _disagreement(path: PathView, claims: list[_Claim]) -> _Contradiction | None:
    for one in claims[:1]:
        for other in claims[1:]:
            differing = sorted(one.methods ^ other.methods, key=method_order)
            if differing:
                text = f"{one.said} but {other.said}"
                both = _once((*one.exchanges, *other.exchanges))
                return _Contradiction(path, text, tuple(differing), both, Confidence.MEDIUM)
    return None


def _root_causes(wrong: list[_Contradiction]) -> tuple[RootCause, ...]:
    """A list of the first route only is too short; one that is too long was not made by what refuses."""
    first_route, gateway, by_hand = RULE.root_causes
    if any(c.malformed for c in wrong):
        return high("The list is written by hand, and not as methods between commas.", Side.SERVICE), gateway
    if any(a.fields > 1 for c in wrong for a in c.path.facts.allow.values()):
        added = "Two programs write the field: a gateway adds its own list to the service's."
        return high(added, Side.GATEWAY), medium(by_hand.text, Side.SERVICE), low(first_route.text, Side.SERVICE)
    sent = ((c.path.environment, e.answer) for c in wrong for e in c.path.environment.found(c.exchanges))
    unlike = next(filter(None, (foreign(place, a) for place, a in sent if a and a.status in (405, 501))), "")
    if unlike:
        by_gateway = high(f"{gateway.text.rstrip('.')}: {unlike}.", Side.GATEWAY)
        return by_gateway, medium(first_route.text, Side.SERVICE), low(by_hand.text, Side.SERVICE)
    if not all(c.too_much for c in wrong):
        return ()
    by_gateway = high(gateway.text, Side.GATEWAY)
    return by_gateway, medium(by_hand.text, Side.SERVICE), low(first_route.text, Side.SERVICE)


def _once(ids: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ids))


def _settles(contradiction: _Contradiction) -> str:
    if contradiction.malformed:
        return "A method is a token, in capital letters as registered; tokens stand between commas."
    if contradiction.confidence is Confidence.HIGH:
        return "Where Allow and behaviour disagree, behaviour is what callers get."
    return "One of the two lists must be wrong; the server's route table would settle which."


RULE = Rule(
    id="allow-wrong",
    title="Allow does not list what is supported",
    severity=Severity.WARNING,
    scope="path",
    source="RFC 9110 §9.1, §10.2.1",
    explanation="The Allow field of the path omits a method that was seen to be supported, lists one that was seen to "
                "be refused, holds what is no method, says one thing to OPTIONS and another with a 405, or is one "
                "fixed list. Clients and gateways that believe it fail, and this audit cannot use it as evidence.",
    root_causes=(
        Cause(Confidence.HIGH, "Several routes share the path, and the framework lists the methods of the first.",
              Side.SERVICE),
        Cause(Confidence.MEDIUM, "A gateway filters methods, and the service's own list still passes elsewhere.",
              Side.GATEWAY),
        Cause(Confidence.LOW, "The list is written by hand and out of date.", Side.SERVICE),
    ),
    diagnosis="Every Allow of the path is compared with the methods that were themselves sent and routed or refused, "
              "and with each other; HEAD, OPTIONS and TRACE are left out.",
    fixes=(
        Fix(Side.SERVICE, "medium", "Register all methods of a path in one route, or compute the field over all routes "
                                    "that match."),
        Fix(Side.GATEWAY, "medium", "Let the filter rewrite Allow to what it lets through."),
    ),
    prevention="Test for each path that the Allow of OPTIONS and of a 405 equals the registered methods.",
    silenced_by=("answers-vary", "base-path-wrong", "path-missing"),
    check=check,
)  # fmt: skip
