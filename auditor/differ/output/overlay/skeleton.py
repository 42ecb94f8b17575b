"""A skeleton operation: as much of an undocumented operation as the exchanges showed, for somebody to write out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from auditor.differ.evidence import carries_credentials
from auditor.differ.output.overlay.nodes import Nodes, Place
from auditor.model.contract import PathItem
from auditor.model.exchange import Answer, Exchange, Purpose
from auditor.model.methods import is_safe
from auditor.model.templates import anonymous, parameter_names

_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,64}/[a-z0-9!#$&^_.+-]{1,64}\Z")
_REFUSALS = frozenset({405, 406, 413, 414, 415, 429, 501})
"""What says something about our request, and nothing about the operation."""
_OWN = (Purpose.PATH, Purpose.ABSENT)
UNSEEN = "The method is served; auditor sent no such request, so nothing is known about its answers"


def shown(exchanges: Iterable[Exchange], template: str, method: str) -> list[Exchange]:
    """Where a safe method was answered in full on this path, be it for an existing object or for an absent one."""
    same = anonymous(template)
    if not is_safe(method):
        return []
    return [
        e for e in exchanges
        if e.answer is not None and e.answer.whole and e.probe.method == method and e.probe.purpose in _OWN
        and anonymous(e.probe.slot.subject) == same
    ]  # fmt: skip


def open_to_all(exchange: Exchange) -> bool:
    """Whether it succeeded without credentials: what the description demands elsewhere is not asked for here."""
    answer = exchange.answer
    return answer is not None and 200 <= answer.status < 300 and not carries_credentials(exchange)


def fails(seen: Iterable[Answer]) -> int | None:
    """The status of an answer that says that the operation is broken: a contract cannot promise that."""
    return next((a.status for a in seen if a.status >= 500 and a.status not in _REFUSALS), None)


def operation(environment: str, seen: Iterable[Answer], swagger: bool) -> dict[str, Any]:
    """An Operation Object with the status and media type of every answer; `default` alone where none was asked for."""
    responses: dict[str, Any] = {}
    produces: dict[str, None] = {}
    for answer in sorted(seen, key=lambda a: a.status):
        media_type = answer.body.media_type if answer.body.length and answer.status not in (204, 304) else ""
        if answer.status in _REFUSALS or not 200 <= answer.status < 500:
            continue
        response = responses.setdefault(str(answer.status), {"description": _phrase(answer.status)})
        if _MEDIA_TYPE.match(media_type) and not swagger:
            response.setdefault("content", {})[media_type] = {}
        elif _MEDIA_TYPE.match(media_type):
            produces[media_type] = None
    made: dict[str, Any] = {"summary": f"Served by {environment}, not described yet"}
    if produces:
        made["produces"] = list(produces)
    made["responses"] = responses or {"default": {"description": UNSEEN}}
    return made


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"Status {status}"


def parameters(nodes: Nodes, item: PathItem, parts: Iterable[Place], into: Place, swagger: bool) -> list[Any]:
    """The path parameters that the path item does not declare for all of its operations: as a sibling declares them."""
    found = list(parts)
    declared = {name for part in found for name in _declared(nodes, part)}
    siblings: dict[str, Any] = {}
    for part in found:
        for _, place in nodes.operations(part):
            if place.file == into.file:
                siblings = {**_declared(nodes, place), **siblings}
    kind: Mapping[str, Any] = {"type": "string"} if swagger else {"schema": {"type": "string"}}
    return [
        siblings.get(name, {"name": name, "in": "path", "required": True, **kind})
        for name in dict.fromkeys(parameter_names(item.template)) if name not in declared
    ]  # fmt: skip


def _declared(nodes: Nodes, holder: Place) -> dict[str, Any]:
    """Path parameters in the `parameters` of a node by name, each as it is written there: a reference stays one."""
    node = nodes.value(holder)
    listed = node.get("parameters") if isinstance(node, dict) else None
    found = {}
    for i, written in enumerate(listed if isinstance(listed, list) else ()):
        end = nodes.end(holder / "parameters" / str(i))
        one = nodes.value(end) if end is not None else None
        if isinstance(one, dict) and one.get("in") == "path" and isinstance(one.get("name"), str):
            found[one["name"]] = written
    return found
