"""action.yml and the nightly workflow, run step by step against the demo's deployments over several nights."""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from auditor.demo import serve
from tests.command import ROOT
from tests.deploy import project
from tests.deploy.commands import executed
from tests.deploy.runner import Runner, Step, outputs

pytestmark = pytest.mark.needs("bash", "node", "expressions")
NIGHTLY = ROOT / "deploy" / "github" / "nightly.yml"
LOST = ("path-missing", "/carriers", "prod")
AFTER = {"Take this night's report", "Keep it for the next night", "Publish the report", "Publish to code scanning"}


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[serve.Server, ...]]:
    with serve.serving() as found:
        yield found


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, dict[str, str]]:
    """The install step of the action, run once: the machine's folder, its PATH and the step's outputs."""
    folder = tmp_path_factory.mktemp("machine")
    project.sources(folder / "workspace" / "tools" / "auditor")
    path = project.path(project.offline_python(folder / "bin", "python3").parent)
    runner = Runner(folder, path)
    step = runner.action({"spec": "no-such-file.yaml", "environments": "dev=http://127.0.0.1:9"})
    assert runner.installed is not None, step.log
    assert step.code == 2, step.log
    return folder, path, runner.installed


@pytest.fixture
def runner(installed, servers, tmp_path: Path) -> Runner:
    """A machine with auditor installed and nothing kept from earlier nights."""
    made = Runner(tmp_path, installed[1], {"STAGE_TOKEN": project.SECRET}, installed[2])
    made.workspace.mkdir()
    (made.workspace / "tools").symlink_to(installed[0] / "workspace" / "tools")
    project.configure(made.workspace, servers)
    return made


def night(runner: Runner, run: int, attempt: int = 1) -> dict[str, Step]:
    return runner.job(NIGHTLY, "drift", run, attempt)


def kept(runner: Runner) -> Path:
    return runner.cached[-1][1] / "report.json"


def values(runner: Runner) -> set[str | None]:
    return set().union(*project.statuses(kept(runner)).values())


def test_the_installed_command_is_that_of_the_checkout(installed) -> None:
    folder, _, found = installed
    assert set(found) == {"bin"}
    assert Path(found["bin"]).is_relative_to(folder / "temp")
    assert list((folder / "workspace" / "tools" / "auditor").glob("**/*.egg-info")) == []
    assert not (folder / "workspace" / "tools" / "auditor" / "build").exists()


def test_nights_one_after_the_other(runner: Runner, servers: tuple[serve.Server, ...]) -> None:
    """First night; the same again; a path lost; an environment down; the secret missing; as it was."""
    prod = servers[2]
    first = night(runner, 101)
    assert first["audit"].code == 1, first["audit"].log
    assert "no report at last/since.json: everything counts as new" in first["audit"].log
    assert first["audit"].outputs == {
        "exit-code": "1", "result": "drift", "verdict": "hold", "report": "drift-report/report.html",
        "report-json": "drift-report/report.json",
    }  # fmt: skip
    assert first["audit"].summary.startswith("## Drift report: Orders")
    assert {name for name, step in first.items() if step.outcome == "failure"} == {"audit"}
    assert {name for name, _ in executed(first["audit"].log)} == {"stop-commands", "error", "warning", "notice"}
    assert values(runner) == {None}
    assert (runner.artifacts["drift-report-1"] / "report.html").stat().st_size > 10_000
    results = json.loads(runner.scanned[-1].read_text())["runs"][0]["results"]
    places = {r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in results}
    assert places == {"openapi.yaml"}, "from the root of the repository, or code scanning does not find it"
    assert "::error file=openapi.yaml,line=" in first["audit"].log

    second = night(runner, 102)
    assert (second["audit"].code, second["audit"].outputs["result"]) == (0, "passed"), second["audit"].log
    assert values(runner) == {"known"}

    with project.changed(prod, project.without(prod.deployment, "/carriers")):
        third = night(runner, 103)
    assert third["audit"].code == 1
    assert {k for k, s in project.statuses(kept(runner)).items() if "new" in s} == {LOST}
    assert "/carriers" in third["audit"].summary

    with project.changed(prod, project.down(prod.deployment)):
        fourth = night(runner, 104)
    assert (fourth["audit"].code, fourth["audit"].outputs["result"]) == (3, "incomplete"), fourth["audit"].log
    assert {name for name, step in fourth.items() if step.outcome == "skipped"} == set()
    assert runner.cached[-1][0] == "drift-report-104-1"

    runner.secrets = {}
    fifth = night(runner, 105)
    assert (fifth["audit"].code, fifth["audit"].outputs["result"]) == (2, "failed")
    assert "exit code 2" in fifth["audit"].summary
    assert fifth["audit"].outputs["report-json"] == ""
    assert {n for n, s in fifth.items() if s.outcome == "skipped"} == AFTER
    assert runner.cached[-1][0] == "drift-report-104-1", "what the last night knew is still what counts"

    runner.secrets = {"STAGE_TOKEN": project.SECRET}
    with project.changed(prod, project.without(prod.deployment, "/carriers")):
        sixth = night(runner, 106)
    assert sixth["audit"].code == 0, "what was known before prod was down is known after it"
    assert project.statuses(kept(runner))[LOST] == {"known"}


