"""Where a redirect leads: `Location` resolved (RFC 9110 §10.2.2, RFC 3986 §5), and compared with the request.

`Location` is the server's text: it may be long, no http address at all, or one that clients read in different ways.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote_to_bytes, urljoin, urlsplit

from auditor.model.environment import Origin

LONGEST = 300
"""What is kept of a field value (prober/redact): of a longer Location only the origin is known."""
PORTS = {"http": 80, "https": 443}
_AMBIGUOUS = re.compile(r"[\x00-\x20\x7f\\]|\A(?:https?:)?//(?:/|\Z)|\Ahttps?:(?!//)", re.IGNORECASE)
"""Browsers read a backslash as a slash, drop tabs and line ends, and skip slashes to find a host; others do not."""


class Target(NamedTuple):
    """An http address without query. `path` is None where it was too long to be kept whole."""

    origin: Origin
    path: str | None

    @property
    def text(self) -> str:
        return self.origin.text + (self.path or "")


def resolve(location: str, origin: Origin, path: str) -> Target | None:
    """The address that `location` names for a request of `path` at `origin`.

    None where that is no http address, or one that clients do not agree about.
    """
    if not location or _AMBIGUOUS.search(location):
        return None
    try:
        parts = urlsplit(urljoin(origin.text + path, location))
        host, port = parts.hostname, parts.port or PORTS[parts.scheme]
    except (ValueError, KeyError):
        return None
    if not host:
        return None
    return Target(Origin(parts.scheme, host, port), None if len(location) >= LONGEST else parts.path or "/")


def kind(location: str, origin: Origin, path: str) -> str:
    """What a redirect changes: `scheme`, `host` (or port), `slash` at the end, `path`; `same`: nothing but the query.

    `unusable`: no http address that clients agree about.
    """
    target = resolve(location, origin, path)
    if target is None:
        return "unusable"
    if target.origin != origin:
        return "scheme" if target.origin.host == origin.host and target.origin.scheme != origin.scheme else "host"
    if target.path is None:
        return "path"
    here, there = plain(path), plain(target.path)
    if here == there:
        return "same"
    return "slash" if without_slash(here) == without_slash(there) else "path"


def plain(path: str) -> tuple[bytes, ...]:
    """The segments of a path, percent-encoding undone: two spellings of one path are equal (RFC 3986 §6.2.2)."""
    raw = path.encode("latin-1") if path.isascii() or _is_latin(path) else path.encode("utf-8", "surrogateescape")
    return tuple(unquote_to_bytes(segment) for segment in raw.split(b"/"))


def _is_latin(text: str) -> bool:
    """Octets of a field value are kept as the characters of the same number."""
    return all(ord(c) < 256 for c in text)


def without_slash(segments: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """The same without an empty segment at the end."""
    return segments[:-1] if len(segments) > 1 and segments[-1] == b"" else segments


def moved_base(path: str, target: str, base: str) -> str | None:
    """The base path under which `target` has what `path` has under `base`; None where it has not the same end."""
    relative = path.removeprefix(base)
    if not path.startswith(base) or len(relative) < 2 or not target.endswith(relative):
        return None
    return target[: len(target) - len(relative)]
