"""Which build runs there: named by a field of the answers, or by one address of the environment's own origin. Pure.

A wrong build is worse than none (the gate trusts it): what is not plainly one value is no build, and says why.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from auditor.model.environment import Environment
from auditor.model.exchange import Exchange, Probe, Purpose, Slot
from auditor.model.knowledge import Knowledge
from auditor.prober.calibrate import Calibration
from auditor.prober.candidate import Candidate
from auditor.prober.needed import always
from auditor.prober.signature import decode_body

MAX_BUILD = 200
"""Characters; a longer value is none: cut off, it would be the same for several builds."""

PLACE = "build"
_MISSING = object()

Read = tuple[str | None, str]
"""The build, and why there is none: one of the two says something."""


def candidates(environment: Environment) -> Iterator[Candidate]:
    """The address, asked first of all and, where it named a build, once more at the end: did it change meanwhile?"""
    if environment.build_url is None:
        return
    for ordinal, needed in ((0, always), (1, _named)):
        slot = Slot(Purpose.BUILD, "GET", environment.build_url, ordinal)
        probe = Probe(environment.name, slot, environment.origin, environment.build_url)
        yield Candidate(probe, needed, final=ordinal == 1)


def _named(c: Calibration) -> bool:
    first = next((e for s, e in c.knowledge.slots.items() if s.purpose is Purpose.BUILD and s.ordinal == 0), None)
    return first is not None and bool(first.learnt)


def read(body: bytes, encoding: str | None, media: str, pointer: str | None, redact: Callable[[str], str]) -> Read:
    """The build that the content of a 200 answer names."""
    content = decode_body(body, encoding)
    if content is None:
        return None, "its content coding is not understood"
    value, why = _line(content, media) if pointer is None else _member(content, pointer)
    return (None, why) if value is None else fitting(value, redact)


def fitting(value: str, redact: Callable[[str], str]) -> Read:
    """The value, if it may be kept and shown as it is."""
    value = value.strip()
    if not value:
        return None, "it is empty"
    if len(value) > MAX_BUILD:
        return None, f"it is longer than {MAX_BUILD} characters"
    if not value.isprintable():
        return None, "it is more than one line of text"
    return (value, "") if redact(value) == value else (None, "it looks like a secret")


def _line(content: bytes, media: str) -> Read:
    try:
        text = content.decode("utf-8").lstrip("\ufeff").strip()
    except UnicodeDecodeError:
        return None, "its content is no text"
    if text.startswith("<") or "html" in media:
        return None, "it answers with a page"
    if text.startswith(("{", "[")) or "json" in media:
        return None, "it answers with JSON: say with pointer: where the build stands in it"
    return text, ""


def _member(content: bytes, pointer: str) -> Read:
    try:
        value: Any = json.loads(content)
    except (ValueError, RecursionError):
        return None, "its content is no JSON"
    for token in pointer.split("/")[1:]:
        value = _step(value, token.replace("~1", "/").replace("~0", "~"))
    if value is _MISSING:
        return None, f"its JSON holds nothing at {pointer or 'the top'}"
    # A fraction would lose its last zero: 2.10 and 2.1 are two builds.
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None, f"what stands at {pointer or 'the top'} is neither text nor a whole number"
    return str(value), ""


def _step(value: Any, token: str) -> Any:
    """One step of RFC 6901 §4."""
    if isinstance(value, dict):
        return value.get(token, _MISSING)
    plain = token == "0" or (token.isascii() and token.isdigit() and not token.startswith("0"))  # noqa: S105
    if isinstance(value, list) and plain and len(token) < 10 and int(token) < len(value):
        return value[int(token)]
    return _MISSING


def build(knowledge: Knowledge, environment: Environment) -> Read:
    """The build of the environment, as its exchanges show it. Both are empty where nobody asked for one."""
    if environment.build_url is not None:
        return _of_url(knowledge, environment.build_url)
    if environment.build_header is not None:
        return _of_field(knowledge, environment.build_header)
    return None, ""


def _of_field(knowledge: Knowledge, name: str) -> Read:
    answers = [e.answer for e in knowledge.in_order() if e.answer is not None]
    found = sorted({v for a in answers for v in a.values(name)})
    if len(found) == 1:
        return found[0], ""
    if found:
        return None, f"answers name several builds in {name}: {', '.join(found[:3])}"
    unfit = any(a.has(name) for a in answers)
    if unfit:
        return None, f"the field {name} holds what cannot be kept"
    return None, f"no answer has a field {name}" if answers else ""


def _of_url(knowledge: Knowledge, url: str) -> Read:
    first, again = (knowledge.exchange(Purpose.BUILD, "GET", url, i) for i in (0, 1))
    if first is None:
        return None, ""
    value, why = _told(first, url)
    if value is None:
        return None, why
    siblings = (e for s, e in knowledge.slots.items() if s.purpose is Purpose.SIBLING and s.method == "GET")
    if any(_same(first, e) for e in siblings):
        return None, f"an unknown path is answered just as GET {url}"
    if again is not None and again.status == first.status:
        later = _told(again, url)[0]
        if later != value:
            return None, f"GET {url} named {value}, and at the end {later or 'none'}: a rollout was under way"
    return value, ""


def _told(exchange: Exchange, url: str) -> Read:
    value = dict(exchange.learnt).get(PLACE)
    if value is not None:
        return value, ""
    if exchange.answer is None:
        return None, f"GET {url} failed ({exchange.failure})"
    if exchange.observations:
        return None, f"GET {url}: {exchange.observations[0]}"
    return None, f"GET {url} answered {exchange.status}"


def _same(one: Exchange, other: Exchange) -> bool:
    a, b = one.answer, other.answer
    return a is not None and b is not None and (a.status, a.body.sha256) == (b.status, b.body.sha256)
