"""Arbitrary contracts, and arbitrary deployments that answer them: no socket, the answers are data (Hypothesis)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

from hypothesis import strategies as st

from auditor.evaluation import Scope, plan_environment
from auditor.model.contract import Contract, Location, Operation, Parameter, PathItem, Source, Value
from auditor.model.environment import Environment, Origin
from auditor.model.exchange import Answer, BodyTrace, Exchange, Failure, Probe
from auditor.model.globs import parse_glob
from auditor.model.knowledge import Knowledge, learn
from auditor.model.templates import is_balanced, parameter_names
from auditor.prober.candidates import Catalogue
from auditor.prober.targets import Target
from auditor.settings import Exclude

HERE = Location("openapi.json", "/paths")
ORIGIN, UPLOADS = Origin("http", "127.0.0.1", 8080), Origin("https", "uploads.example.test", 443)
AT = "2026-01-01T00:00:00.000Z"

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY", "REPORT", "SEARCH", "PROPFIND",
           "PURGE", "LOCK", "M-SEARCH", "get", "CONNECT", "PRI")  # fmt: skip
SEGMENTS = ("a", "items", "me", "{id}", "{name}", "a", "items", "me", "{id}", "{name}", "flush", "v1", "{name}.json",
            "{id}:cancel", "v{n}", "{a}-{b}", "{+rest}", "Zürich", "a b", "1", "..")  # fmt: skip
TYPES: tuple[tuple[str | None, str | None, tuple[str, ...]], ...] = (
    ("string", None, ()), ("integer", None, ()), ("string", "uuid", ()), ("boolean", None, ()), (None, None, ()),
    ("string", None, ("me", "you")), ("object", None, ()), ("string", "date", ()),
)  # fmt: skip
VALUES = ("1", "me", "a/b", "..", "é", "x?y#z", "a", "flush", "00000000-0000-4000-8000-000000000000")

templates = st.builds(
    lambda parts, slash: "/" + "/".join(parts) + ("/" if slash and parts else ""),
    st.lists(st.sampled_from(SEGMENTS), max_size=3), st.booleans(),
).filter(is_balanced)  # fmt: skip


@st.composite
def path_items(draw: st.DrawFn, template: str) -> PathItem:
    names = dict.fromkeys(parameter_names(template))
    parameters = []
    values = {}
    for name in names:
        kind, form, enum = draw(st.sampled_from(TYPES))
        parameters.append(Parameter(name, "path", True, kind, form, enum))
        if draw(st.booleans()):
            source: Source = draw(st.sampled_from(("config", "example", "schema")))
            values[name] = Value(draw(st.sampled_from(VALUES)), source)
    methods = draw(st.lists(st.sampled_from(METHODS), max_size=5, unique=True))
    server = draw(st.sampled_from((None,) * 8 + ("https://uploads.example.test", "https://else.example.test/u", "/up")))
    operations = tuple([_operation(draw, m, server) for m in methods])
    return PathItem(template, template, HERE, operations, (template,), values, tuple(parameters))


def _operation(draw: st.DrawFn, method: str, server: str | None) -> Operation:
    extra: tuple[Parameter, ...] = ()
    values: dict[str, Value] = {}
    if draw(st.integers(0, 4)) == 0:
        name = draw(st.sampled_from(("q", "X-Tenant", "Host", "_method", "X-HTTP-Method-Override", "Authorization")))
        extra = (Parameter(name, draw(st.sampled_from(("query", "header"))), True, "string"),)
        values = {name: Value(draw(st.sampled_from((*VALUES, "a\nb"))), "example")}
    skip = "by hand" if draw(st.integers(0, 9)) == 0 else None
    return Operation(method, HERE, parameters=extra, values=values, skip=skip, server=server)


@st.composite
def contracts(draw: st.DrawFn, most: int = 7) -> Contract:
    names = draw(st.lists(templates, min_size=1, max_size=most, unique=True))
    items = tuple(draw(path_items(t)) for t in names)
    servers = draw(st.sampled_from(((), ("/v1",), ("https://api.example.test/v1",))))
    return Contract("spec", "t", "1", "openapi.json", "3.1", (), items, servers)


environments = st.builds(
    lambda base, mapped, headers: Environment(
        "dev", ORIGIN.text + base, ORIGIN, base, contract="spec", headers=headers,
        servers=(("https://uploads.example.test", UPLOADS, "/u"),) if mapped else (),
        cors_origin="http://app.example.test" if mapped else None,
    ),
    st.sampled_from(("", "/v1", "/api/v1")), st.booleans(),
    st.sampled_from(((), (("Authorization", "Bearer abcdef"),))),
)  # fmt: skip

SKIPS = ("/a/**", "/me", "/items/*", "/items/{id}", "/{id}", "/{name}", "/*/me", "GET /**", "GET /{id}", "HEAD /a",
         "DELETE /**", "/**/flush", "/v*/**", "/{id}/*")  # fmt: skip
scopes = st.builds(
    lambda skip: Scope(tuple(Exclude(parse_glob(s), "--skip") for s in skip)),
    st.lists(st.sampled_from(SKIPS), max_size=2, unique=True),
)


class Plan:
    """One environment's plan of an arbitrary contract."""

    def __init__(self, contract: Contract, environment: Environment, scope: Scope) -> None:
        self.contract, self.environment, self.scope = contract, environment, scope
        planned: tuple[Catalogue, tuple[Target, ...]] = plan_environment(contract, environment, scope, "seed")
        self.catalogue, self.targets = planned

    def __repr__(self) -> str:
        """Short enough to read in a failing example."""
        paths = [(p.template, [(o.method, o.skip, o.server) for o in p.operations], dict(p.values))
                 for p in self.contract.paths]  # fmt: skip
        return f"Plan({paths}, {self.environment.url}, skip={[s.glob.text for s in self.scope.skip]})"

    def local(self, path: str) -> str:
        """A request target without query and base path, percent-decoded but for slashes."""
        bases = [self.environment.base_path, "/u", "/up"]
        path = path.partition("?")[0]
        base = next((b for b in sorted(bases, key=len, reverse=True) if b and path.startswith(b + "/")), "")
        return unquote(path[len(base) :].replace("%2F", "%252F"))


