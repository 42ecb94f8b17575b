"""sunset-passed: the day that a Sunset field names is over, and the operation is still served."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from auditor.differ.catalogue import Found, Rule
from auditor.differ.evidence import cause, counted, detailed, names, verb
from auditor.differ.likely import Cause
from auditor.differ.view import CellView, View
from auditor.model.fact import Lifecycle
from auditor.model.finding import Confidence, Fix, Occurrence, Severity, Side


def check(view: View) -> Iterator[Found]:
    for cells in view.cells():
        found = [(c, s) for c in cells for s in [_over(c)] if s is not None]
        if not found:
            continue
        late = [c for c, _ in found]
        first = late[0]
        occurrences = tuple(_occurrence(c, s) for c, s in found)
        dates = dict.fromkeys((s.sunset or "")[:10] for _, s in found)
        yield Found(
            path=first.path.template,
            methods=(first.method,),
            title=f"{first.name} is past its Sunset, but {names(late)} still {verb(len(late), 'serves', 'serve')} it",
            symptom=f"{first.name} says of itself that it ends, and {names(late)} "
                    f"{verb(len(late), 'serves', 'serve')} it after that{detailed(occurrences)}.",
            diagnosis="Sunset is held against the time at which the operation was asked, by the clock of the audit.",
            confidence=Confidence.HIGH,
            occurrences=occurrences,
            cause=f"{cause(RULE.id, (c.environment.name for c in late))}:{','.join(dates)}",
            location=first.location,
            owner=first.owner,
        )  # fmt: skip


def _over(cell: CellView) -> Lifecycle | None:
    """What it said of itself, where that day is over and it answered with success all the same."""
    said = cell.path.facts.lifecycle.get(cell.method)
    if said is None or said.sunset is None or not cell.documented or not cell.supported:
        return None
    return said if 200 <= said.status < 300 and said.sunset < said.at else None


def _occurrence(cell: CellView, said: Lifecycle) -> Occurrence:
    sunset = said.sunset or ""
    days = (datetime.fromisoformat(said.at) - datetime.fromisoformat(sunset)).days
    ago = f"{counted(days, 'day')} before" if days else "earlier on the day"
    detail = f"Sunset {sunset[:10]}, {ago} it was asked and answered {said.status}"
    return Occurrence(cell.environment.name, cell.method, (said.exchange,), detail)


RULE = Rule(
    id="sunset-passed",
    title="An operation is served after its Sunset",
    severity=Severity.WARNING,
    scope="cell",
    source="RFC 8594 §3",
    explanation="The answer carries a Sunset field whose date is over: by its own word the resource should not answer "
                "any more. Clients that moved in time did so for nothing, the others learn that dates do not matter.",
    root_causes=(
        Cause(Confidence.HIGH, "The removal was planned and not done, or not deployed here.", Side.SERVICE),
        Cause(Confidence.MEDIUM, "The date was put off, and the field was not changed with it.", Side.SERVICE),
        Cause(Confidence.LOW, "A gateway adds the field to all answers of a version, also to what stays.",
              Side.GATEWAY),
    ),
    diagnosis="Sunset is read as an HTTP-date in one of its three forms; anything else is left alone. The answer must "
              "be a success.",
    fixes=(
        Fix(Side.SERVICE, "medium", "Remove the operation: answer 410, or redirect to what replaces it."),
        Fix(Side.SERVICE, "easy", "Send the new date, if it was put off, and tell those who call."),
        Fix(Side.CONTRACT, "easy", "Take the operation out of the description when it is gone."),
    ),
    prevention="Keep the dates of removals in the release plan, and fail the build when one has passed.",
    silenced_by=("base-path-wrong",),
    check=check,
)  # fmt: skip
