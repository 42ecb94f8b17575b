"""Parameter Objects (OpenAPI §4.12, Swagger 2.0 Parameter Object) to `Parameter`s with their best value."""

from __future__ import annotations

import marshal
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from auditor.loader import values
from auditor.loader.document import Document
from auditor.loader.quick import quick
from auditor.loader.refs import RefProblem, Resolver, Spot, shown_ref
from auditor.model.contract import Parameter, Value

_LOCATIONS = frozenset({"path", "query", "header", "cookie", "querystring"})
_NOTHING: dict[str, Any] = {}

MAX_LISTED = 1000
"""Parameters of one list."""

_new_parameter = quick(Parameter)

Warn = Callable[[str, Document, str], None]


class Declared:
    """One declared parameter: the reduced `parameter`, and its documented `value`, found once when asked for."""

    __slots__ = ("_found", "_resolver", "_schema", "_spot", "parameter", "value_known")

    def __init__(self, parameter: Parameter, spot: Spot, schema: dict[str, Any], resolver: Resolver) -> None:
        self.parameter, self._spot, self._schema, self._resolver = parameter, spot, schema, resolver
        self.value_known = False
        self._found: Value | None = None

    @property
    def value(self) -> Value | None:
        """The value by the order of `values`, without configuration and `x-auditor`; None where nothing fits."""
        if not self.value_known:
            self.value_known = True
            self._found = values.first_usable(self._candidates(), self.parameter.location)
        return self._found

    def _candidates(self) -> Iterator[Value]:
        node, schema, parameter = self._spot.node, self._schema, self.parameter
        content = _content(node)
        text = values.json_text if "content" in node else values.text_of
        for example in _examples(node, content, schema, self._resolver, self._spot.document):
            made = text(example)
            if made is not None and values.fits(parameter, made):
                yield Value(made, "example")
        for default in (node.get("default"), schema.get("default")):
            made = text(default) if default is not None else None
            if made is not None:
                yield Value(made, "default")
        if parameter.enum:
            yield from (Value(member, "enum") for member in parameter.enum)
            return
        made = None if "content" in node else values.made_from_schema(parameter, schema)
        if made is not None:
            yield Value(made, "schema")


def _examples(
    node: dict[str, Any], content: dict[str, Any], schema: dict[str, Any], resolver: Resolver, document: Document
) -> Iterator[Any]:
    """Every example of the parameter, then of its schema: `example`, `examples`, `x-example`; None is no example."""
    for holder in (node, content):
        for key in ("example", "x-example"):
            if holder.get(key) is not None:
                yield holder[key]
        several = holder.get("examples")
        if isinstance(several, dict):
            for one in list(several.values())[:20]:
                yield from _example_object(one, resolver, document)
    if schema.get("example") is not None:
        yield schema["example"]
    listed = schema.get("examples")
    if isinstance(listed, list):
        yield from (v for v in listed[:20] if v is not None)


def _example_object(one: Any, resolver: Resolver, document: Document) -> Iterator[Any]:
    if isinstance(one, dict) and "$ref" in one:
        try:
            one = resolver.follow(one["$ref"], document).node
        except RefProblem:
            return
    if isinstance(one, dict):
        yield from (one[k] for k in ("value", "dataValue") if one.get(k) is not None)


def _like(node: Any, document: Document) -> tuple[Document | None, bytes] | None:
    """The same for nodes that mean the same: their bytes, and the document where a reference makes it matter.

    None where aliases can be: they would be written out.
    """
    if not document.unshared:
        return None
    try:
        content = marshal.dumps(node, 2)
    except ValueError:  # nests too deeply for it
        return None
    return (document if b"$ref" in content else None), content


def _content(node: dict[str, Any]) -> dict[str, Any]:
    content = node.get("content")
    first = next(iter(content.values()), None) if isinstance(content, dict) else None
    return first if isinstance(first, dict) else _NOTHING


def unique(outer: tuple[Declared, ...], inner: Sequence[Declared]) -> tuple[Declared, ...]:
    """Parameters of both, one for each name and place: the inner and the later one wins."""
    if not outer and len(inner) < 2:
        return tuple(inner)
    return tuple({(d.parameter.location, d.parameter.name): d for d in (*outer, *inner)}.values())


Listed = tuple[tuple[Declared, ...], tuple[Spot, ...]]
"""The parameters of one list, and the Swagger 2.0 `body` and `formData` ones, which are no parameters here."""


