"""What the page leaves out so that it opens at once at any size, and the sentence that says so in its band.

Nothing is lost: report.json has every cell and finding, transcript.jsonl every exchange. What is worst is kept longest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from auditor.differ.output.language import tr, trn
from auditor.differ.output.words import listing

MAX_CARDS = 300
"""Cards in full; of the others there is a line each."""

MAX_ROWS = 5_000
"""Paths in the matrix; drifting ones come first."""

MAX_SEEN = 200
"""Drifting paths that are seen at once; the others wait in a fold."""

MAX_DIFFERENCES = 12
"""Differences of a promotion that are seen at once; the others wait in a fold."""

MAX_UNKNOWN = 100
"""Operations in a table of what could not be compared."""

MAX_LINES = 300
"""Lines of what was not judged for one reason."""

T = TypeVar("T")


def split(items: Sequence[T], limit: int) -> tuple[tuple[T, ...], tuple[T, ...]]:
    """What is shown, and what is not."""
    return tuple(items[:limit]), tuple(items[limit:])


@dataclass(frozen=True, slots=True)
class LeftOut:
    """How much of each kind is not on the page."""

    cards: int = 0
    evidence: int = 0
    rows: int = 0
    unknown: int = 0
    lines: int = 0

    @property
    def parts(self) -> list[str]:
        """A clause for each kind."""
        return list(self._parts())

    def _parts(self) -> Iterable[str]:
        if n := self.evidence:
            yield trn(n, "{n} card only names its exchanges (transcript.jsonl has them)",
                      "{n} cards only name their exchanges (transcript.jsonl has them)")  # fmt: skip
        if n := self.cards:
            yield trn(n, "{n} card of the least weight is one line", "{n} cards of the least weight are one line each")
        if n := self.rows:
            yield trn(n, "{n} path is counted, not drawn", "{n} paths are counted, not drawn")
        if n := self.unknown:
            yield trn(n, "{n} operation that could not be compared is counted, not listed",
                      "{n} operations that could not be compared are counted, not listed")  # fmt: skip
        if n := self.lines:
            yield trn(n, "{n} line of what was not judged is counted, not listed",
                      "{n} lines of what was not judged are counted, not listed")  # fmt: skip

    @property
    def sentence(self) -> str:
        """All of it; empty where the page has everything."""
        said = "To keep this page quick, {parts}. report.json beside it has everything."
        return tr(said, parts=listing(self.parts)) if self.parts else ""
