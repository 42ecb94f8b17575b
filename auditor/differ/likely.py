"""Who refused: the service, or something in front of it? Signs for ranking root causes; none of them is proof."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from auditor.differ.evidence import listed
from auditor.differ.view import CellView, EnvironmentView
from auditor.model.cell import Support
from auditor.model.exchange import SURVEYS, Answer, Purpose
from auditor.model.finding import Confidence, Fix, RootCause, Side
from auditor.model.methods import CONTROLS

_OF_THE_MOMENT = frozenset({
    "date", "content-type", "content-length", "content-encoding", "content-language", "content-disposition", "age",
    "connection", "keep-alive", "transfer-encoding", "via", "allow", "vary", "cache-control", "etag", "set-cookie",
    "last-modified", "location", "expires", "pragma", "retry-after", "accept-ranges", "link", "server",
})  # fmt: skip
"""Fields that depend on the answer rather than on who gives it; Server is looked at by value."""

_IN_FRONT = (
    "nginx", "openresty", "apache", "envoy", "istio", "cloudflare", "cloudfront", "varnish", "haproxy", "caddy",
    "traefik", "kong", "awselb", "akamai",
)  # fmt: skip
"""Servers that often stand in front of another and write their own name over its."""


@dataclass(frozen=True, slots=True)
class Cause(RootCause):
    """A root cause, and the side on which it lies: what is done there comes first among the fixes."""

    side: Side | None = None


_OWN = (Purpose.PATH, Purpose.VARIED, Purpose.ABSENT, Purpose.PHANTOM)
"""What is asked of the path itself, be the object in it one that exists or not."""

_EFFORTS = ("easy", "medium", "hard")


def by_cause(fixes: Iterable[Fix], causes: Iterable[RootCause]) -> tuple[Fix, ...]:
    """The fixes in the order of the causes that they remove, then by effort: the easiest may cure something else."""
    sides = list(dict.fromkeys(c.side for c in causes if isinstance(c, Cause) and c.side is not None))
    first = {side: i for i, side in enumerate(sides)}
    return tuple(sorted(fixes, key=lambda f: (first.get(f.side, len(first)), _EFFORTS.index(f.effort))))


@dataclass(frozen=True, slots=True)
class House:
    """How the answers of one deployment look.

    `names`: fields that all successes carry, and some error that no handler made: handlers may add fields of their own.
    `refused`: its answers 405 and 501.
    """

    servers: frozenset[str]
    names: frozenset[str]
    refused: tuple[Answer, ...]
    via: frozenset[str]


@lru_cache(maxsize=32)
def house(environment: EnvironmentView) -> House:
    """What the kept exchanges show of a deployment's own answers."""
    every = (e for e in environment.exchanges.values() if e.probe.environment == environment.name)
    kept = (e for e in every if e.probe.purpose not in SURVEYS)
    answered = [(e.probe, e.answer) for e in kept if e.answer is not None]
    answers = [a for _, a in answered]
    good = [a for a in answers if 200 <= a.status < 300]
    refused = tuple(a for a in answers if a.status in (405, 501))
    controls = [a for p, a in answered if p.purpose is Purpose.SIBLING or p.method in CONTROLS]
    errors = [a for a in controls if 400 <= a.status < 500]
    always = frozenset.intersection(*(a.names for a in good)) - _OF_THE_MOMENT if good else frozenset()
    names = frozenset(n for n in always if any(n in a.names for a in errors))
    return House(frozenset(_server(a) for a in good), names, refused, frozenset(v for a in answers for v in _via(a)))


def _server(answer: Answer) -> str:
    return answer.value("server") or ""


def _via(answer: Answer) -> list[str]:
    """The pseudonyms of `Via: 1.1 edge, 2 cache` (RFC 9110 §7.6.3)."""
    hops = (hop.split() for value in answer.values("via") for hop in value.split(","))
    return [hop[1] for hop in hops if len(hop) > 1]


def refusals(cells: Iterable[CellView]) -> list[tuple[EnvironmentView, Answer]]:
    """What the methods themselves were answered on their paths; a fallback page with a success refuses nothing."""
    own_path = ((c, e) for c in cells for e in c.exchanges if e.probe.slot.subject == c.path.template)
    sent = ((c, e) for c, e in own_path if e.probe.purpose in _OWN)
    own = ((c, e.answer) for c, e in sent if e.probe.method == c.method)
    return [(c.environment, a) for c, a in own if a is not None and 400 <= a.status < 600]


