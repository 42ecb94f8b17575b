"""The GitLab job: its script in both shells of GitLab, over several nights, with GitLab's cache and variables."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from auditor.demo import serve
from tests.command import ROOT
from tests.deploy import project

FILE = ROOT / "deploy" / "gitlab" / "auditor.gitlab-ci.yml"
[(NAME, JOB)] = yaml.safe_load(FILE.read_text(encoding="utf-8")).items()
LOST = ("path-missing", "/carriers", "prod")


@dataclass
class Pipelines:
    """A project on a GitLab server: its checkout, its cache, and its schedule."""

    folder: Path
    shell: str
    env: dict[str, str] = field(default_factory=dict)

    @property
    def checkout(self) -> Path:
        return self.folder / "checkout"

    @property
    def report(self) -> Path:
        return self.checkout / "drift-report" / "report.json"

    def job(self, pipeline: int, **variables: str) -> subprocess.CompletedProcess[str]:
        """Fetches the cache, runs the script, and keeps the cache, as `when: always` says.

        The checkout is not cleaned, as under GIT_STRATEGY none: what another job left there is there.
        """
        [cached] = JOB["cache"]["paths"]
        shutil.rmtree(self.checkout / cached, ignore_errors=True)
        if (self.folder / "cache").exists():
            shutil.copytree(self.folder / "cache", self.checkout / cached)
        done = project.shell(self.shell, "\n".join(JOB["script"]), self.checkout, {
            "CI": "true", "GITLAB_CI": "true", "CI_PIPELINE_ID": str(pipeline), "CI_COMMIT_REF_SLUG": "main",
            **JOB["variables"], **self.env, **variables,
        })  # fmt: skip
        assert JOB["cache"]["when"] == "always"
        shutil.rmtree(self.folder / "cache", ignore_errors=True)
        shutil.copytree(self.checkout / cached, self.folder / "cache")
        return done

    def published(self) -> dict[str, Any]:
        """The reports that GitLab reads."""
        reports: dict[str, str] = JOB["artifacts"]["reports"]
        assert JOB["artifacts"]["when"] == "always"
        return {kind: (self.checkout / name).read_bytes() for kind, name in reports.items()}


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[serve.Server, ...]]:
    with serve.serving() as found:
        yield found


@pytest.fixture(params=["sh", "bash"])
def pipelines(request: pytest.FixtureRequest, tmp_path: Path, servers: tuple[serve.Server, ...]) -> Pipelines:
    command = tmp_path / "bin" / "auditor"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m auditor "$@"\n')
    command.chmod(0o755)
    env = {"PATH": project.path(command.parent), "STAGE_TOKEN": project.SECRET}
    made = Pipelines(tmp_path, request.param, env)
    made.checkout.mkdir()
    project.configure(made.checkout, servers)
    return made


def test_nights_one_after_the_other(pipelines: Pipelines, servers: tuple[serve.Server, ...]) -> None:
    prod = servers[2]
    first = pipelines.job(101)
    assert first.returncode == 1, first.stdout
    assert "no earlier report: everything counts as new" in first.stdout
    assert set().union(*project.statuses(pipelines.report).values()) == {None}
    assert {issue["severity"] for issue in json.loads(pipelines.published()["codequality"])} >= {"major"}
    assert {issue["location"]["path"] for issue in json.loads(pipelines.published()["codequality"])} == {"openapi.yaml"}
    assert b"<testsuite " in pipelines.published()["junit"]

    retried = pipelines.job(101)
    assert retried.returncode == 1, "the first try must not make its own drift known"

    second = pipelines.job(102)
    assert second.returncode == 0, second.stdout
    assert set().union(*project.statuses(pipelines.report).values()) == {"known"}

    with project.changed(prod, project.without(prod.deployment, "/carriers")):
        for _ in range(2):
            assert pipelines.job(103).returncode == 1
            assert {k for k, s in project.statuses(pipelines.report).items() if "new" in s} == {LOST}

    with project.changed(prod, project.down(prod.deployment)):
        assert pipelines.job(104).returncode == 3
    assert pipelines.published().keys() == {"codequality", "junit"}

    failed = pipelines.job(105, STAGE_TOKEN="")
    assert failed.returncode == 2, failed.stdout
    assert not pipelines.report.exists(), "no report of an earlier night is published as this one's"

    with project.changed(prod, project.without(prod.deployment, "/carriers")):
        assert pipelines.job(106).returncode == 0
    assert project.statuses(pipelines.report)[LOST] == {"known"}


@pytest.mark.parametrize("value", ["$(touch pwned)", '"; touch pwned; "', "never --version", "* ~", ""])
def test_a_variable_is_one_argument_as_it_stands(pipelines: Pipelines, value: str) -> None:
    """A command in auditor's place writes down what reached it."""
    (pipelines.folder / "bin" / "auditor").write_text("#!/bin/sh\nprintf '%s\\0' \"$@\" > arguments\nexit 3\n")
    done = pipelines.job(201, AUDITOR_DEADLINE=value, AUDITOR_FAIL_ON=value)
    assert done.returncode == 3, done.stdout
    seen = (pipelines.checkout / "arguments").read_text().split("\0")
    given = [a for a in seen if a.startswith(("--deadline", "--fail-on"))]
    assert given == [f"--deadline={value}", f"--fail-on={value}"]
    assert list(pipelines.checkout.rglob("pwned")) == []


def test_the_job_outlasts_the_audit() -> None:
    minutes = int(JOB["timeout"].removesuffix(" minutes"))
    assert minutes >= int(JOB["variables"]["AUDITOR_DEADLINE"].removesuffix("m")) + 5


def test_the_image_is_started_with_a_shell() -> None:
    """GitLab pipes the script into a shell that the image's own entrypoint would not start."""
    assert JOB["image"]["entrypoint"] == [""]
    assert NAME == "drift"
