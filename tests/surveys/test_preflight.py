"""CORS preflights of real CORS layers: what they omit, what they promise too much, and how few are asked."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from auditor.recording import load, rejudge
from tests.command import run_auditor
from tests.e2e.audits import Run, audit
from tests.prober.audits import run as run_here
from tests.servers import Server, start
from tests.surveys.listener import Listener, Says, listen

ORIGIN = "http://app.example.test"
LET_IN = ("Access-Control-Allow-Origin", ORIGIN)
OMITS, TOO_MUCH = "preflight-omits-method", "preflight-promises-too-much"
STARLETTE = {"allow_origins": [ORIGIN], "allow_methods": ["GET", "POST"]}
ALL = ["GET", "POST", "PUT", "PATCH", "DELETE"]
LETS_IN = f"add_header Access-Control-Allow-Origin {ORIGIN} always;"
METHODS = "Access-Control-Allow-Methods"
INERT = ("--mode", "inert")


def asked(folder: Path, url: str, *arguments: str, origin: str | None = ORIGIN, **more: Any) -> Run:
    """One audit of `dev` with that `cors_origin`."""
    environment = {"url": url} | ({"cors_origin": origin} if origin else {})
    return audit(folder, f"dev={url}", config={"environments": {"dev": environment}}, arguments=arguments, **more)


def found(run: Run, rule: str) -> list[dict[str, Any]]:
    return [f for f in run.report["findings"] if f["rule"] == rule]


def omitted(run: Run) -> set[tuple[str, str]]:
    return {(f["path"], f["methods"][0]) for f in found(run, OMITS)}


def preflights(run: Run) -> Counter[str]:
    """How many were asked, by the path's template or the unknown path."""
    lines = (run.out / "transcript.jsonl").read_text().splitlines()
    return Counter("path" if '"purpose":"preflight"' in line else "unknown" for line in lines if '"preflight' in line)


def right(run: Run, server: Server) -> None:
    """Everything said about preflights is so by the server's own route table."""
    for finding in found(run, OMITS):
        assert finding["methods"][0] in server.truth[finding["path"]], finding["title"]
    for finding in (f for f in found(run, TOO_MUCH) if f["path"]):
        assert not set(finding["methods"]) & server.truth[finding["path"]], finding["title"]


# --- a fixed answer ---------------------------------------------------------------------------------------------------


def test_django_cors_headers_answers_alike_for_any_path_which_is_told_once(tmp_path: Path) -> None:
    with start("drf-bookshop", cors={"CORS_ALLOWED_ORIGINS": [ORIGIN]}) as server:
        run = asked(tmp_path, server.url)
        (finding,) = found(run, TOO_MUCH)
        assert finding["path"] is None
        assert finding["methods"] == ["POST", "PUT", "PATCH", "DELETE"]
        assert "any path" not in finding["title"]
        assert "does not exist" in finding["diagnosis"]
        assert not found(run, OMITS)
        # Two of the three sampled paths are routed: one preflight each, one control, two unknown paths.
        assert preflights(run) == {"path": 3, "unknown": 2}


@pytest.mark.needs("nginx")
def test_nginx_answers_with_a_list_of_its_own_that_forgets_patch(tmp_path: Path) -> None:
    with start("nginx-flask", preflights={"/": ["GET", "POST", "PUT", "DELETE"]}) as server:
        run = asked(tmp_path, server.url, *INERT)
        assert omitted(run) == {("/authors/{slug}", "PATCH")}
        assert "Access-Control-Allow-Methods: GET, POST, PUT, DELETE" in found(run, OMITS)[0]["symptom"]
        (finding,) = found(run, TOO_MUCH)
        assert finding["path"] is None
        right(run, server)


def test_starlette_refuses_with_400_what_is_not_on_its_list(tmp_path: Path) -> None:
    with start("starlette-bookshop", cors=STARLETTE) as server:
        run = asked(tmp_path, server.url, *INERT)
        assert ("/authors/{slug}", "PATCH") in omitted(run)
        assert "400, Access-Control-Allow-Methods: GET, POST" in found(run, OMITS)[0]["symptom"]
        assert len({f["cause"] for f in found(run, OMITS)}) == 1
        right(run, server)


