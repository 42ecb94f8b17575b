"""path-missing: the path itself is not routed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from auditor.differ.boundary import right_behind
from auditor.differ.catalogue import Found, Rule
from auditor.differ.evidence import (
    cause,
    confidence,
    controls,
    detailed,
    listed,
    names,
    path_answer,
    place,
    verb,
)
from auditor.differ.likely import Cause, foreign, high, low, medium, other_builds, ranked, same_build
from auditor.differ.near import cause as near_cause
from auditor.differ.near import exchanges as near_exchanges
from auditor.differ.near import fixes as did_you_mean
from auditor.differ.near import question
from auditor.differ.view import CellView, PathView, View
from auditor.model.cell import Basis
from auditor.model.finding import Confidence, Fix, Occurrence, RootCause, Severity, Side


def check(view: View) -> Iterator[Found]:
    for places in view.paths():
        missing = [p for p in places if _is_missing(p)]
        if not missing:
            hidden = [
                (p, inner) for p in places if _is_open(p) for inner in right_behind(view, p) if _is_missing(inner)
            ]
            if hidden:
                yield _behind(hidden)
            continue
        first = missing[0]
        cells = [c for p in missing for c in p.documented]
        occurrences = tuple(_occurrence(p) for p in missing)
        methods = tuple(dict.fromkeys(m for p in missing for m in p.methods))
        yield Found(
            path=first.template,
            methods=methods,
            title=f"{first.template} is documented, but {names(missing)} {_lack(missing)} no such path",
            symptom=f"{first.template} is documented with {listed(methods)}, but {names(missing)} {_lack(missing)} no "
                    f"such path{detailed(occurrences)}. {question(missing)}".rstrip(),
            diagnosis=_diagnosis(missing),
            confidence=confidence(cells),
            occurrences=occurrences,
            cause=cause(RULE.id, (p.environment.name for p in missing)),
            root_causes=_root_causes(missing, [p for p in places if _has(p)], view),
            fixes=(*did_you_mean(missing), *_contract_fix(first)),
            location=first.location,
            owner=first.owner,
        )  # fmt: skip


def _behind(hidden: list[tuple[PathView, PathView]]) -> Found:
    """The edge does not show it, and what stands right behind the edge has no such path (DESIGN §3, layers)."""
    path = hidden[0][0]
    behind = names(i for _, i in hidden)
    edges = names(p for p, _ in hidden)
    lack = verb(len(hidden), "has", "have")
    return Found(
        path=path.template,
        methods=path.methods,
        title=f"{path.template} is documented, but {behind}, behind {edges}, {lack} no such path",
        symptom=f"{path.template} is documented with {listed(path.methods)}. Asked directly, {behind} {lack} no such "
                f"path; what {edges} {verb(len(hidden), 'answers', 'answer')} shows nothing of it.",
        diagnosis=_diagnosis([i for _, i in hidden]),
        confidence=Confidence.MEDIUM,
        occurrences=tuple(replace(_occurrence(i), environment=p.environment.name,
                                  detail=f"not judged at the edge; {i.environment.name}: {path_answer(i)}")
                          for p, i in hidden),
        cause=cause(RULE.id, (p.environment.name for p, _ in hidden)),
        root_causes=(*_UNSEEN, low("The gateway takes the path to another service than the one that was asked.",
                                   Side.GATEWAY)),
        fixes=_contract_fix(path),
        location=path.location,
        owner=path.owner,
    )  # fmt: skip


def _is_open(path: PathView) -> bool:
    """Documented, and nothing decided of it."""
    return bool(path.documented) and not any(c.decided for c in path.documented)


def _contract_fix(path: PathView) -> tuple[Fix, ...]:
    return (Fix(Side.CONTRACT, "easy", f"{place(path.location)}: take the path out, if it is gone for good."),)


def _is_missing(path: PathView) -> bool:
    """Not routed, and no documented method is supported or open."""
    cells = path.documented
    return path.facts.routed is False and bool(cells) and all(c.unsupported for c in cells)


def _least_sure(path: PathView) -> CellView:
    """The cell whose reasoning covers the others: that of a method which was not sent."""
    return max(path.documented, key=lambda c: list(Basis).index(c.cell.basis or Basis.OBSERVED))


def _diagnosis(missing: list[PathView]) -> str:
    """Why, what was compared, and which of the methods nobody sent: the others were."""
    whys: dict[str, list[str]] = {}
    for p in missing:
        whys.setdefault(_least_sure(p).cell.why.rstrip("."), []).append(p.environment.name)
    text = " ".join(f"{listed(where)}: {why}." for why, where in whys.items() if why)
    unsent: dict[str, list[str]] = {}
    for p in missing:
        left = [c.method for c in p.documented if c.method not in p.facts.exchanges and not c.observed]
        what = f"{listed(left)} {verb(len(left), 'was', 'were')} not sent"
        if left:
            unsent.setdefault(what, []).append(p.environment.name)
    open_ = "; ".join(f"{what} in {listed(where)}" for what, where in unsent.items())
    settles = f"{open_}: the server's route table would settle it." if open_ else ""
    return " ".join(filter(None, (text, controls(_least_sure(missing[0]).exchanges), settles)))


def _lack(missing: list[PathView]) -> str:
    return verb(len(missing), "has", "have")


def _occurrence(path: PathView) -> Occurrence:
    exchanges = tuple(dict.fromkeys([*(i for c in path.documented for i in c.cell.exchanges), *near_exchanges(path)]))
    return Occurrence(path.environment.name, "", exchanges, path_answer(path))


def _has(path: PathView) -> bool:
    return path.facts.routed is True or any(c.supported for c in path.documented)


_UNSEEN = (
    high("No audited environment was seen to have the path: the description is ahead of the service, or kept a path "
         "that was removed.", Side.CONTRACT),
    medium("The path is spelled differently in the code: another prefix, plural or version.", Side.SERVICE),
)  # fmt: skip


def _root_causes(missing: list[PathView], having: list[PathView], view: View) -> tuple[RootCause, ...]:
    """Ranked by whether another environment has the path, and by who answers for it here."""
    misspelt = near_cause(missing)
    if misspelt is not None and not having:
        return misspelt, low("The path is gone from the service, and what is near to it is another one.", Side.CONTRACT)
    if not having:
        if all(any(_is_missing(i) for i in right_behind(view, p)) for p in missing):
            return _UNSEEN  # no gateway hides what the layers behind do not have either
        return (*_UNSEEN, low(f"A gateway in front of {names(missing)} does not route the path.", Side.GATEWAY))
    here, there = [p.environment for p in missing], [p.environment for p in having]
    who = f"{names(having)} {verb(len(having), 'has', 'have')} the path"
    runs = verb(len(missing), "runs", "run")
    build = f"{names(missing)} {runs} another build than {names(having)}{other_builds(here, there)}, and {who}."
    switch, gateway = (c.text.rstrip(".") for c in RULE.root_causes[1:])
    unlike = next(filter(None, (_unlike(p) for p in missing)), "")
    by_gateway = high(f"{gateway}: {unlike}.", Side.GATEWAY) if unlike else medium(f"{gateway}.", Side.GATEWAY)
    same = same_build(here, there)
    if same:
        first = high(f"{switch}: {who} with the same build {same}.", Side.SERVICE)
        return ranked(first, by_gateway)
    if unlike:
        return by_gateway, medium(build, Side.SERVICE), medium(f"{switch}.", Side.SERVICE)
    return high(build, Side.SERVICE), medium(f"{switch}.", Side.SERVICE), by_gateway


def _unlike(path: PathView) -> str:
    """In which way the answer for the path is none of the service's; see likely.foreign."""
    found = path.environment.found(path.facts.exchanges.values())
    return next(filter(None, (foreign(path.environment, e.answer) for e in found if e.answer)), "")


