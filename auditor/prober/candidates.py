"""The plan: every request that may be sent, each with a predicate that says whether it is still needed.

A candidate goes out only if its answer can change a verdict. The catalogue is finite, so the upper bound is known
before the first request (DESIGN §2, PROMISES P10).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from auditor.model.environment import Environment, Origin
from auditor.model.exchange import Probe, Purpose, Slot
from auditor.model.knowledge import Knowledge
from auditor.model.methods import is_safe
from auditor.prober.calibrate import GATES, MISSING, REFUSED, Calibration, allow_of, controls, redirects_to_path
from auditor.prober.targets import Target

Needed = Callable[[Calibration], bool]

ACTION_WORDS = frozenset(re.findall(r"\w+", """
    activate approve cancel clear close commit confirm deactivate delete disable drop enable execute expire flush invoke
    kill logoff logout migrate pause purge quit reboot rebuild refresh reindex reload remove reset restart restore
    resume retry revoke rollback rotate run save send shutdown signout start stop submit subscribe sync terminate
    trigger uninstall unsubscribe upgrade wipe
"""))  # fmt: skip
"""Last segments that name an action: some code runs it whatever the method (DESIGN §4, method-blind handlers)."""

COMMON_BASES = ("/api", "/api/v1", "/v1", "/api/v2", "/v2", "/rest")
MAX_BASES = 6
OPTIONS_SAMPLE = 3
CONTROL_SAMPLE = 5


@dataclass(frozen=True, slots=True)
class Candidate:
    """One probe and the pure predicate of knowledge that says whether it is needed now."""

    probe: Probe
    needed: Needed
    final: bool = False
    """Asked only when nothing else is needed: the controls after."""


def is_action(path: str) -> bool:
    """Whether the last segment begins or ends with an action word: `/books:flush`, `/reset-cache`, `/doLogout`."""
    last = re.sub(r"\{[^}]*\}", "", path.rstrip("/").rsplit("/", 1)[-1])
    words = [w.lower() for w in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", last)]
    return bool(words) and (words[0] in ACTION_WORDS or words[-1] in ACTION_WORDS)


class Catalogue:
    """All candidates of one environment."""

    def __init__(self, environment: Environment, targets: Sequence[Target], bases: Sequence[str] = ()) -> None:
        self.environment = environment
        self.targets = [t for t in targets if not t.other_server and not t.untouchable]
        self.control, self.stand_in = controls(targets)
        self.bases = bases
        self.sample = frozenset(t.template for t in [t for t in self.targets if t.path][:CONTROL_SAMPLE])
        self.candidates: tuple[Candidate, ...] = tuple(self._all())

    @property
    def upper_bound(self) -> int:
        """How many probes there can be at the most; retries of transport failures come on top."""
        return len(self.candidates)

    def needed(self, knowledge: Knowledge) -> list[Probe]:
        """The next wave: what is needed and not answered yet, in the order of the catalogue."""
        calibration = Calibration(knowledge, self.targets)
        open_ = [c for c in self.candidates if c.probe.slot not in knowledge.slots]
        wave = [c.probe for c in open_ if not c.final and c.needed(calibration)]
        return wave or [c.probe for c in open_ if c.final and c.needed(calibration)]

    # --- the catalogue --------------------------------------------------------------------------------------------

    def _all(self) -> Iterator[Candidate]:
        siblings = {t.sibling: t for t in reversed(self.targets) if t.sibling}
        siblings = dict(reversed(siblings.items()))
        for sibling, target in siblings.items():
            yield from self._sibling(sibling, target)
        for target in self.targets:
            if target.path is not None:
                yield from self._path(target)
        for target in self.targets:
            if target.path is not None:
                yield from self._suspicions(target)
        yield from self._bases()
        for i, (sibling, target) in enumerate(siblings.items()):
            if i < 3:
                yield self._make(Purpose.SIBLING, "GET", sibling, sibling, target, _always, 1, final=True)
        for target in [t for t in self.targets if t.path and "GET" in t.documented][:3]:
            yield self._make(
                Purpose.PATH, "GET", target.template, target.path or "", target, _first_good(target), ordinal=1
            )

    def _make(
        self, purpose: Purpose, method: str, subject: str, path: str, target: Target, needed: Needed,
        ordinal: int = 0, *, final: bool = False,
    ) -> Candidate:  # fmt: skip
        own = purpose in (Purpose.PATH, Purpose.TWIN, Purpose.SHADOW, Purpose.DEEPER)
        query = target.queries.get(method) if own else None
        fields = target.fields.get(method, ()) if own else ()
        slot = Slot(purpose, method, subject, ordinal)
        full = f"{path}?{query}" if query else path
        return Candidate(Probe(self.environment.name, slot, target.origin, full or "/", fields), needed, final)

    def _sibling(self, sibling: str, target: Target) -> Iterator[Candidate]:
        group = [t for t in self.targets if t.sibling == sibling]
        yield self._make(Purpose.SIBLING, "GET", sibling, sibling, target, _always)
        for control in dict.fromkeys((self.control, self.stand_in)):
            yield self._make(Purpose.SIBLING, control, sibling, sibling, target, _is_control(control))
        yield self._make(Purpose.SIBLING, "OPTIONS", sibling, sibling, target, _options_of_sibling(group))
        extra = {m for t in group for m in self._documented_safe(t)} - {"GET", "OPTIONS", self.control, self.stand_in}
        for method in sorted(extra):
            yield self._make(Purpose.SIBLING, method, sibling, sibling, target, _always)

    def _documented_safe(self, target: Target) -> list[str]:
        """Documented safe methods that may be sent. TRACE is not: it echoes what the client sent (PROMISES P1)."""
        return [m for m in target.documented if is_safe(m) and m not in ("TRACE", "PRI") and m not in target.excluded]

    def _path(self, target: Target) -> Iterator[Candidate]:
        path = target.path or ""
        if "GET" in target.excluded or "HEAD" in target.excluded:
            return  # a GET that must not be sent may run whatever the method is: nothing is sent here
        for method in self._documented_safe(target):
            yield self._make(Purpose.PATH, method, target.template, path, target, _after_sibling(target))
        for control in dict.fromkeys((self.control, self.stand_in)):
            yield self._make(
                Purpose.PATH, control, target.template, path, target, _control_of(target, control, self.sample)
            )
        if "GET" not in target.documented:
            yield self._make(Purpose.PATH, "GET", target.template, path, target, _blind_get(target))
        if "OPTIONS" not in target.documented:
            yield self._make(Purpose.PATH, "OPTIONS", target.template, path, target, _options_of(target, self.targets))

    def _suspicions(self, target: Target) -> Iterator[Candidate]:
        if target.twin and not target.excluded & {"GET", "HEAD"}:
            for method in dict.fromkeys(("GET", self.control, "OPTIONS")):
                needed = _twin(target, method)
                yield self._make(Purpose.TWIN, method, target.template, target.twin, target, needed)
        if target.deeper:
            yield self._make(Purpose.DEEPER, "GET", target.template, target.deeper, target, _deeper(target))
        if target.shadow:
            yield self._make(Purpose.SHADOW, "GET", target.template, target.shadow, target, _shadow(target))
        for method in dict.fromkeys((self.control, "OPTIONS")):
            for i, path in enumerate(target.alternates):
                needed = _alternate(target, method)
                yield self._make(Purpose.ALTERNATE, method, target.template, path, target, needed, ordinal=i)

    def _bases(self) -> Iterator[Candidate]:
        """Guesses at the right base path, asked only where the configured one serves nothing at all (DESIGN §4)."""
        literal = [t for t in self.targets if t.path and not t.templated and "GET" in t.documented]
        literal = [t for t in literal if not t.excluded & {"GET"} and not is_action(t.template)][:2]
        here = self.environment.base_path
        for base in [b for b in dict.fromkeys((*self.bases, *COMMON_BASES)) if b != here][:MAX_BASES]:
            for target in literal:
                local = (target.path or "")[len(here) :]
                sibling = (target.sibling or here + "/zq")[len(here) :]
                yield self._make(Purpose.BASE, "GET", f"{base}|{local}", base + local, target, _base(base))
                yield self._make(Purpose.BASE, "GET", f"{base}|sibling", base + sibling, target, _base(base))


# --- predicates: pure functions of what is known ----------------------------------------------------------------------


def _always(c: Calibration) -> bool:
    return True


def _is_control(method: str) -> Needed:
    return lambda c: c.control == method


def _first_good(target: Target) -> Needed:
    return lambda c: bool(c.goods) and c.goods[0] is target


def _after_sibling(target: Target) -> Needed:
    return lambda c: target.sibling is None or c.exchange(Purpose.SIBLING, "GET", target.sibling) is not None


def _control_of(target: Target, control: str, sample: frozenset[str]) -> Needed:
    """The control waits for the documented GETs: where they show that nothing is routed, a sample of it is enough.

    On a path that documents no GET it comes last: on a method-blind host it would run the handler.
    """

    def needed(c: Calibration) -> bool:
        if c.control != control or not _after_sibling(target)(c) or not c.gets_asked:
            return False
        if not c.alive and nothing_routed(c) and target.template not in sample:
            return False
        return bool(set(target.documented) & {"GET", "HEAD"}) or (c.controls_asked and not c.blind)

    return needed


def is_blind(c: Calibration, target: Target) -> bool:
    """The control was neither refused here nor answered as on the unknown sibling: the handler may run on any method.

    A redirect to the slash twin runs no handler of this path.
    """
    control, unknown = c.on_path(target, c.control), c.on_sibling(target, c.control)
    if control is None:
        return True
    if control.status in REFUSED or (target.twin and redirects_to_path(control, target.twin)):
        return False
    return unknown is None or not c.alike(control, unknown)


def is_blind_twin(c: Calibration, target: Target) -> bool:
    """The same for the slash twin."""
    control, unknown = c.on_twin(target, c.control), c.on_sibling(target, c.control)
    if control is None:
        return True
    return control.status not in REFUSED and (unknown is None or not c.alike(control, unknown))


def _blind_get(target: Target) -> Needed:
    """GET where it is not documented: after the control, and never on an action (DESIGN §4)."""

    def needed(c: Calibration) -> bool:
        if "HEAD" not in target.documented and is_action(target.template):
            return False
        asked = c.exchange(Purpose.PATH, c.control, target.template) is not None
        return asked and ("HEAD" in target.documented or not is_blind(c, target))

    return needed


def _options_of(target: Target, targets: Sequence[Target]) -> Needed:
    """OPTIONS matters while Allow may still be trusted, and where the control cannot tell a missing path.

    A sample shows whether this host sends any Allow at all.
    """
    sample = {t.template for t in ([t for t in targets if "GET" in t.documented] or list(targets))[:OPTIONS_SAMPLE]}

    def needed(c: Calibration) -> bool:
        control = c.exchange(Purpose.PATH, c.control, target.template)
        if control is None or (_acts_on_any(c, target) and "GET" not in target.documented):
            return False
        if c.alive and _unknown_to_get(c, target) and c.control not in c.telling_methods:
            return True
        return not c.allow_trust.refuted and (target.template in sample or _sends_allow(c, sample))

    return needed


def _acts_on_any(c: Calibration, target: Target) -> bool:
    """Blind, and not because a gate answered: 401 and 403 come from in front of the handler."""
    control = c.on_path(target, c.control)
    return is_blind(c, target) and (control is None or control.status not in GATES)


def _unknown_to_get(c: Calibration, target: Target) -> bool:
    got, unknown = c.on_path(target, "GET"), c.on_sibling(target, "GET")
    return bool(got and unknown and got.status in MISSING and c.alike(got, unknown))


def _sends_allow(c: Calibration, sample: set[str]) -> bool:
    """Whether any Allow was seen once the sample is answered."""
    return c.sends_allow and all(c.exchange(Purpose.PATH, "OPTIONS", t) is not None for t in sample)


def _options_of_sibling(group: Sequence[Target]) -> Needed:
    """Needed where an Allow was seen (a sibling with one unmasks a blanket answer) or a path may be missing."""

    def needed(c: Calibration) -> bool:
        answers = [(t, a) for t in group for a in [c.on_path(t, "OPTIONS")] if a is not None]
        if any("OPTIONS" in t.documented for t in group):
            return True
        return any(allow_of(a) or (a.status in MISSING and _unknown_to_get(c, t)) for t, a in answers)

    return needed


def suspected_missing(c: Calibration, target: Target) -> bool:
    """GET and a telling method answer here as on paths that cannot exist."""
    got = c.on_path(target, "GET")
    if got is not None and got.status not in MISSING:
        return False
    return any(
        answer is not None and unknown is not None and c.alike(answer, unknown)
        for method in c.telling_methods
        for answer, unknown in [(c.on_path(target, method), c.on_sibling(target, method))]
    )


def _twin(target: Target, method: str) -> Needed:
    """Where the path redirects to its twin, and before a path is called missing (Flask, gin redirect one method)."""

    def needed(c: Calibration) -> bool:
        if c.slash_redirect(target) is not None:
            return method != "GET" or "GET" in target.documented or not is_blind_twin(c, target)
        return method != "GET" and suspected_missing(c, target) and method in c.telling_methods

    return needed


def _deeper(target: Target) -> Needed:
    """A 404 unlike the sibling's may be a handler's or another back end's: ask that back end for an unknown path."""

    def needed(c: Calibration) -> bool:
        got, unknown = c.on_path(target, "GET"), c.on_sibling(target, "GET")
        return bool(got and unknown and got.status in MISSING and not c.same(got, unknown))

    return needed