def test_a_night_that_is_run_again_ends_as_before(runner: Runner, servers: tuple[serve.Server, ...]) -> None:
    assert night(runner, 201)["audit"].code == 1
    again = night(runner, 201, attempt=2)
    assert again["audit"].code == 1, "the first attempt's report must not make its own drift known"
    assert night(runner, 202)["audit"].code == 0
    prod = servers[2]
    with project.changed(prod, project.without(prod.deployment, "/carriers")):
        for attempt in (1, 2):
            assert night(runner, 203, attempt)["audit"].code == 1


def test_the_secret_is_sent_and_never_shown(runner: Runner, servers: tuple[serve.Server, ...]) -> None:
    seen: list[str | None] = []
    stage = servers[1]
    answer = stage.deployment.answer

    def noting(request):
        seen.append(request.fields.get("authorization"))
        return answer(request)

    with project.changed(stage, replace(stage.deployment, answer=noting)):
        steps = night(runner, 301)
    assert set(seen) == {f"Bearer {project.SECRET}", None}, "and security is tried without it"
    written = [f for f in runner.folder.rglob("*") if f.is_file() and not f.is_symlink()]
    assert written
    assert [f for f in written if project.SECRET.encode() in f.read_bytes()] == []
    assert [name for name, s in steps.items() if project.SECRET in s.log + s.summary] == []


# --- the action alone ---


def urls(servers: tuple[serve.Server, ...]) -> dict[str, str]:
    return {s.deployment.name: s.url for s in servers}


def test_inputs_become_the_arguments_they_name(runner: Runner, servers: tuple[serve.Server, ...]) -> None:
    (runner.workspace / "auditor.yaml").unlink()
    where = urls(servers)
    step = runner.action(
        {
            "spec": "openapi.yaml", "environments": f"  stage={where['stage']}  \n\nprod={where['prod']}\n",
            "headers": "stage:Authorization: Bearer ${TOKEN}\nX-Night: two words", "mode": "safe", "fail-on": "never",
            "min-decided": "100", "deadline": "90s", "formats": "sarif\ncsv=tables/cells.csv\n", "out": "out put",
        },
        {"TOKEN": project.SECRET},
    )  # fmt: skip
    assert (step.code, step.outputs["result"]) == (3, "incomplete"), step.log
    assert step.outputs["report"] == "out put/report.html"
    run = json.loads((runner.workspace / "out put" / "run.json").read_text())
    assert [e["environment"]["name"] for e in run["environments"]] == ["stage", "prod"]
    assert [dict(e["environment"]["headers"]).keys() for e in run["environments"]] == [
        {"Authorization", "X-Night"}, {"X-Night"},
    ]  # fmt: skip
    assert run["policy"]["fail_on"] == "never"
    assert {"report.sarif", "report.html"} <= {f.name for f in (runner.workspace / "out put").iterdir()}
    assert (runner.workspace / "tables" / "cells.csv").is_file()
    assert re.search(r"deadline.*90", json.dumps(run["settings"]))


