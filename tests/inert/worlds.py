"""Arbitrary descriptions with content, and arbitrary deployments that answer `inert` mode (Hypothesis, no socket)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import TypeVar

from auditor.evaluation import Scope, plan_environment
from auditor.model.contract import Contract, Location, Operation, Parameter, PathItem, RequestBody, Value
from auditor.model.environment import Environment, Mode, Origin
from auditor.model.exchange import COMPLETE_FORMS, Answer, BodyTrace, Exchange, Failure, Form, Probe, Purpose
from auditor.model.globs import parse_glob
from auditor.model.knowledge import Knowledge, learn
from auditor.model.templates import parameter_names
from auditor.prober.candidates import Catalogue
from auditor.prober.content import Content
from auditor.settings import Exclude

T = TypeVar("T")
HERE = Location("openapi.json", "/paths")
ORIGIN = Origin("http", "127.0.0.1", 8080)
AT = "2026-01-01T00:00:00.000Z"

METHODS = ("GET", "GET", "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "REPORT", "PURGE", "LOCK", "get",
           "CONNECT", "QUERY")  # fmt: skip
SEGMENTS = ("books", "books", "{id}", "{id}", "{bookId}", "{kind}", "{version}", "{tenantId}", "{api-version}", "me",
            "reviews", "flush", "{id}:cancel", "{name}.json", "{a}~{b}", "{rest*}", "v{n}")  # fmt: skip
KINDS: tuple[tuple[str | None, str | None, tuple[str, ...]], ...] = (
    ("string", None, ()), ("string", None, ()), ("integer", None, ()), ("integer", "int64", ()), ("number", None, ()),
    ("string", "uuid", ()), ("boolean", None, ()), ("string", None, ("books", "me")), ("integer", None, ("1", "2")),
    ("string", "email", ()), ("string", "date", ()), ("string", "byte", ()), (None, None, ()), ("object", None, ()),
)  # fmt: skip
VALUES = ("1", "7", "books", "me", "true", "v1", "acme", "0123456789abcdef01234567",
          "3f2504e0-4f89-41d3-9a0c-0305e82c3301", "a/b", "é")  # fmt: skip
JSON = ("application/json", "application/json; charset=utf-8", "application/merge-patch+json", "Application/JSON",
        "application/vnd.acme.v2+json;v=2")  # fmt: skip
OTHERS = ("multipart/form-data", "application/octet-stream", "text/plain", "image/png", "*/*", "text/json", "json", "")


class Dice(Random):
    """Draws from a seed that Hypothesis chose: every part of a description as likely as we want it."""

    def one_in(self, count: int) -> bool:
        return self.randrange(count) == 0

    def some(self, things: Sequence[T], least: int, most: int) -> list[T]:
        """Different ones, in a random order."""
        return list(dict.fromkeys(self.choice(things) for _ in range(self.randint(least, most))))


def body(dice: Dice) -> RequestBody | None:
    if dice.one_in(6):
        return None
    types = dice.some(JSON * 3 + OTHERS, 0 if dice.one_in(5) else 1, 3)
    # What the loader promises: a property is demanded of JSON content only.
    demands = bool(set(types) & set(JSON)) and not dice.one_in(4)
    return RequestBody(not dice.one_in(4), tuple(types), demands)


def path_item(dice: Dice, template: str) -> PathItem:
    parameters = []
    values = {}
    for name in parameter_names(template):
        kind, form, enum = dice.choice(KINDS)
        if not dice.one_in(10):
            parameters.append(Parameter(name, "path", True, kind, form, enum))
        if enum:
            values[name] = Value(enum[0], "enum")
        elif not dice.one_in(3):
            values[name] = Value(dice.choice(VALUES), dice.choice(("config", "example", "default")))
    operations = tuple([
        Operation(m, HERE, request_body=body(dice), statuses=("404",) if dice.one_in(8) else (),
                  skip="by hand" if dice.one_in(16) else None)
        for m in dice.some(METHODS, 1, 5)
    ])  # fmt: skip
    return PathItem(template, template, HERE, operations, (template,), values, tuple(parameters))


def templates(dice: Dice) -> list[str]:
    found = dict.fromkeys(("/books", "/books/{bookId}", "/authors/{id}/books") if not dice.one_in(4) else ())
    for _ in range(dice.randint(2, 6)):
        template = "/" + "/".join(dice.choice(SEGMENTS) for _ in range(dice.randint(1, 4)))
        if len(set(parameter_names(template))) == len(parameter_names(template)):
            found[template] = None
    return list(found)


def contract(dice: Dice) -> Contract:
    items = tuple([path_item(dice, t) for t in templates(dice)])
    unaudited = dice.choice(((), (), ("/hidden",), ("/books/hidden",)))
    return Contract("spec", "t", "1", "openapi.json", "3.1", (), items, (), unaudited=unaudited)


def environment(dice: Dice) -> Environment:
    base = dice.choice(("", "/v1"))
    mode = Mode.SAFE if dice.one_in(12) else Mode.INERT
    opted = dice.choice(((), COMPLETE_FORMS[:1], COMPLETE_FORMS[1:], COMPLETE_FORMS))
    return Environment("dev", ORIGIN.text + base, ORIGIN, base, mode, contract="spec",
                       inert_forms=tuple(str(f) for f in opted),
                       cors_origin="http://app.example.test" if base else None)  # fmt: skip


PATTERNS = ("/books/**", "/books/{id}", "/books/*", "DELETE /**", "PATCH /**", "POST /books", "PUT /books/*", "/me",
            "DELETE /books/{bookId}", "POST /**", "/*/me", "GET /books/*")  # fmt: skip


BESIDES = ["TRACE /**", "HEAD /books", "OPTIONS /books/*"]
"""Named by whoever names anything."""


def scope(dice: Dice) -> Scope:
    skip = dice.some(PATTERNS, 0, 2) + BESIDES if dice.one_in(2) else []
    only = dice.some(("/books", "/books/**", "PUT /**", "/**"), 1, 2) if dice.one_in(6) else []
    return Scope(tuple(Exclude(parse_glob(s), "--skip") for s in skip),
                 tuple(Exclude(parse_glob(s), "--only") for s in only))  # fmt: skip


# --- answers ----------------------------------------------------------------------------------------------------------

STATUSES = (200, 201, 204, 301, 308, 400, 401, 403, 404, 404, 405, 405, 409, 410, 415, 422, 429, 500, 501, 503)


Outcome = Answer | Failure


def outcome(dice: Dice) -> Outcome:
    if dice.one_in(6):
        return dice.choice(list(Failure))
    word = dice.choice(("one", "two", "no route", "no object"))
    fields = [("Content-Type", "application/json")]
    allow = dice.choice((None, None, "GET", "GET, POST", "GET, PATCH, DELETE"))
    fields += [] if allow is None else [("Allow", allow)]
    end = "cut" if dice.one_in(12) else dice.choice(("complete", "complete", "capped"))
    return Answer(dice.choice(STATUSES), tuple(fields), BodyTrace(9, "application/json", word, word, word), end=end)


def plain(status: int, word: str, *fields: tuple[str, str]) -> Answer:
    return Answer(status, fields, BodyTrace(len(word), "application/json", word, word, word))


@dataclass(frozen=True)
class World:
    """Mostly a router that knows documented paths and misses invented objects; one probe in `spoilt` gets whatever."""

    pool: tuple[Outcome, ...]
    salt: int
    spoilt: int
    router: int
    """405 or 404: what a method that is not served gets."""
    writes: tuple[Outcome, ...]
    """What unfinished requests get on routed paths."""

    def exchange(self, probe: Probe, seq: int, wanted: tuple[str, ...]) -> Exchange:
        number = _number(self.salt, probe.purpose, probe.method, probe.target, probe.form)
        outcome = self._honest(probe, number) if number % self.spoilt else self.pool[number % len(self.pool)]
        if isinstance(outcome, Failure):
            return Exchange(probe, seq, AT, 0.7, 1, failure=outcome)
        good = 200 <= outcome.status < 300 and number % 3
        learnt = tuple((place, ("42", "tolkien", "0123456789abcdef99")[number % 3]) for place in wanted if good)
        return Exchange(probe, seq, AT, 0.01 * (number % 9), 1, answer=outcome, learnt=learnt)

    def _honest(self, probe: Probe, number: int) -> Outcome:
        if probe.purpose not in (Purpose.PATH, Purpose.TWIN, Purpose.ABSENT, Purpose.PHANTOM):
            return plain(404, "no route")
        if (
            probe.purpose is Purpose.PATH
            and "{" not in probe.target
            and _number(self.salt, probe.slot.subject) % 5 == 0
        ):
            return plain(308, "", ("Location", probe.target + "/"))
        if probe.form is not Form.PLAIN:
            return self.writes[number % len(self.writes)]
        if probe.method == "GET":
            known = probe.purpose in (Purpose.PATH, Purpose.TWIN) and number % 5
            return plain(200, probe.slot.subject) if known else plain(404, "no object" if number % 4 else "no route")
        return plain(405, "no method", ("Allow", "GET")) if self.router == 405 else plain(404, "no route")


def _number(*parts: object) -> int:
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:4], "big")


def world(dice: Dice) -> World:
    pool = tuple(outcome(dice) for _ in range(dice.randint(1, 6)))
    usual = (Failure.SILENT, plain(404, "no route"), plain(404, "no object"), plain(422, "bad"), plain(401, "log in"))
    writes = tuple(outcome(dice) if dice.one_in(3) else dice.choice(usual) for _ in range(dice.randint(1, 4)))
    spoilt = dice.choice((2, 5, 20, 999, 999))
    return World(pool, dice.randrange(1000), spoilt, dice.choice((404, 404, 405)), writes)


@dataclass(frozen=True)
class Asked:
    """One probe as it was about to leave, with what was known then."""

    probe: Probe
    content: Content | None
    known: Knowledge


def drive(contract: Contract, environment: Environment, scope: Scope, world: World, chunk: int = 16) -> Iterator[Asked]:
    """The campaign without a wire: waves until nothing is needed."""
    catalogue: Catalogue = plan_environment(contract, environment, scope, "seed")[0]
    knowledge, sent = Knowledge("dev"), 0
    while wave := (catalogue := catalogue.after(knowledge)).needed(knowledge)[:chunk]:
        exchanges = []
        for probe in wave:
            yield Asked(probe, catalogue.content(probe, knowledge), knowledge)
            sent += 1
            own = probe.purpose is Purpose.PATH and probe.method == "GET" and probe.form is Form.PLAIN
            wanted = tuple(w.place for w in catalogue.wanted.get(probe.slot.subject, ()) if own)
            exchanges.append(world.exchange(probe, sent, wanted))
        knowledge = learn(knowledge, exchanges)
        assert sent < 2000, "it never ends"


def in_safe_mode(environment: Environment) -> Environment:
    return replace(environment, mode=Mode.SAFE)