def test_starlette_that_allows_any_method_omits_none(tmp_path: Path) -> None:
    with start("starlette-bookshop", cors={"allow_origins": ["*"], "allow_methods": ["*"]}) as server:
        run = asked(tmp_path, server.url, *INERT)
        assert not found(run, OMITS)
        assert len(found(run, TOO_MUCH)) == 1


@pytest.mark.needs("gin")
def test_rs_cors_lets_the_origin_in_for_its_own_methods_only(tmp_path: Path) -> None:
    with start("gin-bookshop", cors=["GET", "POST"]) as server:
        run = asked(tmp_path, server.url, *INERT)
        assert omitted(run)
        assert all("without Access-Control-Allow-Origin" in f["symptom"] for f in found(run, OMITS))
        right(run, server)


# --- the same list, but a route is needed -----------------------------------------------------------------------------


def test_flask_cors_sends_its_list_with_every_answer(tmp_path: Path) -> None:
    with start("flask-bookshop", cors={"origins": [ORIGIN]}) as server:
        run = asked(tmp_path, server.url)
        (finding,) = found(run, TOO_MUCH)
        assert finding["path"] is None
        assert "the same list" in finding["diagnosis"]
        assert not found(run, OMITS)


def test_flask_cors_with_a_list_of_its_own(tmp_path: Path) -> None:
    with start("flask-bookshop", cors={"origins": [ORIGIN], "methods": ["GET", "POST"]}) as server:
        run = asked(tmp_path, server.url)
        assert omitted(run) == {("/authors/{slug}", "PATCH"), ("/books/{bookId}", "DELETE"), ("/cache", "DELETE")}
        assert len({f["cause"] for f in found(run, OMITS)}) == 1
        right(run, server)


@pytest.mark.needs("node", "express")
def test_express_cors_passes_on_to_the_router(tmp_path: Path) -> None:
    with start("express-bookshop", cors={"preflightContinue": True}) as server:
        run = asked(tmp_path, server.url)
        assert len(found(run, TOO_MUCH)) == 1
        assert not found(run, OMITS)


@pytest.mark.needs("node", "express")
def test_where_cors_hides_every_allow_support_is_not_known_and_nothing_is_asked_or_said(tmp_path: Path) -> None:
    with start("express-bookshop", cors={}) as server:
        run = asked(tmp_path, server.url)
        assert not found(run, TOO_MUCH) + found(run, OMITS)
        assert not preflights(run)


# --- path by path -----------------------------------------------------------------------------------------------------


@pytest.mark.needs("spring")
def test_spring_maps_cors_by_path(tmp_path: Path) -> None:
    allowed = {"/v1/books/**": ["GET", "POST", "DELETE"], "/v1/authors/**": ["GET"]}
    with start("spring-bookshop", cors=allowed) as server:
        run = asked(tmp_path, server.url)
        assert omitted(run) == {("/authors/{slug}", "PATCH")}
        assert {(f["path"], *f["methods"]) for f in found(run, TOO_MUCH)} == {
            ("/books", "DELETE"),
            ("/books/{bookId}", "POST"),
        }
        right(run, server)


@pytest.mark.needs("nginx")
def test_nginx_with_a_list_per_location_is_told_path_by_path(tmp_path: Path) -> None:
    lists = {"/v1/books/": ["GET", "PATCH", "DELETE", "PUT"], "/v1/authors/": ["GET", "PATCH", "DELETE"]}
    with start("nginx-flask", preflights=lists) as server:
        run = asked(tmp_path, server.url)
        told = {(f["path"], *f["methods"]) for f in found(run, TOO_MUCH)}
        assert told == {("/books/{bookId}", "PUT")}
        assert not found(run, OMITS)
        right(run, server)


@pytest.mark.needs("nginx")
def test_fields_without_an_answer_to_preflights(tmp_path: Path) -> None:
    with start("nginx-flask", here=LETS_IN) as server:
        run = asked(tmp_path, server.url)
        assert omitted(run) == {("/authors/{slug}", "PATCH"), ("/books/{bookId}", "DELETE"), ("/cache", "DELETE")}
        causes = {f["root_causes"][0]["text"] for f in found(run, OMITS)}
        assert causes == {"The CORS fields are added to every answer, but nothing answers preflights as such."}


