"""undocumented-method-served: the environment supports a method that its description does not know."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.differ.catalogue import Found, Rule
from auditor.differ.evidence import confidence, drift_cause, names, occurrence, place, reasoning, verb
from auditor.differ.likely import Cause, high, never_served, other_builds, same_build
from auditor.differ.view import CellView, View
from auditor.model.finding import Confidence, Fix, RootCause, Severity, Side
from auditor.model.methods import CORE, STATE_CHANGING


def check(view: View) -> Iterator[Found]:
    for cells in view.cells():
        served = [c for c in cells if _is_undocumented(c)]
        if not served:
            continue
        first = served[0]
        occurrences = tuple(occurrence(c) for c in served)
        changing = first.method in STATE_CHANGING
        yield Found(
            path=first.path.template,
            methods=(first.method,),
            title=f"{names(served)} {_verb(served)} {first.name}, which is not documented",
            symptom=f"{first.name} is not documented. "
                    + "; ".join(f"{o.environment}: {o.detail}" for o in occurrences)
                    + ("; it may change state." if changing else "."),
            diagnosis=reasoning(served),
            confidence=confidence(served),
            occurrences=occurrences,
            cause=drift_cause(RULE.id, served),
            severity=Severity.ERROR if changing else Severity.WARNING,
            root_causes=_root_causes(served, view.everywhere(first)),
            fixes=(Fix(Side.CONTRACT, "easy", f"{place(first.path.location)}: add a `{first.method.lower()}` "
                                              "operation, if callers may use it."),),
            location=first.path.location,
            owner=first.path.owner,
        )  # fmt: skip


def _is_undocumented(cell: CellView) -> bool:
    """On a path that a template also matches, the method may belong to the template: nothing is said."""
    shadowed = cell.path.facts.shadowed_by is not None
    return cell.supported and not cell.documented and cell.method in CORE and bool(cell.path.items) and not shadowed


def _verb(served: list[CellView]) -> str:
    return verb(len(served), "supports", "support")


def _root_causes(served: list[CellView], everywhere: tuple[CellView, ...]) -> tuple[RootCause, ...]:
    """An environment that refuses the method on every path says nothing about its build: a gateway would do that."""
    without = [c for c in everywhere if c.unsupported and not never_served(c)]
    if not without:
        return ()
    here, there = ([c.environment for c in cells] for cells in (served, without))
    other = "other settings" if same_build(here, there) else "another build or other settings"
    # What may change state and is not everywhere was hardly meant: documenting it is not the first advice.
    side = Side.SERVICE if served[0].method in STATE_CHANGING else Side.CONTRACT
    return (
        high(f"{names(served)} {verb(len(served), 'runs', 'run')} {other} than {names(without)}"
             f"{other_builds(here, there)}, and the description was not changed with it.", side),
        *RULE.root_causes[1:],
    )  # fmt: skip


RULE = Rule(
    id="undocumented-method-served",
    title="A supported method is not documented",
    severity=Severity.WARNING,
    scope="cell",
    source="OpenAPI Path Item Object",
    explanation="The environment supports a method on a documented path that the description does not list. Nobody "
                "reviews, limits or tests it as part of the contract; it is an error where the method may change "
                "state.",
    root_causes=(
        Cause(Confidence.HIGH, "The method was added to the code, and the description was not changed with it.",
              Side.CONTRACT),
        Cause(Confidence.MEDIUM, "The framework registers more than was asked for: a resource or view set with all "
                                 "its methods, or a handler that does not look at the method.", Side.SERVICE),
        Cause(Confidence.LOW, "A debugging or administration route is enabled here.", Side.SERVICE),
    ),
    diagnosis="The answer differs from that to a method nobody implements and from that of an unknown path; or an "
              "Allow names the method that calibration found honest.",
    fixes=(
        Fix(Side.SERVICE, "easy", "Register only the documented methods of the path."),
        Fix(Side.GATEWAY, "easy", "Refuse the method with 405 in front of the service until it is documented."),
    ),
    prevention="Generate the routes from the description, or fail the build when the route table has more than it.",
    silenced_by=("base-path-wrong",),
    check=check,
)  # fmt: skip
