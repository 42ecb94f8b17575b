"""The README is executed: its commands run, its tables are the program's, its links lead somewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import jsonschema
import pytest
import yaml

from auditor import configschema, notifyconfig
from auditor.differ.output import FORMATS
from auditor.loader import parse_config
from auditor.model.environment import Limits
from auditor.model.methods import CONTROLS, SAFE
from auditor.prober.redact import MAX_TEXT
from auditor.settings import read_config
from tests import readme_tables
from tests.command import ROOT, run_auditor
from tests.conftest import Serve
from tests.servers.bookshop import SPEC

TEXT = readme_tables.README.read_text(encoding="utf-8")
_BLOCK = re.compile(r"^<!-- (run|yaml|file: [\w.-]+) -->\n```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_EXIT = re.compile(r"# exit ([0-4])\b")
_URL = re.compile(r"https://[a-z]+\.example\.test/v1")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
SECONDS = 120


@dataclass(frozen=True)
class Block:
    """A fenced block that is marked: `what` is the mark, `text` the content."""

    what: str
    text: str

    @property
    def expected(self) -> int:
        """The exit code that the block itself announces; 0 where it announces none."""
        said = _EXIT.findall(self.text)
        return int(said[-1]) if said else 0


BLOCKS = [Block(match[1], match[3]) for match in _BLOCK.finditer(TEXT)]
CONFIG = next(b.text for b in BLOCKS if b.what == "file: auditor.yaml")


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A PATH on which `auditor` and `python3` are those under test."""
    folder = tmp_path / "bin"
    folder.mkdir()
    command = folder / "auditor"
    command.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m auditor "$@"\n')
    command.chmod(0o755)
    (folder / "python3").symlink_to(sys.executable)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def test_every_marked_command_runs_and_ends_as_it_says(serve: Serve, path: str, tmp_path: Path) -> None:
    """In the order of the README, in one folder, against a server that really drifts."""
    server = serve("flask-bookshop")
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "openapi.yaml").write_bytes(SPEC.read_bytes())
    received = 0
    for block in (b for b in BLOCKS if b.what == "run"):
        script = _URL.sub(server.url, block.text)
        done = subprocess.run(
            ["sh", "-eu", "-c", script], cwd=folder, env={**os.environ, "PATH": path}, capture_output=True,
            text=True, encoding="utf-8", timeout=SECONDS, check=False,
        )  # fmt: skip
        assert done.returncode == block.expected, f"{script}\n{done.stdout[-2000:]}\n{done.stderr}"
        assert server.writes() == 0
        assert "--mode inert" in block.text or server.state_changing() == []
        received += len(server.received())
        server.forget()
    assert received > 0
    for name in re.findall(
        r"`([a-z]+\.(?:html|jsonl?))`", TEXT.partition("## What is written")[2].partition("The text")[0]
    ):
        assert (folder / "drift-report" / name).is_file()


def test_there_are_commands_to_run() -> None:
    assert sum(b.what == "run" for b in BLOCKS) >= 7
    unmarked = TEXT.count("```") // 2 - len(BLOCKS)
    assert unmarked == 2, "only make and the installation, which other tests run, stay unmarked"


@pytest.mark.parametrize("name", sorted(readme_tables.TABLES))
def test_a_table_says_what_the_program_says(name: str) -> None:
    found = readme_tables.found(TEXT)
    assert found.get(name) == readme_tables.TABLES[name](), "python -m tests.readme_tables writes it anew"


def test_the_options_are_those_of_the_help(tmp_path: Path) -> None:
    shown = run_auditor("audit", "--help", cwd=tmp_path, env={"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"}).stdout
    told = set(re.findall(r"^\| `(--[a-z-]+)", readme_tables.found(TEXT)["options"], re.MULTILINE))
    assert told == set(re.findall(r"(?<!\S)(--[a-z-]+)(?=\s)", shown)) - {"--help"}


def test_the_formats_can_be_chosen() -> None:
    assert set(FORMATS) == set(re.findall(r"^\| `([a-z]+)` \|", readme_tables.found(TEXT)["formats"], re.MULTILINE))


# --- exit codes ---


def test_the_exit_codes_are_those_of_the_program(serve: Serve, tmp_path: Path) -> None:
    drifting = serve("flask-bookshop").url
    one = ("audit", SPEC, "--rate", "1000/s", "--env", f"dev={drifting}")
    nobody = ("--env", "prod=http://127.0.0.1:9/v1")
    ends = {
        0: (*one, "--fail-on", "never"),
        1: one,
        2: (*one, "--turbo"),
        3: (*one, "--fail-on", "never", *nobody),
    }
    for code, arguments in ends.items():
        done = run_auditor(*arguments, cwd=tmp_path)
        assert done.returncode == code, done.stdout + done.stderr
    assert run_auditor(*one, "--fail-on", "never", "--min-decided", "100", cwd=tmp_path).returncode == 3
    both = run_auditor(*one, *nobody, cwd=tmp_path)
    assert both.returncode == 1
    assert "unreachable" in both.stdout
    assert sorted(map(int, re.findall(r"^\| ([0-9]) \|", TEXT, re.MULTILINE))) == [*ends, 4]


