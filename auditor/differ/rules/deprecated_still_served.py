"""deprecated-still-served: an operation is deprecated, by its description or by its own answer, and still served."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.differ.catalogue import Found, Rule
from auditor.differ.evidence import cause, detailed, names, place, reasoning, verb
from auditor.differ.likely import Cause, high, medium
from auditor.differ.view import CellView, View
from auditor.model.fact import Lifecycle
from auditor.model.finding import Confidence, Fix, Occurrence, RootCause, Severity, Side


def check(view: View) -> Iterator[Found]:
    for cells in view.cells():
        served = [c for c in cells if c.supported and (_marked(c) or _announced(c))]
        if not served:
            continue
        first = served[0]
        unmarked = [c for c in served if not _marked(c)]
        occurrences = tuple(_occurrence(c) for c in served)
        does = verb(len(served), "serves", "serve")
        yield Found(
            path=first.path.template,
            methods=(first.method,),
            title=f"{first.name} is deprecated, and {names(served)} {does} it" if not unmarked else
                  f"{first.name} announces its deprecation in {names(unmarked)}, which is not documented",
            symptom=f"{first.name} is deprecated {_by(unmarked)}, and {names(served)} {does} it"
                    f"{detailed(occurrences)}.{_unreadable(served)}",
            diagnosis=reasoning(served),
            confidence=Confidence.HIGH,
            occurrences=occurrences,
            cause=_cause(served, unmarked),
            root_causes=_root_causes(unmarked),
            fixes=(_mark(first),) if unmarked else (),
            location=first.location,
            owner=first.owner,
        )  # fmt: skip


def _marked(cell: CellView) -> bool:
    return cell.operation is not None and cell.operation.deprecated


def _announced(cell: CellView) -> Lifecycle | None:
    """What the answer to a documented operation says of its deprecation."""
    said = cell.path.facts.lifecycle.get(cell.method)
    return said if cell.documented and said is not None and _speaks(said) else None


def _speaks(said: Lifecycle) -> bool:
    return bool(said.deprecation) or not said.readable


def _by(unmarked: list[CellView]) -> str:
    return "by its own answer, though not by its description" if unmarked else "by its description"


def _occurrence(cell: CellView) -> Occurrence:
    said = cell.path.facts.lifecycle.get(cell.method)
    details = [f"supported (answers {cell.status})" if cell.status else "supported"]
    ids = cell.cell.exchanges
    if said is not None:
        ids = tuple(dict.fromkeys((said.exchange, *ids)))
        if _speaks(said):
            details.append(f"deprecated since {said.since[:10]}" if said.since and said.since <= said.at else
                           f"deprecated from {said.since[:10]} on" if said.since else
                           f"Deprecation: {said.deprecation or '(empty)'}")  # fmt: skip
        if said.sunset:
            details.append(f"Sunset {said.sunset[:10]}")
    return Occurrence(cell.environment.name, cell.method, ids, ", ".join(details))


def _unreadable(served: list[CellView]) -> str:
    """Where the field is no date: clients cannot act on it."""
    if all(said is None or said.since is not None for said in map(_announced, served)):
        return ""
    return " The value of Deprecation is no date as RFC 9745 writes it (@1688169599), so clients cannot read it."


def _cause(served: list[CellView], unmarked: list[CellView]) -> str:
    """Operations that are given up at one time, or by one description, have one cause: the version they belong to."""
    said = [s for c in served for s in [_announced(c)] if s is not None]
    dates = dict.fromkeys(s.since[:10] if s.since else "field" for s in said)
    what = ",".join(dates) or "description"
    return f"{cause(RULE.id, (c.environment.name for c in served))}:{'unmarked:' if unmarked else ''}{what}"


def _mark(cell: CellView) -> Fix:
    return Fix(Side.CONTRACT, "easy", f"{place(cell.location)}: mark the operation `deprecated: true`.")


def _root_causes(unmarked: list[CellView]) -> tuple[RootCause, ...]:
    if not unmarked:
        return ()
    return (
        high("The deprecation was announced in code or by a gateway, and the description was not changed with it.",
             Side.CONTRACT),
        medium("A middleware or gateway adds the field to more paths than are meant.", Side.GATEWAY),
    )  # fmt: skip


RULE = Rule(
    id="deprecated-still-served",
    title="A deprecated operation is still served",
    severity=Severity.INFO,
    scope="cell",
    source="OpenAPI Operation Object (deprecated); RFC 9745 §2",
    explanation="The description marks an operation as deprecated, or its answer carries a Deprecation field, and the "
                "environment serves it. That is what deprecation means; the list is what is left to remove. Where only "
                "the answer says so, readers of the description do not know.",
    root_causes=(
        Cause(Confidence.HIGH, "Clients still use it, and its end is not planned yet.", Side.CLIENT),
        Cause(Confidence.MEDIUM, "Its removal was forgotten, or is in a build that is not deployed here.",
              Side.SERVICE),
    ),
    diagnosis="The operation is supported. A Deprecation field is read as a date of RFC 9745, or as the drafts before "
              "it had it: true, or an HTTP-date.",
    fixes=(
        Fix(Side.SERVICE, "medium", "Announce the end in a Sunset field (RFC 8594), and remove the operation then."),
        Fix(Side.CLIENT, "medium", "Move to what replaces it."),
    ),
    prevention="Give each deprecation a date when it is made, in the description and in the answer.",
    silenced_by=("base-path-wrong", "sunset-passed"),
    check=check,
)  # fmt: skip
