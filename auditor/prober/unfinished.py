"""The verdict on a state-changing method by its own answer (DIALECTS §2; docs/verdicts.md lists it row by row).

`R` is the answer to the method as an unfinished request (or another form), `U` the unknown sibling's to the same; `K`
and `KU` those to the control method, plain; `KS` that to the control with the very form of `R`; `G` and `GU` those to
GET. `R`, `K`, `KS` and `G` are asked where every object is absent: a 404 there may be the object's.
"""

from __future__ import annotations

from dataclasses import dataclass

from auditor.model.cell import Reason, Support
from auditor.model.exchange import Answer, Exchange, Failure, Form, Purpose
from auditor.prober.calibrate import GATES, MISSING, REFUSED, TRANSIENT, Calibration, redirects_to_path
from auditor.prober.calibrate import same_responder as same_program
from auditor.prober.disguise import MAY_REFUSE, is_mute, may_refuse
from auditor.prober.ground import Ground, ground_of
from auditor.prober.inert_controls import form_misleads, objects_differ, patience
from auditor.prober.signature import identity, is_gateway_page, is_missing_file
from auditor.prober.targets import Target
from auditor.prober.trust import allow_of
from auditor.prober.verdict import Verdict, failed, supported, undetermined, unsupported
from auditor.prober.voices import below, is_apart, refusal_tells

FORMS = (Form.UNFINISHED, Form.BROKEN_JSON, Form.UNKNOWN_TYPE)
"""In the order in which they are tried: the most harmless first."""
OTHER_TYPE = 2
"""The ordinal of the probe that announces the second documented media type."""


def judge_unfinished(c: Calibration, target: Target, method: str) -> Verdict | None:
    """The best verdict of all forms that were sent; None where none was."""
    ground = ground_of(c, target)
    found: Verdict | None = None
    for form in FORMS if ground else ():
        sent = c.knowledge.exchange(ground.purpose, method, target.template, 0, form) if ground else None
        if sent is None or ground is None:
            continue
        verdict = _Answered(c, target, ground, method, form, sent).verdict()
        other = c.knowledge.exchange(ground.purpose, method, target.template, OTHER_TYPE, form)
        if other is not None and verdict.support is Support.UNSUPPORTED:
            verdict = _with_other_type(_Answered(c, target, ground, method, form, other).verdict(), sent, other)
        if verdict.support is not Support.UNDETERMINED:
            return verdict
        found = verdict if found is None else found
    return found


def _with_other_type(second: Verdict, refused: Exchange, other: Exchange) -> Verdict:
    """Refused with one documented media type: only where the next one is refused, too, is it the method's fault."""
    types = f"{refused.probe.media_type} is answered {refused.status}"
    if second.support is Support.UNSUPPORTED:
        return unsupported(f"{second.why}, whatever the media type", refused, other)
    if second.support is Support.SUPPORTED:
        return supported(f"{types}, but with {other.probe.media_type}: {second.why}", refused, *second.exchanges)
    why = f"{types}, but {other.probe.media_type} is not refused: {second.why}"
    return undetermined(Reason.CONFLICTING_ANSWERS, why, refused, *second.exchanges)