def test_an_internal_error_is_4(tmp_path: Path) -> None:
    code = "import auditor.run; auditor.run.configure = None; from auditor.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "audit"], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 4, done.stderr
    assert "internal error" in done.stderr


# --- promises with a number ---


def test_numbers_in_the_prose_are_those_of_the_program() -> None:
    limits = Limits()
    assert f"At most {limits.rate:g} requests a second and {limits.concurrency} at once" in TEXT
    assert f"{MAX_TEXT // 1000} kB of text" in re.sub(r"\s+", " ", TEXT)
    told = TEXT.partition("only safe methods leave the process: ")[2].partition(".")[0]
    methods = set(re.findall(r"\b[A-Z]{3,}\b", told))
    assert set(CONTROLS) <= methods <= SAFE
    assert methods >= {"GET", "HEAD", "OPTIONS"}


# --- configuration ---


def test_the_example_configuration_plans(tmp_path: Path) -> None:
    (tmp_path / "auditor.yaml").write_text(CONFIG)
    for name in ("openapi.yaml", "openapi.next.yaml"):
        (tmp_path / name).write_bytes(SPEC.read_bytes())
    done = run_auditor("plan", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for environment in ("dev", "stage", "prod"):
        assert f"{environment}  https://" in done.stdout


def test_the_example_configuration_follows_its_schema() -> None:
    data, warnings = parse_config(CONFIG.encode(), "auditor.yaml")
    assert warnings == []
    jsonschema.Draft202012Validator(configschema.schema()).validate(data)


def test_the_example_of_targets_follows_the_schema_and_is_taken() -> None:
    text = next(b.text for b in BLOCKS if b.what == "yaml" and b.text.startswith("notify:"))
    data, warnings = parse_config(text.encode(), "auditor.yaml")
    assert warnings == []
    jsonschema.Draft202012Validator(configschema.schema()).validate(data)
    targets = notifyconfig.targets(read_config(data).notify, ["prod"], {"SLACK_TOKENS": "a/b/c", "HOOK": "x"})
    assert [t.name for t in targets] == ["notify.0 (slack)", "notify.1 (https webhook)"]


def test_keys_named_in_the_prose_exist() -> None:
    keys = {
        k.rpartition(".")[2] for k in re.findall(r"^\| `([\w.*]+)`", readme_tables.found(TEXT)["keys"], re.MULTILINE)
    }
    data, _ = parse_config(CONFIG.encode(), "auditor.yaml")
    assert set(data) <= keys
    assert {k for e in data["environments"].values() for k in e} <= keys


def test_the_workflow_uses_the_action_with_inputs_that_it_has() -> None:
    block = next(b.text for b in BLOCKS if b.what == "yaml")
    [step] = [s for s in yaml.safe_load(block)["jobs"]["drift"]["steps"] if s.get("uses") == "./tools/auditor"]
    inputs = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["inputs"]
    assert step["with"].keys() <= inputs.keys()
    options = readme_tables.found(TEXT)["options"]
    told = {"environments": "env", "headers": "header", "formats": "format", "spec": None, "python": None}
    assert [n for n in inputs if (flag := told.get(n, n)) and f"`--{flag} " not in options] == []


# --- links, picture, commands ---


def slug(heading: str) -> str:
    """The anchor that a heading gets: lower case, punctuation gone, blanks as hyphens."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize(
    "name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/verdicts.md", "docs/notify.md", "docs/site.md"]
)
def test_links_lead_to_files(name: str) -> None:
    file = ROOT / name
    text = file.read_text(encoding="utf-8")
    for link in _LINK.findall(text):
        if link.startswith("https://"):
            continue
        target, _, anchor = link.partition("#")
        place = (file.parent / target) if target else file
        assert place.is_file(), f"{name} links to {link}"
        if anchor:
            assert anchor in {
                slug(h) for h in re.findall(r"^#+ (.*)$", place.read_text(encoding="utf-8"), re.MULTILINE)
            }


def test_the_picture_is_a_small_png() -> None:
    picture = (ROOT / "docs" / "report.png").read_bytes()
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert len(picture) <= 250_000


def test_every_make_target_and_command_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"^make ([a-z]+)", TEXT, re.MULTILINE)) <= targets
    told = set(re.findall(r"\bauditor ([a-z]{3,}(?: schema)?)(?=[ `\n])", "\n".join(b.text for b in BLOCKS)))
    told |= set(re.findall(r"`auditor ([a-z]+(?: schema)?)", TEXT))
    known = set(re.findall(r"^\| `auditor ([a-z ]+)`", readme_tables.found(TEXT)["commands"], re.MULTILINE))
    assert told <= known


def test_rules_and_reasons_named_in_the_prose_exist() -> None:
    tables = readme_tables.found(TEXT)
    prose = re.sub(r"<!-- table.*?<!-- end -->", "", TEXT, flags=re.DOTALL)
    named = set(re.findall(r"`([a-z]+(?:-[a-z]+)+)`", prose))
    assert {n for n in named if f"`{n}`" not in tables["rules"] + tables["reasons"]} == set()
