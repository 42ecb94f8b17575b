"""Slips of the operator, told by the real command: what is misspelt must not pass as if it were meant."""

from __future__ import annotations

import json
import re
import socket
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from tests.command import run_auditor
from tests.conftest import Serve
from tests.e2e.audits import audit
from tests.servers.bookshop import SPEC

URL = "http://127.0.0.1:9/v1"
DEV = ("--env", f"dev={URL}")

SMALL = """openapi: 3.0.3
info: {title: Small, version: '1'}
paths:
  /a/{b}:
    get:
      parameters: [{name: b, in: path, required: true, schema: {type: integer}}]
      responses:
        '200': {$ref: '#/components/responses/Here'}
        '404': {$ref: '#/nope'}
        '500':
          description: broken
          content:
            application/json:
              schema: {$ref: '#/components/schemas/Nope'}
components:
  responses: {Here: {description: here}}
"""


def plan(folder: Path, *arguments: str, spec: str | Path = SPEC) -> subprocess.CompletedProcess[str]:
    return run_auditor("plan", spec, *DEV, *arguments, cwd=folder)


# --- patterns ---


@pytest.mark.parametrize("option", ["--skip", "--only"])
@pytest.mark.parametrize(
    ("pattern", "meant"),
    [("GETT /books", "GET /books"), ("DELET /books/*", "DELETE /books/*"), ("option /**", "OPTIONS /**"),
     ("XYZZY /books", "'/books'")],
)  # fmt: skip
def test_a_misspelt_method_is_refused(option: str, pattern: str, meant: str, tmp_path: Path) -> None:
    done = plan(tmp_path, option, pattern)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert f"{option} '{pattern}': {pattern.split()[0].upper()} is no registered method" in done.stderr
    assert meant in done.stderr.splitlines()[1]


