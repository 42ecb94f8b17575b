"""What people and programs are told about a night: plain text, Markdown, and the JSON of a webhook (docs/notify.md)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from auditor.differ.notices import Entry, Notice
from auditor.differ.output.chat import inert, uncalled
from auditor.differ.output.markdown_escape import prose
from auditor.differ.output.report_json import clean
from auditor.differ.output.words import listing, plural
from auditor.differ.past import PastReport
from auditor.model.notice import FIXED, INCOMPLETE, NEW_ERROR

SCHEMA_VERSION = 1
MAX_FINDINGS = 10
"""Findings with a line in a message; the rest is counted."""

MAX_LISTED = 50
"""Findings of one list of the payload; the rest is counted."""

MAX_PAYLOAD = 128_000
"""Octets of a payload, in which one character may take twelve."""

MAX_TITLE = 240
MAX_OPERATION = 120
MAX_NAME = 64
MAX_REASONS = 5
_KINDS = {NEW_ERROR: "failure", INCOMPLETE: "warning", FIXED: "success"}


@dataclass(frozen=True, slots=True)
class Message:
    """One message, in the forms that services take. `kind`: failure, warning or success."""

    title: str
    text: str
    markdown: str
    payload: bytes
    summary: str
    kind: str


def message(notice: Notice, report: PastReport) -> Message:
    """The words for `notice`. All of it is inert: it may hold what servers and descriptions say."""
    summary = _summary(notice)
    specs = [inert(f"{s.title} {s.version}".strip(), 80) for s in report.specs if s.title.strip()]
    title = f"Drift in {listing(specs, 2)}: {summary}" if specs else f"Drift: {summary}"
    text = "\n".join(_body(notice, report, inert, lambda words: words))
    markdown = "\n".join(_body(notice, report, _markdown, lambda words: f"**{words}**", gap=True))
    return Message(title, text, markdown, payload(notice, report, title, text), summary, _KINDS[notice.when[0]])


def _summary(notice: Notice) -> str:
    word = "new error" if notice.since is not None else "error"
    parts = [plural(len(notice.new), word)] if notice.new else []
    parts += [f"{len(notice.fixed):,} fixed"] if notice.fixed else []
    parts += ["audit incomplete"] if notice.incomplete else []
    return ", ".join(parts)


# --- for people ---

Escape = Callable[[str, int], str]


def _markdown(text: str, limit: int) -> str:
    return prose(uncalled(text, limit), 2 * limit)


def _body(
    notice: Notice, report: PastReport, escaped: Escape, strong: Callable[[str], str], *, gap: bool = False
) -> Iterator[str]:
    """The lines of a message; `gap`: an empty line before and after each list, which Markdown needs."""
    empty = [""] if gap else []
    if report.headline:
        yield from (escaped(report.headline, MAX_TITLE), *empty)
    room = MAX_FINDINGS
    since = notice.since
    news = f"New since {since.finished_at}" if since is not None else "Errors, compared with no earlier report"
    for heading, entries in ((news, notice.new), ("Fixed", notice.fixed)):
        cards = _cards(entries)
        shown, rest = cards[:room], sum(len(card) for card in cards[room:])
        room -= len(shown)
        if cards:
            yield from (strong(f"{escaped(heading, MAX_OPERATION)}:"), *empty)
            yield from _owned(shown, escaped, strong, empty)
        if rest:
            yield from (f"and {rest:,} more", *empty)
    if notice.incomplete:
        why = "; ".join(notice.incomplete[:MAX_REASONS])
        yield from (f"{strong('Incomplete:')} {escaped(why, 2 * MAX_TITLE)}", *empty)
    yield f"Report: run {escaped(report.run.id, MAX_NAME)} of {escaped(report.run.finished_at, MAX_NAME)}"


Card = list[Entry]
"""Findings of one owner and one cause in the same environments: one line."""


def _cards(entries: Iterable[Entry]) -> list[Card]:
    found: dict[object, Card] = {}
    for e in entries:
        found.setdefault((e.owner, e.rule, e.environments, e.cause or e.fingerprint), []).append(e)
    return list(found.values())


def _owned(cards: Sequence[Card], escaped: Escape, strong: Callable[[str], str], empty: Sequence[str]) -> Iterator[str]:
    """By owner, in the order of the worst finding of each; no headings where nobody owns any."""
    owners = dict.fromkeys(card[0].owner for card in cards)
    for owner in owners:
        if any(owners):
            name = escaped(owner, MAX_NAME) if owner else "without an owner"
            yield from (strong(name) if empty else name, *empty)
        yield from (f"- {_line(card, escaped)}" for card in cards if card[0].owner == owner)
        yield from empty


def _line(card: Card, escaped: Escape) -> str:
    """Where, and what in the words of the report; the operation where these do not name it."""
    lead, *others = card
    where = listing([escaped(name, MAX_NAME) for name in lead.environments], 3)
    also = [escaped(unsaid, MAX_OPERATION)] if (unsaid := _unsaid(lead)) else []
    if others:
        named = listing([escaped(_operation(e), MAX_OPERATION) for e in others], 2)
        also.append(f"same cause: {named}")
    return f"{where}: {escaped(lead.title, MAX_TITLE)}" + (f" ({'; '.join(also)})" if also else "")


def _unsaid(e: Entry) -> str:
    """What of the operation its title does not name: that of a missing path names no method."""
    if _operation(e) in e.title:
        return ""
    return listing(e.methods) if e.path and e.path in e.title else _operation(e)


def _operation(e: Entry) -> str:
    return " ".join(x for x in (", ".join(e.methods), e.path) if x)


# --- for programs ---


def payload(notice: Notice, report: PastReport, title: str, text: str) -> bytes:
    """Strict JSON in ASCII, at most MAX_PAYLOAD octets: what does not fit is counted."""
    since = notice.since
    data: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "title": title,
        "text": text,
        "when": list(notice.when),
        "headline": _cut(report.headline, MAX_TITLE) if report.headline else None,
        "run": {
            "id": _cut(report.run.id, MAX_NAME),
            "started_at": report.run.started_at,
            "finished_at": report.run.finished_at,
            "exit_code": report.run.exit_code,
        },
        "since": None
        if since is None
        else {"id": _cut(since.id, MAX_NAME), "finished_at": _cut(since.finished_at, 40)},
        "complete": report.complete,
        "incomplete_because": [_cut(x, MAX_TITLE) for x in notice.incomplete[:MAX_REASONS]],
        "totals": {"new_errors": len(notice.new), "fixed": len(notice.fixed)},
        "new_errors": [_entry(e) for e in notice.new[:MAX_LISTED]],
        "fixed": [_entry(e) for e in notice.fixed[:MAX_LISTED]],
    }
    lists: tuple[list[Any], ...] = (data["fixed"], data["new_errors"])
    while len(encoded := _encoded(data)) > MAX_PAYLOAD and any(lists):
        max(lists, key=len).pop()
    return encoded


def _encoded(data: dict[str, Any]) -> bytes:
    return json.dumps(clean(data), ensure_ascii=True, allow_nan=False).replace("\x7f", "\\u007f").encode("ascii")


def _entry(e: Entry) -> dict[str, Any]:
    return {
        "rule": _cut(e.rule, MAX_NAME),
        "severity": _cut(e.severity, MAX_NAME),
        "environments": _all(e.environments),
        "methods": _all(e.methods),
        "path": None if e.path is None else _cut(e.path, 2 * MAX_TITLE),
        "owner": None if e.owner is None else _cut(e.owner, MAX_NAME),
        "title": _cut(e.title, 2 * MAX_TITLE),
        "fingerprint": e.fingerprint,
    }


def _all(names: Iterable[str]) -> list[str]:
    return [_cut(name, MAX_NAME) for name in names][:MAX_LISTED]


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