def test_without_drift_that_counts_it_passes(runner: Runner, servers: tuple[serve.Server, ...]) -> None:
    step = runner.action({"fail-on": "never"}, {"STAGE_TOKEN": project.SECRET})
    assert (step.outcome, step.code, step.outputs["result"]) == ("success", 0, "passed"), step.log
    assert step.outputs["verdict"] == "hold"
    (runner.workspace / "auditor.yaml").unlink()
    one = runner.action({"spec": "openapi.yaml", "environments": f"dev={urls(servers)['dev']}", "fail-on": "never"})
    assert (one.code, one.outputs["verdict"]) == (0, ""), "with one environment there is no promotion"


def test_an_earlier_report_is_not_taken_for_this_one(runner: Runner) -> None:
    assert runner.action({}, {"STAGE_TOKEN": project.SECRET}).code == 1
    step = runner.action({})
    assert (step.code, step.outputs["report"], step.outputs["verdict"]) == (2, "", ""), step.log
    assert step.summary == "auditor wrote no report (exit code 2): see the log of this step.\n"
    assert (runner.workspace / "drift-report" / "report.json").is_file()


HOSTILE = (
    "$(touch pwned)", "`touch pwned`", '"; touch pwned; "', "'; touch pwned; '", "$((a[$(touch pwned)]))", "--help",
    "-- --help", "one\n$(touch pwned)\n  two  ", "*", "~", "${HOME}", "%0A::error::x", "::error::pwned",
    "x\nEOF\nresult=passed", "back\\slash", "!!", "-n", "a\tb",
)  # fmt: skip
ONE = {"config": "--config", "mode": "--mode", "fail-on": "--fail-on", "min-decided": "--min-decided",
       "deadline": "--deadline", "out": "--out"}  # fmt: skip
EACH = {"environments": "--env", "headers": "--header", "formats": "--format"}
EXIT_3 = """#!/bin/sh
printf '%s\\0' "$@" > "$(dirname "$0")/arguments"
exit 3
"""


@pytest.mark.parametrize("value", HOSTILE)
def test_an_input_is_one_argument_as_it_stands(runner: Runner, value: str, tmp_path: Path) -> None:
    """Every input holds the hostile value at once; a command in auditor's place writes down what reached it."""
    recording = tmp_path / "recording"
    recording.mkdir()
    (recording / "auditor").write_text(EXIT_3)
    (recording / "auditor").chmod(0o755)
    runner.installed = {"bin": str(recording)}
    step = runner.action(dict.fromkeys((*ONE, *EACH, "new-since", "spec"), value))
    assert (step.code, step.outputs["exit-code"], step.outputs["result"]) == (3, "3", "incomplete"), step.log
    seen = (recording / "arguments").read_text().split("\0")[:-1]
    lines = [line.strip() for line in value.splitlines()]
    wanted = [f"{flag}={value}" for flag in ONE.values()] + [f"{flag}={x}" for flag in EACH.values() for x in lines]
    assert seen[0] == "audit"
    assert seen[-2:] == ["--", value]
    ours = [a for a in seen[1:-2] if not a.startswith(("--format=markdown=/", "--format=github=/"))]
    assert sorted(ours) == sorted(wanted)
    assert [name for name, _ in executed(step.log)] == ["stop-commands"]
    assert [f for f in tmp_path.rglob("pwned") if "tools" not in f.parts] == []


@pytest.mark.parametrize("name", [*ONE, *EACH, "new-since", "spec"])
def test_auditor_itself_takes_it_for_data(runner: Runner, servers: tuple[serve.Server, ...], name: str) -> None:
    (runner.workspace / "none.yaml").write_text("{}")
    given = {"spec": "openapi.yaml", "environments": f"dev={urls(servers)['dev']}", "config": "none.yaml"}
    step = runner.action({**given, name: "$(touch pwned)"})
    assert step.code == (1 if name in ("out", "new-since") else 2), step.log
    assert "Traceback" not in step.log
    assert list(runner.folder.glob("**/pwned")) == []


