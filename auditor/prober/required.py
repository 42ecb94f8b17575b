"""Required query and header parameters, filled in from the description (RFC 3986 §3.4, OpenAPI Parameter Object)."""

from __future__ import annotations

import urllib.parse

from auditor.model.contract import Operation, Parameter, PathItem
from auditor.model.environment import Environment
from auditor.prober import guard


def queries(item: PathItem) -> dict[str, str]:
    """Required query parameters by method, as a query string (RFC 3986 §3.4)."""
    found = {}
    for o in item.operations:
        pairs = [(p.name, o.values[p.name].text) for p in _required(o, "query") if guard.may_query(p.name)]
        if pairs:
            found[o.method] = urllib.parse.urlencode(pairs, quote_via=urllib.parse.quote, errors="replace")
    return found


def fields(item: PathItem, environment: Environment) -> dict[str, tuple[tuple[str, str], ...]]:
    """Required header parameters by method; never a field of ours or the operator's (PROMISES P4)."""
    found = {}
    for o in item.operations:
        given = ((p.name, o.values[p.name].text) for p in _required(o, "header"))
        pairs = tuple((n, v) for n, v in given if guard.may_set(environment, n) and guard.can_stand(n, v))
        if pairs:
            found[o.method] = pairs
    return found


def _required(operation: Operation, location: str) -> list[Parameter]:
    return [p for p in operation.parameters if p.location == location and p.required and p.name in operation.values]