def foreign(environment: EnvironmentView, answer: Answer, what: str = "refusal") -> str:
    """In which way `answer` is unlike what the service answers here, as a clause; empty if in none."""
    own, server = house(environment), _server(answer)
    if own.servers and server not in own.servers:
        served = listed(sorted(own.servers - {""})) or "an unnamed server"
        stranger = server or "an unnamed server"
        return f"the {what} in {environment.name} comes from {stranger}, and what is served from {served}"
    lacking = sorted(own.names - answer.names)
    if lacking:
        return f"the {what} in {environment.name} lacks {listed(lacking, most=3)}, which the service's answers carry"
    if what != "refusal":
        return ""
    like = (answer.status, answer.body.media_type, answer.body.masked)
    other = {a.body.media_type for a in own.refused if (a.status, a.body.media_type, a.body.masked) != like} - {""}
    kind = answer.body.media_type
    if kind and other and kind not in other:
        return f"the refusal in {environment.name} is {kind}, while other refusals there are {listed(sorted(other))}"
    return ""


def familiar(environment: EnvironmentView, answer: Answer) -> str:
    """What marks `answer` as the service's own, as a clause; empty where nothing does."""
    names = sorted(house(environment).names & answer.names)
    if not names or foreign(environment, answer):
        return ""
    return f"the refusal in {environment.name} carries {listed(names, most=3)}, as the service's answers do"


def disguise(server: str) -> bool:
    """Whether this Server value may be that of a gateway, which says nothing about what is behind it."""
    return any(name in server.lower() for name in _IN_FRONT)


def in_front(here: Iterable[EnvironmentView], there: Iterable[EnvironmentView]) -> str:
    """`Via names edge in prod, but not in dev`: a gateway on one side only; empty if nothing shows that."""
    one, other = list(here), list(there)
    only = {v for e in one for v in house(e).via} - {v for e in other for v in house(e).via}
    if not only or not other:
        return ""
    return f"Via names {listed(sorted(only), most=3)} in {_named(one)}, but not in {_named(other)}"


def same_build(here: Iterable[EnvironmentView], there: Iterable[EnvironmentView]) -> str:
    """The build that all of them run; empty where that is not known of each, or they differ."""
    builds = {e.facts.build for e in (*here, *there)}
    return (next(iter(builds)) or "") if len(builds) == 1 else ""


def other_builds(here: Sequence[EnvironmentView], there: Sequence[EnvironmentView]) -> str:
    """` (build 2.4.3, not 2.6.0)`, where all of them say which they run, and no build is on both sides."""
    one, other = (list(dict.fromkeys(e.facts.build or "" for e in side)) for side in (here, there))
    if not one or not other or not all((*one, *other)) or set(one) & set(other):
        return ""
    return f" (build {listed(one)}, not {' or '.join(other)})"


def never_served(cell: CellView) -> bool:
    """Whether the method is refused on every path that was judged there, and on more than one."""
    by_kind = cell.environment.tally
    tallies: list[Mapping[Support, int]] = [by_kind.get((cell.method, known), {}) for known in (True, False)]
    refused = sum(t.get(Support.UNSUPPORTED, 0) for t in tallies)
    return refused > 1 and not any(t.get(Support.SUPPORTED, 0) for t in tallies)


def ranked(*causes: RootCause | None) -> tuple[RootCause, ...]:
    """Most likely first; equals in the order given."""
    return tuple(sorted((c for c in causes if c), key=lambda c: c.likelihood.rank))


def high(text: str, side: Side | None = None) -> RootCause:
    """A root cause that what was seen points to."""
    return Cause(Confidence.HIGH, text, side)


def medium(text: str, side: Side | None = None) -> RootCause:
    """A root cause that what was seen allows."""
    return Cause(Confidence.MEDIUM, text, side)


def low(text: str, side: Side | None = None) -> RootCause:
    """A root cause that is possible, and little more."""
    return Cause(Confidence.LOW, text, side)


def _named(environments: Iterable[EnvironmentView]) -> str:
    return listed(dict.fromkeys(e.name for e in environments))
