"""How far a caller without credentials comes, shown by comparison with one who gives them (DESIGN §9, security rules).

A 2xx alone is no access: landing pages, log-in forms and refusals in disguise are 2xx, too. What counts is the path's
own content; whatever other paths answer as well, or what only ever says how a request went, is left out.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from functools import cached_property
from typing import Any

from auditor.model.cell import Cell, Reason
from auditor.model.environment import Environment
from auditor.model.exchange import Answer, Exchange, Purpose, ids
from auditor.model.fact import Access, Reached
from auditor.prober.cached import from_cache
from auditor.prober.calibrate import MISSING, Calibration
from auditor.prober.targets import Target

UNAUTHORIZED = frozenset({401, 403})
"""407 is a proxy's."""
_PAGES = frozenset({"text/html", "application/xhtml+xml"})
ENVELOPE = frozenset({
    "code", "description", "detail", "details", "error", "errors", "instance", "message", "messages", "msg", "ok",
    "reason", "status", "statuscode", "success", "timestamp", "title", "type",
})  # fmt: skip
"""Names of members that say how a request went; an object of these alone may be a refusal said with 200."""
_LEAST = 3
"""Members that two bodies must share before their shape says that they are of one kind."""


class Visitors:
    """What the paths of one environment answer to callers without credentials."""

    def __init__(self, c: Calibration, environment: Environment) -> None:
        self._c, self._environment = c, environment

    def access(self, target: Target) -> Access | None:
        """How far they come; None where they were not asked for."""
        own = self._c.exchange(Purpose.PATH, "GET", target.template)
        bare, given = self._pair(target, own)
        answer, with_them = whole(bare), whole(given)
        if bare is None or answer is None or (given is not None and with_them is None):
            return None
        unknown = self._unknown(target, given is not None)
        reached = Reached.OTHER
        if answer.status in UNAUTHORIZED:
            reached = Reached.REFUSED
        elif 200 <= answer.status < 300 and self._c.good(target):
            reached = self._reached(target, answer, with_them)
        there = whole(unknown)
        return Access(
            "GET", reached, answer.status, with_them.status if with_them else None, ids([bare, given, unknown]),
            wall=there is not None and there.status == answer.status and reached is Reached.REFUSED,
            asks_for=answer.value("www-authenticate") or "",
        )  # fmt: skip

    def _pair(self, target: Target, own: Exchange | None) -> tuple[Exchange | None, Exchange | None]:
        """The exchange without credentials, and the one with them where any were given."""
        apart = self._c.exchange(Purpose.ANONYMOUS, "GET", target.template)
        if apart is not None:
            return apart, own
        return (own, None) if own is not None and self._is_bare(target, own) else (None, None)

    def _is_bare(self, target: Target, sent: Exchange) -> bool:
        """Whether it went out without anything of the operator's: values of other fields are kept, those are not."""
        described = {name.lower() for name, _ in sent.probe.fields}
        given = any(value is None and name.lower() not in described for name, value in sent.sent_fields)
        keys = (target.queries.get("GET"), target.fields.get("GET", ())) != target.bare
        certificate = self._environment.client_cert is not None and target.origin == self._environment.origin
        return not given and not keys and not certificate

    def _unknown(self, target: Target, apart: bool) -> Exchange | None:
        """Its own sibling's, or where that was spared the one that was asked for all of them."""
        if not apart:
            return self._c.exchange(Purpose.SIBLING, "GET", target.sibling)
        own = self._c.exchange(Purpose.ANONYMOUS_SIBLING, "GET", target.sibling)
        return own or self._asked_for_all

    @cached_property
    def _asked_for_all(self) -> Exchange | None:
        slots = (s for s in self._c.knowledge.slots.items() if s[0].purpose is Purpose.ANONYMOUS_SIBLING)
        return min(slots, default=(None, None), key=lambda s: s[1].seq)[1]

    # --- 2xx ------------------------------------------------------------------------------------------------------

    def _reached(self, target: Target, bare: Answer, given: Answer | None) -> Reached:
        if bare.body.login_form or bare.body.media_type in _PAGES or not bare.body.shape:
            return Reached.OTHER
        found = Reached.SERVED
        if given is not None:
            found = Reached.SAME if same_content(bare, given) else Reached.ALIKE
        telling = self._tells(bare)
        if found is Reached.ALIKE:
            telling = telling and given is not None and self._of_one_kind(target, bare, given)
        elif found is Reached.SAME:
            telling = telling or self._credentials_work
        if not telling:
            return Reached.OTHER
        if from_cache(bare):
            return Reached.OTHER if found is Reached.ALIKE else Reached.CACHED
        return found

    def _tells(self, bare: Answer) -> bool:
        """It is this path's own content: no list of outcomes, and nothing that another path says in the same words."""
        if bare.body.shape.startswith("["):
            return True
        return not _is_envelope(bare.body.shape) and self._pages[bare.body.masked] < 2

    def _of_one_kind(self, target: Target, bare: Answer, given: Answer) -> bool:
        """JSON of one shape, rich enough to tell and met on no other path, known or unknown."""
        if (bare.status, bare.body.media_type, bare.body.shape) != (
            given.status, given.body.media_type, given.body.shape,
        ):  # fmt: skip
            return False
        unknown = whole(self._unknown(target, True))
        generic = unknown is not None and unknown.body.shape == bare.body.shape
        return members(bare.body.shape) >= _LEAST and self._shapes[bare.body.shape] < 2 and not generic

    @cached_property
    def _answers(self) -> list[Answer]:
        """Every 2xx to a documented path without credentials."""
        own = ((t, self._c.exchange(Purpose.PATH, "GET", t.template)) for t in self._c.targets)
        found = (whole(self._pair(t, e)[0]) for t, e in own)
        return [a for a in found if a is not None and 200 <= a.status < 300]

    @cached_property
    def _pages(self) -> Counter[str]:
        return Counter(a.body.masked for a in self._answers)

    @cached_property
    def _shapes(self) -> Counter[str]:
        return Counter(a.body.shape for a in self._answers)

    @cached_property
    def _credentials_work(self) -> bool:
        """They open a path that is refused without them: so an answer to them is no refusal in disguise."""
        pairs = ((t, whole(self._c.exchange(Purpose.ANONYMOUS, "GET", t.template))) for t in self._c.goods)
        return any(a is not None and a.status in UNAUTHORIZED for _, a in pairs)


