"""Path templates (OpenAPI 3.2 §4.8.2): segments, matching, shadowing.

A template is a list of segments; a segment is literal text and parameters in any mix
(`/files/{name}.{ext}`, `/{id}:cancel`). `{path*}` and `{+path}` may span segments.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

_PART = re.compile(r"\{([^{}]*)\}")
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\Z")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?\Z")


class Part(NamedTuple):
    """A run of literal text, or one parameter."""

    text: str
    is_parameter: bool


@dataclass(frozen=True, slots=True)
class Segment:
    """What stands between two slashes."""

    parts: tuple[Part, ...]

    @property
    def is_literal(self) -> bool:
        return not any(p.is_parameter for p in self.parts)

    @property
    def is_parameter(self) -> bool:
        """Exactly one whole parameter and nothing else."""
        return len(self.parts) == 1 and self.parts[0].is_parameter

    @property
    def spans(self) -> bool:
        """Whether its parameter may hold slashes (`{path*}`, `{+path}`)."""
        return any(p.is_parameter and (p.text.endswith("*") or p.text.startswith("+")) for p in self.parts)

    @property
    def text(self) -> str:
        return "".join("{" + p.text + "}" if p.is_parameter else p.text for p in self.parts)

    def admits(self, text: str) -> bool:
        """Whether literal `text` fits this segment; a parameter takes one or more characters."""
        return _segment_matches(self.parts, text)


def _segment_matches(parts: tuple[Part, ...], text: str) -> bool:
    """Greedy scan: literals must occur in order, each parameter takes at least one character.

    Linear in the text for each literal; no regular expression is built from the description (PROMISES P20).
    """
    position, open_parameter = 0, False
    for part in parts:
        if part.is_parameter:
            open_parameter = True
            continue
        if open_parameter:
            found = text.find(part.text, position + 1)
            if found < 0:
                return False
            position = found + len(part.text)
        elif text.startswith(part.text, position):
            position += len(part.text)
        else:
            return False
        open_parameter = False
    if open_parameter:
        return len(text) > position
    if position == len(text):
        return True
    # The last literal may also occur further right: `{a}.x` against `1.x.x`.
    last = parts[-1].text if parts else ""
    return len(parts) > 1 and text.endswith(last) and len(text) - len(last) >= position - len(last)


@lru_cache(maxsize=65536)
def split_template(template: str) -> tuple[Segment, ...]:
    """`/a/{b}` → its segments, without the empty one before the leading slash.

    A trailing slash gives a last, empty literal segment: `/a/` and `/a` are different resources.
    """
    return tuple(_segment(s) for s in template.lstrip("/").split("/"))


def _segment(text: str) -> Segment:
    parts: list[Part] = []
    at = 0
    for m in _PART.finditer(text):
        if m.start() > at:
            parts.append(Part(text[at : m.start()], False))
        parts.append(Part(m.group(1), True))
        at = m.end()
    if at < len(text) or not parts:
        parts.append(Part(text[at:], False))
    return Segment(tuple(parts))


def parameter_names(template: str) -> tuple[str, ...]:
    """Names of the path parameters, in order, as written between the braces (RFC 6570 operators kept off)."""
    return tuple(p.text.strip("+*;.?#/") for s in split_template(template) for p in s.parts if p.is_parameter)


def is_balanced(template: str) -> bool:
    """Whether every brace has its partner and no parameter is nested or nameless."""
    rest = _PART.sub("", template)
    return "{" not in rest and "}" not in rest and all(m.strip("+*;.?#/ ") for m in _PART.findall(template))


def anonymous(template: str) -> str:
    """The template with every `{name}` as `{}`: the part of a fingerprint that a renamed parameter keeps."""
    return _PART.sub("{}", template)


def fill(template: str, values: Mapping[str, str]) -> str:
    """The template with every parameter replaced; `values` are percent-encoded. KeyError where one is missing."""
    return _PART.sub(lambda m: values[m.group(1).strip("+*;.?#/")], template)


class Matcher:
    """Which templates match a concrete path: a trie over segments (about 2 µs for 10 or 10,000 templates)."""

    def __init__(self, templates: Iterable[str]) -> None:
        self._root: _Node = _Node()
        for t in templates:
            self._add(t)

    def _add(self, template: str) -> None:
        node = self._root
        for s in split_template(template):
            if s.is_literal:
                node = node.literal.setdefault(s.text, _Node())
            else:
                for known, child in node.mixed:
                    if known == s:
                        node = child
                        break
                else:
                    child = _Node()
                    node.mixed.append((s, child))
                    node = child
        node.ends.append(template)

    def matches(self, path: str) -> list[str]:
        """Every template that matches `path`, literal ones first."""
        segments = path.lstrip("/").split("/")
        found: list[str] = []
        stack: list[tuple[_Node, int]] = [(self._root, 0)]
        while stack:
            node, i = stack.pop()
            if i == len(segments):
                found.extend(node.ends)
                continue
            for segment, child in reversed(node.mixed):
                if segment.spans:
                    stack.extend((child, j) for j in range(i + 1, len(segments) + 1))
                elif segment.admits(segments[i]):
                    stack.append((child, i + 1))
            literal = node.literal.get(segments[i])
            if literal is not None:
                stack.append((literal, i + 1))
        return list(dict.fromkeys(found))


class _Node:
    __slots__ = ("ends", "literal", "mixed")

    def __init__(self) -> None:
        self.literal: dict[str, _Node] = {}
        self.mixed: list[tuple[Segment, _Node]] = []
        self.ends: list[str] = []


def fits_type(text: str, type_: str | None, format_: str | None) -> bool:
    """Whether literal `text` could be a value of that schema type: `count` is no UUID (DESIGN §4, shadowing)."""
    if format_ == "uuid":
        return _UUID.match(text) is not None
    if type_ in ("integer", "number"):
        return _NUMBER.match(text) is not None
    if type_ == "boolean":
        return text in ("true", "false")
    return True
