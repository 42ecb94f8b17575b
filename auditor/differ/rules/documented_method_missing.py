"""documented-method-missing: the description promises a method that the environment does not support."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from auditor.differ.boundary import behind_agree
from auditor.differ.catalogue import Found, Rule
from auditor.differ.evidence import (
    blanket,
    confidence,
    counted,
    detailed,
    drift_cause,
    listed,
    names,
    occurrence,
    place,
    reasoning,
    verb,
)
from auditor.differ.likely import (
    Cause,
    disguise,
    familiar,
    foreign,
    high,
    in_front,
    low,
    medium,
    other_builds,
    ranked,
    refusals,
    same_build,
)
from auditor.differ.near import cause as near_cause
from auditor.differ.near import exchanges as near_exchanges
from auditor.differ.near import fixes as did_you_mean
from auditor.differ.near import question
from auditor.differ.served import lists
from auditor.differ.view import CellView, View
from auditor.model.finding import Confidence, Fix, Occurrence, RootCause, Severity, Side


def check(view: View) -> Iterator[Found]:
    for cells in view.cells():
        missing = [c for c in cells if c.documented and c.unsupported]
        if not missing:
            continue
        first = missing[0]
        paths = [c.path for c in missing if c.method == "GET"]
        occurrences = tuple(_occurrence(c) for c in missing)
        who = f"{names(missing)} {verb(len(missing), 'does', 'do')} not support it"
        yield Found(
            path=first.path.template,
            methods=(first.method,),
            title=f"{first.name} is documented, but {who}",
            symptom=f"{first.name} is documented, but {who}{detailed(occurrences)}. {question(paths)}".rstrip(),
            diagnosis=reasoning(missing),
            confidence=confidence(missing),
            occurrences=occurrences,
            cause=drift_cause(RULE.id, missing),
            root_causes=_root_causes(missing, view.everywhere(first), _behind(view, missing)),
            fixes=(*did_you_mean(paths),
                   Fix(Side.CONTRACT, "easy", f"{place(first.location)}: deprecate the operation and then take it out, "
                                              "if the method is gone for good.")),
            location=first.location,
            owner=first.owner,
        )  # fmt: skip


def _occurrence(cell: CellView) -> Occurrence:
    """With what is served under a near spelling, where GET is answered as on an unknown path."""
    found, beside = occurrence(cell), near_exchanges(cell.path) if cell.method == "GET" else ()
    return replace(found, exchanges=tuple(dict.fromkeys([*found.exchanges, *beside])))


def _behind(view: View, missing: list[CellView]) -> str:
    """`prod-origin, behind it, refuses it, too`: then nothing in front is to blame; empty where no layer says so."""
    agree = [layer.name for c in missing for layer in behind_agree(view, c)]
    return f"{listed(agree)}, asked directly, {verb(len(agree), 'refuses', 'refuse')} it, too" if agree else ""


def _root_causes(missing: list[CellView], everywhere: tuple[CellView, ...], behind: str) -> tuple[RootCause, ...]:
    """Ranked by what the other environments show, and by who answered the refusal."""
    supported = [c for c in everywhere if c.supported]
    meant = any(c.operation and c.operation.deprecated for c in missing)
    signs, own = _signs(missing, supported), _first(familiar(e, a) for e, a in refusals(missing))
    alien = any(foreign(e, a) for e, a in refusals(missing))
    build = _build(missing, supported)
    gateway = f"A gateway or firewall in front of {names(missing)} refuses the method"
    # Where others serve it, dropping it from the description would break their callers: that fix comes last.
    at_home = Side.SERVICE if supported else Side.CONTRACT
    if behind:
        first, second = high(f"{build}: {behind}.", at_home), low(f"{gateway}, as the service does.", Side.GATEWAY)
    elif not signs:
        shared = "" if own else _shared(missing, supported)
        doubt = f", though {own or shared}" if own or shared else ""
        first, second = high(f"{build}.", at_home), (low if doubt else medium)(f"{gateway}{doubt}.", Side.GATEWAY)
    elif alien or (supported and not own):
        first, second = high(f"{gateway}: {'; '.join(signs)}.", Side.GATEWAY), medium(f"{build}.", at_home)
    else:
        against = f"{own}; " if own else ""
        first = high(f"{build}; {against}the next cause is as likely.", at_home)
        second = high(f"{gateway}: {'; '.join(signs)}; the cause before is as likely.", Side.GATEWAY)
    return ranked(
        None if supported else near_cause(c.path for c in missing if c.method == "GET"),
        _own_words(missing), first, second,
        high("The operation is marked deprecated: the removal may be meant.",
             None if supported else Side.CONTRACT) if meant else None,
        low("The framework registers the method under another spelling of the path, such as one with a final slash."),
    )  # fmt: skip


def _own_words(missing: list[CellView]) -> RootCause | None:
    """What the descriptions that the deployments serve say of it; they prove nothing, but whose mistake it is."""
    said = [lists(c.path, c.method) for c in missing]
    its = "their own descriptions do" if len(missing) > 1 else "its own description does"
    if all(listed_ is False for listed_ in said):
        return high(f"The build of {names(missing)} does not have it: {its} not list it either.", Side.SERVICE)
    if all(said):
        return high(f"Something in front of {names(missing)}, or a setting, takes it away: {its} list it.",
                    Side.GATEWAY)  # fmt: skip
    return None


def _signs(missing: list[CellView], supported: list[CellView]) -> list[str]:
    """What points to something in front of the service, one clause each."""
    here, there = ([c.environment for c in cells] for cells in (missing, supported))
    found = [_first(foreign(e, a) for e, a in refusals(missing))]
    if everywhere := blanket(missing):
        none = f"{missing[0].method} is supported on none of the {counted(everywhere, 'path')} that document it there"
        found.append(none)
    if supported and (build := same_build(here, there)):
        found.append(f"{names(supported)} {verb(len(supported), 'supports', 'support')} it with the same build {build}")
    found = [f for f in found if f]
    # A gateway that is there need not be what refuses: alone, that is no sign.
    return [*found, *filter(None, [in_front(here, there)])] if found else []


def _build(missing: list[CellView], supported: list[CellView]) -> str:
    here, there = ([c.environment for c in cells] for cells in (missing, supported))
    if not supported:
        return (
            "No audited environment was seen to support it: the description is ahead of the service, or the method "
            "was removed"
        )
    runs, supports = verb(len(missing), "runs", "run"), verb(len(supported), "supports", "support")
    other = "other settings" if same_build(here, there) else "another build or other settings"
    builds = other_builds(here, there)
    return f"{names(missing)} {runs} {other} than {names(supported)}{builds}, which {supports} the method"


def _shared(missing: list[CellView], supported: list[CellView]) -> str:
    """The software that answers on both sides, if its name is not one that a gateway writes over all answers."""
    here, there = ({c.path.facts.responder for c in cells} - {""} for cells in (missing, supported))
    both = sorted(r for r in here & there if not disguise(r))
    return f"{listed(both)} answers in both" if both else ""


def _first(clauses: Iterable[str]) -> str:
    return next(filter(None, clauses), "")


RULE = Rule(
    id="documented-method-missing",
    title="A documented method is not supported",
    severity=Severity.ERROR,
    scope="cell",
    source="OpenAPI Path Item Object; RFC 9110 §15.5.6",
    explanation="The description lists an operation, but the environment does not support its method: it is refused, "
                "answered like an unknown path, or left out of an Allow that calibration found honest. Callers who "
                "rely on the description fail.",
    root_causes=(
        Cause(Confidence.HIGH, "The environment runs a build that does not have the method yet, or no longer.",
              Side.SERVICE),
        Cause(Confidence.MEDIUM, "A gateway or firewall refuses the method before the service sees it.", Side.GATEWAY),
    ),
    diagnosis="A method that was sent is compared with one that nobody implements on the same path, or with an unknown "
              "sibling path; a method that was not sent is judged by an Allow that calibration found honest, or by its "
              "path.",
    fixes=(
        Fix(Side.SERVICE, "medium", "Route the method again, or deploy the build that has it."),
        Fix(Side.GATEWAY, "easy", "Let the method pass, if something in front of the service refuses it."),
    ),
    prevention="Gate each promotion on this audit, and test the service's route table against the description.",
    silenced_by=("base-path-wrong", "path-missing", "gateway-blocks-method"),
    check=check,
)  # fmt: skip
