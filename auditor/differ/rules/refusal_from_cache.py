"""refusal-from-cache: a cache refuses a documented method, and may go on when the service no longer does."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.differ.boundary import right_behind
from auditor.differ.catalogue import Found, Rule
from auditor.differ.evidence import cause, controls, listed, names, seen, verb
from auditor.differ.likely import Cause
from auditor.differ.view import CellView, PathView, View
from auditor.model.fact import STORED_REFUSALS, Stored
from auditor.model.finding import Confidence, Fix, Occurrence, Severity, Side


def check(view: View) -> Iterator[Found]:
    for places in view.paths():
        found = [(p, kept) for p in places if (kept := _refused(p))]
        if not found:
            continue
        path, kept = found[0]
        served = _served_behind(view, found)
        methods = tuple(dict.fromkeys(s.method for _, some in found for s in some))
        occurrences = tuple(_occurrence(p, some) for p, some in found)
        statuses = listed(sorted({str(s.status) for _, some in found for s in some}))
        where = names(p for p, _ in found)
        yield Found(
            path=path.template,
            methods=methods,
            title=f"{listed(methods)} {path.template} {verb(len(methods), 'is', 'are')} refused by a cache in {where} "
                  f"({statuses})",
            symptom=f"{listed(methods)} {path.template} {verb(len(methods), 'is', 'are')} documented, and a cache "
                    f"answers {statuses} in {where}: {listed(dict.fromkeys(s.by for _, some in found for s in some))}. "
                    "When the service serves it, callers may still get the refusal until it expires.",
            diagnosis=f"{controls(path.environment.found(occurrences[0].exchanges))} {_origin(kept, served)}".strip(),
            confidence=Confidence.HIGH,
            occurrences=occurrences,
            cause=cause(RULE.id, (o.environment for o in occurrences)),
            severity=Severity.ERROR if served else None,  # callers are refused what the service has
            location=path.location,
            owner=path.owner,
        )  # fmt: skip


def _served_behind(view: View, found: list[tuple[PathView, list[Stored]]]) -> list[CellView]:
    """What the layers right behind support of what the cache refuses."""
    inner = ((layer, s.method) for p, kept in found for s in kept for layer in right_behind(view, p))
    return [layer.cells[method] for layer, method in inner if method in layer.cells and layer.cells[method].supported]


def _refused(path: PathView) -> list[Stored]:
    """Not where the origin answers otherwise: that is told by cache-differs-from-origin."""
    refused = (s for s in path.facts.stored if s.status in STORED_REFUSALS and s.origin_status in (None, s.status))
    return [s for s in refused if _of_the_method(path, s)]


def _of_the_method(path: PathView, kept: Stored) -> bool:
    """A 404 on a path with a parameter may be rightly stored: it may be the object that does not exist."""
    cell = path.cells.get(kept.method)
    if cell is None or cell.supported:
        return False
    return kept.status in (405, 501) or not path.is_templated or cell.unsupported


def _occurrence(path: PathView, kept: list[Stored]) -> Occurrence:
    exchanges = tuple(dict.fromkeys(i for s in kept for i in (s.exchange, *s.origin_exchanges)))
    return Occurrence(path.environment.name, "", exchanges, f"{kept[0].status}, {kept[0].by}")


def _origin(kept: list[Stored], served: list[CellView]) -> str:
    if served:
        asked = "; ".join(f"{c.environment.name}, asked directly, supports {c.name} ({seen(c)})" for c in served)
        return f"{asked}: purge the cache."
    if all(s.origin_status is not None for s in kept):
        return "Asked past the cache, the service refuses it, too: deploy the method first, then purge."
    return "The service itself could not be asked past the cache; ask it behind the cache."


RULE = Rule(
    id="refusal-from-cache",
    title="A cache refuses a documented method",
    severity=Severity.WARNING,
    scope="path",
    source="RFC 9110 §15.1; RFC 9111 §4.2.2, §5.1; RFC 9211",
    explanation="GET or HEAD is answered 404, 405, 410 or 501 by a cache in front of the service. Caches may store "
                "these though nobody told them to, so that the refusal outlives the deployment that mends it.",
    root_causes=(
        Cause(Confidence.HIGH, "The cache is told to store refusals, or to store everything for a fixed time.",
              Side.GATEWAY),
        Cause(Confidence.MEDIUM, "The service sends its refusals without Cache-Control, so that caches choose how long "
                                 "they keep them.", Side.SERVICE),
    ),
    diagnosis="The answer carries the mark of a cache's store: Age, Cache-Status, X-Cache or the like. Only documented "
              "methods count, and a 404 only where it cannot be that of a missing object.",
    fixes=(
        Fix(Side.GATEWAY, "easy", "Purge the path after each deployment, and keep 404, 405, 410 and 501 for seconds "
                                  "at the most (nginx: proxy_cache_valid; Varnish: beresp.ttl; a CDN's error TTL)."),
        Fix(Side.SERVICE, "easy", "Send `Cache-Control: no-store` with refusals."),
    ),
    prevention="Purge the cache as a step of each deployment, and test a refusal for Cache-Control.",
    silenced_by=("base-path-wrong",),
    check=check,
)  # fmt: skip
