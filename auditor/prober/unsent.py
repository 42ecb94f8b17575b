"""Why a state-changing method was not sent, and what would settle its cell."""

from __future__ import annotations

from dataclasses import replace

from auditor.model.cell import Cell, Reason, Support
from auditor.model.environment import Mode
from auditor.model.exchange import COMPLETE_FORMS, Failure, Form, Purpose
from auditor.model.methods import is_safe
from auditor.prober.calibrate import Calibration
from auditor.prober.ground import ground_of
from auditor.prober.harmless import objection
from auditor.prober.inert import InertPlan
from auditor.prober.inert_controls import acts_unread, patience
from auditor.prober.targets import Target

_INERT_COULD = (
    "audit in inert mode (--mode inert, or mode: inert in auditor.yaml): an unfinished request that can change "
    "nothing may tell; "
    "or make the service send an honest Allow with its 405"
)
_ALLOW_ONLY = (
    "make the service send an honest Allow with its 405, or read its route table: "
    "no request of this kind is sure to be harmless here"
)
_OTHER_FORM = "inert_forms: [broken-json] for this environment asks with a whole request; see 'auditor config schema'"


def explained(plan: InertPlan, c: Calibration, target: Target, cell: Cell) -> Cell:
    """The cell with the reason why this very method was not sent here, where that is what leaves it open."""
    if cell.support is not Support.UNDETERMINED or cell.reason is not Reason.MODE_FORBIDS or is_safe(cell.method):
        return cell
    ground = ground_of(c, target)
    could = ground is not None and plan.possible(target, ground, cell.method, Form.UNFINISHED) is not None
    if plan.asked_mode is Mode.SAFE:
        return replace(cell, remedy_text=_INERT_COULD if could else _ALLOW_ONLY)
    if ground is None or not could:
        asked = plan.asked(target, ground, cell.method, Form.UNFINISHED) if ground else None
        why = objection(plan.environment, asked) if asked else "its objects cannot be named without meeting real ones"
        return replace(cell, reason=Reason.NO_HARMLESS_PROBE, why=why or cell.why, remedy_text=_ALLOW_ONLY)
    acted = acts_unread(c)
    if acted is not None and cell.method in ("POST", "PUT"):
        why = f"{acted.probe.method} was answered {acted.status} without its content: code here acts without it"
        return replace(cell, reason=Reason.NO_HARMLESS_PROBE, why=why, exchanges=(*cell.exchanges, acted.id))
    hold, longest = patience(c.knowledge, target), plan.environment.limits.probe_timeout
    if hold > longest:
        why = f"its controls are so slow that a request would have to be held open for {hold:.0f} s"
        remedy = f"raise probe_timeout (now {longest:g} s), or audit when the host is quicker"
        return replace(cell, reason=Reason.NO_EVIDENCE, why=why, remedy_text=remedy)
    return _kept_back(plan, c, target, cell)


def _kept_back(plan: InertPlan, c: Calibration, target: Target, cell: Cell) -> Cell:
    """What the controls of an unfinished request showed."""
    ground = ground_of(c, target)
    unknown = c.exchange(Purpose.SIBLING, cell.method, target.sibling, 0, Form.UNFINISHED)
    if ground is not None and unknown is None:
        why = objection(plan.environment, plan.known(c, target, ground, cell.method, Form.UNFINISHED))
        if why is not None:
            return replace(cell, reason=Reason.NO_HARMLESS_PROBE, why=why)
        return replace(cell, reason=Reason.NO_EVIDENCE, why=cell.why.replace("safe mode does not send it, and ", ""))
    shown = cell.exchanges if unknown is None else (*cell.exchanges, unknown.id)
    remedy = _OTHER_FORM if not set(COMPLETE_FORMS) & set(plan.environment.inert_forms) else None
    if unknown is not None and unknown.failure is Failure.SILENT:
        why = "an unknown path awaits content, too: this host reads it before it looks at the method"
    elif unknown is not None and unknown.status is not None:
        why = f"an unknown path is answered {unknown.status} to unfinished content: that comes before routing here"
    else:
        why = "the unknown path that it is compared with got no usable answer"
    return replace(cell, reason=Reason.NO_EVIDENCE, why=why, exchanges=shown, remedy_text=remedy)
