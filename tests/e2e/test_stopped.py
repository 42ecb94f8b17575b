"""An audit that was stopped, or ran out of time: what it says to do next, and what becomes of the earlier report."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.command import run_auditor
from tests.conftest import Serve
from tests.servers import Server
from tests.servers.bookshop import SPEC

AGAIN = "the audit was stopped before this was decided: run it again, and let it end"
LATER = "the deadline ended first: audit again with a later one (--deadline), or narrow with --only"


def stopped(folder: Path, server: Server, *arguments: str) -> tuple[str, str]:
    """Audits slowly, and presses Ctrl-C after a few requests; what was printed."""
    command = [sys.executable, "-m", "auditor", "audit", str(SPEC), "--env", f"dev={server.url}", "--rate", "8/s",
               *arguments]  # fmt: skip
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    give_up = time.monotonic() + 30
    while len(server.received()) < 12 and time.monotonic() < give_up:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=30)
    assert process.returncode in (1, 3), stderr
    return stdout, stderr


def remedies(folder: Path) -> set[str]:
    report: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert report["complete"] is False
    return {c["remedy"] for c in report["cells"] if c["reason"] == "not-reached"}


@pytest.mark.parametrize("mode", ["safe", "inert"])
def test_the_remedy_for_a_stopped_audit_is_to_run_it_again(mode: str, serve: Serve, tmp_path: Path) -> None:
    stdout, _ = stopped(tmp_path, serve("flask-bookshop"), "--out", "out", "--mode", mode)
    assert remedies(tmp_path / "out") == {AGAIN}
    assert AGAIN in " ".join(stdout.split())
    assert "inert mode" not in stdout
    assert "honest Allow" not in stdout
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "run it again, and let it end" in page


def test_the_remedy_for_too_little_time_names_the_option(serve: Serve, tmp_path: Path) -> None:
    server = serve("flask-bookshop")
    done = run_auditor("audit", SPEC, "--env", f"dev={server.url}", "--rate", "8/s", "--deadline", "2s", "--out", "out",
                       cwd=tmp_path)  # fmt: skip
    assert done.returncode in (1, 3), done.stderr
    assert remedies(tmp_path / "out") == {LATER}
    assert LATER in " ".join(done.stdout.split())


def test_a_stopped_audit_says_that_it_took_the_place_of_the_earlier_report(serve: Serve, tmp_path: Path) -> None:
    """PROMISES P48: what it saw is written, marked incomplete. `--out` keeps what was there."""
    server = serve("flask-bookshop")
    _, first = stopped(tmp_path, server, "--out", "out")
    assert "gave way" not in first, "there was none"
    before = (tmp_path / "out" / "report.json").read_bytes()
    server.forget()
    _, apart = stopped(tmp_path, server, "--out", "other")
    assert "gave way" not in apart
    assert (tmp_path / "out" / "report.json").read_bytes() == before
    server.forget()
    _, again = stopped(tmp_path, server, "--out", "out")
    assert "note: the earlier report in out gave way to this incomplete one; --out DIR keeps them apart" in again
    assert (tmp_path / "out" / "report.json").read_bytes() != before
