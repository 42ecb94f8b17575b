"""What only a report asks of a large JSON text: found at the first asking, so that loading need not wait for it."""

from __future__ import annotations

from typing import Any, Protocol

from auditor.model.contract import Location, SpecFile

_new, _set = object.__new__, object.__setattr__


class Source(Protocol):
    """What a parsed file can still be asked."""

    def line(self, mapping: Any, key: str) -> int | None:
        """The line of `key` of `mapping`, from 1."""

    @property
    def sha256(self) -> str:
        """Of its bytes, hexadecimal."""


class LaterLocation(Location):
    """A Location whose line is looked up when it is first read; in all else equal to one that knows it."""

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
    """A SpecFile whose digest is made when it is first read; in all else equal to one that knows it."""

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


def later_location(file: str, pointer: str, source: Source, mapping: Any, key: str) -> Location:
    """Where `key` of `mapping` is written; `source` will be asked for the line."""
    made = _new(LaterLocation)
    _set(made, "file", file)
    _set(made, "pointer", pointer)
    _set(made, "_ask", (source, mapping, key))
    return made


def later_file(path: str, source: Source) -> SpecFile:
    """A file that was read; `source` will be asked for the digest."""
    made = _new(LaterFile)
    _set(made, "path", path)
    _set(made, "_ask", source)
    return made
