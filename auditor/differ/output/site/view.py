"""The index page in the order in which it reads, as plain data for its template. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from auditor.differ.gate import span
from auditor.differ.output.escape import visible
from auditor.differ.output.headline import ENOUGH
from auditor.differ.output.site.grouping import day
from auditor.differ.output.site.news import News, news
from auditor.differ.output.site.standing import (
    CARE,
    GOOD,
    HOLD,
    NAMES,
    ORDER,
    TONES,
    UNJUDGED,
    Standing,
    standing,
    verdict,
)
from auditor.differ.output.site.trend import HEIGHT, Trend, short, trend
from auditor.differ.output.words import STATES, listing, percent, plural
from auditor.model.environment import State
from auditor.model.index import Brief, EnvironmentBrief, Run, Service, Unread

MAX_UNREAD = 200
"""Unreadable runs that are listed; the rest is counted."""
MAX_NAME = 60
"""Characters of a service's name in a sentence."""


@dataclass(frozen=True, slots=True)
class Place:
    """One environment of a row: its name, the number of errors and, where that is not all, what else to know."""

    name: str
    count: str
    note: str
    tone: str


@dataclass(frozen=True, slots=True)
class Line:
    """One run in the list of all."""

    day: str
    clock: str
    word: str
    tone: str
    counts: str
    link: str | None
    place: str


@dataclass(frozen=True, slots=True)
class Row:
    """One service."""

    anchor: str
    service: Service
    standing: Standing
    places: tuple[Place, ...]
    counts: str
    news: News
    since: str
    trend: Trend
    owners: tuple[str, ...]
    when: str
    ago: str
    lines: tuple[Line, ...]

    @property
    def link(self) -> str | None:
        return self.service.runs[0].head.link

    @property
    def place(self) -> str:
        return self.service.runs[0].head.place

    @property
    def failing(self) -> tuple[str, ...]:
        """The environments with an error."""
        newest = self.service.runs[0].brief
        return tuple(e.name for e in newest.environments if e.errors) if newest else ()


@dataclass(frozen=True, slots=True)
class Counter:
    """A number that leads to what it counts."""

    number: int
    words: str
    tone: str
    target: str


@dataclass(frozen=True, slots=True)
class Index:
    """The whole page. `notes`: what was not looked at, a sentence each."""

    built: datetime
    max_age: timedelta
    nights: int
    word: str
    sentence: str
    tone: str
    lede: str
    counters: tuple[Counter, ...]
    groups: tuple[tuple[str, str, tuple[Row, ...]], ...]
    unread: tuple[tuple[Unread, str], ...]
    unread_more: int
    notes: tuple[str, ...]
    runs: int

    @property
    def rows(self) -> tuple[Row, ...]:
        return tuple(r for _, _, rows in self.groups for r in rows)

    @property
    def owners(self) -> list[str]:
        return sorted({o for r in self.rows for o in r.owners})

    @property
    def environments(self) -> list[str]:
        return sorted({name for r in self.rows for name in r.failing})

    @property
    def limit(self) -> str:
        return span(self.max_age)

    @property
    def height(self) -> int:
        return HEIGHT


def index(
    services: Sequence[Service], unread: Sequence[Unread], notes: Sequence[str], *, now: datetime, max_age: timedelta,
    nights: int,
) -> Index:  # fmt: skip
    """The page of these services as they stand at `now`; the same data give the same page."""
    rows = [_row(s, now, max_age, nights) for s in services]
    groups = tuple(
        (key, NAMES[key], found) for key in ORDER
        if (found := tuple(sorted((r for r in rows if r.standing.group == key), key=_urgency)))
    )  # fmt: skip
    names = [s.name for s in services]
    listed = tuple((u, "" if u.beside is None else names[u.beside]) for u in unread[:MAX_UNREAD])
    word, said, tone = _headline(groups, len(rows), len(unread))
    return Index(
        now, max_age, nights, word, said, tone, _lede(rows, len(unread)), tuple(_counters(groups, rows)), groups,
        listed, max(len(unread) - MAX_UNREAD, 0), tuple(notes),
        sum(len(s.runs) + s.left for s in services) + len(unread),
    )  # fmt: skip


def _urgency(row: Row) -> tuple[int, int, str, str]:
    """What is new comes first, then what has most errors, then by name."""
    newest = row.service.runs[0].brief
    return -row.news.errors, -(newest.errors if newest else 0), row.service.name.casefold(), row.place


