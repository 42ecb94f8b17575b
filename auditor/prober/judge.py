"""From knowledge to cells: the table from answers to support (DESIGN §4; docs/verdicts.md lists it row by row).

Every verdict is a comparison with controls of the same deployment. `R` is the answer to the method itself, `U` the
sibling's answer to the same method, `K` the answer to the control method on this path, `KU` the sibling's.
"""

from __future__ import annotations

from dataclasses import dataclass

from auditor.model.cell import Basis, Cell, Reason, Support
from auditor.model.exchange import Answer, Exchange, Purpose, ids
from auditor.model.methods import is_safe
from auditor.prober.access import hidden
from auditor.prober.advertised import judge_advertised, undecided_write, unsent
from auditor.prober.calibrate import GATES, MISSING, REFUSED, TRANSIENT, Calibration, redirects_to_path, toggles_slash
from auditor.prober.calibrate import same_responder as same_program
from auditor.prober.disguise import MAY_REFUSE, is_mute, may_refuse
from auditor.prober.repeats import steadied
from auditor.prober.routing import not_routed, parents_exist
from auditor.prober.signature import is_missing_file
from auditor.prober.stored import judge_stored
from auditor.prober.targets import Target
from auditor.prober.trust import allow_of
from auditor.prober.unfinished import judge_unfinished
from auditor.prober.verdict import Verdict, failed, supported, undetermined, unsupported
from auditor.prober.voices import refusal_tells


def judge(c: Calibration, environment: str, target: Target, methods: tuple[str, ...]) -> list[Cell]:
    """The cells of one path. Pure: depends on the exchanges alone, never on what is documented."""
    verdicts = ((m, steadied(c, target, m, judge_method(c, target, m), judge_method)) for m in methods)
    return [_cell(environment, target, m, v) for m, v in verdicts]


def _cell(environment: str, target: Target, method: str, v: Verdict) -> Cell:
    return Cell(environment, target.template, method, v.support, v.basis, v.reason, v.why, ids(v.exchanges))


def judge_method(c: Calibration, target: Target, method: str) -> Verdict:
    """One cell: what the exchanges show; where credentials may hide the path, its absence shows nothing."""
    found = _judged(c, target, method)
    seen = hidden(c, target) if found.support is Support.UNSUPPORTED else None
    sent = next((e for e in found.exchanges if e is not None), None)
    if seen is None or sent is None or sent.status not in MISSING:
        return found
    why = (f"{sent.status} to these credentials, as on an unknown path; but without any the path asks for them "
           f"({seen[0].status}) and the unknown one does not: it may be hidden from this role")  # fmt: skip
    return undetermined(Reason.AUTH_WALL, why, sent, *seen)


def _judged(c: Calibration, target: Target, method: str) -> Verdict:
    """The method itself where it was sent, else what the path and a trusted `Allow` say."""
    if target.other_server:
        return undetermined(Reason.OTHER_SERVER, "the description puts this path on another server")
    if c.unstable:
        return undetermined(Reason.UNSTABLE, "the controls were answered differently at the end", *_repeats(c))
    own = judge_observed(c, target, method) if is_safe(method) else judge_unfinished(c, target, method)
    if own is not None and own.support is not Support.UNDETERMINED:
        return own if is_safe(method) else _uncontradicted(c, target, method, own)
    missing = not_routed(c, target)
    if missing is not None:
        return unsupported(missing.why, *missing.exchanges, basis=Basis.INFERRED)
    if own is not None and own.reason is Reason.CONFLICTING_ANSWERS:
        return own
    advertised = judge_advertised(c, target, method)
    if advertised is not None:
        return advertised if is_safe(method) else advertised.beside(own)
    return own or undecided_write(c, target)


def _uncontradicted(c: Calibration, target: Target, method: str, own: Verdict) -> Verdict:
    """What a state-changing probe showed; where a trusted Allow says otherwise, both are shown and neither wins."""
    said = judge_advertised(c, target, method)
    if said is None or said.support in (own.support, Support.UNDETERMINED):
        return own
    why = f"{own.why}; but {said.why}"
    return undetermined(Reason.CONFLICTING_ANSWERS, why, *own.exchanges, *said.exchanges)


def _repeats(c: Calibration) -> list[Exchange]:
    return [
        e for s, e in sorted(c.knowledge.slots.items()) if s.ordinal and s.purpose in (Purpose.SIBLING, Purpose.PATH)
    ]


# --- the method itself was sent ---------------------------------------------------------------------------------------


