"""Path Items (OpenAPI §4.9) to `PathItem`s: references, methods, keys that share a template."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

from auditor.loader import values
from auditor.loader.bodies import least_of
from auditor.loader.document import Document
from auditor.loader.notes import Notes
from auditor.loader.operations import Item, Operations, owner_of, skip_of
from auditor.loader.refs import RefProblem, Resolver, Spot, escape, shown_ref
from auditor.loader.servers import server_urls
from auditor.model.contract import Location, Operation, Parameter, PathItem, Value
from auditor.model.methods import is_token
from auditor.model.templates import is_balanced, parameter_names

METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace", "query"})
_OTHER = frozenset({"$ref", "summary", "description", "servers", "parameters", "additionalOperations"})
_QUERY_PART = re.compile(r"\{[?&#][^{}]*\}")


@dataclass(slots=True)
class _Found:
    """All that the keys of one template brought together."""

    template: str
    key: str
    location: Location
    keys: list[str] = field(default_factory=list)
    operations: dict[str, list[Operation]] = field(default_factory=dict)
    parameters: dict[str, Parameter] = field(default_factory=dict)
    values: dict[str, Value] = field(default_factory=dict)


class Paths:
    """Walks `paths` once; every key ends as part of a PathItem or in a warning (PROMISES P45)."""

    def __init__(self, resolver: Resolver, notes: Notes, dialect: str, given: Any) -> None:
        self.resolver, self.notes, self.dialect, self.given = resolver, notes, dialect, given
        self.operations = Operations(resolver, notes, dialect == "2.0")
        self._found: dict[str, _Found] = {}

    def read(self, paths: dict[str, Any], document: Document) -> tuple[PathItem, ...]:
        """All path items in the order of the description."""
        for key, node in paths.items():
            if key.startswith("x-"):
                continue
            template = self._template(key, document)
            if template is not None:
                self._item(template, key, Spot(node, document, "/paths/" + escape(key)), document.line(paths, key))
        return tuple(self._finish(f) for f in self._found.values())

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
        line = document.line(document.root["paths"], key)
        shown = repr(key if len(key) <= 100 else key[:97] + "...")
        self.notes.add(f"path {shown} {message}", document, "/paths/" + escape(key), line)

    def _item(self, template: str, key: str, spot: Spot, line: int | None) -> None:
        location = Location(spot.document.file, spot.pointer, line)
        parts = self._open(spot, line)
        if not parts:
            return
        found = self._found.setdefault(template, _Found(template, key, location))
        found.keys.append(key)
        item = self._inherit(template, key, parts)
        for declared in item.declared:
            if declared.parameter.location == "path":
                found.parameters.setdefault(declared.parameter.name, declared.parameter)
        seen: set[str] = set()
        for part in parts:
            self._methods(part, item, found, seen)
        if not seen:
            self.notes.add("path documents no operation", spot.document, spot.pointer, line)
        for name in item.names:
            if name not in found.values:
                value = self._path_value(name, item, found)
                if value is not None:
                    found.values[name] = value

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

    def _inherit(self, template: str, key: str, parts: list[Spot]) -> Item:
        """Parameters, server and `x-auditor` of the path item, for its operations."""
        item = Item(template, key, tuple(dict.fromkeys(parameter_names(template))) if "{" in template else ())
        if self.given:
            item.configured = values.configured(self.given, template, key)
        for part in reversed(parts):
            node = part.node
            if "parameters" in node:
                read, _ = self.operations.parameters.read(
                    node["parameters"], part.document, part.pointer + "/parameters"
                )
                merged = {(d.parameter.location, d.parameter.name): d for d in (*item.declared, *read)}
                item.declared = list(merged.values())
            if "servers" in node:
                item.server = self._server(node["servers"], part) or item.server
            if "x-auditor" in node:
                extension = self.operations.extension(node, part)
                item.skip, item.owner = skip_of(extension, item.skip), owner_of(extension) or item.owner
                item.given.update(values.as_values(extension.get("values"), "x-auditor"))
        if item.configured:
            item.given.update(item.configured)
        return item

    def _server(self, servers: Any, part: Spot) -> str | None:
        urls = server_urls(servers, lambda m: self.notes.add(m, part.document, part.pointer + "/servers"))
        return urls[0] if urls else None

    def _methods(self, part: Spot, item: Item, found: _Found, seen: set[str]) -> None:
        node, document, pointer = part
        for key, value in node.items():
            if key in METHODS:
                if key == "query" and self.dialect != "3.2":
                    self._warn(
                        f"`query` is a method from OpenAPI 3.2 on, not of {self.dialect}: read as one", part, key
                    )
                method = key.upper()
            elif key in _OTHER or key.startswith("x-"):
                if key == "additionalOperations":
                    self._additional(value, part, item, found, seen)
                continue
            else:
                if key.lower() not in METHODS:
                    self._unknown(key, value, part)
                    continue
                self._warn(f"method key {key!r} should be lower case: read as {key.upper()}", part, key)
                method = key.upper()
            if method in seen:
                self._warn(f"{method} is documented twice for this path: the first one counts", part, key)
                continue
            seen.add(method)
            spot = Spot(value, document, f"{pointer}/{key}")
            found.operations.setdefault(method, []).append(
                self.operations.read(method, spot, item, document.line(node, key))
            )

    def _unknown(self, key: str, value: Any, part: Spot) -> None:
        looks = isinstance(value, dict) and ("responses" in value or "operationId" in value)
        hint = " (OpenAPI 3.2 writes other methods under `additionalOperations`)" if looks else ""
        self._warn(f"unknown method {key[:80]!r}: NOT audited{hint}", part, key)

    def _additional(self, node: Any, part: Spot, item: Item, found: _Found, seen: set[str]) -> None:
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
            fixed = method in seen or (method.isupper() and method.lower() in part.node)
            if fixed:
                self._warn(f"{method} is documented twice for this path: its own key counts", place, method)
                continue
            seen.add(method)
            spot = Spot(value, place.document, f"{place.pointer}/{escape(method)}")
            line = place.document.line(node, method)
            found.operations.setdefault(method, []).append(self.operations.read(method, spot, item, line))

    def _warn(self, message: str, part: Spot, key: str) -> None:
        line = part.document.line(part.node, key)
        self.notes.add(message, part.document, f"{part.pointer}/{escape(key)}", line)

    def _path_value(self, name: str, item: Item, found: _Found) -> Value | None:
        """For operations without a value of their own: given, the path item's, another operation's, or plain text."""
        given = item.given.get(name)
        if given is not None and values.usable(given.text, "path"):
            return given
        for declared in item.declared:
            if declared.parameter.name == name and declared.parameter.location == "path":
                return declared.value
        declares = False
        for operation in (o for several in found.operations.values() for o in several):
            if any(p.name == name and p.location == "path" for p in operation.parameters):
                declares = True
                if name in operation.values:
                    return operation.values[name]
        if declares:
            return None
        message = f"has the parameter {name[:80]!r}, which nobody declares: read as text"
        self._warn_key(message, found.keys[-1], self.resolver.root)
        undeclared = Parameter(name, "path", True)
        found.parameters[name] = undeclared
        text = values.made_from_schema(undeclared, {})
        return Value(text, "schema") if text is not None else None

    def _finish(self, found: _Found) -> PathItem:
        operations = tuple([o[0] if len(o) == 1 else self._one(found, o) for o in found.operations.values()])
        return PathItem(
            found.template, found.key, found.location, operations, tuple(found.keys), found.values,
            tuple(found.parameters.values()),
        )  # fmt: skip

    def _one(self, found: _Found, several: list[Operation]) -> Operation:
        """One operation per method: where keys differ in their query only, the plainest stands for all of them."""
        plain = "/paths/" + escape(found.template)
        chosen = next((o for o in several if o.location.pointer.startswith(plain + "/")), several[0])
        self.notes.add(
            f"{len(several)} operations share {chosen.method} {found.template} (they differ in query or fragment): "
            "probed as one",
            self.resolver.root,
            chosen.location.pointer,
            chosen.location.line,
        )
        known = {o.secured for o in several}
        return replace(
            chosen,
            deprecated=all(o.deprecated for o in several),
            statuses=tuple(dict.fromkeys(s for o in several for s in o.statuses)),
            request_body=least_of(o.request_body for o in several),
            secured=True if True in known else chosen.secured,
            skip=next((o.skip for o in several if o.skip), None),
        )


def _before_query(key: str) -> str:
    """What stands before the first `?` or `#` outside braces."""
    inside = False
    for i, c in enumerate(key):
        if c in "{}":
            inside = c == "{"
        elif c in "?#" and not inside:
            return key[:i]
    return key
