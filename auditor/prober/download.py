"""Fetching a description by URL: what to ask for, one guarded GET, and whether what came is usable."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote, urlsplit

from auditor.errors import DescriptionError, Forbidden
from auditor.model.environment import Environment, Limits, Origin
from auditor.prober import guard
from auditor.prober.exchange_io import Bounds, Prepared, WireAnswer
from auditor.prober.transport import Wire

FIELDS = (("Accept", "application/yaml, application/json, */*"), ("Accept-Encoding", "identity"))


def parse(url: str) -> tuple[Origin, str, str]:
    """Origin, request target, and the URL as it may be shown: without query and fragment. Raises DescriptionError."""
    try:
        parts = urlsplit(url)
        default = {"http": 80, "https": 443}[parts.scheme]
        port = default if parts.port is None else parts.port
        host = (parts.hostname or "").encode("idna").decode("ascii")
    except (ValueError, KeyError):
        raise DescriptionError("this is no http:// or https:// URL", where=_printable(url)) from None
    if not host:
        raise DescriptionError("this URL names no host", where=_printable(url))
    origin = Origin(parts.scheme, host, port)
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    where = origin.text + path
    if parts.username is not None:
        raise DescriptionError("a URL with a password in it is not fetched", where=where, hint="give it as --header")
    query = quote(parts.query, safe="/%:@!$&'()*+,;=~-._?")
    return origin, path + ("?" + query if query else ""), where


def bounds(max_bytes: int) -> Bounds:
    """Room for the whole description; its content may take all of the time."""
    return Bounds(body=max_bytes, wire=2 * max_bytes + 65536, body_share=1.0)


def content(answer: WireAnswer, where: str, max_bytes: int) -> bytes:
    """The content of a whole 200 answer; raises DescriptionError with the reason in our own words otherwise."""
    trouble = _trouble(answer, max_bytes)
    if trouble is None:
        return answer.body
    hint = "give that URL instead" if answer.status in (301, 302, 303, 307, 308) else None
    raise DescriptionError(trouble, where=where, hint=hint)


def _trouble(answer: WireAnswer, max_bytes: int) -> str | None:
    if answer.status is None:
        return f"the description cannot be fetched: {answer.detail}"
    if 300 <= answer.status <= 399:
        return f"the URL redirects to {_target(answer)}; redirects are not followed"
    if answer.status != 200:
        return f"the description cannot be fetched: the server answered {answer.status}"
    if "body-unfinished" in answer.notes:
        return "the description did not arrive in time"
    if answer.end == "capped":
        return f"the description is larger than {max_bytes} octets"
    if answer.end != "complete":
        return f"the answer was not complete ({answer.end})"
    if any(c not in (b"", b"identity") for c in _values(answer, b"content-encoding")):
        return "the description came compressed, though that was not asked for"
    return None


def _values(answer: WireAnswer, name: bytes) -> list[bytes]:
    return [v.strip().lower() if name != b"location" else v for n, v in answer.fields if n.lower() == name]


def _target(answer: WireAnswer) -> str:
    location = next(iter(_values(answer, b"location")), b"a place it does not name")
    return _printable(location.decode("latin-1"))


def _printable(url: str) -> str:
    """Hostile or secret parts taken out: no query, no user, printable ASCII, at most 200 characters."""
    shown = re.sub(r"//[^/@]*@", "//", re.split(r"[?#]", url)[0])
    return re.sub(r"[^ -~]", "?", shown)[:200]


async def fetch(
    url: str,
    *,
    headers: Sequence[tuple[str, str]] = (),
    user_agent: str,
    max_bytes: int = 16 << 20,
    timeout: float = 10.0,
    forbid_private: bool = False,
    ca_file: str | None = None,
) -> bytes:
    """The content of a description: one guarded GET, in `timeout` seconds. Raises DescriptionError, ConfigError.

    `headers` may hold credentials and go to that origin only. `forbid_private` refuses hosts with any address that is
    not public, after resolution (for remote `$ref`). Redirects are not followed: the error names the target.
    """
    origin, target, where = parse(url)
    limits = Limits(connect_timeout=min(5.0, timeout), probe_timeout=timeout, retries=0)
    environment = Environment("description", url, origin, "", headers=tuple(headers), limits=limits, ca_file=ca_file)
    if headers and not guard.credentials_for(environment, origin):
        raise DescriptionError(
            "credentials do not go over plain http to another machine", where=where, hint="use https"
        )
    wire = Wire(environment, user_agent=user_agent, bounds=bounds(max_bytes), public_only=forbid_private)
    try:
        answer = await wire.probe(Prepared(origin, "GET", target, FIELDS))
    except Forbidden as refused:
        raise DescriptionError(f"this URL cannot be fetched: {refused.what}", where=where) from None
    finally:
        await wire.close()
    return content(answer, where, max_bytes)
