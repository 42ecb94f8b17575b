"""environments-disagree: the same methods are supported, but answered in different ways."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.differ.catalogue import Found, Rule
from auditor.differ.credentials import told
from auditor.differ.evidence import cause, listed, names
from auditor.differ.likely import Cause, disguise, high, medium
from auditor.differ.view import PathView, View
from auditor.model.finding import Confidence, Fix, Occurrence, RootCause, Severity, Side
from auditor.model.methods import CONTROLS, IMPLICIT, method_order

_PASSING = frozenset({429, 502, 503, 504})
"""Statuses of a moment: they say nothing about how an environment is built."""

_Aspects = dict[tuple[str, str], str]
"""(aspect, method or '') → what was seen, in words."""


def check(view: View) -> Iterator[Found]:
    for places in view.paths():
        compared = [p for p in places if p.environment.comparable and p.items]
        seen = [_aspects(p) for p in compared]
        differing = [a for a in _shared(seen) if len({s[a] for s in seen}) > 1] if _agree(compared) else []
        if not differing:
            continue
        first = compared[0]
        kinds = tuple(dict.fromkeys(kind for kind, _ in differing))
        methods = tuple(sorted({m for _, m in differing if m}, key=method_order))
        occurrences = tuple(_occurrence(p, s, differing) for p, s in zip(compared, seen, strict=True))
        yield Found(
            path=first.template,
            methods=methods,
            title=f"{names(compared)} answer {first.template} differently: {listed(kinds)}",
            symptom=f"{names(compared)} answer {first.template} differently, though no method was seen to be supported "
                    "in one and refused in another: "
                    + "; ".join(f"{o.environment}: {o.detail}" for o in occurrences) + ".",
            diagnosis="Only what was asked in each of these environments is compared, and each was audited to the end. "
                      "A request past the gateway would settle who answers differently.",
            confidence=Confidence.HIGH,
            occurrences=occurrences,
            cause=cause(RULE.id, kinds),
            root_causes=_root_causes(compared),
            location=first.location,
            owner=first.owner,
        )  # fmt: skip


def _root_causes(compared: list[PathView]) -> tuple[RootCause, ...]:
    """By who answers: the same software under different builds speaks for the builds, another name for a gateway."""
    gateway, builds, setting = RULE.root_causes
    responders = [p.facts.responder for p in compared]
    known = [p.environment.facts.build for p in compared]
    if len(set(responders)) > 1 or not all(responders) or disguise(responders[0]):
        if all(known) and len(set(known)) == 1:
            return gateway, medium(setting.text, Side.SERVICE)
        return ()
    same = f"{responders[0]} answers in all of them"
    if all(known) and len(set(known)) == 1:
        switched = high(f"{setting.text.rstrip('.')}: {same}, with build {known[0]}.", Side.SERVICE)
        return switched, medium(gateway.text, Side.GATEWAY)
    built = high(f"{builds.text.rstrip('.')}: {same}.", Side.SERVICE)
    return built, medium(gateway.text, Side.GATEWAY), setting


def _agree(places: list[PathView]) -> bool:
    """At least two, and no method decided one way here and the other way there: that is drift, and told as such."""
    methods = {m for p in places for m in p.cells}
    decided = ({p.cells[m].cell.support for p in places if m in p.cells and p.cells[m].decided} for m in methods)
    return len(places) > 1 and all(len(supports) <= 1 for supports in decided)


def _aspects(path: PathView) -> _Aspects:
    facts = path.facts
    found: _Aspects = {}
    if not told(path):
        found["authentication", ""] = "asks for credentials" if facts.auth else "asks for no credentials"
    control = CONTROLS if "GET" in facts.statuses else ()  # it tells the same again
    for redirect in (r for r in facts.redirects if r.method not in control):
        found["redirect", redirect.method] = f"{redirect.method} is redirected ({redirect.status}, {redirect.kind})"
    for method, status in ((m, s) for m, s in facts.statuses.items() if s not in _PASSING):
        if method not in control:
            found.setdefault(("redirect", method), f"{method} is not redirected")
        if method in ("HEAD", "OPTIONS"):
            found[f"{method} status", method] = f"{method} {status}"
    for method, cell in path.cells.items():
        if cell.unsupported and cell.observed and cell.status is not None and not 300 <= cell.status < 400:
            found["refusal status", method] = f"{method} {cell.status}"
    for method, allow in facts.allow.items():
        kept = sorted(set(allow.methods) - IMPLICIT, key=method_order)
        found["Allow", method] = f"{method} says Allow: {', '.join(kept) or '(empty)'}"
    return found


def _shared(seen: list[_Aspects]) -> list[tuple[str, str]]:
    """What was seen everywhere: an environment in which something was not asked cannot disagree about it."""
    common = set.intersection(*(set(s) for s in seen)) if seen else set()
    return sorted(common, key=lambda a: (a[0], method_order(a[1])))


def _occurrence(path: PathView, seen: _Aspects, differing: list[tuple[str, str]]) -> Occurrence:
    exchanges = tuple(i for _, m in differing for i in path.exchange(m)) or tuple(path.facts.exchanges.values())
    return Occurrence(path.environment.name, "", tuple(dict.fromkeys(exchanges)), ", ".join(seen[a] for a in differing))


RULE = Rule(
    id="environments-disagree",
    title="Environments answer the same path differently",
    severity=Severity.INFO,
    scope="path",
    source="RFC 9110 §9.3.7, §10.2.1, §15.4, §15.5",
    explanation="As far as it is known, the environments support the same methods of the path, but they refuse, "
                "redirect, authenticate or answer HEAD and OPTIONS in their own way. What was tested in one is not "
                "quite what runs in the next.",
    root_causes=(
        Cause(Confidence.HIGH, "Another gateway, or other settings of the same one, stands in front of the "
                               "environments.", Side.GATEWAY),
        Cause(Confidence.MEDIUM, "The builds, or the versions of the framework, differ.", Side.SERVICE),
        Cause(Confidence.LOW, "A setting such as debug mode changes how errors are answered.", Side.SERVICE),
    ),
    diagnosis="Only environments audited to the end are compared, and only what was asked in all of them.",
    fixes=(
        Fix(Side.GATEWAY, "medium", "Use one gateway configuration for all environments, differences as variables."),
        Fix(Side.SERVICE, "easy", "Promote the same build with the same settings of framework and middleware."),
    ),
    prevention="Keep gateway configuration beside the service's code, and promote both together.",
    # An environment that another rule finds at fault on this path is told there; the others are compared.
    silenced_by=(
        "allow-wrong", "answers-vary", "base-path-wrong", "environment-redirects", "path-missing",
        "redirect-changes-method", "redirect-on-path", "wrong-refusal-status",
    ),
    compares=True,
    check=check,
)  # fmt: skip
