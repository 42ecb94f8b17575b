"""environment-redirects: everything in the environment is redirected."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from auditor.differ.catalogue import Found, Rule
from auditor.differ.clients import changed_by, is_measured, kept_by
from auditor.differ.destinations import is_inner, looks_like_login
from auditor.differ.evidence import cause, controls, detailed, listed, of_environment, verb
from auditor.differ.likely import Cause, high, low, medium
from auditor.differ.redirect_causes import COOKIE, LOGIN, TLS
from auditor.differ.view import EnvironmentView, View
from auditor.model.finding import Confidence, Fix, RootCause, Severity, Side
from auditor.model.methods import method_order
from auditor.model.redirection import Target, resolve


def check(view: View) -> Iterator[Found]:
    moved = [e for e in view.environments if e.facts.redirects_to is not None]
    if not moved:
        return
    names = listed(e.name for e in moved)
    kinds = list(dict.fromkeys(_place(e).kind for e in moved))
    occurrences = tuple(of_environment(e, _detail(e)) for e in moved)
    yield Found(
        title=f"{names} {verb(len(moved), 'redirects', 'redirect')} everything"
              f"{_TITLES.get(kinds[0], '') if len(kinds) == 1 else ''}",
        symptom=f"Every path of {names} is redirected{detailed(occurrences)}.{_what_arrives(moved)}",
        diagnosis=" ".join(filter(None, (
            controls(moved[0].found(moved[0].facts.exchanges)),
            "Redirects are never followed.",
            "" if _place(moved[0]).kind in _ENDS else "An audit of the target would settle what it serves.",
        ))),
        confidence=Confidence.HIGH,
        occurrences=occurrences,
        cause=cause(RULE.id, (e.name for e in moved)),
        root_causes=_root_causes([_causes(_place(e)) for e in moved]),
        fixes=tuple(Fix(Side.CLIENT, "easy", _advice(_place(e).kind, e)) for e in moved),
    )  # fmt: skip


class _Place(NamedTuple):
    """Where an environment is sent. `kind`: `https`, `http`, `self`, `login`, `page`, `inner`, `elsewhere`."""

    kind: str
    target: Target | None


_ENDS = frozenset({"self", "login", "page"})
"""Places that serve no path of the description."""
_TITLES = {"https": " to https", "http": " from https to http", "self": " to itself", "login": " to a log-in"}


def _place(environment: EnvironmentView) -> _Place:
    """The target comes from the server: it may be no address at all."""
    own, base = environment.result.environment.origin, environment.result.environment.base_path
    target = resolve(environment.facts.redirects_to or "", own, base + "/")
    if target is None:
        return _Place("elsewhere", None)
    path = (target.path or "").rstrip("/")
    if looks_like_login(path):
        return _Place("login", target)
    if target.origin == own:
        return _Place("self" if path == base else "page" if _is_page(environment) else "elsewhere", target)
    if target.origin.host == own.host and target.origin.scheme != own.scheme:
        return _Place(target.origin.scheme, target)
    return _Place("inner" if is_inner(target.origin, own) else "elsewhere", target)


def _is_page(environment: EnvironmentView) -> bool:
    """Whether the very place is where an unknown path was sent, too: not a base path for the same paths."""
    sent = environment.found(environment.facts.exchanges)
    places = [(e, e.answer.value("location") or "") for e in sent if e.answer]
    targets = [resolve(text, e.probe.origin, e.probe.target.partition("?")[0]) for e, text in places]
    return any(t is not None and t.text == environment.facts.redirects_to for t in targets)


def _root_causes(every: list[tuple[RootCause, ...]]) -> tuple[RootCause, ...]:
    """Those of all environments, each once and as likely as it is anywhere."""
    texts: dict[str, RootCause] = {}
    for found in sorted((c for causes in every for c in causes), key=lambda c: c.likelihood.rank):
        texts.setdefault(found.text, found)
    return tuple(texts.values())


def _causes(place: _Place) -> tuple[RootCause, ...]:
    """By where it leads."""
    kind, (scheme, elsewhere, _) = place.kind, RULE.root_causes
    if kind == "https":
        return scheme, low(elsewhere.text, Side.CLIENT)
    if kind == "http":
        return high(TLS, Side.SERVICE), low("The gateway sends https callers to http.", Side.GATEWAY)
    if kind == "self":
        tls, other = (high, medium) if place.target and place.target.origin.scheme == "https" else (low, high)
        return tls(TLS, Side.SERVICE), other(COOKIE, Side.SERVICE)
    if kind in ("login", "page"):
        page = "Everything is sent to one page, as during maintenance or to accept terms."
        first, second = (LOGIN, page) if kind == "login" else (page, LOGIN)
        return high(first, Side.CLIENT), medium(second, Side.CLIENT)
    if kind == "inner":
        text = "The service writes its own address into Location, and the gateway does not replace it."
        return high(text, Side.GATEWAY), medium(elsewhere.text, Side.CLIENT)
    return high(elsewhere.text, Side.CLIENT), medium(LOGIN, Side.CLIENT)


def _advice(kind: str, environment: EnvironmentView) -> str:
    if kind == "self":
        return f"See whether X-Forwarded-Proto reaches the service of {environment.name}: curl -i shows the loop."
    if kind in _ENDS:
        return f"Give credentials that open {environment.name}, with --header."
    return f"Audit the target: --env {environment.name}={environment.facts.redirects_to}"


def _what_arrives(moved: list[EnvironmentView]) -> str:
    """What clients make of the documented methods, as far as the status is one that was measured."""
    statuses = {e.facts.redirect_status for e in moved} - {None}
    if len(statuses) != 1 or not is_measured(status := next(iter(statuses)) or 0):
        return ""
    documented = {m for e in moved for p in e.paths.values() for m in p.methods} - {"HEAD"}
    changed = [m for m in sorted(documented, key=method_order) if changed_by(m, status)]
    if not changed:
        return " The method is kept."
    everywhere = [m for m in changed if not kept_by(m, status)]
    parts = [f"{who} in place of {listed(methods)}" for who, methods in (
        ("clients send GET", everywhere), ("some clients send GET", [m for m in changed if m not in everywhere])
    ) if methods]  # fmt: skip
    return f" On {status}, {'; '.join(parts)}."


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
        RootCause(Confidence.LOW, LOGIN),
    ),
    diagnosis="Documented paths and unknown siblings are redirected to the same place.",
    fixes=(
        Fix(Side.CLIENT, "easy", "Use the target of the redirect as base URL, here and in the clients."),
        Fix(Side.CONTRACT, "easy", "Correct the root server of the description."),
    ),
    prevention="Keep base URLs in one place, and let the description's servers name https only.",
    check=check,
)  # fmt: skip
