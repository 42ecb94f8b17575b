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
from auditor.differ.output.language import number, tr
from auditor.differ.output.site.first import headline, lede
from auditor.differ.output.site.grouping import day
from auditor.differ.output.site.news import News, news
from auditor.differ.output.site.problems import problem
from auditor.differ.output.site.script import script_words
from auditor.differ.output.site.standing import (
    NAMES,
    ORDER,
    SEVERITY,
    TONES,
    UNJUDGED,
    Standing,
    standing,
    verdict,
)
from auditor.differ.output.site.trend import HEIGHT, Trend, drawn, span_words, trend
from auditor.differ.output.words import STATES, percent, plural, short_day
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
    def compared(self) -> bool:
        """Whether anybody knows what is news today."""
        return self.news.compared and self.standing.fresh

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        """What a sorted table goes by, in numbers; empty where it is not known, which is neither many nor few."""
        run = self.service.runs[0]
        errors = f"{run.brief.errors} {run.brief.warnings}" if run.brief else ""
        fresh = f"{self.news.errors} {self.news.warnings}" if self.compared else ""
        return (
            ("verdict", str(SEVERITY.index(self.standing.word))), ("errors", errors), ("new", fresh),
            ("run", str(int(run.head.finished.timestamp()))),
        )  # fmt: skip

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


@dataclass(frozen=True, slots=True)
class Lost:
    """A run that cannot be read; `name`: whose it is by its place, empty where nobody knows."""

    place: str
    why: str
    name: str
    link: str | None


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
    unread: tuple[Lost, ...]
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
    def span(self) -> str:
        """The nights that the pictures show."""
        return span_words(self.nights, day(self.built))

    @property
    def script_words(self) -> str:
        """What the script of the page says."""
        return script_words(len(self.rows))

    @property
    def height(self) -> int:
        return HEIGHT


def index(
    services: Sequence[Service], unread: Sequence[Unread], notes: Sequence[str], *, now: datetime, max_age: timedelta,
    nights: int,
) -> Index:  # fmt: skip
    """The page of these services as they stand at `now`; the same data give the same page."""
    nights = drawn(services, day(now), nights)
    rows = [_row(s, now, max_age, nights) for s in services]
    groups = tuple(
        (key, NAMES[key], found) for key in ORDER
        if (found := tuple(sorted((r for r in rows if r.standing.group == key), key=_urgency)))
    )  # fmt: skip
    names = [s.name for s in services]
    listed = tuple(_listed(u, names) for u in unread[:MAX_UNREAD])
    word, said, tone = headline(Counter(r.standing.group for r in rows), len(unread))
    fresh = [(visible(r.service.name, MAX_NAME), r.fresh) for r in rows if r.fresh]
    first = lede(fresh, sum(r.compared for r in rows), len(rows)) if rows else ""
    return Index(
        now, max_age, nights, word, said, tone, first, tuple(_board(groups)), groups,
        listed, max(len(unread) - MAX_UNREAD, 0), tuple(notes),
        sum(len(s.runs) + s.left for s in services) + len(unread),
    )  # fmt: skip


def _listed(run: Unread, names: Sequence[str]) -> Lost:
    return Lost(run.place, problem(run.why), "" if run.beside is None else names[run.beside], run.link)


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
        ago=tr("{span} ago", span=span(now - at)) if at <= now else tr("{span} from now", span=span(at - now)),
        lines=tuple(_line(r) for r in service.runs),
    )


def _since(service: Service, stands: Standing) -> str:
    if service.since is None:
        return ""
    at, since = (short_day(day(h.finished)) for h in (service.runs[0].head, service.since))
    return tr("since {day}", day=since) if stands.fresh else tr("on {at}, since {day}", at=at, day=since)


def _when(at: datetime, now: datetime) -> str:
    return f"{short_day(day(at))} {at:%H:%M}" if at.year == now.year else f"{short_day(day(at))} {at.year}"


def _counts(brief: Brief) -> str:
    parts = [plural(n, noun) for n, noun in ((brief.errors, "error"), (brief.warnings, "warning")) if n]
    left, all_ = number(brief.undetermined), number(brief.documented)
    some = brief.undetermined or not brief.documented
    parts.append(tr("{left} of {all} not judged", left=left, all=all_) if some else tr("all {all} judged", all=all_))
    return ", ".join(parts)


def _places(service: Service, brief: Brief, *, fresh: bool) -> Iterator[Place]:
    """The environments of the newest run; then those that an earlier night had, and this one left out unsaid."""
    yield from (_place(e, fresh=fresh) for e in brief.environments)
    before = service.since.environments if service.since else ()
    for name in dict.fromkeys(before):
        if name not in service.runs[0].head.environments:
            yield Place(name, "?", tr("no longer audited"), "unk")


def _place(e: EnvironmentBrief, *, fresh: bool) -> Place:
    state = tr(STATES[State(e.state)][0]) if e.state in set(State) else visible(e.state, 30)
    if e.state != State.COMPLETE:
        return Place(e.name, number(e.errors) if e.errors else "?", state, "unk")
    if e.errors:
        return Place(e.name, number(e.errors), "", "bad")
    few = e.decided is None or e.decided < ENOUGH
    note = tr("{share} decided", share=percent(e.decided)) if few else ""
    return Place(e.name, "0", note, "ok" if fresh and not few else "unk")


def _line(run: Run) -> Line:
    at = run.head.finished
    if run.brief is None:
        word, tone, counts = "Unreadable", "unk", f"report.json {problem(run.problem)}"
    else:
        said = verdict(run.brief)
        word, tone, counts = said.word, said.tone, _counts(run.brief)
    return Line(short_day(day(at)), f"{at:%H:%M}", word, tone, counts, run.head.link, run.head.place)


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
        return tr(row.standing.word.lower())
    return f"{number(row.fresh)} {tr('new')}" if row.fresh else ""
