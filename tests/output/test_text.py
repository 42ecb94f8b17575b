from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace

import pytest

from auditor.differ.output import FORMATS, text
from auditor.model.finding import Finding, fingerprint
from auditor.model.report import Report
from tests.output.golden import check
from tests.output.hostile import hostile
from tests.output.rich import rich
from tests.output.sample import finding, in_sync, one_environment, undecided


@pytest.mark.parametrize("sample", [rich, in_sync, undecided, one_environment])
def test_the_whole_text(sample: Callable[[], Report]) -> None:
    check(f"{sample.__name__}.txt", text.render(sample()))


def test_a_narrow_terminal_wraps() -> None:
    lines = text.render(rich(), width=60).splitlines()
    wrapped = [line for line in lines if line.startswith(" ") and len(line) > 60]
    assert not wrapped


def test_colour_only_if_asked() -> None:
    plain, coloured = text.render(rich()), text.render(rich(), color=True)
    assert "\x1b" not in plain
    assert "\x1b[1;31merror\x1b[0m" in coloured
    assert "\x1b[1;31mHold\x1b[0m" in coloured
    assert FORMATS["text"].render(rich()) == plain.encode()


def test_hostile_text_cannot_steer_the_terminal() -> None:
    shown = text.render(hostile())
    bad = {c for c in shown if c != "\n" and unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}}
    assert not bad
    assert not [line for line in shown.splitlines() if line.lstrip().startswith(("::", "##"))]
    assert r"\x1b[2J" in shown
    shown.encode("utf-8")


@pytest.mark.parametrize("width", range(60, 141, 7))
def test_no_wrapping_makes_a_command_for_a_ci_system(width: int) -> None:
    shown = text.render(hostile(" ::error file=a::b ##vso[task.complete] ##teamcity[x] ##[error]z"), width=width)
    assert not [line for line in shown.splitlines() if line.lstrip().startswith("::")]
    assert not re.search(r"##\w*\[", shown)


def _blocked(count: int) -> Report:
    def one(i: int) -> Finding:
        path = f"/things/{i:02d}"
        f = finding("gateway-blocks-method", path, "DELETE", {"prod": "403"}, title=f"refuses {path}", cause="edge")
        return replace(f, fingerprint=fingerprint(f.rule, path, "DELETE"))

    return replace(in_sync(), findings=tuple(one(i) for i in range(count)))


def test_one_cause_is_shown_once_with_at_most_ten_paths() -> None:
    shown = text.render(_blocked(40), width=400)
    assert shown.count("gateway-blocks-method  DELETE") == 1
    assert "/things/09 and 30 more" in shown
    assert "/things/10" not in shown


def test_infos_are_listed_only_where_they_can_fail_the_run() -> None:
    assert "redirect-on-path" not in text.render(rich())
    assert "redirect-on-path" in text.render(replace(rich(), fail_on="info"))


def test_waived_findings_are_counted_not_listed() -> None:
    shown = text.render(rich())
    assert "/legacy/prices" not in shown
    assert "1 waived" in shown


def test_the_report_is_named_where_it_was_written() -> None:
    settings = (("out", "build/drift/", "flag"),)
    assert "Report: build/drift/report.html" in text.render(replace(rich(), settings=settings))
