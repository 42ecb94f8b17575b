"""What another night wrote beside its report does not pass for tonight's: DESIGN §8, a run replaces the old one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from auditor.differ.output import ALWAYS, FORMATS
from tests.nights.world import World, world

OPTIONAL = {k: f.filename for k, f in FORMATS.items() if f.filename is not None and k not in ALWAYS}
ASKED = tuple(x for k in OPTIONAL for x in ("--format", k))


def there(w: World, out: str = "drift-report") -> set[str]:
    known = set(OPTIONAL.values())
    return {p.name for p in (w.folder / out).iterdir() if p.name in known}


def test_a_format_that_is_not_asked_for_again_goes(tmp_path: Path) -> None:
    with world(tmp_path, "prod") as w:
        w.audit("drift-report", *ASKED)
        assert there(w) == set(OPTIONAL.values())
        night = w.audit("drift-report", "--format", "junit")
        assert there(w) == {"junit.xml"}
        assert "is not of this run" not in night.done.stderr
        assert night.report["run"]["id"] in (tmp_path / "drift-report/junit.xml").read_text()


def test_what_somebody_else_wrote_or_changed_stays_and_is_named(tmp_path: Path) -> None:
    with world(tmp_path, "prod") as w:
        out = tmp_path / "drift-report"
        out.mkdir()
        (out / "junit.xml").write_text("<testsuites name='of pytest'/>")
        first = w.audit("drift-report", "--format", "sarif", "--format", "csv")
        assert "drift-report/junit.xml is not of this run, and was left as it is" in first.done.stderr
        (out / "cells.csv").write_text("edited")
        second = w.audit()
        assert there(w) == {"junit.xml", "cells.csv"}
        assert "drift-report/cells.csv is not of this run, and was left as it is" in second.done.stderr
        assert (out / "junit.xml").read_text() == "<testsuites name='of pytest'/>"


def test_a_symbolic_link_in_its_place_is_neither_followed_nor_taken_away(tmp_path: Path) -> None:
    with world(tmp_path, "prod") as w:
        w.audit("drift-report", "--format", "sarif")
        file = tmp_path / "drift-report/report.sarif"
        file.rename(tmp_path / "mine.sarif")
        file.symlink_to(tmp_path / "mine.sarif")
        w.audit()
        assert file.is_symlink()
        assert (tmp_path / "mine.sarif").exists()


@pytest.mark.parametrize(
    "recorded", ['{"outputs": {"../secret": "0"}}', '{"outputs": 3}', "[]", "{", '{"outputs": [1]}']
)
def test_an_odd_run_json_takes_nothing_away(recorded: str, tmp_path: Path) -> None:
    with world(tmp_path, "prod") as w:
        w.audit("drift-report", "--format", "sarif")
        (tmp_path / "secret").write_text("")
        (tmp_path / "drift-report/run.json").write_text(recorded)
        w.audit()
        assert there(w) == {"report.sarif"}
        assert (tmp_path / "secret").exists()


def test_an_audit_that_does_not_start_takes_nothing_away(tmp_path: Path) -> None:
    with world(tmp_path, "prod") as w:
        w.audit("drift-report", "--format", "sarif")
        assert w.run("audit", "--new-since", "nowhere.json").returncode == 2
        assert there(w) == {"report.sarif"}


def test_a_run_judged_again_renders_all_that_it_wrote(tmp_path: Path) -> None:
    with world(tmp_path, "prod") as w:
        w["prod"].routes({"/orders/{orderId}": ("GET", "PUT")})
        w.audit("drift-report", "--format", "junit", "--format", "sarif")
        out = tmp_path / "drift-report"
        before = {n: (out / n).read_bytes() for n in ("junit.xml", "report.sarif", "run.json", "report.json")}
        assert w.run("report", "drift-report").returncode == 1
        assert {n: (out / n).read_bytes() for n in before} == before
        assert w.run("report", "drift-report", "--fail-on", "never", "--format", "csv").returncode == 0
        assert there(w) == {"junit.xml", "report.sarif", "cells.csv"}
        assert json.loads((out / "report.sarif").read_text())["runs"][0]["invocations"][0]["exitCode"] == 0
