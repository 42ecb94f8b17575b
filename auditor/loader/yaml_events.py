"""YAML (and JSON with comments) to plain data, straight from the parser's event stream.

libyaml delivers events without recursion, so nesting is bounded by our own stack. Keys are always text, scalars follow
the YAML 1.2 JSON schema (`off`, `012`, `12:30` and dates stay text), aliases stay shared objects, `<<` merges by
reference, and no tag ever runs code.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

MAX_DEPTH = 1000
MAX_KEYS = 1_000_000
MAX_MERGED = 2_000_000
MAX_DIGITS = 4096
LINED_DEPTH = 3
"""Keys of mappings down to this depth keep their line: root, `paths`, path items."""

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?\Z")
_NUMERIC_START = frozenset("-0123456789")
_WORDS: dict[str, Any] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_RESOLVED_TAGS = frozenset(f"tag:yaml.org,2002:{name}" for name in ("int", "float", "bool", "null"))
_LINED_PARENTS = frozenset({"paths", "pathItems"})

_EXPECT: Any = object()  # a mapping waits for its next key
_LIST: Any = object()  # the container is a sequence
_MERGE: Any = object()  # the key was a plain `<<`
_COMPLEX: Any = object()  # a container stands where a key belongs
_MISSING: Any = object()


class TooDeep(ValueError):
    """The data nests deeper than `MAX_DEPTH`, or a mapping holds more than `MAX_KEYS` keys."""


class SourceFloat(float):
    """A float that remembers how it was written, where that is not how Python writes it: `1.10`."""

    __slots__ = ("text",)
    text: str


class Tree:
    """What one document became: `root`, the `lines` of its upper keys, and `notes` (line from 1, message).

    `lines` maps `id(mapping)` to key → line. `unshared`: no value stands in two places, as aliases can.
    """

    __slots__ = ("kept", "lines", "notes", "root", "unshared")

    def __init__(self) -> None:
        self.root: Any = None
        self.lines: dict[int, dict[str, int]] = {}
        self.kept: list[dict[str, Any]] = []  # so that no id in `lines` is ever reused
        self.notes: list[tuple[int | None, str]] = []
        self.unshared = False


def resolve_scalar(text: str) -> Any:
    """The value of a plain scalar by the YAML 1.2 JSON schema; a number of more than 4,096 digits stays text."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMERIC_START or len(text) > MAX_DIGITS:
        return text
    m = _NUMBER.match(text)
    if m is None:
        return text
    if m.group(1) is None and m.group(2) is None:
        return int(text)
    number = SourceFloat(text)
    number.text = text
    return number


def has_libyaml() -> bool:
    """Whether the C parser is there; without it, reading is 25 to 30 times slower."""
    return bool(getattr(yaml, "__with_libyaml__", False))


def event_source(data: bytes | str) -> tuple[Callable[[], Any], bool]:
    """`get_event` over `data`, and whether libyaml drives it (else the pure parser: 25 to 30 times slower)."""
    if has_libyaml():
        from yaml.cyaml import CParser  # type: ignore[attr-defined]  # the stubs leave it out

        return CParser(data).get_event, True
    events = yaml.parse(data, Loader=yaml.SafeLoader)
    return lambda: next(events), False


def build(data: bytes | str) -> Tree:
    """Parse the first document of `data` (UTF-8 bytes, or text).

    Raises yaml.YAMLError on broken syntax and TooDeep on the limits; both before any recursion.
    """
    get_event, fast = event_source(data)
    builder = _Builder(data)
    if not fast:
        builder.note(None, "libyaml is missing: read with the pure Python parser, some 25 to 30 times slower")
    builder.run(get_event)
    return builder.finish()


