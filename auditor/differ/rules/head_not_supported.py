"""head-not-supported: GET is served, and HEAD on the same path is refused."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.differ.catalogue import Found, Rule
from auditor.differ.evidence import cause, controls, counted, detailed, listed
from auditor.differ.likely import Cause, foreign, high, medium
from auditor.differ.view import EnvironmentView, PathView, View
from auditor.model.finding import Confidence, Fix, Occurrence, RootCause, Severity, Side


def check(view: View) -> Iterator[Found]:
    refusing = [(e, paths) for e in view.environments if (paths := _refused(e))]
    if not refusing:
        return
    occurrences = tuple(_occurrence(e, paths) for e, paths in refusing)
    names = listed(e.name for e, _ in refusing)
    yield Found(
        methods=("HEAD",),
        title=f"HEAD is refused in {names} where GET is served",
        symptom=f"GET is answered with success in {names}, and HEAD on the same path is refused"
                f"{detailed(occurrences)}.",
        diagnosis=f"{controls(refusing[0][0].found(occurrences[0].exchanges))} Three paths are asked, and the others "
                  "only where these disagree.",
        confidence=Confidence.HIGH,
        occurrences=occurrences,
        cause=cause(RULE.id, (e.name for e, _ in refusing)),
        root_causes=_root_causes(refusing),
    )  # fmt: skip


def _refused(environment: EnvironmentView) -> list[PathView]:
    return [p for p in environment.paths.values() if p.items and p.facts.head is not None and p.facts.head.refused]


def _occurrence(environment: EnvironmentView, refused: list[PathView]) -> Occurrence:
    heads = [p.facts.head for p in refused if p.facts.head is not None]
    asked = sum(p.facts.head is not None for p in environment.paths.values())
    statuses = listed(sorted({str(h.status) for h in heads}))
    exchanges = tuple(dict.fromkeys(i for h in heads[:2] for i in h.exchanges))
    where = listed((p.template for p in refused), most=3)
    detail = f"{statuses} on {len(refused)} of {counted(asked, 'path')} asked, {where}"
    return Occurrence(environment.name, "HEAD", exchanges, detail)


def _root_causes(refusing: list[tuple[EnvironmentView, list[PathView]]]) -> tuple[RootCause, ...]:
    """A gateway comes first where the refusal does not look like the service's own answers."""
    heads = ((e, p.facts.head) for e, paths in refusing for p in paths)
    sent = ((e, x.answer) for e, h in heads if h for x in e.found(h.exchanges[:1]))
    unlike = next(filter(None, (foreign(e, a) for e, a in sent if a)), "")
    if not unlike:
        return ()
    router, gateway = RULE.root_causes
    return high(f"{gateway.text.rstrip('.')}: {unlike}.", Side.GATEWAY), medium(router.text, Side.SERVICE)


RULE = Rule(
    id="head-not-supported",
    title="HEAD is refused where GET is served",
    severity=Severity.INFO,
    scope="environment",
    source="RFC 9110 §9.1, §9.3.2",
    explanation="Every general-purpose server must support GET and HEAD. Link checkers, load balancers, download "
                "managers and caches ask HEAD, and take the path for broken where GET alone is served.",
    root_causes=(
        Cause(Confidence.HIGH, "The router registers GET alone and does not derive HEAD from it.", Side.SERVICE),
        Cause(Confidence.MEDIUM, "A gateway's list of methods leaves HEAD out.", Side.GATEWAY),
    ),
    diagnosis="HEAD is sent to paths whose GET is answered with success and which do not document HEAD: 405 and 501 "
              "refuse it, and a 404 where HEAD on an unknown path gets it, too.",
    fixes=(
        Fix(Side.SERVICE, "easy", "Register HEAD beside GET, or turn on the framework's own HEAD: the answer of GET "
                                  "without its content."),
        Fix(Side.GATEWAY, "easy", "Let HEAD pass wherever GET may."),
    ),
    prevention="Test HEAD on one path for the status of its GET; the router answers for the rest.",
    silenced_by=("base-path-wrong", "environment-redirects"),
    check=check,
)  # fmt: skip