def _shadow(target: Target) -> Needed:
    def needed(c: Calibration) -> bool:
        got = c.on_path(target, "GET")
        return got is not None and got.status not in REFUSED

    return needed


def _alternate(target: Target, method: str) -> Needed:
    return lambda c: suspected_missing(c, target) and c.telling_methods[0] == method


def _base(base: str) -> Needed:
    """Asked while no guess has worked yet, and only where every documented path is unknown to the deployment."""

    def needed(c: Calibration) -> bool:
        if c.alive or c.catch_all or c.auth_wall or not nothing_routed(c):
            return False
        tried = [e for s, e in c.knowledge.slots.items() if s.purpose is Purpose.BASE]
        return not any(e.status is not None and 200 <= e.status < 300 for e in tried)

    return needed


def nothing_routed(c: Calibration) -> bool:
    """Every documented path that was asked answers 404 like a path that cannot exist."""
    asked = [(c.on_path(t, "GET") or c.on_path(t, c.control), t) for t in c.targets]
    known = [(a, t) for a, t in asked if a is not None]
    return bool(known) and all(a.status in MISSING for a, _ in known)


def bases_of(servers: Sequence[str], environment: Environment) -> tuple[str, ...]:
    """Base paths worth a guess: those of the description's own servers, and the bare origin."""
    found = [urlsplit(s).path.rstrip("/") for s in servers]
    return tuple(dict.fromkeys(b for b in [*found, ""] if b != environment.base_path))


__all__ = [
    "Candidate",
    "Catalogue",
    "Origin",
    "bases_of",
    "is_action",
    "is_blind",
    "nothing_routed",
    "suspected_missing",
]
