"""The rows of docs/verdicts.md about 404, other statuses, whole paths, `Allow`, and methods that are not sent."""

from __future__ import annotations

from tests.prober.raw import RESET, http, said
from tests.prober.verdict_rows import (
    AB,
    BAD_METHOD,
    DENIED,
    EXPRESS,
    GATED,
    NO_ANSWER,
    NO_ROUTE,
    OWN_STATUS,
    PAGE,
    POLITE,
    REDIRECTED,
    SUCCESS,
    UNSENT,
    WALL,
    Row,
    express,
    first_then,
    polite,
    refused,
)
from tests.prober.verdict_rows_again import AGAIN

NO_BOOK = http(404, said("no such book"))
NO_FILE = http(404, "<html><center><h1>404 Not Found</h1></center>\r\n<hr><center>nginx/1.27.0</center></html>",
               media="text/html")  # fmt: skip
APACHES = http(404, "<h1>Not Found</h1>\n<p>The requested URL was not found on this server.</p>", media="text/html")
BOOKS = {("*", "/n"): refused("GET"), ("GET", "/n"): http(200, '[{"id": 1}]')}

ROLE = {"headers": {"Authorization": "Bearer viewer"}}
ASKED = {"name": "q", "in": "query", "required": True, "schema": {"type": "string"}, "example": "x"}

NOT_FOUND = [
    polite("V37", "GET /n/{id}", "supported observed", "404 by a handler: this host answers 405",
           table={("*", "/n/*"): refused("GET"), ("*", "/n/1/*"): NO_ROUTE, ("GET", "/n/1"): NO_BOOK}),
    polite("V37", "GET /n/{id}", "supported observed", "404 by a handler: this host answers 405",
           table={("*", "/n/*"): refused("GET"), ("GET", "/n/1"): NO_ROUTE}),
    express("V38", "GET /n/{id}", "undetermined no-known-object", "404, as on an unknown path"),
    Row("V39", ("GET", "/a"), "undetermined no-evidence", "404, as on an unknown path", AB, {("*", "*"): NO_ROUTE}),
    polite("V40", "GET /x", "undetermined no-evidence", "REPORT got 405 by another program",
           table={("*", "/x"): http(405, "no", "Server: edge", media="text/plain"), ("GET", "/x"): NO_ROUTE}),
    polite("V41", "GET /x", "unsupported observed", "404, exactly as on an unknown path"),
    express("V41", "GET /x", "unsupported observed", "404, exactly as on an unknown path"),
    express("V41", "GET /n/{id}/r", "unsupported observed", "404, exactly as on an unknown path",
            paths={"/n/{id}": "get"}, table={("GET", "/n/*"): NO_BOOK, ("GET", "/n/1"): http(200, '{"id": 1}'),
                                             ("GET", "/n/1/*"): NO_ROUTE}),
    express("V80", "GET /n/{id}/r", "undetermined no-evidence", "a handler may say so, too",
            paths={"/n/{id}": "get"}, table={("GET", "/n/1"): http(200, '{"id": 1}')}),
    express("V81", "GET /x", "undetermined no-evidence", "a handler may say so, too",
            table={("REPORT", "*"): http(403, "no")}),
    express("V38", "GET /n/{id}/r", "undetermined no-known-object", "404, as on an unknown path",
            paths={"/n/{id}": "get"}),
    express("V76", "GET /x", "undetermined conflicting-answers", "but Allow names GET",
            table={("OPTIONS", "/x"): http(204, "", "Allow: GET, POST")}),
    express("V77", "GET /x", "undetermined no-evidence", "404, as on an unknown path",
            paths={"/x": {"get": {"responses": {"404": {"description": "no such thing"}}}}}),
    express("V77", "GET /x", "undetermined no-evidence", "404, as on an unknown path",
            paths={"/x": {"get": {"responses": {}, "parameters": [ASKED]}}}),
    polite("V142", "GET /x", "undetermined no-evidence", "by a web server that looked for a file",
           table={("*", "/x"): refused("GET", "POST"), ("GET", "/x"): NO_FILE}),
    polite("V142", "GET /n/{id}", "undetermined no-evidence", "by a web server that looked for a file",
           table={("*", "/n/*"): refused("GET", "POST"), ("GET", "/n/*"): APACHES}),
    polite("V143", "POST /x", "undetermined no-evidence", "named in Allow, but GET was answered 404", "get post",
           table={("*", "/x"): refused("GET", "POST"), ("GET", "/x"): APACHES}),
    express("V140", "GET /x", "undetermined auth-wall", "may be hidden from this role",
            table={("GET", "/x"): first_then(NO_ROUTE, DENIED)}, options=ROLE),
    polite("V140", "GET /x", "undetermined auth-wall", "may be hidden from this role", "get post",
           table={("GET", "/x"): first_then(NO_ROUTE, DENIED)}, options=ROLE),
    express("V41", "GET /x", "unsupported observed", "404, exactly as on an unknown path", options=ROLE),
    express("V42", "GET /x", "undetermined no-evidence", "of this path's own, whatever the method",
            table={("*", "/x"): http(404, said("predicate mismatch"))}),
    express("V43", "GET /n/{id}", "supported observed", "unlike every unknown path's",
            table={("GET", "/n/1"): NO_BOOK}),
    express("V44", "GET /n/{id}", "undetermined no-known-object", "the object's or the route's",
            table={("GET", "/n/*"): NO_BOOK}),
    polite("V44", "GET /n/{id}", "undetermined no-known-object", "the object's or the route's",
           table={("*", "/n/*"): refused(), ("GET", "/n/*"): http(404, said("the service behind has no such route"))}),
    express("V70", "GET /x", "undetermined no-evidence", "the object's or the route's",
            table={("GET", "/x*"): NO_BOOK}),
]  # fmt: skip

