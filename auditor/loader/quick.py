"""Constructors for the frozen dataclasses that a description is full of, at a fifth of the usual price.

A frozen dataclass sets each field through `object.__setattr__`: 2 µs for an Operation, of which a large description
has thousands. Here a mutable twin with the same slots is filled, and turned into the frozen class when it is whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, field, fields, make_dataclass
from typing import Any, TypeVar

T = TypeVar("T")


def quick(cls: type[T]) -> Callable[..., T]:
    """A constructor with the parameters of `cls`, a frozen dataclass with slots and without bases of its own."""

    def turn(self: Any) -> None:
        self.__class__ = cls

    columns = [(f.name, Any, _like(f)) for f in fields(cls)]  # type: ignore[arg-type]  # T is a dataclass
    namespace = {"__post_init__": turn}
    twin: Any = make_dataclass(cls.__name__, columns, slots=True, eq=False, repr=False, namespace=namespace)
    return twin  # type: ignore[no-any-return]


def _like(f: Field[Any]) -> Any:
    if f.default is not MISSING:
        return field(default=f.default)
    return field(default_factory=f.default_factory) if f.default_factory is not MISSING else field()
