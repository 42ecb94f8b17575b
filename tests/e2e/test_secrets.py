"""Secrets from environment, file and command: sent to the origin, shown nowhere."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Serve
from tests.e2e.audits import audit

SOURCES: dict[str, Any] = {
    "environment": "Bearer ${TOKEN}",
    "file": {"file": "token.txt", "prefix": "Bearer "},
    "command": {"command": [sys.executable, "-c", "print('sesame')"], "prefix": "Bearer "},
}


@pytest.mark.parametrize("source", SOURCES)
def test_a_secret_opens_the_wall_and_is_shown_nowhere(source: str, serve: Serve, tmp_path: Path) -> None:
    server = serve("auth-first")
    (tmp_path / "token.txt").write_text("sesame\n")
    config = {"environments": {"prod": {"url": server.url, "headers": {"Authorization": SOURCES[source]}}}}
    run = audit(tmp_path, config=config, env={"TOKEN": "sesame"})
    assert run.report["environments"][0]["state"] == "complete"
    assert any(c["support"] == "supported" for c in run.report["cells"])
    assert b"sesame" not in run.files()
    assert "sesame" not in run.stdout + run.stderr


BROKEN: dict[str, tuple[Any, str]] = {
    "no such file": ({"file": "nowhere.txt"}, "cannot be read"),
    "failing command": ({"command": [sys.executable, "-c", "raise SystemExit(3)"]}, "ended with 3"),
    "missing command": ({"command": ["no-such-command-anywhere"]}, "failed"),
    "both": ({"file": "a", "command": ["b"]}, "exactly one"),
    "line feed inside": ({"command": [sys.executable, "-c", "print('hunter2'); print('x: y')"]}, "cannot be sent"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_secret_that_cannot_be_had_stops_before_anything_is_sent(name: str, serve: Serve, tmp_path: Path) -> None:
    server = serve("auth-first")
    source, expected = BROKEN[name]
    run = audit(tmp_path, config={"environments": {"prod": {"url": server.url, "headers": {"Authorization": source}}}})
    assert run.code == 2
    assert expected in run.stderr
    assert "hunter2" not in run.stderr
    assert server.received() == []


def test_credentials_do_not_go_over_plain_http_to_another_machine(tmp_path: Path) -> None:
    from auditor.model.environment import Environment, Origin
    from auditor.prober.guard import credentials_for

    far = Origin("http", "api.example.test", 80)
    environment = Environment("prod", far.text, far, "", headers=(("Authorization", "x"),))
    assert credentials_for(environment, far) == ()
