"""auth-hides-methods: an authentication layer answers before the router does."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.differ.catalogue import Found, Rule
from auditor.differ.evidence import cause, controls, counted, details, listed, verb
from auditor.differ.view import EnvironmentView, PathView, View
from auditor.model.cell import Reason
from auditor.model.finding import Confidence, Fix, Occurrence, RootCause, Severity, Side


def check(view: View) -> Iterator[Found]:
    walled = [e for e in view.environments if e.facts.auth_wall or _hidden(e)]
    if not walled:
        return
    occurrences = tuple(Occurrence(e.name, "", _exchanges(e), _detail(e)) for e in walled)
    names = listed(e.name for e in walled)
    yield Found(
        title=f"{names} {verb(len(walled), 'asks', 'ask')} for credentials before routing{_where(walled)}",
        symptom=f"In {names} an authentication layer answers in place of the router ({details(occurrences)}).",
        diagnosis=" ".join(filter(None, (
            controls(walled[0].found(occurrences[0].exchanges)),
            f"Credentials for {names} would settle what is undetermined.",
        ))),
        confidence=Confidence.HIGH,
        occurrences=occurrences,
        cause=cause(RULE.id, (e.name for e in walled)),
        fixes=tuple(Fix(Side.CLIENT, "easy", f"--header '{e.name}:Authorization: Bearer ${{TOKEN}}'") for e in walled),
    )  # fmt: skip


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
    explanation="Known and unknown methods are refused alike with 401 or 403, so nothing shows which of them exist. "
                "That is often meant; it only limits what can be known from outside.",
    root_causes=(
        RootCause(Confidence.HIGH, "The gateway or a middleware asks for credentials before the router is reached, and "
                                   "the audit has none for this environment."),
        RootCause(Confidence.MEDIUM, "The credentials that were given are expired, or not meant for this environment."),
        RootCause(Confidence.LOW, "A firewall rule refuses this client."),
    ),
    diagnosis="A documented path, the same path with a method that nobody implements, and an unknown sibling are all "
              "refused with 401 or 403.",
    fixes=(
        Fix(Side.CLIENT, "easy", "Give the audit credentials with the least rights that read."),
        Fix(Side.SERVICE, "medium", "Answer an unknown method with 405 before asking who calls, if it may be public."),
    ),
    prevention="Keep a read-only account for audits in every environment, and its token in the CI's secret store.",
    check=check,
)  # fmt: skip