@st.composite
def plans(draw: st.DrawFn, *, scope: st.SearchStrategy[Scope] = scopes) -> Plan:
    return Plan(draw(contracts()), draw(environments), draw(scope))


# --- answers ----------------------------------------------------------------------------------------------------------

STATUSES = (200, 200, 201, 204, 301, 307, 308, 400, 401, 403, 404, 404, 404, 405, 405, 410, 415, 422, 429, 500, 501,
            502, 503)  # fmt: skip
ALLOWS = (None, None, "GET", "GET, POST", "GET, HEAD, OPTIONS", "REPORT, GET", "DELETE", "")


@st.composite
def answers(draw: st.DrawFn, statuses: tuple[int, ...] = STATUSES) -> Answer:
    fields = [("Content-Type", "application/json")]
    allow = draw(st.sampled_from(ALLOWS))
    fields += [] if allow is None else [("Allow", allow)]
    server = draw(st.sampled_from((None, "app", "edge")))
    fields += [] if server is None else [("Server", server)]
    fields += [("Location", draw(st.sampled_from(("/", "/a/", "/a", "http://else.example.test/"))))]
    word = draw(st.sampled_from(("one", "two", "three")))
    media = draw(st.sampled_from(("application/json", "text/html")))
    body = BodyTrace(len(word), media, word, word, word, None, draw(st.integers(0, 9)) == 0)
    end = draw(st.sampled_from(("complete",) * 6 + ("capped", "cut", "header-limit")))
    return Answer(draw(st.sampled_from(statuses)), tuple(fields), body, end=end)


Outcome = Answer | Failure
outcomes: st.SearchStrategy[Outcome] = st.one_of(answers(), answers(), answers(), answers(), st.sampled_from(Failure))
Keyed = Callable[[Probe], tuple[object, ...]]
KEYS: dict[str, Keyed] = {
    "every request": lambda p: (p.method, p.target, p.slot.ordinal),
    "steady": lambda p: (p.method, p.target),
    "method-blind": lambda p: (p.target,),
    "purpose": lambda p: (p.purpose, p.method),
    "honest": lambda p: (p.purpose == "path" and p.target, p.method if p.purpose == "path" else ""),
}


def honest(probe: Probe) -> Answer:
    """A router that looks at the path before the method; templates of odd length do not exist."""
    known = probe.purpose == "path" and len(probe.slot.subject) % 2 == 0
    word = probe.slot.subject if known else "no route"
    allow = "GET, POST" if "me" in probe.slot.subject else "GET"
    if not known:
        return Answer(404, (("Content-Type", "application/json"),), BodyTrace(9, "application/json", word, word, word))
    if probe.method == "GET":
        return Answer(200, (), BodyTrace(9, "application/json", word, word, word))
    return Answer(405, (("Allow", allow),), BodyTrace(9, "application/json", "bad", "bad", "bad"))


@dataclass(frozen=True)
class World:
    """Answers each probe from a small pool, so that equal answers are common; the same probe, the same answer."""

    pool: tuple[Outcome, ...]
    key: str
    salt: int
    spoilt: int = 1
    """One probe in so many is answered from the pool, the rest as an honest router would."""

    def exchange(self, probe: Probe, seq: int) -> Exchange:
        text = repr((self.salt, *KEYS[self.key](probe))).encode()
        number = int.from_bytes(hashlib.sha256(text).digest()[:4], "big")
        outcome = honest(probe) if number % self.spoilt else self.pool[number // self.spoilt % len(self.pool)]
        if isinstance(outcome, Failure):
            return Exchange(probe, seq, AT, 0.0, 1, failure=outcome)
        return Exchange(probe, seq, AT, 0.0, 1, answer=outcome)


worlds = st.builds(
    World, st.lists(outcomes, min_size=1, max_size=6).map(tuple), st.sampled_from(sorted(KEYS)), st.integers(0, 999),
    st.sampled_from((1, 1, 4, 8)),
)  # fmt: skip


def probe_all(catalogue: Catalogue, world: World, chunk: int = 64) -> Knowledge:
    """The campaign without a wire: waves until nothing is needed. AssertionError where it sends more than it may."""
    knowledge, sent = Knowledge("dev"), 0
    while wave := catalogue.needed(knowledge)[:chunk]:
        exchanges = [world.exchange(p, sent + n) for n, p in enumerate(wave, start=1)]
        assert not {p.slot for p in wave} & set(knowledge.slots)
        sent += len(wave)
        assert sent <= catalogue.upper_bound
        knowledge = learn(knowledge, exchanges)
    return knowledge
