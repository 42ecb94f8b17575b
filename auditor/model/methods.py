"""HTTP methods and the `Allow` field (RFC 9110 §9, §10.2.1).

A method is a case-sensitive token from an open set (RFC 9110 §9.1).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

SAFE: frozenset[str] = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "REPORT", "SEARCH", "QUERY", "PRI"})
"""Safe by RFC 9110 §9.2.1 or marked safe in the IANA method registry."""

CORE: tuple[str, ...] = ("GET", "POST", "PUT", "PATCH", "DELETE")
"""The methods every documented path has a cell for, documented or not (DESIGN §8)."""

STATE_CHANGING: frozenset[str] = frozenset({"POST", "PUT", "PATCH", "DELETE"})

IMPLICIT: frozenset[str] = frozenset({"HEAD", "OPTIONS", "TRACE"})
"""Come with a framework: serving them without documenting them is no drift."""

REGISTERED: frozenset[str] = SAFE | STATE_CHANGING | frozenset({
    "ACL", "BASELINE-CONTROL", "BIND", "CHECKIN", "CHECKOUT", "CONNECT", "COPY", "LABEL", "LINK", "LOCK", "MERGE",
    "MKACTIVITY", "MKCALENDAR", "MKCOL", "MKREDIRECTREF", "MKWORKSPACE", "MOVE", "ORDERPATCH", "PROPPATCH", "REBIND",
    "UNBIND", "UNCHECKOUT", "UNLINK", "UNLOCK", "UPDATE", "UPDATEREDIRECTREF", "VERSION-CONTROL",
})  # fmt: skip
"""The IANA method registry, without its `*`."""

CONTROLS: tuple[str, ...] = ("REPORT", "SEARCH", "PROPFIND")
"""Registered safe methods that API code does not implement; the first undocumented one is the control."""

MAX_ALLOW_TOKENS = 100

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}\Z")
_ORDER = {m: i for i, m in enumerate(("GET", "HEAD", "QUERY", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"))}


def is_safe(method: str) -> bool:
    """Whether `method` is safe; an unknown or differently cased token is not."""
    return method in SAFE


def is_token(text: str) -> bool:
    """Whether `text` is an RFC 9110 §5.6.2 token of a sane length."""
    return _TOKEN.match(text) is not None


def method_order(method: str) -> tuple[int, str]:
    """Sort key: the usual methods in the usual order, then the rest by name."""
    return _ORDER.get(method, len(_ORDER)), method


@dataclass(frozen=True, slots=True)
class Allow:
    """The `Allow` fields of one answer: valid tokens in order, and what was odd about them."""

    methods: tuple[str, ...]
    odd: tuple[str, ...] = ()
    fields: int = 1
    """Field lines that it came in: legal, and often one line each of two programs that do not agree (§5.3)."""

    def __contains__(self, method: str) -> bool:
        return method in self.methods

    @property
    def no_methods(self) -> tuple[str, ...]:
        """What stands in the list and can be no method that is meant: no token, `*`, or a method in other letters."""
        return (*self.odd, *(m for m in self.methods if m == "*" or (m not in REGISTERED and m.upper() in REGISTERED)))

    @property
    def text(self) -> str:
        """The list as RFC 9110 §5.6.1 would write it; empty for a legal empty Allow."""
        return ", ".join(self.methods)


def parse_allow(values: Iterable[str]) -> Allow | None:
    """`Allow` from all its field lines, or None where there is none (RFC 9110 §10.2.1).

    Empty list elements are legal (§5.6.1.2). Tokens are case-sensitive; at most 100 are kept.
    """
    lines = list(values)
    if not lines:
        return None
    methods: dict[str, None] = {}
    odd: list[str] = []
    for element in (e.strip(" \t") for line in lines for e in line.split(",")):
        if not element:
            continue
        if len(methods) >= MAX_ALLOW_TOKENS:
            odd.append("more than 100 tokens")
            break
        if is_token(element):
            methods[element] = None
        elif len(odd) < 5:
            odd.append(element[:40])
    return Allow(tuple(methods), tuple(odd), len(lines))


def control_method(documented: Iterable[str], advertised: Iterable[str] = ()) -> str | None:
    """The safe method that nobody here implements: REPORT, unless it is documented or advertised (DESIGN §4)."""
    taken = set(documented) | set(advertised)
    return next((m for m in CONTROLS if m not in taken), None)
