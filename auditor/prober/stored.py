"""What a cache stored against what the origin says now: the evidence of the survey `varied`, and what may rest on it.

A cache may go on refusing a method long after the service serves it, and the other way round. So where a cache
answered for GET or HEAD of a documented path, the path is asked again with a query parameter that nobody knows: a cache
that keys by the whole URI (RFC 9111 §2) has nothing stored for it. The origin's answer then takes the cache's place.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from auditor.model.cell import Reason
from auditor.model.exchange import Answer, Exchange, Purpose, Slot, ids
from auditor.model.fact import STORED_REFUSALS, Stored
from auditor.model.knowledge import Knowledge
from auditor.prober.cached import age_of, from_cache
from auditor.prober.calibrate import MISSING, REFUSED, TRANSIENT, Calibration
from auditor.prober.targets import Target
from auditor.prober.verdict import Verdict, undetermined

METHODS = ("GET", "HEAD")
"""What caches answer: RFC 9110 §9.2.3 makes others cacheable in name only."""
_ABOUT_OTHER_THINGS = frozenset({401, 407, 408, 429})


def asked_of(target: Target) -> list[str]:
    """The methods of a path that may be asked past a cache: documented, and sent to it anyhow."""
    if target.path is None or target.sibling is None or target.excluded & set(METHODS):
        return []
    return [m for m in METHODS if m in target.documented]


def stored(c: Calibration, target: Target, method: str) -> Exchange | None:
    """The answer of a cache to the path's own probe."""
    sent = c.exchange(Purpose.PATH, method, target.template)
    return sent if sent is not None and sent.answer is not None and sent.answer.whole and _hit(sent) else None


@dataclass(frozen=True, slots=True)
class Overview:
    """What is known of one deployment's caches."""

    held: tuple[tuple[Target, str], ...]
    """Every path and method that a cache answered for, and that may be asked past it."""
    asked: bool
    """Something was asked past them already."""
    minds: bool
    """A parameter that nobody knows was refused as such: nothing can be learnt in this way."""


@lru_cache(maxsize=4)
def overview(c: Calibration) -> Overview:
    """The same for all that is asked of one state of knowledge."""
    held = tuple((t, m) for t in c.targets for m in asked_of(t) if stored(c, t, m) is not None)
    sent = [(s, e) for s, e in c.knowledge.slots.items() if s.purpose is Purpose.VARIED]
    return Overview(held, bool(sent), any(_refused_as_unknown(c, s, e) for s, e in sent))


def _refused_as_unknown(c: Calibration, slot: Slot, sent: Exchange) -> bool:
    """A client error that the same request without the parameter does not get, and that is about no method or path."""
    if sent.status is None or not 400 <= sent.status < 500 or sent.status in MISSING | REFUSED | _ABOUT_OTHER_THINGS:
        return False
    purpose = Purpose.SIBLING if slot.variant == "sibling" else Purpose.PATH
    plain = c.exchange(purpose, slot.method, slot.subject)
    return plain is not None and plain.status != sent.status


def past(c: Calibration, target: Target, method: str, ordinal: int = 0) -> Exchange | None:
    """The path asked with another cache key, where that had an answer of the origin's own."""
    sent = c.exchange(Purpose.VARIED, method, target.template, ordinal)
    return sent if sent is not None and _of_the_origin(sent) else None


def differs(c: Calibration, target: Target, method: str) -> bool:
    """The first answer past the cache has another status than what is stored."""
    held, now = stored(c, target, method), past(c, target, method)
    return held is not None and now is not None and now.status != held.status


def controls_of(c: Calibration, target: Target) -> list[Target]:
    """Other paths that GET finds good: one of them must go on so with such a parameter.

    One that no cache answered for is enough; the others are asked past the cache anyhow, and may have changed, too.
    """
    near = [t for t in c.goods if t is not target and t.origin == target.origin and "GET" in asked_of(t)]
    return [t for t in near if stored(c, t, "GET") is None][:1] or near


