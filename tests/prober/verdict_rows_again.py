"""Rows of docs/verdicts.md about answers that were asked for again: past a cache, and of every instance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.prober.raw import http, said
from tests.prober.verdict_rows import BAD_METHOD, NO_ROUTE, Row, express, polite, refused


def kept(stored: bytes, *origin: bytes) -> Callable[[str, str, int], bytes]:
    """A cache that keys by the whole target: what it stored, and what the origin says to any other query, in turn."""
    queries: list[str] = []

    def reply(method: str, target: str, before: int) -> bytes:
        if "?" not in target:
            return stored
        queries.append(target)
        return origin[(len(queries) - 1) % len(origin)]

    return reply


def in_turn(*answers: bytes) -> Callable[[str, str, int], bytes]:
    """Instances behind a balancer."""
    return lambda method, target, before: answers[before % len(answers)]


def aged(status: int, *fields: str) -> bytes:
    return http(status, BAD_METHOD, "Age: 37", *fields)


HERE = http(200, '{"x": 1}')


def stored(row: str, says: str, why: str, reply: Any) -> Row:
    return express(row, "GET /x", says, why, table={("GET", "/x"): reply})


CACHED = [
    stored("V133", "undetermined gateway-answered", "from a cache (Age: 37), and the origin could not be asked",
           aged(405)),
    stored("V133", "undetermined gateway-answered", "could not be asked", kept(aged(404), http(404, said("no route"),
           "X-Cache: HIT"))),
    stored("V133", "undetermined gateway-answered", "could not be asked", kept(aged(405), http(400, said("q?")))),
    stored("V133", "undetermined gateway-answered", "could not be asked", kept(aged(405), http(503))),
    stored("V134", "undetermined conflicting-answers", "a cache answers 405, and asked past it the answers are 200 "
           "and 405", kept(aged(405), HERE, refused())),
    stored("V135", "supported observed", "answered 200", kept(aged(405), HERE)),
    stored("V135", "supported observed", "answered 200",
           kept(http(404, said("no route"), "Cache-Status: edge; hit; ttl=9"), HERE)),
    polite("V135", "GET /x", "supported observed", "answered 200",
           table={("*", "/x"): refused("GET"), ("GET", "/x"): kept(aged(405, "Allow: POST"), HERE)}),
    stored("V136", "unsupported observed", "GET was answered 405", kept(aged(405), refused())),
    stored("V136", "unsupported observed", "GET was answered 405",
           kept(http(200, '{"x": 1}', "X-Cache: HIT from edge"), refused())),
]  # fmt: skip

VARYING = [
    express("V137", "GET /x", "undetermined unstable", "405 without Allow in 5 of 9, 200 in 4 of 9",
            table={("GET", "/x"): in_turn(refused(), HERE)}),
    express("V137", "GET /x", "undetermined unstable", "200 in 5 of 9, 404 in 4 of 9", "post",
            table={("GET", "/x"): in_turn(HERE, NO_ROUTE)}),
    polite("V137", "DELETE /b", "undetermined unstable", "405 (Allow: GET, POST) in 3 of 9, 405 (Allow: GET, D",
           "get post delete", table={("*", "/b"): in_turn(refused("GET", "POST"), refused("GET", "DELETE"),
                                                               refused("GET", "DELETE"))}),
    polite("V137", "GET /x", "undetermined unstable", "405 (Allow: POST) in 2 of 3, 1 of no weight", "post",
           table={("*", "/x"): refused("POST"),
                  ("GET", "/x"): in_turn(http(500, said("oops")), refused("POST"), refused("POST"))}),
]  # fmt: skip

AGAIN: list[Row] = [*CACHED, *VARYING]
