"""What is shown of a run: a pass only where a complete run of late says so itself, and nothing contradicts it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from auditor import siting
from auditor.differ.output import report_json
from auditor.differ.output.site.view import Row
from tests.output.rich import rich
from tests.output.sample import in_sync, one_environment, undecided
from tests.site.fleet import LAST, quieter, renamed, settled, unfinished, write

RICH = report_json.to_dict(rich())
GOOD = quieter(RICH, 0, 1)


def row(tmp_path: Path, report: dict[str, Any], **options: Any) -> Row:
    write(tmp_path / "orders/1", renamed(report, "Orders", LAST))
    return rebuilt(tmp_path, **options)


def rebuilt(tmp_path: Path, after: timedelta = timedelta(hours=5)) -> Row:
    built = siting.build(tmp_path, None, 60, siting.MAX_AGE, LAST + after)
    (found,) = built.index.rows
    return found


def edited(change: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    report = copy.deepcopy(GOOD)
    change(report)
    return report


def test_a_complete_run_that_says_promote_passes(tmp_path: Path) -> None:
    found = row(tmp_path, GOOD)
    assert (found.standing.group, found.standing.word) == ("good", "Promote")
    assert {p.tone for p in found.places} == {"ok"}


@pytest.mark.parametrize(
    ("make", "group", "word"),
    [
        (lambda: report_json.to_dict(in_sync()), "good", "Promote"),
        (lambda: settled(RICH), "hold", "Hold"),
        (lambda: report_json.to_dict(one_environment()), "hold", "Drifts"),
        (lambda: report_json.to_dict(undecided()), "unjudged", "Incomplete"),
    ],
)
def test_each_verdict_keeps_its_word(make: Callable[[], Any], group: str, word: str, tmp_path: Path) -> None:
    found = row(tmp_path, make())
    assert (found.standing.group, found.standing.word) == (group, word)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda r: r.update(complete=False, incomplete_because=["the deadline ended first"]), "Incomplete"),
        (lambda r: r["run"].update(exit_code=3), "Incomplete"),
        (lambda r: r["run"].update(exit_code=4), "Incomplete"),
        (lambda r: r["promotions"][-1].update(verdict="cannot-say"), "Cannot say"),
        (lambda r: r["promotions"][-1].update(verdict="perhaps"), "Cannot say"),
        (lambda r: r["promotions"][-1].update(verdict="hold"), "Hold"),
        (lambda r: r.pop("headline"), "Cannot say"),
        (lambda r: r.update(headline="All is well."), "Cannot say"),
        (lambda r: r.update(headline="In sync: dev serves it."), "Cannot say"),
        (lambda r: r.update(promotions=[]), "Cannot say"),
        (lambda r: r.update(headline="Hold: do not promote stage to prod."), "Hold"),
        (lambda r: r.update(headline="Promote with care: it brings 1 fault along."), "Promote with care"),
        (lambda r: r.pop("totals"), "Unreadable"),
        (lambda r: r.pop("findings"), "Unreadable"),
        (lambda r: r.update(schema_version=2), "Unreadable"),
        (lambda r: r.update(schema_version="1"), "Unreadable"),
        (lambda r: r.update(complete="yes"), "Unreadable"),
        (lambda r: r["totals"].update(errors=-1), "Unreadable"),
        (lambda r: r["totals"].update(errors=10**400), "Unreadable"),
    ],
)
def test_whatever_is_missing_is_no_pass(change: Callable[[dict[str, Any]], Any], word: str, tmp_path: Path) -> None:
    found = row(tmp_path, edited(change))
    assert found.standing.word == word
    assert found.standing.group != "good"


@pytest.mark.parametrize(
    ("after", "word"),
    [(timedelta(hours=26), "Promote"), (timedelta(hours=26, seconds=1), "Stale"), (timedelta(minutes=-5), "Promote"),
     (timedelta(minutes=-6), "Wrong clock")],
)  # fmt: skip
def test_age_decides(after: timedelta, word: str, tmp_path: Path) -> None:
    found = row(tmp_path, GOOD, after=after)
    assert found.standing.word == word
    if word != "Promote":
        assert {p.tone for p in found.places} == {"unk"}, "not even an environment looks like a pass"


def test_a_stale_hold_is_not_news(tmp_path: Path) -> None:
    write(tmp_path / "orders/0", renamed(GOOD, "Orders", LAST - timedelta(days=1)))
    found = row(tmp_path, settled(RICH), after=timedelta(days=3))
    assert found.standing.why == "The last run is 3 d old. It said: Hold: do not promote stage to prod."
    assert found.news.errors > 0 == found.fresh


def test_an_unfinished_night_is_named(tmp_path: Path) -> None:
    found = row(tmp_path, unfinished(GOOD, "prod"))
    assert (found.standing.word, found.standing.why) == ("Incomplete", "prod: connection refused.")
    assert [(p.name, p.count, p.note) for p in found.places if p.note] == [("prod", "?", "unreachable")]


def test_an_environment_that_is_left_out_is_named(tmp_path: Path) -> None:
    write(tmp_path / "orders/0", renamed(GOOD, "Orders", LAST - timedelta(days=1)))
    found = row(tmp_path, edited(lambda r: r.update(environments=r["environments"][:2])))
    assert [(p.name, p.count, p.note) for p in found.places][-1] == ("prod", "?", "no longer audited")


@pytest.mark.parametrize("octets", [0, 1, 300, 900, 5_000, -1, -200])
def test_a_cut_off_report_is_no_pass(octets: int, tmp_path: Path) -> None:
    """Whether or not it still tells whose it is: the night before must not stand in for it."""
    write(tmp_path / "orders/2026-11-19", renamed(GOOD, "Orders", LAST - timedelta(days=1)))
    folder = write(tmp_path / "orders/2026-11-20", renamed(GOOD, "Orders", LAST))
    data = (folder / "report.json").read_bytes().rstrip()
    (folder / "report.json").write_bytes(data[:octets])
    found = rebuilt(tmp_path)
    assert (found.standing.group, found.standing.word) == ("unjudged", "Unreadable")
    assert "On 2026-11-19 it said: Promote" in found.standing.why


def test_an_old_damaged_run_does_not_spoil_tonights(tmp_path: Path) -> None:
    folder = write(tmp_path / "orders/2026-11-19", renamed(GOOD, "Orders", LAST - timedelta(days=1)))
    (folder / "report.json").write_bytes((folder / "report.json").read_bytes()[:5_000])
    found = row(tmp_path, GOOD)
    assert found.standing.group == "good"
    assert [line.word for line in found.lines] == ["Promote", "Unreadable"]
    assert found.news.lines == (("quiet", "no earlier night to compare with"),)


def test_a_run_of_another_formatting_is_read(tmp_path: Path) -> None:
    """Keys sorted, one line: what a program did to it on the way."""
    row(tmp_path, GOOD)
    file = tmp_path / "orders/1/report.json"
    file.write_text(json.dumps(json.loads(file.read_text()), sort_keys=True))
    assert rebuilt(tmp_path).standing.group == "good"
