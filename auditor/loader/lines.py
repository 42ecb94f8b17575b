"""Lines of JSON pointers: exact ones by the event stream, and cheap ones for the operations of a JSON file."""

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

MAX_SEARCHES = 20_000


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


def json_lines(text: str, paths: dict[str, Any], lines: dict[int, dict[str, int]]) -> None:
    """Add the lines of path and method keys of a JSON text to `lines`, by searching the text for the keys in order.

    Within a path item the least indented `"get":` is the method. A key that is not found has no line.
    """
    at = text.find('"paths"')
    if at < 0:
        return
    slash = '"\\/' if text.find('"\\/', at, at + 2000) >= 0 else '"/'
    line, counted, places = text.count("\n", 0, at) + 1, at, []
    for key in list(paths)[:MAX_SEARCHES]:
        start = _key(text, '"' + key.replace("/", slash[1:]) + '"', at, len(text))
        if start < 0:
            break
        line += text.count("\n", counted, start)
        counted = at = start
        places.append((key, start, line))
    lines[id(paths)] = {key: found for key, _, found in places}
    for i, (key, start, line) in enumerate(places):
        item = paths[key]
        if isinstance(item, dict):
            end = places[i + 1][1] if i + 1 < len(places) else len(text)
            lines[id(item)] = _methods(text, item, start, end, line)


def _methods(text: str, item: dict[str, Any], start: int, end: int, line: int) -> dict[str, int]:
    found = {}
    for method in item:
        at = best = _key(text, f'"{method}"', start, end)
        while at >= 0:
            if _indent(text, at) < _indent(text, best):
                best = at
            at = _key(text, f'"{method}"', at + 1, end)
        if best >= 0:
            found[method] = line + text.count("\n", start, best)
    return found


def _key(text: str, quoted: str, start: int, end: int) -> int:
    """Where `quoted` stands as a key: a colon follows."""
    at = text.find(quoted, start, end)
    while at >= 0:
        after = at + len(quoted)
        if text.startswith(":", after) or text[after : after + 40].lstrip().startswith(":"):
            return at
        at = text.find(quoted, at + 1, end)
    return -1


def _indent(text: str, at: int) -> int:
    return at - text.rfind("\n", 0, at)