# --- nothing to say ---------------------------------------------------------------------------------------------------


def test_nothing_is_said_where_the_origin_is_let_in_nowhere(tmp_path: Path) -> None:
    with start("flask-bookshop", cors={"origins": ["https://other.example.test"]}) as server:
        run = asked(tmp_path, server.url)
        assert not found(run, TOO_MUCH) + found(run, OMITS)
        # The first method and GET on the sampled paths that are routed, and on no other path.
        assert preflights(run) == {"path": 4}


def test_without_an_origin_nothing_is_asked(tmp_path: Path) -> None:
    with start("flask-bookshop", cors={}) as server:
        assert not preflights(asked(tmp_path, server.url, origin=None))


# --- on the wire ------------------------------------------------------------------------------------------------------

SPEC = """{"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {
  "/health": {"get": {"responses": {"200": {"description": "ok"}}}}, "/orders": {
  "get": {"responses": {"200": {"description": "ok"}}}, "delete": {"responses": {"204": {"description": "ok"}}},
  "post": {"requestBody": {"content": {"application/json": {}}}, "responses": {"201": {"description": "ok"}}}}}}"""
ALLOW = (("Allow", "GET, POST, DELETE"),)
JSON = (("Content-Type", "application/json"),)


def api(preflight: Says) -> dict[tuple[str, str], Says]:
    """Two paths with an honest Allow; on one of them OPTIONS and preflights are one answer."""
    return {
        ("GET", "/health"): Says(200, JSON, b'{"up": true}'),
        ("REPORT", "/health"): Says(405, (("Allow", "GET"),)),
        ("GET", "/orders"): Says(200, JSON, b'[{"id": 1}]'),
        ("REPORT", "/orders"): Says(405, ALLOW),
        ("OPTIONS", "/orders"): Says(preflight.status, (*ALLOW, *preflight.fields)),
    }


def listened(folder: Path, table: dict[tuple[str, str], Says], *arguments: str) -> tuple[Run, Listener]:
    (folder / "orders.json").write_text(SPEC)
    with listen(table) as listener:
        return asked(folder, listener.url, *arguments, spec="orders.json"), listener


def test_a_preflight_carries_no_credentials_and_all_else_does(tmp_path: Path) -> None:
    cookie, key = ("--header", "Cookie: sid=sesame-0123"), ("--header", "X-Api-Key: sesame-4567")
    answer = Says(204, (LET_IN, (METHODS, "DELETE")))
    _, listener = listened(tmp_path, api(answer), *cookie, *key)
    sent = [s for s in listener.seen if "access-control-request-method" in s.fields]
    assert {s.fields["access-control-request-method"] for s in sent} >= {"DELETE", "REPORT"}
    assert {s.fields["origin"] for s in sent} == {ORIGIN}
    assert not [s for s in sent if {"cookie", "x-api-key", "authorization"} & set(s.fields)]
    rest = [s for s in listener.seen if s not in sent and s.method != "TRACE"]
    first = {(s.method, s.target): s for s in reversed(rest)}  # later, some are asked without credentials
    assert first
    assert all({"cookie", "x-api-key"} <= set(s.fields) for s in first.values())
    assert not [s for s in rest if "origin" in s.fields]


READ = {
    "case": ([LET_IN, (METHODS, "GET,delete")], {"DELETE"}),
    "empty elements": ([LET_IN, (METHODS, ", DELETE ,,")], set()),
    "two fields": ([LET_IN, (METHODS, "GET"), (METHODS, "DELETE")], set()),
    "wildcard": ([LET_IN, (METHODS, "*")], set()),
    "any origin": ([("Access-Control-Allow-Origin", "*"), (METHODS, "PUT")], {"DELETE"}),
    "origin twice": ([LET_IN, LET_IN, (METHODS, "PUT")], set()),
    "another origin": ([("Access-Control-Allow-Origin", ORIGIN + "/"), (METHODS, "PUT")], set()),
    "no list of methods": ([LET_IN, (METHODS, "GET; DELETE")], {"DELETE", "POST"}),
    "no list": ([LET_IN], {"DELETE"}),
    "long list": ([LET_IN, (METHODS, ", ".join([*(f"M{i}-{'x' * 20}" for i in range(40)), "DELETE"]))], set()),
}


