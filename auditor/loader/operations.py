"""Operation Objects (OpenAPI §4.10, Swagger 2.0) to `Operation`s: a reduced view with the raw node kept beside it."""

from __future__ import annotations

from typing import Any

from auditor.loader import values
from auditor.loader.details import Details, can_wait
from auditor.loader.document import Document
from auditor.loader.later import later_operation
from auditor.loader.notes import Notes
from auditor.loader.parameters import Declared, Parameters, unique
from auditor.loader.quick import quick
from auditor.loader.refs import RefProblem, Resolver, Spot, shown_ref
from auditor.loader.servers import server_urls
from auditor.model.contract import Operation, Parameter, Value
from auditor.model.methods import is_token

_NOTHING: dict[str, Any] = {}
_new_operation = quick(Operation)

Filled = tuple[dict[str, Value], tuple[str, ...]]
"""Values by name, and the names of those left without."""


Joined = tuple[tuple[Declared, ...], tuple[Parameter, ...], Filled]
"""Parameters of path item and operation together, reduced, and their values without what is given for one path."""


class Item:
    """What a path item hands down to its operations; shared by path items that hand down the same.

    `given` are the configured and `x-auditor` values; `names` the parameters in the template.
    """

    __slots__ = ("configured", "declared", "given", "joined", "names", "own", "owner", "server", "skip")

    def __init__(self, names: tuple[str, ...], declared: tuple[Declared, ...], configured: dict[str, Value]) -> None:
        self.names, self.declared, self.configured = names, declared, configured
        self.given: dict[str, Value] = {}
        self.server: str | None = None
        self.skip: str | None = None
        self.owner: str | None = None
        self.joined: dict[tuple[Declared, ...], Joined] = {}
        self.own: tuple[tuple[Parameter, ...], dict[str, Value]] | None = None
        """Its path parameters and their values, where it declares all of them and nothing is given."""

    def join(self, own: tuple[Declared, ...]) -> Joined:
        """With the parameters of an operation; those win by `in` and `name`."""
        merged = unique(self.declared, own)
        made = self.joined[own] = merged, tuple([d.parameter for d in merged]), _fill(merged, self.names, _NOTHING)
        return made


class Operations:
    """Reads operations; holds what the root of the description says for all of them, and what many have in common."""

    def __init__(self, resolver: Resolver, notes: Notes, swagger: bool) -> None:
        self.resolver, self.notes = resolver, notes
        self.parameters, self.details = Parameters(resolver, notes.add), Details(resolver, notes, swagger)

    def read(
        self, method: str, holder: dict[str, Any], key: str, document: Document, pointer: str, item: Item
    ) -> Operation:
        """The operation `key` of `holder`. A broken part is warned of and left out; the operation itself is kept."""
        node = holder[key]
        here, at = document, pointer
        if type(node) is not dict or "$ref" in node:
            node, document, pointer = self._follow(Spot(node, document, pointer))
        raw = node.get("parameters")
        own: tuple[Declared, ...] = ()
        bodies: tuple[Spot, ...] = ()
        if raw or (raw is not None and type(raw) is not list):
            own, bodies = self.parameters.read(raw, document, pointer + "/parameters")
        declared, parameters, filled = item.joined.get(own) or item.join(own)
        skip, owner, given = item.skip, item.owner, item.given
        if "x-auditor" in node:
            skip, owner, given = self._own_extension(node, document, pointer, item)
        if given:
            filled = _fill(declared, item.names, given)
        server = item.server
        if "servers" in node:
            urls = server_urls(node["servers"], lambda m: self.notes.add(m, document, pointer + "/servers"))
            server = urls[0] if urls else server
        if not document.lines_later or self.notes.thorough:
            self.details.check_responses(node.get("responses"), document, pointer + "/responses")
        if document.lines_later and here is document and can_wait(node, bodies):
            known = (parameters, *filled, server, skip, owner)
            return later_operation(method, known, node, (self.details.read, document, holder, key, at))
        identity, tags, deprecated, body, statuses, secured, security = self.details.read(
            node, document, pointer, bodies
        )
        return _new_operation(
            method, here.place(holder, key, at), identity, tags, deprecated, parameters, *filled, body, statuses,
            secured, security, server, skip, owner, node,
        )  # fmt: skip

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

    def _own_extension(
        self, node: dict[str, Any], document: Document, pointer: str, item: Item
    ) -> tuple[str | None, str | None, dict[str, Value]]:
        """`x-auditor` of the operation over that of the path; configured values over both."""
        extension = self.extension(node, document, pointer)
        given = {**item.given, **values.as_values(extension.get("values"), "x-auditor"), **item.configured}
        return skip_of(extension, item.skip), owner_of(extension) or item.owner, given

    def extension(self, node: dict[str, Any], document: Document, pointer: str) -> dict[str, Any]:
        """The `x-auditor` mapping, or an empty one; unknown names in it are warned of."""
        found = node.get("x-auditor")
        if found is None:
            return _NOTHING
        place = pointer + "/x-auditor"
        if not isinstance(found, dict):
            self.notes.add("`x-auditor` is not a mapping: ignored", document, place)
            return _NOTHING
        for name in list(found)[:20]:
            if name not in ("skip", "values", "owner"):
                self.notes.add(f"`x-auditor` knows no {name[:80]!r}: ignored", document, place)
        return found


def skip_of(extension: dict[str, Any], inherited: str | None) -> str | None:
    """Why the operation is left out: `skip: true`, or the reason itself as text; `skip: false` takes it back."""
    skip = extension.get("skip")
    if skip is None:
        return inherited
    return "x-auditor: skip" if skip is True else skip if isinstance(skip, str) and skip else None


def owner_of(extension: dict[str, Any]) -> str | None:
    """Who answers for the operation, by `x-auditor`."""
    owner = extension.get("owner")
    return owner if isinstance(owner, str) and owner else None


def _fill(declared: tuple[Declared, ...], names: tuple[str, ...], given: dict[str, Value]) -> Filled:
    """Values of path parameters and of required query and header ones, and the names of those left without."""
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
