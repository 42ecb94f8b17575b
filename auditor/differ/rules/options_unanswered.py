"""options-unanswered: the path is routed, and OPTIONS on it is refused."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.differ.catalogue import Found, Rule
from auditor.differ.evidence import cause, counted, detailed, listed
from auditor.differ.likely import Cause
from auditor.differ.view import EnvironmentView, PathView, View
from auditor.model.finding import Confidence, Fix, Occurrence, Severity, Side

_PASSING = (502, 503, 504)


def check(view: View) -> Iterator[Found]:
    refusing = [(e, paths) for e in view.environments if (paths := [p for p in _asked(e) if _refused(p)])]
    if not refusing:
        return
    occurrences = tuple(_occurrence(e, paths) for e, paths in refusing)
    names = listed(e.name for e, _ in refusing)
    yield Found(
        methods=("OPTIONS",),
        title=f"OPTIONS is refused in {names} on paths that exist",
        symptom=f"OPTIONS is refused in {names}{detailed(occurrences)}.",
        diagnosis=" ".join(filter(None, (RULE.diagnosis, *(_preflights(e) for e, _ in refusing)))),
        confidence=Confidence.HIGH,
        occurrences=occurrences,
        cause=cause(RULE.id, (e.name for e, _ in refusing)),
    )


def _asked(environment: EnvironmentView) -> list[PathView]:
    """A documented OPTIONS has a cell, and is another rule's."""
    routed = (p for p in environment.paths.values() if p.items and p.facts.routed)
    return [p for p in routed if "OPTIONS" in p.facts.statuses and p.operation("OPTIONS") is None]


def _refused(path: PathView) -> bool:
    status = path.facts.statuses["OPTIONS"]
    if status in (404, 410):
        # Where the object may be missing, the 404 may be right.
        return not path.is_templated or 200 <= path.facts.statuses.get("GET", 0) < 300
    return status == 405 or (status >= 500 and status not in _PASSING)


def _occurrence(environment: EnvironmentView, refused: list[PathView]) -> Occurrence:
    statuses = listed(sorted({str(p.facts.statuses["OPTIONS"]) for p in refused}))
    where = listed((p.template for p in refused), most=3)
    exchanges = tuple(i for p in refused[:3] for i in p.exchange("OPTIONS"))
    detail = f"{statuses} on {len(refused)} of {counted(len(_asked(environment)), 'path')} asked, {where}"
    return Occurrence(environment.name, "OPTIONS", exchanges, detail)


def _preflights(environment: EnvironmentView) -> str:
    if not any(f.promised for p in environment.paths.values() for f in p.facts.preflights):
        return ""
    return f"CORS preflights are answered in {environment.name}: only OPTIONS without their fields is not."


RULE = Rule(
    id="options-unanswered",
    title="OPTIONS is refused on paths that exist",
    severity=Severity.INFO,
    scope="environment",
    source="RFC 9110 §9.3.7, §10.2.1; Fetch, CORS-preflight fetch",
    explanation="OPTIONS asks what a path supports, at no risk. Where it is refused, clients and gateways cannot learn "
                "it, and pages of other origins can call the path only if something else answers their preflights.",
    root_causes=(
        Cause(Confidence.HIGH, "The router answers OPTIONS only where somebody registered it.", Side.SERVICE),
        Cause(Confidence.MEDIUM, "A gateway's list of methods leaves OPTIONS out.", Side.GATEWAY),
    ),
    diagnosis="The path is seen to be routed, and OPTIONS on it is answered 404, 405 or as a server error.",
    fixes=(
        Fix(Side.SERVICE, "easy", "Turn on the framework's automatic OPTIONS, or answer 204 with Allow for every "
                                  "path."),
        Fix(Side.GATEWAY, "easy", "Let OPTIONS pass, or answer it there with what the route permits."),
    ),
    prevention="Test OPTIONS on one path for a success with Allow; the router answers for the rest.",
    silenced_by=("base-path-wrong", "environment-redirects", "catch-all"),
    check=check,
)  # fmt: skip
