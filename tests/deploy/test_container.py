"""deploy/Containerfile: its steps build the command, and the command needs nothing but /out and /tmp to write to."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from auditor import __version__
from auditor.demo import serve
from tests.deploy import project
from tests.deploy.image import FILE, Image, built, instructions, namespaces, run

LINES = instructions(FILE.read_text(encoding="utf-8"))
TRY = """
import os, sys
for place in sys.argv[1:]:
    try:
        name = os.path.join(place, "tried")
        open(name, "x").close()
        os.unlink(name)
        print("yes", end=" ")
    except OSError:
        print("no", end=" ")
print(os.getuid())
"""


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    with built() as made:
        yield made


def test_the_steps_build_a_command_without_tools_of_the_build(image: Image) -> None:
    code, text = run(image, [*image.entrypoint, "--version"])
    assert (code, text) == (0, f"auditor {__version__}\n")
    code, text = run(image, [*image.entrypoint, *image.command])
    assert code == 0
    assert "Usage: auditor" in text
    packages = image.place("/opt/auditor")
    assert list(packages.glob("lib/python*/site-packages/auditor/_data/templates/report/page.html.j2"))
    assert list(packages.rglob("pip")) == []
    assert not (packages / "bin" / "hatchling").exists()
    compiled = {f.name.partition(".")[0] for f in packages.rglob("auditor/__pycache__/*.pyc")}
    assert {"run", "cli"} <= compiled, "a read-only tree can never be compiled later"


def test_it_runs_as_a_user_who_can_write_to_out_and_tmp_only(image: Image) -> None:
    """The confinement itself is tried first: what follows proves something only if it holds."""
    site = next(image.place("/opt/auditor").glob("lib/python*/site-packages"))
    places = [site, site / "auditor", image.place("/opt/auditor/bin"), image.folder, image.place("/out"), Path("/tmp")]
    places += [Path("/var/tmp"), Path("/dev/shm"), Path.cwd()] if namespaces() else []
    code, text = run(image, ["python", "-I", "-c", TRY, *map(str, places)])
    assert code == 0, text
    *written, user = text.split()
    assert written == ["no", "no", "no", "no", "yes", "yes", *["no"] * (len(places) - 6)]
    assert int(user) == (65532 if os.geteuid() == 0 else os.geteuid())
    assert int(user) != 0


def test_an_audit_writes_its_report_and_nothing_else(image: Image) -> None:
    config = image.place("/audited")
    config.mkdir()
    with serve.serving() as servers:
        project.configure(config, servers)
        before = everything(image)
        wanted = [*image.entrypoint, "audit", "--config", str(config / "auditor.yaml"), "--format", "sarif",
                  "--format", "har=har/report.har"]  # fmt: skip
        code, text = run(image, wanted, {"STAGE_TOKEN": project.SECRET})
        assert code == 1, text
        code, text = run(image, [*wanted, "--new-since", "drift-report"], {"STAGE_TOKEN": project.SECRET})
        assert code == 0, text
        again = [*image.entrypoint, "report", "drift-report", "--fail-on", "never", "--format", "csv"]
        assert run(image, again)[0] == 0
    out = image.place("/out")
    new = {f.relative_to(out).as_posix() for f in everything(image) - before if f.is_relative_to(out)}
    assert everything(image) - before == {out / name for name in new}
    assert new == {
        "drift-report", "har", "har/report.har", *(f"drift-report/{name}" for name in (
            "report.json", "report.html", "report.sarif", "run.json", "contract.json", "transcript.jsonl", "cells.csv",
        ))
    }  # fmt: skip
    report = json.loads((out / "drift-report" / "report.json").read_text(encoding="utf-8"))
    assert report["complete"]
    if os.geteuid() == 0:
        left = [f for place in ("/tmp", "/var/tmp", "/dev/shm") for f in Path(place).glob("*") if owner(f) == 65532]
        assert left == []


def test_where_nothing_can_be_written_it_says_so_before_anything_is_sent(image: Image) -> None:
    with serve.serving() as servers:
        (folder := image.place("/elsewhere")).mkdir()
        project.configure(folder, servers)
        wanted = [*image.entrypoint, "audit", "--config", str(folder / "auditor.yaml"), "--out", "/opt/auditor/x"]
        code, text = run(image, wanted, {"STAGE_TOKEN": project.SECRET})
        assert [s.requests for s in servers] == [0, 0, 0]
    assert code == 2
    assert re.search("cannot be written: (Read-only file system|Permission denied)", text)


def everything(image: Image) -> set[Path]:
    return set(image.folder.rglob("*"))


def owner(file: Path) -> int:
    try:
        return file.lstat().st_uid
    except OSError:
        return -1


# --- the file itself ---


def test_the_last_stage_is_small_and_runs_as_nobody_in_particular() -> None:
    words = [word for word, _ in LINES]
    last = LINES[len(words) - 1 - words[::-1].index("FROM") :]
    assert dict(last)["USER"] == "65532:65532"
    assert json.loads(dict(last)["ENTRYPOINT"]) == ["auditor"]
    assert {"PYTHONDONTWRITEBYTECODE=1", "HOME=/tmp"} <= set(dict(last)["ENV"].split())
    assert [rest for word, rest in last if word == "COPY"] == ["--from=build /opt/auditor /opt/auditor"]
    base = dict(LINES)["ARG"].removeprefix("BASE=")
    assert "-slim" in base
    assert "/" not in base


def test_what_is_fetched_is_locked() -> None:
    installs = re.findall(r"pip .*?install.*?(?=&&|$)", " ".join(rest for word, rest in LINES if word == "RUN"))
    assert len(installs) == 3
    assert all("--require-hashes" in i or "--no-index" in i for i in installs)
