"""`auditor site`: from a folder of run directories to one page. Reads reports, contacts nobody, writes one file."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from auditor import runsearch
from auditor.differ import nights, past
from auditor.differ.brief import Foreign, Front, Unreadable, brief, front
from auditor.differ.output.language import speaking
from auditor.differ.output.site import grouping, page, view
from auditor.differ.output.site.notes import Unsearched, notes
from auditor.differ.output.site.standing import NAMES, ORDER
from auditor.differ.output.words import listing, plural
from auditor.errors import OutputError, UsageError
from auditor.model.index import Head, Run, Service, Unread
from auditor.rundir import check_output, write_output

HEAD = 16 * 1024
"""Octets that hold the beginning of nearly every report: what comes before its cells."""

MAX_AGE = timedelta(hours=26)
"""A night and two hours: of a service that is audited every night, one night that failed is seen the same morning."""
NIGHTS = 60
WHERE = "name the folder below which audits write: auditor audit --out DIR/SERVICE/DATE"


@dataclass(frozen=True, slots=True)
class Built:
    """What was made of a folder: the page, one line about it, and what was not looked at."""

    index: view.Index
    output: Path
    notes: tuple[str, ...]

    @property
    def line(self) -> str:
        counts = {key: len(rows) for key, _, rows in self.index.groups}
        told = listing([f"{counts[key]:,} {NAMES[key].lower()}" for key in ORDER if key in counts])
        return (
            f"{plural(len(self.index.rows), 'service')}, {plural(self.index.runs, 'run')}: {told or 'none can be read'}"
        )


@dataclass(slots=True)
class _Runs:
    """Every run directory below `root`, seen from the page's folder."""

    root: Path
    base: str
    heads: list[Head] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    foreign: int = 0

    def take(self, parts: tuple[str, ...]) -> None:
        folder, place = self.root.joinpath(*parts), "/".join(parts) or "."
        link = self._link(parts) if runsearch.page_of(folder) else None
        try:
            found = _front(folder)
        except Foreign:
            self.foreign += 1
            return
        except (OSError, Unreadable) as error:
            self.unread.append(Unread(place, link, _why(error), runsearch.modified(folder)))
            return
        told, problem = found
        urls = frozenset(e.url for e in told.environments if e.url)
        names = tuple(e.name for e in told.environments)
        self.heads.append(Head(place, link, told.run.id, told.finished, told.title, urls, names, problem))

    def _link(self, parts: tuple[str, ...]) -> str:
        return self.base + "/".join(_quoted(p) for p in (*parts, runsearch.PAGE))

    def data(self, head: Head) -> bytes:
        """The whole report. OSError, or Unreadable where it is too large."""
        with runsearch.opened(self.root if head.place == "." else self.root / head.place) as file:
            data = file.read(runsearch.MAX_OCTETS + 1)
        if len(data) > runsearch.MAX_OCTETS:
            raise Unreadable("is larger than 128 MB")
        return data


def build(root: Path, output: Path | None, nights_: int, max_age: timedelta, now: datetime,
          language: str = "en") -> Built:  # fmt: skip
    """Searches, reads, writes the page in that language.

    UsageError or OutputError where that cannot be done, and nothing is written.
    """
    target = output or root / "index.html"
    try:
        found = runsearch.search(root)
    except OSError as error:
        raise UsageError(f"cannot be searched: {error.strerror}", where=str(root), hint=WHERE) from None
    _check(target, named=output is not None)
    runs = _Runs(root, _base(root, target))
    for parts in found.runs:
        runs.take(parts)
    if not runs.heads and not runs.unread:
        raise UsageError("no report.json of auditor is in or below this folder", where=str(root), hint=WHERE)
    groups = grouping.services(runs.heads)
    unread = grouping.attributed(sorted(runs.unread, key=lambda u: u.place), groups)
    services = [
        _service(
            runs,
            group,
            name,
            tuple(sorted((u for u in unread if u.beside == i), key=lambda u: u.modified)),
            now,
            nights_,
        )
        for i, (group, name) in enumerate(zip(groups, grouping.named(groups), strict=True))
    ]
    left = _unsearched(found, runs.foreign)
    with speaking(language):
        index = view.index(services, unread, tuple(notes(left)), now=now, max_age=max_age, nights=nights_)
        data = page.render(index)
    write_output(str(target), data)
    return Built(index, target, tuple(notes(left)))


def _check(target: Path, *, named: bool) -> None:
    """That the page may go there: an index.html that nobody asked to replace may be somebody else's."""
    check_output(str(target))
    if named or not target.exists():
        return
    with target.open("rb") as file:
        ours = f'content="{page.GENERATOR} '.encode() in file.read(4096)
    if not ours:
        raise OutputError("is there already, and is not auditor's", where=str(target),
                          hint="name another file with --output")  # fmt: skip


def _base(root: Path, target: Path) -> str:
    """The way from the page's folder to the one that is searched, as a relative reference (RFC 3986 §4.2)."""
    way = Path(os.path.relpath(root.resolve(), target.parent.resolve()))
    return "".join(f"{_quoted(part)}/" for part in way.parts)


def _quoted(part: str) -> str:
    return part if part == ".." else quote(os.fsencode(part), safe="")


def _front(folder: Path) -> tuple[Front, str]:
    """The beginning of a report, read as far as needed."""
    with runsearch.opened(folder) as file:
        data = file.read(HEAD)
        found = front(data, whole=len(data) < HEAD)
        if found is None:
            data += file.read(runsearch.MAX_OCTETS + 1 - len(data))
            if len(data) > runsearch.MAX_OCTETS:
                raise Unreadable("is larger than 128 MB")
            found = front(data, whole=True)
    assert found is not None
    return found


def _service(
    runs: _Runs, group: grouping.Group, name: tuple[str, str], unread: tuple[Unread, ...], now: datetime, nights_: int
) -> Service:
    chosen = grouping.choose(group, now, nights_)
    read = tuple(_read(runs, head, newest=i == 0) for i, head in enumerate(chosen.shown))
    made = Service(*name, read, left=chosen.left, unread=unread)
    earlier = next((r.head for r in read[1:] if r.brief is not None), None)
    if read[0].brief is None or earlier is None:
        return made
    try:
        then, now_ = (past.night(past.parse(runs.data(h), h.place)) for h in (earlier, read[0].head))
    except (OSError, Unreadable, UsageError):  # changed while it was read, or damaged where nothing is shown
        return made
    return replace(made, changes=nights.changes(then, now_), since=earlier)


def _read(runs: _Runs, head: Head, *, newest: bool) -> Run:
    """A run with what is shown of it; of all but the newest that is counts."""
    try:
        if head.problem:
            raise Unreadable(head.problem)
        found = brief(runs.data(head))
    except (OSError, Unreadable) as error:
        return Run(head, None, _why(error))
    return Run(head, found if newest else replace(found, environments=()))


def _why(error: OSError | Unreadable) -> str:
    return f"cannot be opened: {error.strerror}" if isinstance(error, OSError) else str(error)


def _unsearched(found: runsearch.Found, foreign: int) -> Unsearched:
    full = runsearch.MAX_FOLDERS if found.full else 0
    return Unsearched(found.links, tuple(found.closed), found.deep, runsearch.MAX_DEPTH, full, foreign)
