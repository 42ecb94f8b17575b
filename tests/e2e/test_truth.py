"""Never lie: verdicts about real stacks against their own route tables, and nothing done to them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Serve
from tests.e2e.audits import audit, wrong
from tests.servers import STACKS

BOOKSHOPS = [
    "flask-bookshop", "fastapi-bookshop", "starlette-bookshop", "aiohttp-bookshop", "drf-bookshop",
    "http-server-bookshop",
    pytest.param("express-bookshop", marks=pytest.mark.needs("express")),
    pytest.param("go-bookshop", marks=pytest.mark.needs("go")),
    pytest.param("gin-bookshop", marks=pytest.mark.needs("gin")),
    pytest.param("axum-bookshop", marks=pytest.mark.needs("axum")),
    pytest.param("spring-bookshop", marks=pytest.mark.needs("spring")),
    pytest.param("nginx-flask", marks=pytest.mark.needs("nginx")),
    pytest.param("nginx-limit-flask", marks=pytest.mark.needs("nginx")),
    "spa", "auth-first", "redirect-all", "reflecting", "method-blind", "json-404",
]  # fmt: skip
MAX_REQUESTS = 66

DECIDED = {
    "flask-bookshop": 41, "aiohttp-bookshop": 41, "drf-bookshop": 45, "express-bookshop": 45, "go-bookshop": 45,
    "nginx-flask": 41, "nginx-limit-flask": 34, "spa": 41,
    "axum-bookshop": 45, "spring-bookshop": 45,
}  # fmt: skip
"""How many of the 45 cells are decided at least: an auditor that says nothing is never wrong."""


@pytest.mark.parametrize("name", BOOKSHOPS)
def test_no_verdict_is_wrong_and_nothing_is_written(name: str, serve: Serve, tmp_path: Path) -> None:
    server = serve(name)
    run = audit(tmp_path, f"dev={server.url}")
    assert wrong(run, server.truth) == []
    assert [c for c in run.report["cells"] if c["support"] != "undetermined" and not c["exchanges"]] == []
    decided = sum(c["support"] != "undetermined" for c in run.report["cells"])
    assert decided >= DECIDED.get(name, 0)
    assert server.state_changing() == []
    assert server.writes() == 0
    assert run.report["totals"]["state_changing_requests"] == 0
    unseen = name == "spring-bookshop"  # Tomcat refuses TRACE before any filter, and so before the journal
    assert len(server.received()) + unseen == run.report["totals"]["requests"] <= MAX_REQUESTS


def test_every_knowable_stack_is_in_the_list() -> None:
    listed = {b if isinstance(b, str) else str(b.values[0]) for b in BOOKSHOPS}
    bookshops = {stack.name for stack in STACKS.values() if stack.api == "bookshop"}
    assert bookshops - listed == {"maintenance", "rate-limited", "dies-half-way"}


def test_drift_of_a_stack_with_an_honest_allow(serve: Serve, tmp_path: Path) -> None:
    run = audit(tmp_path, f"dev={serve('drf-bookshop').url}")
    found = {(f["rule"], f["path"], m) for f in run.report["findings"] for m in f["methods"]}
    assert found >= {
        ("documented-method-missing", "/books/{bookId}", "PUT"),
        ("documented-method-missing", "/search", "POST"),
        ("undocumented-method-served", "/books/{bookId}", "PATCH"),
        ("undocumented-method-served", "/authors/{slug}", "DELETE"),
        ("undocumented-method-served", "/search", "GET"),
        ("path-missing", "/books/{bookId}/reviews", "POST"),
        ("redirect-changes-method", "/orders", "POST"),
    }
    assert run.code == 1


def test_an_auth_wall_is_never_a_pass(serve: Serve, tmp_path: Path) -> None:
    server = serve("auth-first")
    run = audit(tmp_path, f"prod={server.url}")
    assert {c["reason"] for c in run.report["cells"]} == {"auth-wall"}
    assert run.code == 3
    assert run.report["complete"] is False
    assert run.rules == {"auth-hides-methods": 1}


def test_credentials_open_the_wall(serve: Serve, tmp_path: Path) -> None:
    server = serve("auth-first")
    header = ("--header", "prod:Authorization: Bearer ${TOKEN}")
    run = audit(tmp_path, f"prod={server.url}", arguments=header, env={"TOKEN": "sesame"})
    assert wrong(run, server.truth) == []
    assert sum(c["support"] != "undetermined" for c in run.report["cells"]) > 20
    assert "sesame" not in run.stdout + run.stderr
    assert b"sesame" not in run.files()


def test_refused_credentials_are_a_state_of_their_own(serve: Serve, tmp_path: Path) -> None:
    server = serve("auth-first")
    header = ("--header", "Authorization: Bearer ${TOKEN}")
    run = audit(tmp_path, f"prod={server.url}", arguments=header, env={"TOKEN": "wrong-one"})
    assert run.report["environments"][0]["state"] == "login-refused"
    assert run.code == 3


def test_a_maintenance_page_decides_nothing(serve: Serve, tmp_path: Path) -> None:
    run = audit(tmp_path, f"prod={serve('maintenance').url}")
    assert {c["support"] for c in run.report["cells"]} == {"undetermined"}
    assert run.report["environments"][0]["state"] == "unreachable"
    assert run.report["findings"] == []
    assert run.code == 3


def test_a_rate_limit_slows_the_audit_and_breaks_nothing(serve: Serve, tmp_path: Path) -> None:
    server = serve("rate-limited", limit=20)
    run = audit(tmp_path, f"prod={server.url}")
    assert wrong(run, server.truth) == []
    assert server.writes() == 0


def test_redirecting_everything_is_one_finding(serve: Serve, tmp_path: Path) -> None:
    run = audit(tmp_path, f"prod={serve('redirect-all').url}")
    assert run.rules == {"environment-redirects": 1}
    assert {c["support"] for c in run.report["cells"]} == {"undetermined"}


def test_a_wrong_base_path_is_one_finding_that_names_the_right_one(serve: Serve, tmp_path: Path) -> None:
    server = serve("flask-bookshop")
    run = audit(tmp_path, f"dev={server.origin}")
    assert run.rules == {"base-path-wrong": 1}
    assert "/v1" in run.report["findings"][0]["symptom"] + run.report["findings"][0]["title"]
    assert run.code == 1
