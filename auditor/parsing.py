"""The small grammars of flags and config values: URLs, rates, durations, header fields, `${NAME}`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlsplit

from auditor.errors import ConfigError, SecretMissing
from auditor.model.environment import Origin

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
MAX_VALUE = 16384
_UNITS = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def parse_url(url: str, where: str, shown: str | None = None) -> tuple[Origin, str]:
    """Origin and base path of an environment's URL. Credentials, queries and fragments are refused.

    `shown`: what an error may show instead of the URL.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ConfigError("this is no URL", where=where, hint="https://host[:port]/base") from None
    if parts.scheme not in ("http", "https") or not host:
        raise ConfigError(f"{(shown or public(url))!r} is no http(s) URL", where=where, hint="https://host[:port]/base")
    if parts.username is not None or parts.password is not None:
        raise ConfigError("credentials in a URL leak into logs", where=where, hint="use --header or headers:")
    if parts.query or parts.fragment:
        raise ConfigError("a base URL has no query and no fragment", where=where, hint="leave out what follows ? or #")
    if any(ord(c) <= 0x20 or ord(c) == 0x7F for c in url):
        raise ConfigError("the URL holds a space or control character", where=where, hint="percent-encode it: %20")
    try:
        ascii_host = host.encode("ascii").decode() if host.isascii() else host.encode("idna").decode()
        base = parts.path.rstrip("/").encode("ascii").decode()
    except UnicodeError:
        raise ConfigError(
            "host or path cannot be written in ASCII", where=where, hint="percent-encode the path"
        ) from None
    return Origin(parts.scheme, ascii_host.lower(), port or (443 if parts.scheme == "https" else 80)), base


def cors_origin(text: str, where: str) -> str:
    """An origin as browsers serialise it in `Origin`: scheme and host in lower case, no default port (RFC 6454 §6.2).

    Any scheme will do: web views of mobile applications have their own.
    """
    match = re.match(r"([A-Za-z][A-Za-z0-9+.-]*)://([A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?\Z", text)
    if match is None or not 0 < int(match[3] or 1) < 65536:
        raise ConfigError(f"{public(text)!r} is no origin", where=where,
                          hint="scheme://host[:port] without a path: https://app.example.test")  # fmt: skip
    scheme, host, port = match[1].lower(), match[2].lower(), match[3]
    default = {"http": 80, "https": 443}.get(scheme)
    return f"{scheme}://{host}" + (f":{int(port)}" if port and int(port) != default else "")


def public(text: str) -> str:
    """A text that may be a URL without what stands before its last @, for messages."""
    return text.rpartition("@")[2][:120]


def expand(text: str, environ: Mapping[str, str], where: str) -> str:
    """`${NAME}` replaced from the process environment. SecretMissing names the variable, never a value."""

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if not environ.get(name):
            raise SecretMissing(
                f"{name} is {'empty' if name in environ else 'not set'}", where=where, hint=f"export {name}=…"
            )
        return environ[name]

    return VARIABLE.sub(value, text)


def header_name(name: str, where: str) -> str:
    """A field name that may be set by the operator. ConfigError for those that are auditor's own (PROMISES P4)."""
    if not re.match(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100}\Z", name):
        raise ConfigError("a header name is not a token", where=where, hint="NAME: VALUE")
    if name.lower() in ("host", "content-length", "transfer-encoding", "connection", "expect", "upgrade", "te"):
        raise ConfigError(
            f"{name} is set by auditor itself",
            where=where,
            hint="leave it out; host: in auditor.yaml names another Host",
        )
    if name.lower().replace("_", "-") in ("x-http-method-override", "x-http-method", "x-method-override"):
        raise ConfigError(
            f"{name} would change the method", where=where, hint="leave it out: only safe methods are sent"
        )
    return name


def header_value(value: str, where: str) -> str:
    """A field value that can be sent. ConfigError without showing it (PROMISES P35)."""
    if len(value) > MAX_VALUE:
        raise ConfigError(
            "a header value is longer than 16 kB", where=where, hint="servers refuse such a field; shorten it"
        )
    if not value.isprintable() or not value.isascii():
        raise ConfigError(
            "a header value holds characters that cannot be sent", where=where, hint="ASCII without controls"
        )
    return value


def parse_rate(rate: str | float, where: str) -> float:
    """Requests per second from `5`, `5/s` or `90/m`."""
    match = re.match(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(?:/\s*(s|m|h))?\s*\Z", str(rate))
    per_second = float(match.group(1)) / _UNITS[match.group(2) or "s"] if match else 0.0
    if not 0.01 <= per_second <= 10_000:
        raise ConfigError(f"{str(rate)[:40]!r} is no rate", where=where, hint="for example 20/s")
    return per_second


def duration(text: str | float, where: str) -> float:
    """Seconds from `90`, `90s`, `30m`, `1h`."""
    match = re.match(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(ms|s|m|h)?\s*\Z", str(text))
    shown = f"{text:g}" if isinstance(text, float) else text[:40]
    seconds = float(match.group(1)) * _UNITS[match.group(2) or ""] if match else 0.0
    if not 0 < seconds <= 7 * 86400:
        raise ConfigError(f"{shown!r} is no duration", where=where, hint="for example 30m")
    return seconds


def period(text: str, where: str) -> timedelta:
    """A span of time that may last days: `30s`, `90m`, `24h`, `90d`."""
    match = re.match(r"([0-9]{1,6})(s|m|h|d)\Z", text, re.ASCII)
    if match is None or not int(match.group(1)):
        raise ConfigError(f"{text[:40]!r} is no span of time", where=where, hint="for example 24h or 90d")
    return timedelta(seconds=int(match.group(1)) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[match.group(2)])


def percentage(text: str, where: str) -> float:
    """A number from 0 to 100."""
    match = re.match(r"[0-9]{1,3}(\.[0-9]{1,6})?\Z", text, re.ASCII)
    if match is None or float(text) > 100:
        raise ConfigError(f"{text[:40]!r} is no percentage", where=where, hint="a number from 0 to 100")
    return float(text)


def count(text: str, where: str, most: int) -> int:
    """A whole number from 1 to `most`."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= most):
        raise ConfigError(f"{text[:40]!r} is no number", where=where, hint=f"from 1 to {most}")
    return int(text)


def served_target(text: str | None, where: str) -> str | None:
    """The request target of a served description. ConfigError where it is no path of the environment's own origin."""
    if text is None:
        return None
    shown, hint = repr(public(text)), "a path of the environment's own origin, such as /openapi.json"
    if not text.startswith("/") or text.startswith("//"):
        raise ConfigError(f"{shown} is no path", where=where, hint=hint)
    if not re.match(r"[!-\"$-~]+\Z", text):
        raise ConfigError(f"{shown} holds a # or what is not visible ASCII", where=where, hint="percent-encode it")
    if {".", ".."} & set(text.partition("?")[0].split("/")):
        raise ConfigError(f"{shown} has dot segments", where=where, hint=hint)
    return text