BAD_INPUT = http(400, said("q is missing"))
OTHERS = [
    express("V45", "GET /x", "undetermined no-evidence", "400, and so is an unknown path",
            table={("*", "*"): http(400, said("bad request"))}),
    express("V46", "GET /x", "undetermined no-evidence", "400, whatever the method", table={("*", "/x"): BAD_INPUT}),
    express("V46", "GET /x", "undetermined no-evidence", "422, whatever the method",
            table={("*", "/x"): http(422, said("other")), ("GET", "/x"): http(422, said("q is missing"))}),
    express("V146", "GET /x", "undetermined no-evidence", "before any routing",
            table={("REPORT", "*"): http(501, said("unknown")), ("GET", "/x"): BAD_INPUT}),
    polite("V47", "GET /x", "supported observed", "answered 400; an unknown path gets 404, REPORT 405",
           table={("*", "/x"): refused("GET"), ("GET", "/x"): BAD_INPUT}),
    express("V47", "GET /x", "supported observed", "answered 500; an unknown path gets 404, REPORT 404",
            table={("GET", "/x"): http(500, said("oops"))}),
    express("V48", "GET /x", "supported observed", "answered 400; an unknown path gets 200",
            table={("*", "*"): PAGE, ("GET", "/x"): BAD_INPUT}),
    polite("V49", "GET /x", "undetermined no-evidence", "400; the unknown path gets 500",
           table={("GET", "*"): http(500, said("oops")), ("*", "/x"): refused(), ("GET", "/x"): BAD_INPUT}),
]  # fmt: skip

ROUTED = "safe mode does not send it"
INFERRED = [
    polite("V50", "POST /x", "unsupported inferred", "REPORT and GET are answered as on an unknown path"),
    polite("V50", "POST /f/x", "unsupported inferred", "answered as on an unknown path", "post", paths={"/f/y": "post"},
           table={("*", "/f/y"): refused("POST")}),
    polite("V78", "POST /x", "undetermined mode-forbids", ROUTED, "post"),
    polite("V50", "DELETE /n/{id}", "unsupported inferred", "answered as on an unknown path", "get delete",
           paths={"/m/{id}": "get"}, table={("*", "/m/*"): refused("GET"), ("GET", "/m/1"): NO_BOOK}),
    polite("V82", "DELETE /n/{id}", "undetermined mode-forbids", ROUTED, "get delete"),
    polite("V51", "POST /x", "undetermined mode-forbids", ROUTED, "get post",
           table={("*", "/x/"): http(405, said("slash"))}),
    polite("V52", "DELETE /n/{id}", "undetermined mode-forbids", ROUTED, "get delete",
           table={("*", "/n/*"): http(405, said("a value of the right type")), ("*", "/n/1"): NO_ROUTE}),
    polite("V53", "POST /n/{id}/r", "undetermined mode-forbids", ROUTED, "get post", paths={"/n/{id}": "get"}),
    polite("V54", "POST /x", "undetermined mode-forbids", ROUTED, "get post",
           table={("*", "*"): http(404, said("no route"), "Server: edge")}),
]  # fmt: skip


def claims(path: str, *allow: str, options: tuple[str, ...] | None = None) -> dict[tuple[str, str], bytes]:
    """A path that serves GET and answers OPTIONS and every other method with an Allow."""
    said_by_options = http(204, "", "Allow: " + ", ".join(allow if options is None else options))
    return {("*", path): refused(*allow), ("OPTIONS", path): said_by_options, ("GET", path): http(200, f'["{path}"]')}


TRUSTED = {**POLITE, **claims("/a", "GET"), **claims("/b", "GET", "POST")}
ADVERTISED = [
    polite("V55", "POST /b", "supported advertised", "named in Allow: GET, POST", "get"),
    polite("V55", "DELETE /x", "supported advertised", "named in Allow: GET, DELETE",
           table=claims("/x", "GET", "DELETE")),
    polite("V56", "DELETE /b", "unsupported advertised", "not named in Allow: GET, POST", "get delete"),
    polite("V144", "DELETE /x", "undetermined mode-forbids", "no Allow with a method was seen on this path",
           "post delete", table={("*", "/x"): http(405, BAD_METHOD, "Allow:")}),
    polite("V57", "DELETE /n/latest", "undetermined no-control", "the Allow may be that of /n/{id}",
           paths={"/n/{id}": "get delete"},
           table={**claims("/n/1", "GET", "DELETE"), **claims("/n/latest", "GET", "DELETE")}),
    Row("V58", ("POST", "/x"), "undetermined no-evidence", "a filter may stand in front",
        {**AB, "/x": "get post"}, {**TRUSTED, **claims("/x", "GET", "POST"), ("REPORT", "/x"): http(403, "no")}),
]  # fmt: skip