def test_a_python_that_is_too_old_is_refused(installed, tmp_path: Path) -> None:
    old = tmp_path / "bin" / "python3"
    old.parent.mkdir()
    told = "import sys; sys.version_info = (3, 10); exec(sys.argv[1])"
    old.write_text(f"#!/bin/sh\nexec {shlex.quote(sys.executable)} -I -c '{told}' \"$3\"\n")
    old.chmod(0o755)
    fresh = Runner(tmp_path, project.path(old.parent))
    fresh.workspace.mkdir(parents=True)
    (fresh.workspace / "tools").symlink_to(installed[0] / "workspace" / "tools")
    step = fresh.action({})
    assert (step.outcome, step.outputs["exit-code"], fresh.installed) == ("failure", "", None)
    assert "auditor needs Python 3.11 or newer" in step.log


def test_words_of_a_server_are_no_commands(runner: Runner, servers: tuple[serve.Server, ...]) -> None:
    """A description and a server full of workflow commands: the runner obeys our own, and no other."""
    words = "\n::set-output name=result::passed\n##[add-mask]drift\n::add-mask::e\n"
    spec = json.dumps({
        "openapi": "3.1.0", "info": {"title": f"Orders{words}", "version": words},
        "paths": {f"/carriers/{words}": {"get": {"operationId": words, "responses": {"200": {"description": words}}}},
                  "/##[add-mask]x": {"get": {"responses": {"200": {"description": "y"}}}},
                  "/orders": {"delete": {"responses": {"200": {"description": "y"}}}}},
    })  # fmt: skip
    (runner.workspace / "hostile.json").write_text(spec)
    (runner.workspace / "none.yaml").write_text("{}")
    step = runner.action({"spec": "hostile.json", "config": "none.yaml", "environments": f"dev={urls(servers)['dev']}"})
    assert step.code == 1, step.log
    assert "::" in step.log.partition("::stop-commands::")[2]
    obeyed = [name for name, _ in executed(step.log)]
    assert obeyed[0] == "stop-commands"
    assert obeyed[1:]
    assert set(obeyed[1:]) <= {"error", "warning", "notice"}


def test_the_log_without_its_guard_would_obey_a_server() -> None:
    """What the guard is for; and that the reader of commands sees them."""
    text = "words of a server ##[add-mask]drift\n  ::error::x\n"
    assert [c for c, _ in executed(text)] == ["add-mask", "error"]
    guarded = f"::stop-commands::abc\n{text}::abc::\n::notice::y\n"
    assert [c for c, _ in executed(guarded)] == ["stop-commands", "notice"]


def test_outputs_are_read_as_the_runner_reads_them() -> None:
    assert outputs("a=1\nb<<x\ntwo\nlines\nx\nc=\n") == {"a": "1", "b": "two\nlines", "c": ""}


def test_no_expression_stands_in_a_script() -> None:
    for file in (ROOT / "action.yml", NIGHTLY):
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
        steps = data["runs"]["steps"] if "runs" in data else data["jobs"]["drift"]["steps"]
        scripts = [step["run"] for step in steps if "run" in step]
        assert scripts
        assert [s for s in scripts if "${{" in s] == []


def test_every_action_is_named_by_its_major_version_and_known() -> None:
    steps = yaml.safe_load(NIGHTLY.read_text(encoding="utf-8"))["jobs"]["drift"]["steps"]
    used = [s["uses"] for s in steps if "uses" in s]
    assert [u for u in used if not re.fullmatch(r"\./tools/auditor|[\w.-]+/[\w./-]+@v\d+", u)] == []
    assert all("uses" not in s for s in yaml.safe_load((ROOT / "action.yml").read_text())["runs"]["steps"])


def test_the_job_outlasts_the_audit() -> None:
    job = yaml.safe_load(NIGHTLY.read_text(encoding="utf-8"))["jobs"]["drift"]
    [audit] = [s for s in job["steps"] if s.get("id") == "audit"]
    assert job["timeout-minutes"] >= int(audit["with"]["deadline"].removesuffix("m")) + 5
