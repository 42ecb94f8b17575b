"""docs/verdicts.md, row by row, against servers that answer that way (PROMISES P23)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from auditor.model.cell import Cell, Support
from auditor.model.methods import SAFE
from auditor.prober.campaign import Campaign
from tests.inert.verdict_rows import SENT
from tests.prober.audits import cell, run
from tests.prober.raw import serve
from tests.prober.verdict_rows import Row
from tests.prober.verdict_rows_missing import ROWS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "verdicts.md"
_LINE = re.compile(r"\| (V\d\d\d?) \|.*\| (supported|unsupported|undetermined)(?: `([a-z-]+)`)? \|[^|]*\|\Z")


def written() -> list[tuple[str, str]]:
    """(id, `support basis-or-reason`) of every row of the page."""
    found = (_LINE.match(line) for line in PAGE.read_text(encoding="utf-8").splitlines())
    return [(m.group(1), f"{m.group(2)} {m.group(3)}".removesuffix(" None")) for m in found if m]


def outcome(found: Cell) -> str:
    return f"{found.support} {found.basis or found.reason}"


@pytest.mark.parametrize("row", ROWS, ids=[f"{r.id}-{r.cell[0]}-{n}" for n, r in enumerate(ROWS)])
def test_row(row: Row, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    defaults = {**(Campaign.__init__.__kwdefaults__ or {}), "trial_pause": 0.0}
    monkeypatch.setattr(Campaign.__init__, "__kwdefaults__", defaults)
    with serve(row.table) as server:
        report = run(tmp_path, server.url, row.paths, **row.options)
    found = cell(report, *row.cell)
    assert outcome(found) == row.says, found.why
    assert row.why in found.why
    assert set(found.exchanges) <= set(report.exchanges)
    assert found.exchanges or found.support is Support.UNDETERMINED
    assert not set(row.unsent) & set(server.seen)
    sent = [method for method, _ in server.seen]
    assert set(sent) <= SAFE - {"PRI"}
    assert sent.count("TRACE") <= 1
    assert report.environments[0].requests == server.requests


def test_every_row_is_written_once_and_tested() -> None:
    ids = [id_ for id_, _ in written()]
    assert len(ids) == len(set(ids))
    assert set(ids) == {row.id for row in ROWS} | set(SENT)


def test_what_is_written_is_what_is_tested() -> None:
    tested: dict[str, set[str]] = {}
    for row in ROWS:
        tested.setdefault(row.id, set()).add(row.says)
    tested |= SENT
    for id_, says in written():
        assert tested[id_] == {says}, id_
