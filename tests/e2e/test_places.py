"""Names of files in what CI systems read: from the root of the repository, wherever auditor was started in it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.command import run_auditor
from tests.nights.world import world

CLEAR = {"GITHUB_WORKSPACE": "", "CI_PROJECT_DIR": ""}
FORMATS = tuple(x for k in ("github", "gitlab", "sarif") for x in ("--format", k))


def named(here: Path, *arguments: str, env: Mapping[str, str]) -> set[str]:
    """The file names in annotations, Code Quality and SARIF of one audit, with the text that goes with them."""
    done = run_auditor("audit", *arguments, "--out", "out", *FORMATS, cwd=here, env={**CLEAR, **env})
    assert done.returncode == 1, done.stderr
    sarif = json.loads((here / "out/report.sarif").read_text())
    quality = json.loads((here / "out/gl-code-quality.json").read_text())
    locations = [r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in sarif["runs"][0]["results"]]
    before = (here / "out/report.sarif").read_bytes()
    assert run_auditor("report", here / "out", cwd="/", env=CLEAR).returncode == 1
    assert (here / "out/report.sarif").read_bytes() == before, "judged elsewhere, the names are the same"
    return {*re.findall(r"file=([^,]+),", done.stdout), *(q["location"]["path"] for q in quality), *locations}


@pytest.mark.parametrize("root", [".git", "GITHUB_WORKSPACE", "CI_PROJECT_DIR", "none"])
def test_wherever_it_was_started(root: str, tmp_path: Path) -> None:
    repository = tmp_path / "re po"
    below = repository / "services/orders"
    below.mkdir(parents=True)
    env = {root: str(repository)} if root.isupper() else {}
    if root == ".git":
        (repository / ".git").mkdir()
    found = "openapi.json" if root == "none" else "services/orders/openapi.json"
    with world(below, "prod") as w:
        w["prod"].routes({"/orders/{orderId}": ("GET", "PUT")})
        assert named(below, env=env) == {found}
        (below / "deeper").mkdir()
        absolute = str(below / "openapi.json")
        url = f"prod={w['prod'].url}"
        told = named(below / "deeper", absolute, "--env", url, "--config", str(below / "auditor.yaml"), env=env)
        assert told == ({absolute, f"file://{absolute.replace(' ', '%20')}"} if root == "none" else {found})


def test_a_workspace_elsewhere_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "here").mkdir()
    with world(tmp_path / "here", "prod") as w:
        w["prod"].routes({"/orders/{orderId}": ("GET", "PUT")})
        assert named(tmp_path / "here", env={"GITHUB_WORKSPACE": str(tmp_path / "other")}) == {"openapi.json"}


def test_people_read_the_short_name_too(tmp_path: Path) -> None:
    with world(tmp_path, "prod") as w:
        w["prod"].routes({"/orders/{orderId}": ("GET", "PUT")})
        night = w.audit()
        assert str(tmp_path) not in night.done.stdout + night.html
        assert night.report["specs"][0]["source"] == "openapi.json"
