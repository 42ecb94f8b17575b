"""The part of the plan that `inert` mode adds: unfinished requests, their controls, and the proofs they need first.

A probe goes out only if its answer can change a verdict: nothing is asked about a cell that safe methods decided.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from auditor.model.cell import Basis, Reason, Support
from auditor.model.environment import Environment, Mode
from auditor.model.exchange import Exchange, Failure, Form, Probe, Purpose, Slot
from auditor.model.knowledge import Knowledge
from auditor.prober.announced import announced, json_types
from auditor.prober.calibrate import MISSING, REFUSED, Calibration
from auditor.prober.candidate import Candidate
from auditor.prober.ground import Ground, ground_of, still_ground
from auditor.prober.harmless import Clearance, Proof, could_be_cleared, objection
from auditor.prober.inert_below import below_asked
from auditor.prober.inert_controls import acts_unread, blind_here, lookup_unseen, patience, puzzles, tells
from auditor.prober.judge import judge_method
from auditor.prober.needed import Needed
from auditor.prober.phantom import Phantom
from auditor.prober.targets import Target
from auditor.prober.unfinished import FORMS, OTHER_TYPE

METHODS = ("POST", "PUT", "PATCH", "DELETE")
_DECIDED_ELSEWHERE = frozenset({
    Reason.OTHER_SERVER, Reason.RATE_LIMITED, Reason.GATEWAY_ANSWERED, Reason.UNREACHABLE, Reason.UNSTABLE,
})  # fmt: skip
_NONCE = re.compile(r"zq([0-9a-f]{16})")


class InertPlan:
    """Candidates of one environment in `inert` mode, and the clearance of each state-changing one."""

    def __init__(self, environment: Environment, targets: Sequence[Target], control: str) -> None:
        self.asked_mode, self.control = environment.mode, control
        # Also in safe mode: what inert mode could ask is the remedy of many cells.
        self.environment = replace(environment, mode=Mode.INERT)
        self.targets = [t for t in targets if t.phantom is not None and t.path is not None and t.sibling]
        self.by_template = {t.template: t for t in self.targets}
        self.by_path = {g.phantom.path: t for t in self.targets for g in [still_ground(t)] if g}
        self.forms = tuple(f for f in FORMS if f is Form.UNFINISHED or f in environment.inert_forms)
        self._open: tuple[Calibration, frozenset[tuple[str, str]]] | None = None

    # --- the catalogue --------------------------------------------------------------------------------------------

    def candidates(self) -> Iterator[Candidate]:
        """Everything that may be sent, each slot once; a superset of what is cleared when its turn comes."""
        wanted: dict[str, dict[str, None]] = {}
        for target in self.targets:
            for ground in self._grounds(target):
                for method in METHODS:
                    if self.possible(target, ground, method, Form.UNFINISHED) is not None:
                        wanted.setdefault(target.sibling or "", {})[method] = None
                        yield from self._proofs(target, ground, method)
        for sibling, methods in wanted.items():
            yield from self._unknown(sibling, list(methods))
        for target in self.targets:
            for ground in self._grounds(target):
                yield from self._path(target, ground)

    def _grounds(self, target: Target) -> list[Ground]:
        """Where it may have to be asked: at the path, or at its slash twin."""
        still = still_ground(target)
        grounds = [still] if still else []
        if still and not target.templated and target.twin:
            grounds.append(Ground(Purpose.TWIN, _moved(still, target.twin)))
        return grounds

    def _proofs(self, target: Target, ground: Ground, method: str) -> Iterator[Candidate]:
        """GET of the objects that have to be absent, at the paths that document it."""
        for prefix in self.possible(target, ground, method, Form.UNFINISHED) or ():
            parent = self.by_path.get(prefix)
            place = still_ground(parent) if parent else None
            if parent is None or place is None or "GET" not in parent.documented or "GET" in parent.excluded:
                continue
            needed = self._when_open(target, ground, method)
            yield self._make(place.purpose, "GET", parent.template, prefix, parent, needed)

    def _unknown(self, sibling: str, methods: list[str]) -> Iterator[Candidate]:
        group = [t for t in self.targets if t.sibling == sibling]
        for form in self.forms:
            for method in methods:
                yield self._make(Purpose.SIBLING, method, sibling, sibling, group[0],
                                 self._unknown_needed(group, method, form), form=form)  # fmt: skip
        for method in methods:
            yield self._make(Purpose.SIBLING, method, sibling, sibling, group[0],
                             self._afterwards_needed(group, method), 1, form=Form.UNFINISHED)  # fmt: skip

    def _path(self, target: Target, ground: Ground) -> Iterator[Candidate]:
        template, path = target.template, ground.phantom.path
        sent = [(f, m) for f in self.forms for m in METHODS if self.possible(target, ground, m, f) is not None]
        for form, method in sent:
            yield self._make(ground.purpose, method, template, path, target,
                             self._method_needed(target, ground, method, form), form=form)  # fmt: skip
        if not sent:
            return
        if ground.purpose not in (Purpose.PATH, Purpose.TWIN):
            for control in ("GET", self.control):
                if control == "GET" and "GET" in target.excluded:
                    continue
                yield self._make(ground.purpose, control, template, path, target,
                                 self._control_needed(target, ground, control))  # fmt: skip
        if target.deeper and "GET" not in target.excluded:
            for method, needed in below_asked(target, ground, self.control, sent):
                yield self._make(Purpose.DEEPER, method, template, target.deeper, target, needed)
        for form in dict.fromkeys(f for f, _ in sent):
            yield self._make(ground.purpose, self.control, template, path, target,
                             self._shadow_needed(target, ground, form), form=form)  # fmt: skip
        for form, method in sent:
            if form is Form.UNFINISHED:
                yield self._make(ground.purpose, method, template, path, target,
                                 self._again_needed(target, ground, method), 1, form=form)  # fmt: skip
                if len(json_types(target, method)) > 1:
                    needed = self._other_type_needed(target, ground, method)
                    yield self._make(ground.purpose, method, template, path, target, needed, OTHER_TYPE, form=form)

    def _make(
        self, purpose: Purpose, method: str, subject: str, path: str, target: Target, needed: Needed,
        ordinal: int = 0, *, form: Form = Form.PLAIN,
    ) -> Candidate:  # fmt: skip
        query = target.queries.get(method) if purpose is not Purpose.SIBLING else None
        fields = target.fields.get(method, ()) if purpose is not Purpose.SIBLING else ()
        media_type = None if form is Form.PLAIN else announced(target, method, form, second=ordinal == OTHER_TYPE)
        probe = Probe(self.environment.name, Slot(purpose, method, subject, ordinal, form), target.origin,
                      f"{path}?{query}" if query else path, fields, media_type)  # fmt: skip
        return Candidate(probe, needed)

    # --- clearance ------------------------------------------------------------------------------------------------

    def clearance(self, probe: Probe, knowledge: Knowledge) -> Clearance:
        """What the safety rule has to know about this probe now."""
        target, path = self.by_template.get(probe.slot.subject), probe.target.partition("?")[0]
        media_type = probe.media_type or ""
        if probe.purpose is Purpose.SIBLING:
            found = _NONCE.findall(path)
            nonce = found[-1] if found else ""
            return Clearance(probe.method, probe.form, path, None, nonce, None, media_type, origin=probe.origin)
        still = still_ground(target) if target else None
        if target is None or still is None:
            return Clearance(probe.method, probe.form, path, media_type=media_type, origin=probe.origin)
        phantom = still.phantom if probe.purpose is not Purpose.TWIN else _moved(still, path)
        body = target.bodies.get(probe.method)
        proofs = self._proven(knowledge, [f.prefix for f in phantom.filled])
        blind = blind_here(Calibration(knowledge, self.targets), target)
        return Clearance(probe.method, probe.form, path, phantom, "", body, media_type, proofs, blind, probe.origin)

    def _proven(self, knowledge: Knowledge, prefixes: Sequence[str]) -> dict[str, Proof]:
        found = {}
        for prefix in prefixes:
            parent = self.by_path.get(prefix)
            place = still_ground(parent) if parent else None
            if parent is None or place is None:
                continue
            absent = knowledge.exchange(place.purpose, "GET", parent.template)
            known = knowledge.exchange(Purpose.PATH, "GET", parent.template)
            unknown = knowledge.exchange(Purpose.SIBLING, "GET", parent.sibling or "")
            good = known is not None and known.status is not None and 200 <= known.status < 300
            other = known if good else unknown
            if absent is not None and other is not None:
                found[prefix] = Proof(absent, other)
        return found

    def possible(self, target: Target, ground: Ground, method: str, form: Form) -> tuple[str, ...] | None:
        """What GET would have to show first; None where this is never sent, or left out."""
        if method not in target.changes:
            return None
        return could_be_cleared(self.environment, self.asked(target, ground, method, form))

    def asked(self, target: Target, ground: Ground, method: str, form: Form) -> Clearance:
        """What the safety rule has to know before anything was answered."""
        media_type = announced(target, method, form)
        body = target.bodies.get(method)
        return Clearance(method, form, ground.phantom.path, ground.phantom, "", body, media_type, origin=target.origin)

    def known(self, c: Calibration, target: Target, ground: Ground, method: str, form: Form) -> Clearance:
        """What the safety rule has to know of a method at its ground, with the evidence at hand."""
        proofs = self._proven(c.knowledge, [f.prefix for f in ground.phantom.filled])
        return replace(self.asked(target, ground, method, form), proofs=proofs, blind=blind_here(c, target))

    # --- needed? --------------------------------------------------------------------------------------------------

    def _is_open(self, c: Calibration, target: Target, method: str) -> bool:
        """Undetermined by all that is known, on a host where an answer could tell."""
        if self._open is None or self._open[0] is not c:
            self._open = (c, frozenset(self._all_open(c)))
        return (target.template, method) in self._open[1]

    def _all_open(self, c: Calibration) -> Iterator[tuple[str, str]]:
        if not (c.alive or c.auth_wall) or c.redirects_to is not None or c.control != self.control:
            return
        acting = acts_unread(c) is not None
        named: dict[str, Target] = {}
        for target in self.targets:
            for method in METHODS:
                if method not in target.changes or (acting and method in ("POST", "PUT")):
                    continue
                verdict = judge_method(c, target, method)
                if verdict.support is Support.UNDETERMINED and verdict.reason not in _DECIDED_ELSEWHERE:
                    yield target.template, method
                elif verdict.support is Support.SUPPORTED and verdict.basis is Basis.ADVERTISED:
                    ground = ground_of(c, target)
                    if ground and method not in named and self._cleared(c, target, ground, method, Form.UNFINISHED):
                        named[method] = target
        # A gateway may refuse a single method and let the service's Allow pass: each is tried once.
        tried = {s.method for s in c.knowledge.slots if s.form is Form.UNFINISHED and s.purpose is not Purpose.SIBLING}
        yield from ((target.template, method) for method, target in named.items() if method not in tried)

    def _current(self, c: Calibration, target: Target, ground: Ground) -> bool:
        now = ground_of(c, target)
        return now is not None and now.purpose is ground.purpose

    def _when_open(self, target: Target, ground: Ground, method: str) -> Needed:
        return lambda c: self._is_open(c, target, method) and self._current(c, target, ground)

    def _unknown_needed(self, group: Sequence[Target], method: str, form: Form) -> Needed:
        def needed(c: Calibration) -> bool:
            longest = self.environment.limits.probe_timeout
            return any(
                self._is_open(c, t, method) and self._cleared(c, t, g, method, form)
                and patience(c.knowledge, t) <= longest
                and self._turn(c, t, g, method, form)
                for t in group for g in [ground_of(c, t)] if g
            )  # fmt: skip

        return needed

    def _method_needed(self, target: Target, ground: Ground, method: str, form: Form) -> Needed:
        def needed(c: Calibration) -> bool:
            if not self._is_open(c, target, method) or not self._current(c, target, ground):
                return False
            if patience(c.knowledge, target) > self.environment.limits.probe_timeout:
                return False  # it could not be held open for long enough to mean anything
            if not self._turn(c, target, ground, method, form) or not self._cleared(c, target, ground, method, form):
                return False
            if lookup_unseen(c, target) and (still_ground(target) or ground).purpose is ground.purpose:
                return False
            return tells(c.exchange(Purpose.SIBLING, method, target.sibling, 0, form), form)

        return needed

    def _turn(self, c: Calibration, target: Target, ground: Ground, method: str, form: Form) -> bool:
        """The forms before this one were sent, or cannot tell here."""
        for earlier in self.forms[: self.forms.index(form)]:
            if self.possible(target, ground, method, earlier) is None:
                continue
            if c.knowledge.exchange(ground.purpose, method, target.template, 0, earlier) is not None:
                continue
            unknown = c.exchange(Purpose.SIBLING, method, target.sibling, 0, earlier)
            if unknown is None or tells(unknown, earlier):
                return False
        return True

    def _cleared(self, c: Calibration, target: Target, ground: Ground, method: str, form: Form) -> bool:
        return objection(self.environment, self.known(c, target, ground, method, form)) is None

    def _control_needed(self, target: Target, ground: Ground, control: str) -> Needed:
        """Where a method got an answer that K and G at this very place tell apart."""

        def needed(c: Calibration) -> bool:
            if not self._current(c, target, ground) or (control != "GET" and c.control != control):
                return False
            asked = [e for f in self.forms for m in METHODS
                     for e in [c.knowledge.exchange(ground.purpose, m, target.template, 0, f)] if e]  # fmt: skip
            # A 405 needs no control; a 501 may be a handler's.
            if any(e.status != 405 and self._puzzling(c, target, e) for e in asked):
                return True
            if control == "GET" and lookup_unseen(c, target):
                return any(self._is_open(c, target, m) and self._cleared(c, target, ground, m, Form.UNFINISHED)
                           for m in METHODS)  # fmt: skip
            # How this host answers a missing object is read where an object is known to exist.
            return control == "GET" and c.good(target) and self._objects_in_doubt(c)

        return needed

    def _puzzling(self, c: Calibration, target: Target, sent: Exchange) -> bool:
        return sent.status == 501 or self._is_open(c, target, sent.probe.method)

    def _objects_in_doubt(self, c: Calibration) -> bool:
        return any(
            s.form is not Form.PLAIN and s.purpose in (Purpose.ABSENT, Purpose.PHANTOM) and e.status in MISSING
            and s.subject in self.by_template and self._is_open(c, self.by_template[s.subject], s.method)
            for s, e in c.knowledge.slots.items()
        )  # fmt: skip

    def _shadow_needed(self, target: Target, ground: Ground, form: Form) -> Needed:
        """The control in the form of the method itself: is it the form that provokes this answer, or this silence?"""

        def needed(c: Calibration) -> bool:
            plain = c.knowledge.answer(ground.purpose, c.control, target.template)
            page = plain is not None and 200 <= plain.status < 300 and not c.blind
            if c.control != self.control or plain is None:
                return False
            if not page and plain.status not in MISSING | REFUSED | {403}:
                return False
            slots = ((m, Slot(ground.purpose, m, target.template, n, form)) for m in METHODS for n in (0, OTHER_TYPE))
            sent = ((m, c.knowledge.slots.get(slot)) for m, slot in slots)
            return any(e is not None and puzzles(e) and self._is_open(c, target, m) for m, e in sent)

        return needed

    def _again_needed(self, target: Target, ground: Ground, method: str) -> Needed:
        def needed(c: Calibration) -> bool:
            first = c.knowledge.exchange(ground.purpose, method, target.template, 0, Form.UNFINISHED)
            shadow = c.knowledge.answer(ground.purpose, c.control, target.template, 0, Form.UNFINISHED)
            silent = first is not None and first.failure is Failure.SILENT
            cleared = self._cleared(c, target, ground, method, Form.UNFINISHED)
            open_ = self._is_open(c, target, method)
            return open_ and silent and cleared and shadow is not None and shadow.status in MISSING | REFUSED

        return needed

    def _other_type_needed(self, target: Target, ground: Ground, method: str) -> Needed:
        """Refused with one documented media type: a router may look at that first."""

        def needed(c: Calibration) -> bool:
            first = c.knowledge.exchange(ground.purpose, method, target.template, 0, Form.UNFINISHED)
            refused = first is not None and first.status in REFUSED
            return refused and self._cleared(c, target, ground, method, Form.UNFINISHED)

        return needed

    def _afterwards_needed(self, group: Sequence[Target], method: str) -> Needed:
        def needed(c: Calibration) -> bool:
            return any(c.knowledge.exchange(g.purpose, method, t.template, 1, Form.UNFINISHED) is not None
                       and self._is_open(c, t, method) for t in group for g in [ground_of(c, t)] if g)  # fmt: skip

        return needed

    def hold(self, probe: Probe, knowledge: Knowledge) -> float:
        """Seconds to hold this request open."""
        target = self.by_template.get(probe.slot.subject)
        if target is None:
            target = next((t for t in self.targets if t.sibling == probe.slot.subject), None)
        return patience(knowledge, target) if target is not None else 0.0


def _moved(ground: Ground, path: str) -> Phantom:

    return replace(ground.phantom, path=path)