def test_a_misspelt_method_in_the_config_is_refused(tmp_path: Path) -> None:
    (tmp_path / "auditor.yaml").write_text("skip: ['DELET /books/*']")
    done = plan(tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "auditor.yaml skip 'DELET /books/*': DELET is no registered method" in done.stderr
    assert "did you mean 'DELETE /books/*'?" in done.stderr


@pytest.mark.parametrize("pattern", ["get /books", "DELETE /books/*", "PROPFIND /books", "LOCK /**", "/books"])
def test_a_registered_method_in_any_spelling_is_taken(pattern: str, tmp_path: Path) -> None:
    done = plan(tmp_path, "--skip", pattern)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_method_of_ones_own_can_be_left_out_where_it_is_documented(tmp_path: Path) -> None:
    spec = tmp_path / "own.yaml"
    own = {"responses": {"200": {"description": "x"}}}
    item = {"get": own, "additionalOperations": {"Purge": own}}
    made = {"openapi": "3.2.0", "info": {"title": "x", "version": "1"}, "paths": {"/a": item}}
    spec.write_text(json.dumps(made))
    assert plan(tmp_path, "--skip", "Purge /a", spec=spec).returncode == 0
    refused = plan(tmp_path, "--skip", "GET /a", "--skip", "purge /a", spec=spec)
    assert "every documented operation is left out" in refused.stderr
    assert plan(tmp_path, "--skip", "PURG /a", spec=spec).returncode == 2


def test_a_url_with_a_method_names_the_documented_path(tmp_path: Path) -> None:
    done = plan(tmp_path, "--skip", "GET /books/1")
    assert done.returncode == 2
    assert "did you mean 'GET /books/{bookId}'?" in done.stderr
    assert plan(tmp_path, "--skip", "/books/1").returncode == 0


def test_the_plan_names_the_documented_path_beside_each_url(tmp_path: Path) -> None:
    shown = plan(tmp_path, spec=_small(tmp_path)).stdout
    lines = [line for line in shown.splitlines() if " the documented path" in line]
    assert lines
    assert all(line.endswith("  [/a/{b}]") and " /v1/a/" in line for line in lines)
    assert "zq" in shown
    assert not re.search(r"what an unknown path is answered.*\[", shown)
    root = run_auditor("plan", SPEC, "--env", "dev=http://127.0.0.1:9", "--only", "/books", cwd=tmp_path).stdout
    assert re.search(r" /books  .*the documented path$", root, re.MULTILINE)


# --- the description ---


def _small(folder: Path, text: str = SMALL) -> Path:
    spec = folder / "small.yaml"
    spec.write_text(text)
    return spec


def test_a_response_that_refers_to_nothing_is_warned_of(tmp_path: Path) -> None:
    spec = _small(tmp_path)
    done = run_auditor("audit", spec, *DEV, "--strict", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        f"auditor: {spec}: has 2 warnings, and --strict is set:",
        f"  {spec}:9 /paths/~1a~1{{b}}/get/responses/404: "
        "response 404: `$ref` '#/nope' leads nowhere: answers are not held against it",
        f"  {spec}:14 /paths/~1a~1{{b}}/get/responses/500/content/application~1json/schema: "
        "the schema of response 500: `$ref` '#/components/schemas/Nope' leads nowhere: "
        "answers are not held against it",
        "  next: correct it there: OpenAPI 3.0 to 3.2 or Swagger 2.0, in YAML or JSON",
        "  (nothing was sent)",
    ]


def test_a_large_file_is_searched_for_them_with_strict(tmp_path: Path) -> None:
    made = {"openapi": "3.0.3", "info": {"title": "x" * 1_100_000, "version": "1"},
            "paths": {"/a": {"get": {"responses": {"200": {"$ref": "#/nope"}}}}}}  # fmt: skip
    spec = tmp_path / "large.json"
    spec.write_text(json.dumps(made))
    assert "'#/nope' leads nowhere" in plan(tmp_path, "--strict", spec=spec).stderr
    assert plan(tmp_path, spec=spec).returncode == 0


def test_a_warning_cannot_write_lines_of_its_own(tmp_path: Path) -> None:
    hostile = SMALL.replace("'404'", '"4\\n\\e[2J04"')
    done = plan(tmp_path, "--strict", spec=_small(tmp_path, hostile))
    assert len(done.stderr.splitlines()) == 4
    assert "\x1b" not in done.stderr


# --- environments ---


def test_two_environments_with_one_url_are_noted(tmp_path: Path) -> None:
    done = plan(tmp_path, "--env", f"prod={URL}/")
    assert done.returncode == 0
    assert f"auditor: note: dev and prod have the same URL {URL}: one deployment" in done.stderr
    assert "same URL" not in plan(tmp_path, "--env", "prod=http://127.0.0.1:9/v2").stderr


@pytest.mark.parametrize("name", ["auditor.yaml", "conf/auditor.yml"])
def test_settings_in_place_of_the_description_are_sent_to_config(name: str, tmp_path: Path) -> None:
    (tmp_path / "conf").mkdir()
    (tmp_path / name).write_text(f"environments: {{dev: {{url: '{URL}'}}}}")
    done = run_auditor("audit", name, cwd=tmp_path)
    assert done.returncode == 2
    assert f"  next: auditor audit --config {name}\n" in done.stderr


def test_why_an_environment_is_unreachable_is_said_with_its_place(serve: Serve, tmp_path: Path) -> None:
    plain = serve("flask-bookshop").url
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    run = audit(tmp_path, f"dev=http://127.0.0.1:{port}", "stage=http://nosuch.invalid/v1",
                f"prod={plain.replace('http:', 'https:')}")  # fmt: skip
    place = re.search(r"127\.0\.0\.1:\d+", plain)
    assert place
    assert run.report["incomplete_because"] == [
        f"dev: it never answered: connection refused at 127.0.0.1:{port}",
        "stage: it never answered: the name nosuch.invalid was not found",
        f"prod: it never answered: TLS failed at {place[0]}: is it plain http?",
    ]
    assert "stopped answering" not in run.stdout + run.files().decode()
