"""What few ask of a large JSON description: found at the first asking, so that loading need not wait for it.

Lines and digests are for reports; what a body demands is for unfinished requests. Each is in all else equal to its base
class, and turns into it in a pickle.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from auditor.model.contract import Location, RequestBody, SpecFile

D = TypeVar("D")
_new, _set = object.__new__, object.__setattr__


class Source(Protocol):
    """What a parsed file can still be asked."""

    def line(self, mapping: Any, key: str) -> int | None:
        """The line of `key` of `mapping`, from 1."""

    @property
    def sha256(self) -> str:
        """Of its bytes, hexadecimal."""


class LaterLocation(Location):
    """A Location whose line is looked up when it is first read."""

    __slots__ = ("_ask",)

    def __getattr__(self, name: str) -> Any:
        """Called for what is not set: the line, once."""
        if name != "line":
            raise AttributeError(name)
        source, mapping, key = self._ask
        line = source.line(mapping, key)
        _set(self, "line", line)
        _set(self, "_ask", None)
        return line

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Location):
            return NotImplemented
        return (self.file, self.pointer, self.line) == (other.file, other.pointer, other.line)

    def __hash__(self) -> int:
        return hash((self.file, self.pointer, self.line))

    def __reduce__(self) -> Any:
        return Location, (self.file, self.pointer, self.line)


class LaterFile(SpecFile):
    """A SpecFile whose digest is made when it is first read."""

    __slots__ = ("_ask",)

    def __getattr__(self, name: str) -> Any:
        """Called for what is not set: the digest, once."""
        if name != "sha256":
            raise AttributeError(name)
        digest = self._ask.sha256
        _set(self, "sha256", digest)
        _set(self, "_ask", None)
        return digest

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SpecFile):
            return NotImplemented
        return (self.path, self.sha256) == (other.path, other.sha256)

    def __hash__(self) -> int:
        return hash((self.path, self.sha256))

    def __reduce__(self) -> Any:
        return SpecFile, (self.path, self.sha256)


class LaterBody(RequestBody):
    """A RequestBody that is read when anything of it is."""

    __slots__ = ("_ask",)

    def __getattr__(self, name: str) -> Any:
        """Called for what is not set: all three fields, once."""
        if name not in ("required", "media_types", "demands_property"):
            raise AttributeError(name)
        read, node, document = self._ask
        found = read(node, document)
        _set(self, "required", found.required)
        _set(self, "media_types", found.media_types)
        _set(self, "demands_property", found.demands_property)
        _set(self, "_ask", None)
        return getattr(found, name)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RequestBody):
            return NotImplemented
        return _body_fields(self) == _body_fields(other)

    def __hash__(self) -> int:
        return hash(_body_fields(self))

    def __reduce__(self) -> Any:
        return RequestBody, _body_fields(self)


def _body_fields(body: RequestBody) -> tuple[bool, tuple[str, ...], bool]:
    return body.required, body.media_types, body.demands_property


class _Draft(Location):
    """What a LaterLocation is while it is filled: setting a field of a frozen class costs ten times as much."""

    __slots__ = ("_ask",)
    __setattr__ = object.__setattr__
    __delattr__ = object.__delattr__


def later_location(file: str, pointer: str, source: Source, mapping: Any, key: str) -> Location:
    """Where `key` of `mapping` is written; `source` will be asked for the line."""
    made: Any = _new(_Draft)
    made.file = file
    made.pointer = pointer
    made._ask = (source, mapping, key)
    made.__class__ = LaterLocation
    return made  # type: ignore[no-any-return]


def later_file(path: str, source: Source) -> SpecFile:
    """A file that was read; `source` will be asked for the digest."""
    made = _new(LaterFile)
    _set(made, "path", path)
    _set(made, "_ask", source)
    return made


def later_body(read: Callable[[Any, D], RequestBody], node: Any, document: D) -> RequestBody:
    """What `read` will make of a Request Body Object."""
    made = _new(LaterBody)
    _set(made, "_ask", (read, node, document))
    return made
