"""preflight-omits-method: the service supports a method that browsers will not send, since the preflight omits it."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.differ.catalogue import Found, Rule
from auditor.differ.evidence import cause, confidence, controls, counted, detailed, names
from auditor.differ.likely import Cause, high, medium
from auditor.differ.view import CellView, EnvironmentView, View
from auditor.model.fact import Preflight
from auditor.model.finding import Confidence, Fix, Occurrence, RootCause, Severity, Side

_WITHOUT_PREFLIGHT = frozenset({"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"})
"""Content that a page may POST without asking first (Fetch: CORS-safelisted request-header)."""
MAX_SHOWN = 12
"""Methods of a list that are shown."""


def check(view: View) -> Iterator[Found]:
    for cells in view.cells():
        told = [(c, found) for c in cells if (found := _omitted(c)) is not None]
        if not told:
            continue
        cell, preflight = told[0]
        own = [c for c, _ in told]
        occurrences = tuple(_occurrence(c, p) for c, p in told)
        where = names(own)
        yield Found(
            path=cell.path.template,
            methods=(cell.method,),
            title=f"Browsers cannot send {cell.name} in {where}: the preflight omits it",
            symptom=f"{cell.name} is supported in {where}, but the preflight that a browser sends first from "
                    f"{cell.environment.result.environment.cors_origin} does not allow it{detailed(occurrences)}.",
            diagnosis=" ".join(filter(None, (
                controls(cell.environment.found(occurrences[0].exchanges)),
                "The origin itself is let in on this path." if not preflight.admitted else "",
                *dict.fromkeys(_others(c) for c in own),
            ))),
            confidence=confidence(own),
            occurrences=occurrences,
            cause=f"{cause(RULE.id, (c.environment.name for c in own))}:{_key(preflight)}",
            root_causes=_root_causes(preflight, cell.environment),
            location=cell.location,
            owner=cell.owner,
        )  # fmt: skip


def _omitted(cell: CellView) -> Preflight | None:
    """The preflight that shuts out a supported documented method, where the origin is let in for another."""
    asked = cell.path.facts.preflights
    own = next((p for p in asked if p.method == cell.method), None)
    if own is None or own.promised or not cell.supported or not cell.documented:
        return None
    if not any(p.admitted for p in asked) or (cell.method == "POST" and not _is_asked_first(cell)):
        return None
    return own


def _is_asked_first(cell: CellView) -> bool:
    """Whether a POST of every documented kind needs a preflight: forms and plain text need none."""
    body = cell.operation.request_body if cell.operation else None
    return body is not None and bool(body.media_types) and not _WITHOUT_PREFLIGHT & set(body.media_types)


def _occurrence(cell: CellView, preflight: Preflight) -> Occurrence:
    fixed = cell.environment.facts.preflight
    witness = [p.exchange for p in cell.path.facts.preflights if p.admitted and not preflight.admitted]
    exchanges = (preflight.exchange, *witness[:1], *cell.cell.exchanges, *(fixed.exchanges if fixed else ()))
    return Occurrence(cell.environment.name, cell.method, tuple(dict.fromkeys(exchanges)), _said(preflight))


def _said(preflight: Preflight) -> str:
    if not preflight.admitted:
        return f"{preflight.status} without Access-Control-Allow-Origin"
    if preflight.method in preflight.listed or not (preflight.listed or _is_success(preflight)):
        return f"{preflight.status}, where only a success counts"
    if not preflight.listed:
        return f"{preflight.status} without Access-Control-Allow-Methods"
    return f"{preflight.status}, Access-Control-Allow-Methods: {', '.join(preflight.listed[:MAX_SHOWN])}"


def _is_success(preflight: Preflight) -> bool:
    return 200 <= preflight.status < 300


def _others(cell: CellView) -> str:
    """What follows for paths that were not asked, because the answer does not depend on the path."""
    fixed = cell.environment.facts.preflight
    if fixed is None or not fixed.any_path:
        return ""
    others = [
        c for p in cell.environment.paths.values() for c in p.documented
        if c.method == cell.method and not c.unsupported and all(f.method != c.method for f in p.facts.preflights)
    ]  # fmt: skip
    rest = f", so {counted(len(others), 'more documented operation')} will meet it" if others else ""
    return f"In {cell.environment.name} the answer does not depend on the path: an unknown one gets the same{rest}."


def _key(preflight: Preflight) -> str:
    return ",".join(sorted(preflight.listed)) or str(preflight.status)


def _root_causes(preflight: Preflight, environment: EnvironmentView) -> tuple[RootCause, ...]:
    """By what is wrong with the answer: its list, or its status, or that nobody here ever sends a list."""
    configured, unhandled, gate = RULE.root_causes
    lists = any(p.listed for path in environment.paths.values() for p in path.facts.preflights)
    unlisted = bool(preflight.listed) and preflight.method not in preflight.listed
    if unlisted or (lists and (_is_success(preflight) or not preflight.admitted)):
        return ()
    if _is_success(preflight):
        return high(unhandled.text, Side.SERVICE), medium(configured.text, Side.SERVICE)
    if preflight.status in (401, 403, 407):
        return high(gate.text, Side.GATEWAY), medium(unhandled.text, Side.SERVICE)
    return high(unhandled.text, Side.SERVICE), medium(gate.text, Side.GATEWAY)


RULE = Rule(
    id="preflight-omits-method",
    title="A CORS preflight does not allow a method that is supported",
    severity=Severity.WARNING,
    scope="cell",
    source="Fetch, CORS protocol; Fetch, CORS-preflight fetch",
    explanation="Before a page of another origin may send PUT, PATCH, DELETE or JSON, its browser asks with OPTIONS. "
                "This answer lets the configured origin in, but not for this method, so that pages fail with a CORS "
                "error while every other client succeeds.",
    root_causes=(
        Cause(Confidence.HIGH, "The CORS configuration lists methods by hand, or by its default, and this one is not "
                               "among them.", Side.SERVICE),
        Cause(Confidence.MEDIUM, "The CORS fields are added to every answer, but nothing answers preflights as such.",
              Side.SERVICE),
        Cause(Confidence.LOW, "Something that asks for credentials stands in front: preflights never carry any.",
              Side.GATEWAY),
    ),
    diagnosis="A preflight for each documented state-changing method is sent from `cors_origin`, without credentials, "
              "and its answer read as the Fetch standard says. Nothing is said where the origin is let in for no "
              "method at all.",
    fixes=(
        Fix(Side.SERVICE, "easy", "Add the method to the allowed methods of the CORS configuration."),
        Fix(Side.GATEWAY, "easy", "Answer OPTIONS with Access-Control-Request-Method before authentication, with "
                                  "success and the methods of the route."),
    ),
    prevention="Derive the allowed methods from the routes, and test one preflight per documented method.",
    silenced_by=("base-path-wrong", "path-missing", "environment-redirects"),
    check=check,
)  # fmt: skip
