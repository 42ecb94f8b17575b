"""path-missing: the path itself is not routed."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.differ.catalogue import Found, Rule
from auditor.differ.evidence import cause, confidence, detailed, listed, names, path_answer, place, reasoning, verb
from auditor.differ.view import CellView, PathView, View
from auditor.model.cell import Basis
from auditor.model.finding import Confidence, Fix, Occurrence, RootCause, Severity, Side


def check(view: View) -> Iterator[Found]:
    for places in view.paths():
        missing = [p for p in places if _is_missing(p)]
        if not missing:
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
                    f"such path{detailed(occurrences)}.",
            diagnosis=reasoning([_least_sure(p) for p in missing]),
            confidence=confidence(cells),
            occurrences=occurrences,
            cause=cause(RULE.id, (p.environment.name for p in missing)),
            root_causes=_root_causes(missing, len(places)),
            fixes=(Fix(Side.CONTRACT, "easy", f"{place(first.location)}: take the path out, if it is gone for good."),),
            location=first.location,
            owner=first.owner,
        )  # fmt: skip


def _is_missing(path: PathView) -> bool:
    """Not routed, and no documented method is supported or open."""
    cells = path.documented
    return path.facts.routed is False and bool(cells) and all(c.unsupported for c in cells)


def _least_sure(path: PathView) -> CellView:
    """The cell whose reasoning covers the others: that of a method which was not sent."""
    return max(path.documented, key=lambda c: list(Basis).index(c.cell.basis or Basis.OBSERVED))


def _lack(missing: list[PathView]) -> str:
    return verb(len(missing), "has", "have")


def _occurrence(path: PathView) -> Occurrence:
    exchanges = tuple(dict.fromkeys(i for c in path.documented for i in c.cell.exchanges))
    return Occurrence(path.environment.name, "", exchanges, path_answer(path))


def _root_causes(missing: list[PathView], known: int) -> tuple[RootCause, ...]:
    if len(missing) < known:
        return ()
    return (
        RootCause(Confidence.HIGH, "No audited environment has the path: the description is ahead of the service, or "
                                   "kept a path that was removed."),
        RootCause(Confidence.MEDIUM, "The path is spelled differently in the code: another prefix, plural or version."),
        RootCause(Confidence.LOW, "A gateway in front of all environments does not route the path."),
    )  # fmt: skip


RULE = Rule(
    id="path-missing",
    title="A documented path is not routed",
    severity=Severity.ERROR,
    scope="path",
    source="OpenAPI Paths Object; RFC 9110 §15.5.5",
    explanation="Whatever safe method is sent, the path answers exactly like an unknown sibling. All its documented "
                "methods are missing with it, and are told in this one finding.",
    root_causes=(
        RootCause(Confidence.HIGH, "This environment runs another build than those that have the path."),
        RootCause(Confidence.MEDIUM, "A feature switch, or a module that is not loaded here, owns the path."),
        RootCause(Confidence.MEDIUM, "The gateway of this environment does not route it."),
    ),
    diagnosis="GET, OPTIONS and a method that nobody implements are compared on the path and on an unknown sibling, "
              "also with a slash at the end: if all are alike, nothing is routed there.",
    fixes=(
        Fix(Side.SERVICE, "medium", "Deploy the build, or load the module, that registers the path."),
        Fix(Side.GATEWAY, "easy", "Add the route, if the service behind the gateway has it."),
    ),
    prevention="Start the service in its tests and compare its route table with the description.",
    silenced_by=("base-path-wrong",),
    check=check,
)  # fmt: skip
