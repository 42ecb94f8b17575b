"""`auditor fix` as a command: what it reads, what it refuses, what it says, and that it contacts nobody."""

from __future__ import annotations

import http.server
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command import run_auditor
from tests.fix.flows import audit, fix, overlays, read, service
from tests.fix.test_overlay_cases import STEADY, write

PATHS = "  /a:\n    get: {op}\n    delete: {op}\n  /away:\n    get: {op}\n"
ROUTES = {**STEADY, "/a": ["GET", "PATCH"]}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which an audit of prod and of calm, which is in sync, has ended; both servers are gone."""
    folder = tmp_path_factory.mktemp("done")
    write(folder, PATHS)
    config = {"waivers": [{"rule": "undocumented-method-served", "path": "/a", "method": "PATCH", "owner": "team",
                           "environments": ["waived"], "reason": "known", "expires": "2999-01-01"}]}  # fmt: skip
    (folder / "auditor.yaml").write_text(json.dumps(config))
    same = {**STEADY, "/a": ["GET", "DELETE"], "/away": ["GET"]}
    less = {**same, "/a": ["GET", "PATCH", "DELETE"]}
    with service(ROUTES) as prod, service(same) as calm, service(less) as waived:
        audit(folder, "api.yaml", f"prod={prod}", f"calm={calm}", f"waived={waived}")
    return folder


@pytest.fixture
def folder(done: Path, tmp_path: Path) -> Path:
    """A copy of it for one test."""
    return Path(shutil.copytree(done, tmp_path / "copy"))


FIX = ("--env", "prod", "--overlay", "new.overlay.yaml")


def test_it_says_what_it_wrote(folder: Path) -> None:
    told = fix(folder, *FIX)
    assert told.stdout == "new.overlay.yaml: 3 actions for api.yaml\n"
    assert told.stderr == ""
    made = read(folder / "new.overlay.yaml")
    run = json.loads((folder / "out" / "run.json").read_text())
    assert made["overlay"] == "1.0.0"
    assert made["extends"] == "api.yaml"
    assert made["info"] == {"title": "Cases: what prod serves", "version": run["id"]}
    assert made["x-auditor"]["environment"] == "prod"
    assert [(a["target"], a.get("remove", False)) for a in made["actions"]] == [
        ("$['paths']['/away']", True), ("$['paths']['/a']", False), ("$['paths']['/a']['delete']", True),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["out", "out/report.json", "out/report.html", "out/run.json"])
def test_the_report_may_be_named_for_the_run(folder: Path, name: str) -> None:
    fix(folder, *FIX, run=name)
    assert len(read(folder / "new.overlay.yaml")["actions"]) == 3


def test_the_same_run_gives_the_same_bytes(folder: Path) -> None:
    fix(folder, *FIX)
    fix(folder, "--env", "prod", "--overlay", "again/new.yaml")
    first, again = (folder / "new.overlay.yaml").read_text(), (folder / "again/new.yaml").read_text()
    assert again == first.replace("extends: api.yaml", "extends: '../api.yaml'")


def test_nothing_to_do_is_no_mistake(folder: Path) -> None:
    told = fix(folder, "--env", "calm", "--overlay", "new.overlay.yaml")
    assert told.stdout == "calm: nothing to do: no finding there asks for another contract\n"
    assert not list(folder.glob("*.overlay.*"))


def test_what_is_waived_is_left(folder: Path) -> None:
    told = fix(folder, "--env", "waived", "--overlay", "new.overlay.yaml")
    assert "nothing to do" in told.stdout
    assert "1 that is waived" in told.stderr
    assert not list(folder.glob("*.overlay.*"))


MISTAKES = {
    "an unknown environment": (["--env", "prd", "--overlay", "x.yaml"], "'prd' is no environment of this run"),
    "no environment": (["--overlay", "x.yaml"], "the run holds several environments"),
    "nothing asked for": (["--env", "prod"], "needs either --overlay FILE or --gateway KIND"),
    "standard output": (["--env", "prod", "--overlay", "-"], "names no file"),
    "a folder": (["--env", "prod", "--overlay", "out"], "exists already"),
    "a missing copy": (["--env", "prod", "--overlay", "x.yaml", "--spec", "nowhere.yaml"], "is no file"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_a_sentence(folder: Path, name: str) -> None:
    flags, sentence = MISTAKES[name]
    told = fix(folder, *flags, code=2)
    assert sentence in told.stderr
    assert "Traceback" not in told.stderr
    assert not list(folder.glob("*x.yaml"))


def test_an_overlay_that_exists_is_kept(folder: Path) -> None:
    (folder / "new.overlay.yaml").write_text("mine")
    assert "exists already" in fix(folder, *FIX, code=2).stderr
    assert (folder / "new.overlay.yaml").read_text() == "mine"


@pytest.mark.parametrize("name", ["run.json", "contract.json", "transcript.jsonl"])
def test_a_damaged_run_is_refused(folder: Path, name: str) -> None:
    path = folder / "out" / name
    path.write_bytes(path.read_bytes().replace(b"DELETE", b"REMOVE", 1)[:-40])
    fix(folder, *FIX, code=2)
    assert not list(folder.glob("*.overlay.*"))


def test_no_run_is_a_mistake(tmp_path: Path) -> None:
    assert "no run is here" in fix(tmp_path, *FIX, code=2).stderr


# --- the files of the description ---


def test_a_file_that_changed_is_refused(folder: Path) -> None:
    with (folder / "api.yaml").open("a") as file:
        file.write("# one more line\n")
    told = fix(folder, *FIX, code=2)
    assert "api.yaml: changed since the audit" in told.stderr
    assert not list(folder.glob("*.overlay.*"))


def test_a_copy_as_it_was_audited_is_taken(folder: Path) -> None:
    (folder / "old").mkdir()
    shutil.move(folder / "api.yaml", folder / "old" / "copy of it.yaml")
    assert "is not to be found here" in fix(folder, *FIX, code=2).stderr
    fix(folder, *FIX, "--spec", "old/copy of it.yaml")
    assert read(folder / "new.overlay.yaml")["extends"] == "old/copy%20of%20it.yaml"
    assert set(overlays(folder)) == {"old/copy of it.yaml"}


def test_it_works_from_another_folder(folder: Path, tmp_path: Path) -> None:
    """The description is looked for above the run directory, too."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    fix(elsewhere, *FIX, run=os.path.relpath(folder / "out", elsewhere))
    assert read(elsewhere / "new.overlay.yaml")["extends"] == "../copy/api.yaml"