@pytest.mark.parametrize("case", READ)
def test_an_answer_is_read_as_a_browser_reads_it(tmp_path: Path, case: str) -> None:
    fields, methods = READ[case]
    item = json.loads(SPEC)["paths"]
    with listen(api(Says(200, tuple(fields)))) as listener:
        report = run_here(tmp_path, listener.url, item, cors_origin=ORIGIN)
    assert {m for f in report.findings if f.rule == OMITS for m in f.methods} == methods


def test_a_preflight_that_is_refused_shuts_out_json_too(tmp_path: Path) -> None:
    run, _ = listened(tmp_path, api(Says(401, (LET_IN, (METHODS, "POST, DELETE")))))
    assert omitted(run) == {("/orders", "POST"), ("/orders", "DELETE")}
    assert "asks for credentials" in found(run, OMITS)[0]["root_causes"][0]["text"]


@pytest.mark.parametrize(("text", "sent"), [
    ("https://App.Example.test:443", "https://app.example.test"), ("http://app.example.test:8080", None),
    ("capacitor://localhost", None), ("http://[::1]:3000", None),
])  # fmt: skip
def test_the_origin_is_sent_as_a_browser_writes_it(tmp_path: Path, text: str, sent: str | None) -> None:
    (tmp_path / "orders.json").write_text(SPEC)
    with listen(api(Says(204))) as listener:
        asked(tmp_path, listener.url, spec="orders.json", origin=text)
    assert {s.fields["origin"] for s in listener.seen if "origin" in s.fields} == {sent or text}


@pytest.mark.parametrize("text", ["https://app.example.test/", "app.example.test", "*", "null", "https://a b",
                                  "https://u:p@app.example.test", "http://app.example.test:0"])  # fmt: skip
def test_what_is_no_origin_is_told_with_its_line(tmp_path: Path, text: str) -> None:
    run = asked(tmp_path, "http://127.0.0.1:9/v1", origin=text)
    assert run.code == 2
    assert "auditor.yaml:1: environments.dev.cors_origin" in run.stderr
    assert "is no origin" in run.stderr
    assert "u:p" not in run.stderr


def test_an_origin_among_the_header_fields_is_told(tmp_path: Path) -> None:
    run = asked(tmp_path, "http://127.0.0.1:9/v1", "--header", "origin: https://app.example.test")
    assert run.code == 2
    assert "Origin is given among the header fields, too" in run.stderr


def test_a_recording_hides_the_origin_and_says_the_same(tmp_path: Path) -> None:
    pages = "https://pages.internal.example.test"
    answer = Says(204, (("Access-Control-Allow-Origin", pages), (METHODS, "POST")))
    (tmp_path / "orders.json").write_text(SPEC)
    with listen(api(answer)) as listener:
        run = asked(tmp_path, listener.url, spec="orders.json", origin=pages)
    text = run_auditor("record", "out", cwd=tmp_path).stdout
    assert "internal" not in text
    again = rejudge(load(json.loads(text), "here"))
    assert (
        {m for f in again.findings if f.rule == OMITS for m in f.methods} == {m for _, m in omitted(run)} == {"DELETE"}
    )


def test_behind_a_gateway_none_of_this_is_asked(tmp_path: Path) -> None:
    (tmp_path / "orders.json").write_text(SPEC)
    with listen(api(Says(204, (LET_IN,)))) as listener:
        layer = {"url": listener.url, "behind": "dev", "cors_origin": ORIGIN}
        both = {"environments": {"dev": {"url": listener.url}, "origin": layer}}
        run = audit(tmp_path, f"dev={listener.url}", spec="orders.json", config=both)
    assert run.report["layers"]
    assert not preflights(run)
    assert len(listener.of("TRACE")) == 1


def test_a_skip_pattern_that_names_options_holds(tmp_path: Path) -> None:
    run, listener = listened(tmp_path, api(Says(204, (LET_IN,))), "--skip", "OPTIONS /orders")
    assert not preflights(run)
    assert not [s for s in listener.seen if "origin" in s.fields]
