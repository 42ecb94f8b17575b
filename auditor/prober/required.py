"""Required query and header parameters, filled in from the description (RFC 3986 §3.4, OpenAPI Parameter Object)."""

from __future__ import annotations

import urllib.parse
from typing import NamedTuple

from auditor.model.contract import Operation, Parameter, PathItem
from auditor.model.environment import Environment
from auditor.prober import guard


class Bare(NamedTuple):
    """What GET demands besides credentials: its query, and its header fields."""

    query: str | None = None
    fields: tuple[tuple[str, str], ...] = ()


NOTHING = Bare()


def bare(item: PathItem, environment: Environment, keys: frozenset[tuple[str, str]]) -> Bare:
    """The query and the fields of GET without those that are API keys by the description: (location, name)."""
    return Bare(queries(item, keys).get("GET"), fields(item, environment, keys).get("GET", ()))


def demands(item: PathItem) -> dict[str, bool]:
    """Whether credentials are demanded, by method, as far as the description says anything."""
    return {o.method: o.secured for o in item.operations if o.secured is not None}


def queries(item: PathItem, keys: frozenset[tuple[str, str]] = frozenset()) -> dict[str, str]:
    """Required query parameters by method, as a query string (RFC 3986 §3.4); without `keys`."""
    found = {}
    for o in item.operations:
        given = [p for p in _required(o, "query") if ("query", p.name) not in keys]
        pairs = [(p.name, o.values[p.name].text) for p in given if guard.may_query(p.name)]
        if pairs:
            found[o.method] = urllib.parse.urlencode(pairs, quote_via=urllib.parse.quote, errors="replace")
    return found


def fields(
    item: PathItem, environment: Environment, keys: frozenset[tuple[str, str]] = frozenset()
) -> dict[str, tuple[tuple[str, str], ...]]:
    """Required header parameters by method, without `keys`; never a field of ours or the operator's (PROMISES P4)."""
    found = {}
    for o in item.operations:
        given = ((p.name, o.values[p.name].text) for p in _required(o, "header")
                 if ("header", p.name.lower()) not in keys)  # fmt: skip
        pairs = tuple((n, v) for n, v in given if guard.may_set(environment, n) and guard.can_stand(n, v))
        if pairs:
            found[o.method] = pairs
    return found


def _required(operation: Operation, location: str) -> list[Parameter]:
    return [p for p in operation.parameters if p.location == location and p.required and p.name in operation.values]
