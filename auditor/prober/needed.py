"""Whether a probe is still needed: pure predicates of what is known (DESIGN §2).

A predicate that is a function of a target returns the predicate itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from auditor.model.exchange import Purpose
from auditor.prober.calibrate import GATES, MISSING, REFUSED, Calibration, redirects_to_path
from auditor.prober.moved import is_sent_away
from auditor.prober.targets import Target
from auditor.prober.trust import allow_of
from auditor.prober.voices import below_control_needed

Needed = Callable[[Calibration], bool]
OPTIONS_SAMPLE = 3

ACTION_WORDS = frozenset(re.findall(r"\w+", """
    abort accept activate approve archive assign attach ban burn cancel charge checkout cleanup clear close
    commit complete confirm connect create deactivate decline decrement delete deny deploy destroy detach
    disable disconnect dismiss dispatch drain drop eject enable evict execute expire finish flush force grant
    halt import increment install interrupt invalidate invite invoke kill leave logoff logout mark merge migrate
    move notify optimize pause pay poweroff promote provision publish purge push quit reboot rebuild recalculate
    refresh refund reindex reject release reload remove rename renew repair replay reprocess requeue reschedule
    resend reset resolve restart restore resume retire retry revert revoke rollback rotate run save seed send
    ship shutdown signoff signout start stop submit subscribe suspend sync terminate toggle transfer trash
    trigger truncate unassign unban undeploy undo uninstall unlock unpublish unsubscribe update upgrade vacuum
    void wipe withdraw
