"""The raw nodes of a description for response checks: operations found again, references followed one at a time.

What the loader reduced away (responses, schemas) is looked up here when an answer is to be held against it. Files
beside the root are read through a Shelf, which keeps the loader's jail; without one they are out of reach.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol
from urllib.parse import unquote

from auditor.model.contract import Contract, Operation

MAX_HOPS = 64
MAX_NODES = 20_000
"""Values that one schema may hold to be handed to the worker; what it refers to is counted by itself."""


class Shelf(Protocol):
    """Where files beside the root description are read from, inside the jail of the loader."""

    def locate(self, file: str, target: str) -> str | None:
        """The file that `target`, written in `file`, names; None where it may not be read."""

    def read(self, file: str) -> Any:
        """Its data; None where it cannot be read. May take as long as parsing a large file does."""


class Spot(NamedTuple):
    """A value and the file it stands in; relative references in it start there."""

    node: Any
    file: str


class Library:
    """The documents of one contract."""

    def __init__(self, contract: Contract, shelf: Shelf | None = None) -> None:
        self._root, self._shelf = contract.source, shelf
        self._documents: dict[str, Any] = {contract.source: contract.document}

    @property
    def reads(self) -> bool:
        """Whether a look-up may come upon a file that is still to be read."""
        return self._shelf is not None

    def operation(self, operation: Operation) -> Spot | None:
        """The raw Operation Object with its file, its own `$ref` followed; None where it is not found again."""
        place = operation.location
        found = self._at(self._document(place.file), place.pointer)
        if isinstance(found, dict) and "$ref" not in found and place.file == self._root and found is not operation.node:
            return None
        spot = self.open(Spot(found, place.file))
        return spot if spot is not None and isinstance(spot.node, dict) else None

    def open(self, spot: Spot) -> Spot | None:
        """The value at the end of a chain of references; None where it leads nowhere we may look."""
        for _ in range(MAX_HOPS):
            if not isinstance(spot.node, dict) or "$ref" not in spot.node:
                return spot
            step = self.follow(spot.file, spot.node["$ref"])
            if step is None:
                return None
            spot = step
        return None

    def follow(self, file: str, ref: Any) -> Spot | None:
        """One step: the value that `ref`, written in `file`, names."""
        if not isinstance(ref, str):
            return None
        target, _, fragment = ref.partition("#")
        place = self.place(file, target)
        if place is None:
            return None
        found = self._at(self._document(place), unquote(fragment))
        return None if found is _NOWHERE or found is None else Spot(found, place)

    def place(self, file: str, target: str) -> str | None:
        """The file that the part of a reference before `#` names."""
        if not target:
            return file
        return self._shelf.locate(file, target) if self._shelf else None

    def _document(self, file: str) -> Any:
        if file not in self._documents:
            self._documents[file] = self._shelf.read(file) if self._shelf else None
        return self._documents[file]

    @staticmethod
    def _at(root: Any, pointer: str) -> Any:
        """The value at a JSON pointer (RFC 6901), percent-decoded already."""
        if pointer and not pointer.startswith("/"):
            return _NOWHERE
        node = root
        for raw in pointer.split("/")[1:]:
            token = raw.replace("~1", "/").replace("~0", "~")
            if isinstance(node, dict) and token in node:
                node = node[token]
            elif isinstance(node, list) and token.isdecimal() and len(token) < 9 and int(token) < len(node):
                node = node[int(token)]
            else:
                return _NOWHERE
        return node


_NOWHERE = object()


def is_small(root: Any) -> bool:
    """Whether a value holds few enough others to be handed over; what an alias shares is counted once."""
    return sum(1 for _ in zip(_values(root), range(MAX_NODES + 1), strict=False)) <= MAX_NODES


def _values(root: Any) -> Iterator[None]:
    seen: set[int] = set()
    stack = [root]
    while stack:
        node = stack.pop()
        yield
        if isinstance(node, dict | list) and id(node) not in seen:
            seen.add(id(node))
            stack.extend(node.values() if isinstance(node, dict) else node)
