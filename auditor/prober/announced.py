"""Which media type a state-changing probe announces: a documented one, and only JSON (DESIGN §4, §5)."""

from __future__ import annotations

from auditor.model.exchange import Form
from auditor.prober.harmless import UNREAD_TYPE
from auditor.prober.media import parse
from auditor.prober.targets import Target

JSON = "application/json"


def json_types(target: Target, method: str) -> tuple[str, ...]:
    """The documented JSON types of an operation, in order."""
    body = target.bodies.get(method)
    stated = [parse(text) for text in (body.media_types if body is not None else ())]
    essences = (s.essence for s in stated if s is not None)
    return tuple(dict.fromkeys(e for e in essences if e == JSON or e.endswith("+json")))


def announced(target: Target, method: str, form: Form, *, second: bool = False) -> str:
    """The first documented JSON type, or the second; plain JSON where none is documented."""
    if form is Form.UNKNOWN_TYPE:
        return UNREAD_TYPE
    known = json_types(target, method) or (JSON,)
    return known[1] if second and len(known) > 1 else known[0]
