"""Writes that may have happened: content was announced and did not come, and the request was answered as if done.

What no outside prober can avoid (DESIGN §5) must not be passed over in silence: somebody has to look.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from auditor.differ.evidence import listed
from auditor.model.environment import Environment
from auditor.model.exchange import Answer, Exchange, Form, Purpose

MAX_PATHS = 10
"""Operations with a sentence of their own; the rest is counted."""

_FILL = frozenset({"POST", "PUT", "PATCH"})
"""DELETE goes out for objects that do not exist only: there is nothing that it could have removed."""


def possible_writes(environments: Iterable[Environment], exchanges: Mapping[str, Exchange]) -> tuple[str, ...]:
    """A sentence for each operation: who answered it 2xx, when, and to which request."""
    kept = sorted(exchanges.values(), key=lambda e: e.seq)
    found: dict[tuple[str, str, bool], dict[str, Exchange]] = {}
    for name in (e.name for e in environments):
        own = [e for e in kept if e.probe.environment == name]
        fallbacks = [e.answer for e in own if _is_unknown_page(e) and e.answer is not None]
        for sent in own:
            if _acted(sent) and not any(_same(sent.answer, page) for page in fallbacks):
                slot = sent.probe.slot
                key = slot.method, _place(sent), sent.probe.form is Form.UNFINISHED
                found.setdefault(key, {}).setdefault(name, sent)
    told = list(_sentences(found))
    rest = len(told) - MAX_PATHS
    more = [f"{rest} more operations were answered 2xx without their content: see transcript.jsonl"] if rest > 0 else []
    return (*told[:MAX_PATHS], *more)


def _acted(sent: Exchange) -> bool:
    probe = sent.probe
    return probe.form is not Form.PLAIN and probe.method in _FILL and 200 <= (sent.status or 0) < 300


def _is_unknown_page(sent: Exchange) -> bool:
    probe = sent.probe
    return probe.purpose is Purpose.SIBLING and probe.method == "GET" and 200 <= (sent.status or 0) < 300


def _same(answer: Answer | None, page: Answer) -> bool:
    """The page that GET of an unknown path gets, too: a fallback that no method matters to."""
    return answer is not None and (answer.status, answer.body.media_type, answer.body.masked) == (
        page.status, page.body.media_type, page.body.masked,
    )  # fmt: skip


def _place(sent: Exchange) -> str:
    """The documented path; one that was invented differs from environment to environment, and is none."""
    return "" if sent.probe.purpose is Purpose.SIBLING else sent.probe.slot.subject


def _sentences(found: Mapping[tuple[str, str, bool], Mapping[str, Exchange]]) -> Iterator[str]:
    for (method, place, unfinished), where in found.items():
        statuses = " and ".join(dict.fromkeys(str(e.status) for e in where.values()))
        what = "to a request that never ended" if unfinished else "to a request without readable content"
        seen = listed(
            f"in {name} ({e.probe.target.partition('?')[0]}, {e.at}, exchange {e.id})" for name, e in where.items()
        )
        operation = f"{method} {place}" if place else f"{method} of an unknown path"
        yield f"{operation} was answered {statuses} {what}, {seen}: look whether something was written"
