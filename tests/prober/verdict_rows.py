"""Every row of docs/verdicts.md as a deployment that answers so. Read with `raw.Table`: method and path → octets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.prober.audits import Paths
from tests.prober.raw import RESET, Table, http, said


@dataclass(frozen=True)
class Row:
    """One answering deployment, one cell, and what must be said of it.

    `says`: support, then basis or reason. `why`: words of the verdict's own sentence, so that no other row is met by
    chance. `unsent`: request lines (method, path) that must not have reached the server. `options`: of `audits.run`.
    """

    id: str
    cell: tuple[str, str]
    says: str
    why: str
    paths: Paths
    table: Table
    unsent: tuple[tuple[str, str], ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)


NO_ROUTE = http(404, said("no route"))
BAD_METHOD = said("method not allowed")
GARBAGE = b"220 smtp.example.test ESMTP\r\n\r\n"
LOGIN = http(200, '<form><input type="password"></form>', media="text/html")
PAGE = http(200, "<html><body><div></div></body></html>", media="text/html")

AB: Paths = {"/a": "get", "/b": "get post"}


def refused(*allow: str, status: int = 405) -> bytes:
    return http(status, BAD_METHOD, *([f"Allow: {', '.join(allow)}"] if allow else []))


POLITE: Table = {
    ("*", "*"): NO_ROUTE,
    ("*", "/a"): refused("GET"), ("GET", "/a"): http(200, '{"a": 1}'),
    ("*", "/b"): refused("GET", "POST"), ("GET", "/b"): http(200, "[1, 2]"),
}  # fmt: skip
"""Routes the path before the method, and sends an honest Allow (Go, Spring, actix, Django REST framework)."""

EXPRESS: Table = {
    ("*", "*"): NO_ROUTE, ("GET", "/a"): http(200, '{"a": 1}'), ("GET", "/b"): http(200, "[1, 2]"),
}  # fmt: skip
"""Answers a wrong method as it answers an unknown path (Express, Fastify, gin, Rails)."""

WALL: Table = {("*", "*"): http(401, said("log in"), "WWW-Authenticate: Bearer")}
DEAD: Table = {("*", "*"): b""}


def polite(row: str, cell: str, says: str, why: str, methods: str = "get", **more: Any) -> Row:
    """A path of its own on the polite host: `more["table"]` says how it answers, the rest goes to Row."""
    return _on(POLITE, row, cell, says, why, methods, more)


def express(row: str, cell: str, says: str, why: str, methods: str = "get", **more: Any) -> Row:
    return _on(EXPRESS, row, cell, says, why, methods, more)


def _on(base: Table, row: str, cell: str, says: str, why: str, methods: str, more: dict[str, Any]) -> Row:
    method, path = cell.split(" ")
    paths = {**AB, path: methods, **more.pop("paths", {})}
    return Row(row, (method, path), says, why, paths, {**base, **more.pop("table", {})}, **more)


def first_then(first: bytes, later: bytes) -> Any:
    """Answers with `first` when a request line comes for the first time, then with `later`."""
    return lambda method, target, before: later if before else first


UPLOADS = {"get": {"responses": {}}, "servers": [{"url": "https://uploads.example.test"}]}
NO_VALUE = {
    "get": {"responses": {}}, "post": {"responses": {}},
    "parameters": [{"name": "on", "in": "path", "required": True, "schema": {"type": "object"}}],
}  # fmt: skip
SEVEN = {f"/p{n}": "get" for n in range(6)}

UNSENT = [
    Row("V01", ("GET", "/up"), "undetermined other-server", "another server", {**AB, "/up": UPLOADS}, POLITE,
        unsent=(("GET", "/up"),)),
    Row("V02", ("GET", "/a"), "undetermined unstable", "differently at the end", AB,
        {**POLITE, ("GET", "*"): first_then(NO_ROUTE, http(500, said("oops")))}),
    Row("V02", ("POST", "/a"), "undetermined unstable", "differently at the end", AB,
        {**POLITE, ("GET", "/a"): first_then(http(200, "[1]"), http(500, said("oops")))}),
    Row("V03", ("GET", "/t/{on}"), "undetermined no-known-object", "no value", {**AB, "/t/{on}": NO_VALUE}, POLITE),
    Row("V03", ("POST", "/t/{on}"), "undetermined no-known-object", "no value", {**AB, "/t/{on}": NO_VALUE}, POLITE),
    polite("V04", "TRACE /x", "undetermined no-harmless-probe", "TRACE echoes", "get trace",
           table={("GET", "/x"): http(200, '{"x": 1}'), ("TRACE", "*"): http(200, "TRACE")},
           unsent=(("TRACE", "/x"),)),
    polite("V05", "POST /x", "undetermined no-harmless-probe", "GET is excluded", "get post",
           table={("*", "/x"): http(200, "{}")}, options={"skip": ["GET /x"]},
           unsent=(("GET", "/x"), ("REPORT", "/x"), ("OPTIONS", "/x"))),
    polite("V06", "POST /w", "undetermined no-harmless-probe", "code may run on any method, so nothing is sent", "post",
           table={("*", "/a"): http(200, '{"a": 1}'), ("GET", "/a"): http(200, '{"a": 1}')},
           unsent=(("GET", "/w"), ("REPORT", "/w"), ("OPTIONS", "/w"))),
    Row("V07", ("POST", "/w"), "undetermined no-evidence", "no path here is answered differently",
        {**SEVEN, "/w": "post"}, {("*", "*"): NO_ROUTE}, unsent=(("GET", "/w"), ("REPORT", "/w"))),
    polite("V08", "GET /f/flush", "undetermined no-harmless-probe", "names an action", "post",
           table={("*", "/f/flush"): refused()}, unsent=(("GET", "/f/flush"),)),
    Row("V73", ("POST", "/f/flush"), "undetermined no-harmless-probe", "names an action", {**AB, "/f/flush": "post"},
        {**POLITE, ("*", "/a"): http(405, BAD_METHOD), ("*", "/b"): http(405, BAD_METHOD)},
        unsent=(("GET", "/f/flush"), ("REPORT", "/f/flush"), ("OPTIONS", "/f/flush"))),
    Row("V74", ("GET", "/a/../b"), "undetermined no-harmless-probe", "dot segments", {**AB, "/a/../b": "get"}, POLITE,
        unsent=(("GET", "/a/../b"),)),
    polite("V09", "GET /w", "undetermined auth-wall", "REPORT was answered 401", "post",
           table={("*", "/w"): http(401, said("log in"))}, unsent=(("GET", "/w"),)),
    polite("V10", "GET /w", "undetermined no-harmless-probe", "was not refused here", "post",
           table={("*", "/w"): http(200, '{"ran": true}')}, unsent=(("GET", "/w"), ("OPTIONS", "/w"))),
    polite("V11", "GET /x", "undetermined not-reached", "the audit ended", options={"deadline": 0.0}),
    polite("V11", "POST /x", "undetermined not-reached", "the audit ended", options={"deadline": 0.0}),
    Row("V12", ("GET", "/a"), "undetermined unreachable", "(closed)", AB, DEAD),
    Row("V12", ("DELETE", "/a"), "undetermined unreachable", "no answer", AB, DEAD),
]  # fmt: skip

NO_ANSWER = [
    express("V13", "GET /x", "undetermined unreachable", "no answer (reset)", table={("GET", "/x"): RESET}),
    express("V13", "GET /x", "undetermined unreachable", "no answer (closed)", table={("GET", "/x"): b""}),
    express("V13", "POST /x", "undetermined unreachable", "no answer (reset)",
           table={("REPORT", "/x"): RESET, ("GET", "/x"): http(200, "{}")}),
    express("V14", "GET /x", "undetermined malformed-answer", "no valid HTTP", table={("GET", "/x"): GARBAGE}),
    express("V14", "GET /x", "undetermined malformed-answer", "no valid HTTP answer (cut)",
           table={("GET", "/x"): b"HTTP/1.1 200 OK\r\nCont"}),
    express("V15", "GET /x", "undetermined malformed-answer", "ended before it was whole",
           table={("GET", "/x"): b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"}),
]  # fmt: skip

OWN_STATUS = [
    polite("V16", "GET /x", "unsupported observed", "GET was answered 405", table={("*", "/x"): refused("POST")}),
    polite("V16", "GET /x", "unsupported observed", "GET was answered 501", table={("*", "/x"): http(501)}),
    polite("V16", "HEAD /x", "unsupported observed", "HEAD was answered 405", "get head",
           table={("*", "/x"): refused("GET"), ("GET", "/x"): http(200, "{}")}),
    express("V16", "QUERY /x", "unsupported observed", "QUERY was answered 405", "get",
            paths={"/x": {"get": {"responses": {}}, "additionalOperations": {"QUERY": {"responses": {}}}}},
            table={("GET", "/x"): http(200, "{}"), ("QUERY", "/x"): refused("GET")}),
    polite("V71", "GET /x", "undetermined conflicting-answers", "the 405 to REPORT names it in Allow",
           table={("*", "/x"): refused("GET")}),
    polite("V72", "GET /x", "undetermined no-evidence", "a handler may say so",
           table={("*", "/x"): refused(), ("GET", "/x"): http(501, said("not enabled"))}),
    polite("V17", "GET /x", "undetermined rate-limited", "limits our rate", table={("GET", "/x"): http(429)}),
    polite("V18", "GET /x", "undetermined gateway-answered", "a gateway answered 502", table={("*", "/x"): http(502)}),
    polite("V18", "GET /x", "undetermined gateway-answered", "a gateway answered 503", table={("*", "/x"): http(503)}),
    polite("V18", "GET /x", "undetermined gateway-answered", "a gateway answered 504", table={("*", "/x"): http(504)}),
    Row("V19", ("GET", "/{+rest}"), "undetermined no-control", "no unknown path could be asked", {"/{+rest}": "get"},
        {("*", "*"): http(200, "{}")}),
    Row("V20", ("GET", "/a"), "undetermined no-control", "got no usable answer", AB, {**EXPRESS, ("GET", "*"): RESET}),
    Row("V20", ("GET", "/a"), "undetermined no-control", "got no usable answer", AB,
        {**EXPRESS, ("GET", "*"): http(503)}),
    polite("V21", "GET /n/latest", "undetermined no-control", "like another value of /n/{id}", paths={"/n/{id}": "get"},
           table={("*", "/n/*"): refused(), ("GET", "/n/*"): http(200, '{"id": 1}')}),
]  # fmt: skip

AWS = http(403, '{"message": "Missing Authentication Token"}', "x-amzn-ErrorType: MissingAuthenticationTokenException")
DENIED = http(401, said("not authenticated"), "WWW-Authenticate: Bearer")

GATED = [
    express("V22", "GET /x", "unsupported observed", "no route at the gateway", table={("*", "*"): AWS}),
    Row("V23", ("GET", "/a"), "undetermined auth-wall", "answered 401, and so is an unknown path", AB, WALL),
    Row("V23", ("GET", "/a"), "undetermined auth-wall", "answered 200, and so is an unknown path", AB,
        {("*", "*"): LOGIN}),
    polite("V24", "GET /x", "supported observed", "only after routing: REPORT got 405",
           table={("*", "/x"): refused("GET"), ("GET", "/x"): DENIED}),
    express("V25", "GET /x", "undetermined auth-wall", "before the method was looked at",
            table={("GET", "/x"): DENIED}),
    polite("V25", "GET /x", "undetermined auth-wall", "before the method was looked at",
           table={("*", "/x"): refused(), ("GET", "/x"): DENIED}),
    polite("V25", "GET /x", "undetermined auth-wall", "before the method was looked at", table={("*", "/x"): DENIED}),
]  # fmt: skip

SUCCESS = [
    polite("V26", "GET /a", "supported observed", "an unknown path gets 404", paths={"/a": "get"}),
    express("V26", "GET /x", "supported observed", "an unknown path gets 404", table={("GET", "/x"): http(204)}),
    express("V26", "HEAD /x", "supported observed", "an unknown path gets 404", "get head",
            table={("GET", "/x"): http(200, "{}"), ("HEAD", "/x"): http(200)}),
    express("V83", "GET /x", "undetermined no-evidence", "does not depend on the method",
            table={("*", "/x"): http(200, '{"ok": false}')}),
    express("V145", "GET /x", "undetermined no-evidence", "a refusal in other words", "post",
            table={("REPORT", "*"): http(400), ("GET", "/x"): http(200, '{"code": 500, "msg": "no GET"}')}),
    express("V145", "GET /x", "undetermined no-evidence", "a refusal in other words",
            table={("REPORT", "*"): http(501), ("GET", "/x"): http(200)}),
    express("V26", "GET /x", "supported observed", "an unknown path gets 404",
            table={("REPORT", "*"): http(400), ("GET", "/x"): http(200, '{"status": "ok"}')}),
    Row("V27", ("GET", "/a"), "supported observed", "an unknown path gets 200", AB, {**EXPRESS, ("GET", "*"): PAGE}),
    express("V28", "GET /x", "unsupported observed", "the same fallback page", table={("*", "*"): PAGE}),
    express("V29", "GET /x", "undetermined catch-all", "answered in the same way",
            table={("*", "*"): http(200, '{"ok": true}')}),
    Row("V29", ("GET", "/a"), "undetermined catch-all", "answered in the same way", AB, {("*", "*"): PAGE}),
]  # fmt: skip


def to(place: str, status: int = 307) -> bytes:
    return http(status, "", f"Location: {place}")


SLASH = {("*", "/x"): to("/x/"), ("*", "/x/"): refused("GET")}
REDIRECTED = [
    polite("V30", "GET /x", "unsupported observed", "redirects to /x/, which answers 405",
           table={**SLASH, ("*", "/x/"): refused("POST")}),
    polite("V31", "GET /x", "supported observed", "redirects to /x/, which answers 200",
           table={**SLASH, ("GET", "/x/"): http(200, '{"x": 1}')}),
    polite("V32", "GET /x", "unsupported observed", "answers 404 like an unknown path",
           table={**SLASH, ("*", "/x/"): NO_ROUTE}),
    polite("V33", "GET /x", "undetermined redirected-elsewhere", "where nothing decides",
           table={**SLASH, ("*", "/x/"): http(500, said("oops"))}),
    Row("V34", ("GET", "/a"), "undetermined redirected-elsewhere", "and so is an unknown path", AB,
        {("*", "*"): to("https://www.example.test/", 302)}),
    polite("V35", "GET /x", "supported observed", "a redirect of its own (302); REPORT got 405",
           table={("*", "/x"): refused("GET"), ("GET", "/x"): to("/elsewhere", 302)}),
    express("V36", "GET /x", "undetermined redirected-elsewhere", "whatever the method",
            table={("GET", "/x"): to("/elsewhere", 302)}),
    polite("V75", "GET /x", "undetermined redirected-elsewhere", "documented by itself", paths={"/x/": "get"},
           table={**SLASH, ("GET", "/x/"): http(200, '{"x": 1}')}),
    polite("V36", "GET /x", "undetermined redirected-elsewhere", "whatever the method",
           table={("*", "/x"): to("/elsewhere", 302)}),
]  # fmt: skip
