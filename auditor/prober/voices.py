"""Does the program that answers a path answer its unknown sibling, too? Not behind a gateway that routes by prefix.

The gateway then speaks for every unknown prefix, in its own words and at once, whatever the service behind the path
would say of one. What such a sibling is answered is no control: unknown paths below the path's own prefix are.
"""

from __future__ import annotations

from collections.abc import Iterator

from auditor.model.exchange import Answer, Exchange, Form, Purpose
from auditor.prober.calibrate import MISSING, REFUSED, Calibration
from auditor.prober.targets import Target


def head(target: Target) -> str:
    """The first segment that tells this path from the others of the contract."""
    return target.template.lstrip("/")[target.shared :].lstrip("/").split("/", 1)[0]


def below(c: Calibration, target: Target, method: str, form: Form = Form.PLAIN) -> Exchange | None:
    """What an unknown path under the first segment of this one is answered: below itself, else below a neighbour."""
    return next((e for e in _asked_below(c, target, method, form) if e.answer is not None and e.answer.whole), None)


def _asked_below(c: Calibration, target: Target, method: str, form: Form) -> Iterator[Exchange]:
    own = head(target)
    neighbours = [t for t in c.targets if head(t) == own and t.origin == target.origin]
    for near in (target, *neighbours):
        sent = c.exchange(Purpose.DEEPER, method, near.template, 0, form)
        if sent is not None:
            yield sent
    for near in (target, *neighbours):
        sent = c.exchange(Purpose.SIBLING, method, near.sibling, 0, form) if _sibling_is_below(near) else None
        if sent is not None:
            yield sent


def _sibling_is_below(target: Target) -> bool:
    """Whether the sibling keeps the first segment that tells the path from others."""
    if target.path is None or target.sibling is None:
        return False
    path, sibling = target.path.split("/"), target.sibling.split("/")
    before = len(path) - len(target.template.split("/")) + target.template[: target.shared + 1].count("/")
    return len(sibling) > before + 1 and path[: before + 1] == sibling[: before + 1]


def is_apart(c: Calibration, target: Target) -> bool:
    """Whether the sibling is answered by another program than unknown paths of this prefix.

    Where none of these was asked, what was seen of other prefixes counts: doubt wins.
    """
    own = _differs(c, target)
    return own if own is not None else any(_differs(c, t) for t in c.targets)


def _differs(c: Calibration, target: Target) -> bool | None:
    here, there = below(c, target, "GET"), c.on_sibling(target, "GET")
    if here is None or here.answer is None or there is None:
        return None
    return not c.alike(here.answer, there)


def refusal_tells(c: Calibration, target: Target, refusal: Answer | None, unknown: Answer | None) -> bool:
    """The control is refused on this path, and is a plain 404 on unknown ones of the very program that refused it.

    Some servers refuse the control everywhere and say 404 to GET (Robyn, http.server): only their own unknown paths
    show that, and a gateway in front hides it.
    """
    if refusal is None or unknown is None or refusal.status not in REFUSED or unknown.status not in MISSING:
        return False
    if not is_apart(c, target):
        return True
    own = below(c, target, c.control)
    return own is not None and own.answer is not None and own.answer.status in MISSING


def below_control_needed(c: Calibration, target: Target, missing: Answer) -> bool:
    """A 404 beside a refused control, while the sibling may be another program's: what does this one say below?"""
    unknown, refusal, elsewhere = (
        c.on_sibling(target, "GET"), c.on_path(target, c.control), c.on_sibling(target, c.control),
    )  # fmt: skip
    if unknown is None or refusal is None or elsewhere is None or c.same(missing, unknown):
        return False
    told = refusal.status in REFUSED and elsewhere.status in MISSING
    return told and is_apart(c, target) and below(c, target, c.control) is None
