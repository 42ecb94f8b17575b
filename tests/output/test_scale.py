"""The page at sizes that real descriptions have: bounded, whole where it counts, and honest about the rest."""

from __future__ import annotations

import re

import pytest

from auditor.differ.output import evidence, html
from auditor.differ.output.html_limits import MAX_CARDS, MAX_ROWS, MAX_UNKNOWN
from auditor.model.finding import Severity
from auditor.model.report import Report
from tests.bench.big_report import big_report
from tests.output.large import large
from tests.output.pages import Element, Page
from tests.output.test_browser import Open, browser, show  # noqa: F401 - fixtures

Big = tuple[Report, bytes, Page]


def _cards(page: Page) -> list[Element]:
    return [e for e in page.all("details") if "card" in (e.attributes.get("class") or "")]


@pytest.fixture(scope="module")
def biggest() -> Big:
    report = big_report(10_000)
    data = html.render(report)
    return report, data, Page(data)


def test_a_thousand_paths_in_three_environments_stay_below_three_megabytes() -> None:
    """Once with drift as in real life, once with a finding of its own on every second path."""
    for report in (big_report(2_300), large(1_000)):
        assert len(report.contracts[0].paths) >= 1_000
        data = html.render(report)
        assert 500_000 < len(data) < 3_000_000
        page = Page(data)
        assert not page.problems
        assert "Left out of this page, as it is" in page.text


def test_ten_thousand_operations_stay_small_and_what_is_left_out_is_said(biggest: Big) -> None:
    report, data, page = biggest
    assert len(report.documented) >= 30_000
    assert len(data) < 5_000_000
    assert not page.problems
    (said,) = (e.text for e in page.all("p") if "left-out" in (e.attributes.get("class") or ""))
    assert said.startswith("To keep this page quick, ")
    assert said.endswith("report.json beside it has everything.")
    brief = re.search(r"([\d,]+) cards of the least weight are one line each", said)
    assert brief
    assert len(_cards(page)) == MAX_CARDS
    assert len([e for e in page.all("li") if "item" in (e.attributes.get("class") or "")]) > int(brief[1])
    unknown = sum(c.effect == "cannot-say" for c in report.promotions[-1].changes)
    assert f"{unknown - MAX_UNKNOWN:,} operations that could not be compared are counted, not listed" in said
    assert "lines of what was not judged are counted, not listed" in said


def test_links_into_a_big_page_all_lead_somewhere(biggest: Big) -> None:
    report, _, page = biggest
    ids = page.attribute("id")
    assert len(ids) == len(set(ids))
    assert {h[1:] for h in page.attribute("href")} <= set(ids)
    assert {f"f-{f.fingerprint}" for f in report.findings} <= set(ids)


def test_evidence_is_kept_for_errors_first(biggest: Big, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "BUDGET", 40_000)
    data = html.render(big_report(1_000)).decode()
    cards = re.split(r'<details class="card (\w+)"', data)[1:]
    shown = [(tone, "<figure>" in body) for tone, body in zip(cards[::2], cards[1::2], strict=True)]
    with_evidence = [tone for tone, there in shown if there]
    assert with_evidence
    assert set(with_evidence) == {"bad"}
    assert shown[: len(with_evidence)] == [("bad", True)] * len(with_evidence)
    full = Page(data.encode()).text
    assert re.search(r"\d+ cards only name their exchanges \(transcript\.jsonl has them\)", full)
    report, _, page = biggest
    errors = sum(f.severity is Severity.ERROR for f in report.findings)
    assert page.text.count("405 Method Not Allowed") > min(errors, 100)


def test_a_matrix_beyond_all_bounds_counts_what_it_does_not_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_ROWS >= 4_546  # what 10,000 operations usually are
    monkeypatch.setattr("auditor.differ.output.matrix.MAX_ROWS", 30)
    report = big_report(300)
    page = Page(html.render(report))
    rows = [e for e in page.all("tr") if e.attributes.get("class") == "row"]
    assert len(rows) == 30
    missing = len(report.contracts[0].paths) - 30
    assert f"{missing} paths are counted, not drawn" in page.text
    assert "of them only in report.json" in page.text


def test_a_small_page_leaves_nothing_out() -> None:
    assert 'class="quiet left-out"' not in html.render(big_report(50)).decode()


@pytest.mark.needs("chromium")
def test_a_big_page_filters_and_follows_links(biggest: Big, show: Open) -> None:  # noqa: F811
    report, _, _ = biggest
    last = report.findings[-1]
    tab = show(report, fragment=f"#f-{last.fingerprint}")
    assert tab.page.locator(f"#f-{last.fingerprint}").is_visible()
    tab.page.fill("#q", f"{last.path} {last.rule}")
    tab.page.locator("tr.row:visible").first.wait_for()
    assert tab.page.locator("tr.row:visible").count() == 1
    assert tab.complaints == []
