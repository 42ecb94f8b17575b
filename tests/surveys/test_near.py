"""Did you mean? A path that is missing while a near spelling is served; and the hosts where nobody is to be asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from auditor.model.finding import Finding
from auditor.model.report import Report
from auditor.prober.spellings import MOST, spellings
from tests.command import run_auditor
from tests.fix.flows import service
from tests.prober.audits import run
from tests.prober.raw import RESET, Table, http, said, serve
from tests.servers import SAFE, start

SHOP = {"/books": ["GET"], "/books/{id}": ["GET"], "/users": ["GET"]}
KNOWN = {"values": {"id": "1"}}


def asked(report: Report) -> list[str]:
    """Targets of the near paths that were asked, in order."""
    sent = sorted(report.exchanges.values(), key=lambda e: e.seq)
    return [e.probe.target for e in sent if e.probe.purpose == "near"]


def missing(report: Report, path: str) -> Finding:
    (found,) = [f for f in report.findings if f.path == path and f.rule.endswith("-missing")]
    return found


def shop(folder: Path, paths: Mapping[str, Any], routes: Mapping[str, Sequence[str]] = SHOP, **more: Any) -> Report:
    with service(routes) as url:
        return run(folder, url, paths, **KNOWN, **more)


# --- pure -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("template", "other"),
    [
        ("/book", "/books"), ("/books", "/book"), ("/category", "/categories"), ("/boxes", "/box"),
        ("/status/", "/status"),
        ("/Books", "/books"), ("/orderLines", "/order-lines"), ("/order_lines", "/order-lines"),
        ("/order-lines", "/order_lines"), ("/book/{id}", "/books/{id}"), ("/v1/books", "/books"),
        ("/users", "/v1/users"), ("/v2/books", "/v1/books"),
    ],
)  # fmt: skip
def test_near_spellings(template: str, other: str) -> None:
    assert other in spellings(template, ["/v1/carts", template], "/api/v1")[: MOST + 2]


def test_spellings_are_few_and_none_is_the_path_itself() -> None:
    for template in ("/", "/a", "/{id}", "/a/{b}/c", "/class", "/v1", "/news/", "/ümläut", "/a b/%2F"):
        found = spellings(template, [template], "")
        assert template not in found
        assert len(found) == len(set(found)) <= 8
        assert all(s.startswith("/") for s in found)


# --- fires ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "served", "near"),
    [
        ("/book", "/books", "/books"), ("/Books", "/books", "/books"), ("/orderLines", "/order-lines", "/order-lines"),
        ("/v1/books", "/books", "/books"), ("/tags", "/v2/tags", "/v2/tags"),
    ],
)  # fmt: skip
def test_the_near_spelling_is_named_with_its_evidence(tmp_path: Path, path: str, served: str, near: str) -> None:
    paths = {path: "get", "/books/{id}": "get", "/users": "get", "/v2/carts": "get"}
    report = shop(tmp_path, paths, {**SHOP, "/v2/carts": ["GET"], served: ["GET"]})
    finding = missing(report, path)
    assert f"Did you mean {near}? GET /v1{served} is answered 200 in dev." in finding.symptom
    assert near in finding.root_causes[0].text
    assert any(f"write {near}" in f.text for f in finding.fixes)
    evidence = [report.exchanges[i].probe.purpose for i in finding.occurrences[0].exchanges]
    assert evidence[-2:] == ["near", "near-unknown"]
    assert f"curl -i {report.environments[0].environment.url}{path}" in finding.curl
    assert asked(report)[-1] == "/v1" + served
    assert len(asked(report)) <= MOST


@pytest.mark.parametrize(
    "name",
    ["fastapi-bookshop", "drf-bookshop", pytest.param("express-bookshop", marks=pytest.mark.needs("node", "express")),
     pytest.param("go-bookshop", marks=pytest.mark.needs("go"))],
)  # fmt: skip
def test_on_stacks_that_refuse_in_different_ways_nothing_is_harmed(tmp_path: Path, name: str) -> None:
    paths = {"/book": "get", "/health": "get", "/books/{bookId}": "get", "/search": "get"}
    with start(name) as server:
        report = run(tmp_path, server.url, paths, values={"bookId": "1"})
        assert "Did you mean /books? GET /v1/books is answered 200" in missing(report, "/book").symptom
        assert {r.method for r in server.received()} <= SAFE
        assert server.entered() == server.changes() == []


def test_a_slash_that_no_router_mends(tmp_path: Path) -> None:
    table = {("GET", "*"): http(404, said("no route")), ("GET", "/a"): http(200, '{"a": 1}'),
             ("GET", "/b"): http(200, "[1]"), ("GET", "/books/"): http(200, '["x"]'),
             ("*", "*"): http(404, said("no route"))}  # fmt: skip
    with serve(table) as host:
        report = run(tmp_path, host.url, {"/a": "get", "/b": "get", "/books": "get"})
    assert "Did you mean /books/?" in missing(report, "/books").symptom


def test_the_plan_says_how_many_there_may_be(tmp_path: Path) -> None:
    run(tmp_path, "http://127.0.0.1:9", {"/book": "get", "/users": "get"})
    done = run_auditor("plan", "openapi.json", "--env", "dev=http://127.0.0.1:9", cwd=tmp_path)
    lines = done.stdout.splitlines()
    start = lines.index("  did you mean, at most 20 of GET: nearly the same spelling of paths that are missing")
    assert lines[start + 1] == "    /book: /book/, /books"
    assert lines[start + 2].startswith("    /users: /users/, /user")


# --- stays silent -----------------------------------------------------------------------------------------------------


def test_a_path_that_is_there_costs_nothing(tmp_path: Path) -> None:
    assert asked(shop(tmp_path, {"/books": "get", "/books/{id}": "get", "/users": "get"})) == []


def test_nothing_near_is_served(tmp_path: Path) -> None:
    report = shop(tmp_path, {"/magazine": "get", "/books/{id}": "get", "/users": "get"})
    assert len(asked(report)) <= MOST
    assert "Did you mean" not in missing(report, "/magazine").symptom


@pytest.mark.parametrize(
    ("paths", "more"),
    [
        ({"/book": "get", "/books": "get", "/users": "get"}, {}),
        ({"/book": "get", "/users": "get"}, {"skip": ["/books"]}),
        ({"/book": "get", "/users": "get"}, {"skip": ["GET /books"]}),
        ({"/book": "post", "/books/{id}": "get", "/users": "get"}, {}),
    ],
    ids=["documented", "skipped", "skipped-method", "no-get"],
)
def test_what_is_documented_or_left_out_is_not_guessed_at(tmp_path: Path, paths: Any, more: Any) -> None:
    assert "/v1/books" not in asked(shop(tmp_path, paths, **more))


def test_no_guess_names_an_action(tmp_path: Path) -> None:
    report = shop(tmp_path, {"/resets": "get", "/books/{id}": "get", "/users": "get"}, {**SHOP, "/reset": ["GET"]})
    assert asked(report) == ["/v1/resets/"]


def test_guesses_stay_under_what_all_documented_paths_share(tmp_path: Path) -> None:
    """Beside it may stand another service, on which unknown paths have effects (DESIGN §4)."""
    routes = {"/shop/books": ["GET"], "/shop/users": ["GET"], "/book": ["GET"], "/shops/book": ["GET"]}
    report = shop(tmp_path, {"/shop/book": "get", "/shop/users": "get", "/shop/carts": "get"}, routes)
    assert asked(report)
    assert all(target.startswith("/v1/shop/") for target in asked(report))


def host(folder: Path, table: Table) -> Report:
    with serve({("*", "*"): http(404, said("no route")), ("GET", "/a"): http(200, '{"a": 1}'),
                ("GET", "/b"): http(200, "[1]"), **table}) as raw:  # fmt: skip
        return run(folder, raw.url, {"/a": "get", "/b": "get", "/x/book": "get"})


def test_a_folder_where_everything_is_answered_is_no_near_spelling(tmp_path: Path) -> None:
    """All that ends in a slash is answered there, known or not."""
    table = {
        ("GET", "*"): lambda m, t, n: http(200, '{"index": []}') if t.endswith("/") else http(404, said("no route"))
    }
    report = host(tmp_path, table)
    assert asked(report) == ["/x/book/"]
    assert "Did you mean" not in missing(report, "/x/book").symptom


@pytest.mark.parametrize(
    "table",
    [
        {("GET", "*"): http(200, "<p>app</p>", media="text/html")},
        {("*", "/a"): http(200, '{"a": 1}'), ("*", "/b"): http(200, "[1]")},
        {("GET", "/x/book"): http(500, said("oops"))},
        {("GET", "/x/book"): http(404, said("no such object"))},
        {("GET", "/x/book"): RESET},
        {("*", "/x/book"): http(405, said("no"), "Allow: POST")},
    ],
    ids=["catch-all", "method-blind", "error", "its-own-404", "reset", "refused"],
)
def test_only_a_path_that_is_surely_missing_is_asked_for(tmp_path: Path, table: Table) -> None:
    report = host(tmp_path, {**table, ("GET", "/x/books"): http(200, '["x"]')})
    assert asked(report) == []


@pytest.mark.parametrize("near", [http(401), http(404, said("x")), http(301, "", "Location: /b"), http(500), RESET])
def test_only_an_answer_of_its_own_counts(tmp_path: Path, near: bytes) -> None:
    report = host(tmp_path, {("GET", "/x/books"): near})
    assert "/x/books" in asked(report)
    assert "Did you mean" not in missing(report, "/x/book").symptom
