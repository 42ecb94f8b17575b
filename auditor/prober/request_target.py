"""The pieces of a request target: values encoded, templates filled in (RFC 3986 §3.3)."""

from __future__ import annotations

import hashlib
import urllib.parse
from collections.abc import Mapping

from auditor.model.contract import PathItem
from auditor.model.templates import fill


def nonce(seed: str, *parts: str) -> str:
    """16 hex digits that only this run and this place have."""
    return hashlib.sha256("\n".join((seed, *parts)).encode()).hexdigest()[:16]


def encode(value: str) -> str:
    """A parameter value as a path segment: everything but unreserved characters percent-encoded (RFC 3986 §2.3)."""
    quoted = urllib.parse.quote(value, safe="")
    return quoted.replace(".", "%2E") if set(value) == {"."} else quoted


def visible_ascii(path: str) -> str:
    """A path as a request target: what is no path character of RFC 3986 §3.3 is percent-encoded as UTF-8."""
    return urllib.parse.quote(path, safe="/%:@!$&'()*+,;=~-._", errors="replace")


def has_dot_segments(path: str) -> bool:
    """Whether a server might resolve the path to another one, even outside the base path (RFC 3986 §5.2.4)."""
    return any(s in (".", "..") for s in urllib.parse.unquote(path).split("/"))


def fill_or_none(template: str, values: Mapping[str, str]) -> str | None:
    """The filled template, or None where a value is missing."""
    try:
        return fill(template, values)
    except KeyError:
        return None


def may_404(item: PathItem) -> frozenset[str]:
    """Methods whose 404 the description announces."""
    return frozenset(o.method for o in item.operations if {"404", "4xx"} & {s.lower() for s in o.statuses})
