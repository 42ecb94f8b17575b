"""What counts as access, answer by answer: one path, what it says with credentials, and what it says to anybody."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from auditor.evaluation import Scope, plan_environment
from auditor.loader import load_bytes
from auditor.model.environment import Environment, Origin
from auditor.model.exchange import Purpose
from auditor.model.fact import Reached
from auditor.model.report import Report
from tests.prober.audits import run
from tests.prober.raw import RESET, http, said, serve
from tests.surveys.stacks import VIEWER, operation, purposes

GUARDED, ANY = operation([{"bearer": []}]), operation([])
NO_ROUTE, DENIED = http(404, said("no route")), http(401, said("log in"), "WWW-Authenticate: Bearer")
ORDERS = '{"orders": [{"id": 7, "customer": "Ursula", "open": true}], "next": null}'
LOGIN = '<form action="/login"><input type="password" name="p"></form>'
PAGE = "<html><body><h1>Welcome</h1></body></html>"
BASE = {("*", "*"): NO_ROUTE, ("GET", "/a"): http(200, "[1, 2]"), ("GET", "/b"): http(200, '["x"]')}
PATHS: dict[str, Any] = {"/a": ANY, "/b": ANY, "/x": GUARDED}


def reached(
    folder: Path, given: bytes, bare: bytes, *, paths: dict[str, Any] | None = None,
    more: dict[tuple[str, str], Any] | None = None, bare_more: dict[tuple[str, str], Any] | None = None,
) -> tuple[Reached | None, Report]:  # fmt: skip
    """How far /x lets a caller without credentials, and the whole report."""
    both = {**BASE, **(more or {})}
    with serve({**both, ("GET", "/x"): given}, {**both, ("GET", "/x"): bare, **(bare_more or {})}) as server:
        report = run(folder, server.url, paths or PATHS, headers=VIEWER)
    access = report.facts["dev"].paths["/x"].access
    return (access.reached if access else None), report


def spoken(report: Report) -> list[str]:
    return [f"{f.severity} {f.rule} {f.path}" for f in report.findings if f.rule.startswith("security-")]


OPEN = ["error security-not-enforced /x"]
CASES: dict[str, tuple[bytes, bytes, Reached | None, list[str]]] = {
    "the same": (http(200, ORDERS), http(200, ORDERS), Reached.SAME, OPEN),
    "the same but for ids": (http(200, ORDERS), http(200, ORDERS.replace("7", "12")), Reached.SAME, OPEN),
    "an empty list": (http(200, "[]"), http(200, "[]"), Reached.SAME, OPEN),
    "plain text": (http(200, "a,b,c", media="text/csv"), http(200, "a,b,c", media="text/csv"), Reached.SAME, OPEN),
    "of one shape": (http(200, ORDERS), http(200, ORDERS.replace("Ursula", "Octavia")), Reached.ALIKE, OPEN),
    "an empty list of one that is not": (http(200, '[{"id": 1}]'), http(200, "[]"), Reached.OTHER, []),
    "a public part": (http(200, '{"name": "a", "total": 3}'), http(200, '{"name": "a"}'), Reached.OTHER, []),
    "of a poor shape": (http(200, '{"name": "Ursula"}'), http(200, '{"name": "nobody"}'), Reached.OTHER, []),
    "a refusal said with 200": (http(200, ORDERS), http(200, '{"error": "log in"}'), Reached.OTHER, []),
    "outcomes alike": (
        http(200, '{"code": 0, "message": "hello", "success": true}'),
        http(200, '{"code": 9, "message": "log in", "success": false}'), Reached.OTHER, [],
    ),
    "the same outcome, and credentials never proved": (
        http(200, '{"code": 9, "message": "log in"}'), http(200, '{"code": 9, "message": "log in"}'), Reached.OTHER, [],
    ),
    "a page for everybody": (http(200, PAGE, media="text/html"), http(200, PAGE, media="text/html"), Reached.OTHER, []),
    "a log-in form": (http(200, ORDERS), http(200, LOGIN, media="text/html"), Reached.OTHER, []),
    "nothing": (http(204), http(204), Reached.OTHER, []),
    "a coding that nobody asked for": (
        http(200, b"\x01\x02", "Content-Encoding: br"), http(200, b"\x03\x04", "Content-Encoding: br"),
        Reached.OTHER, [],
    ),
    "a cache's": (http(200, ORDERS), http(200, ORDERS, "Age: 7"), Reached.CACHED, ["warning security-not-enforced /x"]),
    "a cache's of one shape": (
        http(200, ORDERS), http(200, ORDERS.replace("Ursula", "Octavia"), "X-Cache: HIT"), Reached.OTHER, [],
    ),
    "asked for": (http(200, ORDERS), DENIED, Reached.REFUSED, []),
    "forbidden": (http(200, ORDERS), http(403, said("no")), Reached.REFUSED, []),
    "a proxy's": (http(200, ORDERS), http(407, said("proxy")), Reached.OTHER, []),
    "sent to a log-in": (http(200, ORDERS), http(302, "", "Location: /login"), Reached.OTHER, []),
    "limited": (http(200, ORDERS), http(429, said("slow down")), Reached.OTHER, []),
    "cut off": (http(200, ORDERS), http(200, ORDERS)[:-9], None, []),
    "reset": (http(200, ORDERS), RESET, None, []),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_counts_as_access(name: str, tmp_path: Path) -> None:
    given, bare, expected, rules = CASES[name]
    found, report = reached(tmp_path, given, bare)
    assert found == expected
    assert spoken(report) == rules


def test_an_outcome_counts_once_the_credentials_are_seen_to_work(tmp_path: Path) -> None:
    up = http(200, '{"status": "up"}')
    found, _ = reached(tmp_path, up, up, paths={**PATHS, "/y": GUARDED}, more={("GET", "/y"): http(200, ORDERS)},
                       bare_more={("GET", "/y"): DENIED})  # fmt: skip
    assert found is Reached.SAME


def test_what_another_path_says_in_the_same_words_is_nobodys_own(tmp_path: Path) -> None:
    """A stub, or a refusal that two paths share: neither is what the path has to give."""
    same = http(200, '{"notice": "service of the trade board", "contact": "desk"}')
    found, report = reached(tmp_path, same, same, paths={**PATHS, "/y": GUARDED}, more={("GET", "/y"): same})
    assert found is Reached.OTHER
    assert spoken(report) == []


def test_a_shape_that_unknown_paths_have_too_says_nothing(tmp_path: Path) -> None:
    teaser = '{"welcome": "guest", "plans": ["free"], "contact": "desk"}'
    given, hello = http(200, teaser.replace("guest", "Ursula")), http(200, teaser)
    found, report = reached(tmp_path, given, hello, bare_more={("GET", "/*"): hello})
    assert found is Reached.OTHER
    assert purposes(report)["anonymous-sibling"] >= 1
    assert "error security-not-enforced /x" not in spoken(report)


def test_a_wall_for_callers_without_credentials_is_told_from_a_guard(tmp_path: Path) -> None:
    found, report = reached(tmp_path, http(200, ORDERS), DENIED, paths={**PATHS, "/x": ANY},
                            bare_more={("GET", "/*"): DENIED})  # fmt: skip
    assert found is Reached.REFUSED
    access = report.facts["dev"].paths["/x"].access
    assert access is not None
    assert access.wall
    assert access.asks_for == "Bearer"


def test_an_expired_credential_is_told_from_a_closed_path(tmp_path: Path) -> None:
    """Refused with it, open without it."""
    _, report = reached(tmp_path, DENIED, http(200, ORDERS), paths={**PATHS, "/x": ANY})
    (found,) = [c for c in report.cells if (c.method, c.path) == ("GET", "/x")]
    assert found.why == "refused to these credentials (401), open without any (200)"
    assert found.remedy is not None
    assert found.remedy.startswith("renew the credentials given")


def test_a_path_closed_to_everybody_is_not_blamed_on_the_role(tmp_path: Path) -> None:
    denied = http(403, said("blocked"))
    _, report = reached(tmp_path, denied, denied, paths={**PATHS, "/x": ANY})
    (found,) = [c for c in report.cells if (c.method, c.path) == ("GET", "/x")]
    assert found.why == "refused to these credentials (403) and to callers without any"


# --- what is asked ----------------------------------------------------------------------------------------------------


def test_documented_api_keys_are_left_out_of_an_anonymous_request(tmp_path: Path) -> None:
    """They are parameters by the description, and credentials all the same: in the query and in a field."""
    item = operation([{"key": []}], parameters=[
        {"name": "api_key", "in": "query", "required": True, "schema": {"type": "string"}},
        {"name": "X-Tenant-Key", "in": "header", "required": True, "schema": {"type": "string"}},
        {"name": "page", "in": "query", "required": True, "schema": {"type": "integer"}, "example": 1},
    ])  # fmt: skip
    schemes = {"key": {"type": "apiKey", "in": "query", "name": "api_key"},
               "tenant": {"type": "apiKey", "in": "header", "name": "x-tenant-key"}}  # fmt: skip
    values = {"api_key": "query-secret", "X-Tenant-Key": "field-secret"}
    with serve({**BASE, ("GET", "/x"): http(200, ORDERS)}) as server:
        report = run(tmp_path, server.url, {**PATHS, "/x": item}, values=values,
                     components={"securitySchemes": schemes})  # fmt: skip
        asked = [h for h in server.headers if h.startswith(b"GET /x")]
    assert [b"api_key=query-secret" in h and b"field-secret" in h for h in asked].count(True) >= 1
    (bare,) = [h for h in asked if b"secret" not in h]
    assert bare.startswith(b"GET /x?page=1 HTTP/1.1")
    assert spoken(report) == OPEN


def test_a_client_certificate_leaves_no_request_anonymous() -> None:
    document = b'{"openapi": "3.1.0", "security": [{"k": []}], "paths": {"/a": {"get": {"responses": {}}}}}'
    contract = load_bytes(document, "openapi.json")
    plain = Environment("dev", "https://a.test", Origin("https", "a.test", 443), "", headers=(("Authorization", "x"),))
    certified, without = replace(plain, client_cert="me.pem"), replace(plain, headers=())
    for environment, expected in ((plain, 1), (certified, 0), (without, 0)):
        catalogue, _ = plan_environment(contract, environment, Scope(), "seed")
        assert sum(c.probe.purpose is Purpose.ANONYMOUS for c in catalogue.candidates) == expected


def test_a_description_that_says_nothing_of_credentials_is_sampled(tmp_path: Path) -> None:
    paths = {f"/p{i}": operation(None) for i in range(6)}
    own = {("GET", p): http(200, f'["{p}"]') for p in paths}
    with serve({("*", "*"): NO_ROUTE, **own}, {("*", "*"): DENIED}) as server:
        report = run(tmp_path, server.url, paths, headers=VIEWER)
    assert purposes(report)["anonymous"] == 3
    assert purposes(report)["anonymous-sibling"] == 1
    found = [f for f in report.findings if f.rule == "security-undocumented"]
    assert len(found) == 3
    assert {f.cause for f in found} == {"security-undocumented:dev:wall"}
    assert "says nothing of credentials" in found[0].symptom


def test_one_unknown_path_shows_a_wall_for_all(tmp_path: Path) -> None:
    """Each of them has a sibling of its own; one is asked, and they have one cause."""
    paths = {f"/{area}/list": ANY for area in ("books", "carts", "dues", "ends", "fees")}
    own = {("GET", p): http(200, f'["{p}"]') for p in paths}
    with serve({("*", "*"): NO_ROUTE, **own}, {("*", "*"): DENIED}) as server:
        report = run(tmp_path, server.url, paths, headers=VIEWER)
    assert purposes(report)["anonymous"] == len(paths)
    assert purposes(report)["anonymous-sibling"] == 1
    found = [f for f in report.findings if f.rule == "security-undocumented"]
    assert [f.cause for f in found] == ["security-undocumented:dev:wall"] * len(paths)


def test_skipped_paths_are_not_asked_without_credentials_either(tmp_path: Path) -> None:
    with serve({**BASE, ("GET", "/x"): http(200, ORDERS)}) as server:
        run(tmp_path, server.url, PATHS, headers=VIEWER, skip=["/x"])
        assert [t for _, t in server.seen if t.startswith("/x")] == []
