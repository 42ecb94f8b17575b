from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest

from auditor.differ.output import FORMATS, cells_csv
from auditor.model.report import Report
from tests.output.golden import check
from tests.output.hostile import INJECTIONS, hostile
from tests.output.rich import rich
from tests.output.sample import in_sync


def rows(report: Report) -> list[dict[str, str]]:
    text = FORMATS["csv"].render(report).decode()
    assert text.count("\r\n") == text.count("\n") == text.count("\r"), "no line ends within a field"
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_the_whole_file() -> None:
    check("rich.csv", FORMATS["csv"].render(rich()).decode().replace("\r\n", "\n"))


def test_the_sums_are_those_of_the_report() -> None:
    report, found = rich(), rows(rich())
    documented = [r["support"] for r in found if r["documented"] == "yes"]
    t = report.totals
    count = [documented.count(s) for s in ("supported", "unsupported", "undetermined", "excluded")]
    assert count == [t.supported, t.unsupported, t.undetermined, t.excluded]
    assert len(found) == len(report.cells) + len(report.excluded)


@pytest.mark.parametrize("text", INJECTIONS)
def test_every_row_has_all_fields_and_none_is_a_formula(text: str) -> None:
    found = rows(hostile(text))
    assert len(found) == len(rich().cells) + len(rich().excluded)
    for row in found:
        assert tuple(row) == cells_csv.HEAD
        assert all(v is not None and v.isprintable() and v.lstrip()[:1] not in {*"=+-@"} for v in row.values())


@pytest.mark.parametrize(("path", "shown"), [
    ("=cmd()|' /C calc'!A0", "'=cmd()|' /C calc'!A0"),
    ("+1", "'+1"), ("-1", "'-1"), ("@SUM(A1)", "'@SUM(A1)"), ("  =1", "'  =1"), ("＝1", "'＝1"),
    ("\t=1", "\\t=1"), ("\r=1", "\\r=1"), ("/a=1", "/a=1"), ('/"a", b', '/"a", b'), (" ", " "),
])  # fmt: skip
def test_formulas_are_defused(path: str, shown: str) -> None:
    report = in_sync()
    odd = replace(report.cells[0], path=path, method=path, why=path)
    row = rows(replace(report, cells=(odd,)))[0]
    assert (row["path"], row["method"], row["why"]) == (shown, shown, shown)