def whole(sent: Exchange | None) -> Answer | None:
    """The answer, where it may carry a statement."""
    return sent.answer if sent is not None and sent.answer is not None and sent.answer.whole else None


def same_content(a: Answer, b: Answer) -> bool:
    """Whether two answers are one, but for digits, ids and the request that they repeat."""
    return (a.status, a.body.media_type, a.body.masked) == (b.status, b.body.media_type, b.body.masked)


def members(shape: str) -> int:
    """How many members the objects of a shape have; one that was cut short is rich enough for anything."""
    try:
        return _members(json.loads(shape))
    except ValueError:
        return _LEAST if shape[:1] in "{[" else 0


def _members(value: Any) -> int:
    if isinstance(value, dict):
        return len(value) + sum(_members(v) for v in value.values())
    return sum(_members(v) for v in value) if isinstance(value, list) else 0


def _is_envelope(shape: str) -> bool:
    """An object that only says how the request went; also the empty one."""
    try:
        value = json.loads(shape)
    except ValueError:
        return False
    return isinstance(value, dict) and {k.replace("_", "").lower() for k in value} <= ENVELOPE


# --- roles ------------------------------------------------------------------------------------------------------------


def hidden(c: Calibration, target: Target) -> tuple[Exchange, Exchange] | None:
    """Set where the path asks for credentials that are not given, and an unknown path does not: it is there.

    Some services answer 404 in place of 403 to those who may not know of a resource.
    """
    bare = c.exchange(Purpose.ANONYMOUS, "GET", target.template)
    unknown = c.exchange(Purpose.ANONYMOUS_SIBLING, "GET", target.sibling)
    here, there = whole(bare), whole(unknown)
    if bare is None or unknown is None or here is None or there is None:
        return None
    return (bare, unknown) if here.status in UNAUTHORIZED and there.status in MISSING else None


def explained(c: Calibration, target: Target, cell: Cell) -> Cell:
    """The cell with what the same request without credentials showed, where a gate leaves it open."""
    bare = c.exchange(Purpose.ANONYMOUS, "GET", target.template)
    without, given = whole(bare), c.on_path(target, "GET")
    if cell.reason is not Reason.AUTH_WALL or bare is None or without is None or given is None:
        return cell
    if given.status not in UNAUTHORIZED:
        return replace(cell, remedy_text=_ROLE) if hidden(c, target) is not None else cell
    unknown = c.on_sibling(target, "GET")
    why, remedy = f"refused to these credentials ({given.status})", _RENEW
    if 200 <= without.status < 300:
        why += f", open without any ({without.status})"
    elif (given.status, without.status) == (403, 401):
        missing = unknown is not None and unknown.status in MISSING
        why += ", not missing" if missing else ""
        why += f": without any it is 401{f', and an unknown path {unknown.status}' if unknown and missing else ''}"
        remedy = _ROLE
    elif given.status == without.status == 403:
        why += " and to callers without any"
        remedy = _RULE
    else:
        return cell
    return replace(cell, why=why, remedy_text=remedy, exchanges=tuple(dict.fromkeys((*cell.exchanges, bare.id))))


_ROLE = "these credentials are known here, but may not do this: give those of a role that may"
_RENEW = "renew the credentials given, or leave them out: the path is open without them"
_RULE = "ask what in front of the service refuses this path to everybody; other credentials may not help"
