"""Did you mean? Whether a documented path that is missing is served under a spelling near to it."""

from __future__ import annotations

from auditor.model.cell import Support
from auditor.model.exchange import Exchange, Purpose, ids
from auditor.model.fact import Near
from auditor.prober.calibrate import MISSING, Calibration
from auditor.prober.headless import asked_of
from auditor.prober.judge import judge_method
from auditor.prober.needed import is_action
from auditor.prober.spellings import Spelling
from auditor.prober.targets import Target


def may_be_misspelt(c: Calibration, target: Target) -> bool:
    """GET is documented, and was answered as on a path that does not exist; nothing else shows that the path is there.

    Only where unknown paths are answered 404, and no code runs whatever the method is.
    """
    if not asked_of(target) or is_action(target.template) or not c.goods or c.catch_all or c.auth_wall or c.blind:
        return False
    if not c.unknown_to_get(target) or c.routed_by_refusal(target) or any(a.methods for a in c.claims(target)):
        return False
    return all(judge_method(c, target, m).support is not Support.SUPPORTED for m in target.documented) and (
        judge_method(c, target, "GET").support is Support.UNSUPPORTED
    )


def spelt(target: Target) -> list[Spelling]:
    """The spellings that may be asked: none that names an action."""
    return [s for s in target.near if not is_action(s.template)]


def sent(c: Calibration, target: Target, ordinal: int) -> Exchange | None:
    """GET on one of the spellings."""
    spelling = spelt(target)[ordinal].template
    return c.knowledge.exchange(Purpose.NEAR, "GET", target.template, ordinal, variant=spelling)


def answers(exchange: Exchange | None) -> bool:
    """Whether there is a page of its own."""
    answer = exchange.answer if exchange is not None else None
    return answer is not None and answer.whole and 200 <= answer.status < 300 and not answer.body.login_form


def near(c: Calibration, target: Target) -> Near | None:
    """The spelling that is served in place of the documented one: its unknown sibling must be missing."""
    for ordinal, spelling in enumerate(spelt(target)):
        got = sent(c, target, ordinal)
        if got is None or not answers(got) or not may_be_misspelt(c, target):
            continue
        control = c.exchange(Purpose.NEAR_UNKNOWN, "GET", spelling.unknown)
        if control is not None and control.answer is not None and control.answer.status in MISSING:
            return Near(spelling.template, got.probe.target.partition("?")[0], got.status or 0, ids([got, control]))
    return None