def judge_observed(c: Calibration, target: Target, method: str) -> Verdict:
    """The verdict on a safe method by its own answer."""
    sent = c.exchange(Purpose.PATH, method, target.template)
    if sent is None:
        return unsent(c, target, method)
    if sent.answer is None:
        return failed(sent)
    answer = sent.answer
    if not answer.whole:
        return undetermined(Reason.MALFORMED_ANSWER, f"the answer ended before it was whole ({answer.end})", sent)
    held = judge_stored(c, target, method, sent)
    if held is not None:
        return held
    if answer.status in REFUSED:
        return _refused(c, target, method, sent, answer)
    if answer.status == 429:
        return undetermined(Reason.RATE_LIMITED, "the deployment limits our rate", sent)
    if answer.status in TRANSIENT:
        return undetermined(Reason.GATEWAY_ANSWERED, f"a gateway answered {answer.status}", sent)
    sibling = c.exchange(Purpose.SIBLING, method, target.sibling)
    if sibling is None:
        return undetermined(Reason.NO_CONTROL, "no unknown path could be asked for comparison", sent)
    unknown = sibling.answer
    if unknown is None or not unknown.whole or unknown.status in TRANSIENT:
        return undetermined(
            Reason.NO_CONTROL, "the unknown path it is compared with got no usable answer", sent, sibling
        )
    return _Comparison(c, target, method, sent, answer, sibling, unknown).verdict()


def _refused(c: Calibration, target: Target, method: str, sent: Exchange, answer: Answer) -> Verdict:
    """405 and 501 refuse, unless the control shows that this very method is routed here."""
    control = c.exchange(Purpose.PATH, c.control, target.template)
    k = control.answer if control else None
    if method == c.control or k is None:
        return unsupported(f"{method} was answered {answer.status}", sent)
    allow = allow_of(k)
    if k.status == 405 and allow is not None and method in allow:
        why = f"{method} was answered {answer.status}, but the 405 to {c.control} names it in Allow"
        return undetermined(Reason.CONFLICTING_ANSWERS, why, sent, control)
    if answer.status == 501 and k.status != 501:
        # "Not enabled here" is a handler's 501; a server that lacks the method says 501 to the control, too.
        return undetermined(
            Reason.NO_EVIDENCE, f"501, but {c.control} got {k.status}: a handler may say so", sent, control
        )
    return unsupported(f"{method} was answered {answer.status}", sent)


