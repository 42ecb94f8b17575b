"""The plan: every request that may be sent, each with a predicate that says whether it is still needed.

A candidate goes out only if its answer can change a verdict. The catalogue is finite, so the upper bound is known
before the first request (DESIGN §2, PROMISES P10).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from auditor.model.environment import Environment, Mode
from auditor.model.exchange import Form, Probe, Purpose, Slot
from auditor.model.knowledge import Knowledge
from auditor.model.methods import is_safe
from auditor.prober import build_id, harvest
from auditor.prober.calibrate import Calibration, controls
from auditor.prober.candidate import Candidate, bound, within_bounds
from auditor.prober.content import Content
from auditor.prober.harvest import Wanted
from auditor.prober.inert import InertPlan
from auditor.prober.needed import (
    Needed,
    absent_needed,
    after_sibling,
    alternate_needed,
    always,
    answered,
    blind_get_needed,
    control_needed,
    deeper_control_needed,
    deeper_needed,
    first_good,
    is_action,
    is_control,
    no_base_found,
    options_needed,
    shadow_needed,
    sibling_options_needed,
    twin_needed,
)
from auditor.prober.request_target import visible_ascii
from auditor.prober.stored import settled
from auditor.prober.surveys import repeated, surveyed
from auditor.prober.targets import Target

COMMON_BASES = ("/api", "/api/v1", "/v1", "/api/v2", "/v2", "/rest")
MAX_BASES = 6
CONTROL_SAMPLE = 5
STALLS = 8
"""State-changing probes sent between two looks at what is still needed; each waits for the one before it."""
_OF_STORES = (Purpose.VARIED, Purpose.REPEAT)
"""Surveys that must see what caches answered; for the others the origin's answer has taken its place."""
DURING_EVERY = 200
"""A control is repeated after so many answers."""


