"""What changed since an earlier report, each finding counted and listed once, by the most to say of it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from auditor.model.night import Changes, Seen

NEW, RETURNED, UNSURE, KNOWN, ACCEPTED = "new", "accepted no longer", "not judged then", "known", "accepted"
FIXED, GONE = "fixed", "not judged any more"
KINDS = (NEW, RETURNED, UNSURE, GONE, FIXED, KNOWN, ACCEPTED)
"""All of them, what needs a look first."""
_MOST = (NEW, RETURNED, UNSURE, KNOWN, ACCEPTED, GONE, FIXED)
"""Which one names a finding that stands differently in its environments: what is there comes before what is not."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One finding: the word for it, and its occurrences by what is to be said of each."""

    word: str
    parts: Mapping[str, tuple[Seen, ...]]

    @property
    def own(self) -> tuple[Seen, ...]:
        """The occurrences that the word is true of."""
        return self.parts[self.word]

    @property
    def others(self) -> Iterator[tuple[str, tuple[Seen, ...]]]:
        """What is to be said of its other occurrences."""
        return ((w, seen) for w, seen in self.parts.items() if w != self.word)


def kinds(changed: Changes) -> dict[str, list[Kind]]:
    """The findings by their word, in the order of KINDS; without the words that none has."""
    found: dict[str, dict[str, list[Seen]]] = {}
    for word, seen in _each(changed):
        found.setdefault(seen.fingerprint, {}).setdefault(word, []).append(seen)
    by_word: dict[str, list[Kind]] = {w: [] for w in KINDS}
    for parts in found.values():
        word = next(w for w in _MOST if w in parts)
        by_word[word].append(Kind(word, {w: tuple(parts[w]) for w in _MOST if w in parts}))
    return {w: group for w, group in by_word.items() if group}


def _each(changed: Changes) -> Iterator[tuple[str, Seen]]:
    returned = {s.key for s in changed.returned}
    for word, group in ((NEW, changed.new), (KNOWN, changed.still), (UNSURE, changed.unsure)):
        for s in group:
            yield ACCEPTED if s.waived else RETURNED if s.key in returned else word, s
    yield from ((FIXED, s) for s in changed.fixed)
    yield from ((GONE, s) for s in changed.unjudged)


def counts(changed: Changes) -> list[tuple[str, int]]:
    """How many findings each word has; `new` also where it is none."""
    found = kinds(changed)
    return [(w, len(found.get(w, ()))) for w in KINDS if w in found or w == NEW]


def counted(changed: Changes) -> str:
    """`0 new, 1 fixed, 3 known`; then what is true of some environments only of findings that are counted already."""
    text = ", ".join(f"{n:,} {word}" for word, n in counts(changed))
    every = [k for group in kinds(changed).values() for k in group]
    partly = [(sum(w == word for k in every for w, _ in k.others), word) for word in (GONE, FIXED)]
    some = ", ".join(f"{n:,} {word}" for n, word in partly if n)
    return f"{text} (in some environments: {some})" if some else text
