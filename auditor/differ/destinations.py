"""Where a redirect leads: held against the description and the other environments, in words and as a cause."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass

from auditor.differ.evidence import cause
from auditor.differ.redirects import Met
from auditor.differ.view import EnvironmentView, View
from auditor.model.environment import Origin
from auditor.model.exchange import Purpose
from auditor.model.redirection import Target, moved_base, resolve
from auditor.model.templates import Matcher

_LOGIN = re.compile(
    r"(?:log|sign)[-_]?in|sso|saml2?|oauth2?|oidc|cas|authorize|authenticate|accounts?[-_](?:login|signin)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Destination:
    """Where one redirect leads.

    `detail` tells causes of one kind apart: two paths that lead to two pages have two causes. `words` is a sentence.
    """

    kind: str
    detail: str
    words: str
    target: Target | None = None
    login: bool = False
    inner: bool = False
    """The host is an address that callers of this environment cannot know: another port, or a private name."""


def destination(found: Met, view: View) -> Destination:
    """Where `found` leads, as `view` knows it."""
    kind, origin, asked = found.redirect.kind, *_request(found)
    target = resolve(found.redirect.target, origin, asked)
    login = looks_like_login(target.path if target else None)
    hint = " It looks like a log-in." if login else ""
    if target is None:
        return Destination(
            "unusable", found.redirect.target, " The target is no http address that clients agree about."
        )
    if kind == "scheme":
        return Destination(kind, target.origin.scheme, _scheme(target, asked) + hint, target, login)
    if kind == "host":
        inner = is_inner(target.origin, origin)
        return Destination(kind, target.origin.text, _host(found, target, view) + hint, target, login, inner)
    if kind == "same":
        words = " The target is the path itself: only a query, which is not kept here, or a cookie ends the loop."
        return Destination(kind, "", words, target, login)
    documented = _documented(found, target)
    if kind == "slash":
        adds = (target.path or "").endswith("/")
        words = f" The target is the same path {'with a' if adds else 'without the'} slash at its end, {documented}."
        if _comes_back(found, asked):
            return Destination(kind, "loop", f"{words} That redirects back: a loop.", target)
        return Destination(kind, "added" if adds else "removed", words, target)
    base = found.cell.environment.result.environment.base_path
    moved = moved_base(asked, target.path, base) if target.path is not None else None
    if moved is not None and documented == _UNKNOWN:
        return Destination(
            kind, f"{base}>{moved}", f" The target is the same path below {moved or '/'}.", target, login
        )
    return Destination(kind, target.path or "", f" The target is {documented}.{hint}", target, login)


def redirect_cause(all_met: Sequence[Met], where: Destination) -> str:
    """One setting redirects every path in the same way: kind, place, status and environments are the key."""
    names = ",".join(dict.fromkeys(m.cell.environment.name for m in all_met))
    return cause("redirect", filter(None, (where.kind, where.detail, str(all_met[0].redirect.status), names)))


def looks_like_login(path: str | None) -> bool:
    """Whether a segment of the path says so: `/accounts/login/`, `/sso/start`, `/Login.aspx`."""
    segments = (path or "").split("/")
    return any(_LOGIN.fullmatch(segment.partition(".")[0]) for segment in segments)


def is_inner(target: Origin, origin: Origin) -> bool:
    """Whether the target is the same host on another port, or a private name behind a public one."""
    return target.host == origin.host or (_is_private(target.host) and not _is_private(origin.host))


def _is_private(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith((".local", ".internal", ".localdomain", ".cluster.local"))


def _request(found: Met) -> tuple[Origin, str]:
    """Origin and path that were asked."""
    sent = found.cell.environment.found((found.redirect.exchange,))
    if sent:
        return sent[0].probe.origin, sent[0].probe.target.partition("?")[0]
    environment = found.cell.environment.result.environment
    return environment.origin, environment.base_path + found.cell.path.template


def _comes_back(found: Met, asked: str) -> bool:
    """Whether the slash twin, which was asked too, sends back to the path."""
    kept = found.cell.environment.exchanges.values()
    twins = (e for e in kept if e.probe.purpose is Purpose.TWIN and e.probe.slot.subject == found.cell.path.template)
    own = (e for e in twins if e.probe.environment == found.cell.environment.name)
    for exchange in own:
        location = (
            exchange.answer.value("location") if exchange.answer and 300 <= exchange.answer.status < 400 else None
        )
        back = resolve(location or "", exchange.probe.origin, exchange.probe.target.partition("?")[0])
        if back is not None and back.path == asked:
            return True
    return False


_UNKNOWN = "not documented"


def _documented(found: Met, target: Target) -> str:
    """`documented as /orders/`, and whether that has the method; `not documented`."""
    environment = found.cell.environment
    if target.path is None:
        return "too long to be held against the description"
    template = _template(environment, target.path)
    if template is None:
        return _UNKNOWN
    if template == found.cell.path.template:
        return "another value of the same documented path"
    methods = next(p.methods for p in environment.paths.values() if any(i.template == template for i in p.items))
    return f"documented as {template}" + ("" if found.cell.method in methods else f", without {found.cell.method}")


def _template(environment: EnvironmentView, path: str) -> str | None:
    """The documented path that `path` is, if it is below the base path."""
    base = environment.result.environment.base_path
    if not path.startswith(base + "/"):
        return None
    return next(iter(Matcher(i.template for i in environment.contract.paths).matches(path[len(base) :])), None)


def _scheme(target: Target, asked: str) -> str:
    same = ", same path" if target.path == asked else ""
    if target.origin.scheme == "http":
        return f" The target is http on the same host{same}: whoever came by https is sent back to plain text."
    return f" The target is https on the same host{same}."


def _host(found: Met, target: Target, view: View) -> str:
    others = (e for e in view.environments if e is not found.cell.environment)
    known = next((e.name for e in others if e.result.environment.origin == target.origin), None)
    return f" The target is on another origin, {target.origin.text}{f', which is {known}' if known else ''}."
