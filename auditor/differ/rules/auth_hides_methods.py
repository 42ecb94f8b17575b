"""auth-hides-methods: an authentication layer answers before the router does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from auditor.differ.catalogue import Found, Rule
from auditor.differ.credentials import roles
from auditor.differ.evidence import carries_credentials, cause, controls, counted, details, listed, verb
from auditor.differ.likely import Cause, high, medium
from auditor.differ.view import EnvironmentView, PathView, View
from auditor.model.cell import Reason
from auditor.model.exchange import Exchange
from auditor.model.finding import Confidence, Fix, Occurrence, RootCause, Severity, Side


def check(view: View) -> Iterator[Found]:
    walled = [e for e in view.environments if e.facts.auth_wall or _hidden(e)]
    if not walled:
        return
    occurrences = tuple(Occurrence(e.name, "", _exchanges(e), _detail(e)) for e in walled)
    names = listed(e.name for e in walled)
    yield Found(
        title=f"{names} {_does(walled)} before routing{_where(walled)}",
        symptom=f"In {names} an authentication layer answers in place of the router ({details(occurrences)}).",
        diagnosis=" ".join(filter(None, (
            controls(walled[0].found(occurrences[0].exchanges)),
            *map(_refused, walled),
            *(text for e in walled for text in [next(filter(None, map(roles, _hidden(e))), "")]),
            f"{'Other credentials' if all(map(_refused, walled)) else 'Credentials'} for {names} would settle what is "
            "undetermined.",
        ))),
        confidence=Confidence.HIGH,
        occurrences=occurrences,
        cause=cause(RULE.id, (e.name for e in walled)),
        root_causes=_root_causes(walled),
        fixes=tuple(Fix(Side.CLIENT, "easy", _remedy(e)) for e in walled),
    )  # fmt: skip


def _root_causes(walled: list[EnvironmentView]) -> tuple[RootCause, ...]:
    """By what was sent and what came back: credentials that were sent are not missing, and 403 asks for none."""
    none, expired, firewall = RULE.root_causes
    found = [x for e in walled for x in e.found(_exchanges(e)) if x.answer is not None]
    if found and all(map(carries_credentials, found)):
        return high(expired.text, Side.CLIENT), medium(firewall.text, Side.GATEWAY)
    if found and not _asked(found):
        text = f"{firewall.text.rstrip('.')}: what was compared is answered with 403, not with 401."
        return high(text, Side.GATEWAY), medium(none.text, Side.CLIENT)
    return ()


def _refused(environment: EnvironmentView) -> str:
    """That the credentials given are no good there; empty where none were given, or some request lacked them."""
    found = [x for x in environment.found(_exchanges(environment)) if x.status in (401, 403)]
    if not found or not all(map(carries_credentials, found)):
        return ""
    return f"The credentials given for {environment.name} were refused ({found[0].status} on {found[0].probe.target})."


def _remedy(environment: EnvironmentView) -> str:
    header = f"--header '{environment.name}:Authorization: Bearer ${{TOKEN}}'"
    return f"Renew the credentials given, or give others: {header}" if _refused(environment) else header


def _asked(found: Iterable[Exchange]) -> bool:
    """401 asks for credentials, and so does a login form; 403 only refuses."""
    return any(x.status == 401 or (x.answer and x.answer.body.login_form) for x in found)


def _does(walled: list[EnvironmentView]) -> str:
    found = [x for e in walled for x in e.found(_exchanges(e))]
    if found and not _asked(found):
        return verb(len(walled), "refuses callers", "refuse callers")
    return verb(len(walled), "asks for credentials", "ask for credentials")


def _where(walled: list[EnvironmentView]) -> str:
    """On which paths, unless it is everywhere."""
    if any(e.facts.auth_wall for e in walled):
        return ""
    return " on " + listed(dict.fromkeys(p.template for e in walled for p in _hidden(e)), most=3)


def _hidden(environment: EnvironmentView) -> list[PathView]:
    """Paths with something that nobody can tell because of authentication."""
    return [
        p for p in environment.paths.values()
        if p.facts.auth and any(c.cell.reason is Reason.AUTH_WALL for c in p.cells.values())
    ]  # fmt: skip


def _exchanges(environment: EnvironmentView) -> tuple[str, ...]:
    if environment.facts.auth_wall:
        return environment.facts.exchanges
    return tuple(i for p in _hidden(environment)[:2] for i in p.facts.exchanges.values())


def _detail(environment: EnvironmentView) -> str:
    hidden = sum(c.cell.reason is Reason.AUTH_WALL for p in environment.paths.values() for c in p.documented)
    where = "every path" if environment.facts.auth_wall else listed((p.template for p in _hidden(environment)), most=3)
    return f"{where}, {counted(hidden, 'documented operation')} undetermined"


RULE = Rule(
    id="auth-hides-methods",
    title="An authentication layer answers before routing",
    severity=Severity.INFO,
    scope="environment",
    source="RFC 9110 §15.5.2, §15.5.4",
    explanation="Known and unknown methods are answered alike, with 401, 403 or a login form, so nothing shows which "
                "of them exist. That is often meant; it only limits what can be known from outside.",
    root_causes=(
        Cause(Confidence.HIGH, "The gateway or a middleware asks for credentials before the router is reached, and "
                               "the audit has none for this environment.", Side.CLIENT),
        Cause(Confidence.MEDIUM, "The credentials that were given are expired, or not meant for this environment.",
              Side.CLIENT),
        Cause(Confidence.LOW, "A firewall rule refuses this client.", Side.GATEWAY),
    ),
    diagnosis="A documented path is refused with 401 or 403 or sends a login form, whatever method is sent; where the "
              "whole environment is said to ask for credentials, an unknown path is answered so as well.",
    fixes=(
        Fix(Side.CLIENT, "easy", "Give the audit credentials with the least rights that read."),
        Fix(Side.SERVICE, "medium", "Answer an unknown method with 405 before asking who calls, if it may be public."),
    ),
    prevention="Keep a read-only account for audits in every environment, and its token in the CI's secret store.",
    check=check,
)  # fmt: skip
