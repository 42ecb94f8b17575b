"""Why a documented path is redirected: root causes ranked by where the redirects lead, and by who sends them."""

from __future__ import annotations

from collections.abc import Sequence

from auditor.differ.destinations import Destination
from auditor.differ.evidence import listed
from auditor.differ.likely import foreign, high, low, medium
from auditor.differ.redirects import Met, answered
from auditor.model.finding import RootCause, Side

SLASH = (
    "The framework adds or removes the slash at the end of a path by a redirect (Django: APPEND_SLASH; Starlette and "
    "FastAPI: redirect_slashes; Flask: strict_slashes; gin: RedirectTrailingSlash)."
)
TLS = (
    "A gateway ends TLS, and the service behind it takes the request for http: X-Forwarded-Proto is not passed on, or "
    "not trusted."
)
COOKIE = "The service sets a cookie or a query parameter, and expects it with the next request."
LOGIN = "A log-in layer redirects what is not signed in."
STALE = "The path was moved, and the description still has the old one."
MEANT = "The operation is meant to redirect, and its responses do not say so."


def root_causes(found: Sequence[Met], where: Destination) -> tuple[RootCause, ...]:
    """Most likely first."""
    if where.login:
        return (
            high(LOGIN, Side.CLIENT),
            medium("The credentials that were given are not taken for this path.", Side.CLIENT),
        )
    return _KINDS.get(where.kind, _path)(found, where)


def _slash(found: Sequence[Met], where: Destination) -> tuple[RootCause, ...]:
    stranger = next((text for m in found if m.answer and (text := _stranger(m))), "")
    if where.detail == "loop":
        text = (
            "A gateway and the framework behind it want opposite spellings: one adds the slash, the other removes it."
        )
        return high(text, Side.GATEWAY), low(SLASH, Side.SERVICE)
    moved = "A rewrite rule of a gateway does it, or a file server that takes the path for a folder"
    if stranger:
        return high(f"{moved}: {stranger}.", Side.GATEWAY), medium(SLASH, Side.SERVICE)
    return high(SLASH, Side.SERVICE), medium(f"{moved}.", Side.GATEWAY)


def _stranger(found: Met) -> str:
    """Whether the redirect comes from another program than what is served."""
    return foreign(found.cell.environment, found.answer, "redirect") if found.answer else ""


def _scheme(found: Sequence[Met], where: Destination) -> tuple[RootCause, ...]:
    if where.detail == "http":
        return (
            high(TLS, Side.SERVICE),
            low("The gateway sends https callers to http.", Side.GATEWAY),
        )
    return (
        high("A gateway moves callers from http to https.", Side.GATEWAY),
        medium("A setting of the framework does (Django: SECURE_SSL_REDIRECT).", Side.SERVICE),
    )


def _host(found: Sequence[Met], where: Destination) -> tuple[RootCause, ...]:
    if where.inner:
        return (
            high("The service writes its own address into Location, and the gateway does not replace it (nginx: "
                 "proxy_redirect, absolute_redirect; Apache: ProxyPassReverse).", Side.GATEWAY),
            medium("A gateway moves callers to another host or port.", Side.GATEWAY),
        )  # fmt: skip
    return high("A gateway moves callers to another host.", Side.GATEWAY), medium(LOGIN, Side.CLIENT)


def _loop(found: Sequence[Met], where: Destination) -> tuple[RootCause, ...]:
    if where.target is not None and where.target.origin.scheme == "https":
        return high(TLS, Side.SERVICE), medium(COOKIE, Side.SERVICE)
    return high(COOKIE, Side.SERVICE), low(TLS, Side.SERVICE)


def _unusable(found: Sequence[Met], where: Destination) -> tuple[RootCause, ...]:
    return (
        high("Location is put together from parts, and one of them is empty, not encoded or not meant for it.",
             Side.SERVICE),
        low("The path is meant for one kind of client, which knows another scheme than http.", Side.CONTRACT),
    )  # fmt: skip


def elsewhere(where: Destination) -> bool:
    """Whether it leads to another path than this one in another spelling."""
    return not where.login and where.kind not in _KINDS


def _path(found: Sequence[Met], where: Destination) -> tuple[RootCause, ...]:
    if any(200 <= status < 300 for m in found for status in answered(m.cell.path).values()):
        methods = listed(dict.fromkeys(m.cell.method for m in found))
        return (
            high(f"A rule that looks at the method sends {methods} to another page; the path itself is served.",
                 Side.GATEWAY),
            low(MEANT, Side.CONTRACT),
        )  # fmt: skip
    return (
        high(STALE, Side.CONTRACT),
        medium("A gateway moves callers to another prefix or page.", Side.GATEWAY),
        low(MEANT, Side.CONTRACT),
    )


_KINDS = {"slash": _slash, "scheme": _scheme, "host": _host, "same": _loop, "unusable": _unusable}
"""By the kind of the destination; any other path is `_path`'s."""
