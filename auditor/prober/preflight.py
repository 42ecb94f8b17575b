"""CORS preflights: what their answers promise, and whether they depend on what was asked (Fetch: CORS protocol).

Read as a browser reads them, for a request without credentials: that is the reading that promises most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from auditor.model.exchange import Exchange, Purpose
from auditor.model.fact import FixedPreflight, Preflight
from auditor.model.methods import is_safe, is_token
from auditor.prober.calibrate import MISSING, TRANSIENT, Calibration
from auditor.prober.targets import Target

SAFELISTED = frozenset({"GET", "HEAD", "POST"})
"""CORS-safelisted methods: a browser sends them whether or not the list names them (Fetch: CORS-safelisted method)."""
WITNESS = "GET"
"""Asked for where another method was not let in: is it the method, or the origin?"""
SAMPLE = 3
"""So many paths show whether this deployment's preflights depend on what is asked."""
_FORBIDDEN = frozenset({"CONNECT", "TRACE", "TRACK"})
_UPPERED = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"})
"""No page can send the former, nor the latter in other letters (Fetch: forbidden method, normalize)."""


def read(origin: str, method: str, exchange: Exchange | None) -> Preflight | None:
    """The answer to a preflight; None where there is none that would tell. A redirect is another rule's business."""
    answer = exchange.answer if exchange else None
    if exchange is None or answer is None or not answer.whole:
        return None
    if answer.status in TRANSIENT or 300 <= answer.status < 400:
        return None
    admitted = ", ".join(answer.values("Access-Control-Allow-Origin")) in ("*", origin)
    elements = [e.strip(" \t") for v in answer.values("Access-Control-Allow-Methods") for e in v.split(",")]
    listed = tuple(dict.fromkeys(e for e in elements if e))
    # One element that is no method makes the whole list a network error.
    named = all(map(is_token, listed)) and (method in SAFELISTED or method in listed or "*" in listed)
    promised = admitted and named and 200 <= answer.status < 300
    return Preflight(method, answer.status, admitted, promised, listed, exchange.id)


@dataclass(frozen=True, slots=True)
class Preflights:
    """The preflights of one environment: which are worth asking, and what is known of them."""

    origin: str
    paths: tuple[Target, ...]
    """Documented paths with a state-changing method, in the order of the description."""

    @classmethod
    def of(cls, origin: str, targets: Sequence[Target]) -> Preflights:
        left_out = {"GET", "HEAD", "OPTIONS"}
        asked = (t for t in targets if t.path and changing(t) and not (t.excluded | t.unwanted) & left_out)
        return cls(origin, tuple(asked))

    @property
    def sample(self) -> tuple[Target, ...]:
        return self.paths[:SAMPLE]

    def on(self, c: Calibration, target: Target, method: str) -> Preflight | None:
        """The path's own preflight for `method`."""
        sent = c.knowledge.exchange(Purpose.PREFLIGHT, "OPTIONS", target.template, variant=method)
        found = read(self.origin, method, sent)
        if found is not None and found.status in MISSING and target.templated and not c.good(target):
            return None  # it may be the object that is missing
        return found

    def beside(self, c: Calibration, target: Target, method: str) -> Preflight | None:
        """The same preflight on the unknown sibling."""
        if target.sibling is None:
            return None
        sent = c.knowledge.exchange(Purpose.PREFLIGHT_UNKNOWN, "OPTIONS", target.sibling, variant=method)
        return read(self.origin, method, sent)

    def known(self, c: Calibration, target: Target) -> tuple[Preflight, ...]:
        """All that was asked of this path: the first method, the witness, then the others."""
        found = (self.on(c, target, m) for m in in_order(target))
        return tuple(p for p in found if p is not None)

    def admitted(self, c: Calibration, target: Target) -> Preflight | None:
        """The first preflight of this path that lets the origin in."""
        return next((p for p in self.known(c, target) if p.admitted), None)

    def fixed(self, c: Calibration) -> FixedPreflight | None:
        """Whether the sampled paths were answered as an unknown path is, or a method nobody implements is promised.

        A list of several methods that an unknown path gets with an error, too, is one that nobody made for the path.
        """
        asked = [t for t in self.sample if self.known(c, t)]
        pairs = [(t, p) for t in asked for p in [self.admitted(c, t)] if p is not None]
        if len(pairs) < len(asked):
            return None  # the origin is let in on some paths only
        unknown = [(p, self.beside(c, t, p.method)) for t, p in pairs]
        any_path = bool(pairs) and all(u is not None and _alike(p, u) for p, u in unknown)
        one_list = all(u is not None and _same_list(p, u) for p, u in unknown) and any(_several(p) for _, p in pairs)
        control = next((k for t, _ in pairs for k in [self.on(c, t, c.control)] if k is not None), None)
        any_method = control is not None and control.promised
        if not (any_path or any_method or one_list):
            return None
        own = [p for t, _ in pairs for p in self.known(c, t) if p.promised and p.method != WITNESS]
        named = dict.fromkeys(m for p in own for m in p.listed)
        shown = [x.exchange for p, u in unknown for x in (p, u) if x is not None]
        controls = [*shown, *([control.exchange] if control and any_method else [])]
        return FixedPreflight(tuple(named), any_path, any_method, tuple(dict.fromkeys(controls)))


def changing(target: Target) -> tuple[str, ...]:
    """Documented state-changing methods that pages can send and nobody left out."""
    left_out = _FORBIDDEN | target.excluded | target.unwanted
    sendable = (m for m in target.documented if m in _UPPERED or m.upper() not in _UPPERED)
    return tuple(m for m in sendable if not is_safe(m) and m not in left_out)


def in_order(target: Target) -> tuple[str, ...]:
    """The methods that a path's preflights may ask for, in the order of asking."""
    first, *others = changing(target)
    return first, WITNESS, *others


def lists_several(preflight: Preflight | None, method: str) -> bool:
    """Whether this answer names `method` beside others: then its own preflight would say nothing new."""
    return preflight is not None and preflight.promised and _several(preflight) and method in preflight.listed


def _alike(one: Preflight, other: Preflight) -> bool:
    return (one.admitted, one.promised, set(one.listed)) == (other.admitted, other.promised, set(other.listed))


def _same_list(one: Preflight, other: Preflight) -> bool:
    return other.admitted and set(one.listed) == set(other.listed)


def _several(preflight: Preflight) -> bool:
    return len(preflight.listed) > 1
