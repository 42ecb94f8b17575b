"""One glob grammar for --only, --skip and waivers (DESIGN §6).

`*` matches within a segment, `**` across segments, braces and everything else are literal. A method may stand in front:
`DELETE /admin/**`. A pattern without a leading slash is read as if it had one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from auditor.model.methods import is_token


@dataclass(frozen=True, slots=True)
class Glob:
    """One pattern; `method`, in capitals, is None where any method is meant, and covers every spelling of it."""

    text: str
    method: str | None
    path: str

    def matches(self, path: str, method: str | None = None) -> bool:
        """Whether it covers this path (and method: a pattern with a method covers no path as a whole)."""
        if self.method is not None and (method is None or self.method != method.upper()):
            return False
        return _compiled(self.path).match(path) is not None


def parse_glob(text: str) -> Glob:
    """The pattern in `text`. ValueError with one sentence where it is none."""
    words = text.split(None, 1)
    if not words:
        raise ValueError("the pattern is empty")
    method = None
    path = text.strip()
    if len(words) == 2 and is_token(words[0]) and not words[0].startswith("/"):
        method, path = words[0].upper(), words[1].strip()
    if any(c.isspace() for c in path):
        raise ValueError(f"{text!r} is no pattern: write '[METHOD ]/path/*'")
    if not path.startswith(("/", "*")):
        path = "/" + path
    return Glob(text, method, path)


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    """Stars collapse, so that matching stays linear in practice: the operator's text, never the description's."""
    pieces = re.split(r"(\*\*+|\*)", pattern)
    body = "".join(".*" if p.startswith("**") else "[^/]*" if p == "*" else re.escape(p) for p in pieces)
    return re.compile(body + r"\Z", re.DOTALL)