RULE = Rule(
    id="path-missing",
    title="A documented path is not routed",
    severity=Severity.ERROR,
    scope="path",
    source="OpenAPI Paths Object; RFC 9110 §15.5.5",
    explanation="Whatever safe method was sent, the path answered exactly like an unknown sibling. All its documented "
                "methods are missing with it, and are told in this one finding.",
    root_causes=(
        Cause(Confidence.HIGH, "The environment runs a build that does not have the path yet, or no longer.",
              Side.SERVICE),
        Cause(Confidence.MEDIUM, "A feature switch, or a module that is not loaded here, owns the path.", Side.SERVICE),
        Cause(Confidence.MEDIUM, "The gateway of this environment does not route it.", Side.GATEWAY),
    ),
    diagnosis="A method that nobody implements, and GET where it may be sent, are compared on the path and on an "
              "unknown sibling, also with a slash at the end: if all are alike, nothing is routed there. No "
              "state-changing method is sent for this. Where GET is documented, up to five near spellings of the path "
              "are asked, too: plural, slash, case, dash, version.",
    fixes=(
        Fix(Side.SERVICE, "medium", "Deploy the build, or load the module, that registers the path."),
        Fix(Side.GATEWAY, "easy", "Add the route, if the service behind the gateway has it."),
    ),
    prevention="Start the service in its tests and compare its route table with the description.",
    silenced_by=("base-path-wrong", "gateway-blocks-method"),
    check=check,
)  # fmt: skip
