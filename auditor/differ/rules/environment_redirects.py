"""environment-redirects: everything in the environment is redirected."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from auditor.differ.catalogue import Found, Rule
from auditor.differ.evidence import cause, controls, detailed, listed, of_environment, verb
from auditor.differ.likely import Cause, high, medium
from auditor.differ.view import EnvironmentView, View
from auditor.model.finding import Confidence, Fix, RootCause, Severity, Side


def check(view: View) -> Iterator[Found]:
    moved = [e for e in view.environments if e.facts.redirects_to is not None]
    if not moved:
        return
    occurrences = tuple(of_environment(e, _detail(e)) for e in moved)
    audit = [f"Audit the target: --env {e.name}={e.facts.redirects_to}" for e in moved]
    names = listed(e.name for e in moved)
    yield Found(
        title=f"{names} {verb(len(moved), 'redirects', 'redirect')} everything",
        symptom=f"Every path of {names} is redirected{detailed(occurrences)}.",
        diagnosis=" ".join(filter(None, (
            controls(moved[0].found(moved[0].facts.exchanges)),
            "Redirects are never followed: an audit of the target would settle what it serves.",
        ))),
        confidence=Confidence.HIGH,
        occurrences=occurrences,
        cause=cause(RULE.id, (e.name for e in moved)),
        root_causes=_root_causes(moved),
        fixes=tuple(Fix(Side.CLIENT, "easy", text) for text in audit),
    )  # fmt: skip


def _root_causes(moved: list[EnvironmentView]) -> tuple[RootCause, ...]:
    """By where it leads: to https of the same host, or anywhere else."""
    scheme, elsewhere, login = RULE.root_causes
    if all(_to_https(e) for e in moved):
        return ()
    if any(_to_https(e) for e in moved):
        return high(scheme.text, Side.CLIENT), high(elsewhere.text, Side.CLIENT), login
    return high(elsewhere.text, Side.CLIENT), medium(login.text)


def _to_https(environment: EnvironmentView) -> bool:
    """The target comes from the server: it may be no URL at all."""
    origin = environment.result.environment.origin
    try:
        target = urlsplit(environment.facts.redirects_to or "")
    except ValueError:
        return False
    return (origin.scheme, target.scheme) == ("http", "https") and target.hostname in (None, origin.host)


def _detail(environment: EnvironmentView) -> str:
    status = environment.facts.redirect_status
    return f"{f'{status} ' if status else ''}to {environment.facts.redirects_to}"


RULE = Rule(
    id="environment-redirects",
    title="The whole environment redirects",
    severity=Severity.WARNING,
    scope="environment",
    source="RFC 9110 §15.4",
    explanation="Known and unknown paths alike are redirected, for instance from http to https or to another host. "
                "Clients lose time on each call, and with 301, 302 and 303 the method of many of them as well.",
    root_causes=(
        Cause(Confidence.HIGH, "The base URL has the scheme http where the host wants https.", Side.CLIENT),
        Cause(Confidence.MEDIUM, "The service moved to another host or prefix, and the old address forwards.",
              Side.CLIENT),
        RootCause(Confidence.LOW, "Everything is sent to a login page."),
    ),
    diagnosis="Documented paths and unknown siblings are redirected to the same place.",
    fixes=(
        Fix(Side.CLIENT, "easy", "Use the target of the redirect as base URL, here and in the clients."),
        Fix(Side.CONTRACT, "easy", "Correct the root server of the description."),
    ),
    prevention="Keep base URLs in one place, and let the description's servers name https only.",
    check=check,
)  # fmt: skip
