"""`auditor site` as it is used: over run directories that real audits wrote, and over what else lies there."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess
from urllib.parse import unquote

import pytest

from tests.command import run_auditor
from tests.needs import in_ci
from tests.nights.world import World, world
from tests.output.pages import Page

NEW_PUT = {"/legacy/items": ("GET", "POST", "PUT")}


def aged(folder: Path, by: timedelta) -> None:
    """The run as if it had ended so long ago: audits take the time of the clock."""
    file = folder / "report.json"
    report = json.loads(file.read_text(encoding="utf-8"))
    at = datetime.fromisoformat(report["run"]["finished_at"]) - by
    report["run"].update(finished_at=at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    file.write_text(json.dumps(report, indent=1), encoding="utf-8")


def site(folder: Path, *arguments: str, code: int = 0) -> CompletedProcess[str]:
    done = run_auditor("site", *arguments, cwd=folder)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def page(file: Path) -> Page:
    return Page(file.read_bytes())


def links(file: Path) -> list[str]:
    return [h for h in page(file).attribute("href") if not h.startswith("#")]


def two_nights(w: World) -> None:
    w.audit("runs/orders/2026-11-19")
    aged(w.folder / "runs/orders/2026-11-19", timedelta(days=1))
    w["stage"].routes(NEW_PUT)
    w.audit("runs/orders/2026-11-20")


def test_the_index_tells_what_holds_and_what_is_new(tmp_path: Path) -> None:
    with world(tmp_path, "stage", "prod") as w:
        two_nights(w)
        done = site(tmp_path, "runs")
    assert done.stdout == f"runs{os.sep}index.html: 1 service, 2 runs: 1 hold\n"
    assert done.stderr == ""
    shown = page(tmp_path / "runs/index.html").text
    assert "Hold: 1 of 1 service." in shown
    assert "Since the night before 1 error is new, in Orders." in shown
    assert "stage supports PUT /legacy/items, which is not documented" in shown
    assert "stage 1 prod 0" in shown
    assert not list((tmp_path / "runs").glob(".*")), "nothing is left beside the page"


def test_every_link_leads_to_a_report(tmp_path: Path) -> None:
    with world(tmp_path, "prod") as w:
        w.audit("runs/a b#c%41/?x")
    with world(tmp_path, "prod", paths={"/stock": ("GET",)}) as w:
        spec = tmp_path / "openapi.json"
        spec.write_text(spec.read_text().replace('"Orders"', '"Stock"'))
        w.audit("elsewhere/other")
    site(tmp_path, "runs")
    site(tmp_path, ".", "--output", "public/all.html")
    for file in (tmp_path / "runs/index.html", tmp_path / "public/all.html"):
        found = links(file)
        assert found
        for link in found:
            assert (file.parent / unquote(link)).resolve().name == "report.html"
            assert (file.parent / unquote(link)).is_file()
    assert "../runs/a%20b%23c%2541/%3Fx/report.html" in links(tmp_path / "public/all.html")


def test_where_no_page_is_the_index_says_so(tmp_path: Path) -> None:
    with world(tmp_path, "prod") as w:
        w.audit("runs/orders")
    (tmp_path / "runs/orders/report.html").unlink()
    site(tmp_path, "runs")
    assert links(tmp_path / "runs/index.html") == []
    assert "no report.html in orders" in page(tmp_path / "runs/index.html").text


def test_an_environment_that_is_down_and_a_night_that_is_missing_are_no_pass(tmp_path: Path) -> None:
    with world(tmp_path, "stage", "prod") as w:
        w.audit("runs/down/1")
        aged(tmp_path / "runs/down/1", timedelta(days=1))
        w["prod"].down()
        w.audit("runs/down/2")
        assert site(tmp_path, "runs").stdout.endswith(": 1 not judged\n")
        shown = page(tmp_path / "runs/index.html").text
        assert "Cannot say about 1 of 1 service." in shown
        assert "prod ? unreachable" in shown
        shutil.rmtree(tmp_path / "runs/down/2")
        assert site(tmp_path, "runs", "--max-age", "26h").stdout.endswith(": 1 promote or in sync\n")
        assert site(tmp_path, "runs", "--max-age", "23h").stdout.endswith(": 1 not judged\n")
        assert "The last run is 24 h old. It said: Promote" in page(tmp_path / "runs/index.html").text


def test_the_demonstration_over_nights(tmp_path: Path) -> None:
    for night in ("first", "second"):
        assert run_auditor("demo", "--out", f"runs/{night}", cwd=tmp_path).returncode == 1
        if night == "first":
            aged(tmp_path / "runs/first", timedelta(days=1))
    assert site(tmp_path, "runs").stdout.endswith("1 service, 2 runs: 1 hold\n"), "it moved to other ports"
    shown = page(tmp_path / "runs/index.html").text
    assert "nothing new since" in shown
    assert re.search(r"owner \S+", shown)


def test_a_second_index_replaces_the_first_and_nothing_else(tmp_path: Path) -> None:
    with world(tmp_path, "prod") as w:
        w.audit("runs/orders")
    site(tmp_path, "runs")
    site(tmp_path, "runs")
    index = tmp_path / "runs/index.html"
    index.write_text("<title>Our own start page</title>")
    refused = site(tmp_path, "runs", code=2)
    assert refused.stderr == (f"auditor: runs{os.sep}index.html: is there already, and is not auditor's\n"
                              "  next: name another file with --output\n")  # fmt: skip
    assert index.read_text() == "<title>Our own start page</title>"
    site(tmp_path, "runs", "--output", "runs/drift.html")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("missing",), "missing: cannot be searched: No such file or directory"),
        (("a-file",), "a-file: cannot be searched: Not a directory"),
        (("empty",), "empty: no report.json of auditor is in or below this folder"),
        (("foreign",), "foreign: no report.json of auditor is in or below this folder"),
        (("empty", "--nights", "0"), "--nights: '0' is no number"),
        (("empty", "--nights", "many"), "--nights: 'many' is no number"),
        (("empty", "--max-age", "soon"), "--max-age: 'soon' is no span of time"),
        (("one", "--output", "empty"), "empty: this is no regular file"),
        (("one", "--output", "a-file/index.html"), "index.html: cannot be written"),
    ],
)
def test_wrong_use_is_2_with_the_next_step(arguments: tuple[str, ...], told: str, tmp_path: Path) -> None:
    for name in ("empty", "foreign", "one"):
        (tmp_path / name).mkdir()
    (tmp_path / "a-file").write_text("x")
    (tmp_path / "foreign/report.json").write_text('{"stats": {"expected": 1}}')
    (tmp_path / "one/report.json").write_text("")
    said = site(tmp_path, *arguments, code=2).stderr
    assert told in said
    assert "  next: " in said
    assert not list(tmp_path.rglob("index.html"))


def test_only_what_cannot_be_read_is_still_shown(tmp_path: Path) -> None:
    (tmp_path / "runs/x").mkdir(parents=True)
    (tmp_path / "runs/x/report.json").write_text("")
    assert site(tmp_path, "runs").stdout.endswith("0 services, 1 run: none can be read\n")
    shown = page(tmp_path / "runs/index.html").text
    assert "Cannot say what 1 run found." in shown
    assert "x is empty nobody knows" in shown


@pytest.mark.skipif(sys.platform == "win32" and not in_ci(), reason="links and pipes of POSIX")
def test_links_are_not_followed_and_pipes_not_opened(tmp_path: Path) -> None:
    with world(tmp_path, "prod") as w:
        w.audit("runs/orders")
        w.audit("outside/kept-away")
    runs = tmp_path / "runs"
    (runs / "loop").symlink_to(runs)
    (runs / "out").symlink_to(tmp_path / "outside")
    (runs / "single").mkdir()
    (runs / "single/report.json").symlink_to(tmp_path / "outside/kept-away/report.json")
    (runs / "pipe").mkdir()
    os.mkfifo(runs / "pipe/report.json")
    (runs / "orders/report.html").unlink()
    (runs / "orders/report.html").symlink_to(tmp_path / "outside/kept-away/report.html")
    done = site(tmp_path, "runs")
    assert done.stderr == "auditor: note: 3 symbolic links were not followed.\n"
    assert done.stdout.endswith("1 service, 1 run: 1 promote or in sync\n")
    assert links(runs / "index.html") == []
    assert "kept-away" not in (runs / "index.html").read_text()
    (runs / "index.html").unlink()
    (runs / "index.html").symlink_to(tmp_path / "outside/kept-away/report.html")
    assert "no regular file" in site(tmp_path, "runs", code=2).stderr


@pytest.mark.skipif(os.name != "posix" and not in_ci(), reason="names of POSIX")
def test_folders_may_be_called_anything(tmp_path: Path) -> None:
    with world(tmp_path, "prod") as w:
        w.audit("one")
    names = [b"<script>alert(1)<", b"javascript:alert(1)", b"a\nb\x1b[2J", b"%2e%2e", b"#x?y", b"\xff\xfe", b"x" * 255,
             "\u202egnp".encode(), b"::error::x", b'"onclick="alert(1)']  # fmt: skip
    for name in names:
        folder = os.path.join(os.fsencode(tmp_path), b"runs", name)  # noqa: PTH118 - a path of bytes
        os.makedirs(folder)  # noqa: PTH103
        for file in ("report.json", "report.html"):
            shutil.copy(tmp_path / "one" / file, os.fsdecode(folder))
    (tmp_path / "runs" / "broken\x1b[2J").mkdir()
    (tmp_path / "runs" / "broken\x1b[2J" / "report.json").write_text("{")
    done = site(tmp_path, "runs")
    assert "\x1b" not in done.stdout + done.stderr
    for link in links(tmp_path / "runs/index.html"):
        assert re.fullmatch(r"(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})+/report\.html", link)
        assert (tmp_path / "runs" / os.fsdecode(unquote_bytes(link))).is_file()
    assert {e.tag for e in page(tmp_path / "runs/index.html").elements} >= {"table", "details"}
    assert len(page(tmp_path / "runs/index.html").all("script")) == 1


def unquote_bytes(link: str) -> bytes:
    from urllib.parse import unquote_to_bytes

    return unquote_to_bytes(link)


def test_the_same_folder_gives_the_same_page(tmp_path: Path) -> None:
    from auditor import siting
    from tests.site.fleet import LAST, fleet, troubles

    fleet(tmp_path / "runs", 3, 5)
    troubles(tmp_path / "runs", LAST)
    now = LAST + timedelta(hours=5)
    pages = []
    for _ in range(2):
        siting.build(tmp_path / "runs", None, 60, siting.MAX_AGE, now)
        pages.append((tmp_path / "runs/index.html").read_bytes())
    assert pages[0] == pages[1]
