"""documented-method-missing: the description promises a method that the environment does not support."""

from __future__ import annotations

from collections.abc import Iterator

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
from auditor.differ.view import CellView, View
from auditor.model.finding import Confidence, Fix, RootCause, Severity, Side


def check(view: View) -> Iterator[Found]:
    for cells in view.cells():
        missing = [c for c in cells if c.documented and c.unsupported]
        if not missing:
            continue
        first = missing[0]
        occurrences = tuple(occurrence(c) for c in missing)
        who = f"{names(missing)} {verb(len(missing), 'does', 'do')} not support it"
        yield Found(
            path=first.path.template,
            methods=(first.method,),
            title=f"{first.name} is documented, but {who}",
            symptom=f"{first.name} is documented, but {who}{detailed(occurrences)}.",
            diagnosis=reasoning(missing),
            confidence=confidence(missing),
            occurrences=occurrences,
            cause=drift_cause(RULE.id, missing),
            root_causes=_root_causes(missing, view.everywhere(first)),
            fixes=(Fix(Side.CONTRACT, "easy", f"{place(first.location)}: deprecate the operation and then take it out, "
                                              "if the method is gone for good."),),
            location=first.location,
            owner=first.owner,
        )  # fmt: skip


def _root_causes(missing: list[CellView], everywhere: tuple[CellView, ...]) -> tuple[RootCause, ...]:
    """Ranked by what the other environments show."""
    supported = [c for c in everywhere if c.supported]
    where, there = names(missing), names(supported)
    first = "No environment was seen to support it: the description is ahead of the service, or the method was removed."
    if supported:
        first = f"{where} {verb(len(missing), 'runs', 'run')} another build or other settings than {there}"
        first += f"{_builds(missing, supported)}, which {verb(len(supported), 'supports', 'support')} the method."
    ranked = [RootCause(Confidence.HIGH, first)]
    if any(c.operation and c.operation.deprecated for c in missing):
        ranked.append(RootCause(Confidence.HIGH, "The operation is marked deprecated: the removal may be meant."))
    spelling = "The framework registers the method under another spelling of the path, such as one with a final slash."
    ranked += [_gateway(missing, supported), RootCause(Confidence.LOW, spelling)]
    return tuple(sorted(ranked, key=lambda c: c.likelihood.rank))


def _builds(missing: list[CellView], supported: list[CellView]) -> str:
    here, there = missing[0].environment.facts.build, supported[0].environment.facts.build
    return f" (build {here}, not {there})" if here and there and here != there else ""


def _gateway(missing: list[CellView], supported: list[CellView]) -> RootCause:
    """A gateway is less likely where the same software answers as in the environments that support the method."""
    text = f"A gateway or firewall in front of {names(missing)} refuses the method"
    everywhere = blanket(missing)
    if everywhere:
        none = f"{missing[0].method} is supported on none of the {counted(everywhere, 'path')} that document it there"
        return RootCause(Confidence.HIGH, f"{text}: {none}.")
    here, there = ({c.path.facts.responder for c in cells} - {""} for cells in (missing, supported))
    if here & there:
        return RootCause(Confidence.LOW, f"{text}, though {listed(sorted(here & there))} answers in both.")
    who = f": {listed(sorted(here))} answers here, and {listed(sorted(there))} there" if here and there else ""
    return RootCause(Confidence.MEDIUM, f"{text}{who}.")


RULE = Rule(
    id="documented-method-missing",
    title="A documented method is not supported",
    severity=Severity.ERROR,
    scope="cell",
    source="OpenAPI Path Item Object; RFC 9110 §15.5.6",
    explanation="The description lists an operation, and the path exists, but the environment refuses this method just "
                "as it refuses one that nobody implements. Callers who rely on the description fail.",
    root_causes=(
        RootCause(Confidence.HIGH, "The environment runs a build that does not have the method yet, or no longer."),
        RootCause(Confidence.MEDIUM, "A gateway or firewall refuses the method before the service sees it."),
    ),
    diagnosis="The answer is compared with the same path and a method that nobody implements, and with an unknown "
              "sibling path and the same method; or an Allow decides that calibration found honest.",
    fixes=(
        Fix(Side.SERVICE, "medium", "Route the method again, or deploy the build that has it."),
        Fix(Side.GATEWAY, "easy", "Let the method pass, if something in front of the service refuses it."),
    ),
    prevention="Gate each promotion on this audit, and test the service's route table against the description.",
    silenced_by=("base-path-wrong", "path-missing"),
    check=check,
)  # fmt: skip
