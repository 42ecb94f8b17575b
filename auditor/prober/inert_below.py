"""What `inert` mode asks of unknown paths below a documented one, by safe methods alone: where a gateway routes by
prefix, the sibling is answered by the gateway, and these by the service (see `voices`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from auditor.model.exchange import Exchange, Form
from auditor.prober.calibrate import MISSING, Calibration
from auditor.prober.ground import Ground
from auditor.prober.inert_controls import puzzles
from auditor.prober.needed import Needed
from auditor.prober.targets import Target
from auditor.prober.voices import below, below_control_needed

Sent = Sequence[tuple[Form, str]]


def below_asked(target: Target, ground: Ground, control: str, sent: Sent) -> Iterator[tuple[str, Needed]]:
    """GET and the control, and when each is needed; `sent` are the forms and methods that may go to the path."""
    yield "GET", _voice_needed(target, ground, sent)
    yield control, _control_needed(target, ground, control, sent)


def _voice_needed(target: Target, ground: Ground, sent: Sent) -> Needed:
    """Before the sibling's answer makes a silence, a refusal or a 404 a handler's: does the sibling speak for it?"""

    def needed(c: Calibration) -> bool:
        if below(c, target, "GET") is not None:
            return False
        return any(puzzles(e) or e.status in MISSING for e in _answers(c, target, ground, sent))

    return needed


def _control_needed(target: Target, ground: Ground, control: str, sent: Sent) -> Needed:
    def needed(c: Calibration) -> bool:
        gone = [e.answer for e in _answers(c, target, ground, sent) if e.answer is not None and e.status in MISSING]
        return c.control == control and any(below_control_needed(c, target, a) for a in gone)

    return needed


def _answers(c: Calibration, target: Target, ground: Ground, sent: Sent) -> list[Exchange]:
    found = (c.knowledge.exchange(ground.purpose, m, target.template, 0, f) for f, m in sent)
    return [e for e in found if e is not None]
