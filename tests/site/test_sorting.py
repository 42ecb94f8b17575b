"""The services in an order of the reader's own, in a real Chromium: by the column heads, in both languages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from auditor import siting
from auditor.differ.output import report_json
from auditor.differ.output.site.view import Row
from tests.output.addresses import ends
from tests.output.rich import rich
from tests.output.test_browser import CONTRAST, Tab, browser  # noqa: F401 - a fixture
from tests.site.fleet import renamed, settled, write
from tests.site.test_browser import Open, names, root, show, violations  # noqa: F401 - fixtures

pytestmark = pytest.mark.needs("chromium")

GERMAN = "/../de.html"
WORDS = ("Hold", "Drifts", "Incomplete", "Cannot say", "Unreadable", "Wrong clock", "Stale", "Promote with care",
         "In sync", "Promote")  # fmt: skip


def errors(row: Row) -> Any:
    brief = row.service.runs[0].brief
    return (brief.errors, brief.warnings) if brief else None


def new(row: Row) -> Any:
    known = row.service.changes is not None and row.service.runs[0].brief is not None and row.standing.fresh
    return (row.news.errors, row.news.warnings) if known else None


COLUMNS: dict[str, tuple[str, Callable[[Row], Any]]] = {
    "service": ("asc", lambda row: f"{row.service.name} {row.service.hint}".casefold()),
    "verdict": ("desc", lambda row: -WORDS.index(row.standing.word)),
    "errors": ("desc", errors),
    "new": ("desc", new),
    "run": ("desc", lambda row: row.service.runs[0].head.finished),
}
"""By column: the direction of the first click, and what is sorted by; None where that is not known."""


@pytest.fixture(scope="module")
def rows(root: Path) -> tuple[Row, ...]:  # noqa: F811
    built = siting.build(root, root / "again.html", 60, siting.MAX_AGE, datetime.now(UTC))
    return built.index.rows


def expected(rows: tuple[Row, ...], by: str, direction: str) -> list[str]:
    key = COLUMNS[by][1]
    known = sorted((r for r in rows if key(r) is not None), key=key, reverse=direction == "desc")
    return [f"s-{r.anchor}" for r in [*known, *(r for r in rows if key(r) is None)]]


def ids(tab: Tab) -> list[str]:
    found: list[str] = tab.run("Array.from(document.querySelectorAll('.services .item:not([hidden])'), (r) => r.id)")
    return found


def groups(tab: Tab) -> int:
    return int(tab.page.locator(".services .group").filter(visible=True).count())


def sorted_heads(tab: Tab) -> list[tuple[str, str]]:
    found = tab.run("Array.from(document.querySelectorAll('[aria-sort]'), (h) => [h.dataset.sort, h.ariaSort])")
    return [(by, how) for by, how in found]


@pytest.mark.parametrize("page", ["", GERMAN])
@pytest.mark.parametrize("by", COLUMNS)
def test_a_column_sorts_both_ways_and_then_not_at_all(by: str, page: str, show: Open, rows: tuple[Row, ...]) -> None:  # noqa: F811
    tab, first = show(page), COLUMNS[by][0]
    judged = [f"s-{r.anchor}" for r in rows]
    order, button = tab.page.inner_text("#order"), tab.page.locator(f"[data-sort={by}] button")
    assert ids(tab) == judged
    assert sorted_heads(tab) == []
    for direction in (first, "asc" if first == "desc" else "desc"):
        button.click()
        assert ids(tab) == expected(rows, by, direction)
        assert ids(tab) != judged
        assert sorted_heads(tab) == [(by, direction + "ending")]
        ends(tab.page, f"#?sort={by}&dir={direction}")
        assert groups(tab) == 0
        assert button.inner_text().split(" (")[0] in tab.page.inner_text("#order")
        again = show(page + "#" + tab.page.url.partition("#")[2])
        assert ids(again) == ids(tab)
        assert sorted_heads(again) == sorted_heads(tab)
    button.click()
    assert ids(tab) == judged
    assert sorted_heads(tab) == []
    assert "?" not in str(tab.run("location.hash"))
    assert groups(tab) == 4
    assert tab.page.inner_text("#order") == order
    assert tab.complaints == []


def test_the_keyboard_sorts_and_stays_where_it_is(show: Open) -> None:  # noqa: F811
    tab = show()
    tab.page.focus("[data-sort=errors] button")
    for how in ("descending", "ascending"):
        tab.page.keyboard.press("Enter")
        assert sorted_heads(tab) == [("errors", how)]
        assert tab.run("document.activeElement.parentNode.dataset.sort") == "errors"
    tab.page.keyboard.press("Tab")
    tab.page.keyboard.press("Space")
    assert sorted_heads(tab) == [("new", "descending")]
    tab.page.evaluate("document.activeElement.blur()")
    focused = "document.activeElement.closest('tr').id"
    for key, place in (("n", 0), ("n", 1), ("p", 0), ("p", -1)):
        tab.page.keyboard.press(key)
        assert tab.run(focused) == ids(tab)[place]


def test_filter_and_order_go_together(show: Open, rows: tuple[Row, ...]) -> None:  # noqa: F811
    tab = show("#?show=unjudged&sort=service&dir=desc")
    unjudged = {f"s-{r.anchor}" for r in rows if r.standing.group == "unjudged"}
    assert ids(tab) == [i for i in expected(rows, "service", "desc") if i in unjudged]
    tab.page.click("#clear")
    assert ids(tab) == expected(rows, "service", "desc"), "only filters are cleared"
    ends(tab.page, "#?sort=service&dir=desc")
    tab.page.locator(".board a.shelf").first.click()
    assert ids(tab) == [f"s-{r.anchor}" for r in rows], "a link to a group needs the groups"
    assert tab.page.locator(".group #hold").is_visible()
    ends(tab.page, "#hold")


@pytest.mark.parametrize("asked", ["sort=%3Cscript%3E&dir=desc", "sort=owner", "dir=asc", "sort="])
def test_an_order_that_is_not_there_is_none(asked: str, show: Open, rows: tuple[Row, ...]) -> None:  # noqa: F811
    tab = show("#?" + asked)
    assert ids(tab) == [f"s-{r.anchor}" for r in rows]
    assert (sorted_heads(tab), groups(tab)) == ([], 4)
    assert tab.complaints == []


def test_numbers_sort_as_numbers(show: Open, root: Path, tmp_path: Path) -> None:  # noqa: F811
    for n in (9, 100, 12):
        report = settled(report_json.to_dict(rich()))
        report["totals"]["errors"] = n
        write(tmp_path / str(n), renamed(report, f"API {n}", datetime.now(UTC)))
    siting.build(tmp_path, root / "numbers.html", 60, siting.MAX_AGE, datetime.now(UTC))
    for by in ("errors", "service"):
        assert names(show(f"/../numbers.html#?sort={by}&dir=asc")) == ["API 9", "API 12", "API 100"]


def test_a_direction_that_is_not_there_is_the_first(show: Open, rows: tuple[Row, ...]) -> None:  # noqa: F811
    assert ids(show("#?sort=errors&dir=up")) == expected(rows, "errors", "desc")


def test_without_scripts_heads_are_plain(show: Open) -> None:  # noqa: F811
    tab = show(java_script_enabled=False)
    assert tab.page.locator(".services thead button").count() == 0
    assert tab.page.locator(".services thead th").all_inner_texts()[:3] == ["Service", "Verdict", "Errors in"]


def test_heads_do_not_move_when_they_sort(show: Open) -> None:  # noqa: F811
    tab = show()
    boxes = "Array.from(document.querySelectorAll('thead button'), (b) => b.getBoundingClientRect().toJSON())"
    before = tab.run(boxes)
    for _ in range(2):
        tab.page.click("[data-sort=verdict] button")
        assert [b["width"] for b in tab.run(boxes)] == [b["width"] for b in before]


@pytest.mark.parametrize("width", [390, 320])
def test_a_narrow_page_sorts_too(width: int, show: Open, rows: tuple[Row, ...]) -> None:  # noqa: F811
    tab = show(GERMAN, width=width)
    assert tab.page.locator("thead button").filter(visible=True).count() == len(COLUMNS)
    tab.page.click("[data-sort=errors] button")
    assert ids(tab) == expected(rows, "errors", "desc")
    tab.run("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert tab.run("document.documentElement.scrollWidth") <= width
    sheets = "Array.from(document.querySelectorAll('.sheet'))"
    assert tab.run(f"{sheets}.filter((s) => s.scrollWidth > s.clientWidth).length") == 0
    assert tab.page.locator(".services thead").evaluate("(e) => getComputedStyle(e).clipPath") == "none"
    bare = show(GERMAN, width=width, java_script_enabled=False)
    assert bare.page.locator(".services thead").evaluate("(e) => e.getBoundingClientRect().width") <= 1


def test_paper_keeps_the_order(show: Open, rows: tuple[Row, ...]) -> None:  # noqa: F811
    tab = show("#?sort=errors&dir=desc")
    tab.page.emulate_media(media="print")
    assert ids(tab) == expected(rows, "errors", "desc")
    assert len(names(tab)) == len(rows)
    assert tab.run("getComputedStyle(document.querySelector('thead button'), '::after').display") == "none"


def test_the_script_speaks_the_language_of_the_page(show: Open, root: Path) -> None:  # noqa: F811
    tab = show(GERMAN)
    assert tab.page.title().startswith("Halt: ")
    tab.page.fill("#q", "cut off")
    assert tab.page.inner_text("#found") == "1 von 19 Diensten"
    tab.page.click("[data-sort=run] button")
    assert tab.page.inner_text("#order") == "geordnet nach „Letzter Lauf (UTC)“"
    assert tab.complaints == []
    siting.build(root, root / "alt.html", 60, siting.MAX_AGE, datetime.now(UTC) - timedelta(days=3), "de")
    assert show("/../alt.html").page.inner_text("#aged").startswith("Diese Seite ist 3 d alt: ")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_is_enough(scheme: str, show: Open) -> None:  # noqa: F811
    assert show(GERMAN + "#?sort=errors&dir=asc", color_scheme=scheme).run(CONTRAST) == []


@pytest.mark.needs("axe")
@pytest.mark.parametrize(("page", "width", "scheme"), [
    (GERMAN, 1280, "light"), (GERMAN, 390, "dark"), (GERMAN + "#?sort=new&dir=desc", 390, "light"),
    ("#?sort=errors&dir=desc", 1280, "dark"), ("#?sort=service&dir=asc", 1280, "light"),
])  # fmt: skip
def test_axe_finds_no_violation(page: str, width: int, scheme: str, show: Open) -> None:  # noqa: F811
    tab = show(page, width=width, color_scheme=scheme, bypass_csp=True)
    assert violations(tab) == []
    assert len(sorted_heads(tab)) == ("sort=" in page)
