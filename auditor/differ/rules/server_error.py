"""server-error: a documented safe operation answers 5xx."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.differ.catalogue import Found, Rule
from auditor.differ.evidence import cause, detailed, listed, names, reasoning, verb
from auditor.differ.likely import Cause, high, medium, other_builds, ranked, same_build
from auditor.differ.view import CellView, View
from auditor.model.finding import Confidence, Fix, Occurrence, RootCause, Severity, Side
from auditor.model.methods import is_safe

_NOT_OURS = frozenset({501, 502, 503, 504})
"""501 refuses the method; 502, 503 and 504 come from a gateway, or say that it is not the time to ask."""


def check(view: View) -> Iterator[Found]:
    for cells in view.cells():
        failing = [c for c in cells if _fails(c)]
        if not failing:
            continue
        first = failing[0]
        occurrences = tuple(
            Occurrence(c.environment.name, c.method, _own_first(c), f"answers {c.status}") for c in failing
        )
        made_up = [c for c in failing if _made_up(c)]
        yield Found(
            path=first.path.template,
            methods=(first.method,),
            title=f"{first.name} fails in {names(failing)}",
            symptom=f"{first.name} fails in {names(failing)}{detailed(occurrences)}, though it is a safe method, asked "
                    "as documented.",
            diagnosis=f"{reasoning(failing)} {_values(first)}".strip(),
            confidence=Confidence.MEDIUM if made_up else Confidence.HIGH,
            severity=Severity.WARNING if len(made_up) == len(failing) else None,
            occurrences=occurrences,
            cause=cause(RULE.id, (f"{c.environment.name}/{c.status}" for c in failing)),
            root_causes=_root_causes(failing, view.everywhere(first)),
            location=first.location,
            owner=first.owner,
        )  # fmt: skip


def _root_causes(failing: list[CellView], everywhere: tuple[CellView, ...]) -> tuple[RootCause, ...]:
    """What works elsewhere with the same request fails for a reason of this environment."""
    raises, missing, value = RULE.root_causes
    fine = [c for c in everywhere if c.supported and c.status is not None and 200 <= c.status < 300]
    if not fine:
        return (raises, missing, medium(value.text, Side.SERVICE)) if any(_made_up(c) for c in failing) else ()
    here, there = [c.environment for c in failing], [c.environment for c in fine]
    statuses = listed(dict.fromkeys(str(c.status) for c in fine))
    why = f"{names(fine)} {verb(len(fine), 'answers', 'answer')} it with {statuses}"
    build = f"The build of {names(failing)} has a fault that {names(fine)} did not show{other_builds(here, there)}."
    return ranked(
        high(f"Something behind the service is missing in {names(failing)}, such as a table, a queue, a setting or a "
             f"secret: {why}.", Side.SERVICE),
        None if same_build(here, there) else medium(build, Side.SERVICE),
        medium("The object that was asked for is another one here, and the handler raises on its data.", Side.CONTRACT),
    )  # fmt: skip


def _fails(cell: CellView) -> bool:
    operation = cell.operation
    if operation is None or not is_safe(cell.method) or not cell.supported or cell.status is None:
        return False
    filled = not operation.unfilled and cell.method not in cell.path.facts.unfilled
    return filled and 500 <= cell.status <= 599 and cell.status not in _NOT_OURS


def _own_first(cell: CellView) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*cell.path.exchange(cell.method), *cell.cell.exchanges)))


def _made_up(cell: CellView) -> list[str]:
    """Names of the parameters whose value was derived from a schema only: no such object may exist."""
    operation = cell.operation
    values = {**{n: v for i in cell.path.items for n, v in i.values.items()}, **(operation.values if operation else {})}
    return sorted(n for n, v in values.items() if v.source == "schema")


def _values(cell: CellView) -> str:
    invented = _made_up(cell)
    if not invented:
        return "The parameters have values from the description or the configuration."
    return (
        f"The value of {', '.join(invented)} was derived from the schema: an object that does not exist should answer "
        f"404, and a value that is not accepted 400; a documented value would settle it."
    )


RULE = Rule(
    id="server-error",
    title="A documented safe operation fails",
    severity=Severity.ERROR,
    scope="cell",
    source="RFC 9110 §15.6",
    explanation="A safe operation, called as the description says and with its required parameters filled in, answers "
                "500 or another error of the server itself.",
    root_causes=(
        Cause(Confidence.HIGH, "The handler raises on this input: an exception that nobody turns into an answer.",
              Side.SERVICE),
        Cause(Confidence.MEDIUM, "Something behind the service is missing in this environment: a table, a queue, a "
                                 "setting, a secret.", Side.SERVICE),
        Cause(Confidence.LOW, "The value that was sent is of a kind that the handler does not check.", Side.SERVICE),
    ),
    diagnosis="The answer is taken for the service's own: 502, 503 and 504, which gateways send, are left out, and so "
              "are operations whose required parameters could not be filled in.",
    fixes=(
        Fix(Side.SERVICE, "medium", "Repeat the curl line, read the service's log of that moment and handle the case; "
                                    "an unknown object is a 404, a bad value a 400."),
        Fix(Side.CONTRACT, "easy", "Give the parameters an example that exists in every environment."),
    ),
    prevention="Call every safe operation once after each deployment, with the examples of the description.",
    silenced_by=("base-path-wrong",),
    check=check,
)  # fmt: skip
