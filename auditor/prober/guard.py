"""The one choke point: what may leave the process, asked before any socket opens (PROMISES P1-P6). Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from urllib.parse import unquote_plus, urlsplit

from auditor.errors import Forbidden
from auditor.model.environment import Environment, Origin
from auditor.model.methods import SAFE, is_token
from auditor.prober.content import Content
from auditor.prober.harmless import objection

NEVER = frozenset({"CONNECT", "PRI"})
"""Registered methods that are no probe: a tunnel, and the preface of HTTP/2."""

OWN_FIELDS = frozenset({
    "host", "content-length", "content-encoding", "transfer-encoding", "connection", "keep-alive", "te", "trailer",
    "upgrade", "http2-settings", "expect", "user-agent", "authorization", "proxy-authorization", "proxy-connection",
})  # fmt: skip
"""Fields that only auditor itself sets (P4)."""

_OVERRIDE_FIELDS = frozenset({
    "x-http-method-override", "x-http-method", "x-method-override", "x-original-method", "x-forwarded-method",
    "x-original-url", "x-rewrite-url", "x-override-url",
})  # fmt: skip
_TARGET = re.compile(r"/[!-\"$-~]*\Z")
_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*\Z")


def check(
    environment: Environment,
    prepared_method: str,
    origin: Origin,
    target: str,
    fields: Iterable[tuple[str, str]],
    content: Content | None = None,
) -> None:
    """Raises Forbidden unless this request may be sent; never quotes a field value.

    `fields` are what the caller wants to send, without those that the wire adds. With `content`, the safety rule is
    asked again, about exactly this request.
    """
    if content is None:
        _check_method(prepared_method)
    else:
        _check_content(environment, prepared_method, origin, target, content)
    _check_origin(environment, origin)
    _check_target(prepared_method, target)
    for name, value in fields:
        if not may_set(environment, name) or (content is not None and name.lower() == "content-type"):
            raise Forbidden("a request tried to set a field that is auditor's own", where=repr(name[:40]))
        if prepared_method == "TRACE" and name.lower() == "cookie":
            raise Forbidden("TRACE is sent without credentials and cookies")
        check_field(name, value)


def check_field(name: str, value: str) -> None:
    """Raises Forbidden unless name and value can stand on one field line (RFC 9110 §5.5)."""
    if not is_token(name):
        raise Forbidden("a field name is no token", where=repr(name[:40]))
    if not _VALUE.match(value) or value != value.strip(" \t"):
        raise Forbidden("a field value holds control characters or outer blanks", where=name)


def can_stand(name: str, value: str) -> bool:
    """Whether `check_field` would let this field pass."""
    try:
        check_field(name, value)
        value.encode("latin-1")
    except (Forbidden, UnicodeEncodeError):
        return False
    return True


def may_set(environment: Environment, name: str) -> bool:
    """Whether the description may set this field: not ours, not the operator's, no override of the method (P4)."""
    name = name.lower()
    if name in OWN_FIELDS or name.replace("_", "-") in _OVERRIDE_FIELDS:
        return False
    return all(name != own.lower() for own, _ in environment.headers)


def may_query(key: str) -> bool:
    """Whether a query parameter may bear this (percent-decoded) name: none that frameworks take for the method.

    PHP reads blanks, dots and brackets in names as underscores.
    """
    key = re.sub(r"(?<=.)\[.*", "", key.lower().strip())
    key = re.sub(r"[ .\[]", "_", key)
    return key != "_method" and key.replace("_", "-") not in _OVERRIDE_FIELDS


def credentials_for(environment: Environment, origin: Origin) -> tuple[tuple[str, str], ...]:
    """The fields that hold credentials for requests to `origin`: the environment's own origin only (P6).

    None where a hop to another machine would carry them in plain text, unless the operator allows that.
    """
    if origin != environment.origin:
        return ()
    if origin.scheme == "https" or environment.allow_plaintext:
        return environment.headers
    return environment.headers if origin.is_loopback and _is_local(environment.proxy) else ()


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether an address is of the public internet, also where it wraps an IPv4 address."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast


def _is_local(proxy: str | None) -> bool:
    return proxy is None or Origin("http", urlsplit(proxy).hostname or "", 0).is_loopback


def _check_method(method: str) -> None:
    if method not in SAFE or method in NEVER:
        raise Forbidden("without content only safe methods are sent", where=repr(method[:40]))


def _check_content(environment: Environment, method: str, origin: Origin, target: str, content: Content) -> None:
    """A request that announces content is sent where the safety rule allows it, and announces what was judged."""
    asked = content.clearance
    if (asked.method, asked.origin, asked.target) != (method, origin, target.partition("?")[0]):
        raise Forbidden("the request is not the one that was cleared", where=repr(method[:40]))
    why = objection(environment, asked)
    if why is not None:
        raise Forbidden(why, where=repr(method[:40]))
    check_field("Content-Type", asked.media_type)


def _check_origin(environment: Environment, origin: Origin) -> None:
    if origin not in environment.origins:
        raise Forbidden(f"the origin is not one that environment {environment.name} configures")
    if origin.scheme not in ("http", "https") or not 0 < origin.port < 65536 or not origin.host:
        raise Forbidden("the origin is no http or https address with a port from 1 to 65535")


def _check_target(method: str, target: str) -> None:
    if target == "*" and method == "OPTIONS":
        return
    if not _TARGET.match(target):
        raise Forbidden("a request target must begin with / and hold visible ASCII only (RFC 9112 §3.2.1)")
    _, _, query = target.partition("?")
    for pair in re.split("[&;]", query):
        if not may_query(unquote_plus(pair.partition("=")[0])):
            raise Forbidden("a query parameter would override the method")
