"""preflight-promises-too-much: the preflight allows a method that is then refused."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.differ.catalogue import Found, Rule
from auditor.differ.evidence import cause, confidence, controls, counted, detailed, listed, names, verb
from auditor.differ.likely import Cause, high, low
from auditor.differ.view import CellView, EnvironmentView, PathView, View
from auditor.model.fact import FixedPreflight
from auditor.model.finding import Confidence, Fix, Occurrence, Severity, Side
from auditor.model.methods import is_safe, method_order

MAX_SHOWN = 12
"""Methods of a list that are shown."""


def check(view: View) -> Iterator[Found]:
    """An answer that is fixed is told once for its environments; else path by path."""
    fixed = [(e, f, cells) for e in view.environments if (f := e.facts.preflight) and (cells := _refused_by_all(e, f))]
    if fixed:
        yield _blanket(fixed)
    for places in view.paths():
        told = [(p, cells) for p in places if p.environment.facts.preflight is None and (cells := _refused(p))]
        if told:
            yield _on_path(told)


# --- one answer for everything ----------------------------------------------------------------------------------------


def _blanket(fixed: list[tuple[EnvironmentView, FixedPreflight, list[CellView]]]) -> Found:
    environment, first, _ = fixed[0]
    cells = [c for _, _, found in fixed for c in found]
    methods = _methods(cells)
    where = listed(e.name for e, _, _ in fixed)
    occurrences = tuple(
        Occurrence(e.name, "", f.exchanges, f"{_promise(f)}, of which {_count(found)}") for e, f, found in fixed
    )
    return Found(
        methods=methods,
        title=f"Preflights in {where} promise {listed(methods)} whatever is asked",
        symptom=f"Preflights in {where} are answered with the same methods whatever is asked{detailed(occurrences)}.",
        diagnosis=f"{controls(environment.found(first.exchanges))} {_why(first)}",
        confidence=confidence(cells),
        occurrences=occurrences,
        cause=cause(RULE.id, (e.name for e, _, _ in fixed)),
        root_causes=(
            high("The CORS layer answers with a fixed list, before any route is looked for.", Side.GATEWAY),
            RULE.root_causes[1],
        ),
    )


def _refused_by_all(environment: EnvironmentView, fixed: FixedPreflight) -> list[CellView]:
    """What it promises and a documented path refuses: any path where the answer depends on none, else those asked."""
    own = environment.paths.values()
    paths = (p for p in own if fixed.any_path or any(f.promised for f in p.facts.preflights))
    return [c for p in paths if _is_open(p) for c in p.cells.values() if c.unsupported and _names(fixed.promised, c)]


def _names(promised: tuple[str, ...], cell: CellView) -> bool:
    """Safe methods are not spoken of: pages send GET and HEAD without asking."""
    return not is_safe(cell.method) and ("*" in promised or cell.method in promised)


def _promise(fixed: FixedPreflight) -> str:
    named = sorted((m for m in fixed.promised if not is_safe(m)), key=method_order)
    return "any method" if "*" in fixed.promised else listed(named)


def _count(cells: list[CellView]) -> str:
    paths = {c.path.key for c in cells}
    return f"{counted(len(paths), 'documented path')} {verb(len(paths), 'refuses', 'refuse')} some, " \
           f"such as {cells[0].name}"  # fmt: skip


def _why(fixed: FixedPreflight) -> str:
    unknown = "a path that does not exist is answered in the same way" if fixed.any_path else ""
    token = "a method that nobody implements is promised, too" if fixed.any_method else ""
    if not fixed.speaks_for_all:
        unknown = "a path that does not exist is sent the same list"
    return f"It says nothing about the path: {' and '.join(filter(None, (unknown, token)))}."


# --- path by path -----------------------------------------------------------------------------------------------------


def _on_path(told: list[tuple[PathView, list[CellView]]]) -> Found:
    path = told[0][0]
    cells = [c for _, found in told for c in found]
    methods = _methods(cells)
    occurrences = tuple(_occurrence(p, found) for p, found in told)
    where = names(p for p, _ in told)
    return Found(
        path=path.template,
        methods=methods,
        title=f"The preflight of {path.template} promises {listed(methods)} in {where}, which it refuses",
        symptom=f"The preflight of {path.template} lets browsers send {listed(methods)} in {where}, and "
                f"{verb(len(methods), 'it is', 'they are')} refused{detailed(occurrences)}.",
        diagnosis=controls(path.environment.found(occurrences[0].exchanges)),
        confidence=confidence(cells),
        occurrences=occurrences,
        cause=f"{cause(RULE.id, (p.environment.name for p, _ in told))}:{_lists(path)}",
        location=path.location,
        owner=path.owner,
    )  # fmt: skip


def _refused(path: PathView) -> list[CellView]:
    promised = tuple(m for p in path.facts.preflights if p.promised for m in p.listed)
    return [c for c in path.cells.values() if c.unsupported and _names(promised, c)] if _is_open(path) else []


def _is_open(path: PathView) -> bool:
    """Documented, and not shadowed: there the methods may belong to another template."""
    return bool(path.items) and path.facts.routed is not False and path.facts.shadowed_by is None


def _occurrence(path: PathView, cells: list[CellView]) -> Occurrence:
    own = [p for p in path.facts.preflights if p.promised and set(p.listed) & {"*", *(c.method for c in cells)}]
    exchanges = (*(p.exchange for p in own[:2]), *(i for c in cells for i in c.cell.exchanges))
    detail = f"{own[0].status}, Access-Control-Allow-Methods: {', '.join(own[0].listed[:MAX_SHOWN])}"
    return Occurrence(path.environment.name, "", tuple(dict.fromkeys(exchanges)), detail)


def _lists(path: PathView) -> str:
    return ",".join(sorted({m for p in path.facts.preflights for m in p.listed}))


def _methods(cells: list[CellView]) -> tuple[str, ...]:
    return tuple(sorted({c.method for c in cells}, key=method_order))


RULE = Rule(
    id="preflight-promises-too-much",
    title="A CORS preflight allows a method that is refused",
    severity=Severity.INFO,
    scope="path",
    source="Fetch, CORS protocol (Access-Control-Allow-Methods)",
    explanation="The answer to a preflight names a method that the path does not support. Pages send it and fail, and "
                "whoever reads the list takes it for what the path can do.",
    root_causes=(
        Cause(Confidence.HIGH, "The methods are listed by hand, per path or per group of paths, and were not taken "
                               "back with the route.", Side.SERVICE),
        low("The method is meant to be there, and its route is missing from this build.", Side.SERVICE),
    ),
    diagnosis="What preflights from `cors_origin` promise is compared with the methods that are not supported. Where "
              "an unknown path, or a method that nobody implements, gets the same answer, that is told once.",
    fixes=(
        Fix(Side.SERVICE, "medium", "Derive the allowed methods from the routes of the path."),
        Fix(Side.GATEWAY, "medium", "Answer preflights per route, or pass them on to the service."),
    ),
    prevention="Generate the CORS configuration from the description, like the routes.",
    silenced_by=("base-path-wrong", "path-missing", "environment-redirects"),
    check=check,
)  # fmt: skip
