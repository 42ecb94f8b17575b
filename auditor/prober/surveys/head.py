"""HEAD where GET is served and nobody documented it: three paths, and the others only where these disagree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from auditor.model.cell import Support
from auditor.model.environment import Environment
from auditor.model.exchange import Probe, Purpose, Slot
from auditor.model.methods import STATE_CHANGING, is_safe
from auditor.prober.calibrate import MISSING, Calibration
from auditor.prober.candidate import Candidate
from auditor.prober.headless import answer_of, asked_of, refused
from auditor.prober.judge import judge_method
from auditor.prober.needed import Needed
from auditor.prober.targets import Target
from auditor.prober.trust import allow_of

SAMPLE = 3


def candidates(environment: Environment, targets: Sequence[Target]) -> Iterator[Candidate]:
    """One for each readable path, and one for its unknown sibling. A documented HEAD is asked anyway.

    Not behind a gateway: nobody calls there.
    """
    readable = [t for t in targets if asked_of(t) and environment.behind is None]
    for target in readable:
        if "HEAD" not in target.documented:
            yield Candidate(_probe(environment, Purpose.HEAD, target, target.template, target.path or ""),
                            _needed(target))  # fmt: skip
    beside: dict[str, list[Target]] = {}
    for target in (t for t in readable if t.sibling):
        beside.setdefault(target.sibling or "", []).append(target)
    for sibling, group in beside.items():
        yield Candidate(_probe(environment, Purpose.HEAD_UNKNOWN, group[0], sibling, sibling), _control_needed(group))


def _needed(target: Target) -> Needed:
    def needed(c: Calibration) -> bool:
        if not c.good(target) or not _only_read(c, target):
            return False
        sample = list(islice((t for t in c.goods if asked_of(t) and _only_read(c, t)), SAMPLE))
        if target in sample:
            return True
        seen = [refused(c, t) for t in sample if answer_of(c, t) is not None]
        return len(seen) == len(sample) and True in seen and False in seen

    return needed


def _only_read(c: Calibration, target: Target) -> bool:
    """Nothing is written on this path: code that asks `is it GET?` takes a HEAD, routed with GET, for its POST."""
    documented = {m for m in target.documented if not is_safe(m)}
    if not documented and _own_405_reads(c, target):
        return True
    return all(judge_method(c, target, m).support is Support.UNSUPPORTED for m in {*STATE_CHANGING, *documented})


def _own_405_reads(c: Calibration, target: Target) -> bool:
    """The path's own refusal names GET and nothing that writes: so it is even where only the first route is listed,
    for that is the route that would take the HEAD.
    """
    refusal = c.on_path(target, c.control)
    allow = allow_of(refusal) if refusal is not None and refusal.status == 405 else None
    return allow is not None and not allow.no_methods and "GET" in allow and all(map(is_safe, allow.methods))


def _control_needed(group: Sequence[Target]) -> Needed:
    """A path that GET finds is unknown to HEAD: is this how an unknown path is answered?"""

    def needed(c: Calibration) -> bool:
        answers = (answer_of(c, t) for t in group if c.good(t))
        return any(a is not None and a.answer is not None and a.answer.status in MISSING for a in answers)

    return needed


def _probe(environment: Environment, purpose: Purpose, target: Target, subject: str, path: str) -> Probe:
    """With the query and the fields that GET needs: the answer is GET's, without its content (RFC 9110 §9.3.2)."""
    query = target.queries.get("GET") if purpose is Purpose.HEAD else None
    slot = Slot(purpose, "HEAD", subject)
    return Probe(environment.name, slot, target.origin, f"{path}?{query}" if query else path,
                 target.fields.get("GET", ()))  # fmt: skip
