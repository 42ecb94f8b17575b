"""media-type-decides-method: a documented method is 405 for one documented media type, and routed for another."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.differ.catalogue import Found, Rule
from auditor.differ.evidence import cause, details, listed, names
from auditor.differ.view import CellView, View
from auditor.model.exchange import Exchange, Form
from auditor.model.finding import Confidence, Fix, Occurrence, RootCause, Severity, Side

REFUSED = (405, 501)


def check(view: View) -> Iterator[Found]:
    for cells in view.cells():
        told = [(c, pair) for c in cells if c.documented and (pair := _pair(c)) is not None]
        if not told:
            continue
        cell, (refused, routed) = told[0]
        occurrences = tuple(_occurrence(c, pair) for c, pair in told)
        yield Found(
            path=cell.path.template,
            methods=(cell.method,),
            title=f"{cell.name} is refused for {refused.probe.media_type} in {names(c for c, _ in told)}",
            symptom=f"{cell.name} documents {listed([_type(refused), _type(routed)])}, but {details(occurrences)}.",
            diagnosis=f"The same unfinished request was sent twice, with another media type only: the answer to "
                      f"{_type(refused)} was {refused.status}, that to {_type(routed)} was not a refusal.",
            confidence=Confidence.HIGH,
            occurrences=occurrences,
            cause=cause(RULE.id, (_type(refused), cell.path.template)),
            location=cell.location,
            owner=cell.owner,
        )  # fmt: skip


def _pair(cell: CellView) -> tuple[Exchange, Exchange] | None:
    """The refused probe, and the one with another media type that was not."""
    sent = [e for e in cell.exchanges if e.probe.method == cell.method and e.probe.form is Form.UNFINISHED]
    refused = [e for e in sent if e.status in REFUSED]
    routed = [e for e in sent if e.status not in REFUSED and refused and _type(e) != _type(refused[0])]
    return (refused[0], routed[0]) if refused and routed else None


def _type(exchange: Exchange) -> str:
    return exchange.probe.media_type or "no media type"


def _occurrence(cell: CellView, pair: tuple[Exchange, Exchange]) -> Occurrence:
    refused, routed = pair
    answered = f"answered {routed.status}" if routed.status is not None else "waited for"
    detail = f"{_type(refused)} is answered {refused.status} and {_type(routed)} {answered}"
    return Occurrence(cell.environment.name, cell.method, (refused.id, routed.id), detail)


RULE = Rule(
    id="media-type-decides-method",
    title="A documented method is refused as 405 for one of its media types",
    severity=Severity.WARNING,
    scope="cell",
    source="RFC 9110 §15.5.6, §15.5.16; OpenAPI Request Body Object (content)",
    explanation="The description lists several media types for the content of one operation. Sent with one of them the "
                "method is refused as 405, with another it is routed. 415 is the status for a media type that is not "
                "taken; 405 sends callers looking for a method that is there.",
    root_causes=(
        RootCause(Confidence.HIGH, "The router matches on Content-Type, and falls through to its 405 where no route "
                                   "takes the type."),
        RootCause(Confidence.MEDIUM, "A gateway lets this method pass for certain media types only."),
        RootCause(Confidence.LOW, "The description lists a media type that was never implemented."),
    ),
    diagnosis="Two probes that differ in nothing but the declared media type were answered in two ways.",
    fixes=(
        Fix(Side.SERVICE, "easy", "Route the method for every documented media type, and answer 415 with the types "
                                  "that are taken (Accept-Post, Accept-Patch) for the others."),
        Fix(Side.CONTRACT, "easy", "Take the media type that is refused out of the operation's requestBody.content."),
    ),
    prevention="Test each documented media type of an operation once for a status other than 405.",
    silenced_by=("base-path-wrong", "path-missing"),
    check=check,
)  # fmt: skip
