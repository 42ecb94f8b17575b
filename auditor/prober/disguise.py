"""Refusals that do not look like one: a wrong method answered 200 with an envelope, 200 without content, or 400.

The control shows them, since it is refused in the same words; but not where it never came as far. A firewall in front
of the router (Spring Security's) answers it 400 on every path, an HttpServlet 501, and the service behind says
`{"code": 500, "msg": "Request method 'GET' is not supported"}` with 200, or plain 400 to HTTP/1.0.
"""

from __future__ import annotations

import json

from auditor.model.exchange import Answer
from auditor.prober.access import ENVELOPE
from auditor.prober.calibrate import MISSING, TRANSIENT, Calibration

MAY_REFUSE = "it may be a refusal in other words: the control was answered before any routing"

_SAYS_WHY = frozenset({"code", "detail", "details", "error", "errors", "message", "msg", "reason", "statuscode"})
"""Without any of these, `{"status": "ok"}` is a state of health."""
PLAIN_ERRORS = frozenset({400, 500})
"""What HttpServlet says to a wrong method over HTTP/1.0, and a handler of all exceptions."""


def is_mute(c: Calibration, control: Answer | None, unknown: Answer | None) -> bool:
    """Whether the control was answered in front of the router: here as on an unknown path, and not as missing."""
    if control is None or unknown is None:
        return control is None
    return control.status not in MISSING | TRANSIENT and c.alike(control, unknown)


def may_refuse(answer: Answer) -> bool:
    """Whether it may say no to the method: a plain error; or a 2xx without content, or with JSON that only says how
    the request went."""
    if not 200 <= answer.status < 300:
        return answer.status in PLAIN_ERRORS
    if not answer.body.shape:
        return True
    try:
        value = json.loads(answer.body.shape)
    except ValueError:
        return False
    told = {k.replace("_", "").lower() for k, v in value.items() if v != "null"} if isinstance(value, dict) else {""}
    return told <= ENVELOPE and bool(told & _SAYS_WHY)