def _row(service: Service, now: datetime, max_age: timedelta, nights: int) -> Row:
    newest = service.runs[0]
    brief = newest.brief
    return Row(
        anchor=hashlib.sha256(f"{service.name}\n{service.hint}".encode("utf-8", "surrogatepass")).hexdigest()[:12],
        service=service,
        standing=standing(service, now, max_age),
        places=tuple(_place(e) for e in brief.environments) if brief else (),
        counts=_counts(brief) if brief else "",
        news=news(service),
        since=f"since {short(day(service.since.finished))}" if service.since and brief else "",
        trend=trend(service.runs, day(now), nights),
        owners=brief.owners if brief else (),
        when=f"{short(day(newest.head.finished))} {newest.head.finished:%H:%M}",
        ago=f"{span(max(now - newest.head.finished, timedelta()))} ago",
        lines=tuple(_line(r) for r in service.runs),
    )


def _counts(brief: Brief) -> str:
    parts = [plural(brief.errors, "error"), plural(brief.warnings, "warning")]
    return f"{', '.join(parts)}, {brief.undetermined:,} of {brief.documented:,} not judged"


def _place(e: EnvironmentBrief) -> Place:
    state = STATES[State(e.state)][0] if e.state in set(State) else visible(e.state, 30)
    if e.state != State.COMPLETE:
        return Place(e.name, f"{e.errors:,}" if e.errors else "?", state, "unk")
    if e.errors:
        return Place(e.name, f"{e.errors:,}", "", "bad")
    few = e.decided is None or e.decided < ENOUGH
    return Place(e.name, "0", f"{percent(e.decided)} decided" if few else "", "unk" if few else "ok")


def _line(run: Run) -> Line:
    at = run.head.finished
    if run.brief is None:
        word, tone, counts = "Unreadable", "unk", f"report.json {run.problem}"
    else:
        said = verdict(run.brief)
        word, tone, counts = said.word, said.tone, _counts(run.brief)
    return Line(short(day(at)), f"{at:%H:%M}", word, tone, counts, run.head.link, run.head.place)


def _named(rows: Sequence[Row]) -> str:
    return listing([visible(r.service.name, MAX_NAME) for r in rows], 3)


def _headline(groups: Sequence[tuple[str, str, tuple[Row, ...]]], services: int, unread: int) -> tuple[str, str, str]:
    """Word, sentence and tone: what holds, else what could not be judged; a pass only where that is all of it."""
    by_key = {key: rows for key, _, rows in groups}
    held, unjudged, care = (by_key.get(key, ()) for key in (HOLD, UNJUDGED, CARE))
    all_ = f"all {plural(services, 'service')}" if services > 1 else "the one service"
    if held:
        return "Hold:", _named(held), TONES[HOLD]
    if unjudged:
        return "Cannot say", f"how {_named(unjudged)} {'stands' if len(unjudged) == 1 else 'stand'}", TONES[UNJUDGED]
    if unread:
        return "Cannot say", f"what {plural(unread, 'run')} found", TONES[UNJUDGED]
    if care:
        return "Promote with care:", f"{_named(care)} would bring faults along", TONES[CARE]
    return "No service holds:", f"{all_} can go on", TONES[GOOD]


def _lede(rows: Sequence[Row], unread: int) -> str:
    counts = {key: sum(r.standing.group == key for r in rows) for key in ORDER}
    words = ((HOLD, "hold"), (UNJUDGED, "could not be judged"), (CARE, "can be promoted with care"))
    parts = [f"{counts[key]:,} {words_}" for key, words_ in words if counts[key]]
    parts += [f"nothing stands against {counts[GOOD]:,}"]
    sentences = [f"Of {plural(len(rows), 'service')}, {listing(parts)}."] if rows else []
    fresh = [r for r in rows if r.news.errors]
    errors = sum(r.news.errors for r in fresh)
    if rows and not errors:
        sentences.append("No error is new since the night before.")
    elif rows:
        what = f"{plural(errors, 'error')} {'is' if errors == 1 else 'are'} new"
        sentences.append(f"Since the night before {what}, in {_named(fresh)}.")
    if unread:
        sentences.append(f"{plural(unread, 'report')} cannot be read at all.")
    return " ".join(sentences)


def _counters(groups: Sequence[tuple[str, str, tuple[Row, ...]]], rows: Sequence[Row]) -> list[Counter]:
    by_key = {key: found for key, _, found in groups}
    found = [
        Counter(len(by_key.get(key, ())), NAMES[key].lower(), TONES[key] if key in by_key else "zero",
                key if key in by_key else "services")
        for key in ORDER
    ]  # fmt: skip
    fresh = next((r for r in rows if r.news.errors), None)
    number = sum(r.news.errors for r in rows)
    target = f"s-{fresh.anchor}" if fresh else "services"
    return [*found, Counter(number, "new error" if number == 1 else "new errors", "bad" if number else "zero", target)]
