"""What `plan` prints. Pure text from data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from auditor.differ.output.escape import visible
from auditor.model.environment import Environment, Mode
from auditor.model.exchange import Form, Probe, Purpose
from auditor.model.knowledge import Knowledge
from auditor.prober.candidate import Candidate, Quota
from auditor.prober.candidates import Catalogue
from auditor.prober.harmless import clause

WHY: dict[Purpose, str] = {
    Purpose.SIBLING: "what an unknown path is answered",
    Purpose.PATH: "the documented path",
    Purpose.TWIN: "its slash twin, where it redirects or seems missing",
    Purpose.DEEPER: "an unknown path below it, where a 404 is ambiguous",
    Purpose.SHADOW: "another value, where a template also matches",
    Purpose.ALTERNATE: "a value of another type, where the path seems missing",
    Purpose.ABSENT: "an object that cannot exist, where another path needs the real one",
    Purpose.PHANTOM: "the path with every object absent, where a state-changing method is compared with it",
    Purpose.BASE: "another base path, only where this one serves nothing",
    Purpose.ANONYMOUS: "the documented path without credentials",
    Purpose.ANONYMOUS_SIBLING: "an unknown path without credentials, where the answer above is to be held against it",
    Purpose.SERVED_SPEC: "the description that the deployment serves",
    Purpose.BUILD: "which build runs there",
    Purpose.HEAD: "HEAD where GET is served: three paths, more only where these disagree",
    Purpose.HEAD_UNKNOWN: "HEAD on an unknown path, where HEAD is answered 404",
    Purpose.PREFLIGHT: "its CORS preflight, without credentials",
    Purpose.PREFLIGHT_UNKNOWN: "the same preflight on an unknown path",
    Purpose.TRACE: "is a request sent back? without credentials; one of these at the most",
    Purpose.VARIED: "past a cache, where one answered for the path",
    Purpose.NEAR: "nearly the same spelling, where the documented one is missing",
    Purpose.NEAR_UNKNOWN: "an unknown path beside it",
    Purpose.REPEAT: "the same again, where a finding would rest on the answer",
}


_TARGETS = (Purpose.SIBLING, Purpose.BASE, Purpose.ANONYMOUS_SIBLING, Purpose.SERVED_SPEC, Purpose.HEAD_UNKNOWN,
            Purpose.PREFLIGHT_UNKNOWN, Purpose.NEAR_UNKNOWN)  # fmt: skip
"""Purposes whose subject is no template."""


def render(planned: Sequence[tuple[Environment, Catalogue]]) -> str:
    """Every request that may be sent, one line each, and the sums."""
    return "".join(f"{line}\n" for e, c in planned for line in _environment(e, c))


def _environment(environment: Environment, catalogue: Catalogue) -> Iterator[str]:
    retries = environment.limits.retries
    yield f"{environment.name}  {visible(environment.url)}  mode {environment.mode}"
    yield (f"  at most {catalogue.upper_bound} requests, fewer where an answer settles more; with every retry "
           f"{catalogue.upper_bound * (1 + retries)} (hard limit)")  # fmt: skip
    alone = [c for c in catalogue.candidates if c.quota is None]
    for candidate in alone:
        yield "  " + _line(environment, catalogue, candidate)
    shared: dict[Quota, dict[str, None]] = {}
    for candidate in catalogue.candidates:
        if candidate.quota is not None:
            shared.setdefault(candidate.quota, {})[candidate.probe.method] = None
    for quota, methods in shared.items():
        yield f"  {quota.lead}, at most {quota.most} of {', '.join(methods)}: {visible(quota.name, 90)}"
        yield from _spelled(c for c in catalogue.candidates if c.quota == quota)
    if catalogue.again.most:
        yield f"  again, at most {catalogue.again.most} of all these: {catalogue.again.name}"
    for note, forms in (("whole", {Form.PLAIN}), ("unfinished or broken", set(Form) - {Form.PLAIN})):
        counts = Counter(c.probe.method for c in alone if c.probe.form in forms)
        if counts:
            yield f"  {note}: " + ", ".join(f"{m} {n}" for m, n in sorted(counts.items()))
    if environment.mode is Mode.SAFE:
        yield "  every method is safe by RFC 9110 §9.2.1"
    else:
        yield "  one unfinished request at a time; the safety rule is asked again before each leaves"


def _spelled(candidates: Iterable[Candidate]) -> Iterator[str]:
    """Which paths may be guessed at, one line for each documented one: nobody has seen them in the description."""
    found: dict[str, list[str]] = {}
    for candidate in candidates:
        if candidate.probe.purpose is Purpose.NEAR:
            found.setdefault(candidate.probe.slot.subject, []).append(candidate.probe.target)
    for template, targets in found.items():
        yield f"    {visible(template, 90)}: {', '.join(visible(t, 90) for t in targets)}"


def _line(environment: Environment, catalogue: Catalogue, candidate: Candidate) -> str:
    probe = candidate.probe
    again = " (control, at the end)" if candidate.final else " (again)" if probe.slot.ordinal else ""
    again += f" for {probe.slot.variant}" if probe.slot.variant else ""
    again += _template(probe)
    content = catalogue.content(probe, Knowledge(environment.name))
    if content is None:
        return f"{probe.method:8} safe   {visible(probe.target, 90):60} {WHY[probe.purpose]}{again}"
    why = clause(environment, content.clearance)
    return f"{probe.method:8} inert  {visible(probe.target, 90):60} {probe.form}: {why}{again}"


def _template(probe: Probe) -> str:
    """The documented path that the probe is about, as --skip and --only name it, where the URL differs from it."""
    subject = probe.slot.subject
    if probe.purpose in _TARGETS or subject == probe.target.partition("?")[0]:
        return ""
    return f"  [{visible(subject, 90)}]"
