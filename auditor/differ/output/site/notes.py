"""What a search for runs did not look at, a sentence each. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from auditor.differ.output.language import number, tr, trn
from auditor.differ.output.words import listing


@dataclass(frozen=True, slots=True)
class Unsearched:
    """Counts, and by name what may not be read. `full`: how many folders were searched, if that were not all."""

    links: int = 0
    closed: tuple[str, ...] = ()
    deep: int = 0
    levels: int = 0
    full: int = 0
    foreign: int = 0


def notes(left: Unsearched) -> Iterator[str]:
    """The sentences, in the language that is spoken."""
    if n := left.links:
        yield trn(n, "{n} symbolic link was not followed.", "{n} symbolic links were not followed.")
    if closed := left.closed:
        yield trn(len(closed), "{n} folder cannot be read: {names}.", "{n} folders cannot be read: {names}.",
                  names=listing(closed, 3))  # fmt: skip
    if n := left.deep:
        yield trn(n, "{n} folder deeper than {levels} levels was not searched.",
                  "{n} folders deeper than {levels} levels were not searched.", levels=left.levels)  # fmt: skip
    if left.full:
        yield tr("Only the first {n} folders were searched.", n=number(left.full))
    if n := left.foreign:
        yield trn(n, "{n} report.json not written by auditor.", "{n} files named report.json not written by auditor.")
