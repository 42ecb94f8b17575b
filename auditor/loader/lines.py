"""Lines of JSON pointers, found by the event stream of a YAML or JSON text when they are asked for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from auditor.loader.yaml_events import event_source


def line_of(data: bytes | str, pointer: str) -> int | None:
    """The line (from 1) where the key or item that `pointer` (RFC 6901) names begins, or None."""
    return lines_of(data, (pointer,)).get(pointer)


def lines_of(data: bytes | str, pointers: Iterable[str]) -> dict[str, int]:
    """Lines of several pointers in one pass over the events of a YAML or JSON text; what is not found is left out."""
    wanted = set(pointers)
    prefixes = {p[:i] for p in wanted for i, c in enumerate(p) if c == "/"} | wanted
    found: dict[str, int] = {}
    try:
        get_event, _ = event_source(data)
        _scan(get_event, wanted, prefixes, found)
    except (yaml.YAMLError, ValueError, StopIteration):
        pass
    return found


def _scan(get_event: Any, wanted: set[str], prefixes: set[str], found: dict[str, int]) -> None:
    """Walk with a stack of (pointer or None where nothing below is wanted, next index, or pending key)."""
    stack: list[list[Any]] = []
    while len(found) < len(wanted):
        event = get_event()
        kind = type(event)
        if kind is DocumentEndEvent:
            return
        if kind is MappingEndEvent or kind is SequenceEndEvent:
            stack.pop()
            continue
        if kind not in (ScalarEvent, MappingStartEvent, SequenceStartEvent, AliasEvent):
            continue
        here: str | None = ""
        if stack:
            top = stack[-1]
            if top[1] is None and top[2] is None:  # a mapping that waits for its key
                token = top[2] = str(event.value) if kind is ScalarEvent else ""
                key = _join(top[0], token)
                if key in wanted:
                    found[key] = event.start_mark.line + 1  # the last one wins, as in the data
                if kind in (MappingStartEvent, SequenceStartEvent):
                    stack.append([None, None if kind is MappingStartEvent else 0, None])
                continue
            step = top[2] if top[1] is None else str(top[1])
            here = _join(top[0], step)
            if top[1] is None:
                top[2] = None
            else:
                top[1] += 1
                if here in wanted:
                    found[here] = event.start_mark.line + 1
        if kind is MappingStartEvent or kind is SequenceStartEvent:
            below = here if here in prefixes or here == "" else None
            stack.append([below, None if kind is MappingStartEvent else 0, None])


def _join(pointer: str | None, token: str) -> str | None:
    if pointer is None:
        return None
    return f"{pointer}/{token.replace('~', '~0').replace('/', '~1')}"