@pytest.mark.needs("git")
def test_a_description_from_a_commit(tmp_path: Path) -> None:
    """Also from a folder of the repository, where the work tree has gone on, and with a second file."""
    top = tmp_path / "repository"
    (top / "api").mkdir(parents=True)
    write(top / "api", PATHS + "  /b: {$ref: parts/b.yaml}\n")
    (top / "api" / "parts").mkdir()
    (top / "api" / "parts" / "b.yaml").write_text("get: {responses: {}}\nput: {responses: {}}\n")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main"]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run([*git, *arguments], cwd=top, check=True)
    (top / "api" / "api.yaml").write_text("gone on")
    for source, where in (("git:HEAD:api/api.yaml", top), ("git:HEAD:./api.yaml", top / "api")):
        with service({**ROUTES, "/b": ["GET", "POST"]}) as url:
            audit(where, source, f"prod={url}")
        told = fix(where, *FIX).stdout
        assert "3 actions for git:HEAD:" in told
        assert "2 actions for git:HEAD:api/parts/b.yaml" in told
        for path in where.glob("*.overlay.yaml"):
            assert "extends" not in read(path)
    subprocess.run([*git, "commit", "-qam", "second"], cwd=top, check=True)
    assert "changed since the audit" in fix(top / "api", "--env", "prod", "--overlay", "y.yaml", code=2).stderr


def test_a_description_from_standard_input(tmp_path: Path) -> None:
    write(tmp_path, PATHS)
    text = (tmp_path / "api.yaml").read_text()
    (tmp_path / "api.yaml").rename(tmp_path / "kept.yaml")
    with service(ROUTES) as url:
        run_auditor("audit", "-", "--env", f"prod={url}", "--out", "out", "--rate", "1000/s", cwd=tmp_path, stdin=text)
    assert "standard input: is not to be found here" in fix(tmp_path, *FIX, code=2).stderr
    fix(tmp_path, *FIX, "--spec", "kept.yaml")
    assert read(tmp_path / "new.overlay.yaml")["extends"] == "kept.yaml"


class _Description(http.server.BaseHTTPRequestHandler):
    text = b""
    asked = 0

    def do_GET(self) -> None:
        type(self).asked += 1
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.text)))
        self.end_headers()
        self.wfile.write(self.text)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def published() -> Iterator[type[_Description]]:
    handler = type("Published", (_Description,), {})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    handler.url = f"http://127.0.0.1:{server.server_port}/api.yaml"  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield handler
    server.shutdown()
    thread.join(10)
    server.server_close()


def test_a_description_from_a_url_is_not_fetched_again(tmp_path: Path, published: type[_Description]) -> None:
    write(tmp_path, PATHS)
    published.text = (tmp_path / "api.yaml").read_bytes()
    with service(ROUTES) as url:
        audit(tmp_path, published.url, f"prod={url}")  # type: ignore[attr-defined]
    asked = published.asked
    assert "is not to be found here" in fix(tmp_path, *FIX, code=2).stderr
    fix(tmp_path, *FIX, "--spec", "api.yaml")
    assert published.asked == asked
    assert read(tmp_path / "new.overlay.yaml")["extends"] == "api.yaml"


def test_names_of_parts_do_not_meet(tmp_path: Path) -> None:
    """Two files whose names say the same are two overlays."""
    for name in ("a.b", "a-b"):
        (tmp_path / f"{name}.yaml").write_text("get: {responses: {}}\nput: {responses: {}}\n")
    write(tmp_path, "  /b: {$ref: a.b.yaml}\n  /c: {$ref: a-b.yaml}\n")
    with service({**STEADY, "/b": ["GET", "POST"], "/c": ["GET", "POST"]}) as url:
        audit(tmp_path, "api.yaml", f"prod={url}")
    fix(tmp_path, "--env", "prod", "--overlay", "new.yaml")
    assert {p.name: read(p)["extends"] for p in tmp_path.glob("new*")} == {
        "new.a-b.yaml": "a-b.yaml", "new.a-b-2.yaml": "a.b.yaml",
    }  # fmt: skip
    # Nothing is to be changed in the description itself, so nothing is written under the name that was given.
    assert not (tmp_path / "new.yaml").exists()
