"""`auditor record`: one environment's answers without its address or secrets, with a place for the truth."""

from __future__ import annotations

import json

import pytest

from tests.command import run_auditor
from tests.servers import start
from tests.servers.bookshop import SPEC

SECRET = "zq-recorded-secret-5c1e"


@pytest.fixture(scope="module")
def audited(tmp_path_factory):
    folder = tmp_path_factory.mktemp("record")
    with start("flask-bookshop") as server:
        run_auditor("audit", SPEC, "--env", f"here={server.url}", "--env", f"there={server.url}", "--out", "run",
                    "--header", f"Authorization: Bearer {SECRET}", "--rate", "500/s", cwd=folder)  # fmt: skip
        yield folder, server


def recorded(folder, *arguments: str):
    done = run_auditor("record", "run", *arguments, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_says_neither_where_it_was_nor_who_asked(audited) -> None:
    folder, server = audited
    text = recorded(folder, "--env", "here")
    assert "127.0.0.1" not in text
    assert str(server.port) not in text
    assert SECRET not in text
    assert "there" not in {p["exchange"]["probe"]["environment"] for p in json.loads(text)["probes"]}


def test_the_truth_is_asked_for_and_nothing_is_claimed(audited) -> None:
    data = json.loads(recorded(audited[0], "--env", "here"))
    assert set(data["truth"]["served"].values()) == {None}
    assert data["said"]["/books"]["GET"].startswith("supported")


def test_the_same_run_gives_the_same_bytes_also_in_a_file(audited) -> None:
    folder, _ = audited
    run_auditor("record", "run", "--env", "here", "--output", "one.json", cwd=folder)
    assert (folder / "one.json").read_text() == recorded(folder, "--env", "here")


@pytest.mark.parametrize(("arguments", "words"), [
    (("run",), "several environments"), (("run", "--env", "prod"), "no environment of this run"),
    (("nowhere", "--env", "here"), "auditor:"), (("run", "--env", "here", "--output", "run"), "no regular file"),
])  # fmt: skip
def test_a_mistake_is_told(audited, arguments, words) -> None:
    done = run_auditor("record", *arguments, cwd=audited[0])
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert words in done.stderr
