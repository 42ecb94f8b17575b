"""One text that a schema's `pattern` should match, made from its parse tree.

The pattern is never run: a hostile one costs at most its own parse (PROMISES P20).
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import Any

_parser: Any = re._parser  # type: ignore[attr-defined]  # the standard library's own; no public name exists

MAX_PATTERN = 500
MAX_TEXT = 200
_PREFERRED = "1aA0bBzZ-_. "
_CATEGORIES: dict[str, Callable[[str], bool]] = {
    "CATEGORY_DIGIT": str.isdigit,
    "CATEGORY_NOT_DIGIT": lambda c: not c.isdigit(),
    "CATEGORY_WORD": lambda c: c.isalnum() or c == "_",
    "CATEGORY_NOT_WORD": lambda c: not (c.isalnum() or c == "_"),
    "CATEGORY_SPACE": str.isspace,
    "CATEGORY_NOT_SPACE": lambda c: not c.isspace(),
}


class _GiveUp(Exception):
    pass


def matching_text(pattern: str, shortest: int = 1, longest: int = MAX_TEXT) -> str | None:
    """A text of `shortest` to `longest` characters that `pattern` should match, or None where none was found.

    Look-around, unknown syntax and texts over 200 characters give None.
    """
    if len(pattern) > MAX_PATTERN:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = _parser.parse(pattern)
        for spare in (0, max(1, shortest)):
            made = _Maker(spare).sequence(tree)
            if shortest <= len(made) <= min(longest, MAX_TEXT):
                return made
            made += "1" * (shortest - len(made)) if not _anchored(pattern) else ""
            if shortest <= len(made) <= min(longest, MAX_TEXT):
                return made
    except (_GiveUp, re.error, RecursionError, OverflowError, ValueError):
        return None
    return None


def _anchored(pattern: str) -> bool:
    return pattern.endswith(("$", r"\Z", r"\z"))


class _Maker:
    """Walks the tree once. `spare`: how many repetitions more than the least the open-ended parts may add."""

    def __init__(self, spare: int) -> None:
        self.spare = spare
        self.groups: dict[int, str] = {}
        self.steps = 0

    def sequence(self, tree: Any) -> str:
        made = ""
        for op, argument in tree:
            self.steps += 1
            made += self.node(str(op), argument)
            if len(made) > MAX_TEXT or self.steps > 2000:
                raise _GiveUp
        return made

    def node(self, op: str, argument: Any) -> str:
        if op == "LITERAL":
            return chr(argument)
        if op == "NOT_LITERAL":
            return _pick([("LITERAL", argument)], negate=True)
        if op == "ANY":
            return "a"
        if op == "IN":
            items = [(str(o), a) for o, a in argument]
            negate = bool(items) and items[0][0] == "NEGATE"
            return _pick(items[1:] if negate else items, negate)
        if op == "BRANCH":
            return self.sequence(argument[1][0])
        if op == "SUBPATTERN":
            made = self.sequence(argument[3])
            if argument[0] is not None:
                self.groups[argument[0]] = made
            return made
        if op in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            return self.repeat(*argument)
        if op == "AT":
            return ""
        if op == "GROUPREF" and argument in self.groups:
            return self.groups[argument]
        if op == "ATOMIC_GROUP":
            return self.sequence(argument)
        raise _GiveUp

    def repeat(self, least: int, most: Any, tree: Any) -> str:
        extra = min(self.spare, int(most) - least) if self.spare else 0
        times = least + max(0, extra)
        if times > MAX_TEXT:
            raise _GiveUp
        if times == 0:
            return ""
        if extra:
            self.spare -= extra
        once = self.sequence(tree)
        return once * times


def _pick(items: list[tuple[str, Any]], negate: bool) -> str:
    """A character inside the class, a plain one where possible."""
    for c in _PREFERRED:
        if any(_holds(c, o, a) for o, a in items) is not negate:
            return c
    if not negate:
        for o, a in items:
            if o in ("LITERAL", "RANGE"):
                return chr(a if o == "LITERAL" else a[0])
    raise _GiveUp


def _holds(c: str, op: str, argument: Any) -> bool:
    if op == "LITERAL":
        return ord(c) == int(argument)
    if op == "RANGE":
        return int(argument[0]) <= ord(c) <= int(argument[1])
    if op == "CATEGORY":
        test = _CATEGORIES.get(str(argument))
        if test is not None:
            return test(c)
    raise _GiveUp
