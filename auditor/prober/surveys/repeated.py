"""Instances: the probe that a finding would rest on is sent again, and where the answers differ, again and again.

It goes out in rounds, so that time passes between them. In each round the same probe is sent several times in a row: a
balancer that takes its instances in turn might else answer every one of them from the same instance.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from auditor.model.cell import Reason, Support
from auditor.model.environment import Environment
from auditor.model.exchange import Probe, Purpose, Slot
from auditor.model.methods import CORE, is_safe
from auditor.prober.calibrate import TRANSIENT, Calibration, controls
from auditor.prober.candidate import Candidate, Quota
from auditor.prober.judge import judge_method
from auditor.prober.needed import Needed
from auditor.prober.repeats import place_of, repeat_of, repeated_places, resting_on, tally
from auditor.prober.surveys.probes import probe_of
from auditor.prober.targets import Target
from auditor.prober.trust import allow_of
from auditor.prober.verdict import Verdict

ROUNDS = 4
"""Where answers differ: enough to tell the share of each. Where they agree, the first round is the last."""
PER_PATH = 2
"""Probes of one path that are sent again."""
SPLIT = 5
"""Probes of one deployment whose shares are measured to the full; with more of them each is measured less."""
DOUBTED = 2
"""Paths whose `Allow` contradicts another answer that are asked again: two instances may have answered."""


def candidates(environment: Environment, targets: Sequence[Target]) -> Iterator[Candidate]:
    """The first round of every safe probe that a verdict may rest on; what is sent of it is bounded for each path."""
    often, control = environment.limits.repeat, controls(targets)
    for target in targets:
        for place in _places(target, control):
            needed, quota = _needed(place, 0, environment.build_header), Quota(target.template, PER_PATH * often)
            for ordinal in range(1, often + 1):
                yield Candidate(_probe(environment, target, place, ordinal), needed, quota=quota)


def further(environment: Environment, targets: Sequence[Target], c: Calibration) -> Iterator[Candidate]:
    """The later rounds of what was answered in more than one way: the same requests again."""
    often, differing = environment.limits.repeat, ledger(c, environment.build_header).differing
    by_template = {t.template: t for t in targets}
    for before in range(often, ROUNDS * often, often or 1):
        for place in sorted(differing):
            needed = _needed(place, before, environment.build_header)
            for ordinal in range(before + 1, before + often + 1):
                probe = _probe(environment, by_template[place.subject], place, ordinal)
                yield Candidate(probe, needed, quota=differ_quota(environment))


def differ_quota(environment: Environment) -> Quota:
    """How much the later rounds may cost."""
    return Quota("where the answers differ", SPLIT * (ROUNDS - 1) * environment.limits.repeat)


def _probe(environment: Environment, target: Target, place: Slot, ordinal: int) -> Probe:
    path = target.path if place.purpose is Purpose.PATH else target.twin
    slot = repeat_of(place, ordinal)
    return probe_of(environment, Purpose.REPEAT, place.method, target, path or "", ordinal=ordinal,
                    variant=slot.variant)  # fmt: skip


def _places(target: Target, control: tuple[str, str]) -> list[Slot]:
    if target.path is None or target.excluded & {"GET", "HEAD"}:
        return []
    usual = ("GET", *control, "OPTIONS")
    safe = [m for m in target.documented if is_safe(m) and m not in ("TRACE", "PRI") and m not in target.excluded]
    found = [Slot(Purpose.PATH, m, target.template) for m in dict.fromkeys((*usual, *safe))]
    if target.twin:
        found += [Slot(Purpose.TWIN, m, target.template) for m in ("GET", control[0], "OPTIONS")]
    return [p for p in found if p.method not in target.excluded]


def _needed(place: Slot, before: int, build_header: str | None) -> Needed:
    """Whether the round after so many repetitions is needed."""

    def needed(c: Calibration) -> bool:
        known = ledger(c, build_header)
        if not before:
            return place in known.deciding
        return place in known.differing and repeat_of(place, before) in c.knowledge.slots

    return needed


@dataclass(frozen=True, slots=True)
class Ledger:
    """Which probes are to be sent again, and of which the answers differ already."""

    deciding: frozenset[Slot]
    differing: frozenset[Slot]


@lru_cache(maxsize=4)
def ledger(c: Calibration, build_header: str | None) -> Ledger:
    """The same for all that is asked of one state of knowledge."""
    differing = frozenset(p for p in repeated_places(c) if tally(c, p).differs)
    # Once two instances are seen, what agrees with the description may have come from the better one.
    mixed = bool(differing) or _builds(c, build_header) > 1
    found = set(differing)
    for target in c.targets:
        for method in dict.fromkeys((*target.documented, *CORE)):
            if method in target.excluded:
                continue
            verdict = judge_method(c, target, method)
            if (mixed and verdict.support is not Support.UNDETERMINED) or _finds(c, target, method, verdict):
                place = resting_on(c, target, method, verdict)
                found |= {place} if place else set()
    asked = found | set(_contradicted(c))
    return Ledger(frozenset(p for p in asked if not _acted(c, p)), differing)


def _acted(c: Calibration, place: Slot) -> bool:
    """Something was made, or is about to be (RFC 9110 §15.3.2, §15.3.3): code acts on this method, safe or not."""
    sent = c.exchange(place.purpose, place.method, place.subject)
    return sent is not None and sent.status in (201, 202)


def _finds(c: Calibration, target: Target, method: str, verdict: Verdict) -> bool:
    """Whether a finding would rest on it: drift, a failing operation, or two answers that contradict each other."""
    documented = method in target.documented
    if verdict.support is Support.UNSUPPORTED:
        return documented
    if verdict.support is Support.UNDETERMINED:
        return verdict.reason is Reason.CONFLICTING_ANSWERS
    status = next((e.status for e in verdict.exchanges if e is not None and e.probe.method == method), None)
    failing = status is not None and status >= 500 and status not in TRANSIENT
    return failing or (not documented and method in CORE and not (target.shadowed_by and target.shadow_fits))


def _contradicted(c: Calibration) -> list[Slot]:
    """The control on a few paths whose `Allow` does not fit another answer of the same path."""
    found = []
    for target in c.targets:
        control = c.exchange(Purpose.PATH, c.control, target.template)
        answer = c.on_path(target, c.control)
        claims, own = c.claims(target), allow_of(answer) if answer else None
        if control is None or own is None or place_of(control) is None or 200 <= (control.status or 0) < 300:
            continue
        sets = {frozenset(a.methods) - {"HEAD", "OPTIONS"} for a in claims}
        if len(sets) > 1 or (c.good(target) and "GET" not in own):
            found.append(control.probe.slot)
    return found[:DOUBTED]


def _builds(c: Calibration, build_header: str | None) -> int:
    """How many builds answered, by the field that names it; other servers of the description do not count."""
    seen = {(e.probe.origin, v) for e in c.knowledge.slots.values() if e.answer and build_header
            for v in e.answer.values(build_header)}  # fmt: skip
    return max((sum(o == origin for o, _ in seen) for origin, _ in seen), default=0)
