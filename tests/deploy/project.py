"""A project that is audited in CI, the demo's deployments on different nights, and a Python that needs no index."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from auditor.demo import serve
from auditor.demo.app import BUILD_FIELD, Request, Response
from auditor.demo.deployments import BASE, Deployment
from tests.command import ROOT

SECRET = "s3cret-of-stage"
SOURCES = ("action.yml", "auditor", "deploy", "templates", "sample_specs", "requirements", "pyproject.toml",
           "README.md", "LICENSE")  # fmt: skip
DESCRIPTION = ROOT / "sample_specs" / serve.SPEC


def sources(folder: Path) -> Path:
    """A checkout of auditor, as far as what installs it needs one."""
    folder.mkdir(parents=True)
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    return folder


def configure(folder: Path, servers: tuple[serve.Server, ...]) -> None:
    """openapi.yaml and auditor.yaml; stage wants a secret."""
    shutil.copy(DESCRIPTION, folder / "openapi.yaml")
    environments: dict[str, dict[str, Any]] = {
        s.deployment.name: {"url": s.url, "rate": serve.RATE, "retries": 0, "build": {"header": BUILD_FIELD}}
        for s in servers
    }
    environments["stage"]["headers"] = {"Authorization": "Bearer ${STAGE_TOKEN}"}
    text = json.dumps({"spec": "openapi.yaml", "environments": environments}, indent=1)
    (folder / "auditor.yaml").write_text(text, encoding="utf-8")


@contextmanager
def changed(server: serve.Server, deployment: Deployment) -> Iterator[None]:
    """Another deployment in a server's place, for a night."""
    before, server.deployment = server.deployment, deployment
    try:
        yield
    finally:
        server.deployment = before


def without(deployment: Deployment, path: str) -> Deployment:
    """The deployment after it lost a path."""

    def answer(request: Request) -> Response:
        lost = request.path.startswith(BASE + path)
        return deployment.answer(replace(request, path=f"{BASE}/no-longer") if lost else request)

    return replace(deployment, answer=answer)


def down(deployment: Deployment) -> Deployment:
    """The deployment on a night when it hangs up on everybody."""

    def answer(request: Request) -> Response:
        raise ConnectionAbortedError

    return replace(deployment, answer=answer)


def offline_python(folder: Path, name: str, base: str = sys.executable, tools: str = sys.executable) -> Path:
    """A program `name` in `folder`: Python, whose virtual environments find our locked packages without an index.

    `python -m venv` is run by `base`, anything else by `tools`. pip really checks its pins, against what is installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    packages = sysconfig.get_path("purelib")
    script = folder / name
    script.write_text(f"""#!/bin/sh
case "$*" in
  *"-m venv"*) "{base}" "$@" || exit
    for last; do :; done
    for site in "$last"/lib/python*/site-packages; do echo "{packages}" > "$site/dependencies.pth"; done ;;
  *) exec "{tools}" "$@" ;;
esac
""")
    script.chmod(0o755)
    return script


def path(*folders: Path) -> str:
    """A PATH with these folders first, and the system's own, but not the tests' virtual environment."""
    own = str(Path(sys.executable).parent)
    return os.pathsep.join([*map(str, folders), *(p for p in os.environ["PATH"].split(os.pathsep) if p != own)])


def statuses(report: Path) -> dict[tuple[str, str | None, str], set[str | None]]:
    """(rule, path, environment) of each finding, and whether it is new or known."""
    found: dict[tuple[str, str | None, str], set[str | None]] = {}
    for f in json.loads(report.read_text(encoding="utf-8"))["findings"]:
        for o in f["occurrences"]:
            found.setdefault((f["rule"], f["path"], o["environment"]), set()).add(o["status"])
    return found


def shell(name: str, script: str, cwd: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """A script as a CI system's shell runs it, with these variables only."""
    return subprocess.run(
        [name, "-e", "-c", script], cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=180, check=False,
    )  # fmt: skip
