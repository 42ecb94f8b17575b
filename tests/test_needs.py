"""A missing tool is named at the end of the run, and is a failure under CI."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import needs
from tests.command import ROOT

TESTS = """
import pytest

@pytest.mark.needs("no-such-program-7")
def test_with_a_tool(): pass

@pytest.mark.needs("python3")
def test_with_python(): pass
"""
PLUGIN = """
from tests import needs

def pytest_configure(config): config.addinivalue_line("markers", "needs(*tools): x")
def pytest_runtest_setup(item): needs.check(item)
def pytest_terminal_summary(terminalreporter): needs.summary(terminalreporter)
"""


def run(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_sample.py").write_text(TESTS, encoding="utf-8")
    (folder / "conftest.py").write_text(PLUGIN, encoding="utf-8")
    inherited = {name: value for name, value in os.environ.items() if name != "CI" and not name.startswith("PYTEST")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", folder, folder],
        cwd=folder,
        env={**inherited, "PYTHONPATH": str(ROOT), **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_elsewhere_it_is_left_out_by_name(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done.returncode == 0, done.stdout
    assert "1 test: left out, needs no-such-program-7 (not on PATH)" in done.stdout
    assert "  test_sample.py::test_with_a_tool" in done.stdout
    assert "1 passed, 1 skipped" in done.stdout


def test_under_ci_it_is_a_failure(tmp_path: Path) -> None:
    done = run(tmp_path, CI="true")
    assert done.returncode == 1, done.stdout
    assert "needs no-such-program-7 (not on PATH), and CI must have it" in done.stdout
    assert "1 passed" in done.stdout


def test_a_browser_goes_by_several_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = tmp_path / "chromium-browser"
    browser.write_text("#!/bin/sh\n", encoding="utf-8")
    browser.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert needs.find("chromium") == str(browser)
    assert needs.find("no-such-program-7") is None
