"""Path Items (OpenAPI §4.9) to `PathItem`s: references, methods, keys that share a template."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from auditor.loader import values
from auditor.loader.bodies import least_of
from auditor.loader.document import Document
from auditor.loader.notes import Notes
from auditor.loader.operations import Item, Operations, owner_of, skip_of
from auditor.loader.parameters import Declared, unique
from auditor.loader.quick import quick
from auditor.loader.refs import RefProblem, Resolver, Spot, escape, shown_ref
from auditor.loader.servers import server_urls
from auditor.model.contract import Operation, Parameter, PathItem, Value
from auditor.model.methods import is_token
from auditor.model.templates import is_balanced, parameter_names

METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace", "query"})
_UPPER = {m: m.upper() for m in METHODS}
_OTHER = frozenset({"$ref", "summary", "description", "servers", "parameters", "additionalOperations"})
_QUERY_PART = re.compile(r"\{[?&#][^{}]*\}")
_PLAIN = re.compile(r"/[^{}?#]*+(?:\{[^{}?#+*;./\s]++\}[^{}?#]*+)*+\Z")
"""A path key as nearly all are: nothing to add, to take off or to warn of."""
_NAME = re.compile(r"\{([^{}]+)\}")
_new_path_item = quick(PathItem)


class Paths:
    """Walks `paths` once; every key ends as part of a PathItem or in a warning (PROMISES P45)."""

    def __init__(self, resolver: Resolver, notes: Notes, dialect: str, given: Any) -> None:
        self.resolver, self.notes, self.dialect, self.given = resolver, notes, dialect, given
        self.operations = Operations(resolver, notes, dialect == "2.0")
        self.templates: dict[str, None] = {}
        """Every template that is documented in any way, be it by a reference that leads nowhere."""
        self._found: dict[str, list[PathItem]] = {}
        self._paths: dict[str, Any] = {}
        self._plain: dict[tuple[tuple[str, ...], tuple[Declared, ...]], Item] = {}

    def read(self, paths: dict[str, Any], document: Document) -> tuple[PathItem, ...]:
        """All path items in the order of the description."""
        self._paths = paths
        for key, node in paths.items():
            if key[:2] == "x-":
                continue
            plain = _PLAIN.match(key) is not None
            template = key if plain else self._template(key, document)
            if template is None:
                continue
            self.templates[template] = None
            names = _names(template, plain) if "{" in template else ()
            pointer = "/paths/" + escape(key)
            if type(node) is dict and "$ref" not in node:
                parts = [Spot(node, document, pointer)]
            else:
                parts = self._open(Spot(node, document, pointer), document.line(paths, key))
                if not parts:
                    continue
            earlier = self._found.get(template)
            if earlier is None:
                self._found[template] = [self._item(template, key, names, document, pointer, parts, ())]
            else:
                earlier.append(self._item(template, key, names, document, pointer, parts, earlier))
        return tuple([items[0] if len(items) == 1 else self._merged(items) for items in self._found.values()])

    def _template(self, key: str, document: Document) -> str | None:
        """The key as a path: with a leading slash, without query and fragment; None where braces do not match."""
        template = key
        if "{" in key:
            template = _QUERY_PART.sub("", key) if "{?" in key or "{&" in key or "{#" in key else key
            if not is_balanced(template):
                self._warn_key("has braces that do not match: this path is NOT audited", key, document)
                return None
        if "?" in template or "#" in template:
            template = _before_query(template)
        if not template.startswith("/"):
            self._warn_key("has no leading slash: one is added", key, document)
            template = "/" + template
        return template

    def _warn_key(self, message: str, key: str, document: Document) -> None:
        line = document.line(self._paths, key)
        shown = repr(key if len(key) <= 100 else key[:97] + "...")
        self.notes.add(f"path {shown} {message}", document, "/paths/" + escape(key), line)

    def _item(
        self, template: str, key: str, names: tuple[str, ...], document: Document, pointer: str, parts: list[Spot],
        earlier: Sequence[PathItem],
    ) -> PathItem:  # fmt: skip
        """What one key documents; `earlier` are the keys before it that share its template."""
        item = self._inherit(template, key, names, parts)
        operations: dict[str, Operation] = {}
        for part in parts:
            self._methods(part, item, operations)
        location = document.place(self._paths, key, pointer)
        if not operations:
            self.notes.add("path documents no operation", document, pointer, location.line)
        parameters, found = item.own or self._own(item, key, operations, earlier)
        return _new_path_item(template, key, location, tuple(operations.values()), (key,), found, parameters)

    def _own(
        self, item: Item, key: str, operations: dict[str, Operation], earlier: Sequence[PathItem]
    ) -> tuple[tuple[Parameter, ...], dict[str, Value]]:
        """Path parameters that the path item declares, and values for operations that have none of their own."""
        known = {d.parameter.name: d.parameter for d in item.declared if d.parameter.location == "path"}
        found: dict[str, Value] = {}
        for name in item.names:
            if not any(name in e.values for e in earlier):
                value = self._path_value(name, item, key, operations, earlier, known)
                if value is not None:
                    found[name] = value
        return tuple(known.values()), found

    def _open(self, spot: Spot, line: int | None) -> list[Spot]:
        """The path item itself and, behind it, the one its `$ref` names; the item's own fields win."""
        node = spot.node
        if not isinstance(node, dict):
            what = "is empty" if node is None else "is not a mapping"
            self.notes.add(f"path item {what}: this path is NOT audited", spot.document, spot.pointer, line)
            return []
        if "$ref" not in node:
            return [spot]
        problem: str | None = None
        parts = [spot] if len(node) > 1 else []
        try:
            target = self.resolver.follow(node["$ref"], spot.document)
            if isinstance(target.node, dict):
                return [*parts, target]
            problem = "leads to no path item"
        except RefProblem as e:
            problem = str(e)
        lost = "the operations behind it are NOT audited" if parts else "this path and its operations are NOT audited"
        message = f"path item `$ref` {shown_ref(node['$ref'])} {problem}: {lost}"
        self.notes.add(message, spot.document, spot.pointer, line)
        return parts

    def _inherit(self, template: str, key: str, names: tuple[str, ...], parts: list[Spot]) -> Item:
        """Parameters, server and `x-auditor` of the path item, for its operations."""
        node, document, pointer = parts[0]
        if len(parts) == 1 and not self.given and "servers" not in node and "x-auditor" not in node:
            listed = node.get("parameters")
            read = (
                () if listed is None else self.operations.parameters.read(listed, document, pointer + "/parameters")[0]
            )
            return self._plain.get((names, read)) or self._new_plain(names, read)
        item = Item(names, (), values.configured(self.given, template, key) if self.given else {})
        for node, document, pointer in reversed(parts):
            if node.get("parameters") is not None:
                read, _ = self.operations.parameters.read(node["parameters"], document, pointer + "/parameters")
                item.declared = unique(item.declared, read)
            if "servers" in node:
                item.server = self._server(node["servers"], document, pointer) or item.server
            if "x-auditor" in node:
                extension = self.operations.extension(node, document, pointer)
                item.skip, item.owner = skip_of(extension, item.skip), owner_of(extension) or item.owner
                item.given.update(values.as_values(extension.get("values"), "x-auditor"))
        if item.configured:
            item.given.update(item.configured)
        return item

    def _new_plain(self, names: tuple[str, ...], declared: tuple[Declared, ...]) -> Item:
        """For all path items with these parameters and nothing else to hand down."""
        item = self._plain[names, declared] = Item(names, declared, {})
        known = {d.parameter.name: d for d in declared if d.parameter.location == "path"}
        if all(n in known for n in names):
            found = {n: known[n].value for n in names}
            item.own = (
                tuple(d.parameter for d in known.values()), {n: v for n, v in found.items() if v is not None}
            )  # fmt: skip
        return item

    def _server(self, servers: Any, document: Document, pointer: str) -> str | None:
        urls = server_urls(servers, lambda m: self.notes.add(m, document, pointer + "/servers"))
        return urls[0] if urls else None

    def _methods(self, part: Spot, item: Item, found: dict[str, Operation]) -> None:
        node, document, pointer = part
        for key, value in node.items():
            method = _UPPER.get(key)
            if method is None or (key == "query" and self.dialect != "3.2"):
                if key in _OTHER or key[:2] == "x-":
                    if key == "additionalOperations":
                        self._additional(value, part, item, found)
                    continue
                method = self._odd_method(key, value, part)
                if method is None:
                    continue
            if method in found:
                self._warn(f"{method} is documented twice for this path: the first one counts", part, key)
                continue
            found[method] = self.operations.read(method, node, key, document, f"{pointer}/{key}", item)

    def _odd_method(self, key: str, value: Any, part: Spot) -> str | None:
        """A key that is no method, or not as this dialect writes it: the method, or None."""
        if key == "query":
            self._warn(f"`query` is a method from OpenAPI 3.2 on, not of {self.dialect}: read as one", part, key)
        elif key.lower() in METHODS:
            self._warn(f"method key {key!r} should be lower case: read as {key.upper()}", part, key)
        else:
            looks = isinstance(value, dict) and ("responses" in value or "operationId" in value)
            hint = " (OpenAPI 3.2 writes other methods under `additionalOperations`)" if looks else ""
            self._warn(f"unknown method {key[:80]!r}: NOT audited{hint}", part, key)
            return None
        return key.upper()

    def _additional(self, node: Any, part: Spot, item: Item, found: dict[str, Operation]) -> None:
        """`additionalOperations` (OpenAPI 3.2 §4.9): the method token is kept as written."""
        if not isinstance(node, dict):
            self._warn("`additionalOperations` is not a mapping: ignored", part, "additionalOperations")
            return
        if self.dialect != "3.2":
            self._warn(
                f"`additionalOperations` is not part of {self.dialect}: read all the same", part, "additionalOperations"
            )
        place = Spot(node, part.document, part.pointer + "/additionalOperations")
        for method, value in node.items():
            if method.startswith("x-") and not (isinstance(value, dict) and "responses" in value):
                continue
            if not is_token(method):
                self._warn(f"{method[:80]!r} is no method token (RFC 9110 §5.6.2): NOT audited", place, method)
                continue
            if method.lower() in METHODS:
                own = f"`{method.lower()}` has its own key" if method.isupper() else "methods are case-sensitive"
                self._warn(f"{method!r} does not belong in `additionalOperations`: {own}", place, method)
            fixed = method in found or (method.isupper() and method.lower() in part.node)
            if fixed:
                self._warn(f"{method} is documented twice for this path: its own key counts", place, method)
                continue
            at = f"{place.pointer}/{escape(method)}"
            found[method] = self.operations.read(method, node, method, place.document, at, item)

    def _warn(self, message: str, part: Spot, key: str) -> None:
        line = part.document.line(part.node, key)
        self.notes.add(message, part.document, f"{part.pointer}/{escape(key)}", line)

    def _path_value(
        self, name: str, item: Item, key: str, operations: dict[str, Operation], earlier: Sequence[PathItem],
        parameters: dict[str, Parameter],
    ) -> Value | None:  # fmt: skip
        """For operations without a value of their own: given, the path item's, another operation's, or plain text."""
        given = item.given.get(name)
        if given is not None and values.usable(given.text, "path"):
            return given
        for declared in item.declared:
            if declared.parameter.name == name and declared.parameter.location == "path":
                return declared.value
        declares = False
        for operation in (*operations.values(), *(o for e in earlier for o in e.operations)):
            for p in operation.parameters:
                if p.name == name and p.location == "path":
                    declares = True
                    if name in operation.values:
                        return operation.values[name]
        if declares:
            return None
        message = f"has the parameter {name[:80]!r}, which nobody declares: read as text"
        self._warn_key(message, key, self.resolver.root)
        undeclared = parameters[name] = Parameter(name, "path", True)
        text = values.made_from_schema(undeclared, {})
        return Value(text, "schema") if text is not None else None

    def _merged(self, items: list[PathItem]) -> PathItem:
        """One path item of several keys that differ in query or fragment: methods united, else the first one wins."""
        operations: dict[str, list[Operation]] = {}
        parameters: dict[str, Parameter] = {}
        found: dict[str, Value] = {}
        for item in items:
            for operation in item.operations:
                operations.setdefault(operation.method, []).append(operation)
            for parameter in item.parameters:
                parameters.setdefault(parameter.name, parameter)
            found.update({n: v for n, v in item.values.items() if n not in found})
        first = items[0]
        united = tuple(o[0] if len(o) == 1 else self._one(first.template, o) for o in operations.values())
        return replace(
            first, operations=united, keys=tuple(i.key for i in items), values=found,
            parameters=tuple(parameters.values()),
        )  # fmt: skip

    def _one(self, template: str, several: list[Operation]) -> Operation:
        """One operation per method: where keys differ in their query only, the plainest stands for all of them."""
        plain = "/paths/" + escape(template)
        chosen = next((o for o in several if o.location.pointer.startswith(plain + "/")), several[0])
        self.notes.add(
            f"{len(several)} operations share {chosen.method} {template} (they differ in query or fragment): "
            "probed as one",
            self.resolver.root,
            chosen.location.pointer,
            chosen.location.line,
        )
        guarded = next((o for o in several if o.secured), chosen)
        return replace(
            chosen,
            deprecated=all(o.deprecated for o in several),
            statuses=tuple(dict.fromkeys(s for o in several for s in o.statuses)),
            request_body=least_of(o.request_body for o in several),
            secured=guarded.secured,
            security=guarded.security,
            skip=next((o.skip for o in several if o.skip), None),
        )


def _names(template: str, plain: bool) -> tuple[str, ...]:
    """The parameters of a template, each once; as `parameter_names`, which takes templates apart for good."""
    found = _NAME.findall(template) if plain else parameter_names(template)
    return tuple(found) if len(found) == 1 else tuple(dict.fromkeys(found))


def _before_query(key: str) -> str:
    """What stands before the first `?` or `#` outside braces."""
    inside = False
    for i, c in enumerate(key):
        if c in "{}":
            inside = c == "{"
        elif c in "?#" and not inside:
            return key[:i]
    return key
