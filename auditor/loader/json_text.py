"""JSON to plain data. The upper levels (root, `paths`, path items) are read here, all below by the C parser.

That gives exact lines and duplicate keys where operations are named, at next to no cost, however large the file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from json.decoder import WHITESPACE, JSONDecodeError, scanstring  # type: ignore[attr-defined]  # no stubs, public names
from typing import Any

from auditor.loader.yaml_events import MAX_DIGITS, TooDeep, Tree, short

DEEP_DUPLICATES = 1_000_000
"""Up to this many characters duplicate keys are looked for at every level: beyond, that would double the time."""

_ROOT, _PATHS, _ITEM, _LEAF = range(4)
_white = WHITESPACE.match


def parse_json(text: str, strict: bool = True) -> tuple[Tree, int]:
    """The value that `text` begins with, and where it ends.

    Not strict: control characters inside strings are let through. Raises JSONDecodeError, or TooDeep.
    """
    hook = _DuplicateHook() if len(text) <= DEEP_DUPLICATES else None
    options: dict[str, Any] = {"object_pairs_hook": hook and hook.call, "parse_constant": str, "strict": strict}
    try:
        try:
            reader = Upper(text, json.JSONDecoder(**options))
            end = reader.read()
        except JSONDecodeError:
            raise
        except ValueError:  # Python refuses to convert integers of more than 4,300 digits
            reader = Upper(text, json.JSONDecoder(parse_int=_integer, **options))
            end = reader.read()
    except RecursionError:
        raise TooDeep("nests too deeply") from None
    if hook is not None:
        reader.tree.notes.extend(hook.notes(text))
    tree = reader.finish()
    tree.unshared = True
    return tree, end


def _integer(text: str) -> Any:
    return int(text) if len(text) <= MAX_DIGITS else text


class Upper:
    """Reads objects down to path items member by member; keeps where each key stands. `read`, then `finish`."""

    def __init__(self, text: str, decoder: json.JSONDecoder) -> None:
        self.text, self.scan, self.strict = text, decoder.scan_once, decoder.strict  # type: ignore[attr-defined]
        self.tree = Tree()
        self.places: list[tuple[int, dict[str, int], str]] = []
        self.duplicates: list[tuple[int, str]] = []
        self.merges: list[tuple[dict[str, int], dict[str, int]]] = []

    def read(self) -> int:
        at: int = _white(self.text, 0).end()
        if self.text[at : at + 1] == "{":
            self.tree.root, end = self.mapping(at, _ROOT)
        else:
            self.tree.root, end = self.value(at)
        return end

    def value(self, at: int) -> tuple[Any, int]:
        try:
            return self.scan(self.text, at)  # type: ignore[no-any-return]
        except StopIteration as e:
            raise JSONDecodeError("Expecting value", self.text, e.value) from None

    def mapping(self, at: int, level: int) -> tuple[dict[str, Any], int]:
        """One object by RFC 8259 §4, `at` its brace."""
        text, made, lines = self.text, {}, {}  # type: ignore[var-annotated]
        self.tree.lines[id(made)] = lines
        self.tree.kept.append(made)
        at = _white(text, at + 1).end()
        if text[at : at + 1] == "}":
            return made, at + 1
        while True:
            if text[at : at + 1] != '"':
                raise JSONDecodeError("Expecting property name enclosed in double quotes", text, at)
            place = at
            key, at = scanstring(text, at + 1, self.strict)
            at = _white(text, at).end()
            if text[at : at + 1] != ":":
                raise JSONDecodeError("Expecting ':' delimiter", text, at)
            at = _white(text, at + 1).end()
            below = _level_below(level, key)
            if below is not None and text[at : at + 1] == "{":
                value, at = self.mapping(at, below)
            else:
                value, at = self.value(at)
            if key in made:
                value = self.duplicate(place, key, made[key], value)
            made[key] = value
            self.places.append((place, lines, key))
            at = _white(text, at).end()
            mark = text[at : at + 1]
            if mark == "}":
                return made, at + 1
            if mark != ",":
                raise JSONDecodeError("Expecting ',' delimiter", text, at)
            at = _white(text, at + 1).end()

    def duplicate(self, place: int, key: str, old: Any, new: Any) -> Any:
        """The last one wins, but path items are merged by method."""
        if len(self.duplicates) < 1000:
            self.duplicates.append((place, key))
        if not key.startswith("/") or id(old) not in self.tree.lines or id(new) not in self.tree.lines:
            return new
        old.update(new)
        self.merges.append((self.tree.lines[id(old)], self.tree.lines[id(new)]))
        return old

    def finish(self) -> Tree:
        """Turn places into lines, in one pass over the text."""
        line, counted, text = 1, 0, self.text
        line_at: dict[int, int] = {}
        for place, lines, key in sorted(self.places, key=_place):
            line += text.count("\n", counted, place)
            counted = place
            lines[key] = line_at[place] = line
        for old, new in self.merges:
            old.update(new)
        for place, key in self.duplicates:
            self.tree.notes.append((line_at[place], duplicate_note(key)))
        return self.tree


def _place(entry: tuple[int, dict[str, int], str]) -> int:
    return entry[0]


def _level_below(level: int, key: str) -> int | None:
    """Which of the upper levels the value of `key` is, or None for the C parser."""
    if level == _ROOT:
        return _PATHS if key == "paths" else None
    if level == _PATHS:
        return _ITEM
    return _LEAF if level == _ITEM and key == "additionalOperations" else None


def duplicate_note(key: str) -> str:
    """The warning for a key that stands twice in one mapping."""
    if key.startswith("/"):
        return f"path key {short(key)} is written twice: merged by method, the last one wins"
    return f"duplicate key {short(key)}: the last one wins"


class _DuplicateHook:
    """`call` is an `object_pairs_hook` that keeps the last of duplicate keys, and remembers which there were."""

    def __init__(self) -> None:
        self.keys: list[str] = []

        def call(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
            made = dict(pairs)
            if len(made) != len(pairs):
                self.remember(pairs)
            return made

        self.call = call

    def remember(self, pairs: list[tuple[str, Any]]) -> None:
        """Keep up to 1,000 keys that stand twice in one mapping."""
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen and len(self.keys) < 1000:
                self.keys.append(key)
            seen.add(key)

    def notes(self, text: str) -> Iterator[tuple[int | None, str]]:
        """One note per duplicate; with a line only where the key stands exactly twice in the whole text."""
        for i, key in enumerate(self.keys):
            found = list(re.finditer(re.escape(json.dumps(key, ensure_ascii=False)) + r"\s*:", text)) if i < 50 else []
            line = text.count("\n", 0, found[1].start()) + 1 if len(found) == 2 else None
            yield line, f"duplicate key {short(key)}: the last one wins"
