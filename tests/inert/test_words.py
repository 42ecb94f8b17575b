"""What a report says about an unfinished request is true, and its curl line repeats it."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from tests.command import run_auditor
from tests.servers import start
from tests.servers.bookshop import SPEC


@pytest.fixture(scope="module")
def audited(tmp_path_factory):
    folder = tmp_path_factory.mktemp("words")
    with start("fastapi-bookshop") as server:
        run_auditor("audit", SPEC, "--env", f"dev={server.url}", "--mode", "inert", "--out", "o", cwd=folder)
        yield json.loads((folder / "o" / "report.json").read_text()), server


def finding(report, rule: str, path: str, method: str):
    (found,) = [f for f in report["findings"] if (f["rule"], f["path"], f["methods"]) == (rule, path, [method])]
    return found


def test_a_refusal_is_told_with_the_allow_that_it_carried(audited) -> None:
    found = finding(audited[0], "documented-method-missing", "/books/{bookId}", "PUT")
    assert "405, Allow: GET" in found["symptom"]
    assert "without Allow" not in found["symptom"] + found["diagnosis"]


def test_silence_is_told_as_waiting(audited) -> None:
    found = finding(audited[0], "undocumented-method-served", "/books/{bookId}", "PATCH")
    assert "waits for its content" in found["symptom"]
    assert "waits for the rest of the content" in found["diagnosis"]


@pytest.mark.needs("curl")
def test_the_curl_line_sends_the_same_unfinished_request(audited) -> None:
    report, server = audited
    found = finding(report, "documented-method-missing", "/books/{bookId}", "PUT")
    server.forget()
    assert shutil.which("curl")
    done = subprocess.run(["sh", "-c", found["curl"]], capture_output=True, text=True, timeout=30, check=False)
    assert done.stdout.startswith("HTTP/1.1 405"), done.stderr
    assert [r.method for r in server.received()] == ["PUT"]
    assert server.writes() == 0
