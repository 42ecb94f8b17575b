"""auditor lock: the written file passes on what it was made from, and fails in a sentence on what changed since."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.nights.world import World, world
from tests.servers import SAFE, start
from tests.servers.bookshop import SPEC

LOCKED = "test_method_contract.py"


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, "prod") as found:
        found["prod"].server.redirects = {"/carts": "/carts/"}
        assert found.audit().code in (0, 1)
        done = found.run("lock", "drift-report", "--env", "prod")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == f"wrote {LOCKED}; next: pytest {LOCKED}\n"
        yield found


def run(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    own = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "BASE_URL"))}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", LOCKED]
    return subprocess.run(command, cwd=folder, env={**own, **environment}, capture_output=True, text=True, timeout=60,
                          check=False)  # fmt: skip


def failures(found: World) -> str:
    done = run(found.folder)
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stdout
    return done.stdout


def test_it_passes_on_the_deployment_it_was_made_from(locked: World) -> None:
    done = run(locked.folder)
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


def test_it_fails_when_a_get_is_removed(locked: World) -> None:
    locked["prod"].routes({"/orders": ("POST",)})
    said = failures(locked)
    assert "GET /orders was served (200) when this was locked, and is refused now (405" in said
    assert "/orders allowed GET, POST, OPTIONS when this was locked, and now OPTIONS, POST: GET is gone." in said


def test_it_fails_when_allow_changes(locked: World) -> None:
    locked["prod"].routes({"/orders/{orderId}": ("GET", "PUT", "PATCH")})
    said = failures(locked)
    assert "DELETE is gone and PATCH is new." in said
    assert "1 failed" in said, "nothing else is blamed"


def test_it_fails_when_a_redirect_is_added(locked: World) -> None:
    locked["prod"].server.redirects = {"/carts": "/carts/", "/stock": "/stock/"}
    said = failures(locked)
    assert "GET /stock was served (200) when this was locked, and redirects now (301 to /stock/" in said


def test_it_fails_when_a_redirect_goes_elsewhere_or_away(locked: World) -> None:
    locked["prod"].server.redirects = {"/carts": "/basket"}
    assert "GET /carts redirected to /carts/ (301) when this was locked" in failures(locked)
    locked["prod"].server.redirects = {}
    assert (
        "GET /carts redirected to /carts/ (301) when this was locked, and is answered otherwise now (200"
        in failures(locked)
    )


def test_it_fails_when_the_path_is_gone(locked: World) -> None:
    locked["prod"].routes({"/stock": ()})
    said = failures(locked)
    assert "GET /stock was served (200) when this was locked, and is not found now (404): the path is gone." in said


def test_it_fails_in_a_sentence_when_nobody_answers(locked: World) -> None:
    locked["prod"].down()
    assert "did not answer" in failures(locked)


def test_it_sends_safe_methods_only_and_says_what_it_does_not_see(tmp_path: Path) -> None:
    """On FastAPI no Allow can be trusted: what safe requests do not see is said, and not held."""
    with start("fastapi-bookshop") as server, world(tmp_path) as found:
        done = found.run("audit", str(SPEC), "--env", f"prod={server.url}", "--out", "run")
        assert done.returncode in (0, 1), done.stderr
        assert found.run("lock", "run", "--env", "prod").returncode == 0
        server.forget()
        assert run(tmp_path).returncode == 0
        asked = server.received()
        assert asked
        assert {r.method for r in asked} <= SAFE
        assert server.writes() == 0
    text = (tmp_path / LOCKED).read_text(encoding="utf-8")
    assert "ALLOWED = []" in text
    assert "# /books  POST, PUT, PATCH, DELETE: not judged (mode-forbids)" in text


def test_another_deployment_is_held_to_it_by_base_url(locked: World, tmp_path_factory: pytest.TempPathFactory) -> None:
    with world(tmp_path_factory.mktemp("other"), "next") as other:
        other["next"].routes({"/orders": ("POST",)})
        done = run(locked.folder, BASE_URL=other["next"].url)
    assert done.returncode == 1
    assert "GET /orders was served (200)" in done.stdout


def test_a_secret_comes_from_the_environment_and_stands_nowhere(tmp_path: Path) -> None:
    with world(tmp_path, "prod") as found:
        found.run("audit", "--header", "Authorization: Bearer open-sesame-4711", "--out", "run")
        assert found.run("lock", "run", "--env", "prod").returncode == 0
        assert run(tmp_path, PROD_AUTHORIZATION="Bearer x").returncode == 0
    text = (tmp_path / LOCKED).read_text(encoding="utf-8")
    assert "open-sesame" not in text
    assert "SECRETS = {'Authorization': 'PROD_AUTHORIZATION'}" in text


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("drift-report", "--env", "nowhere"), "is no environment of this run"),
        (("missing", "--env", "prod"), "no run is here"),
        (("drift-report", "--env", "prod", "--output", "."), "regular file"),
    ],
)
def test_wrong_use_is_said(arguments: tuple[str, ...], says: str, locked: World) -> None:
    done = locked.run("lock", *arguments)
    assert done.returncode == 2
    assert says in done.stderr


def test_hostile_paths_and_answers_neither_run_nor_hide(tmp_path: Path) -> None:
    evil = ['/a"""+__import__(\'os\')+"""', "/b\n/injected", "/c\u202e#x", "/d{{ 7*7 }}{% x %}", "/e');print(1)#"]
    paths = dict.fromkeys(evil, ("GET", "POST"))
    with world(tmp_path, "prod", paths={**paths, "/orders": ("GET",)}) as found:
        found["prod"].server.redirects = {"/orders": "/x\"\"\"');print('injected')#"}
        found.audit()
        assert found.run("lock", "drift-report", "--env", "prod").returncode == 0
    text = (tmp_path / LOCKED).read_text(encoding="utf-8")
    tree = ast.parse(text)
    calls = {ast.unparse(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
    assert "__import__" not in calls
    assert "print" not in calls
    assert "\u202e" not in text
    assert not any(line.startswith("/injected") for line in text.splitlines())
