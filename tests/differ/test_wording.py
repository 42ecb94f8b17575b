"""The text output: fits the terminal, and says of a promotion what report.json says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest

from auditor.differ.output import FORMATS, text
from auditor.model.report import Report
from tests.output.rich import rich
from tests.output.sample import in_sync, one_environment, undecided

SAMPLES = [rich, in_sync, undecided, one_environment]


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("width", [60, 80])
def test_no_line_is_wider_than_the_terminal(sample: Callable[[], Report], width: int) -> None:
    lines = text.render(sample(), width=width).splitlines()
    assert [line for line in lines if len(line) > width and " " in line.strip()] == []


@pytest.mark.parametrize("sample", SAMPLES)
def test_colour_does_not_change_where_lines_break(sample: Callable[[], Report]) -> None:
    coloured = text.render(sample(), color=True, width=60)
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == text.render(sample(), width=60)


@pytest.mark.parametrize("sample", SAMPLES[:3])
def test_the_reason_of_a_promotion_is_the_same_sentence_in_both(sample: Callable[[], Report]) -> None:
    because = json.loads(FORMATS["json"].render(sample()))["promotions"][-1]["because"]
    shown = " ".join(text.render(sample()).split())
    assert because in shown or because[0].upper() + because[1:] in shown


@pytest.mark.parametrize("sample", SAMPLES)
def test_there_is_one_hint(sample: Callable[[], Report]) -> None:
    lines = text.render(sample()).splitlines()
    (report,) = [i for i, line in enumerate(lines) if line.startswith("Report: ")]
    assert len(lines) - report <= 2
