"""What few ask of a large JSON description: found at the first asking, so that loading need not wait for it.

Lines and digests are for reports; what an operation says beyond its parameters is for rules and response checks. Each
class here is equal to its base, and a pickle of it is one of the base.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any, Protocol

from auditor.model.contract import Location, Operation, SpecFile

_new, _set = object.__new__, object.__setattr__

Details = Callable[[dict[str, Any], Any], tuple[Any, ...]]
"""The `_DETAILS` from an operation's node and the Document that holds it."""

_DETAILS = ("operation_id", "tags", "deprecated", "request_body", "statuses", "secured", "security")


class Source(Protocol):
    """What a parsed file can still be asked."""

    def line(self, mapping: Any, key: str) -> int | None:
        """The line of `key` of `mapping`, from 1."""

    def place(self, mapping: Any, key: str, pointer: str) -> Location:
        """Where `key` of `mapping` is written."""

    @property
    def sha256(self) -> str:
        """Of its bytes, hexadecimal."""


def _equal(a: Any, b: object, base: Any) -> Any:
    return _fields(a, base) == _fields(b, base) if isinstance(b, base) else NotImplemented


def _fields(of: Any, base: Any) -> tuple[Any, ...]:
    return tuple(getattr(of, f.name) for f in fields(base))


class LaterLocation(Location):
    """A Location whose line is looked up when it is first read."""

    __slots__ = ("_ask",)

    def __getattr__(self, name: str) -> Any:
        """Called for what is not set: the line, once."""
        if name != "line":
            raise AttributeError(name)
        source, mapping, key = self._ask
        _set(self, "line", source.line(mapping, key))
        _set(self, "_ask", None)
        return self.line

    def __eq__(self, other: object) -> bool:
        return _equal(self, other, Location)  # type: ignore[no-any-return]

    def __hash__(self) -> int:
        return hash(_fields(self, Location))

    def __reduce__(self) -> Any:
        return Location, _fields(self, Location)


class LaterOperation(Operation):
    """An Operation of which only that is known yet which a plan needs."""

    __slots__ = ("_ask",)

    def __getattr__(self, name: str) -> Any:
        """Called for what is not set: the location, or all other details, once."""
        if name == "location":
            _, source, holder, key, pointer = self._ask
            _set(self, "location", source.place(holder, key, pointer))
        elif name in _DETAILS:
            read, source, *_ = self._ask
            for field, value in zip(_DETAILS, read(self.node, source), strict=True):
                _set(self, field, value)
        else:
            raise AttributeError(name)
        return getattr(self, name)

    def __eq__(self, other: object) -> bool:
        return _equal(self, other, Operation)  # type: ignore[no-any-return]

    def __hash__(self) -> int:
        return hash(_fields(self, Operation))

    def __reduce__(self) -> Any:
        return Operation, _fields(self, Operation)


class LaterFile(SpecFile):
    """A SpecFile whose digest is made when it is first read."""

    __slots__ = ("_ask",)

    def __getattr__(self, name: str) -> Any:
        """Called for what is not set: the digest, once."""
        if name != "sha256":
            raise AttributeError(name)
        _set(self, "sha256", self._ask.sha256)
        _set(self, "_ask", None)
        return self.sha256

    def __eq__(self, other: object) -> bool:
        return _equal(self, other, SpecFile)  # type: ignore[no-any-return]

    def __hash__(self) -> int:
        return hash(_fields(self, SpecFile))

    def __reduce__(self) -> Any:
        return SpecFile, _fields(self, SpecFile)


class _LocationDraft(Location):
    """What a LaterLocation is while it is filled: setting a field of a frozen class costs ten times as much."""

    __slots__ = ("_ask",)
    __setattr__ = object.__setattr__
    __delattr__ = object.__delattr__


class _OperationDraft(Operation):
    """The same for a LaterOperation."""

    __slots__ = ("_ask",)
    __setattr__ = object.__setattr__
    __delattr__ = object.__delattr__


def later_location(file: str, pointer: str, source: Source, mapping: Any, key: str) -> Location:
    """Where `key` of `mapping` is written; `source` will be asked for the line."""
    made: Any = _new(_LocationDraft)
    made.file = file
    made.pointer = pointer
    made._ask = (source, mapping, key)
    made.__class__ = LaterLocation
    return made  # type: ignore[no-any-return]


def later_operation(
    method: str, known: tuple[Any, ...], node: dict[str, Any],
    ask: tuple[Details, Source, dict[str, Any], str, str],
) -> Operation:  # fmt: skip
    """`known`: parameters, values, unfilled, server, skip, owner. `ask`: details, document, holder, key, pointer."""
    made: Any = _new(_OperationDraft)
    made.method = method
    made.parameters, made.values, made.unfilled, made.server, made.skip, made.owner = known
    made.node = node
    made._ask = ask
    made.__class__ = LaterOperation
    return made  # type: ignore[no-any-return]


def later_file(path: str, source: Source) -> SpecFile:
    """A file that was read; `source` will be asked for the digest."""
    made = _new(LaterFile)
    _set(made, "path", path)
    _set(made, "_ask", source)
    return made
