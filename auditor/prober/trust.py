"""May this host's `Allow` be believed? The checks that threw out the stacks whose Allow misleads.

A trusted Allow decides methods that were never sent, so doubt always wins. The documented methods serve as a prior in
one check only, and only to doubt more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from auditor.model.exchange import Answer
from auditor.model.methods import CORE, STATE_CHANGING, Allow, parse_allow
from auditor.prober.signature import identity
from auditor.prober.targets import Target

if TYPE_CHECKING:
    from auditor.prober.calibrate import Calibration

_SHORT_ALLOW_BODIES = frozenset({'{"detail":"Method Not Allowed"}', "Method Not Allowed"})


@dataclass(frozen=True, slots=True)
class Trust:
    """Whether this host's `Allow` may be believed, and the sentence that says why (not).

    `refuted`: a lie was seen, so that no further answer can help. `gate`: it is that of a gateway, which refuses by it:
    what it does not name is not let pass, and what it names the service behind may still refuse.
    """

    trusted: bool
    why: str
    refuted: bool = False
    gate: bool = False


def allow_of(answer: Answer) -> Allow | None:
    """The Allow of an answer, all its field lines together."""
    return parse_allow(answer.values("allow"))


def judge_trust(c: Calibration) -> Trust:
    """All checks over all answers of one host."""
    for method in ("OPTIONS", c.control):
        if any(allow.methods for a in c.siblings(method) for allow in [allow_of(a)] if allow):
            return Trust(False, "a path that does not exist is answered with an Allow, too", refuted=True)
    sets: set[frozenset[str]] = set()
    for target in c.targets:
        lie = _lie(c, target)
        if lie:
            return Trust(False, lie, refuted=True)
        sets |= {frozenset(claim.methods) for claim in c.claims(target) if claim.methods}
    partial = _first_route_only(c)
    if partial:
        return Trust(False, partial, refuted=True)
    varied = len(sets) > 1 and max(len(s & set(CORE)) for s in sets) > 1
    other = _by_another_program(c, varied=varied)
    if other is not None:
        return other
    if not sets:
        return Trust(False, "no answer carries an Allow")
    if not varied:
        return Trust(False, "every Allow names one method only, as hosts do that list the first route alone")
    return Trust(True, "it agreed with every answer seen on this host, and no unknown path has one")


def _lie(c: Calibration, target: Target) -> str | None:
    """A sentence where an Allow of this path contradicts an answer, or another Allow."""
    got, claims = c.on_path(target, "GET"), c.claims(target)
    for claim in claims:
        if claim.no_methods:
            # `GET, HEAD POST` and `GET, post` leave open what the host meant by the rest.
            return f"an Allow of {target.template} holds what is no method"
        if c.good(target) and "GET" not in claim:
            return f"GET {target.template} is served, but its Allow does not name GET"
        if got and got.status in (405, 501) and "GET" in claim:
            return f"GET {target.template} answers {got.status}, but its Allow names GET"
    if len(claims) == 2:
        first, second = (frozenset(claim.methods) - {"OPTIONS", "HEAD"} for claim in claims)
        if first != second:
            return f"OPTIONS and 405 of {target.template} name different methods"
    refusal = c.on_path(target, c.control)
    if claims and refusal and refusal.status == 405 and (refusal.body.text or "") in _SHORT_ALLOW_BODIES:
        # Starlette's router answers from the first route whose path matches; a later route's methods are not named.
        return "the 405 is that of a router which names the first matching route's methods only"
    return None


def _first_route_only(c: Calibration) -> str | None:
    """Hosts that list one route's methods alone (Starlette, two Express routers on one path) hide the others.

    On them paths that document GET beside writes show GET alone too often; a single one may be true drift.
    """
    alone: dict[bool, list[str]] = {True: [], False: []}
    beside = {True: 0, False: 0}
    for target in c.targets:
        claims = c.claims(target)
        if "GET" not in target.documented or not set(target.documented) & STATE_CHANGING or not claims:
            continue
        # Paths that refuse in another way may be another router's: they vouch for nothing here.
        refusal = c.on_path(target, c.control)
        dialect = refusal is not None and refusal.status == 405
        named = {m for a in claims for m in a.methods} & set(CORE)
        if named == {"GET"}:
            alone[dialect].append(target.template)
        elif len(named) > 1:
            beside[dialect] += 1
    for dialect, templates in alone.items():
        if templates and beside[dialect] < 3 * len(templates):
            return f"Allow names GET alone on {templates[0]}, as hosts do that list the first route only"
    return None


def _by_another_program(c: Calibration, *, varied: bool) -> Trust | None:
    """A gateway that lists methods from a table of its own: its answers lack what all of the service's are signed with.

    The table may be older or younger than the service. Where nothing is signed, a path without parameters that the
    list says GET is served on, and that answers GET as it answers a method nobody serves, gives it away.
    """
    signed = [identity(a) for t in c.goods for a in [c.on_path(t, "GET")] if a is not None]
    asked = [(t, m, c.on_path(t, m)) for t in c.targets for m in ("OPTIONS", c.control)]
    listing = [(t, m, a) for t, m, a in asked if a is not None and allow_of(a) is not None]
    if listing and signed and all(signed) and not {identity(a) for _, _, a in listing} & set(signed):
        why = f"the Allow of {listing[0][0].template} is by another program than the answers to GET"
        gate = varied and any(m == c.control and a.status in (405, 501) for _, m, a in listing)
        return Trust(False, why, refuted=True, gate=gate)
    for target, method, answer in listing:
        got, refusal, allow = c.on_path(target, "GET"), c.on_path(target, c.control), allow_of(answer)
        if method != "OPTIONS" or allow is None or "GET" not in allow or got is None or refusal is None:
            continue
        if not target.templated and "GET" not in target.may_404 and got.status in (404, 410) and c.alike(got, refusal):
            why = f"OPTIONS of {target.template} names GET, but GET is answered {got.status} like {c.control}"
            return Trust(False, why, refuted=True)
    return None
