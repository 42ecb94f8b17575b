"""Wrong use: what, where, why, next step; exit 2; nothing sent; never a traceback."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from tests.command import ROOT, run_auditor
from tests.conftest import Serve
from tests.e2e.audits import audit
from tests.servers.bookshop import SPEC

URL = "http://127.0.0.1:9/v1"

WRONG = {
    "no environment": ([str(SPEC)], "no environment"),
    "no spec": (["--env", f"dev={URL}"], "no description"),
    "missing spec": (["nowhere.yaml", "--env", f"dev={URL}"], "nowhere.yaml"),
    "no url": ([str(SPEC), "--env", "dev"], "--env NAME=URL"),
    "odd scheme": ([str(SPEC), "--env", "dev=ftp://host/x"], "no http(s) URL"),
    "odd port": ([str(SPEC), "--env", "dev=http://host:99999/x"], "URL"),
    "password in url": ([str(SPEC), "--env", "dev=http://u:hunter2@host/x"], "credentials"),
    "same name twice": ([str(SPEC), "--env", f"dev={URL}", "--env", f"dev={URL}"], "twice"),
    "odd name": ([str(SPEC), "--env", f"de v={URL}"], "environment name"),
    "odd mode": ([str(SPEC), "--env", f"dev={URL}", "--mode", "wild"], "wild"),
    "odd rate": ([str(SPEC), "--env", f"dev={URL}", "--rate", "fast"], "rate"),
    "odd deadline": ([str(SPEC), "--env", f"dev={URL}", "--deadline", "-3"], "duration"),
    "odd format": ([str(SPEC), "--env", f"dev={URL}", "--format", "pdf"], "pdf"),
    "odd level": ([str(SPEC), "--env", f"dev={URL}", "--fail-on", "sometimes"], "sometimes"),
    "odd share": ([str(SPEC), "--env", f"dev={URL}", "--min-decided", "400"], "percentage"),
    "odd header": ([str(SPEC), "--env", f"dev={URL}", "--header", "nothing"], "header"),
    "own header": ([str(SPEC), "--env", f"dev={URL}", "--header", "Host: x"], "Host"),
    "override header": ([str(SPEC), "--env", f"dev={URL}", "--header", "X-HTTP-Method-Override: PUT"], "method"),
    "missing secret": ([str(SPEC), "--env", f"dev={URL}", "--header", "A: ${NOT_SET_ANYWHERE}"], "NOT_SET_ANYWHERE"),
    "odd option": ([str(SPEC), "--env", f"dev={URL}", "--turbo"], "turbo"),
    "nan share": ([str(SPEC), "--env", f"dev={URL}", "--min-decided", "nan"], "percentage"),
    "word as share": ([str(SPEC), "--env", f"dev={URL}", "--min-decided", "x"], "percentage"),
    "odd concurrency": ([str(SPEC), "--env", f"dev={URL}", "--concurrency", "lots"], "from 1 to 64"),
    "password without slashes": ([str(SPEC), "--env", "dev=u:hunter2@host"], "no http(s) URL"),
    "password without a name": ([str(SPEC), "--env", "http://u:hunter2@host"], "names no URL"),
    "empty out": ([str(SPEC), "--env", f"dev={URL}", "--out", ""], "--out: is empty"),
    "empty config": ([str(SPEC), "--env", f"dev={URL}", "--config", ""], "--config: is empty"),
    "empty spec": (["", "--env", f"dev={URL}"], "SPEC: is empty"),
    "missing config": ([str(SPEC), "--env", f"dev={URL}", "--config", "nowhere.yaml"], "the configuration file"),
    "folder as format": ([str(SPEC), "--env", f"dev={URL}", "--format", "json=."], "no regular file"),
    "missing ref root": ([str(SPEC), "--env", f"dev={URL}", "--ref-root", "nowhere"], "no folder"),
    "huge header": ([str(SPEC), "--env", f"dev={URL}", "--header", "A: " + "a" * 20_000], "16 kB"),
    "folder as spec": ([".", "--env", f"dev={URL}"], "Is a directory"),
    "empty standard input": (["-", "--env", f"dev={URL}"], "standard input: is empty"),
    "no commit": (["git:no-such-ref:x.yaml", "--env", f"dev={URL}"], "no-such-ref"),
    "other scheme": (["ftp://host/x.yaml", "--env", f"dev={URL}"], "only http:// and https://"),
    "long name": (["a" * 5000, "--env", f"dev={URL}"], "cannot be read"),
    "odd glob": ([str(SPEC), "--env", f"dev={URL}", "--skip", "GET /a b"], "pattern"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_use_is_one_clear_error(name: str, tmp_path: Path) -> None:
    arguments, expected = WRONG[name]
    done = run_auditor("audit", *arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert expected in done.stderr
    assert "Traceback" not in done.stderr
    assert "hunter2" not in done.stderr
    assert "Input should" not in done.stderr
    assert "\n  next: " in done.stderr or "--help)" in done.stderr
    assert len(done.stderr.splitlines()) <= 4
    assert not (tmp_path / "drift-report").exists()


@pytest.mark.parametrize(
    ("named", "meant"),
    [
        ("opnapi.yaml", "did you mean openapi.yaml?"),
        ("missing.yaml", "did you mean openapi.yaml?"),
        (".", "did you mean openapi.yaml?"),
        ("below/shp.json", "did you mean below/shop.json?"),
        ("nowhere/x.yaml", "there is no folder nowhere"),
        ("below/auditr.yaml", "a description is a file, a URL"),
    ],
)
def test_a_missing_description_names_the_one_that_was_meant(named: str, meant: str, tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    for name in ("openapi.yaml", "zebra.txt", "below/shop.json", "below/auditor.yaml"):
        (tmp_path / name).touch()
    for command in ("audit", "plan", "init"):
        done = run_auditor(command, named, "--env", f"dev={URL}", cwd=tmp_path)
        assert (done.returncode, f"  next: {meant}" in done.stderr) == (2, True), done.stderr


def test_every_error_of_the_upper_floor_has_a_next_step() -> None:
    errors = {"AuditorError", "UsageError", "ConfigError", "SecretMissing", "OutputError", "TranscriptError"}
    files = [*(ROOT / "auditor").glob("*.py"), *(ROOT / "auditor" / "demo").glob("*.py")]
    calls = [
        (file.name, node)
        for file in files
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in errors
    ]
    assert len(calls) > 50
    assert [f"{name}:{c.lineno}" for name, c in calls if not any(k.arg == "hint" for k in c.keywords)] == []


def test_a_rule_switched_off_in_yaml_is_off(serve: Serve, tmp_path: Path) -> None:
    server = serve("flask-bookshop")
    on = audit(tmp_path, f"dev={server.url}")
    assert "undocumented-method-served" in on.rules
    (tmp_path / "auditor.yaml").write_text(
        f"environments: {{dev: {{url: '{server.url}'}}}}\nrules: {{undocumented-method-served: off}}\n"
    )
    done = run_auditor("audit", str(SPEC), "--rate", "1000/s", "--out", "off", cwd=tmp_path)
    report = json.loads((tmp_path / "off" / "report.json").read_text())
    assert done.returncode in (0, 1)
    assert "undocumented-method-served" not in {f["rule"] for f in report["findings"]}


def test_fail_on_and_min_decided_decide_the_exit_code(serve: Serve, tmp_path: Path) -> None:
    server = serve("fastapi-bookshop")
    assert audit(tmp_path, f"dev={server.url}").code == 1
    assert audit(tmp_path, f"dev={server.url}", arguments=("--fail-on", "never")).code == 0
    assert audit(tmp_path, f"dev={server.url}", arguments=("--fail-on", "never", "--min-decided", "99")).code == 3


def test_a_description_is_read_from_standard_input_and_url(serve: Serve, tmp_path: Path) -> None:
    done = run_auditor("plan", "-", "--env", f"dev={URL}", cwd=tmp_path, stdin=SPEC.read_text())
    assert done.returncode == 0, done.stderr
    refused = run_auditor("plan", f"{serve('flask-bookshop').url}/nowhere.yaml", "--env", f"dev={URL}", cwd=tmp_path)
    assert refused.returncode == 2
    assert "404" in refused.stderr


def test_rules_and_explain_speak_of_every_rule(tmp_path: Path) -> None:
    listed = run_auditor("rules", cwd=tmp_path).stdout.splitlines()
    assert len(listed) >= 14
    for line in listed:
        done = run_auditor("explain", line.split()[0], cwd=tmp_path)
        assert done.returncode == 0
        for head in ("Symptom", "Root causes", "Diagnosis", "Fixes", "Prevention", "Source"):
            assert f"\n{head}\n" in done.stdout
    unknown = run_auditor("explain", "allow-mising", cwd=tmp_path)
    assert unknown.returncode == 2
    assert "allow-missing" in unknown.stderr