def origin_of(c: Calibration, target: Target, method: str) -> Exchange | None:
    """The origin's own answer where a cache gave another one, or the same; None where it could not be had for sure.

    Another status counts only if it repeats, if unknown paths are answered with such a parameter as without, and if
    the parameter does a good path no harm: some servers refuse what they do not know with a 404.
    """
    held, now = stored(c, target, method), past(c, target, method)
    if held is None or now is None or overview(c).minds:
        return None
    if now.status == held.status:
        return now
    again = past(c, target, method, 1)
    if again is None or again.status != now.status or not _unknown_alike(c, target):
        return None
    controls = controls_of(c, target)
    if controls:
        return now if any(_still_good(c, t) for t in controls) else None
    served = now.status is not None and 200 <= now.status < 300
    return now if served else None


def witnesses(c: Calibration, target: Target, method: str) -> tuple[Exchange | None, ...]:
    """What was asked about one stored answer: that itself, and twice the path with another cache key."""
    varied = (c.exchange(Purpose.VARIED, method, target.template, n) for n in (0, 1))
    return stored(c, target, method), *varied


def settled(c: Calibration) -> Calibration:
    """The same, with the origin's answers in place of those that a cache had stored."""
    said = {Slot(Purpose.PATH, m, t.template): origin_of(c, t, m) for t, m in overview(c).held}
    now = {slot: sent for slot, sent in said.items() if sent is not None}
    if not now:
        return c
    return Calibration(Knowledge(c.knowledge.environment, MappingProxyType({**c.knowledge.slots, **now})), c.targets)


def judge_stored(c: Calibration, target: Target, method: str, sent: Exchange) -> Verdict | None:
    """Why a cache's answer decides nothing: for a refusal always, else where the origin contradicts itself.

    The origin's answer, where it could be had, stands in the slot by now, and is judged like any other.
    """
    if sent.answer is None or not _hit(sent):
        return None
    first, again = past(c, target, method), past(c, target, method, 1)
    if first is not None and again is not None and first.status != again.status:
        why = f"a cache answers {sent.status}, and asked past it the answers are {first.status} and {again.status}"
        return undetermined(Reason.CONFLICTING_ANSWERS, why, sent, first, again)
    if sent.status not in STORED_REFUSALS:
        return None
    why = f"{sent.status} from a cache ({from_cache(sent.answer)}), and the origin could not be asked past it"
    return undetermined(Reason.GATEWAY_ANSWERED, why, *witnesses(c, target, method))


def stored_facts(c: Calibration) -> dict[str, list[Stored]]:
    """By template: what caches answered, and what the origin answers where it could be asked past them."""
    found: dict[str, list[Stored]] = {}
    for target, method in overview(c).held:
        held, now = stored(c, target, method), origin_of(c, target, method)
        if held is None or held.answer is None:
            continue
        said = ids(witnesses(c, target, method)[1:]) if now is not None else ()
        found.setdefault(target.template, []).append(Stored(
            method, held.answer.status, from_cache(held.answer), age_of(held.answer), held.id,
            now.status if now is not None else None, said,
        ))  # fmt: skip
    return found


def _hit(sent: Exchange) -> bool:
    return sent.answer is not None and bool(from_cache(sent.answer))


def _of_the_origin(sent: Exchange) -> bool:
    """A whole answer, from no store, and not of the moment."""
    answer = sent.answer
    if answer is None or not answer.whole or answer.status in TRANSIENT or _hit(sent):
        return False
    return answer.status < 500 or answer.status in REFUSED


def _unknown_alike(c: Calibration, target: Target) -> bool:
    unknown = c.on_sibling(target, "GET")
    varied = c.knowledge.exchange(Purpose.VARIED, "GET", target.sibling or "", variant="sibling")
    return bool(unknown and varied and varied.answer and _like(c, unknown, varied.answer))


def _still_good(c: Calibration, good: Target) -> bool:
    got, varied = c.on_path(good, "GET"), c.exchange(Purpose.VARIED, "GET", good.template)
    return bool(got and varied and varied.answer and _like(c, got, varied.answer))


def _like(c: Calibration, plain: Answer, varied: Answer) -> bool:
    """A page may repeat the request, or be another one each time: its status and kind must be the same."""
    if not 200 <= plain.status < 300:
        return plain.status == varied.status
    return plain.status == varied.status and plain.body.media_type == varied.body.media_type
