"""The part of the plan that `inert` mode adds: unfinished requests, their controls, and the proofs they need first.

A probe goes out only if its answer can change a verdict: nothing is asked about a cell that safe methods decided.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from auditor.model.cell import Reason, Support
from auditor.model.environment import Environment
from auditor.model.exchange import Exchange, Failure, Form, Probe, Purpose, Slot
from auditor.model.knowledge import Knowledge
from auditor.prober.calibrate import GATES, MISSING, REFUSED, TRANSIENT, Calibration
from auditor.prober.candidate import Candidate
from auditor.prober.ground import Ground, ground_of, still_ground
from auditor.prober.harmless import UNREAD_TYPE, Clearance, Proof, could_be_cleared, objection
from auditor.prober.inert_controls import acts_unread, patience
from auditor.prober.judge import judge_method
from auditor.prober.media import parse
from auditor.prober.needed import Needed
from auditor.prober.phantom import Phantom
from auditor.prober.targets import Target
from auditor.prober.unfinished import FORMS

METHODS = ("POST", "PUT", "PATCH", "DELETE")
_DECIDED_ELSEWHERE = frozenset({
    Reason.OTHER_SERVER, Reason.RATE_LIMITED, Reason.GATEWAY_ANSWERED, Reason.UNREACHABLE, Reason.UNSTABLE,
})  # fmt: skip
_PARSED_FIRST = frozenset({400, 411, 413, 415, 422})
_NONCE = re.compile(r"zq([0-9a-f]{16})")


class InertPlan:
    """Candidates of one environment in `inert` mode, and the clearance of each state-changing one."""

    def __init__(self, environment: Environment, targets: Sequence[Target], control: str) -> None:
        self.environment, self.control = environment, control
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
                    if self._possible(target, ground, method, Form.UNFINISHED) is not None:
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
        for prefix in self._possible(target, ground, method, Form.UNFINISHED) or ():
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
        sent = [(f, m) for f in self.forms for m in METHODS if self._possible(target, ground, m, f) is not None]
        for form, method in sent:
            yield self._make(ground.purpose, method, template, path, target,
                             self._method_needed(target, ground, method, form), form=form)  # fmt: skip
        if not sent:
            return
        if ground.purpose not in (Purpose.PATH, Purpose.TWIN):
            for control in ("GET", self.control):
                if control == "GET" and "GET" not in target.documented:
                    continue
                yield self._make(ground.purpose, control, template, path, target,
                                 self._control_needed(target, ground, control))  # fmt: skip
        for form in dict.fromkeys(f for f, _ in sent):
            yield self._make(ground.purpose, self.control, template, path, target,
                             self._shadow_needed(target, ground, form), form=form)  # fmt: skip
        for form, method in sent:
            if form is Form.UNFINISHED:
                yield self._make(ground.purpose, method, template, path, target,
                                 self._again_needed(target, ground, method), 1, form=form)  # fmt: skip

    def _make(
        self, purpose: Purpose, method: str, subject: str, path: str, target: Target, needed: Needed,
        ordinal: int = 0, *, form: Form = Form.PLAIN,
    ) -> Candidate:  # fmt: skip
        query = target.queries.get(method) if purpose is not Purpose.SIBLING else None
        fields = target.fields.get(method, ()) if purpose is not Purpose.SIBLING else ()
        media_type = None if form is Form.PLAIN else _media_type(target, method, form)
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
        return Clearance(probe.method, probe.form, path, phantom, "", body, media_type, proofs, probe.origin)

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

    def _possible(self, target: Target, ground: Ground, method: str, form: Form) -> tuple[str, ...] | None:
        """What GET would have to show first; None where this is never sent, or left out."""
        if method not in target.changes:
            return None
        asked = Clearance(method, form, ground.phantom.path, ground.phantom, "", target.bodies.get(method),
                          _media_type(target, method, form), origin=target.origin)  # fmt: skip
        return could_be_cleared(self.environment, asked)

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
        for target in self.targets:
            for method in METHODS:
                if method not in target.changes or (acting and method in ("POST", "PUT")):
                    continue
                verdict = judge_method(c, target, method)
                if verdict.support is Support.UNDETERMINED and verdict.reason not in _DECIDED_ELSEWHERE:
                    yield target.template, method

    def _current(self, c: Calibration, target: Target, ground: Ground) -> bool:
        now = ground_of(c, target)
        return now is not None and now.purpose is ground.purpose

    def _when_open(self, target: Target, ground: Ground, method: str) -> Needed:
        return lambda c: self._is_open(c, target, method) and self._current(c, target, ground)

    def _unknown_needed(self, group: Sequence[Target], method: str, form: Form) -> Needed:
        def needed(c: Calibration) -> bool:
            return any(
                self._is_open(c, t, method) and self._cleared(c, t, g, method, form)
                and self._turn(c, t, g, method, form)
                for t in group for g in [ground_of(c, t)] if g
            )  # fmt: skip

        return needed

    def _method_needed(self, target: Target, ground: Ground, method: str, form: Form) -> Needed:
        def needed(c: Calibration) -> bool:
            if not self._is_open(c, target, method) or not self._current(c, target, ground):
                return False
            if not self._turn(c, target, ground, method, form) or not self._cleared(c, target, ground, method, form):
                return False
            return _tells(c.exchange(Purpose.SIBLING, method, target.sibling, 0, form), form)

        return needed

    def _turn(self, c: Calibration, target: Target, ground: Ground, method: str, form: Form) -> bool:
        """The forms before this one were sent, or cannot tell here."""
        for earlier in self.forms[: self.forms.index(form)]:
            if self._possible(target, ground, method, earlier) is None:
                continue
            if c.knowledge.exchange(ground.purpose, method, target.template, 0, earlier) is not None:
                continue
            unknown = c.exchange(Purpose.SIBLING, method, target.sibling, 0, earlier)
            if unknown is None or _tells(unknown, earlier):
                return False
        return True

    def _cleared(self, c: Calibration, target: Target, ground: Ground, method: str, form: Form) -> bool:
        media_type = _media_type(target, method, form)
        probe = Probe(self.environment.name, Slot(ground.purpose, method, target.template, 0, form), target.origin,
                      ground.phantom.path, (), media_type)  # fmt: skip
        return objection(self.environment, self.clearance(probe, c.knowledge)) is None

    def _control_needed(self, target: Target, ground: Ground, control: str) -> Needed:
        """Where a method got an answer that K and G at this very place tell apart."""

        def needed(c: Calibration) -> bool:
            if not self._current(c, target, ground) or (control != "GET" and c.control != control):
                return False
            asked = [e for f in self.forms for m in METHODS
                     for e in [c.knowledge.exchange(ground.purpose, m, target.template, 0, f)] if e]  # fmt: skip
            if any(e.status not in REFUSED and self._is_open(c, target, e.probe.method) for e in asked):
                return True
            # How this host answers a missing object is read where an object is known to exist.
            return control == "GET" and c.good(target) and self._objects_in_doubt(c)

        return needed

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
            sent = ((m, c.knowledge.exchange(ground.purpose, m, target.template, 0, form)) for m in METHODS)
            return any(e is not None and _puzzles(e) and self._is_open(c, target, m) for m, e in sent)

        return needed

    def _again_needed(self, target: Target, ground: Ground, method: str) -> Needed:
        def needed(c: Calibration) -> bool:
            first = c.knowledge.exchange(ground.purpose, method, target.template, 0, Form.UNFINISHED)
            shadow = c.knowledge.answer(ground.purpose, c.control, target.template, 0, Form.UNFINISHED)
            silent = first is not None and first.failure is Failure.SILENT
            cleared = self._is_open(c, target, method) and self._cleared(c, target, ground, method, Form.UNFINISHED)
            return silent and cleared and shadow is not None and shadow.status in MISSING | REFUSED

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


def _tells(unknown: Exchange | None, form: Form) -> bool:
    """Whether the unknown sibling's answer leaves anything to be told: no parser, gateway or wait stands in front."""
    if unknown is None or unknown.answer is None or not unknown.answer.whole:
        return False
    return unknown.answer.status not in _PARSED_FIRST | TRANSIENT


def _puzzles(sent: Exchange) -> bool:
    """Silent, or answered as a handler might, and a filter in front of it as well."""
    if sent.failure is Failure.SILENT:
        return True
    status = sent.status
    return status is not None and status >= 400 and status not in MISSING | REFUSED | TRANSIENT | GATES


def _media_type(target: Target, method: str, form: Form) -> str:
    """The documented JSON type, else plain JSON."""
    if form is Form.UNKNOWN_TYPE:
        return UNREAD_TYPE
    body = target.bodies.get(method)
    for text in body.media_types if body is not None else ():
        stated = parse(text)
        if stated is not None and (stated.essence == "application/json" or stated.essence.endswith("+json")):
            return stated.essence
    return "application/json"


def _moved(ground: Ground, path: str) -> Phantom:

    return replace(ground.phantom, path=path)