class _Builder:
    """The state that is touched rarely; everything hot lives in the locals of `run`."""

    def __init__(self, data: bytes | str) -> None:
        self.data = data
        self.tree = Tree()
        self.anchors: dict[str, Any] = {}
        self.merges: list[tuple[dict[str, Any], Any, int]] = []
        self.duplicates: list[tuple[dict[str, Any], str, Any]] = []
        self.merged = 0
        self.stack: list[tuple[Any, Any, dict[str, int] | None, Any]] = []

    def note(self, line: int | None, message: str) -> None:
        if len(self.tree.notes) < 1000:
            self.tree.notes.append((line, message))

    def run(self, get_event: Callable[[], Any]) -> None:  # noqa: C901 - one flat loop is what makes it fast
        """One pass over the events; `key` says what the current container waits for.

        Scalars, the bulk of the events, are handled here in locals; the rest is a call away.
        """
        anchors, memo = self.anchors, {}  # type: ignore[var-annotated]
        top: list[Any] = []
        cur: Any = top
        key: Any = _LIST
        lined: dict[str, int] | None = None
        while True:
            event = get_event()
            kind = type(event)
            if kind is ScalarEvent:
                value = event.value
                if key is _EXPECT:
                    if lined is not None:
                        lined[value] = event.start_mark.line + 1
                    plain = value not in cur and value != "<<" and event.anchor is None
                    key = value if plain else self.odd_key(cur, value, event)
                    continue
                if not event.style:
                    text = value
                    value = memo.get(text, _MISSING)
                    if value is _MISSING:
                        value = memo[text] = resolve_scalar(text)
                    if event.tag is not None and event.tag not in _RESOLVED_TAGS:
                        value = text
                if event.anchor is not None:
                    anchors[event.anchor] = value
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                cur, key, lined = self.open(event, kind is MappingStartEvent, cur, key, lined)
                continue
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                cur, key, lined = self.close(event, cur, kind is MappingEndEvent)
                continue
            elif kind is AliasEvent:
                value = self.alias(event)
                if key is _EXPECT:
                    key = value if isinstance(value, str) else f"*{event.anchor}"
                    continue
            elif kind is StreamEndEvent or (kind is DocumentStartEvent and top):
                break
            else:
                continue
            if key is _LIST:
                cur.append(value)
            else:
                if key is _MERGE:
                    self.merges.append((cur, value, event.start_mark.line + 1))
                else:
                    cur[key] = value
                key = _EXPECT
        self.end(event, top)

    def end(self, event: Any, top: list[Any]) -> None:
        """Keep the root; a further document is not read."""
        further: Any = event if type(event) is DocumentStartEvent else None
        if further is not None:
            self.note(further.start_mark.line + 1, "only the first YAML document is read; further ones are ignored")
        self.tree.root = top[0] if top else None
        self.tree.unshared = not self.anchors

    def open(self, event: Any, is_mapping: bool, cur: Any, key: Any, lined: dict[str, int] | None) -> Any:
        """Begin a container: attach it where it belongs, and say what the loop goes on with."""
        new: Any = {} if is_mapping else []
        if event.anchor is not None:
            self.anchors[event.anchor] = new
        if key is _LIST:
            cur.append(new)
        elif key is _EXPECT:
            key = _COMPLEX
        elif key is _MERGE:
            self.merges.append((cur, new, event.start_mark.line + 1))
        else:
            cur[key] = new
        stack = self.stack
        depth = len(stack)
        stack.append((cur, key, lined, event))
        if depth >= MAX_DEPTH:
            raise TooDeep(f"nests deeper than {MAX_DEPTH} levels (line {event.start_mark.line + 1})")
        if not is_mapping:
            return new, _LIST, None
        if depth > LINED_DEPTH or (depth == LINED_DEPTH and not _is_lined(key, stack[-2][1])):
            return new, _EXPECT, None
        self.tree.kept.append(new)
        lines = self.tree.lines[id(new)] = {}
        return new, _EXPECT, lines

    def close(self, event: Any, done: Any, is_mapping: bool) -> Any:
        """End a container: check its size, apply its merges, and say what the loop goes on with."""
        cur, key, lined, opened = self.stack.pop()
        if is_mapping:
            if len(done) > MAX_KEYS:
                raise TooDeep(f"a mapping holds more than {MAX_KEYS:,} keys (line {opened.start_mark.line + 1})")
            if self.merges:
                self.apply_merges(done)
        if key is _COMPLEX:
            return cur, self.complex_key(cur, opened, event), lined
        return cur, key if key is _LIST else _EXPECT, lined

    def odd_key(self, mapping: dict[str, Any], text: str, event: Any) -> Any:
        """A key that is a merge, a duplicate or anchored."""
        if text == "<<" and not event.style:
            return _MERGE
        if event.anchor is not None:
            self.anchors[event.anchor] = text
        if text in mapping:
            line = event.start_mark.line + 1
            if text.startswith("/") and isinstance(mapping[text], dict):
                self.duplicates.append((mapping, text, mapping[text]))
                self.note(line, f"path key {short(text)} is written twice: merged by method, the last one wins")
            else:
                self.note(line, f"duplicate key {short(text)}: the last one wins")
        return text

    def complex_key(self, mapping: dict[str, Any], opened: Any, closed: Any) -> str:
        """The source text of a mapping or list that stands where a key belongs (`{{ version }}: …`)."""
        source = self.data if isinstance(self.data, str) else self.data.decode("utf-8", "replace")
        text = source[opened.start_mark.index : closed.end_mark.index].strip()[:200]
        self.note(opened.start_mark.line + 1, f"key {short(text)} is not text (a template?): its source is the key")
        return text if text not in mapping else f"{text} "

    def alias(self, event: Any) -> Any:
        if event.anchor in self.anchors:
            return self.anchors[event.anchor]
        self.note(event.start_mark.line + 1, f"alias *{short(event.anchor)} has no anchor: read as null")
        return None

    def apply_merges(self, done: dict[str, Any]) -> None:
        """`<<` of the mapping that just ended: explicit keys win, and so do earlier merges."""
        start = len(self.merges)
        while start and self.merges[start - 1][0] is done:
            start -= 1
        for _, value, line in self.merges[start:]:
            for source in value if isinstance(value, list) else [value]:
                self.merge(done, source, line)
        del self.merges[start:]

    def merge(self, into: dict[str, Any], source: Any, line: int) -> None:
        if not isinstance(source, dict):
            self.note(line, "`<<` merges something that is not a mapping: ignored")
            return
        self.merged += len(source)
        if self.merged > MAX_MERGED:
            raise TooDeep(f"`<<` merges more than {MAX_MERGED:,} keys (line {line})")
        for k, v in list(source.items()):
            into.setdefault(k, v)

    def finish(self) -> Tree:
        """Merge path items written twice: both keep their methods, the later one wins where both have one."""
        groups: dict[tuple[int, str], list[Any]] = {}
        for mapping, key, old in self.duplicates:
            groups.setdefault((id(mapping), key), [mapping]).append(old)
        for (_, key), (mapping, *parts) in groups.items():
            if not isinstance(mapping.get(key), dict):
                continue
            merged: dict[str, Any] = {}
            lines: dict[str, int] = {}
            for part in (*parts, mapping[key]):
                merged.update(part)
                lines.update(self.tree.lines.get(id(part), {}))
            mapping[key] = merged
            self.tree.kept.append(merged)
            self.tree.lines[id(merged)] = lines
        return self.tree


def _is_lined(key: Any, parent: Any) -> bool:
    return key == "additionalOperations" or parent in _LINED_PARENTS


def short(text: str) -> str:
    """Text for a message: escaped and cut."""
    return repr(text if len(text) <= 80 else text[:77] + "...")
