"""Asked again without credentials: is a documented GET open to everybody, and what does a role hide?

At most one request for each path whose GET is documented, and only where credentials go out at all; without any, the
path's own probe is anonymous already. An unknown path is asked beside it only where its answer decides something.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from auditor.model.cell import Support
from auditor.model.environment import Environment
from auditor.model.exchange import Probe, Purpose, Slot
from auditor.prober import guard
from auditor.prober.access import UNAUTHORIZED, same_content, whole
from auditor.prober.calibrate import MISSING, Calibration
from auditor.prober.candidate import Candidate
from auditor.prober.judge import judge_method
from auditor.prober.needed import Needed
from auditor.prober.routing import not_routed
from auditor.prober.targets import Target

SAMPLE = 3
"""Paths asked of a description that says nothing at all about credentials: there is no promise to be broken."""


def candidates(environment: Environment, targets: Sequence[Target]) -> Iterator[Candidate]:
    """GET without credentials: each readable path of the environment's own origin, and each unknown sibling."""
    if environment.client_cert is not None:
        return  # it would be presented all the same: the request would not be anonymous
    askable = [t for t in targets if _may_ask(environment, t)]
    speaks = any(t.demands for t in targets)
    for target in askable:
        query, fields = target.bare
        path = f"{target.path}?{query}" if query else target.path or "/"
        probe = Probe(environment.name, Slot(Purpose.ANONYMOUS, "GET", target.template), target.origin, path, fields)
        yield Candidate(probe, _needed(target, speaks, layer=environment.behind is not None))
    groups: dict[str, list[Target]] = {}
    for target in askable:
        if target.sibling:
            groups.setdefault(target.sibling, []).append(target)
    for sibling, group in groups.items():
        slot = Slot(Purpose.ANONYMOUS_SIBLING, "GET", sibling)
        yield Candidate(Probe(environment.name, slot, group[0].origin, sibling), _sibling_needed(group))


def _may_ask(environment: Environment, target: Target) -> bool:
    """Its GET is documented and sent, and what is sent holds credentials: the operator's, or a documented API key."""
    if target.path is None or "GET" not in target.documented or target.excluded & {"GET", "HEAD"}:
        return False
    keyed = (target.queries.get("GET"), target.fields.get("GET", ())) != target.bare
    return keyed or bool(guard.credentials_for(environment, target.origin))


def _needed(target: Target, speaks: bool, *, layer: bool) -> Needed:
    """GET was good; or it was refused to these credentials, or hidden from them, and the path may be there.

    No finding is about a layer: there only what may be hidden matters.
    """

    def needed(c: Calibration) -> bool:
        own = c.on_path(target, "GET")
        if own is None or c.auth_wall:
            return False
        if c.good(target):
            return not layer and (speaks or any(t.template == target.template for t in islice(c.goods, SAMPLE)))
        if own.status in UNAUTHORIZED:
            return True
        return own.status in MISSING and c.alive and called_missing(c, target)

    return needed


def called_missing(c: Calibration, target: Target) -> bool:
    """Whether a 404 to these credentials is about to count as proof that nothing is there."""
    return not_routed(c, target) is not None or judge_method(c, target, "GET").support is Support.UNSUPPORTED


def _sibling_needed(group: Sequence[Target]) -> Needed:
    """What everybody is answered decides whether a body of the same shape, or a demand for credentials, means much."""

    def needed(c: Calibration) -> bool:
        return any(_decides(c, t) for t in group)

    return needed


def _asks_unasked(c: Calibration, target: Target) -> bool:
    """Credentials are asked for, and the description demands none: is everything refused to everybody?"""
    bare = whole(c.exchange(Purpose.ANONYMOUS, "GET", target.template))
    asks = bare is not None and bare.status in UNAUTHORIZED
    return asks and c.good(target) and not target.demands.get("GET", False)


def _first_to_ask(c: Calibration) -> Target | None:
    """One unknown path answers that for all: the first such path's."""
    return next((t for t in c.targets if t.sibling and _asks_unasked(c, t)), None)


def _decides(c: Calibration, target: Target) -> bool:
    bare = whole(c.exchange(Purpose.ANONYMOUS, "GET", target.template))
    given = c.on_path(target, "GET")
    if bare is None or given is None:
        return False
    if bare.status in UNAUTHORIZED:
        if given.status in MISSING:
            return True
        return _asks_unasked(c, target) and _first_to_ask(c) is target
    return 200 <= bare.status < 300 and target.demands.get("GET", False) and not same_content(bare, given)
