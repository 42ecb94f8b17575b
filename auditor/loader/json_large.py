"""JSON texts above 1 MB: the data in one go and at once, what only a report needs (lines) when it is asked for.

pydantic's JSON parser, a dependency anyway, takes three quarters of the time of `json`, refuses halves of surrogate
pairs and knows neither lines nor duplicate keys. So whatever it refuses, and whatever may have lost an operation to a
duplicate key, is left to the exact reader.
"""

from __future__ import annotations

from json import JSONDecodeError, JSONDecoder
from typing import Any

from auditor.loader.json_text import Upper
from auditor.loader.yaml_events import TooDeep, Tree

LARGE = 1_000_000
"""Bytes. Below, exact reading costs less than a millisecond or two more."""


def parse_large(data: bytes) -> Tree | None:
    """The tree of a large JSON object in UTF-8, or None where it must be read the exact way."""
    if len(data) <= LARGE or data[:100].lstrip(b" \t\r\n")[:1] != b"{":
        return None
    from pydantic_core import from_json

    try:
        root = from_json(data, allow_inf_nan=False)
    except ValueError:
        return None
    if not _keeps_every_operation(root, data):
        return None
    tree = Tree()
    tree.root, tree.unshared = root, True
    return tree


def _keeps_every_operation(root: dict[str, Any], data: bytes) -> bool:
    """Whether surely no operation was lost to a duplicate key: the last one silently wins in this parser.

    Every operation must have `responses` (OpenAPI §4.10). Where all have, and the text holds that word no more often,
    that is enough. Else the data is written again: with a key lost, it has fewer quotation marks than the text.
    """
    if data.count(b'"responses"') == _operations(root.get("paths")):
        return True
    from pydantic_core import to_json

    return bool(to_json(root).count(b'"') == data.count(b'"'))


def _operations(paths: Any) -> int | None:
    """How many operations there are, where each path has one and each of them has `responses`; else None."""
    found = 0
    for item in paths.values() if type(paths) is dict else ():
        before = found
        for key, value in item.items() if type(item) is dict else ():
            if type(value) is dict:
                if "responses" in value:
                    found += 1
                elif key[:2] != "x-":
                    return None
        if found == before:
            return None
    return found or None


class _Places(Upper):
    """Keeps places only: no value below a path item survives its reading."""

    def value(self, at: int) -> tuple[Any, int]:
        return None, super().value(at)[1]


def lines_of_upper(text: str, tree: Tree) -> None:
    """Fill in the lines of the upper levels of `tree`, which `parse_large` made of `text`."""
    try:
        reader = _Places(text, JSONDecoder())
        reader.read()
        found = reader.finish()
    except (JSONDecodeError, TooDeep, ValueError, RecursionError):  # lines are a courtesy
        return
    _take(tree.root, found.root, tree, found)


def _take(ours: Any, theirs: Any, tree: Tree, found: Tree) -> None:
    """Copy the lines of one mapping and of the upper ones inside it."""
    if not isinstance(ours, dict) or not isinstance(theirs, dict) or id(theirs) not in found.lines:
        return
    tree.lines[id(ours)] = found.lines[id(theirs)]
    for key, value in theirs.items():
        if value is not None:
            _take(ours.get(key), value, tree, found)
