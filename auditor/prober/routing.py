"""Is the path routed at all? Shown by safe methods, never by one status alone."""

from __future__ import annotations

from dataclasses import dataclass

from auditor.model.exchange import Exchange, Purpose
from auditor.prober.access import hidden
from auditor.prober.calibrate import MISSING, REFUSED, Calibration
from auditor.prober.needed import suspected_missing
from auditor.prober.signature import identity
from auditor.prober.targets import Target
from auditor.prober.voices import head


@dataclass(frozen=True, slots=True)
class NotRouted:
    """The evidence that no method of a path is routed."""

    why: str
    exchanges: tuple[Exchange | None, ...]


def not_routed(c: Calibration, target: Target) -> NotRouted | None:
    """Set where a method that tells every good path from every unknown one answers here as on the unknown one.

    Guards, each of them a stack that would be wronged without it: the slash twin must be unknown, too (Flask and gin
    redirect only the methods that the slashed rule serves); the answer must come from the program that refuses
    elsewhere; with a parameter, values of other types must be unknown, too (a UUID converter answers 404 to `1`), and
    every earlier object in the path must exist.
    """
    if target.path is None or not suspected_missing(c, target) or not parents_exist(c, target):
        return None
    if hidden(c, target) is not None:
        return None
    if "GET" in target.queries or "GET" in target.unfilled or "GET" in target.may_404:
        return None
    method = c.telling_methods[0]
    if any(not _like_unknown(c, target, m) for m in c.telling_methods if c.on_path(target, m) is not None):
        return None
    if not any(_witness(c, target, good, method) for good in c.targets):
        return None
    twin = c.on_twin(target, method)
    if target.twin is not None and (twin is None or twin.status not in MISSING):
        return None
    for i in range(len(target.alternates)):
        other = c.knowledge.answer(Purpose.ALTERNATE, method, target.template, i)
        if other is None or other.status not in MISSING:
            return None
    if target.templated and not target.alternates:
        return None
    if target.templated and not target.literal_end and not _routes_before_objects(c, method):
        return None
    why = f"{method} and GET are answered as on an unknown path, while {method} on every working path is not"
    return NotRouted(why, (
        c.exchange(Purpose.PATH, method, target.template), c.exchange(Purpose.PATH, "GET", target.template),
        c.exchange(Purpose.SIBLING, method, target.sibling), c.exchange(Purpose.TWIN, method, target.template),
    ))  # fmt: skip


def _like_unknown(c: Calibration, target: Target, method: str) -> bool:
    answer, unknown = c.on_path(target, method), c.on_sibling(target, method)
    return answer is not None and unknown is not None and c.alike(answer, unknown)


def parents_exist(c: Calibration, target: Target) -> bool:
    """Every leading path that ends with a value nobody vouched for was seen to exist."""
    return all(path in c.by_path and c.object_exists(c.by_path[path]) for path in target.guessed)


def _witness(c: Calibration, target: Target, other: Target, method: str) -> bool:
    """Whether `other` shows how this path would be refused if it were routed.

    Its own unknown sibling must be answered as the path is: one program decides both, whatever `Server` says behind a
    gateway. A path without GET needs a witness without GET and under the same first segment: hosts that mix two
    styles of routing (Spring's controllers and router functions, Pyramid's services and views) answer 404 to a wrong
    method in one of them.
    """
    here, there, unknown = c.on_path(target, method), c.on_path(other, method), c.on_sibling(other, method)
    if here is None or there is None or unknown is None or there.status in MISSING:
        return False
    if not c.alike(here, unknown) or identity(here) != identity(there):
        return False
    if "GET" in target.documented:
        return c.good(other)
    got = c.on_path(other, "GET")
    return got is not None and got.status in REFUSED and head(other) == head(target)


def _routes_before_objects(c: Calibration, method: str) -> bool:
    """Seen on another templated path: its object does not exist, and the method is refused all the same.

    Some handlers (PowerDNS) look the object up first, so that a 404 says nothing about the route.
    """
    return any(
        got is not None and got.status in MISSING and refusal is not None and refusal.status in REFUSED
        for t in c.targets if t.templated and not t.literal_end
        for got, refusal in [(c.on_path(t, "GET"), c.on_path(t, method))]
    )  # fmt: skip