SIGNED = {("GET", "/a"): http(200, '{"a": 1}', "Server: service"), ("GET", "/b"): http(200, "[1]", "Server: service")}
TABLED = {
    **EXPRESS, ("OPTIONS", "/a"): http(204, "", "Allow: GET"), ("OPTIONS", "/b"): http(204, "", "Allow: GET, POST"),
    ("OPTIONS", "/x"): http(204, "", "Allow: GET, PUT"),
}  # fmt: skip
"""A gateway answers OPTIONS from a table of its own; the service behind it says 404 to a wrong method."""


def doubted(why: str, *changes: dict[tuple[str, str], bytes], id_: str) -> Row:
    table = {k: v for change in (POLITE, *changes) for k, v in change.items()}
    return Row(id_, ("PUT", "/a"), "undetermined mode-forbids", why, AB, table)


DOUBTED = [
    doubted("a path that does not exist is answered with an Allow", {("REPORT", "*"): refused("GET", "HEAD")},
            id_="V59"),
    doubted("GET /a is served, but its Allow does not name GET", claims("/a", "POST"), id_="V60"),
    doubted("GET /b answers 405, but its Allow names GET", claims("/b", "GET", "PUT"), {("GET", "/b"): refused("GET")},
            id_="V61"),
    doubted("OPTIONS and 405 of /a name different methods", claims("/a", "GET", options=("GET", "PUT")), id_="V62"),
    doubted("a router which names the first matching route's methods only",
            {("*", "/a"): http(405, '{"detail":"Method Not Allowed"}', "Allow: GET")}, id_="V63"),
    Row("V64", ("PUT", "/a"), "undetermined mode-forbids", "every Allow names one method only",
        {"/a": "get", "/b": "get"}, {**POLITE, **claims("/b", "GET")}),
    doubted("Allow names GET alone on /b", claims("/b", "GET"), id_="V79"),
    doubted("an Allow of /b holds what is no method", claims("/b", "GET", "put"), id_="V141"),
    doubted("an Allow of /b holds what is no method", claims("/b", "GET", "POST PUT"), id_="V141"),
    doubted("the Allow of /a is by another program", claims("/a", "GET", "PUT"), claims("/b", "GET", "POST"), SIGNED,
            id_="V151"),
    doubted("the Allow of /a is by another program", claims("/a", "GET", "POST"), claims("/b", "GET", "POST"), SIGNED,
            id_="V151"),
    Row("V152", ("PUT", "/b"), "unsupported advertised", "not named in Allow: GET, POST", AB,
        {**POLITE, **claims("/a", "GET", "PUT"), **claims("/b", "GET", "POST"), **SIGNED}),
    Row("V55", ("POST", "/b"), "supported advertised", "named in Allow: GET, POST", AB,
        {**POLITE, **SIGNED, ("*", "/b"): http(405, BAD_METHOD, "Allow: GET, POST", "Server: service")}),
    Row("V151", ("PUT", "/a"), "undetermined mode-forbids", "OPTIONS of /x names GET, but GET is answered 404",
        {**AB, "/x": "get"}, {**TABLED, ("*", "/x"): http(404, said("what service?"))}),
    doubted("no answer carries an Allow", {("*", "/a"): refused(), ("*", "/b"): refused()}, id_="V65"),
    Row("V65", ("POST", "/b"), "undetermined mode-forbids", "no answer carries an Allow", AB, EXPRESS),
]  # fmt: skip

NOT_SENT = [
    Row("V66", ("POST", "/b"), "undetermined auth-wall", "before the method was looked at", AB, WALL),
    polite("V67", "POST /x", "undetermined rate-limited", "limits our rate", "get post",
           table={("*", "/x"): http(429)}),
    polite("V68", "POST /x", "undetermined gateway-answered", "in place of the service", "get post",
           table={("*", "/x"): http(503)}),
    Row("V69", ("POST", "/b"), "undetermined catch-all", "unknown paths are answered like known ones", AB,
        {("*", "*"): http(200, '{"ok": true}')}),
    polite("V13", "PUT /x", "undetermined unreachable", "no answer (reset)", table={("REPORT", "/x"): RESET}),
]  # fmt: skip

ROWS: list[Row] = [
    *UNSENT, *NO_ANSWER, *OWN_STATUS, *GATED, *SUCCESS, *REDIRECTED,
    *NOT_FOUND, *OTHERS, *INFERRED, *ADVERTISED, *DOUBTED, *NOT_SENT, *AGAIN,
]  # fmt: skip
