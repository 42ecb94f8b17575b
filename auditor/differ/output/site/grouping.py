"""Which runs are of one service, and which of them a page needs. Pure.

A service is named by the title of its description. Many descriptions are called alike (generators call all of them
"OpenAPI definition"), so runs of one title at other addresses are another service where the two go on side by side;
where one ends before the other begins, the service has moved. The same holds for audits of other sets of
environments: what one of them says must not cover what the other says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from auditor.model.index import Head, Unread

_VARYING = re.compile(r"[0-9a-f]*[0-9][0-9a-f]*")
Group = tuple[Head, ...]
"""Runs of one service, newest first."""


def services(heads: Iterable[Head]) -> list[Group]:
    """The runs by service, in the order of titles; a copy of a run counts once."""
    titles: dict[str, list[Head]] = {}
    for head in heads:
        titles.setdefault(head.title, []).append(head)
    found: list[Group] = []
    for _, group in sorted(titles.items()):
        apart = [part for joined in _by_address(group) for part in _moved(_by_set(joined))]
        found += sorted((_ordered(part) for part in _moved(apart)), key=lambda g: min(h.place for h in g))
    return found


def _ordered(heads: Iterable[Head]) -> Group:
    """Newest first; of two copies the one with a page, else the first by its place."""
    copies: dict[tuple[str, datetime], Head] = {}
    for head in sorted(heads, key=lambda h: (bool(h.problem), h.link is None, h.place)):
        copies.setdefault((head.id, head.finished), head)
    return tuple(sorted(copies.values(), key=lambda h: (h.finished, h.id, h.place), reverse=True))


def _by_address(heads: Sequence[Head]) -> list[list[Head]]:
    """Runs that share an address, directly or through others."""
    parent = list(range(len(heads)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    first: dict[str, int] = {}
    for i, head in enumerate(heads):
        for url in head.urls:
            parent[root(i)] = root(first.setdefault(url, i))
    parts: dict[int, list[Head]] = {}
    for i, head in enumerate(heads):
        parts.setdefault(root(i), []).append(head)
    return list(parts.values())


def _by_set(heads: Sequence[Head]) -> list[list[Head]]:
    """Runs of exactly the same addresses."""
    parts: dict[frozenset[str], list[Head]] = {}
    for head in heads:
        parts.setdefault(head.urls, []).append(head)
    return list(parts.values())


def _moved(parts: list[list[Head]]) -> list[list[Head]]:
    """The parts as one service where each ends before the next begins."""
    spans = sorted((min(h.finished for h in p), max(h.finished for h in p)) for p in parts)
    if all(before[1] < after[0] for before, after in pairwise(spans)):
        return [[h for p in parts for h in p]]
    return parts


def shape(place: str) -> str:
    """A place without what differs from night to night: numbers, dates, commits."""
    return _VARYING.sub("#", place)


def attributed(unread: Iterable[Unread], groups: Sequence[Group]) -> list[Unread]:
    """With the service whose runs lie at such places, where it is one alone."""
    owners: dict[str, set[int]] = {}
    for i, group in enumerate(groups):
        for head in group:
            owners.setdefault(shape(head.place), set()).add(i)
    found = []
    for one in unread:
        whose = owners.get(shape(one.place), set())
        found.append(replace(one, beside=next(iter(whose))) if len(whose) == 1 else one)
    return found


@dataclass(frozen=True, slots=True)
class Choice:
    """The runs that a page shows, newest first, and how many it leaves out."""

    shown: Group
    left: int


def day(moment: datetime) -> date:
    """The night that a run belongs to: the day in UTC on which it ended."""
    return moment.astimezone(UTC).date()


def choose(group: Group, now: datetime, nights: int) -> Choice:
    """The newest run of each of the last nights, and in any case the newest two of different nights."""
    first = day(now) - timedelta(days=nights - 1)
    newest: dict[date, Head] = {}
    for head in group:
        newest.setdefault(day(head.finished), head)
    days = list(newest)
    shown = tuple(newest[d] for i, d in enumerate(days) if d >= first or i < 2)
    return Choice(shown, len(group) - len(shown))


def named(groups: Sequence[Group]) -> list[tuple[str, str]]:
    """(name, hint) for each: the hint tells apart those of one name, by folder, environments or address."""
    names = [g[0].title.strip() or g[0].place.split("/")[0] for g in groups]
    hints = [(_common(g), ", ".join(g[0].environments), max(g[0].urls, default="")) for g in groups]
    found: list[tuple[str, str]] = []
    for i, name in enumerate(names):
        alike = [j for j, other in enumerate(names) if other == name]
        kinds = [k for k in range(3) if hints[i][k] and len({hints[j][k] for j in alike}) == len(alike)]
        hint = "" if len(alike) == 1 else hints[i][kinds[0]] if kinds else hints[i][2]
        same = sum(n == name and h.partition(" #")[0] == hint for n, h in found)
        found.append((name, f"{hint} #{same + 1}" if same else hint))
    return found


def _common(group: Group) -> str:
    """The deepest folder that all its runs lie in."""
    parts = [h.place.split("/") for h in group]
    common = []
    for names in zip(*parts, strict=False):
        if len(set(names)) > 1:
            break
        common.append(names[0])
    return "/".join(common)
