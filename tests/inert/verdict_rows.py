"""Section 11 of docs/verdicts.md as deployments that answer so: state-changing methods that were sent."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from tests.inert.stalls import Reply
from tests.prober.audits import Paths
from tests.prober.raw import _best, http, said
from tests.prober.verdict_rows import NO_ROUTE, PAGE, Row, refused

SILENT = b"\0silent"
"""Says nothing until the client hangs up."""

WANTED = {
    "required": True,
    "content": {"application/json": {"schema": {"type": "object", "required": ["q"], "properties": {"q": {}}}}},
}
FINE, NO_OBJECT, INVALID = http(200, '{"a": 1}'), http(404, said("no book has this number")), http(422, said("no JSON"))
ODD = http(404, said("nothing fits"))

LAX: Mapping[tuple[str, str], Any] = {("*", "*"): NO_ROUTE, ("GET", "/a"): FINE, ("GET", "/b"): http(200, "[1, 2]")}
"""A wrong method is answered like an unknown path (Express, Fastify, gin, Rails)."""
STRICT: Mapping[tuple[str, str], Any] = {**LAX, ("*", "/a"): refused(), ("*", "/b"): refused()}
"""Refuses a wrong method with 405, but names none in Allow."""
LIAR: Mapping[tuple[str, str], Any] = {**LAX, ("*", "/a"): refused("POST", "PUT"), ("*", "/b"): refused("GET", "PUT")}
"""The same with an Allow that cannot be trusted: it leaves out a GET that is served."""


Timed = Callable[[str, str, int], bytes]


def later(seconds: float, octets: bytes) -> Timed:
    def reply(method: str, path: str, before: int) -> bytes:
        time.sleep(seconds)
        return octets

    return reply


def first_then(first: bytes, again: bytes | Timed) -> Any:
    def reply(method: str, path: str, before: int) -> bytes:
        later = again if isinstance(again, bytes) or not before else again(method, path, before)
        return first if not before or not isinstance(later, bytes) else later

    return reply


def replies(table: Mapping[tuple[str, str], Any]) -> Reply:
    """A deployment of a table. A method with a plus sign, `REPORT+`, is that method as an unfinished request."""
    came: dict[tuple[str, str], int] = {}
    shown = {(m, p): v for (m, p), v in table.items() if not m.endswith("+")}
    unfinished = {**shown, **{(m[:-1], p): v for (m, p), v in table.items() if m.endswith("+")}}

    def reply(method: str, path: str, announced: bool) -> bytes | None:
        rows = unfinished if announced else shown
        key = (method + "+" * announced, path)
        before = came[key] = came.get(key, -1) + 1
        found = rows[_best(rows, method, path)]
        octets = found if isinstance(found, bytes) else found(method, path, before)
        return None if octets == SILENT else octets

    return reply


def operation(method: str, *, statuses: tuple[str, ...] = ("200",)) -> dict[str, Any]:
    made: dict[str, Any] = {"responses": {s: {"description": s} for s in statuses}}
    return {**made, "requestBody": WANTED} if method in ("post", "put", "patch") else made


def path(methods: str, parameter: str = "", **more: Any) -> dict[str, Any]:
    item: dict[str, Any] = {m: operation(m, **more) for m in methods.split()}
    if parameter:
        item["parameters"] = [{"name": parameter, "in": "path", "required": True, "schema": {"type": "string"}}]
    return item


AB: Paths = {"/a": "get", "/b": "get"}


def row(id_: str, cell: str, says: str, why: str, table: Mapping[tuple[str, str], Any], methods: str = "post",
        base: Mapping[tuple[str, str], Any] = LAX, **more: Any) -> Row:  # fmt: skip
    """`/x`, or `/i/{id}` whose object 1 exists, beside two paths that work."""
    method, template = cell.split(" ")
    item = path(methods, "id" if "{" in template else "", **more.pop("item", {}))
    known = {("GET", "/i/1"): http(200, '{"id": 1}')} if "{" in template else {}
    options = {"values": {"id": "1"}, **more.pop("options", {})} if "{" in template else more.pop("options", {})
    paths = {**AB, template: item, **more.pop("paths", {})}
    return Row(id_, (method, template), says, why, paths, {**base, **known, **table}, options=options, **more)


OBJECT = "PATCH /i/{id}"
OWN = [
    row("V84", OBJECT, "undetermined unreachable", "no answer (closed)", {("PATCH", "/i/*"): b""}, "get patch"),
    row("V85", OBJECT, "undetermined malformed-answer", "ended before it was whole",
        {("PATCH", "/i/*"): b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"}, "get patch"),
    row("V86", OBJECT, "undetermined conflicting-answers", "that 405 names it in Allow",
        {("PATCH", "/i/*"): refused("GET", "PATCH")}, "get patch"),
    row("V87", "POST /x", "undetermined no-evidence", "501, but REPORT got 404", {("POST", "/x"): http(501)}),
    row("V88", OBJECT, "unsupported observed", "PATCH was answered 405", {("PATCH", "/i/*"): refused()}, "get patch"),
    row("V88", "DELETE /i/{id}", "unsupported observed", "DELETE was answered 405",
        {("DELETE", "/i/*"): refused("GET")}, "get"),
    row("V88", "POST /x", "unsupported observed", "POST was answered 405", {("POST", "/x"): refused("GET")}),
    row("V88", "POST /x", "unsupported observed", "POST was answered 501", {("*", "/x"): http(501)}),
    row("V89", OBJECT, "undetermined rate-limited", "limits our rate", {("PATCH", "/i/*"): http(429)}, "get patch"),
    row("V90", OBJECT, "undetermined gateway-answered", "a gateway answered 503",
        {("PATCH", "/i/*"): http(503)}, "get patch"),
]  # fmt: skip

AWS = http(403, said("Missing Authentication Token"), "x-amzn-ErrorType: MissingAuthenticationTokenException")
NGINX = http(403, "<html><center><h1>403 Forbidden</h1></center><hr><center>nginx</center></html>", media="text/html")
LOG_IN, CSRF = http(401, said("log in"), "WWW-Authenticate: Bearer"), http(403, said("no token"))
BOTH = {"paths": {"/x": path("post patch")}}
GATED = [
    row("V92", "POST /x", "unsupported observed", "has no route at the gateway", {("*", "*"): AWS}),
    row("V93", "PATCH /x", "unsupported observed", "403 whatever the path, while POST is not",
        {("PATCH", "*"): NGINX}, **BOTH),
    row("V95", "PATCH /x", "undetermined auth-wall", "and so is an unknown path", {("PATCH", "*"): CSRF}, **BOTH),
    row("V94", "POST /x", "unsupported observed", "403 in a gateway's own words",
        {("POST", "*"): NGINX, ("REPORT", "*"): NGINX, ("OPTIONS", "*"): NGINX}),
    row("V95", "POST /x", "undetermined auth-wall", "and so is an unknown path", {("POST", "*"): LOG_IN}),
    row("V95", "POST /x", "undetermined auth-wall", "and so is an unknown path", {("POST", "*"): CSRF}),
    row("V95", "PATCH /x", "undetermined auth-wall", "and so is an unknown path",
        {("PATCH", "*"): CSRF, ("POST", "*"): CSRF}, **BOTH),
    row("V96", "POST /x", "supported observed", "only after routing: REPORT got 405",
        {("*", "/x"): refused("GET", "POST"), ("POST", "/x"): LOG_IN}, base=LIAR),
    row("V97", "POST /x", "undetermined auth-wall", "before the method was looked at", {("POST", "/x"): LOG_IN}),
    row("V97", "POST /x", "undetermined auth-wall", "before the method was looked at",
        {("*", "/x"): refused("GET"), ("POST", "/x"): LOG_IN}, base=LIAR),
    row("V97", "POST /x", "undetermined auth-wall", "before the method was looked at",
        {("*", "/x"): refused("GET", "POST"), ("POST", "/x"): http(401, said("log in"), "Server: gate")}, base=LIAR),
]  # fmt: skip

BELOW = {("*", "/i/1/*"): NO_ROUTE, ("GET", "/i/1/*"): NO_ROUTE}
"""What is below an object is routed no more than its sibling."""
REFUSED_ITEM = {("*", "/i/*"): refused(), ("GET", "/i/*"): NO_OBJECT, **BELOW}
NO_SERVICE_ROUTE = http(404, said("the service behind the gateway has no such route"))
BEHIND = {("*", "/i/*"): NO_SERVICE_ROUTE}
"""A gateway sends /i/ to a service, and says 404 itself to what is under no prefix of its own."""
BEHIND_405 = {("*", "/i/*"): refused(), ("GET", "/i/*"): NO_SERVICE_ROUTE, ("PATCH", "/i/*"): NO_SERVICE_ROUTE}
OTHERS_405 = http(405, "no", "Server: edge", media="text/html")
MISSES = {("GET", "/i/*"): NO_OBJECT, **BELOW}
MISSING = [
    row("V98", OBJECT, "undetermined no-control", "no control was answered here",
        {**MISSES, ("REPORT", "/i/zq*"): b"", ("PATCH", "/i/*"): NO_OBJECT}, "get patch"),
    row("V99", OBJECT, "supported observed", "404 by a handler: this host answers 405",
        {**REFUSED_ITEM, ("PATCH", "/i/*"): NO_OBJECT}, "get patch", STRICT),
    row("V99", "DELETE /i/{id}", "supported observed", "404 by a handler: this host answers 405",
        {**REFUSED_ITEM, ("DELETE", "/i/*"): NO_OBJECT}, "get", STRICT),
    row("V100", "POST /x", "undetermined no-evidence", "404, but REPORT got 405",
        {("*", "/x"): refused(), ("POST", "/x"): NO_OBJECT}, base=STRICT),
    row("V100", OBJECT, "undetermined no-evidence", "404, but REPORT got 405",
        {**REFUSED_ITEM, ("PATCH", "/i/*"): http(404, said("gone"), "Server: edge")}, "get patch", STRICT),
    row("V100", OBJECT, "undetermined no-evidence", "404, but REPORT got 405", BEHIND_405, "get patch"),
    row("V101", "POST /x", "unsupported observed", "404 of this path's own", {("*", "/x"): ODD}),
    row("V101", OBJECT, "unsupported observed", "404 of this path's own", {**MISSES, ("*", "/i/*"): ODD}, "get patch"),
    row("V102", OBJECT, "undetermined no-evidence", "of this path's own, whatever the method",
        {("*", "/i/*"): ODD}, "get patch"),
    row("V103", "POST /x", "undetermined no-evidence", "but REPORT is answered in another way",
        {("*", "/x"): http(400, said("no")), ("POST", "/x"): NO_ROUTE}),
    row("V104", "POST /x", "undetermined no-evidence", "but a handler may say so, too", {},
        item={"statuses": ("200", "404")}),
    row("V105", "POST /x", "unsupported observed", "exactly as on an unknown path", {}),
    row("V106", OBJECT, "undetermined no-evidence", "but a handler may say so, too", {}, "get patch"),
    row("V107", OBJECT, "unsupported observed", "a missing object is answered in another way", MISSES, "get patch"),
    row("V107", "DELETE /i/{id}", "unsupported observed", "a missing object is answered in another way", MISSES, "get"),
    row("V108", "DELETE /i/{id}", "undetermined no-known-object", "the object's or the route's", {}, "get"),
    row("V109", OBJECT, "supported observed", "as GET gets for a missing object",
        {**MISSES, ("PATCH", "/i/*"): NO_OBJECT}, "get patch"),
    row("V109", OBJECT, "supported observed", "as GET gets for a missing object",
        {**MISSES, ("PATCH", "/i/*"): NO_OBJECT, ("REPORT", "/i/1"): OTHERS_405}, "get patch", STRICT),
    row("V110", OBJECT, "undetermined no-evidence", "the object's or the route's",
        {**MISSES, ("PATCH", "/i/*"): http(404, said("moved away"))}, "get patch"),
    row("V110", OBJECT, "undetermined no-evidence", "the object's or the route's",
        {**BEHIND, ("REPORT", "*"): OTHERS_405, ("REPORT", "/i/*"): OTHERS_405}, "get patch"),
    row("V110", "POST /x", "undetermined no-evidence", "the object's or the route's", {("POST", "/x"): NO_OBJECT}),
]  # fmt: skip

SHELL = {("*", "*"): PAGE}
JSON_PAGE = {("*", "*"): http(200, '{"hello": "world"}')}
DONE = http(200, '{"done": true}')
PASSED = [
    row("V111", "PATCH /x", "unsupported observed", "the same fallback page as an unknown path", SHELL, "patch"),
    row("V111", "POST /x", "unsupported observed", "the same fallback page as an unknown path", SHELL),
    row("V112", "PATCH /x", "undetermined catch-all", "answered in the same way", JSON_PAGE, "patch"),
    row("V113", OBJECT, "undetermined no-harmless-probe", "REPORT was answered 200 here",
        {("*", "/i/*"): DONE, **MISSES}, "get patch"),
    row("V114", OBJECT, "supported observed", "answered 200; an unknown path gets 404",
        {("PATCH", "/i/*"): DONE, **MISSES}, "get patch"),
    row("V114", "DELETE /i/{id}", "supported observed", "answered 204; an unknown path gets 404",
        {("DELETE", "/i/*"): http(204), **MISSES}, "get delete"),
    row("V147", OBJECT, "undetermined no-evidence", "a refusal in other words",
        {**MISSES, ("REPORT", "*"): http(400), ("PATCH", "/i/*"): http(200, '{"code": 405}')}, "get patch"),
    row("V115", "POST /x", "supported observed", "redirected to /x/, as no other method is",
        {("POST", "/x"): http(308, "", "Location: /x/")}),
    row("V116", "POST /x", "undetermined redirected-elsewhere", "redirected (308)",
        {("POST", "/x"): http(308, "", "Location: /y")}),
    row("V116", "POST /x", "undetermined redirected-elsewhere", "redirected (308)",
        {("POST", "*"): http(308, "", "Location: /x/")}),
]  # fmt: skip

ELSE = [
    row("V117", "POST /x", "undetermined no-evidence", "409, and so is an unknown path",
        {("POST", "*"): http(409, said("no"))}),
    row("V118", "POST /x", "undetermined no-evidence", "and REPORT tells nothing here",
        {("*", "/x"): INVALID}),
    row("V118", "POST /x", "undetermined no-evidence", "and REPORT tells nothing here",
        {("REPORT", "/x"): http(403, said("policy")), ("POST", "/x"): INVALID}),
    row("V119", "POST /x", "undetermined no-evidence", "422; an unknown path gets 409",
        {("POST", "*"): http(409, said("no")), ("POST", "/x"): INVALID}),
    row("V120", "POST /x", "undetermined no-evidence", "for content like this, whatever the method",
        {("POST", "/x"): INVALID, ("REPORT+", "*"): INVALID}),
    row("V121", "POST /x", "undetermined no-evidence", "by another program",
        {("POST", "/x"): http(422, "x", "Server: edge", media="text/html")}),
    row("V148", "POST /x", "undetermined no-evidence", "before any routing",
        {("REPORT", "*"): http(501), ("POST", "/x"): http(400, said("POST is not supported"))}),
    row("V149", OBJECT, "undetermined no-evidence", "the unknown path is answered by another program",
        {**BEHIND, ("PATCH", "/i/*"): INVALID}, "get patch"),
    row("V122", OBJECT, "undetermined no-evidence", "judges the content before the method",
        {**MISSES, ("PATCH", "/i/*"): INVALID, ("PUT", "/i/*"): INVALID, ("DELETE", "/i/*"): INVALID}, "get"),
    row("V123", "POST /x", "supported observed", "answered 422; an unknown path gets 404, REPORT 404",
        {("POST", "/x"): INVALID}),
    row("V123", "POST /x", "supported observed", "answered 422; an unknown path gets 404, REPORT 405",
        {("*", "/x"): refused(), ("POST", "/x"): INVALID}, base=STRICT),
    row("V123", OBJECT, "supported observed", "answered 400", {**MISSES, ("PATCH", "/i/*"): http(400, said("no"))},
        "get patch"),
]  # fmt: skip

QUIET = {("POST", "/x"): SILENT}
AWAITED = [
    row("V124", "POST /x", "undetermined no-evidence", "on an unknown path no less",
        {**QUIET, ("POST", "*"): http(409, said("no"))}),
    row("V126", "POST /x", "undetermined no-evidence", "did not get past a gate",
        {**QUIET, ("REPORT", "/x"): http(403, said("policy"))}),
    row("V127", "POST /x", "undetermined no-evidence", "whatever the method", {**QUIET, ("REPORT+", "*"): SILENT}),
    row("V129", "POST /x", "undetermined unstable", "asked again, it was answered in another way",
        {("POST", "/x"): first_then(SILENT, INVALID)}),
    row("V129", "POST /x", "undetermined unstable", "asked again, it was answered in another way",
        {**QUIET, ("POST", "/zq*"): first_then(NO_ROUTE, SILENT)}),
    row("V129", "POST /x", "undetermined unstable", "asked again, it was answered in another way",
        {**QUIET, ("POST", "/zq*"): first_then(NO_ROUTE, http(405))}),
    row("V130", "POST /x", "undetermined unstable", "too slow for silence to mean much",
        {**QUIET, ("REPORT+", "/x"): later(0.25, NO_ROUTE)}),
    row("V150", OBJECT, "undetermined no-evidence", "the unknown path is answered by another program",
        {**BEHIND, ("PATCH", "/i/*"): SILENT}, "get patch"),
    row("V150", "POST /x", "undetermined no-evidence", "the unknown path is answered by another program",
        {("*", "/x/*"): NO_SERVICE_ROUTE, **QUIET}),
    row("V131", OBJECT, "supported observed", "waits for the rest of the content",
        {**BEHIND, ("PATCH", "/i/zq*"): SILENT}, "get patch", paths={"/i/{id}/n": path("get post", "id")}),
    row("V131", "POST /x", "supported observed", "waits for the rest of the content", QUIET),
    row("V131", OBJECT, "supported observed", "waits for the rest of the content",
        {**MISSES, ("PATCH", "/i/*"): SILENT}, "get patch"),
]  # fmt: skip

ROWS = [*OWN, *GATED, *MISSING, *PASSED, *ELSE, *AWAITED]

SENT: dict[str, set[str]] = {
    "V91": {"undetermined no-control"}, "V125": {"undetermined unstable"}, "V128": {"undetermined not-reached"},
    "V132": {"undetermined conflicting-answers"},
}  # fmt: skip
"""Row → what its tests ask for. These four need an audit cut short, or one judged again (test_verdicts.py)."""
for _row in ROWS:
    SENT.setdefault(_row.id, set()).add(_row.says)
