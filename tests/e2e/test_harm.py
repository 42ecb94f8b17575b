"""Never harm: counted at the server, not in our own log."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from auditor.errors import Forbidden
from auditor.prober import guard
from tests.command import run_auditor
from tests.conftest import Serve
from tests.e2e.audits import audit
from tests.servers import SAFE
from tests.servers.bookshop import SPEC

EVIL = {
    "openapi": "3.1.0",
    "info": {"title": "evil", "version": "1"},
    "servers": [{"url": "http://127.0.0.1:9/elsewhere"}],
    "paths": {
        "/books": {
            "get": {
                "parameters": [
                    {"name": "X-HTTP-Method-Override", "in": "header", "required": True, "example": "DELETE"},
                    {
                        "name": "Authorization",
                        "in": "header",
                        "required": True,
                        "example": "Bearer from-the-description",
                    },
                    {"name": "Host", "in": "header", "required": True, "example": "elsewhere.example.test"},
                    {"name": "_method", "in": "query", "required": True, "example": "DELETE"},
                    {"name": "q", "in": "query", "required": True, "example": "a b\r\nX-Injected: 1"},
                ],
                "responses": {},
            },
            "trace": {"responses": {}},
        },
        "http://127.0.0.1:9/x": {"get": {"responses": {}}},
        "//127.0.0.1:9/y": {"get": {"responses": {}}},
        "@127.0.0.1:9/z": {"get": {"responses": {}}},
        "/../../admin": {"delete": {"responses": {}}},
        "/cache": {"delete": {"responses": {}}, "post": {"servers": [{"url": "http://127.0.0.1:9"}], "responses": {}}},
        "/line\r\nGET /smuggled HTTP/1.1": {"get": {"responses": {}}},
    },
}


@pytest.fixture
def evil(tmp_path: Path) -> Path:
    path = tmp_path / "evil.json"
    path.write_text(json.dumps(EVIL))
    return path


def test_a_hostile_description_changes_neither_method_nor_origin_nor_fields(
    serve: Serve, tmp_path: Path, evil: Path
) -> None:
    server = serve("flask-bookshop")
    run = audit(tmp_path, f"dev={server.url}", spec=evil)
    assert run.code in (0, 1, 3), run.stderr
    assert {m for m, _ in server.received()} <= SAFE - {"TRACE"}
    assert server.writes() == 0
    assert not [t for _, t in server.received() if "_method" in t or "smuggled" in t.split("%")[0]]
    sent = run.files()
    assert b"from-the-description" not in sent
    assert len(server.received()) == run.report["totals"]["requests"]


def test_skipped_paths_are_never_touched(serve: Serve, tmp_path: Path) -> None:
    server = serve("flask-bookshop")
    run = audit(tmp_path, f"dev={server.url}", arguments=("--skip", "/books/**", "--skip", "GET /health"))
    touched = {t for _, t in server.received()}
    assert not [t for t in touched if t.startswith("/v1/books/")]
    assert "/v1/health" not in touched
    excluded = {(e["method"], e["path"]) for e in run.report["excluded"]}
    assert {("DELETE", "/books/{bookId}"), ("GET", "/health"), ("POST", "/books/{bookId}/reviews")} <= excluded
    assert all(e["by"].startswith("--skip") for e in run.report["excluded"])


def test_only_leaves_the_rest_alone(serve: Serve, tmp_path: Path) -> None:
    server = serve("flask-bookshop")
    run = audit(tmp_path, f"dev={server.url}", arguments=("--only", "/books"))
    assert {t for m, t in server.received() if "zq" not in t} <= {"/v1/books", "/v1/books/"}
    assert run.report["totals"]["excluded"] == 12


def test_a_plan_sends_nothing(serve: Serve, tmp_path: Path) -> None:
    server = serve("flask-bookshop")
    done = run_auditor("plan", str(SPEC), "--env", f"dev={server.url}", cwd=tmp_path)
    assert done.returncode == 0
    assert server.received() == []
    assert "at most" in done.stdout
    methods = {line.split()[0] for line in done.stdout.splitlines() if " safe  /" in line}
    assert methods <= SAFE


def test_the_run_never_passes_the_bound_that_the_plan_names(serve: Serve, tmp_path: Path) -> None:
    server = serve("express-bookshop")
    plan = run_auditor("plan", str(SPEC), "--env", f"dev={server.url}", cwd=tmp_path).stdout
    bound = int(plan.split("at most ")[1].split()[0])
    audit(tmp_path, f"dev={server.url}")
    assert 0 < len(server.received()) <= bound


test_the_run_never_passes_the_bound_that_the_plan_names = pytest.mark.needs("express")(
    test_the_run_never_passes_the_bound_that_the_plan_names
)


def test_the_guard_refuses_what_the_planner_would_never_ask(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A planner gone wrong sends nothing: its state-changing probe dies at the guard, before a socket opens."""
    import asyncio

    from auditor.model.environment import Environment, Origin
    from auditor.prober.transport import Prepared, Wire

    server = serve("flask-bookshop")
    environment = Environment("dev", server.url, Origin("http", "127.0.0.1", server.port), "/v1")

    async def send(method: str) -> None:
        wire = Wire(environment, user_agent="test")
        try:
            await wire.probe(Prepared(environment.origin, method, "/v1/cache"))
        finally:
            await wire.close()

    for method in ("POST", "PUT", "PATCH", "DELETE", "PURGE", "CONNECT", "get", "LOCK"):
        with pytest.raises(Forbidden):
            asyncio.run(send(method))
    assert server.received() == []
    assert callable(guard.check)


def test_every_request_names_the_run(serve: Serve, tmp_path: Path) -> None:
    run = audit(tmp_path, f"dev={serve('flask-bookshop').url}")
    lines = [json.loads(x) for x in (run.out / "transcript.jsonl").read_text().splitlines()[1:]]
    agents = {dict(x["exchange"]["sent_fields"])["User-Agent"] for x in lines}
    assert len(agents) == 1
    assert run.report["run"]["id"] in agents.pop()
