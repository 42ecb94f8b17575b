"""HEAD beside GET: which paths tell, and what their answers show (RFC 9110 §9.1, §9.3.2)."""

from __future__ import annotations

from auditor.model.exchange import Exchange, Purpose, ids
from auditor.model.fact import HeadAnswer
from auditor.prober.calibrate import MISSING, REFUSED, Calibration
from auditor.prober.targets import Target


def asked_of(target: Target) -> bool:
    """Whether GET is documented here, and nobody left out GET or HEAD."""
    left_out = (target.excluded | target.unwanted) & {"GET", "HEAD"}
    return target.path is not None and "GET" in target.documented and not left_out


def answer_of(c: Calibration, target: Target) -> Exchange | None:
    """The exchange of HEAD on this path: where it is documented, the one that support rests on."""
    purpose = Purpose.PATH if "HEAD" in target.documented else Purpose.HEAD
    sent = c.exchange(purpose, "HEAD", target.template)
    return sent if sent is not None and sent.answer is not None and sent.answer.whole else None


def control_of(c: Calibration, target: Target) -> Exchange | None:
    """HEAD on the unknown sibling, asked where HEAD on the path was answered 404."""
    return c.exchange(Purpose.HEAD_UNKNOWN, "HEAD", target.sibling)


def refused(c: Calibration, target: Target) -> bool | None:
    """Whether HEAD is refused as a method: by 405 or 501, or as an unknown path. None where that is not clear."""
    sent = answer_of(c, target)
    if sent is None or sent.answer is None:
        return None
    status = sent.answer.status
    if status in REFUSED:
        return True
    if status in MISSING:
        control = control_of(c, target)
        return True if control is not None and control.status == status else None
    return False if 200 <= status < 400 else None


def head_answer(c: Calibration, target: Target) -> HeadAnswer | None:
    """The fact, where GET is answered 2xx here and HEAD is not documented: a documented one has a cell."""
    sent, clear = answer_of(c, target), refused(c, target)
    if "HEAD" in target.documented or sent is None or sent.status is None or clear is None or not c.good(target):
        return None
    got = c.exchange(Purpose.PATH, "GET", target.template)
    control = control_of(c, target) if clear and sent.status in MISSING else None
    return HeadAnswer(sent.status, clear, ids([sent, got, control]))
