"""A drift, and the edits that mend it: what is typed must be what the fix's own text says.

An edit names the words of the text that it follows: `types` is what the text tells to type, and stands in the new
line; `drops` is what it tells to take out, and stands in the old one. tests/fix/test_applied.py holds them to it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from auditor.differ.stacks import ASPECTS, Stack, stacks
from auditor.model.finding import Side

MISSING, UNDOCUMENTED, UNROUTED = "documented-method-missing", "undocumented-method-served", "path-missing"
NO_ALLOW, WRONG_ALLOW, REDIRECT = "allow-missing", "allow-wrong", "redirect-on-path"
BY_ID = {s.id: s for s in stacks()}
_LOOSE = re.compile(r"(…|orders|'?GET'?(?:,? '?[A-Z]+'?)+)")
_METHODS = r"'?GET'?(?:,? '?[A-Z]+'?)+"
ANY = {"…": ".*", "ord": r"[\w-]+", "GET": _METHODS, "'GE": _METHODS}


@dataclass(frozen=True)
class Edit:
    """One line of a file, before and after."""

    before: str
    after: str
    types: str = ""
    drops: str = ""

    def follows(self, text: str) -> bool:
        """Whether what it types, or takes out, is what the text names between backticks.

        `…` in the text stands for anything, `orders` for any name, and a list of methods for any list.
        """
        quoted, line, other = (
            (self.types, self.after, self.before) if self.types else (self.drops, self.before, self.after)
        )
        found = re.search("".join(ANY.get(p[:3], re.escape(p)) for p in _LOOSE.split(quoted)), line, re.DOTALL)
        return quoted in re.findall(r"`([^`]+)`", text) and found is not None and line != other


@dataclass(frozen=True)
class Drift:
    """A finding that the first audit makes, and what mends it. No edits: those of another drift mend it, too."""

    rule: str
    path: str | None
    methods: str
    edits: tuple[Edit, ...] = ()
    hidden: bool = False
    """It comes to light only when the others are mended."""
    told: bool = True
    """False: nothing in the answers names the stack, so the text stands in `auditor explain RULE` alone."""


def fix_text(stack: Stack, rule: str) -> str:
    aspect = ASPECTS[rule]
    return stack.fixes["pass" if aspect == "serve" and stack.side is Side.GATEWAY else aspect]
