"""wrong-refusal-status: a method that is not supported is refused with something else than 405 or 501."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.differ.catalogue import Found, Rule
from auditor.differ.evidence import cause, details, listed, names, reasoning, seen
from auditor.differ.likely import Cause, high, medium
from auditor.differ.view import CellView, PathView, View
from auditor.model.finding import Confidence, Fix, Occurrence, RootCause, Severity, Side


def check(view: View) -> Iterator[Found]:
    for places in view.paths():
        refused = [(p, cells) for p in places if (cells := _wrongly_refused(p))]
        if not refused:
            continue
        path, cells = refused[0]
        methods = tuple(dict.fromkeys(c.method for _, found in refused for c in found))
        occurrences = tuple(_occurrence(p, found) for p, found in refused)
        statuses = sorted({str(c.status) for _, found in refused for c in found})
        where = names(p for p, _ in refused)
        yield Found(
            path=path.template,
            methods=methods,
            title=f"{path.template} refuses {listed(methods)} with {listed(statuses)} in {where}",
            symptom=f"{listed(methods)} {path.template} is not supported in {where}, and the refusal is "
                    f"{details(occurrences)} in place of 405.",
            diagnosis=reasoning(cells),
            confidence=Confidence.HIGH,
            occurrences=occurrences,
            cause=cause(RULE.id, (*(o.environment for o in occurrences), *statuses)),
            root_causes=_root_causes(statuses),
            location=path.location,
            owner=path.owner,
        )  # fmt: skip


def _wrongly_refused(path: PathView) -> list[CellView]:
    """Undocumented methods only: a documented one that is refused is told by documented-method-missing.

    And only where the path was seen to exist, or its 404 would be right.
    """
    exists = path.facts.routed or any(c.supported for c in path.cells.values())
    if path.facts.routed is False or not exists or not path.items:
        return []
    return [c for c in path.cells.values() if c.unsupported and c.observed and not c.documented and _is_wrong(c.status)]


def _is_wrong(status: int | None) -> bool:
    return status is not None and status not in (405, 501) and not 300 <= status <= 399


def _root_causes(statuses: list[str]) -> tuple[RootCause, ...]:
    """By status: only 404 is the word of a router that knows no better."""
    router, filter_, hides = RULE.root_causes
    if statuses == ["404"]:
        return ()
    if set(statuses) <= {"401", "403"}:
        text = "A gateway, a firewall or an access rule in front of the router refuses the method."
        return high(text, Side.GATEWAY), hides
    if "404" in statuses:
        return high(router.text, Side.SERVICE), high(filter_.text, Side.GATEWAY), hides
    handler = "The handler takes any method, and refuses by looking at the rest of the request."
    return high(filter_.text, Side.GATEWAY), medium(handler, Side.SERVICE)


def _occurrence(path: PathView, cells: list[CellView]) -> Occurrence:
    exchanges = tuple(dict.fromkeys(i for c in cells for i in c.cell.exchanges))
    return Occurrence(path.environment.name, "", exchanges, seen(cells[0]))


RULE = Rule(
    id="wrong-refusal-status",
    title="A method is refused with something else than 405",
    severity=Severity.INFO,
    scope="path",
    source="RFC 9110 §9.1, §15.5.6, §15.6.2",
    explanation="The path exists and does not support the method, but the answer is 404, 400, 403 or even 200. Callers "
                "look for a wrong address or missing rights where the method is at fault, and caches may keep a 404.",
    root_causes=(
        Cause(Confidence.HIGH, "The router matches method and path together and knows only `not found`.", Side.SERVICE),
        Cause(Confidence.MEDIUM, "A fallback handler or a filter in front of the router answers.", Side.GATEWAY),
        RootCause(Confidence.LOW, "The refusal hides on purpose what exists."),
    ),
    diagnosis="The answer equals that to a method nobody implements, or that of an unknown path, while another method "
              "of the same path is routed.",
    fixes=(
        Fix(Side.SERVICE, "easy", "Turn on the router's 405 handling, or add a last route per path that answers 405 "
                                  "with Allow."),
        Fix(Side.GATEWAY, "medium", "Answer 405 with Allow where the gateway refuses methods."),
    ),
    prevention="Test one wrong method on one path for 405 with Allow; the router answers for the rest.",
    silenced_by=("base-path-wrong", "path-missing", "catch-all", "gateway-blocks-method"),
    check=check,
)  # fmt: skip
