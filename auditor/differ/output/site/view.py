"""The index page in the order in which it reads, as plain data for its template. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
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
MAX_CHIPS = 60
"""Names of a group on the board: what passes is not to push what holds off the screen."""


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

    @property
    def fresh(self) -> int:
        """Errors that are news today: what was new when a stale run ended is not."""
        return self.news.errors if self.standing.fresh else 0

    @property
    def unowned(self) -> bool:
        """Whether something is open that nobody is named for."""
        newest = self.service.runs[0].brief
        return newest is not None and bool(newest.errors or newest.warnings) and not self.owners


@dataclass(frozen=True, slots=True)
class Chip:
    """A service on the board, leading to its row."""

    anchor: str
    name: str
    hint: str
    mark: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """One group on the board; `more`: names that are left to the table."""

    key: str
    name: str
    tone: str
    number: int
    chips: tuple[Chip, ...]
    more: int


Groups = tuple[tuple[str, str, tuple[Row, ...]], ...]
"""(key, name, rows), the most urgent first; without those that nobody is in."""


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
    board: tuple[Shelf, ...]
    groups: Groups
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
    word, said, tone = _headline(rows, len(unread))
    return Index(
        now, max_age, nights, word, said, tone, _lede(rows), tuple(_board(groups)), groups,
        listed, max(len(unread) - MAX_UNREAD, 0), tuple(notes),
        sum(len(s.runs) + s.left for s in services) + len(unread),
    )  # fmt: skip


def _urgency(row: Row) -> tuple[int, int, str, str]:
    """What is new comes first, then what has most errors, then by name."""
    newest = row.service.runs[0].brief
    return -row.fresh, -(newest.errors if newest else 0), row.service.name.casefold(), row.place


def _row(service: Service, now: datetime, max_age: timedelta, nights: int) -> Row:
    newest = service.runs[0]
    brief, stands = newest.brief, standing(service, now, max_age)
    at = newest.head.finished
    return Row(
        anchor=hashlib.sha256(f"{service.name}\n{service.hint}".encode("utf-8", "surrogatepass")).hexdigest()[:12],
        service=service,
        standing=stands,
        places=tuple(_places(service, brief, fresh=stands.fresh)) if brief else (),
        counts=_counts(brief) if brief else "",
        news=news(service),
        since=_since(service, stands) if service.since and brief else "",
        trend=trend(service.runs, day(now), nights),
        owners=next((r.brief.owners for r in service.runs if r.brief), ()),
        when=_when(at, now),
        ago=f"{span(now - at)} ago" if at <= now else f"{span(at - now)} from now",
        lines=tuple(_line(r) for r in service.runs),
    )


def _since(service: Service, stands: Standing) -> str:
    on = "" if stands.fresh else f"on {short(day(service.runs[0].head.finished))}, "
    return f"{on}since {short(day(service.since.finished))}" if service.since else ""


def _when(at: datetime, now: datetime) -> str:
    return f"{short(day(at))} {at:%H:%M}" if at.year == now.year else f"{short(day(at))} {at.year}"


def _counts(brief: Brief) -> str:
    parts = [plural(n, noun) for n, noun in ((brief.errors, "error"), (brief.warnings, "warning")) if n]
    parts.append(f"{brief.undetermined:,} of {brief.documented:,} not judged" if brief.undetermined or not
                 brief.documented else f"all {brief.documented:,} judged")  # fmt: skip
    return ", ".join(parts)


def _places(service: Service, brief: Brief, *, fresh: bool) -> Iterator[Place]:
    """The environments of the newest run; then those that an earlier night had, and this one left out unsaid."""
    yield from (_place(e, fresh=fresh) for e in brief.environments)
    before = service.since.environments if service.since else ()
    for name in dict.fromkeys(before):
        if name not in service.runs[0].head.environments:
            yield Place(name, "?", "no longer audited", "unk")


def _place(e: EnvironmentBrief, *, fresh: bool) -> Place:
    state = STATES[State(e.state)][0] if e.state in set(State) else visible(e.state, 30)
    if e.state != State.COMPLETE:
        return Place(e.name, f"{e.errors:,}" if e.errors else "?", state, "unk")
    if e.errors:
        return Place(e.name, f"{e.errors:,}", "", "bad")
    few = e.decided is None or e.decided < ENOUGH
    return Place(e.name, "0", f"{percent(e.decided)} decided" if few else "", "ok" if fresh and not few else "unk")


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


def _headline(rows: Sequence[Row], unread: int) -> tuple[str, str, str]:
    """Word, sentence and tone: what holds, else what could not be judged; a pass only where that is all of it."""
    counts = Counter(r.standing.group for r in rows)
    of = f"of {plural(len(rows), 'service')}"
    if counts[HOLD]:
        besides = f", and {counts[UNJUDGED]:,} could not be judged" if counts[UNJUDGED] else ""
        return "Hold:", f"{counts[HOLD]:,} {of}{besides}", TONES[HOLD]
    if counts[UNJUDGED]:
        rest = "; none of the others holds" if counts[UNJUDGED] < len(rows) else ""
        return "Cannot say", f"about {counts[UNJUDGED]:,} {of}{rest}", TONES[UNJUDGED]
    if unread:
        return "Cannot say", f"what {plural(unread, 'run')} found", TONES[UNJUDGED]
    if counts[CARE]:
        return "Promote with care:", f"{counts[CARE]:,} {of} would bring faults along", TONES[CARE]
    return "No service holds:", "all of them were judged", TONES[GOOD]


def _lede(rows: Sequence[Row]) -> str:
    fresh = [r for r in rows if r.fresh]
    errors = sum(r.fresh for r in fresh)
    what = f"{plural(errors, 'error')} {'is' if errors == 1 else 'are'} new"
    said = [f"Since the night before {what}, in {_named(fresh)}."] if errors else []
    said += ["No error is new since the night before."] if rows and not errors else []
    return " ".join(said)


def _board(groups: Groups) -> Iterator[Shelf]:
    """All names at a glance: every group, also an empty one, for whoever looks whether it is."""
    by_key = {key: rows for key, _, rows in groups}
    for key in ORDER:
        rows = by_key.get(key, ())
        chips = tuple(Chip(r.anchor, r.service.name, r.service.hint, _mark(r)) for r in rows[:MAX_CHIPS])
        yield Shelf(key, NAMES[key], TONES[key] if rows else "zero", len(rows), chips, len(rows) - len(chips))


def _mark(row: Row) -> str:
    """What a name on the board says besides: that something is new, or why nothing is known."""
    if row.standing.group == UNJUDGED:
        return row.standing.word.lower()
    return f"{row.fresh:,} new" if row.fresh else ""
