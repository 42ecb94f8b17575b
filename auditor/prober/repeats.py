"""Do all instances answer alike? The probe that a verdict rests on, asked again later, over connections of its own.

What is compared is what routing shows: the status and the `Allow`; never the body, which may differ each time. Statuses
of the moment (429, 5xx but 501) and answers of a cache count for nothing: they are noise, not another instance.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

from auditor.model.cell import Basis, Reason, Support
from auditor.model.exchange import Answer, Exchange, Form, Purpose, Slot
from auditor.model.fact import Share, Varying
from auditor.model.knowledge import Knowledge
from auditor.model.methods import is_safe, method_order
from auditor.prober.cached import from_cache
from auditor.prober.calibrate import GATES, MISSING, REFUSED, Calibration
from auditor.prober.signature import identity, is_gateway_page
from auditor.prober.targets import Target
from auditor.prober.trust import allow_of
from auditor.prober.verdict import Verdict, undetermined

Judge = Callable[[Calibration, Target, str], Verdict]
_OF_THE_MOMENT = frozenset({408, 421, 425, 429})
_PLACES = (Purpose.PATH, Purpose.TWIN)
_MARKS = (
    "Server", "X-Powered-By", "Via", "X-Served-By", "X-Backend", "X-Backend-Server", "X-Instance", "X-Instance-Id",
    "X-Version", "X-App-Version", "X-Build", "X-Build-Id", "X-Release",
)  # fmt: skip
"""Fields by which one instance, or one build, may be told from another."""
_SHOWN = 9
MOST = 40
"""More often no probe is repeated (`repeat` is 10 at the most, and there are four rounds)."""


def place_of(sent: Exchange) -> Slot | None:
    """The slot whose probe may be sent again for this exchange; None where it may not, or nothing could be told."""
    slot = sent.probe.slot
    if slot.form is not Form.PLAIN or slot.purpose not in _PLACES or slot.ordinal or not is_safe(slot.method):
        return None
    return slot


def repeat_of(place: Slot, ordinal: int) -> Slot:
    """The slot of the same probe sent again."""
    variant = "" if place.purpose is Purpose.PATH else str(place.purpose)
    return Slot(Purpose.REPEAT, place.method, place.subject, ordinal, variant=variant)


def original_of(repeat: Slot) -> Slot:
    """The slot whose probe was sent again."""
    return Slot(Purpose(repeat.variant or Purpose.PATH), repeat.method, repeat.subject)


@dataclass(frozen=True, slots=True)
class Tally:
    """All answers to one probe: by what they show of routing, first seen first; and those that count for nothing."""

    place: Slot
    kinds: dict[str, list[Exchange]] = field(default_factory=dict)
    noise: list[Exchange] = field(default_factory=list)

    def add(self, sent: Exchange, answer: Answer) -> None:
        """One more answer. 200 and 204 show the same of routing: they stand under the first of them that came."""
        own = kind(answer)
        if 200 <= answer.status < 300:
            own = next((k for k in self.kinds if k[0] == "2" and k[3:] == own[3:]), own)
        self.kinds.setdefault(own, []).append(sent)

    @property
    def differs(self) -> bool:
        return len(self.kinds) > 1

    @property
    def asked(self) -> int:
        return sum(map(len, self.kinds.values())) + len(self.noise)

    @property
    def text(self) -> str:
        """`405 (Allow: GET) in 4 of 9, 200 in 5 of 9`."""
        shares = [f"{kind} in {len(found)} of {self.asked}" for kind, found in self.kinds.items()]
        return ", ".join([*shares, *([f"{len(self.noise)} of no weight"] if self.noise else [])])


def tally(c: Calibration, place: Slot) -> Tally:
    """The first answer, that of the control at the end, and every repetition."""
    last = Slot(place.purpose, place.method, place.subject, 1)
    slots = [place, last, *(repeat_of(place, n) for n in range(1, MOST + 1))]
    found = Tally(place)
    for sent in sorted((c.knowledge.slots[s] for s in slots if s in c.knowledge.slots), key=lambda e: e.seq):
        if sent.probe.purpose is Purpose.VARIED:
            continue  # the origin's answer, in the place of a cache's: another question
        if counts(sent) and sent.answer is not None:
            found.add(sent, sent.answer)
        else:
            found.noise.append(sent)
    return found


def counts(sent: Exchange) -> bool:
    """Whether an answer says how an instance routes."""
    answer = sent.answer
    if answer is None or not answer.whole or answer.status in _OF_THE_MOMENT or from_cache(answer):
        return False
    return answer.status < 500 or answer.status in REFUSED


def kind(answer: Answer) -> str:
    """What an answer shows of routing: `405 (Allow: GET, PUT)`, `405 without Allow`, `200`."""
    allow = allow_of(answer)
    if allow is not None:
        return f"{answer.status} (Allow: {', '.join(sorted(set(allow.methods), key=method_order)) or 'none'})"
    return f"{answer.status} without Allow" if answer.status == 405 else str(answer.status)


# --- what rests on it -------------------------------------------------------------------------------------------------


def resting_on(c: Calibration, target: Target, method: str, verdict: Verdict) -> Slot | None:
    """The slot whose probe decides a cell, and may be sent again.

    Where an unfinished request decided, that is the control on the same path: a build without the method answers it
    with another Allow, or with 404; nothing that may change state is sent twice for this.
    """
    own = [e for e in verdict.exchanges if e is not None and e.probe.slot.subject == target.template and place_of(e)]
    if verdict.basis is not Basis.INFERRED:
        own.sort(key=lambda e: e.probe.purpose is not Purpose.TWIN)  # the twin decides where the path redirects to it
    if not own and not is_safe(method):
        control = c.exchange(Purpose.PATH, c.control, target.template)
        own = [control] if control is not None and place_of(control) else []
    return own[0].probe.slot if own and _may_be_repeated(c, target, own[0]) else None


def _may_be_repeated(c: Calibration, target: Target, sent: Exchange) -> bool:
    """Whether no handler runs again that nobody documented for it (DESIGN §4, method-blind handlers).

    The control was refused; and an undocumented GET was answered by a program that refuses the control on this path.
    """
    answer, control = sent.answer, c.on_path(target, c.control)
    if answer is None:
        return False
    if sent.probe.method == c.control:
        return 300 <= answer.status < 400 or answer.status in REFUSED | MISSING | GATES
    if sent.probe.method in ("OPTIONS", *target.documented) or answer.status >= 400:
        return True
    refused = control is not None and control.status in REFUSED | MISSING and identity(control) == identity(answer)
    return refused and control is not None and not is_gateway_page(control)


def steadied(c: Calibration, target: Target, method: str, verdict: Verdict, judge: Judge) -> Verdict:
    """The verdict, unless one of the repetitions would have led to another one."""
    if verdict.support is Support.UNDETERMINED:
        return verdict
    for place in _places(c, target, method, verdict):
        found = tally(c, place)
        others = [e for e in (x[0] for x in found.kinds.values()) if e.probe.slot != place]
        if any(_leads_elsewhere(c, target, method, verdict, place, e, judge) for e in others):
            sent = [*(e for x in found.kinds.values() for e in x), *found.noise]
            why = f"asked {found.asked} times, {place.method} was answered {found.text}"
            return undetermined(Reason.UNSTABLE, why, *sent[:_SHOWN])
    return verdict


def _places(c: Calibration, target: Target, method: str, verdict: Verdict) -> list[Slot]:
    """Every repeated probe of this path whose answer the verdict may rest on."""
    first = resting_on(c, target, method, verdict)
    own = [p for e in verdict.exchanges if e is not None and e.probe.slot.subject == target.template
           for p in [place_of(e)] if p is not None]  # fmt: skip
    if verdict.basis is Basis.ADVERTISED:
        purpose = own[0].purpose if own else Purpose.PATH
        claims = [Slot(purpose, m, target.template) for m in ("OPTIONS", c.control, "GET")]
        own += [p for p in claims if p.method != "GET" or any("Allow:" in k for k in tally(c, p).kinds)]
    found = dict.fromkeys([*([first] if first else []), *own])
    return [p for p in found if p in repeated_places(c)]


def _leads_elsewhere(
    c: Calibration, target: Target, method: str, verdict: Verdict, place: Slot, other: Exchange, judge: Judge
) -> bool:
    """Whether the verdict would be another one with this answer in place of the first."""
    first, answer = c.knowledge.slots[place], other.answer
    if answer is None:
        return False
    if place.method != method and not is_safe(method) and verdict.basis is not Basis.INFERRED:
        # The answer only speaks of the method: by its Allow, and by being the same refusal at all.
        allow, known = allow_of(answer), allow_of(first.answer) if first.answer else None
        if allow is None or known is None:
            return allow is not known or answer.status != first.status
        return (method in allow) != (method in known)
    return judge(replaced(c, place, other), target, method).support is not verdict.support


def replaced(c: Calibration, place: Slot, other: Exchange) -> Calibration:
    """What would be known had this probe been answered so."""
    slots = MappingProxyType({**c.knowledge.slots, place: other})
    return Calibration(Knowledge(c.knowledge.environment, slots), c.targets)


# --- facts ------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4)
def repeated_places(c: Calibration) -> frozenset[Slot]:
    """Every slot whose probe was sent more than once."""
    again = (original_of(s) for s in c.knowledge.slots if s.purpose is Purpose.REPEAT)
    at_end = (Slot(s.purpose, s.method, s.subject) for s in c.knowledge.slots if s.purpose is Purpose.PATH
              and s.ordinal and s.form is Form.PLAIN)  # fmt: skip
    return frozenset(p for p in (*again, *at_end) if p in c.knowledge.slots)


def varying(c: Calibration, build_header: str | None) -> dict[str, list[Varying]]:
    """By template: the probes whose answers differed from one time to the next."""
    found: dict[str, list[Varying]] = {}
    for place in sorted(repeated_places(c)):
        answers = tally(c, place)
        if answers.differs:
            found.setdefault(place.subject, []).append(_varying(answers, build_header))
    return found


def _varying(found: Tally, build_header: str | None) -> Varying:
    groups = list(found.kinds.values())
    marks = _marks(groups, build_header)
    shares = tuple(Share(k, len(x), tuple(e.id for e in x), marks[i]) for i, (k, x) in enumerate(found.kinds.items()))
    turned = len(groups) == 2 and max(e.seq for e in groups[0]) < min(e.seq for e in groups[1])
    noise = tuple(sorted({str(e.status or e.failure) for e in found.noise}))
    return Varying(found.place.method, shares, found.asked, noise, turned)


def _marks(groups: Sequence[Sequence[Exchange]], build_header: str | None) -> list[tuple[str, ...]]:
    """For each group what its answers alone carry: fields that name an instance or a build, not one answer."""
    marks: list[list[str]] = [[] for _ in groups]
    for name in dict.fromkeys((*([build_header] if build_header else []), *_MARKS)):
        values = [{", ".join(e.answer.values(name)) for e in group if e.answer} for group in groups]
        every = set().union(*values)
        answers = sum(map(len, groups))
        if "" in every or sum(map(len, values)) != len(every) or len(every) * 2 > max(answers, 4):
            continue
        for i, own in enumerate(values):
            marks[i] += [f"{name}: {v}" for v in sorted(own)]
    return [tuple(m) for m in marks]
