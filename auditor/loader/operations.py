"""Operation Objects (OpenAPI §4.10, Swagger 2.0) to `Operation`s: a reduced view with the raw node kept beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from auditor.loader import values
from auditor.loader.bodies import request_body, swagger_body
from auditor.loader.notes import Notes
from auditor.loader.parameters import Declared, Parameters
from auditor.loader.refs import RefProblem, Resolver, Spot, shown_ref
from auditor.loader.servers import server_urls
from auditor.model.contract import Location, Operation, Parameter, RequestBody, Value
from auditor.model.methods import is_token

_NOTHING: dict[str, Any] = {}


@dataclass(slots=True)
class Item:
    """What a path item hands down to its operations; `given` are the configured and `x-auditor` values."""

    template: str
    key: str
    names: tuple[str, ...]
    declared: list[Declared] = field(default_factory=list)
    given: dict[str, Value] = field(default_factory=dict)
    configured: dict[str, Value] = field(default_factory=dict)
    server: str | None = None
    skip: str | None = None
    owner: str | None = None


class Operations:
    """Reads operations; holds what the root of the description says for all of them."""

    def __init__(self, resolver: Resolver, notes: Notes, swagger: bool) -> None:
        root = resolver.root.root
        self.resolver, self.notes, self.swagger = resolver, notes, swagger
        self.parameters = Parameters(resolver, notes.add)
        self.secured = _secured(root.get("security"))
        self.consumes = root.get("consumes")

    def read(self, method: str, spot: Spot, item: Item, line: int | None) -> Operation:
        """One operation. A broken part is warned of and left out; the operation itself is always kept."""
        location = Location(spot.document.file, spot.pointer, line)
        spot = self._follow(spot)
        node: dict[str, Any] = spot.node
        declared, bodies = self._declared(node, spot, item)
        skip, owner, given = self._own_extension(node, spot, item)
        filled, unfilled = _fill(declared, item.names, given)
        server = item.server
        if "servers" in node:
            urls = server_urls(node["servers"], lambda m: self.notes.add(m, spot.document, spot.pointer + "/servers"))
            server = urls[0] if urls else server
        identity, tags, responses = node.get("operationId"), node.get("tags"), node.get("responses")
        return Operation(
            method,
            location,
            identity if isinstance(identity, str) else None,
            tuple([t for t in tags if isinstance(t, str)]) if isinstance(tags, list) else (),
            node.get("deprecated") is True,
            tuple([d.parameter for d in declared]),
            filled,
            unfilled,
            self._body(node, spot, bodies),
            tuple([k for k in responses if k[:2] != "x-"]) if isinstance(responses, dict) else (),
            _secured(node["security"]) if "security" in node else self.secured,
            server,
            skip,
            owner,
            node,
        )

    def _follow(self, spot: Spot) -> Spot:
        """Operation-level `$ref` is in no standard, but real descriptions use it; siblings win."""
        node = spot.node
        if not isinstance(node, dict):
            self.notes.add("operation is not a mapping: only its method is known", spot.document, spot.pointer)
            return Spot(_NOTHING, spot.document, spot.pointer)
        if "$ref" not in node:
            return spot
        siblings = {k: v for k, v in node.items() if k != "$ref"}
        try:
            target = self.resolver.follow(node["$ref"], spot.document)
        except RefProblem as e:
            message = f"operation `$ref` {shown_ref(node['$ref'])} {e}: only its method is known"
            self.notes.add(message, spot.document, spot.pointer)
            return Spot(siblings, spot.document, spot.pointer)
        if not isinstance(target.node, dict):
            message = f"operation `$ref` {shown_ref(node['$ref'])} leads to no operation: only its method is known"
            self.notes.add(message, spot.document, spot.pointer)
            return Spot(siblings, spot.document, spot.pointer)
        return target if not siblings else Spot({**target.node, **siblings}, target.document, target.pointer)

    def _declared(self, node: dict[str, Any], spot: Spot, item: Item) -> tuple[list[Declared], list[Spot]]:
        """Parameters of path item and operation together; the operation wins by (in, name)."""
        if "parameters" not in node:
            return item.declared, []
        own, bodies = self.parameters.read(node["parameters"], spot.document, spot.pointer + "/parameters")
        if not item.declared:
            return own, bodies
        merged = {(d.parameter.location, d.parameter.name): d for d in item.declared}
        merged.update({(d.parameter.location, d.parameter.name): d for d in own})
        return list(merged.values()), bodies

    def _own_extension(
        self, node: dict[str, Any], spot: Spot, item: Item
    ) -> tuple[str | None, str | None, dict[str, Value]]:
        """`x-auditor` of the operation over that of the path; configured values over both."""
        if "x-auditor" not in node:
            return item.skip, item.owner, item.given
        extension = self.extension(node, spot)
        given = {**item.given, **values.as_values(extension.get("values"), "x-auditor"), **item.configured}
        return skip_of(extension, item.skip), owner_of(extension) or item.owner, given

    def extension(self, node: dict[str, Any], spot: Spot) -> dict[str, Any]:
        """The `x-auditor` mapping, or an empty one; unknown names in it are warned of."""
        found = node.get("x-auditor")
        if found is None:
            return _NOTHING
        place = spot.pointer + "/x-auditor"
        if not isinstance(found, dict):
            self.notes.add("`x-auditor` is not a mapping: ignored", spot.document, place)
            return _NOTHING
        for name in list(found)[:20]:
            if name not in ("skip", "values", "owner"):
                self.notes.add(f"`x-auditor` knows no {name[:80]!r}: ignored", spot.document, place)
        return found

    def _body(self, node: dict[str, Any], spot: Spot, bodies: list[Spot]) -> RequestBody | None:
        if self.swagger:
            consumes = node.get("consumes", self.consumes) if bodies else None
            return swagger_body(bodies, consumes, self.resolver) if bodies else None
        if "requestBody" not in node:
            return None
        place = spot.pointer + "/requestBody"
        try:
            return request_body(Spot(node["requestBody"], spot.document, place), self.resolver)
        except RefProblem as e:
            self.notes.add(f"requestBody `$ref` {e}: the body is unknown", spot.document, place)
            return None


def skip_of(extension: dict[str, Any], inherited: str | None) -> str | None:
    """Why the operation is left out: `skip: true`, or the reason itself as text; `skip: false` takes it back."""
    skip = extension.get("skip")
    if skip is None:
        return inherited
    return "x-auditor: skip" if skip is True else skip if isinstance(skip, str) and skip else None


def owner_of(extension: dict[str, Any]) -> str | None:
    owner = extension.get("owner")
    return owner if isinstance(owner, str) and owner else None


def _fill(
    declared: list[Declared], names: tuple[str, ...], given: dict[str, Value]
) -> tuple[dict[str, Value], tuple[str, ...]]:
    """Values of path parameters and of required query and header ones, and the names of those left without."""
    if not declared:
        return {}, ()
    filled: dict[str, Value] = {}
    unfilled: list[str] = []
    for one in declared:
        parameter = one.parameter
        name = parameter.name
        if parameter.location == "path":
            if name in names:
                own = given.get(name)
                value = own if own is not None and values.usable(own.text, "path") else one.value
                if value is not None:
                    filled[name] = value
        elif parameter.required and parameter.location != "cookie":
            _fill_required(one, parameter, given, filled, unfilled)
    return filled, tuple(unfilled)


def _fill_required(
    one: Declared, parameter: Parameter, given: dict[str, Value], filled: dict[str, Value], unfilled: list[str]
) -> None:
    name, lower = parameter.name, parameter.name.lower()
    if parameter.location == "header" and lower in values.OWN_HEADERS:
        return
    value = given.get(name)
    if value is None or not values.usable(value.text, parameter.location):
        value = one.value
    forbidden = lower in values.OVERRIDES or parameter.location == "querystring"
    if value is None or forbidden or (parameter.location == "header" and not is_token(name)):
        unfilled.append(name)
    elif name not in filled:
        filled[name] = value


def _secured(security: Any) -> bool | None:
    """Whether a security requirement applies (OpenAPI §4.30): `[]` and an empty alternative mean none does."""
    if not isinstance(security, list):
        return None
    return bool(security) and not any(alternative == {} for alternative in security)