class Parameters:
    """Reads lists of parameters; what is referenced or written more than once is reduced once."""

    def __init__(self, resolver: Resolver, warn: Warn) -> None:
        self._resolver, self._tell = resolver, warn
        self._warned = 0
        self._known: dict[int, Declared | None] = {}
        self._targets: dict[int, Declared] = {}
        self._bodies: dict[int, Spot] = {}
        self._alike: dict[tuple[Document | None, bytes], Declared] = {}
        self._lists: dict[tuple[Document | None, bytes], Listed] = {}

    def read(self, nodes: Any, document: Document, pointer: str) -> Listed:
        """One `parameters` list, each name and place once; what is odd about it is warned of."""
        like = _like(nodes, document)
        if like is None:
            return self._read(nodes, document, pointer)
        listed = self._lists.get(like)
        if listed is None:
            before = self._warned
            listed = self._read(nodes, document, pointer)
            if self._warned == before:  # else the next one has to be warned of, too
                self._lists[like] = listed
        return listed

    def _read(self, nodes: Any, document: Document, pointer: str) -> Listed:
        found: list[Declared] = []
        bodies: list[Spot] = []
        if not isinstance(nodes, list):
            self._warn("`parameters` is not a list: ignored", document, pointer)
            return (), ()
        for i, node in enumerate(nodes[:MAX_LISTED]):
            declared = self._alike_or_new(node, document, f"{pointer}/{i}")
            if declared is not None:
                found.append(declared)
            elif id(node) in self._bodies:
                bodies.append(self._bodies[id(node)])
        return unique((), found), tuple(bodies)

    def _alike_or_new(self, node: Any, document: Document, pointer: str) -> Declared | None:
        """What is known of this node (an alias leads to one again and again: it is warned of once), or of its like."""
        key = id(node)
        if key in self._known:
            return self._known[key]
        like = _like(node, document)
        declared = self._alike.get(like) if like is not None else None
        if declared is None:
            declared = self._reduce(node, document, pointer)
            if declared is not None and like is not None:
                self._alike[like] = declared
        self._known[key] = declared
        return declared

    def _warn(self, message: str, document: Document, pointer: str) -> None:
        self._warned += 1
        self._tell(message, document, pointer)

    def _reduce(self, node: Any, document: Document, pointer: str) -> Declared | None:
        spot = Spot(node, document, pointer)
        if isinstance(node, dict) and "$ref" in node:
            try:
                spot = self._resolver.follow(node["$ref"], document)
            except RefProblem as e:
                self._warn(
                    f"parameter `$ref` {shown_ref(node['$ref'])} {e}: the parameter is unknown", document, pointer
                )
                return None
        target = spot.node
        if id(target) in self._targets:
            return self._targets[id(target)]
        if not isinstance(target, dict):
            self._warn("parameter is not a mapping: ignored", document, pointer)
            return None
        place, name = target.get("in"), values.text_of(target.get("name"))
        if place in ("body", "formData"):
            self._bodies[id(node)] = spot
            return None
        if not isinstance(place, str) or place not in _LOCATIONS or not name:
            self._warn("parameter without a valid `name` and `in`: ignored", document, pointer)
            return None
        schema = self._schema(target, spot)
        made = Declared(_parameter(target, name, place, schema), spot, schema, self._resolver)
        self._targets[id(target)] = made
        return made

    def _schema(self, node: dict[str, Any], spot: Spot) -> dict[str, Any]:
        """The parameter's schema, its outermost references, `allOf` and unions opened a few steps deep."""
        schema = node.get("schema")
        if schema is None:
            schema = _content(node).get("schema", node if "type" in node else _NOTHING)  # Swagger 2.0: itself
        return self.open_schema(schema, spot.document)

    def open_schema(self, schema: Any, document: Document) -> dict[str, Any]:
        for _ in range(10):
            if not isinstance(schema, dict):
                return _NOTHING
            ref = schema.get("$ref")
            if ref is None:
                if "type" in schema or "enum" in schema or "const" in schema:
                    return schema
                part = _first_part(schema)
                if part is None:
                    return schema
                rest = {k: v for k, v in schema.items() if k not in ("allOf", "oneOf", "anyOf")}
                schema = {**part, **rest, **({_UNION: True} if _alternatives(schema) > 1 else {})}
                continue
            try:
                spot = self._resolver.follow(ref, document)
            except RefProblem:
                return _NOTHING  # an unknown schema is read as text, as where there is none
            schema, document = spot.node, spot.document
        return _NOTHING


_UNION = "x-auditor-union"
"""Marks a schema opened from a union of several: its values need not have the first one's type."""


def _alternatives(schema: dict[str, Any]) -> int:
    """How many alternatives other than null a union has."""
    parts = schema.get("oneOf", schema.get("anyOf"))
    return sum(isinstance(p, dict) and p.get("type") != "null" for p in parts) if isinstance(parts, list) else 0


def _first_part(schema: dict[str, Any]) -> dict[str, Any] | None:
    """The first alternative that is not null."""
    for key in ("allOf", "oneOf", "anyOf"):
        parts = schema.get(key)
        if isinstance(parts, list):
            for part in parts[:20]:
                if isinstance(part, dict) and part.get("type") != "null":
                    return part
    return None


def _parameter(node: dict[str, Any], name: str, place: Any, schema: dict[str, Any]) -> Parameter:
    kind, form = schema.get("type"), schema.get("format")
    if isinstance(kind, list):
        kinds = [k for k in kind if isinstance(k, str) and k != "null"]
        kind = kinds[0] if len(kinds) == 1 else None
    if _UNION in schema:
        kind = form = None
    enum = schema.get("enum") if _UNION not in schema else None
    members = enum[:1000] if isinstance(enum, list) else [schema["const"]] if "const" in schema else ()
    style, explode = node.get("style"), node.get("explode")
    return _new_parameter(
        name,
        place,
        place == "path" or node.get("required") is True,
        kind if isinstance(kind, str) else None,
        form if isinstance(form, str) else None,
        tuple(t for t in map(values.text_of, members) if t is not None) if members else (),
        style if isinstance(style, str) else None,
        explode if isinstance(explode, bool) else None,
    )
