"""`--lang` and `lang`: chosen once, kept with the run, and refused where the page does not speak it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.command import run_auditor

CLOSED = "http://127.0.0.1:9/v1"
SPEC = {"openapi": "3.1.0", "info": {"title": "A", "version": "1"},
        "paths": {"/a": {"get": {"responses": {"200": {"description": "ok"}}}}}}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "openapi.json").write_text(json.dumps(SPEC))
    return tmp_path


def page(folder: Path) -> str:
    return (folder / "drift-report" / "report.html").read_text(encoding="utf-8")


def test_the_flag_chooses_and_the_run_remembers(folder: Path) -> None:
    done = run_auditor("audit", "openapi.json", "--env", f"dev={CLOSED}", "--lang", "de", cwd=folder)
    assert done.returncode == 3, done.stderr
    assert '<html lang="de">' in page(folder)
    assert "Die Prüfung ist unvollständig:" in page(folder)
    assert "incomplete" in done.stdout
    first = page(folder)
    assert run_auditor("report", "drift-report", cwd=folder).returncode == 3
    assert page(folder) == first
    assert run_auditor("report", "drift-report", "--lang", "en", cwd=folder).returncode == 3
    assert '<html lang="en">' in page(folder)
    assert "The audit is incomplete:" in page(folder)


def test_the_key_chooses_and_the_flag_wins(folder: Path) -> None:
    config = {"spec": "openapi.json", "lang": "de", "environments": {"dev": {"url": CLOSED}}}
    (folder / "auditor.yaml").write_text(json.dumps(config))
    run_auditor("audit", cwd=folder)
    assert '<html lang="de">' in page(folder)
    run_auditor("audit", "--lang", "en", cwd=folder)
    assert '<html lang="en">' in page(folder)


@pytest.mark.parametrize("command", ["audit", "report"])
def test_what_it_does_not_speak_is_refused_before_anything_is_sent(command: str, folder: Path) -> None:
    run_auditor("audit", "openapi.json", "--env", f"dev={CLOSED}", cwd=folder)
    given = ("openapi.json", "--env", f"dev={CLOSED}") if command == "audit" else ("drift-report",)
    done = run_auditor(command, *given, "--lang", "tlh", cwd=folder)
    assert done.returncode == 2
    assert "'tlh' is no language of the report" in done.stderr
    assert "en, de" in done.stderr
