"""Request Body Objects (OpenAPI §4.13) and Swagger 2.0 `body`/`formData` parameters to `RequestBody`.

`demands_property` decides whether an unfinished request can be harmless (DESIGN §5b), so every doubt is a no.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from auditor.loader.refs import RefProblem, Resolver, Spot
from auditor.model.contract import RequestBody

MAX_SCHEMAS = 100
"""Schemas looked at for one body."""


def is_json(media_type: str) -> bool:
    """`application/json`, `application/*+json` and the like, parameters ignored."""
    essence = media_type.partition(";")[0].strip().lower()
    return essence == "application/json" or essence.endswith("+json")


def request_body(spot: Spot, resolver: Resolver) -> RequestBody:
    """The reduced body; raises RefProblem where its `$ref` leads nowhere."""
    if isinstance(spot.node, dict) and "$ref" in spot.node:
        spot = resolver.follow(spot.node["$ref"], spot.document)
    node = spot.node if isinstance(spot.node, dict) else {}
    content = node.get("content")
    types = content if isinstance(content, dict) else {}
    json_bodies = [v for k, v in types.items() if is_json(k)]
    demands = bool(json_bodies) and all(_media_demands(v, spot, resolver) for v in json_bodies)
    return RequestBody(node.get("required") is True, tuple(types), demands)


def swagger_body(spots: list[Spot], consumes: Any, resolver: Resolver) -> RequestBody | None:
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
    demands = any(map(is_json, types)) and _media_demands(body.node, body, resolver)
    return RequestBody(body.node.get("required") is True, types, demands)


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


def _media_demands(media: Any, spot: Spot, resolver: Resolver) -> bool:
    if not isinstance(media, dict) or "schema" not in media:
        return True
    return _demands(media["schema"], spot, resolver, [MAX_SCHEMAS])


def _demands(schema: Any, spot: Spot, resolver: Resolver, budget: list[int]) -> bool:
    """Whether every value that fits must hold a property. `budget` ends cycles and alias bombs."""
    budget[0] -= 1
    if budget[0] < 0 or not isinstance(schema, dict):
        return False
    ref = schema.get("$ref")
    if ref is not None:
        try:
            target = resolver.follow(ref, spot.document)
        except RefProblem:
            return False
        return _demands(target.node, target, resolver, budget)
    kind = schema.get("type", "object")
    if kind != "object" and kind != ["object"]:
        return False  # an array may be empty, null and text hold no property
    if schema.get("nullable") is True:
        return False
    if _names_property(schema):
        return True
    parts = schema.get("allOf")
    if isinstance(parts, list) and any(_demands(p, spot, resolver, budget) for p in parts[:MAX_SCHEMAS]):
        return True
    for key in ("oneOf", "anyOf"):
        parts = schema.get(key)
        if isinstance(parts, list) and parts and all(_demands(p, spot, resolver, budget) for p in parts[:MAX_SCHEMAS]):
            return True
    return False


def _names_property(schema: dict[str, Any]) -> bool:
    """A required property that a request must carry: a `readOnly` one is for responses."""
    required, properties = schema.get("required"), schema.get("properties")
    if not isinstance(required, list):
        return False
    known = properties if isinstance(properties, dict) else {}
    return any(
        isinstance(name, str) and not (isinstance(known.get(name), dict) and known[name].get("readOnly") is True)
        for name in required[:1000]
    )
