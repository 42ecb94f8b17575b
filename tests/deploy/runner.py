"""A stand-in for GitHub's runner: it reads a workflow and really runs its steps, here and now.

`run:` steps and composite actions are run as documented: bash with the documented options, a script file, and the
documented variables and files. Expressions are evaluated by GitHub's own library. What GitHub's actions do to GitHub's
services is played by folders: `cached` for its cache, `artifacts` and `scanned` for what was uploaded.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.deploy.expressions import filled, holds

SECONDS = 180
SHELLS = {None: ["bash", "-e"], "bash": ["bash", "--noprofile", "--norc", "-eo", "pipefail"]}
FILES = ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")


@dataclass
class Step:
    """How a step ended. `outcome`: success, failure or skipped; `code`: of its last command."""

    outcome: str = "skipped"
    code: int = 0
    log: str = ""
    summary: str = ""
    outputs: dict[str, str] = field(default_factory=dict)


@dataclass
class Runner:
    """A machine, a checked-out repository and what GitHub keeps for it between two runs."""

    folder: Path
    path: str
    secrets: dict[str, str] = field(default_factory=dict)
    installed: dict[str, str] | None = None
    cached: list[tuple[str, Path]] = field(default_factory=list)
    artifacts: dict[str, Path] = field(default_factory=dict)
    scanned: list[Path] = field(default_factory=list)
    _number: int = 0

    @property
    def workspace(self) -> Path:
        return self.folder / "workspace"

    def job(self, workflow: Path, name: str, run: int, attempt: int = 1) -> dict[str, Step]:
        """A job's steps, run in order, by id, name or action. The workspace is as `actions/checkout` leaves it."""
        for left in ("last", "drift-report"):
            shutil.rmtree(self.workspace / left, ignore_errors=True)
        self.artifacts = {}
        github = {"run_id": str(run), "run_attempt": str(attempt), "workspace": str(self.workspace)}
        contexts: dict[str, Any] = {"github": github, "secrets": self.secrets, "steps": {}}
        steps: dict[str, Step] = {}
        for written in yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"][name]["steps"]:
            failed = any(s.outcome == "failure" for s in steps.values())
            step = self._step(written, contexts, failed)
            label = written.get("id") or written.get("name") or written["uses"].partition("@")[0]
            steps[label] = step
            if "id" in written:
                contexts["steps"][label] = {"outputs": step.outputs, "outcome": step.outcome}
        return steps

    def action(self, given: Mapping[str, str], env: Mapping[str, str] | None = None) -> Step:
        """One step that uses the action of this repository."""
        step = {"uses": "./tools/auditor", "with": dict(given), "env": dict(env or {})}
        return self._step(step, {"github": {"run_id": "1", "run_attempt": "1"}, "steps": {}}, failed=False)

    # --- steps ---

    def _step(self, written: Mapping[str, Any], contexts: Mapping[str, Any], failed: bool) -> Step:
        if not holds(written.get("if"), contexts, failed):
            return Step()
        env = filled(written.get("env") or {}, contexts)
        if "run" in written:
            [script] = filled({"": written["run"]}, contexts).values()
            return self._bash(script, written.get("shell"), env, contexts)
        given = filled(written.get("with") or {}, contexts)
        uses = written["uses"]
        if uses.startswith("./"):
            return self._composite(self.workspace / uses, given, env, contexts)
        return getattr(self, "_" + re.sub(r"\W", "_", uses.partition("@")[0].partition("/")[2]))(given)  # type: ignore[no-any-return]

    def _composite(
        self, folder: Path, given: Mapping[str, str], env: Mapping[str, str], contexts: Mapping[str, Any]
    ) -> Step:
        """An action's steps to the first failure: a scope of their own, the variables of the step that uses it."""
        action = yaml.safe_load((folder / "action.yml").read_text(encoding="utf-8"))
        assert set(given) <= set(action["inputs"]), "an unknown input is ignored with a warning"
        inputs = {name: str(given.get(name, i.get("default", ""))) for name, i in action["inputs"].items()}
        scope: dict[str, Any] = {"github": contexts["github"], "inputs": inputs, "steps": {}}
        whole = Step("success")
        for written in action["runs"]["steps"]:
            if written.get("id") == "install" and self.installed is not None:
                inner = Step("success", outputs=self.installed)
            else:
                own = {**env, **filled(written.get("env") or {}, scope), "GITHUB_ACTION_PATH": str(folder)}
                [script] = filled({"": written["run"]}, scope).values()
                inner = self._bash(script, written["shell"], own, scope)
            if written.get("id") == "install" and inner.outcome == "success":
                self.installed = inner.outputs
            scope["steps"][written["id"]] = {"outputs": inner.outputs, "outcome": inner.outcome}
            whole.log += inner.log
            whole.summary += inner.summary
            if inner.outcome == "failure":
                whole.outcome, whole.code = "failure", inner.code
                break
        whole.outputs = filled({name: o["value"] for name, o in action["outputs"].items()}, scope)
        return whole

    def _bash(self, script: str, shell: str | None, env: Mapping[str, str], contexts: Mapping[str, Any]) -> Step:
        self._number += 1
        own = self.folder / f"step-{self._number}"
        own.mkdir()
        (own / "script.sh").write_text(script, encoding="utf-8")
        files = {name: own / name.lower() for name in FILES}
        for file in files.values():
            file.touch()
        (self.folder / "temp").mkdir(exist_ok=True)
        done = subprocess.run(
            [*SHELLS[shell], str(own / "script.sh")], cwd=self.workspace, stdin=subprocess.DEVNULL,
            env={**self._documented(contexts), **env, **{name: str(file) for name, file in files.items()}},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS, check=False,
        )  # fmt: skip
        return Step(
            "failure" if done.returncode else "success", done.returncode, done.stdout.decode("utf-8", "replace"),
            files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8"),
            outputs(files["GITHUB_OUTPUT"].read_text(encoding="utf-8")),
        )  # fmt: skip

    def _documented(self, contexts: Mapping[str, Any]) -> dict[str, str]:
        """The default variables of GitHub's manual, as far as a shell step may ask for them, and nothing of ours."""
        github = contexts["github"]
        return {
            "CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(self.workspace), "GITHUB_REF_NAME": "main",
            "GITHUB_RUN_ID": github["run_id"], "GITHUB_RUN_ATTEMPT": github["run_attempt"], "RUNNER_OS": "Linux",
            "GITHUB_REPOSITORY": "shop/orders", "RUNNER_TEMP": str(self.folder / "temp"), "HOME": str(self.folder),
            "PATH": self.path, "LANG": "C.UTF-8", "PIP_NO_INDEX": "1",
        }  # fmt: skip

    # --- what GitHub's own actions do, by their manuals ---

    def _checkout(self, given: Mapping[str, str]) -> Step:
        """actions/checkout: the fixture has put the repository into the workspace."""
        return Step("success")

    def _cache_restore(self, given: Mapping[str, str]) -> Step:
        """actions/cache/restore: the entry of that key, else the newest whose key begins with one of restore-keys."""
        prefixes = given["restore-keys"].split()
        exact = [entry for entry in self.cached if entry[0] == given["key"]]
        newest = [entry for prefix in prefixes for entry in reversed(self.cached) if entry[0].startswith(prefix)]
        for key, kept in (*exact, *newest)[:1]:
            shutil.copytree(kept, self.workspace / given["path"], dirs_exist_ok=True)
            return Step("success", outputs={"cache-hit": str(bool(exact)).lower(), "cache-matched-key": key})
        return Step("success", outputs={"cache-hit": "", "cache-matched-key": ""})

    def _cache_save(self, given: Mapping[str, str]) -> Step:
        """actions/cache/save: an entry is never replaced."""
        assert given["key"] not in dict(self.cached), "kept already: the action would warn and keep nothing"
        kept = self.folder / f"cache-{len(self.cached)}"
        shutil.copytree(self.workspace / given["path"], kept)
        self.cached.append((given["key"], kept))
        return Step("success")

    def _upload_artifact(self, given: Mapping[str, str]) -> Step:
        """actions/upload-artifact: a name is used once in a run."""
        kept = self.folder / f"artifact-{self._number}"
        shutil.copytree(self.workspace / given["path"], kept)
        self.artifacts[given["name"]] = kept
        return Step("success")

    def _codeql_action_upload_sarif(self, given: Mapping[str, str]) -> Step:
        """github/codeql-action/upload-sarif: fails where there is no such file."""
        file = self.workspace / given["sarif_file"]
        if not file.is_file():
            return Step("failure", 1, f"Path does not exist: {file}")
        kept = self.folder / f"scan-{self._number}.sarif"
        shutil.copy(file, kept)
        self.scanned.append(kept)
        return Step("success")


def outputs(text: str) -> dict[str, str]:
    """What a step wrote to GITHUB_OUTPUT: NAME=VALUE, or NAME<<END, lines and END."""
    found: dict[str, str] = {}
    lines = iter(text.splitlines())
    for line in lines:
        name, mark, end = line.partition("<<")
        if mark and "=" not in name:
            value = []
            while (part := next(lines)) != end:
                value.append(part)
            found[name] = "\n".join(value)
        else:
            name, equals, value_ = line.partition("=")
            assert equals, f"the runner would refuse {line!r}"
            found[name] = value_
    return found
