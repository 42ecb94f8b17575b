"""Where the parts of a description stand, file by file, and what else depends on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple, Protocol

FIXED = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace", "query"})
"""Methods that have a key of their own in a Path Item Object (OpenAPI 3.2 §4.9.1)."""
MAX_HOPS = 64


class Description(Protocol):
    """The files of one description as plain data. `root`: the file that is the description itself."""

    root: str
    files: Mapping[str, Any]

    def step(self, file: str, ref: object) -> tuple[str, str] | None:
        """(file, JSON pointer) that a `$ref` written in `file` names; what stands there is not followed further."""


class Place(NamedTuple):
    """A node: its file, and the keys that lead to it from the root of that file."""

    file: str
    keys: tuple[str, ...]

    def __truediv__(self, key: str) -> Place:
        return Place(self.file, (*self.keys, key))

    @property
    def parent(self) -> Place:
        return Place(self.file, self.keys[:-1])

    @property
    def pointer(self) -> str:
        """As a JSON pointer (RFC 6901)."""
        return "".join("/" + k.replace("~", "~0").replace("/", "~1") for k in self.keys)

    def holds(self, other: Place) -> bool:
        """Whether `other` is this node, or stands somewhere in it."""
        return self.file == other.file and other.keys[: len(self.keys)] == self.keys


class Reference(NamedTuple):
    """A `$ref` or `operationRef`: the node that holds it, and the node that it names."""

    holder: Place
    target: Place


_NOTHING: Any = object()


class Nodes:
    """Finds path items and operations as the loader does, and remembers every way that leads to them."""

    def __init__(self, description: Description) -> None:
        self._description = description
        self._shared = {file: _aliased(root) for file, root in description.files.items()}
        self.references: tuple[Reference, ...] = tuple(self._references())
        self._step = cache(self._one_step)

    @property
    def demands_credentials(self) -> bool:
        """Whether the description's root demands credentials of every operation that does not say otherwise."""
        root = self._description.files[self._description.root]
        security = root.get("security") if isinstance(root, dict) else None
        return isinstance(security, list) and bool(security) and all(isinstance(r, dict) and r for r in security)

    def value(self, place: Place) -> Any:
        """What stands there. KeyError where nothing does."""
        node = _at(self._description.files.get(place.file), place.keys)
        if node is _NOTHING:
            raise KeyError(place)
        return node

    def exists(self, place: Place) -> bool:
        return _at(self._description.files.get(place.file), place.keys) is not _NOTHING

    def path(self, key: str) -> Place | None:
        """The node of a path key; None where the description has none."""
        paths = Place(self._description.root, ("paths",))
        for _ in range(MAX_HOPS):  # a `$ref` in place of `paths` is in no standard, but real
            if self.exists(paths / key):
                return paths / key
            node = self.value(paths) if self.exists(paths) else None
            ref = node.get("$ref") if isinstance(node, dict) else None
            following = self._step(paths.file, ref) if isinstance(ref, str) else None
            if following is None:
                return None
            paths = following
        return None

    def parts(self, key: str) -> tuple[Place, ...]:
        """The nodes that make up the path item of a key: its own fields, then what its `$ref` names."""
        place = self.path(key)
        found: list[Place] = []
        for _ in range(MAX_HOPS):
            node = self.value(place) if place is not None else None
            if place is None or not isinstance(node, dict):
                break
            if not found and "$ref" in node and len(node) > 1:
                found.append(place)
            if "$ref" not in node:
                found.append(place)
                break
            place = self._step(place.file, node["$ref"]) if isinstance(node["$ref"], str) else None
        return tuple(found)

    def chain(self, key: str) -> frozenset[Place]:
        """Every node on the way from a path key to its path item."""
        place, found = self.path(key), set[Place]()
        while place is not None and place not in found:
            found.add(place)
            node = self.value(place)
            ref = node.get("$ref") if isinstance(node, dict) else None
            place = self._step(place.file, ref) if isinstance(ref, str) else None
        return frozenset(found)

    def end(self, place: Place) -> Place | None:
        """The node itself, or the one at the end of its chain of references; None where that leads nowhere."""
        for _ in range(MAX_HOPS):
            node = self.value(place)
            if not (isinstance(node, dict) and "$ref" in node):
                return place
            following = self._step(place.file, node["$ref"]) if isinstance(node["$ref"], str) else None
            if following is None:
                return None
            place = following
        return None

    def operations(self, part: Place) -> Iterator[tuple[str, Place]]:
        """(method, node) of all operations of a part of a path item, however their keys are written."""
        node = self.value(part)
        for key, value in node.items() if isinstance(node, dict) else ():
            if key.lower() in FIXED:
                yield key.upper(), part / key
            elif key == "additionalOperations" and isinstance(value, dict):
                yield from ((m, part / key / m) for m in value)

    def aliased(self, place: Place) -> bool:
        """Whether the node is written once and stands in several places, as YAML aliases and merge keys do."""
        node, shared = self._description.files.get(place.file), self._shared.get(place.file, frozenset())
        for key in place.keys:
            node = _child(node, key)
            if id(node) in shared:
                return True
        return False

    def inside(self, place: Place) -> Iterator[Reference]:
        """The references that lead to the node or into it."""
        return (r for r in self.references if place.holds(r.target))

    def _one_step(self, file: str, ref: str) -> Place | None:
        found = self._description.step(file, ref)
        if found is None:
            return None
        name, pointer = found
        return Place(name, tuple(t.replace("~1", "/").replace("~0", "~") for t in pointer.split("/")[1:]))

    def _references(self) -> Iterator[Reference]:
        for file, root in self._description.files.items():
            for place, ref in _refs(root, Place(file, ())):
                target = self._one_step(file, ref)
                if target is not None:
                    yield Reference(place, target)


def _child(node: Any, key: str) -> Any:
    if isinstance(node, dict):
        return node.get(key, _NOTHING)
    if isinstance(node, list) and key.isdecimal() and len(key) < 9 and int(key) < len(node):
        return node[int(key)]
    return _NOTHING


def _at(node: Any, keys: tuple[str, ...]) -> Any:
    for key in keys:
        node = _child(node, key)
    return node


def _children(node: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict):
        yield from node.items()
    elif isinstance(node, list):
        yield from ((str(i), v) for i, v in enumerate(node))


def _refs(root: Any, start: Place) -> Iterator[tuple[Place, str]]:
    """Every `$ref` and `operationRef` with the node that holds it; what aliases repeat is walked once."""
    stack, seen = [(root, start)], set[int]()
    while stack:
        node, place = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        for key, value in _children(node):
            if key in ("$ref", "operationRef") and isinstance(value, str):
                yield place, value
            elif isinstance(value, dict | list):
                stack.append((value, place / key))


def _aliased(root: Any) -> frozenset[int]:
    """The ids of all containers that stand in more than one place."""
    times: Counter[int] = Counter()
    stack, seen = [root], set[int]()
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        for _, value in _children(node):
            if isinstance(value, dict | list):
                times[id(value)] += 1
                stack.append(value)
    return frozenset(i for i, n in times.items() if n > 1)
