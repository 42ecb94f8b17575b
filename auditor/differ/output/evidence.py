"""Exchanges as a reader can check them: what we asked, what came back, when, and what was odd. Redacted at birth."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from auditor.differ.output.escape import visible
from auditor.differ.output.words import PURPOSES, duration, plural
from auditor.model.exchange import Answer, Exchange
from auditor.model.report import Report

MAX_SHOTS = 4
"""Exchanges shown per environment and card; the others are named by id."""

MAX_FIELDS, MAX_VALUE, MAX_BODY = 40, 400, 2_000

BUDGET = 1_500_000
"""Characters of evidence in one page (STYLE §6.3: a page stays readable below 5 MB)."""


class Block(str):
    """Text whose line feeds are its own and are kept; everything else in it is escaped like other text."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Shot:
    """One exchange, in the order it is read."""

    title: str
    id: str
    request: Block
    response: Block
    body: Block
    facts: tuple[str, ...]

    @property
    def weight(self) -> int:
        """About how many characters it takes in the page."""
        return 400 + len(self.request) + len(self.response) + len(self.body) + sum(map(len, self.facts))


@dataclass(frozen=True, slots=True)
class Column:
    """What was asked in one environment; `more` are ids of exchanges that are not shown."""

    environment: str
    shots: tuple[Shot, ...]
    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """Columns in chain order. `omitted`: they were left out to keep the page small; the ids are still there."""

    columns: tuple[Column, ...]
    omitted: bool = False

    @property
    def count(self) -> int:
        return sum(len(c.shots) + len(c.more) for c in self.columns)

    def told(self, shot: Shot) -> list[tuple[str, bool]]:
        """The lines of a response, and whether another environment answered the same question without this one.

        Only lines that speak of methods and of who answers count: dates and lengths always differ.
        """
        alike = [same for c in self.columns if (same := [o for o in c.shots if o.title == shot.title])]
        said = [frozenset(line for o in same for line in o.response.split("\n")) for same in alike]
        return [(line, _tells(line) and any(line not in known for known in said)) for line in shot.response.split("\n")]


_TELLING = re.compile(
    r"HTTP/|no answer|(allow|location|content-type|www-authenticate|retry-after|server|via|age|x-cache"
    r"|access-control-[a-z-]+):", re.IGNORECASE,
)  # fmt: skip


def _tells(line: str) -> bool:
    """Whether a line of a response is a status line, or a field that says what is served and by whom."""
    return _TELLING.match(line) is not None


class Collector:
    """Gathers evidence for one page until the page would get too heavy; worst cards ask first."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._left = BUDGET
        self.omitted = 0
        """How many cards got none for want of room."""

    def collect(self, pairs: Iterable[tuple[str, str]]) -> Evidence:
        """Evidence for (environment, exchange id) pairs, without repeats."""
        wanted: dict[str, dict[str, None]] = {e.environment.name: {} for e in self._report.environments}
        for name, id_ in pairs:
            known = self._report.exchanges.get(id_)  # a layer's exchange is shown as the layer's
            wanted.setdefault(known.probe.environment if known else name, {})[id_] = None
        columns = tuple(self._column(name, tuple(ids)) for name, ids in wanted.items() if ids)
        weight = sum(s.weight for c in columns for s in c.shots)
        if weight > self._left:
            self.omitted += 1
            self._left = 0
            return Evidence(
                tuple(Column(c.environment, (), (*(s.id for s in c.shots), *c.more)) for c in columns), True
            )
        self._left -= weight
        return Evidence(columns)

    def _column(self, name: str, ids: Sequence[str]) -> Column:
        known = [self._report.exchanges[i] for i in ids if i in self._report.exchanges]
        lost = [i for i in ids if i not in self._report.exchanges]
        return Column(
            name, tuple(shot(x) for x in known[:MAX_SHOTS]), (*(x.id for x in known[MAX_SHOTS:]), *lost)
        )  # fmt: skip


def shot(x: Exchange) -> Shot:
    """One exchange in lines; a field whose value was not kept says so."""
    request = "\n".join([f"{_one(x.probe.method)} {_one(x.probe.target)} HTTP/1.1", *_fields(x.sent_fields)])
    if x.answer is None:
        response = f"no answer: {x.failure}" + (f" ({_one(x.detail)})" if x.detail else "")
    else:
        response = "\n".join([_status(x.answer), *_fields(x.answer.fields)])
    body = _body(x.answer) if x.answer else ""
    title = PURPOSES.get(x.probe.purpose, x.probe.purpose)
    return Shot(f"{x.probe.method} · {title}", x.id, Block(request), Block(response), Block(body), tuple(_facts(x)))


def _one(text: str) -> str:
    return visible(text, MAX_VALUE)


def _fields(fields: Sequence[tuple[str, str | None]]) -> list[str]:
    lines = [f"{_one(k)}: {_one(v)}" if v is not None else f"{_one(k)}: (not kept)" for k, v in fields[:MAX_FIELDS]]
    return lines + ([f"({plural(len(fields) - MAX_FIELDS, 'more field')})"] if len(fields) > MAX_FIELDS else [])


def _status(answer: Answer) -> str:
    try:
        phrase = " " + HTTPStatus(answer.status).phrase
    except ValueError:
        phrase = ""
    before = "".join(f"HTTP/{answer.http_version} {s}\n" for s in answer.informational[:5])
    return f"{before}HTTP/{_one(answer.http_version)} {answer.status}{phrase}"


def _body(answer: Answer) -> str:
    """The redacted text of an error answer where it was kept, else the shape of what came."""
    return (answer.body.text or answer.body.shape)[:MAX_BODY]


def _facts(x: Exchange) -> list[str]:
    facts = []
    if x.answer is not None:
        body = x.answer.body
        kind = "text, secrets removed" if body.text else "shape only, values replaced" if body.shape else ""
        parts = (f"{body.length:,} bytes", body.media_type, f"sha256 {body.sha256[:12]}" if body.sha256 else "", kind)
        facts.append("body: " + " · ".join(p for p in parts if p) if body.length else "no body")
        if x.answer.end != "complete":
            facts.append(f"ended: {x.answer.end}")
        facts += [f"note: {n}" for n in x.answer.notes]
    facts += [f"response check: {o}" for o in x.observations]
    facts.append(f"{duration(x.elapsed)} · {plural(x.attempts, 'attempt')} · request {x.seq} · {x.at}")
    return facts
