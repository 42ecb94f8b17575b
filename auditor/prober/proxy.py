"""A configured proxy: where it is, and when an answer is its own instead of the origin's (TRANSPORT §8). Pure."""

from __future__ import annotations

from base64 import b64encode
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from auditor.errors import ConfigError

_SIGNS = frozenset({b"proxy-authenticate", b"proxy-status", b"x-squid-error"})


class Proxy(NamedTuple):
    """Address of a proxy; `tls`: we speak TLS to it; `fields` hold its credentials and reach nobody else."""

    host: str
    port: int
    tls: bool
    fields: tuple[tuple[str, str], ...]


def parse(url: str) -> Proxy:
    """`http://user:secret@host:port`; raises ConfigError that does not quote it, for it may hold a secret."""
    try:
        parts = urlsplit(url)
        default = {"http": 80, "https": 443}[parts.scheme]
        port = default if parts.port is None else parts.port
    except (ValueError, KeyError):
        raise ConfigError("the proxy is no http:// or https:// URL", where="proxy") from None
    if not parts.hostname:
        raise ConfigError("the proxy URL names no host", where="proxy")
    fields: tuple[tuple[str, str], ...] = ()
    if parts.username is not None:
        user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        fields = (("Proxy-Authorization", "Basic " + b64encode(user.encode()).decode()),)
    return Proxy(parts.hostname, port, parts.scheme == "https", fields)


def is_refusal(status: int, fields: list[tuple[bytes, bytes]], tunnel_refused_with: int) -> bool:
    """Whether an answer that came through a forwarding proxy must be taken for the proxy's own.

    Doubt counts against the origin: 502, 503 and 504 may be either's, and a proxy that forbids the tunnel with 403
    may forbid the request with 403.
    """
    if status in (407, 502, 503, 504) or any(name.lower() in _SIGNS for name, _ in fields):
        return True
    return status == tunnel_refused_with == 403
