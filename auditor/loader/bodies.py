"""Request Body Objects (OpenAPI §4.13) and Swagger 2.0 `body`/`formData` parameters to `RequestBody`.

`demands_property` decides whether an unfinished request can be harmless (DESIGN §5b), so every doubt is a no.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from auditor.loader.document import Document
from auditor.loader.quick import quick
from auditor.loader.refs import RefProblem, Resolver, Spot
from auditor.model.contract import RequestBody

MAX_SCHEMAS = 100
"""Schemas looked at for one body."""

_NOTHING: dict[str, Any] = {}
_new_body = quick(RequestBody)


def is_json(media_type: str) -> bool:
    """`application/json`, `application/*+json` and the like, parameters ignored."""
    essence = media_type.partition(";")[0].strip().lower()
    return essence == "application/json" or essence.endswith("+json")


class Bodies:
    """Reads request bodies; a schema that is referenced is looked into once."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._demanded: dict[tuple[Document, str], bool] = {}

    def read(self, node: Any, document: Document) -> RequestBody:
        """The reduced body; raises RefProblem where its `$ref` leads nowhere."""
        if isinstance(node, dict) and "$ref" in node:
            node, document, _ = self._resolver.follow(node["$ref"], document)
        if not isinstance(node, dict):
            node = _NOTHING
        content = node.get("content")
        types = content if isinstance(content, dict) else _NOTHING
        demands = False
        for media_type, media in types.items():
            if media_type == "application/json" or is_json(media_type):
                demands = self._media_demands(media, document)
                if not demands:
                    break
        return _new_body(node.get("required") is True, tuple(types), demands)

    def swagger(self, spots: Sequence[Spot], consumes: Any) -> RequestBody | None:
        """Swagger 2.0: the `body` parameter, else the `formData` ones together."""
        nodes = [s for s in spots if isinstance(s.node, dict)]
        if not nodes:
            return None
        types = tuple(t for t in consumes if isinstance(t, str)) if isinstance(consumes, list) else ()
        body = next((s for s in nodes if s.node.get("in") == "body"), None)
        if body is None:
            forms = [s.node for s in nodes]
            upload = any(n.get("type") == "file" for n in forms)
            default = "multipart/form-data" if upload else "application/x-www-form-urlencoded"
            return RequestBody(any(n.get("required") is True for n in forms), types or (default,), False)
        demands = any(map(is_json, types)) and self._media_demands(body.node, body.document)
        return RequestBody(body.node.get("required") is True, types, demands)

    def _media_demands(self, media: Any, document: Document) -> bool:
        if not isinstance(media, dict) or "schema" not in media:
            return True
        schema = media["schema"]
        ref = schema.get("$ref") if isinstance(schema, dict) else None
        if not isinstance(ref, str):
            return self._demands(schema, document, [MAX_SCHEMAS])
        known = self._demanded.get((document, ref))
        if known is None:
            known = self._demanded[document, ref] = self._demands(schema, document, [MAX_SCHEMAS])
        return known

    def _demands(self, schema: Any, document: Document, budget: list[int]) -> bool:
        """Whether every value that fits must hold a property. `budget` ends cycles and alias bombs."""
        budget[0] -= 1
        if budget[0] < 0 or not isinstance(schema, dict):
            return False
        ref = schema.get("$ref")
        if ref is not None:
            try:
                target = self._resolver.follow(ref, document)
            except RefProblem:
                return False
            return self._demands(target.node, target.document, budget)
        kind = schema.get("type", "object")
        if kind != "object" and kind != ["object"]:
            return False  # an array may be empty, null and text hold no property
        if schema.get("nullable") is True:
            return False
        if _names_property(schema):
            return True
        parts = schema.get("allOf")
        if isinstance(parts, list) and any(self._demands(p, document, budget) for p in parts[:MAX_SCHEMAS]):
            return True
        for key in ("oneOf", "anyOf"):
            parts = schema.get(key)
            if (
                isinstance(parts, list)
                and parts
                and all(self._demands(p, document, budget) for p in parts[:MAX_SCHEMAS])
            ):
                return True
        return False


def least_of(bodies: Iterable[RequestBody | None]) -> RequestBody | None:
    """What holds for every variant of an operation: none demanded where one of them demands none."""
    kept = list(bodies)
    known = [b for b in kept if b is not None]
    if not known:
        return None
    everywhere = len(known) == len(kept)
    return RequestBody(
        everywhere and all(b.required for b in known),
        known[0].media_types,
        everywhere and all(b.demands_property for b in known),
    )


def _names_property(schema: dict[str, Any]) -> bool:
    """A required property that a request must carry: a `readOnly` one is for responses."""
    required = schema.get("required")
    if not isinstance(required, list):
        return False
    properties = schema.get("properties")
    known = properties if isinstance(properties, dict) else _NOTHING
    for name in required[:1000]:
        if isinstance(name, str):
            declared = known.get(name)
            if not (isinstance(declared, dict) and declared.get("readOnly") is True):
                return True
    return False