"""))  # fmt: skip
"""Last segments that name an action: some code runs it whatever the method (DESIGN §4, method-blind handlers)."""


def is_action(path: str) -> bool:
    """Whether the last segment begins or ends with an action word: `/books:flush`, `/reset-cache`, `/doLogout`."""
    last = re.sub(r"\{[^}]*\}", "", path.rstrip("/").rsplit("/", 1)[-1])
    words = [w.lower() for w in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", last)]
    return bool(words) and (words[0] in ACTION_WORDS or words[-1] in ACTION_WORDS)


def always(c: Calibration) -> bool:
    """Needed whatever is known."""
    return True


def answered(count: int) -> Needed:
    """Whether so many exchanges are known."""
    return lambda c: len(c.knowledge.slots) >= count


def is_control(method: str) -> Needed:
    """The control method of this deployment is this one, not its stand-in."""
    return lambda c: c.control == method


def first_good(target: Target) -> Needed:
    """The path that showed the deployment alive is asked again at the end."""
    return lambda c: bool(c.goods) and c.goods[0] is target


def after_sibling(target: Target) -> Needed:
    """Calibrate first: the unknown sibling was asked, or there is none."""
    return lambda c: target.sibling is None or c.exchange(Purpose.SIBLING, "GET", target.sibling) is not None


def control_needed(target: Target, control: str, sample: frozenset[str]) -> Needed:
    """The control waits for the documented GETs: where they show that nothing is routed, a sample of it is enough.

    On a path that documents no GET it comes last: on a method-blind host it would run the handler.
    """

    def needed(c: Calibration) -> bool:
        if c.control != control or not after_sibling(target)(c) or not c.gets_asked:
            return False
        if not c.alive and nothing_routed(c) and target.template not in sample:
            return False
        if set(target.documented) & {"GET", "HEAD"}:
            return True
        # A handler of an action may run on any method: only where the framework is seen to refuse in its place.
        return c.controls_asked and not c.blind and (c.framework_refuses or not is_action(target.template))

    return needed


def is_blind(c: Calibration, target: Target) -> bool:
    """The control was neither refused here nor answered as on the unknown sibling: the handler may run on any method.

    A redirect to the slash twin runs no handler of this path, nor does one to the same path of another origin.
    """
    control, unknown = c.on_path(target, c.control), c.on_sibling(target, c.control)
    if control is None:
        return True
    if control.status in REFUSED or (target.twin and redirects_to_path(control, target.twin)):
        return False
    if target.path and c.redirects_to is None and is_sent_away(control, target.origin, target.path):
        return False
    return unknown is None or not c.alike(control, unknown)


def is_blind_twin(c: Calibration, target: Target) -> bool:
    """The same for the slash twin."""
    control, unknown = c.on_twin(target, c.control), c.on_sibling(target, c.control)
    if control is None:
        return True
    return control.status not in REFUSED and (unknown is None or not c.alike(control, unknown))


def blind_get_needed(target: Target) -> Needed:
    """GET where it is not documented: after the control, and never on an action (DESIGN §4)."""

    def needed(c: Calibration) -> bool:
        if "HEAD" not in target.documented and is_action(target.template):
            return False
        asked = c.exchange(Purpose.PATH, c.control, target.template) is not None
        return asked and ("HEAD" in target.documented or not is_blind(c, target))

    return needed


def options_needed(target: Target, targets: Sequence[Target]) -> Needed:
    """OPTIONS matters while Allow may still be trusted, and where the control cannot tell a missing path.

    A sample shows whether this host sends any Allow at all.
    """
    sample = {t.template for t in ([t for t in targets if "GET" in t.documented] or list(targets))[:OPTIONS_SAMPLE]}

    def needed(c: Calibration) -> bool:
        control = c.exchange(Purpose.PATH, c.control, target.template)
        if control is None or (acts_on_any(c, target) and "GET" not in target.documented):
            return False
        if c.alive and c.unknown_to_get(target) and c.control not in c.telling_methods:
            return True
        helps = c.allow_trust.gate or not c.allow_trust.refuted
        return helps and (target.template in sample or _sends_allow(c, sample))

    return needed


def acts_on_any(c: Calibration, target: Target) -> bool:
    """Blind, and not because a gate answered: 401 and 403 come from in front of the handler."""
    control = c.on_path(target, c.control)
    return is_blind(c, target) and (control is None or control.status not in GATES)


def _sends_allow(c: Calibration, sample: set[str]) -> bool:
    """Whether any Allow was seen once the sample is answered."""
    return c.sends_allow and all(c.exchange(Purpose.PATH, "OPTIONS", t) is not None for t in sample)


def sibling_options_needed(group: Sequence[Target]) -> Needed:
    """Needed where an Allow was seen (a sibling with one unmasks a blanket answer) or a path may be missing."""

    def needed(c: Calibration) -> bool:
        answers = [(t, a) for t in group for a in [c.on_path(t, "OPTIONS")] if a is not None]
        if any("OPTIONS" in t.documented for t in group):
            return True
        # A path may be missing: the siblings of what works must be answered as its own is, to be told by one program.
        return c.options_suspicion or any(allow_of(a) for _, a in answers)

    return needed


def suspected_missing(c: Calibration, target: Target) -> bool:
    """GET and a telling method answer here as on paths that cannot exist."""
    got = c.on_path(target, "GET")
    if got is None and c.exchange(Purpose.PATH, "GET", target.template) is not None:
        return False  # it was asked, and what came was no usable answer: that is not the unknown path's
    if got is not None and got.status not in MISSING:
        return False
    return any(
        answer is not None and unknown is not None and c.alike(answer, unknown)
        for method in c.telling_methods
        for answer, unknown in [(c.on_path(target, method), c.on_sibling(target, method))]
    )


def twin_needed(target: Target, method: str) -> Needed:
    """Where the path redirects to its twin, and before a path is called missing (Flask, gin redirect one method)."""

    def needed(c: Calibration) -> bool:
        if c.slash_redirect(target) is not None:
            return method != "GET" or "GET" in target.documented or not is_blind_twin(c, target)
        return method != "GET" and suspected_missing(c, target) and method in c.telling_methods

    return needed


def absent_needed(target: Target) -> Needed:
    """An object that another path's verdict rests on: some handlers answer 200 to any id."""
    return lambda c: target.path in c.doubted_parents and c.good(target)


def deeper_needed(target: Target) -> Needed:
    """A 404 unlike the sibling's may be a handler's or another back end's: ask that back end for an unknown path."""

    def needed(c: Calibration) -> bool:
        got, unknown = c.on_path(target, "GET"), c.on_sibling(target, "GET")
        return bool(got and unknown and got.status in MISSING and not c.same(got, unknown))

    return needed


def deeper_control_needed(target: Target, control: str) -> Needed:
    """What does the program that said 404 say to the control, where its unknown sibling may be another program's?"""

    def needed(c: Calibration) -> bool:
        got = c.on_path(target, "GET")
        if c.control != control or got is None or got.status not in MISSING:
            return False
        return below_control_needed(c, target, got)

    return needed


def shadow_needed(target: Target) -> Needed:
    """The path got an answer that the template which shadows it might have given."""

    def needed(c: Calibration) -> bool:
        got = c.on_path(target, "GET")
        return got is not None and got.status not in REFUSED

    return needed


def alternate_needed(target: Target, method: str) -> Needed:
    """Before a templated path is called missing: it may be the value's type that is not routed."""
    return lambda c: suspected_missing(c, target) and c.telling_methods[0] == method


def no_base_found(base: str) -> Needed:
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
