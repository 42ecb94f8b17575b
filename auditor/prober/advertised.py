"""Where the method itself was not sent: what a trusted `Allow` says, and why a cell stays open."""

from __future__ import annotations

from auditor.model.cell import Basis, Reason
from auditor.model.exchange import Purpose
from auditor.prober.calibrate import GATES, TRANSIENT, Calibration
from auditor.prober.needed import is_action, is_blind
from auditor.prober.signature import is_missing_file
from auditor.prober.targets import Target
from auditor.prober.trust import allow_of
from auditor.prober.verdict import Verdict, failed, no_path, supported, undetermined, unsupported


def judge_advertised(c: Calibration, target: Target, method: str) -> Verdict | None:
    """What a trusted `Allow` says: a named method is served, an unnamed one is not (DIALECTS §2).

    An empty one is legal (RFC 9110 §10.2.1) and no evidence: Apache's AllowMethods sends it whatever it lets pass.
    """
    if target.path is None or method in ("OPTIONS", "TRACE"):
        return None
    if not c.allow_trust.trusted:
        return _barred(c, target, method) if c.allow_trust.gate else None
    purpose = Purpose.TWIN if c.slash_redirect(target) is not None else Purpose.PATH
    claims = [(e, a) for m in ("OPTIONS", c.control, "GET")
              for e in [c.exchange(purpose, m, target.template)] if e and e.answer and e.answer.whole
              for a in [allow_of(e.answer)] if a is not None and a.methods]  # fmt: skip
    if not claims:
        return None
    witness, allow = claims[0]
    if target.shadowed_by and any(method in a for _, a in claims) and _template_allows(c, target.shadowed_by, method):
        return undetermined(Reason.NO_CONTROL, f"the Allow may be that of {target.shadowed_by}", witness)
    if not any(method in a for _, a in claims):
        return unsupported(f"not named in Allow: {allow.text}", witness, basis=Basis.ADVERTISED)
    got = c.on_path(target, "GET")
    if got is not None and is_missing_file(got):
        why = f"named in Allow, but GET was answered {got.status} by a web server that looked for a file"
        return undetermined(Reason.NO_EVIDENCE, why, witness, c.exchange(purpose, "GET", target.template))
    if c.filtered(target):
        why = f"named in Allow of OPTIONS, but {c.control} was refused by another voice: a filter may stand in front"
        return undetermined(Reason.NO_EVIDENCE, why, witness, c.exchange(purpose, c.control, target.template))
    refused = c.refused_though_named.get(method)
    if refused is not None:
        why = f"named in Allow, but so it is where {method} was answered {refused.status}: a gateway may refuse it"
        return undetermined(Reason.CONFLICTING_ANSWERS, why, witness, refused)
    return supported(f"named in Allow: {allow.text}", witness, basis=Basis.ADVERTISED)


def _barred(c: Calibration, target: Target, method: str) -> Verdict | None:
    """What a gateway that refuses by a list of its own does not name, it does not let pass; its list says no more."""
    refusal = c.exchange(Purpose.PATH, c.control, target.template)
    if refusal is None or refusal.answer is None or refusal.answer.status not in (405, 501):
        return None
    allow = allow_of(refusal.answer)
    if allow is None or not allow.methods or method in allow:
        return None
    return unsupported(f"not named in Allow: {allow.text}", refusal, basis=Basis.ADVERTISED)


def _template_allows(c: Calibration, template: str, method: str) -> bool:
    """Whether the template that shadows a path names the method in its own Allow, or shows no Allow to compare with."""
    answers = [c.knowledge.answer(Purpose.PATH, m, template) for m in ("OPTIONS", c.control, "GET")]
    claims = [a for answer in answers if answer for a in [allow_of(answer)] if a is not None]
    return not claims or any(method in a for a in claims)


def undecided_write(c: Calibration, target: Target) -> Verdict:
    """Why a state-changing method stays open where it was not sent; `unsent.explained` says more of it."""
    if target.path is None:
        return no_path(target)
    control = c.exchange(Purpose.PATH, c.control, target.template)
    got = c.exchange(Purpose.PATH, "GET", target.template)
    if control is None and got is None:
        return unsent(c, target, "GET")
    for sent in (control, got):
        if sent is not None and sent.answer is None:
            return failed(sent)
    answers = [e.answer for e in (control, got) if e is not None and e.answer is not None]
    if all(a.status in GATES for a in answers):
        return undetermined(Reason.AUTH_WALL, "asked for credentials before the method was looked at", control, got)
    if any(a.status == 429 for a in answers):
        return undetermined(Reason.RATE_LIMITED, "the deployment limits our rate", control, got)
    if all(a.status in TRANSIENT for a in answers):
        return undetermined(Reason.GATEWAY_ANSWERED, "a gateway answered in place of the service", control, got)
    unknown = c.on_sibling(target, c.control)
    if unknown is not None and 200 <= unknown.status < 300:
        return undetermined(Reason.CATCH_ALL, "unknown paths are answered like known ones", control, got)
    doubt = "no Allow with a method was seen on this path" if c.allow_trust.trusted else c.allow_trust.why
    return undetermined(Reason.MODE_FORBIDS, f"safe mode does not send it, and {doubt}", control, got)


def unsent(c: Calibration, target: Target, method: str) -> Verdict:
    """Why a safe method was not sent."""
    if target.path is None:
        return no_path(target)
    if method in ("TRACE", "PRI"):
        return undetermined(Reason.NO_HARMLESS_PROBE, "TRACE echoes what it is sent, so it is not sent")
    control = c.exchange(Purpose.PATH, c.control, target.template)
    if control is None:
        if target.excluded & {"GET", "HEAD"}:
            return undetermined(Reason.NO_HARMLESS_PROBE, "GET is excluded here, so nothing is sent to this path")
        if is_action(target.template) and not set(target.documented) & {"GET", "HEAD"} and not c.framework_refuses:
            return undetermined(Reason.NO_HARMLESS_PROBE, "the path names an action: some code runs it on any method")
        if c.blind and not set(target.documented) & {"GET", "HEAD"}:
            why = f"{c.control} is answered like GET on this host: code may run on any method, so nothing is sent here"
            return undetermined(Reason.NO_HARMLESS_PROBE, why)
        if not c.alive:
            return undetermined(Reason.NO_EVIDENCE, "no path here is answered differently from one that does not exist")
        return undetermined(Reason.NOT_REACHED, "the audit ended before this path was asked")
    if control.answer is None:
        return failed(control)
    if is_action(target.template):
        return undetermined(
            Reason.NO_HARMLESS_PROBE, "the path names an action: some code runs it on any method", control
        )
    if is_blind(c, target):
        if control.answer.status in GATES:
            return undetermined(Reason.AUTH_WALL, f"{c.control} was answered {control.answer.status}", control)
        return undetermined(
            Reason.NO_HARMLESS_PROBE, f"{c.control} was not refused here: code may run on any method", control
        )
    return undetermined(Reason.NOT_REACHED, "the audit ended before this method was asked", control)
