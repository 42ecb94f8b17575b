"""Files and life cycle: whole or not at all, one audit at a time, judged again offline to the same bytes."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest

from auditor.differ.output.report_json import SCHEMA
from tests.command import run_auditor
from tests.conftest import Serve
from tests.e2e.audits import audit
from tests.servers.bookshop import SPEC

WRITTEN = ("contract.json", "report.html", "report.json", "run.json", "transcript.jsonl")


def test_a_run_directory_is_complete_and_valid(serve: Serve, tmp_path: Path) -> None:
    run = audit(tmp_path, f"dev={serve('flask-bookshop').url}")
    assert sorted(p.name for p in run.out.iterdir()) == sorted(WRITTEN)
    jsonschema.validate(run.report, SCHEMA)
    assert run.report["schema_version"] == 1


def test_a_run_judged_again_gives_the_same_bytes(serve: Serve, tmp_path: Path) -> None:
    run = audit(tmp_path, f"dev={serve('drf-bookshop').url}", f"prod={serve('flask-bookshop').url}")
    before = {n: (run.out / n).read_bytes() for n in WRITTEN}
    again = run_auditor("report", "out", cwd=tmp_path)
    assert again.returncode == run.code
    assert {n: (run.out / n).read_bytes() for n in WRITTEN} == before
    assert again.stdout == run.stdout


def test_a_moved_run_directory_can_be_judged_elsewhere(serve: Serve, tmp_path: Path) -> None:
    run = audit(tmp_path, f"dev={serve('drf-bookshop').url}")
    report = run.report
    moved = tmp_path / "elsewhere"
    run.out.rename(moved)
    assert run_auditor("report", str(moved), cwd=tmp_path).returncode == run.code
    assert json.loads((moved / "report.json").read_text())["findings"] == report["findings"]


DAMAGES = {
    "run.json": ('"fail_on": "error"', '"fail_on": "never"'),
    "contract.json": ("/books", "/bocks"),
    "transcript.jsonl": ("/books", "/bocks"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_run_directory_is_refused_in_one_sentence(name: str, serve: Serve, tmp_path: Path) -> None:
    run = audit(tmp_path, f"dev={serve('flask-bookshop').url}")
    text = (run.out / name).read_text()
    assert DAMAGES[name][0] in text
    for damaged in (text[: len(text) // 2], text.replace(*DAMAGES[name], 1), ""):
        (run.out / name).write_text(damaged)
        done = run_auditor("report", "out", cwd=tmp_path)
        assert done.returncode == 2, (name, done.stdout, done.stderr)
        assert "audit again" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_run_of_before_run_json_had_a_digest_is_read(serve: Serve, tmp_path: Path) -> None:
    run = audit(tmp_path, f"dev={serve('flask-bookshop').url}")
    held = json.loads((run.out / "run.json").read_text())
    del held["digests"]["run.json"]
    (run.out / "run.json").write_text(json.dumps(held))
    assert run_auditor("report", "out", cwd=tmp_path).returncode == run.code


def test_the_old_report_survives_an_audit_that_cannot_start(serve: Serve, tmp_path: Path) -> None:
    run = audit(tmp_path, f"dev={serve('flask-bookshop').url}")
    old = (run.out / "report.json").read_bytes()
    failed = run_auditor("audit", "missing.yaml", "--env", "dev=http://127.0.0.1:9", "--out", "out", cwd=tmp_path)
    assert failed.returncode == 2
    assert (run.out / "report.json").read_bytes() == old


def test_the_second_audit_of_a_directory_stops_and_names_the_holder(serve: Serve, tmp_path: Path) -> None:
    server = serve("flask-bookshop")
    command = [
        sys.executable,
        "-m",
        "auditor",
        "audit",
        str(SPEC),
        "--env",
        f"dev={server.url}",
        "--out",
        "out",
        "--rate",
        "5/s",
    ]
    first = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        give_up = time.monotonic() + 30
        while not (tmp_path / "out" / ".auditor.holder").exists() and time.monotonic() < give_up:
            time.sleep(0.05)
        second = run_auditor(*command[3:], cwd=tmp_path)
        assert second.returncode == 2
        assert str(first.pid) in second.stderr
    finally:
        first.kill()
        first.wait()
    third = audit(tmp_path, f"dev={server.url}")
    assert third.code == 1


def test_an_output_directory_that_cannot_be_used_costs_no_request(serve: Serve, tmp_path: Path) -> None:
    server = serve("flask-bookshop")
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path)
    for out in ("file", "link", "file/below"):
        done = run_auditor("audit", str(SPEC), "--env", f"dev={server.url}", "--out", out, cwd=tmp_path)
        assert done.returncode == 2, out
        assert "Traceback" not in done.stderr
    assert server.received() == []


def test_formats_go_where_they_are_named(serve: Serve, tmp_path: Path) -> None:
    audit(
        tmp_path,
        f"dev={serve('flask-bookshop').url}",
        arguments=("--format", "json=sub/x.json", "--format", "text=t.txt"),
    )
    assert json.loads((tmp_path / "sub" / "x.json").read_text())["schema_version"] == 1
    assert "documented =" in (tmp_path / "t.txt").read_text()


def test_a_run_judged_again_is_written_where_format_says(serve: Serve, tmp_path: Path) -> None:
    run = audit(tmp_path, f"dev={serve('flask-bookshop').url}")
    named = ("--format", "json=sub/x.json", "--format", "html=x.html", "--format", "text=t.txt")
    done = run_auditor("report", "out", *named, "--fail-on", "never", "--min-decided", "1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for name, copy in (("report.json", "sub/x.json"), ("report.html", "x.html")):
        assert (tmp_path / copy).read_bytes() == (run.out / name).read_bytes()
    assert "documented =" in (tmp_path / "t.txt").read_text()
    assert run_auditor("report", "out", "--min-decided", "100", "--fail-on", "never", cwd=tmp_path).returncode == 3


@pytest.mark.parametrize(
    "odd", [("--format", "pdf"), ("--format", "json=."), ("--fail-on", "x"), ("--min-decided", "x")]
)
def test_odd_flags_leave_a_run_as_it_was(odd: tuple[str, str], serve: Serve, tmp_path: Path) -> None:
    run = audit(tmp_path, f"dev={serve('flask-bookshop').url}")
    before = {p.name: (p.stat().st_mtime_ns, p.read_bytes()) for p in run.out.iterdir()}
    done = run_auditor("report", "out", *odd, cwd=tmp_path)
    assert (done.returncode, "\n  next: " in done.stderr) == (2, True), done.stderr
    assert {p.name: (p.stat().st_mtime_ns, p.read_bytes()) for p in run.out.iterdir()} == before


@pytest.mark.parametrize("place", ["nowhere", "file", "."])
def test_what_is_no_run_is_called_so(place: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run_auditor("report", place, cwd=tmp_path)
    assert done.returncode == 2
    assert f"{place}: no run is here" in done.stderr
    assert "  next: name the folder that auditor audit wrote" in done.stderr


def test_no_secret_survives_a_server_that_reflects_it(serve: Serve, tmp_path: Path) -> None:
    import base64
    import urllib.parse

    secret = "hunter2+/=&<s3cret>"
    header = ("--header", "Authorization: Bearer ${TOKEN}")
    run = audit(tmp_path, f"dev={serve('reflecting').url}", arguments=header, env={"TOKEN": secret})
    everything = run.files() + run.stdout.encode() + run.stderr.encode()
    plain = secret.encode()
    for form in (
        plain,
        base64.b64encode(plain)[:-4],
        urllib.parse.quote(secret, safe="").encode(),
        plain.hex().encode(),
    ):
        assert form not in everything
    assert b"hunter2" not in everything
    assert (run.out / "report.html").exists()