class Catalogue:
    """All candidates of one environment."""

    def __init__(
        self, environment: Environment, targets: Sequence[Target], bases: Sequence[str] = (), *,
        wanted: Mapping[str, tuple[Wanted, ...]] | None = None, replan: Callable[[Knowledge], Catalogue] | None = None,
        learnt: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        self.environment, self.wanted, self.learnt = environment, wanted or {}, dict(learnt or {})
        self._replan = replan
        self._donors = {t.template: t.donors for t in targets if t.donors}
        self.targets = [t for t in targets if not t.other_server and not t.untouchable]
        self.control, self.stand_in = controls(targets)
        self.bases = bases
        self.sample = frozenset(t.template for t in [t for t in self.targets if t.path][:CONTROL_SAMPLE])
        # One slot, one probe: the first that asks for it is the one that is sent.
        unique: dict[Slot, Candidate] = {}
        for candidate in self._all():
            unique.setdefault(candidate.probe.slot, candidate)
        self.inert = InertPlan(environment, self.targets, self.control)
        self._inert: dict[Slot, Candidate] = {}
        for candidate in self.inert.candidates() if environment.mode is Mode.INERT else ():
            known = self._inert.get(candidate.probe.slot)
            self._inert[candidate.probe.slot] = known.also(candidate) if known else candidate
        self._safe = tuple(unique.values())
        self._surveys = surveyed(environment, self.targets)
        self.again = repeated.differ_quota(environment)
        """What may be sent of the same requests again where answers differ."""
        inert = (c for s, c in self._inert.items() if s not in unique)
        self.candidates = (*self._safe, *inert, *self._surveys)

    @property
    def upper_bound(self) -> int:
        """How many probes there can be at the most; retries of transport failures come on top."""
        return bound(self.candidates) + self.again.most

    def needed(self, knowledge: Knowledge) -> list[Probe]:
        """The next wave: what is needed and not answered yet, in the order of the catalogue.

        State-changing methods wait until safe ones can settle nothing more, and travel in waves of their own; surveys
        wait until support is settled.
        """
        seen = Calibration(knowledge, self.targets)
        calibration = settled(seen)
        waiting = self._waiting(knowledge)
        open_ = [c for c in self._safe if c.probe.slot not in knowledge.slots and c.probe.slot.subject not in waiting]
        wave = [c.probe for c in open_ if not c.final and c.needed(calibration)]
        if not wave:
            unasked = [c for s, c in self._inert.items() if s not in knowledge.slots]
            found = [c.probe for c in unasked if c.needed(calibration)]
            wave = [p for p in found if p.form is Form.PLAIN] or found[:STALLS]
        if not wave:
            asked = [*self._surveys, *repeated.further(self.environment, self.targets, seen)]
            late = (c for c in asked if c.probe.slot not in knowledge.slots
                    and c.needed(seen if c.probe.purpose in _OF_STORES else calibration))  # fmt: skip
            wave = within_bounds(late, Counter(c.quota for c in asked if c.probe.slot in knowledge.slots))
        return wave or [c.probe for c in open_ if c.final and c.needed(calibration)]

    def after(self, knowledge: Knowledge) -> Catalogue:
        """The catalogue for what is known now: with the objects that collections have named meanwhile."""
        if self._replan is None or harvest.learnt(knowledge) == self.learnt:
            return self
        return self._replan(knowledge)

    def _waiting(self, knowledge: Knowledge) -> frozenset[str]:
        """Subjects whose objects a collection may still name: templates, and the siblings of these alone."""
        askable = {t.template for t in self.targets if t.path is not None}
        held = {
            template for template, donors in self._donors.items()
            if any(d in askable and knowledge.exchange(Purpose.PATH, "GET", d) is None for d in donors)
        }  # fmt: skip
        free = {t.sibling for t in self.targets if t.template not in held}
        return frozenset(held | {t.sibling for t in self.targets if t.sibling and t.sibling not in free})

    def content(self, probe: Probe, knowledge: Knowledge) -> Content | None:
        """What this probe sends besides its head, and why it may; None for a plain one."""
        if probe.form is Form.PLAIN:
            return None
        clearance = self.inert.clearance(probe, knowledge)
        return Content(clearance, self.inert.hold(probe, knowledge))

    # --- the catalogue --------------------------------------------------------------------------------------------

    def _all(self) -> Iterator[Candidate]:
        groups: dict[str, list[Target]] = {}
        for target in self.targets:
            if target.sibling:
                groups.setdefault(target.sibling, []).append(target)
        yield from build_id.candidates(self.environment)
        siblings = {sibling: group[0] for sibling, group in groups.items()}
        for sibling, group in groups.items():
            yield from self._sibling(sibling, group)
        for target in self.targets:
            if target.path is not None:
                yield from self._path(target)
        for target in self.targets:
            if target.path is not None:
                yield from self._suspicions(target)
        yield from self._bases()
        yield from self._during(siblings)
        for i, (sibling, target) in enumerate(siblings.items()):
            if i < 3:
                yield self._make(Purpose.SIBLING, "GET", sibling, sibling, target, always, 1, final=True)
        readable = (t for t in self.targets if t.path and "GET" in t.documented and not t.excluded & {"GET", "HEAD"})
        for target in list(readable)[:3]:
            needed = first_good(target)
            yield self._make(Purpose.PATH, "GET", target.template, target.path or "", target, needed, 1, final=True)

    def _during(self, siblings: dict[str, Target]) -> Iterator[Candidate]:
        """A control again after every so many answers (PROMISES P24: before, during and after)."""
        sibling, target = next(iter(siblings.items()), (None, None))
        if sibling is None or target is None:
            return
        for i in range(1, len(self.targets) * 3 // DURING_EVERY + 1):
            needed = answered(DURING_EVERY * i)
            yield self._make(Purpose.SIBLING, "GET", sibling, sibling, target, needed, ordinal=1 + i)

    def _make(
        self, purpose: Purpose, method: str, subject: str, path: str, target: Target, needed: Needed,
        ordinal: int = 0, *, final: bool = False,
    ) -> Candidate:  # fmt: skip
        own = purpose in (Purpose.PATH, Purpose.TWIN, Purpose.SHADOW, Purpose.DEEPER, Purpose.ABSENT)
        query = target.queries.get(method) if own else None
        fields = target.fields.get(method, ()) if own else ()
        slot = Slot(purpose, method, subject, ordinal)
        full = f"{path}?{query}" if query else path
        return Candidate(Probe(self.environment.name, slot, target.origin, full or "/", fields), needed, final)

    def _sibling(self, sibling: str, group: Sequence[Target]) -> Iterator[Candidate]:
        target = group[0]
        yield self._make(Purpose.SIBLING, "GET", sibling, sibling, target, always)
        for control in dict.fromkeys((self.control, self.stand_in)):
            yield self._make(Purpose.SIBLING, control, sibling, sibling, target, is_control(control))
        yield self._make(Purpose.SIBLING, "OPTIONS", sibling, sibling, target, sibling_options_needed(group))
        extra = {m for t in group for m in self._documented_safe(t)} - {"GET", "OPTIONS", self.control, self.stand_in}
        for method in sorted(extra):
            yield self._make(Purpose.SIBLING, method, sibling, sibling, target, always)

    def _documented_safe(self, target: Target) -> list[str]:
        """Documented safe methods that may be sent. TRACE is not: it echoes what the client sent (PROMISES P1)."""
        return [m for m in target.documented if is_safe(m) and m not in ("TRACE", "PRI") and m not in target.excluded]

    def _path(self, target: Target) -> Iterator[Candidate]:
        path = target.path or ""
        if "GET" in target.excluded or "HEAD" in target.excluded:
            return  # a GET that must not be sent may run whatever the method is: nothing is sent here
        for method in self._documented_safe(target):
            yield self._make(Purpose.PATH, method, target.template, path, target, after_sibling(target))
        for control in dict.fromkeys((self.control, self.stand_in)):
            yield self._make(
                Purpose.PATH, control, target.template, path, target, control_needed(target, control, self.sample)
            )
        if "GET" not in target.documented:
            yield self._make(Purpose.PATH, "GET", target.template, path, target, blind_get_needed(target))
        if "OPTIONS" not in target.documented:
            yield self._make(
                Purpose.PATH, "OPTIONS", target.template, path, target, options_needed(target, self.targets)
            )

    def _suspicions(self, target: Target) -> Iterator[Candidate]:
        if target.excluded & {"GET", "HEAD"}:
            return
        if target.twin:
            for method in dict.fromkeys(("GET", self.control, "OPTIONS")):
                needed = twin_needed(target, method)
                yield self._make(Purpose.TWIN, method, target.template, target.twin, target, needed)
        if target.deeper:
            yield self._make(Purpose.DEEPER, "GET", target.template, target.deeper, target, deeper_needed(target))
            for control in dict.fromkeys((self.control, self.stand_in)):
                needed = deeper_control_needed(target, control)
                yield self._make(Purpose.DEEPER, control, target.template, target.deeper, target, needed)
        if target.shadow:
            yield self._make(Purpose.SHADOW, "GET", target.template, target.shadow, target, shadow_needed(target))
        if target.absent and "GET" in target.documented:
            needed = absent_needed(target)
            yield self._make(Purpose.ABSENT, "GET", target.template, target.absent, target, needed)
        for method in dict.fromkeys((self.control, "OPTIONS")):
            for i, path in enumerate(target.alternates):
                needed = alternate_needed(target, method)
                yield self._make(Purpose.ALTERNATE, method, target.template, path, target, needed, ordinal=i)

    def _bases(self) -> Iterator[Candidate]:
        """Guesses at the right base path, asked only where the configured one serves nothing at all (DESIGN §4)."""
        literal = [t for t in self.targets if t.path and not t.templated and "GET" in t.documented]
        literal = [t for t in literal if not t.excluded & {"GET"} and not is_action(t.template)][:2]
        here = self.environment.base_path
        literal = [t for t in literal if t.origin == self.environment.origin and (t.path or "").startswith(here + "/")]
        for base in [b for b in dict.fromkeys((*self.bases, *COMMON_BASES)) if b != here][:MAX_BASES]:
            for target in literal:
                local = (target.path or "")[len(here) :]
                sibling = target.sibling[len(here) :] if target.sibling else "/zq" + local.strip("/").replace("/", "-")
                yield self._make(
                    Purpose.BASE, "GET", f"{base}|{local}", visible_ascii(base) + local, target, no_base_found(base)
                )
                yield self._make(
                    Purpose.BASE, "GET", f"{base}|sibling", visible_ascii(base) + sibling, target, no_base_found(base)
                )


def bases_of(servers: Sequence[str], environment: Environment) -> tuple[str, ...]:
    """Base paths worth a guess: those of the description's own servers, and the bare origin."""
    found = [urlsplit(s).path.rstrip("/") for s in servers]
    return tuple(dict.fromkeys(b for b in [*found, ""] if b != environment.base_path))
