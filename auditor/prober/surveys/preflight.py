"""CORS preflights of documented state-changing methods, where `cors_origin` is configured.

Adaptive: three paths first, with controls. Where they show that the answer does not depend on the path, each method is
asked for once; else one preflight for each path, and one more for each method that its answer does not name. Where
support is not decided, nothing could be held against the answer, and nothing is asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum, auto

from auditor.model.cell import Support
from auditor.model.environment import Environment
from auditor.model.exchange import Probe, Purpose, Slot
from auditor.model.methods import STATE_CHANGING
from auditor.prober.calibrate import Calibration, controls
from auditor.prober.candidate import Candidate
from auditor.prober.judge import judge_method
from auditor.prober.needed import Needed, acts_on_any
from auditor.prober.preflight import Preflights, changing, in_order, lists_several
from auditor.prober.routing import not_routed
from auditor.prober.targets import Target


def candidates(environment: Environment, targets: Sequence[Target]) -> Iterator[Candidate]:
    """The sample with its controls, then all other paths."""
    if environment.cors_origin is not None and environment.behind is None:
        known = Preflights.of(environment.cors_origin, targets)
        yield from _Plan(environment, known, controls(targets)).candidates()


class _Shown(Enum):
    """What the sampled paths tell about the others."""

    TOO_LITTLE = auto()
    NO_ORIGIN = auto()
    """The origin is let in on none of them."""
    ONE_ANSWER = auto()
    """Whatever is asked: no other path would be answered differently."""
    DIFFERENCES = auto()


class _Plan:
    """The preflights of one environment. `early`: those that show whether answers depend on what is asked."""

    def __init__(self, environment: Environment, known: Preflights, tokens: tuple[str, str]) -> None:
        self.environment, self.known = environment, known
        self._last: tuple[Calibration, _Shown] | None = None
        sample = known.sample
        self.early = [c for t in sample for c in self._path(t)]
        self.early += [self._control(t, m) for t in sample for m in dict.fromkeys(tokens)]
        self.early += [self._unknown(t, m) for t in sample if t.sibling for m in in_order(t)]
        self.firsts: dict[str, Target] = {}
        """By method: of the other paths the first that documents it; it speaks for all where the answer is fixed."""
        for target in known.paths[len(sample) :]:
            for method in changing(target):
                self.firsts.setdefault(method, target)

    def candidates(self) -> Iterator[Candidate]:
        yield from self.early
        for target in self.known.paths[len(self.known.sample) :]:
            for candidate in self._path(target):
                yield Candidate(candidate.probe, self._late(target, candidate))

    # --- the sample, and what each path asks by itself ------------------------------------------------------------

    def _path(self, target: Target) -> Iterator[Candidate]:
        lead, witness, *others = in_order(target)
        yield self._on_path(target, lead, lambda c: _askable(c, target))
        yield self._on_path(target, witness, lambda c: self._shut_out(c, target, lead))
        for method in others:
            yield self._on_path(target, method, self._still_open(target, lead, method))

    def _shut_out(self, c: Calibration, target: Target, lead: str) -> bool:
        answer = self.known.on(c, target, lead)
        return answer is not None and self.known.admitted(c, target) is None

    def _still_open(self, target: Target, lead: str, method: str) -> Needed:
        """The origin is let in here, and what is known does not say whether for this method."""

        def needed(c: Calibration) -> bool:
            answer = self.known.on(c, target, lead)
            if lists_several(answer, method) or self.known.admitted(c, target) is None:
                return False
            return _decided(c, target, method)

        return needed

    def _control(self, target: Target, method: str) -> Candidate:
        """A method that nobody implements, on the first path that promises anything."""

        def needed(c: Calibration) -> bool:
            promising = (t for t in self.known.sample for p in self.known.known(c, t) if p.promised)
            return c.control == method and next(promising, None) is target

        return self._on_path(target, method, needed)

    def _unknown(self, target: Target, method: str) -> Candidate:
        """What let the origin in on a path, asked of its unknown sibling."""

        def needed(c: Calibration) -> bool:
            beside = (t for t in self.known.sample if t.sibling == target.sibling)
            return any(p is not None and p.method == method for t in beside for p in [self.known.admitted(c, t)])

        path = target.sibling or ""
        return Candidate(self._probe(Purpose.PREFLIGHT_UNKNOWN, target, path, path, method), needed)

    # --- the other paths ------------------------------------------------------------------------------------------

    def _late(self, target: Target, candidate: Candidate) -> Needed:
        method = candidate.probe.slot.variant

        def needed(c: Calibration) -> bool:
            shown = self._shown(c)
            if shown is not _Shown.ONE_ANSWER:
                return shown is _Shown.DIFFERENCES and candidate.needed(c)
            if self.firsts.get(method) is not target or not self._unsaid(c, method):
                return False
            return _askable(c, target) and _decided(c, target, method)

        return needed

    def _shown(self, c: Calibration) -> _Shown:
        """What the sample shows; found once per wave, since every other path asks for it."""
        if self._last is None or self._last[0] is not c:
            self._last = (c, self._seen(c))
        return self._last[1]

    def _seen(self, c: Calibration) -> _Shown:
        if any(e.probe.slot not in c.knowledge.slots and e.needed(c) for e in self.early):
            return _Shown.TOO_LITTLE
        answered = [t for t in self.known.sample if self.known.known(c, t)]
        if answered and not any(self.known.admitted(c, t) for t in answered):
            return _Shown.NO_ORIGIN
        fixed = self.known.fixed(c)
        return _Shown.ONE_ANSWER if fixed is not None and fixed.speaks_for_all else _Shown.DIFFERENCES

    def _unsaid(self, c: Calibration, method: str) -> bool:
        """Whether no sampled path has shown what the fixed answer is for this method."""
        known = [p for t in self.known.sample for p in self.known.known(c, t)]
        return not any(p.method == method or lists_several(p, method) for p in known)

    # --- probes ---------------------------------------------------------------------------------------------------

    def _on_path(self, target: Target, method: str, needed: Needed) -> Candidate:
        probe = self._probe(Purpose.PREFLIGHT, target, target.template, target.path or "", method)
        return Candidate(probe, needed)

    def _probe(self, purpose: Purpose, target: Target, subject: str, path: str, method: str) -> Probe:
        """Without Access-Control-Request-Headers: a refused field name would look like a refused method."""
        fields = (("Origin", self.known.origin), ("Access-Control-Request-Method", method))
        slot = Slot(purpose, "OPTIONS", subject, variant=method)
        return Probe(self.environment.name, slot, target.origin, path, fields)


def _askable(c: Calibration, target: Target) -> bool:
    """OPTIONS runs no handler here, and there is a verdict to hold the answer against."""
    control = c.exchange(Purpose.PATH, c.control, target.template)
    if control is None or (acts_on_any(c, target) and "GET" not in target.documented):
        return False
    if not_routed(c, target) is not None:
        return False
    return any(_decided(c, target, m) for m in dict.fromkeys((*changing(target), *sorted(STATE_CHANGING))))


def _decided(c: Calibration, target: Target, method: str) -> bool:
    return judge_method(c, target, method).support is not Support.UNDETERMINED
