"""What the controls say about unfinished requests on a host: pure functions of its calibration."""

from __future__ import annotations

from auditor.model.exchange import SURVEYS, Answer, Exchange, Failure, Form, Purpose
from auditor.model.knowledge import Knowledge
from auditor.model.methods import STATE_CHANGING
from auditor.prober.calibrate import GATES, MISSING, REFUSED, TRANSIENT, Calibration
from auditor.prober.ground import ground_of, still_ground
from auditor.prober.targets import Target

_PARSED_FIRST = frozenset({400, 411, 413, 415, 422})
LEAST_HOLD = 0.6
"""Seconds: calibrated on loopback, where answers take 10 ms (DIALECTS)."""
SLOWNESS = 4.0


def patience(knowledge: Knowledge, target: Target) -> float:
    """Seconds that an unfinished request is held open: silence counts only when it lasted this long (DESIGN §5)."""
    here = {target.template, target.sibling}
    seen = [
        e.elapsed for s, e in knowledge.slots.items()
        if s.subject in here and e.answer is not None and s.purpose not in SURVEYS
        and (s.form is Form.PLAIN or s.purpose is Purpose.SIBLING)
    ]  # fmt: skip
    return max(LEAST_HOLD, SLOWNESS * max(seen, default=0.0))


def objects_differ(c: Calibration, target: Target) -> bool:
    """Whether this host's 404 for a missing object is not its 404 for a missing route.

    Seen on this very path where it serves GET, else on every other path that shows it.
    """
    own = _objects_differ_at(c, target)
    if own is not None:
        return own
    seen = [d for t in c.targets for d in [_objects_differ_at(c, t)] if d is not None]
    return bool(seen) and all(seen)


def _objects_differ_at(c: Calibration, target: Target) -> bool | None:
    ground = still_ground(target)
    if ground is None or not target.templated or not c.good(target):
        return None
    missing = c.knowledge.answer(ground.purpose, "GET", target.template)
    unknown = c.on_sibling(target, "GET")
    if missing is None or unknown is None or missing.status not in MISSING:
        return None
    return not c.same(missing, unknown)


def form_misleads(c: Calibration, form: Form) -> bool:
    """Whether this host seems to judge content before the method (Grape): methods that are not documented are
    answered like others, with neither a refusal nor a 404, on two paths or by two methods of one."""
    odd = 0
    for target in c.targets:
        ground = ground_of(c, target)
        if ground is None:
            continue
        sent = {m: c.knowledge.answer(ground.purpose, m, target.template, 0, form) for m in STATE_CHANGING}
        answers = {m: a for m, a in sent.items() if a is not None and _judges(a)}
        unlisted = [m for m in answers if m not in target.documented]
        like = any(c.alike(answers[m], answers[n]) for m in unlisted for n in answers if n != m)
        odd += like + (like and len(unlisted) > 1)
    return odd > 1


def _judges(answer: Answer) -> bool:
    status = answer.status
    return status >= 400 and status not in MISSING | REFUSED | TRANSIENT | GATES


def blind_here(c: Calibration, target: Target) -> Exchange | None:
    """A control that was answered 2xx on this path, or GET for objects that cannot exist: nothing is looked up here.

    A page that unknown paths get, too, is no handler's.
    """
    still = still_ground(target)
    if still is None:
        return None
    places = [(Purpose.PATH, c.control), (still.purpose, c.control)]
    if target.templated:
        places.append((still.purpose, "GET"))
        if not {"GET", "HEAD"} & set(target.documented):
            places.append((Purpose.PATH, "GET"))  # nobody promised it, for an object that nobody knows
    for purpose, method in places:
        sent = c.knowledge.exchange(purpose, method, target.template)
        unknown = c.on_sibling(target, method)
        if sent is None or sent.answer is None or not 200 <= sent.answer.status < 300:
            continue
        if unknown is None or not 200 <= unknown.status < 300 or not c.same_page(sent.answer, unknown):
            return sent
    return None


def lookup_unseen(c: Calibration, target: Target) -> bool:
    """GET is answered here with an object, and was not yet asked for one that cannot exist."""
    still = still_ground(target)
    got = c.on_path(target, "GET")
    if still is None or not target.templated or got is None or not 200 <= got.status < 300:
        return False
    if blind_here(c, target) is not None:
        return False
    return c.knowledge.exchange(still.purpose, "GET", target.template) is None


def acts_unread(c: Calibration) -> Exchange | None:
    """An unfinished POST, PUT or PATCH that was answered 2xx: code here acts without the content that it announces."""
    for slot, sent in c.knowledge.slots.items():
        if slot.form is not Form.PLAIN and slot.method in ("POST", "PUT", "PATCH"):
            answer = sent.answer
            if answer is None or not 200 <= answer.status < 300:
                continue
            page = c.knowledge.answer(Purpose.SIBLING, "GET", slot.subject)
            if slot.purpose is not Purpose.SIBLING or page is None or not c.same_page(answer, page):
                return sent  # else it is the page that every unknown path gets, whatever the method
    return None


def tells(unknown: Exchange | None, form: Form) -> bool:
    """Whether the unknown sibling's answer leaves anything to be told: no parser, gateway or wait stands in front."""
    if unknown is None or unknown.answer is None or not unknown.answer.whole:
        return False
    return unknown.answer.status not in _PARSED_FIRST | TRANSIENT


def puzzles(sent: Exchange) -> bool:
    """Silent, or answered as a handler might, and a filter in front of it as well."""
    if sent.failure is Failure.SILENT:
        return True
    status = sent.status
    return status is not None and status >= 400 and status not in MISSING | REFUSED | TRANSIENT | GATES
