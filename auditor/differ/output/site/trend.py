"""A service's nights as a small picture: errors, warnings on top of them, below the line what was not judged. Pure.

A night is a column of its own, also one without a run: the columns of all services stand below one another.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from auditor.differ.output.language import number, tr, trn
from auditor.differ.output.site.grouping import day
from auditor.differ.output.site.standing import UNJUDGED, verdict
from auditor.differ.output.words import plural, sentence, short_day
from auditor.model.index import Run, Service

STEP, WIDEST, ROOM = 4, 16, 128
"""Pixels: of a night where there are many, where there are few, and what those in between share."""
TOP, LINE, BELOW = 3, 22, 8
"""Pixels: room for the mark of a night that was not judged, height of the bars, depth below the line."""
HEIGHT = TOP + LINE + 1 + BELOW
LEAST = 4
"""Findings that fill the height at least: a single one is no tower."""


@dataclass(frozen=True, slots=True)
class Trend:
    """Paths by tone, all of them of rectangles; `label` says the same in words, `caption` its last numbers."""

    width: int
    paths: tuple[tuple[str, str], ...]
    label: str
    caption: str


def drawn(services: Iterable[Service], last: date, nights: int) -> int:
    """How many nights the pictures show: from the first that any service has, at most `nights`."""
    first = last - timedelta(days=nights - 1)
    found = (day(r.head.finished) for s in services for r in s.runs)
    return (last - min((d for d in found if first <= d <= last), default=last)).days + 1


def trend(runs: Sequence[Run], last: date, nights: int) -> Trend:
    """The picture of the nights up to `last`."""
    step = max(STEP, min(WIDEST, ROOM // nights))
    width = step * 3 // 4
    by_day: dict[date, Run] = {}
    for run in runs:
        by_day.setdefault(day(run.head.finished), run)
    days = [last - timedelta(days=nights - 1 - i) for i in range(nights)]
    seen = [(i, d, by_day[d]) for i, d in enumerate(days) if d in by_day]
    most = max((r.brief.errors + r.brief.warnings for _, _, r in seen if r.brief), default=0)
    boxes: dict[str, list[str]] = {tone: [] for tone in ("open", "base", "bad", "warn", "unk")}
    base = TOP + LINE
    for i, _, run in seen:
        x, brief = i * step, run.brief
        if brief is None or verdict(brief).group == UNJUDGED:
            boxes["open"].append(_box(x, width, 0, HEIGHT))
        if brief is None:
            continue
        errors, both = (round(n * LINE / max(most, LEAST), 1) for n in (brief.errors, brief.errors + brief.warnings))
        boxes["base"].append(_box(x, width, base, 1))
        if brief.errors:
            boxes["bad"].append(_box(x, width, base - errors, errors))
        if brief.warnings:
            boxes["warn"].append(_box(x, width, base - both, both - errors))
        if brief.undetermined and brief.documented:
            share = min(brief.undetermined / brief.documented, 1.0)
            boxes["unk"].append(_box(x, width, base + 1, max(round(share * BELOW, 1), 0.5)))
    paths = tuple((tone, "".join(found)) for tone, found in boxes.items() if found)
    return Trend(nights * step - (step - width), paths, _label(seen, days), _caption(seen))


def _box(x: int, width: int, y: float, height: float) -> str:
    return f"M{x} {y:g}h{width}v{height:g}h-{width}z"


def span_words(nights: int, last: date) -> str:
    """`60 nights to 20 Nov`; `night of 20 Nov` where it is one alone."""
    if nights == 1:
        return tr("night of {day}", day=short_day(last))
    return trn(nights, "{n} night to {day}", "{n} nights to {day}", day=short_day(last))


def _label(seen: Sequence[tuple[int, date, Run]], days: Sequence[date]) -> str:
    if not seen:
        return sentence(f"{span_words(len(days), days[-1])}: {tr('no run')}")
    read = [(d, r.brief) for _, d, r in seen if r.brief]
    blind = sum(r.brief is None or verdict(r.brief).group == UNJUDGED for _, _, r in seen)
    some = trn(len(seen), "{n} night with a run, {missing} without", "{n} nights with a run, {missing} without",
               missing=number(len(days) - len(seen)))  # fmt: skip
    parts = [some] if len(days) > 1 else []
    parts += [f"{number(blind)} {tr('not judged')}"] if blind else []
    if read:
        at, newest = read[0][0], read[0][1]
        for d, brief in read:
            at, newest = (d, brief) if d >= at else (at, newest)
        worst_day, worst = max(read, key=lambda pair: (pair[1].errors, pair[0]))
        errors, warnings = plural(newest.errors, "error"), plural(newest.warnings, "warning")
        parts.append(tr("{errors} and {warnings} on {day}", errors=errors, warnings=warnings, day=short_day(at)))
        said = ("{n} operation of {documented} not judged", "{n} operations of {documented} not judged")
        parts.append(trn(newest.undetermined, *said, documented=number(newest.documented)))
        most = tr("at most {errors}, on {day}", errors=plural(worst.errors, "error"), day=short_day(worst_day))
        parts += [most] if worst.errors and len(days) > 1 else []
    return sentence(f"{span_words(len(days), days[-1])}: {'; '.join(parts)}")


def _caption(seen: Sequence[tuple[int, date, Run]]) -> str:
    read = [r.brief for _, _, r in seen if r.brief]
    if not read:
        return tr("no run that can be read") if seen else tr("no run")
    low, high = min(b.errors for b in read), max(b.errors for b in read)
    if len(read) == 1:
        return plural(low, "error")
    if low == high:
        return tr("{errors} throughout", errors=plural(low, "error"))
    return tr("{low} to {errors}", low=number(low), errors=plural(high, "error"))
