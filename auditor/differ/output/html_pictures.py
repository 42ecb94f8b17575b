"""Small pictures as data: shares of a whole, drawn as one bar each. Every picture has its words beside or in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from auditor.differ.output.kinds import ACCEPTED, FIXED, GONE, KNOWN, NEW, RETURNED, UNSURE, counts
from auditor.differ.output.language import number, tr, trn
from auditor.model.report import Report

Bars = tuple[tuple[str, float, float], ...]
"""(tone, start, width) in percent."""

MAX_TALLIES = 12
"""Parts of the description with a bar of their own; the others are one."""

KINDS = ("drift", "open", "agree")
_TONES = ("bad", "unk", "ok")


@dataclass(frozen=True, slots=True)
class Tally:
    """One bar with a name and its words."""

    name: str
    words: str
    bars: Bars


def shares(counts: Sequence[tuple[str, int]], whole: int) -> Bars:
    """`counts` by tone as bars of a whole; what is zero has none."""
    bars, start = [], 0.0
    for tone, n in counts:
        width = round(100 * n / (whole or 1), 2)
        if n:
            bars.append((tone, round(start, 2), width))
        start += width
    return tuple(bars)


def by_part(paths: Iterable[tuple[str, str]]) -> tuple[Tally, ...]:
    """How much of each part (first tag) drifts, from (part, kind) of every path; the most drift first.

    Bars are as long as parts are big, so that they can be compared. Nothing for a single part.
    """
    found: dict[str, Counter[str]] = {}
    for part, kind in paths:
        found.setdefault(part, Counter())[kind] += 1
    if len(found) < 2:
        return ()
    ranked = sorted(found.items(), key=lambda item: -item[1]["drift"])
    shown = ranked[:MAX_TALLIES]
    if rest := ranked[MAX_TALLIES:]:
        name = trn(len(rest), "{n} other", "{n} others")
        shown.append((name, sum((counts for _, counts in rest), Counter())))
    longest = max(counts.total() for _, counts in shown)
    return tuple(_tally(name, counts, longest) for name, counts in shown)


def _tally(name: str, counts: Counter[str], longest: int) -> Tally:
    words = trn(
        counts.total(), "{drift} of {n} path drifts", "{drift} of {n} paths drift", drift=number(counts["drift"])
    )
    if counts["open"]:
        words += tr(", {open} not judged in full", open=number(counts["open"]))
    tones = zip(_TONES, (counts[k] for k in KINDS), strict=True)
    return Tally(name, words, shares(list(tones), longest))


_SINCE = {NEW: "bad", RETURNED: "bad", UNSURE: "unk", GONE: "unk", FIXED: "ok", KNOWN: "warn", ACCEPTED: "ok"}


def since_bars(report: Report) -> tuple[Tally, ...]:
    """What the sentence counts since the earlier report, each bar as long as it is many; nothing without one."""
    if report.since is None:
        return ()
    rows = [(word, n) for word, n in counts(report.since) if n]
    longest = max((n for _, n in rows), default=0)
    return tuple(Tally(tr(word), number(n), shares([(_SINCE[word], n)], longest)) for word, n in rows)