@dataclass(frozen=True, slots=True)
class _Answered:
    """One state-changing probe beside its controls."""

    c: Calibration
    target: Target
    ground: Ground
    method: str
    form: Form
    sent: Exchange

    # --- the controls ---------------------------------------------------------------------------------------------

    def _here(self, method: str, form: Form = Form.PLAIN, ordinal: int = 0) -> Exchange | None:
        return self.c.knowledge.exchange(self.ground.purpose, method, self.target.template, ordinal, form)

    def _there(self, method: str, form: Form = Form.PLAIN, ordinal: int = 0) -> Exchange | None:
        return self.c.exchange(Purpose.SIBLING, method, self.target.sibling, ordinal, form)

    @property
    def u(self) -> Answer | None:
        return _whole(self._there(self.method, self.form))

    @property
    def k(self) -> Answer | None:
        return _whole(self._here(self.c.control))

    @property
    def ku(self) -> Answer | None:
        return self.c.on_sibling(self.target, self.c.control)

    @property
    def g(self) -> Answer | None:
        return _whole(self._here("GET"))

    @property
    def gu(self) -> Answer | None:
        return self.c.on_sibling(self.target, "GET")

    @property
    def shadow(self) -> Exchange | None:
        return self._here(self.c.control, self.form)

    def _witnesses(self) -> tuple[Exchange | None, ...]:
        return self.sent, self._there(self.method, self.form), self._here(self.c.control)

    # --- the verdict ----------------------------------------------------------------------------------------------

    def verdict(self) -> Verdict:
        if self.sent.failure is Failure.SILENT:
            return self._silence()
        if self.sent.answer is None:
            return failed(self.sent)
        r = self.sent.answer
        if not r.whole:
            return undetermined(Reason.MALFORMED_ANSWER, f"the answer ended before it was whole ({r.end})", self.sent)
        if r.status in REFUSED:
            return self._refused(r)
        if r.status == 429:
            return undetermined(Reason.RATE_LIMITED, "the deployment limits our rate", self.sent)
        if r.status in TRANSIENT:
            return undetermined(Reason.GATEWAY_ANSWERED, f"a gateway answered {r.status}", self.sent)
        u = self.u
        if u is None or u.status in TRANSIENT:
            return undetermined(Reason.NO_CONTROL, "the unknown path got no usable answer", *self._witnesses())
        if r.status in GATES:
            return self._gate(r, u)
        if r.status in MISSING:
            return self._not_found(r, u)
        if 200 <= r.status < 300:
            return self._success(r, u)
        if 300 <= r.status < 400:
            return self._redirect(r)
        return self._other(r, u)

    def _refused(self, r: Answer) -> Verdict:
        """405 and 501 never lied as the answer to the method itself (906 of 906), unless its own Allow names it."""
        allow = allow_of(r)
        if r.status == 405 and allow is not None and self.method in allow:
            why = f"{self.method} was answered 405, and that 405 names it in Allow"
            return undetermined(Reason.CONFLICTING_ANSWERS, why, self.sent)
        k = self.k
        if r.status == 501 and k is not None and k.status != 501:
            why = f"501, but {self.c.control} got {k.status}: a handler may say so"
            return undetermined(Reason.NO_EVIDENCE, why, self.sent, self._here(self.c.control))
        return unsupported(f"{self.method} was answered {r.status}", self.sent)

    def _not_found(self, r: Answer, u: Answer) -> Verdict:
        """404: the route's, the object's, or what this stack says to a wrong method."""
        k, ku, g = self.k, self.ku, self.g
        if k is None or ku is None:
            return undetermined(Reason.NO_CONTROL, f"{r.status}, and no control was answered here", *self._witnesses())
        if k.status in REFUSED and ku.status in MISSING:
            own = self.c.same(r, u) or refusal_tells(self.c, self.target, k, ku)
            if own and self.target.templated and same_program(k, r) and not is_missing_file(r):
                why = f"{r.status} by a handler: this host answers {k.status} where a method is not served"
                return supported(why, *self._witnesses())
            return self._as_get(r, k) or self._open(f"{r.status}, but {self.c.control} got {k.status}")
        if k.status == r.status and self.c.alike(r, k) and not self.c.alike(k, ku):
            # The path answers a method that nobody serves with a 404 of its own (Pyramid: "predicate mismatch").
            if not self.target.templated or (g is not None and not self.c.alike(g, k)):
                return unsupported(f"{r.status} of this path's own, as {self.c.control} gets", *self._witnesses())
            return self._open(f"{r.status} of this path's own, whatever the method")
        if self.c.same(r, u):
            return self._like_unknown(r, k, ku)
        return self._as_get(r, k) or self._open(f"{r.status}, which may be the object's or the route's")

    def _as_get(self, r: Answer, k: Answer) -> Verdict | None:
        """A 404 just like GET's for a missing object, unlike every answer of the router: a handler looked for it."""
        g, gu = self.g, self.gu
        if not self.target.templated or g is None or gu is None or not self.c.alike(r, g) or self.c.alike(r, k):
            return None
        if g.status not in MISSING or self.c.alike(g, gu) or is_missing_file(r):
            return None
        under = below(self.c, self.target, "GET")
        if under is None or under.answer is None or self.c.alike(r, under.answer):
            return None  # the service says so to what it does not route, too, and a gateway answers the sibling
        why = f"{r.status} as GET gets for a missing object, unlike an unknown path and {self.c.control}"
        return supported(why, *self._witnesses(), self._here("GET"))

    def _like_unknown(self, r: Answer, k: Answer, ku: Answer) -> Verdict:
        """Exactly the unknown sibling's 404: no route, where no handler could have said the same."""
        if not self.c.alike(k, ku):
            return self._open(f"{r.status} as on an unknown path, but {self.c.control} is answered in another way")
        if not self.target.templated:
            if self.method in self.target.may_404 or self.c.blind:
                return self._open(f"{r.status}, as on an unknown path, but a handler may say so, too")
            # There is no object to be missing, and what the handler would need has not come yet.
            return unsupported(f"{r.status}, exactly as on an unknown path", *self._witnesses())
        if self.method in self.target.documented and self.c.handlers_speak_404:
            return self._open(f"{r.status}, as on an unknown path, but a handler may say so, too")
        if objects_differ(self.c, self.target):
            why = f"{r.status}, exactly as on an unknown path; a missing object is answered in another way"
            return unsupported(why, *self._witnesses(), self._here("GET"))
        return undetermined(
            Reason.NO_KNOWN_OBJECT, f"{r.status}, which may be the object's or the route's", *self._witnesses()
        )

    def _gate(self, r: Answer, u: Answer) -> Verdict:
        """401, 403 or 407: decides only where routing came first, or where an edge policy is about this one method."""
        k = self.k
        if self.c.alike(r, u):
            if (r.value("x-amzn-errortype") or "").startswith("MissingAuthenticationToken") and self.c.goods:
                return unsupported(f"{self.method} has no route at the gateway ({r.status})", *self._witnesses())
            if r.status == 403 and self.c.goods:
                blocked = self._blocked_at_the_edge(r)
                if blocked is not None:
                    return blocked
            return undetermined(Reason.AUTH_WALL, f"answered {r.status}, and so is an unknown path", *self._witnesses())
        routed = k is not None and k.status in REFUSED and u.status in MISSING | REFUSED
        if k is not None and routed:
            allow = allow_of(k)
            # A rule in front may guard this very path and method; a router that names the method settles it.
            if allow is not None and self.method in allow and identity(k) == identity(r):
                why = f"asked for credentials ({r.status}) only after routing: {self.c.control} got {k.status}"
                return supported(why, *self._witnesses())
        return undetermined(
            Reason.AUTH_WALL, f"answered {r.status} before the method was looked at", *self._witnesses()
        )

    def _blocked_at_the_edge(self, r: Answer) -> Verdict | None:
        """A method policy, whatever the path: neither a log-in nor a CSRF check looks like this.

        Another state-changing method passes on the same unknown path; or a gateway that lets GET through says 403 in
        its own words to the control, too, before any content came that it could have read.
        """
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            other = self._there(method, self.form)
            answer = _whole(other)
            if method == self.method or answer is None or same_program(r, answer):
                continue  # a 403 in the service's own voice is about this caller's role (Spring Security)
            if answer.status in MISSING | REFUSED:
                why = f"403 whatever the path, while {method} is not: blocked or absent at the edge"
                return unsupported(why, *self._witnesses(), other)
        if self.form is Form.UNFINISHED and self.k is not None and self.c.alike(r, self.k) and is_gateway_page(r):
            why = f"403 in a gateway's own words, as {self.c.control} gets, while GET passes: blocked at the edge"
            return unsupported(why, *self._witnesses())
        return None

    def _success(self, r: Answer, u: Answer) -> Verdict:
        k = self.k
        if 200 <= u.status < 300 and self.c.same_page(r, u):
            everywhere = all(self.c.same_page(u, other) for other in self.c.siblings("GET"))
            if r.body.media_type == "text/html" and self.c.goods and everywhere:
                return unsupported("answered with the same fallback page as an unknown path", *self._witnesses())
            return undetermined(Reason.CATCH_ALL, "an unknown path is answered in the same way", *self._witnesses())
        if k is None or (200 <= k.status < 300 and self.c.alike(r, k)):
            return self._open(f"{self.c.control} is answered in the same way")
        if is_mute(self.c, k, self.ku) and may_refuse(r):
            return self._open(MAY_REFUSE)
        return supported(f"answered {r.status}; an unknown path gets {u.status}", *self._witnesses())

    def _redirect(self, r: Answer) -> Verdict:
        """A redirect to the slash twin that neither GET nor the control gets: a router's, for this method (Flask)."""
        k, g = self.k, self.g
        alone = all(a is None or not 300 <= a.status < 400 for a in (k, g, self.u))
        if self.target.twin and redirects_to_path(r, self.target.twin) and k is not None and alone:
            return supported(f"redirected to {self.target.twin}, as no other method is", *self._witnesses())
        return undetermined(Reason.REDIRECTED_ELSEWHERE, f"redirected ({r.status})", *self._witnesses())

    def _other(self, r: Answer, u: Answer) -> Verdict:
        """400, 409, 411, 412, 413, 415, 422, 428, 500: a handler's, unless the form alone provokes it."""
        k, shadow = self.k, self.shadow
        if self.c.alike(r, u) or r.status == u.status:
            return self._open(f"{r.status}, and so is an unknown path")
        # A gateway without such a route may say 403, to the control on this path and on any other alike.
        plain = k is not None and (k.status not in GATES or (self.ku is not None and self.c.alike(k, self.ku)))
        if k is None or not plain or k.status == r.status or k.status in TRANSIENT | {400}:
            return self._open(f"{r.status}, and {self.c.control} tells nothing here")
        fallback = 200 <= u.status < 300 and self.ku is not None and self.c.same_page(u, self.ku)
        if not fallback and may_refuse(r) and is_mute(self.c, k, self.ku):
            return self._open(f"{r.status}: {MAY_REFUSE}")
        if not fallback and u.status not in MISSING | REFUSED | {403}:
            return self._open(f"{r.status}; an unknown path gets {u.status}")
        if shadow is None or (shadow.answer is not None and shadow.answer.status == r.status):
            return self._open(f"{r.status} for content like this, whatever the method")
        if not self.c.by_the_service(r) and (identity(r) != identity(k) or k.status in GATES):
            return self._open(f"{r.status} by another program than the one that answers elsewhere")
        if is_apart(self.c, self.target) and not self._differs_below(r.status):
            return self._open(f"{r.status}, but the unknown path is answered by another program")
        if form_misleads(self.c, self.form):
            return self._open(f"{r.status}, but this host judges the content before the method")
        why = f"answered {r.status}; an unknown path gets {u.status}, {self.c.control} {k.status}"
        return supported(why, *self._witnesses(), shadow)

    # --- silence --------------------------------------------------------------------------------------------------

    def _silence(self) -> Verdict:
        """Nothing came while content was outstanding: evidence only in company (DESIGN §5)."""
        u, k, shadow = self._there(self.method, self.form), self.k, self.shadow
        least = patience(self.c.knowledge, self.target)
        seen = (self.sent, u, shadow)
        if u is None or u.answer is None or u.answer.status not in MISSING | REFUSED | {403}:
            return undetermined(Reason.NO_EVIDENCE, "content is awaited, on an unknown path no less", *seen)
        if self.sent.elapsed < least:
            return undetermined(Reason.UNSTABLE, "it was not awaited long enough for so slow a host", *seen)
        if k is None or k.status in GATES | TRANSIENT:
            return self._open(f"content is awaited, but {self.c.control} did not get past a gate")
        if shadow is None or shadow.answer is None or shadow.answer.status not in MISSING | REFUSED:
            return undetermined(Reason.NO_EVIDENCE, "content is awaited, whatever the method", *seen)
        again, afterwards = self._here(self.method, self.form, 1), self._there(self.method, self.form, 1)
        if again is None or afterwards is None:
            return undetermined(Reason.NOT_REACHED, "the audit ended before the silence was asked again", *seen)
        same = afterwards.answer is not None and self.c.alike(afterwards.answer, u.answer)
        if again.failure is not Failure.SILENT or again.elapsed < least or not same:
            return undetermined(
                Reason.UNSTABLE, "asked again, it was answered in another way", *seen, again, afterwards
            )
        if max(afterwards.elapsed, u.elapsed, shadow.elapsed) > least / 2:
            return undetermined(Reason.UNSTABLE, "its controls are too slow for silence to mean much", *seen)
        if is_apart(self.c, self.target) and not self._differs_below(None):
            # A service that reads all content first, behind a gateway that routes by prefix.
            return self._open("content is awaited, but the unknown path is answered by another program")
        why = f"waits for the rest of the content; {self.c.control} and an unknown path do not"
        return supported(why, *seen, again, afterwards)

    def _differs_below(self, status: int | None) -> bool:
        """Whether the program that answers this path refuses the same on an unknown path of its own."""
        own = below(self.c, self.target, self.method, self.form)
        if own is None or own.status == status:
            return False
        at_once = status is not None or own.elapsed <= patience(self.c.knowledge, self.target) / 2
        return at_once and own.status in MISSING | REFUSED | {403}

    def _open(self, why: str) -> Verdict:
        return undetermined(Reason.NO_EVIDENCE, why, *self._witnesses())


def _whole(sent: Exchange | None) -> Answer | None:
    return sent.answer if sent is not None and sent.answer is not None and sent.answer.whole else None