@dataclass(frozen=True, slots=True)
class _Comparison:
    """One answer beside its controls."""

    c: Calibration
    target: Target
    method: str
    sent: Exchange
    r: Answer
    sibling: Exchange
    u: Answer

    @property
    def k(self) -> Answer | None:
        return self.c.on_path(self.target, self.c.control) if self.c.control != self.method else None

    @property
    def ku(self) -> Answer | None:
        return self.c.on_sibling(self.target, self.c.control)

    @property
    def control(self) -> Exchange | None:
        return self.c.exchange(Purpose.PATH, self.c.control, self.target.template)

    def verdict(self) -> Verdict:
        status = self.r.status
        if self.target.shadowed_by and self._as_shadow():
            shadow = self.c.exchange(Purpose.SHADOW, self.method, self.target.template)
            why = f"answered like another value of {self.target.shadowed_by}"
            return undetermined(Reason.NO_CONTROL, why, self.sent, shadow)
        if status in GATES or (200 <= status < 300 and self.r.body.login_form):
            return self._gate()
        if 200 <= status < 300:
            return self._success()
        if 300 <= status < 400:
            return self._redirect()
        if status in MISSING:
            return self._not_found()
        return self._other()

    def _as_shadow(self) -> bool:
        """The literal path got what the shadowing template answers to any other value."""
        other = self.c.knowledge.answer(Purpose.SHADOW, self.method, self.target.template)
        if other is None:
            return False
        return self.c.same_page(self.r, other) if 200 <= self.r.status < 300 else self.c.alike(self.r, other)

    def _gate(self) -> Verdict:
        """401, 403, 407 or a log-in page: decides only where the control shows that routing came first."""
        status, k = self.r.status, self.k
        if self.c.alike(self.r, self.u):
            if (self.r.value("x-amzn-errortype") or "").startswith("MissingAuthenticationToken") and self.c.goods:
                # The API gateway's words for a route that it does not have, not for a missing credential.
                return unsupported(f"{self.method} has no route at the gateway ({status})", self.sent, self.sibling)
            return undetermined(
                Reason.AUTH_WALL, f"answered {status}, and so is an unknown path", self.sent, self.sibling
            )
        # A bare 405 may be a filter's in front of the log-in; a router names the methods (RFC 9110 §15.5.6).
        allow = allow_of(k) if k is not None and k.status in REFUSED else None
        if k is not None and allow is not None and self.method in allow and self.u.status in MISSING:
            return supported(f"asked for credentials ({status}) only after routing: {self.c.control} got {k.status}, "
                             f"an unknown path {self.u.status}", self.sent, self.control, self.sibling)  # fmt: skip
        return undetermined(
            Reason.AUTH_WALL, f"answered {status} before the method was looked at", self.sent, self.control
        )

    def _success(self) -> Verdict:
        if not 200 <= self.u.status < 300 or not self.c.same_page(self.r, self.u):
            k = self.k
            if is_mute(self.c, k, self.ku) and may_refuse(self.r):
                return undetermined(Reason.NO_EVIDENCE, MAY_REFUSE, self.sent, self.control)
            if k is not None and 200 <= k.status < 300 and self.c.alike(self.r, k):
                # Supported means: unlike both controls (DESIGN §4). A refusal said with 200 looks just like this.
                why = f"{self.c.control} is answered in the same way: the answer does not depend on the method"
                return undetermined(Reason.NO_EVIDENCE, why, self.sent, self.control)
            return supported(f"answered {self.r.status}; an unknown path gets {self.u.status}", self.sent, self.sibling)
        everywhere = all(self.c.same_page(self.u, other) for other in self.c.siblings(self.method))
        if self.r.body.media_type == "text/html" and self.c.goods and everywhere:
            # Other paths here answer as themselves: this page is the fallback for what is not routed.
            return unsupported("answered with the same fallback page as an unknown path", self.sent, self.sibling)
        return undetermined(Reason.CATCH_ALL, "an unknown path is answered in the same way", self.sent, self.sibling)

    def _redirect(self) -> Verdict:
        if self.target.twin and redirects_to_path(self.r, self.target.twin):
            return self._at_twin(self.target.twin)
        if toggles_slash(self.r, self.target.path or ""):
            why = "redirects to its slash twin, which is documented by itself"
            return undetermined(Reason.REDIRECTED_ELSEWHERE, why, self.sent, self.control)
        if 300 <= self.u.status < 400:
            return undetermined(
                Reason.REDIRECTED_ELSEWHERE, "redirected, and so is an unknown path", self.sent, self.sibling
            )
        k = self.k
        allow = allow_of(k) if k is not None and k.status in REFUSED else None
        # A redirect for GET alone may be a log-in's in front of any path: only a router's word tells.
        if k is not None and allow is not None and self.method in allow:
            return supported(f"answered with a redirect of its own ({self.r.status}); {self.c.control} got {k.status}",
                             self.sent, self.control, self.sibling)  # fmt: skip
        return undetermined(Reason.REDIRECTED_ELSEWHERE, "redirected, whatever the method", self.sent, self.control)

    def _at_twin(self, twin: str) -> Verdict:
        """A path that redirects to its slash twin is judged at the twin."""
        there = self.c.exchange(Purpose.TWIN, self.method, self.target.template)
        status = there.answer.status if there and there.answer and there.answer.whole else None
        if status is not None and status in REFUSED:
            return unsupported(f"redirects to {twin}, which answers {status}", self.sent, there)
        if status is not None and 200 <= status < 300 and self.u.status in MISSING | REFUSED:
            return supported(f"redirects to {twin}, which answers {status}", self.sent, there)
        if there and there.answer and status in MISSING and self._object_known() and self.c.alike(there.answer, self.u):
            return unsupported(f"redirects to {twin}, which answers {status} like an unknown path", self.sent, there)
        return undetermined(
            Reason.REDIRECTED_ELSEWHERE, f"redirects to {twin}, where nothing decides", self.sent, there
        )

    def _not_found(self) -> Verdict:
        """404 alone proves nothing: no route, no object, or a wrong method (206 served cells against 831 not)."""
        k, ku, status = self.k, self.ku, self.r.status
        told_by_control = k is not None and ku is not None and k.status in REFUSED and ku.status in MISSING
        own = self.c.same(self.r, self.u) or refusal_tells(self.c, self.target, k, ku)
        if k is not None and told_by_control and own and same_program(k, self.r):
            if is_missing_file(self.r):
                why = f"{status} by a web server that looked for a file: no handler was asked"
                return undetermined(Reason.NO_EVIDENCE, why, self.sent, self.control, self.sibling)
            return supported(f"{status} by a handler: this host answers {k.status} where a method is not served",
                             self.sent, self.control, self.sibling)  # fmt: skip
        if self.c.same(self.r, self.u):
            if not self._object_known() or not self.c.alive:
                return undetermined(self._no_object(), f"{status}, as on an unknown path", self.sent, self.sibling)
            if k is not None and told_by_control:
                why = f"{status}, but {self.c.control} got {k.status} by another program"
                return undetermined(Reason.NO_EVIDENCE, why, self.sent, self.control)
            if not self._control_tells() or self._handlers_say_so():
                why = f"{status}, as on an unknown path, but a handler may say so, too"
                return undetermined(Reason.NO_EVIDENCE, why, self.sent, self.sibling, self.control)
            named = self._named_in_allow()
            if named is not None:
                why = f"{status}, as on an unknown path, but Allow names {self.method}"
                return undetermined(Reason.CONFLICTING_ANSWERS, why, self.sent, named)
            return unsupported(f"{status}, exactly as on an unknown path", self.sent, self.sibling)
        if k is not None and self.c.alike(self.r, k):
            return undetermined(
                Reason.NO_EVIDENCE, f"{status} of this path's own, whatever the method", self.sent, self.control
            )
        deeper = self.c.exchange(Purpose.DEEPER, self.method, self.target.template)
        below = deeper.answer if deeper else None
        told_apart = below is not None and not self.c.alike(self.r, below) and not is_missing_file(self.r)
        if below is not None and told_apart and k is not None and same_program(self.r, below):
            return supported(f"{status} unlike every unknown path's: a handler looked for the object",
                             self.sent, self.sibling, deeper, self.control)  # fmt: skip
        return undetermined(
            self._no_object(), f"{status}, which may be the object's or the route's", self.sent, self.sibling
        )

    def _control_is_plain(self, k: Answer) -> bool:
        """The control is refused as a method, or as on the unknown path: nothing came in between."""
        if k.status in TRANSIENT:
            return False
        return k.status not in GATES or (self.ku is not None and self.c.alike(k, self.ku))

    def _control_tells(self) -> bool:
        """The control was answered here and, as a plain 404, on the unknown path; and not by code blind to methods."""
        usable = self.k is not None and self.k.status not in TRANSIENT
        return usable and self.ku is not None and self.ku.status in MISSING and not self.c.blind

    def _handlers_say_so(self) -> bool:
        """A documented method, on a host whose handlers answer an unknown object in the router's own words."""
        return self.method in self.target.documented and self.c.handlers_speak_404

    def _named_in_allow(self) -> Exchange | None:
        """The exchange whose Allow on this very path names the method."""
        for method in ("OPTIONS", self.c.control):
            sent = self.c.exchange(Purpose.PATH, method, self.target.template)
            allow = allow_of(sent.answer) if sent and sent.answer else None
            if allow is not None and self.method in allow:
                return sent
        return None

    def _object_known(self) -> bool:
        """No parameter, or a literal last segment below objects that were all seen to exist.

        A required query parameter names an object, too: its 404 may be a handler's.
        """
        if self.method in self.target.queries or self.method in self.target.unfilled:
            return False
        if self.method in self.target.may_404:
            return False  # announced by the description: a handler's, as likely as not
        return not self.target.templated or (self.target.literal_end and parents_exist(self.c, self.target))

    def _no_object(self) -> Reason:
        return Reason.NO_KNOWN_OBJECT if self.target.templated else Reason.NO_EVIDENCE

    def _other(self) -> Verdict:
        """400, 406, 409, 415, 422, 500 ...: a handler's answer unless the controls get it, too."""
        status, k = self.r.status, self.k
        if self.c.alike(self.r, self.u):
            return undetermined(Reason.NO_EVIDENCE, f"{status}, and so is an unknown path", self.sent, self.sibling)
        if k is None or k.status == status or not self._control_is_plain(k):
            return undetermined(Reason.NO_EVIDENCE, f"{status}, whatever the method", self.sent, self.control)
        if k.status not in REFUSED and not self.c.by_the_service(self.r):
            why = f"{status} by another program than the one that answers elsewhere"
            return undetermined(Reason.GATEWAY_ANSWERED, why, self.sent, self.control)
        fallback = 200 <= self.u.status < 300 and self.ku is not None and self.c.same_page(k, self.ku)
        if not fallback and may_refuse(self.r) and is_mute(self.c, k, self.ku):
            return undetermined(Reason.NO_EVIDENCE, f"{status}: {MAY_REFUSE}", self.sent, self.control)
        if fallback or self.u.status in MISSING | REFUSED | {403}:
            return supported(f"answered {status}; an unknown path gets {self.u.status}, {self.c.control} {k.status}",
                             self.sent, self.sibling, self.control)  # fmt: skip
        return undetermined(
            Reason.NO_EVIDENCE, f"{status}; the unknown path gets {self.u.status}", self.sent, self.sibling
        )
