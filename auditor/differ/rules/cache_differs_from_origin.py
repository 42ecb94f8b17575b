"""cache-differs-from-origin: a cache gives callers an answer that the service no longer gives."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.differ.catalogue import Found, Rule
from auditor.differ.evidence import cause, controls, listed, names
from auditor.differ.likely import Cause, high
from auditor.differ.view import PathView, View
from auditor.model.fact import STORED_REFUSALS, Stored
from auditor.model.finding import Confidence, Fix, Occurrence, RootCause, Severity, Side


def check(view: View) -> Iterator[Found]:
    for places in view.paths():
        found = [(p, stale) for p in places if (stale := _stale(p))]
        if not found:
            continue
        path, stale = found[0]
        methods = tuple(dict.fromkeys(s.method for _, some in found for s in some))
        occurrences = tuple(_occurrence(p, some) for p, some in found)
        where, every = names(p for p, _ in found), [s for _, some in found for s in some]
        yield Found(
            path=path.template,
            methods=methods,
            title=f"{listed(methods)} {path.template}: a cache in {where} {_title(every)}",
            symptom="; ".join(f"{p.environment.name}: {s.method} {path.template} is answered {s.status} by a cache "
                              f"({s.by}), and {s.origin_status} by the service itself"
                              for p, some in found for s in some) + _effect(every),
            diagnosis=f"{controls(path.environment.found(occurrences[0].exchanges))} The query parameter is one that "
                      "nobody knows, so that the cache has nothing stored for it; the answer past the cache was the "
                      "same twice, and other paths do not mind the parameter. The audit judges by the service's "
                      "answer.",
            confidence=Confidence.HIGH,
            occurrences=occurrences,
            cause=cause(RULE.id, (o.environment for o in occurrences)),
            root_causes=_root_causes(every),
            location=path.location,
            owner=path.owner,
        )  # fmt: skip


def _stale(path: PathView) -> list[Stored]:
    return [s for s in path.facts.stored if s.origin_status is not None and s.origin_status != s.status]


def _occurrence(path: PathView, stale: list[Stored]) -> Occurrence:
    exchanges = tuple(dict.fromkeys(i for s in stale for i in (s.exchange, *s.origin_exchanges)))
    detail = f"cache {stale[0].status}, service {stale[0].origin_status}"
    return Occurrence(path.environment.name, "", exchanges, detail)


def _title(every: list[Stored]) -> str:
    pairs = {(s.status, s.origin_status) for s in every}
    (stored, origin), *more = sorted(pairs, key=str)
    return "answers otherwise than the service" if more else f"answers {stored}, the service {origin}"


def _effect(every: list[Stored]) -> str:
    refused = {s.status in STORED_REFUSALS for s in every}
    if refused == {True}:
        return ". Callers are refused what the service no longer refuses, until the stored answer expires."
    if refused == {False}:
        return ". Callers get what the service no longer answers, until the stored answer expires."
    return ". Callers get the stored answer until it expires."


def _root_causes(every: list[Stored]) -> tuple[RootCause, ...]:
    """Told with the age, and with what was stored, where that is the same everywhere."""
    then, keeps, key = RULE.root_causes
    ages = [s.age for s in every if s.age is not None]
    old = f"is {ages[0]} s old" if len(every) == 1 and ages else "was stored"
    if all(s.status in STORED_REFUSALS for s in every):
        then = high(f"The refusal {old}: it is from before the deployment that serves the method.", Side.GATEWAY)
    elif ages and len(every) == 1:
        then = high(f"The answer {old}: it is from before the last deployment, and was not purged.", Side.GATEWAY)
    return then, keeps, key


RULE = Rule(
    id="cache-differs-from-origin",
    title="A cache answers otherwise than the service",
    severity=Severity.WARNING,
    scope="path",
    source="RFC 9110 §15.1; RFC 9111 §4, §5.1; RFC 9211",
    explanation="A cache in front of the service answers a documented method with one status, and the service, asked "
                "past the cache, with another. Callers get the old state until the stored answer expires.",
    root_causes=(
        Cause(Confidence.HIGH, "The answer was stored before the last deployment and was not purged with it.",
              Side.GATEWAY),
        Cause(Confidence.MEDIUM, "The cache keeps such answers for a fixed time, whatever the service says.",
              Side.GATEWAY),
        Cause(Confidence.LOW, "The cache keys by less than the service looks at: a stored answer belongs to another "
                              "caller or host.", Side.GATEWAY),
    ),
    diagnosis="The first answer carries the mark of a cache's store; asked twice more with a query parameter that "
              "nobody knows, the service itself answered otherwise, while unknown paths and another working path took "
              "no notice of such a parameter.",
    fixes=(
        Fix(Side.GATEWAY, "easy", "Purge the path from the cache (an invalidation at the CDN, a ban in Varnish, the "
                                  "entry's file in nginx)."),
        Fix(Side.GATEWAY, "medium", "Let the cache honour Cache-Control, and keep refusals for seconds at the most."),
        Fix(Side.SERVICE, "easy", "Send `Cache-Control: no-store` with refusals, and a short max-age with the rest."),
    ),
    prevention="Purge the cache as a step of each deployment, then run this audit.",
    silenced_by=("base-path-wrong",),
    check=check,
)  # fmt: skip
