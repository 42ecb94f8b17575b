"""trace-enabled: TRACE sends the request back, with whatever was added to it on the way."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.differ.catalogue import Found, Rule
from auditor.differ.evidence import cause, controls, listed, verb
from auditor.differ.likely import Cause, high
from auditor.differ.view import EnvironmentView, View
from auditor.model.finding import Confidence, Fix, Occurrence, RootCause, Severity, Side


def check(view: View) -> Iterator[Found]:
    echoing = [(e, e.facts.trace) for e in view.environments if e.facts.trace is not None]
    if not echoing:
        return
    first, exchange = echoing[0]
    names = listed(e.name for e, _ in echoing)
    yield Found(
        methods=("TRACE",),
        title=f"TRACE is on in {names}",
        symptom=f"{names} {verb(len(echoing), 'sends', 'send')} a request back as {verb(len(echoing), 'it', 'they')} "
                "got it: whoever sends TRACE reads the fields that proxies and gateways on the way have added.",
        diagnosis=f"{controls(first.found([exchange]))} The content was our own request, with our User-Agent.",
        confidence=Confidence.HIGH,
        occurrences=tuple(Occurrence(e.name, "TRACE", (x,), "200, our request as message/http") for e, x in echoing),
        cause=cause(RULE.id, (e.name for e, _ in echoing)),
        root_causes=_root_causes(e for e, _ in echoing),
    )  # fmt: skip


def _root_causes(echoing: Iterator[EnvironmentView]) -> tuple[RootCause, ...]:
    """Apache answers TRACE unless it is told not to."""
    sent = (x.answer for e in echoing for x in e.found([e.facts.trace or ""]))
    if any(a is not None and "apache" in (a.value("server") or "").lower() for a in sent):
        return high("Apache httpd answers TRACE by default.", Side.GATEWAY), RULE.root_causes[1]
    return ()


RULE = Rule(
    id="trace-enabled",
    title="TRACE is on",
    severity=Severity.WARNING,
    scope="environment",
    source="RFC 9110 §9.3.8",
    explanation="TRACE is for looking for faults on the way of a request. In production it shows callers what the hops "
                "before the server add: internal addresses, names of users, credentials.",
    root_causes=(
        Cause(Confidence.HIGH, "The web server or servlet container answers TRACE by default, or was told to.",
              Side.GATEWAY),
        Cause(Confidence.LOW, "The application answers TRACE itself.", Side.SERVICE),
    ),
    diagnosis="One TRACE is sent per environment, without credentials, query and content, to a path whose GET works "
              "and which refuses a method that nobody implements. A success alone proves nothing: the content must be "
              "message/http and our own request.",
    fixes=(
        Fix(Side.GATEWAY, "easy", "Turn it off (Apache: TraceEnable off), or refuse TRACE with 405 at the edge."),
        Fix(Side.SERVICE, "easy", "Leave TRACE to nobody: most frameworks refuse it unless told otherwise."),
    ),
    prevention="Test at the edge that TRACE is answered 405 or 501.",
    silenced_by=("base-path-wrong", "environment-redirects"),
    check=check,
)  # fmt: skip
