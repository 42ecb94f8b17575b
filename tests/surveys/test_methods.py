"""HEAD, OPTIONS, TRACE and `Allow` on real servers: who refuses, who sends back, who lists what."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.audits import Run, audit
from tests.prober.audits import run as run_here
from tests.servers import ALL, start
from tests.surveys.listener import Listener, Says, listen

JSON = (("Content-Type", "application/json"),)
HEAD, OPTIONS, TRACE, WRONG = "head-not-supported", "options-unanswered", "trace-enabled", "allow-wrong"
ONE_LIST = "if ($request_method = OPTIONS) { add_header Allow 'GET, POST, PUT, DELETE, OPTIONS'; return 204; }"
BY_APACHE = {"by": "", "refused": [], "files": {"/v1/health": "up"}}


def on(folder: Path, name: str, *arguments: str, **options: Any) -> tuple[Run, list[tuple[str, str]]]:
    """An audit of a server of the catalogue, and what that server received."""
    with start(name, **options) as server:
        run = audit(folder, f"dev={server.url}", arguments=arguments)
        return run, [(r.method, r.target) for r in server.received()]


def said(run: Run, rule: str) -> list[dict[str, Any]]:
    return [f for f in run.report["findings"] if f["rule"] == rule]


def here(folder: Path, table: Mapping[tuple[str, str], Says], paths: Mapping[str, str], **more: Any) -> Any:
    """(findings by rule, what arrived) of an audit of that table, in this process."""
    with listen(table) as listener:
        report = run_here(folder, listener.url, paths, **more)
    found: dict[str, list[Any]] = {}
    for finding in report.findings:
        found.setdefault(finding.rule, []).append(finding)
    return found, listener


def got(*paths: str, **more: Says) -> dict[tuple[str, str], Says]:
    """GET is served on these paths; the control method is refused."""
    table = {("GET", p): Says(200, JSON, json.dumps({p: 1}).encode()) for p in paths}
    table |= {("REPORT", p): Says(405, (("Allow", "GET"),)) for p in paths}
    return table | {(m, "*"): says for m, says in more.items()}


# --- HEAD -------------------------------------------------------------------------------------------------------------


def test_head_is_refused_by_a_router_that_knows_get_alone(tmp_path: Path) -> None:
    run, received = on(tmp_path, "fastapi-bookshop")
    (finding,) = said(run, HEAD)
    assert finding["occurrences"][0]["method"] == "HEAD"
    assert "405 on 2 of 2 paths asked" in finding["symptom"]
    assert finding["curl"].startswith("curl -i --head ")
    assert [m for m, _ in received].count("HEAD") == 2


@pytest.mark.parametrize(("name", "asked"), [
    ("flask-bookshop", 2), ("drf-bookshop", 2), ("starlette-bookshop", 2),
    # Which methods these paths serve is not known, and code that asks `is it GET?` takes a HEAD for its POST.
    ("method-blind", 0), pytest.param("gin-bookshop", 0, marks=pytest.mark.needs("gin")),
])  # fmt: skip
def test_head_is_asked_where_nothing_is_written(tmp_path: Path, name: str, asked: int) -> None:
    run, received = on(tmp_path, name)
    assert not said(run, HEAD)
    assert [m for m, _ in received].count("HEAD") == asked


@pytest.mark.parametrize("allow", ["GET, POST", "GET, get", "PUT", None])
def test_a_refusal_that_names_another_method_spares_the_path_a_head(tmp_path: Path, allow: str | None) -> None:
    table = got("/a", "/b", HEAD=Says(405))
    table["REPORT", "/a"] = Says(405, (("Allow", allow),) if allow else ())
    _, listener = here(tmp_path, table, {"/a": "get", "/b": "get"})
    assert {s.target for s in listener.of("HEAD")} == {"/b"}


def test_head_is_asked_everywhere_only_where_the_sample_disagrees(tmp_path: Path) -> None:
    paths = {f"/p{i}": "get" for i in range(8)}
    table = got(*paths, HEAD=Says(200, JSON)) | {("HEAD", "/p1"): Says(501), ("HEAD", "/p6"): Says(405)}
    found, listener = here(tmp_path, table, paths)
    (finding,) = found[HEAD]
    assert "405 and 501 on 2 of 8 paths asked, /p1 and /p6" in finding.symptom
    assert len(listener.of("HEAD")) == 8


@pytest.mark.parametrize("head", [Says(403), Says(400), Says(500), Says(404), Says(301, (("Location", "/x"),))])
def test_other_answers_to_head_are_no_refusal(tmp_path: Path, head: Says) -> None:
    # The 404 neither, where HEAD on an unknown path is answered otherwise.
    table = got("/a", "/b", HEAD=Says(200)) | {("HEAD", "/a"): head, ("HEAD", "/b"): head}
    found, _ = here(tmp_path, table, {"/a": "get", "/b": "get"})
    assert HEAD not in found


def test_a_documented_head_is_asked_once_and_told_as_missing(tmp_path: Path) -> None:
    table = got("/a", "/b", HEAD=Says(405))
    found, listener = here(tmp_path, table, {"/a": "get head", "/b": "get"}, repeat=0)
    assert [f.methods for f in found["documented-method-missing"]] == [("HEAD",)]
    assert "1 of 1 path asked, /b" in found[HEAD][0].symptom
    assert [s.target for s in listener.of("HEAD")].count("/a") == 1


# --- OPTIONS ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "status"), [
    pytest.param("go-bookshop", "405", marks=pytest.mark.needs("go")),
    pytest.param("gin-bookshop", "404", marks=pytest.mark.needs("gin")),
])  # fmt: skip
def test_options_is_refused_by_routers_that_register_every_method(tmp_path: Path, name: str, status: str) -> None:
    run, _ = on(tmp_path, name)
    (finding,) = said(run, OPTIONS)
    assert finding["severity"] == "info"
    assert f"{status} on " in finding["symptom"]


@pytest.mark.parametrize("name", [
    "flask-bookshop", "drf-bookshop", "fastapi-bookshop",
    pytest.param("express-bookshop", marks=pytest.mark.needs("node", "express")),
])  # fmt: skip
def test_options_is_answered_or_was_not_asked(tmp_path: Path, name: str) -> None:
    run, _ = on(tmp_path, name)
    assert not said(run, OPTIONS)


# --- TRACE ------------------------------------------------------------------------------------------------------------


@pytest.mark.needs("apache2")
@pytest.mark.parametrize("setting", ["on", "off"])
def test_apache_sends_a_request_back_unless_it_is_told_not_to(tmp_path: Path, setting: str) -> None:
    run, received = on(tmp_path, "apache-allow-bookshop", **BY_APACHE, rules=f"TraceEnable {setting}")
    assert [m for m, _ in received].count("TRACE") == 1
    findings = said(run, TRACE)
    assert len(findings) == (setting == "on")
    if findings:
        assert findings[0]["severity"] == "warning"
        assert "Apache httpd" in findings[0]["root_causes"][0]["text"]
        assert findings[0]["curl"].startswith("curl -i -X TRACE ")


@pytest.mark.parametrize("name", [
    "flask-bookshop", "fastapi-bookshop", "method-blind",
    *(pytest.param(n, marks=pytest.mark.needs(*ALL[n].needs)) for n in ("nginx-flask", "spring-bookshop")),
])  # fmt: skip
def test_trace_is_sent_once_at_the_most_and_a_refusal_is_no_finding(tmp_path: Path, name: str) -> None:
    run, received = on(tmp_path, name)
    assert not said(run, TRACE)
    # Tomcat refuses it before its log; where code runs on any method nobody is asked.
    assert [m for m, _ in received].count("TRACE") == (name not in ("spring-bookshop", "method-blind"))


def traced(folder: Path, says: Says, *arguments: str) -> tuple[Run, Listener]:
    keyed = {"name": "X-Key", "in": "header", "required": True, "schema": {"type": "string"}, "example": "described"}
    query = {"name": "key", "in": "query", "required": True, "schema": {"type": "string"}, "example": "described"}
    ok = {"responses": {"200": {"description": "ok"}}}
    paths = {"/a": {"get": ok | {"parameters": [keyed, query]}}, "/b": {"get": ok}}
    document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    (folder / "api.json").write_text(json.dumps(document))
    with listen(got("/a", "/b", HEAD=Says(200), TRACE=says)) as listener:
        return audit(folder, f"dev={listener.url}", spec="api.json", arguments=arguments), listener


SECRETS = ("--header", "Authorization: Bearer sesame-0123", "--header", "Cookie: sid=sesame-4567")
MESSAGE = (("Content-Type", "message/http"),)


def test_trace_carries_nothing_that_should_not_be_sent_back(tmp_path: Path) -> None:
    run, listener = traced(tmp_path, Says(200, MESSAGE, echo=True), *SECRETS)
    assert len(said(run, TRACE)) == 1
    (sent,) = listener.of("TRACE")
    assert sent.target == "/a"
    assert set(sent.fields) <= {"host", "user-agent", "accept", "accept-encoding", "connection"}
    assert run.report["run"]["id"] in sent.fields["user-agent"]
    first = {s.target: s for s in reversed(listener.of("GET"))}  # later, some are asked without credentials
    assert all("authorization" in s.fields for s in first.values())


@pytest.mark.parametrize("says", [
    Says(200, JSON, echo=True), Says(200, MESSAGE, b"TRACE /a HTTP/1.1\r\nHost: h\r\n\r\n"), Says(200, MESSAGE, b""),
    Says(200, MESSAGE, b"you sent TRACE /a HTTP/1.1"), Says(404, MESSAGE, echo=True), Says(204),
], ids=["page", "another's", "empty", "prose", "404", "204"])  # fmt: skip
def test_a_success_alone_does_not_show_that_trace_is_on(tmp_path: Path, says: Says) -> None:
    run, listener = traced(tmp_path, says)
    assert not said(run, TRACE)
    assert len(listener.of("TRACE")) == 1


def test_where_any_handler_acts_on_any_method_no_path_is_sent_trace(tmp_path: Path) -> None:
    table = got("/a", "/b", TRACE=Says(200, MESSAGE, echo=True))
    table["REPORT", "/b"] = table["GET", "/b"]
    found, listener = here(tmp_path, table, {"/a": "get", "/b": "get"})
    assert TRACE not in found
    assert not listener.of("TRACE")


def test_trace_is_not_sent_again_after_a_failure(tmp_path: Path) -> None:
    _, listener = traced(tmp_path, Says(503, (("Retry-After", "0"),)))
    assert len(listener.of("TRACE")) == 1


def test_patterns_that_name_trace_or_head_hold(tmp_path: Path) -> None:
    _, listener = traced(tmp_path, Says(200, MESSAGE, echo=True), "--skip", "TRACE /**", "--skip", "HEAD /a")
    assert not listener.of("TRACE")
    assert [s.target for s in listener.of("HEAD")] == ["/b"]


# --- Allow ------------------------------------------------------------------------------------------------------------


def wrong(folder: Path, *allow: str, control: Sequence[str] = ()) -> list[Any]:
    """What is said of a path whose OPTIONS sends these fields, and its 405 those of `control`."""
    table = got("/health", "/a")
    table["OPTIONS", "/health"] = Says(204, (("Allow", "GET, OPTIONS"),))
    table["OPTIONS", "/a"] = Says(204, tuple(("Allow", a) for a in allow))
    table["REPORT", "/a"] = Says(405, tuple(("Allow", a) for a in control or allow))
    found, _ = here(folder, table, {"/health": "get", "/a": "get post"})
    return found.get(WRONG, []) + found.get("allow-missing", [])


def test_an_allow_that_is_right_is_left_alone_in_one_field_or_two(tmp_path: Path) -> None:
    assert not wrong(tmp_path, "GET, POST")
    assert not wrong(tmp_path, "GET", "POST")
    assert not wrong(tmp_path, ",GET ,, POST,")


@pytest.mark.parametrize(("fields", "words"), [
    (["POST"], "GET is supported"), (["GET, POST, TRAC E"], "“TRAC E” is no method"),
    (["GET POST"], "GET is supported and “GET POST” is no method"), (["get, post"], "“get” and “post” are no methods"),
    (["GET, *"], "“*” is no method"), (['"GET", "POST"'], "are no methods"), ([""], "GET is supported"),
], ids=["short", "blank", "no commas", "small letters", "star", "quoted", "empty"])  # fmt: skip
def test_an_allow_that_is_short_or_odd_is_told(tmp_path: Path, fields: list[str], words: str) -> None:
    (finding,) = wrong(tmp_path, *fields)
    assert finding.rule == WRONG
    assert words in finding.symptom
    assert finding.path == "/a"


def test_options_and_405_that_disagree_are_told_with_the_number_of_fields(tmp_path: Path) -> None:
    (finding,) = wrong(tmp_path, "GET, POST", "GET, DELETE", control=["GET, POST"])
    assert finding.methods == ("DELETE",)
    assert "GET, POST, DELETE in 2 fields" in finding.symptom
    assert finding.root_causes[0].text.startswith("Two programs write the field")


@pytest.mark.needs("nginx")
def test_one_fixed_list_is_told_once_and_decides_nothing(tmp_path: Path) -> None:
    run, _ = on(tmp_path, "nginx-flask", here=ONE_LIST)
    (finding,) = said(run, WRONG)
    assert finding["path"] is None
    assert "one fixed list" in finding["title"]
    assert "a path that does not exist" in finding["symptom"]
    assert not [c for c in run.report["cells"] if c["basis"] == "advertised"]


@pytest.mark.parametrize("allow", ["GET, HEAD POST", "GET, post"], ids=["comma", "letters"])
def test_an_odd_allow_decides_no_method(tmp_path: Path, allow: str) -> None:
    others = ("/b", "/c", "/d")
    table = got("/health", "/a", *others) | {("REPORT", "/a"): Says(405, (("Allow", allow),))}
    table |= {("REPORT", p): Says(405, (("Allow", "GET, PUT"),)) for p in others}
    paths = {"/health": "get", "/a": "get post", **dict.fromkeys(others, "get put")}
    with listen(table) as listener:
        report = run_here(tmp_path, listener.url, paths)
    assert [c.support for c in report.cells if (c.path, c.method) == ("/a", "POST")] == ["undetermined"]
