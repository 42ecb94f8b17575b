"""Past the caches: a path that a cache answered for is asked once more, with a query parameter that nobody knows.

Only GET and HEAD, only where they are documented and were sent anyhow. The first such request shows whether the
deployment minds a parameter that it does not know; where it does, no other one is sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from auditor.model.environment import Environment
from auditor.model.exchange import Probe, Purpose, Slot
from auditor.prober.calibrate import Calibration
from auditor.prober.candidate import Candidate
from auditor.prober.guard import may_set
from auditor.prober.needed import Needed
from auditor.prober.request_target import nonce
from auditor.prober.stored import asked_of, controls_of, differs, overview, stored
from auditor.prober.surveys.probes import probe_of
from auditor.prober.targets import Target

FRESH = ("Cache-Control", "no-cache")
"""Some caches that leave the query out of their key heed this (RFC 9111 §5.2.1.4); many do not."""


def candidates(environment: Environment, targets: Sequence[Target]) -> Iterator[Candidate]:
    """Twice for each documented GET and HEAD, and once for each unknown path they are compared with."""
    fields = (FRESH,) if may_set(environment, FRESH[0]) else ()
    able = [(t, m) for t in targets for m in asked_of(t)]
    for target, method in able:
        for ordinal, needed in enumerate((_first(target, method), _again(target, method))):
            probe = probe_of(environment, Purpose.VARIED, method, target, target.path or "", fields=fields,
                             ordinal=ordinal)  # fmt: skip
            yield Candidate(_varied(probe, target), needed)
    for target in {t.sibling: t for t, _ in reversed(able)}.values():
        sibling = target.sibling or ""
        slot = Slot(Purpose.VARIED, "GET", sibling, variant="sibling")
        probe = Probe(environment.name, slot, target.origin, sibling, fields)
        yield Candidate(_varied(probe, target), _unknown(sibling))


def _varied(probe: Probe, target: Target) -> Probe:
    """The same request with a parameter of its own: an earlier one may be in the cache by now."""
    name = nonce(target.sibling or "", "varied", probe.method, probe.target, str(probe.slot.ordinal))
    return replace(probe, target=f"{probe.target}{'&' if '?' in probe.target else '?'}auditor-{name}=")


def _first(target: Target, method: str) -> Needed:
    """A cache answered here; or another path, where one did, needs this one to compare with."""

    def needed(c: Calibration) -> bool:
        caches = overview(c)
        if caches.minds or not caches.held:
            return False
        if stored(c, target, method) is not None:
            # One goes first: it shows whether this deployment minds the parameter.
            return caches.asked or (target.template, method) == (caches.held[0][0].template, caches.held[0][1])
        return method == "GET" and any(target in controls_of(c, t) for t, m in caches.held if differs(c, t, m))

    return needed


def _again(target: Target, method: str) -> Needed:
    return lambda c: differs(c, target, method) and not overview(c).minds


def _unknown(sibling: str) -> Needed:
    def needed(c: Calibration) -> bool:
        caches = overview(c)
        return not caches.minds and any(t.sibling == sibling and differs(c, t, m) for t, m in caches.held)

    return needed
