"""The page in a real Chromium: with and without scripts, light and dark, wide, narrow and printed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from auditor.differ.output import html
from auditor.model.report import Report
from tests.needs import find
from tests.output.hostile import hostile
from tests.output.rich import rich
from tests.output.sample import in_sync, one_environment, undecided

pytestmark = pytest.mark.needs("chromium")

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"]

CONTRAST = """
() => {
  const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = (rgb) => {
    const linear = (v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    const [r, g, b] = rgb.slice(0, 3).map((v) => linear(v / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = Array.from(element.childNodes).some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !element.checkVisibility() || element.matches(".sr, .skip, script, option")) continue;
    const [a, b] = [light(parse(getComputedStyle(element).color)), light(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) found.push(element.tagName + "." + element.className + " " + ratio.toFixed(2));
  }
  return [...new Set(found)];
}
"""
"""Text whose contrast is below WCAG 2.2 AA (SC 1.4.3) for normal text."""


@dataclass
class Tab:
    """An open page, and everything the browser complained about."""

    page: Any
    complaints: list[str] = field(default_factory=list)

    def dismiss(self, dialog: Any) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def run(self, code: str) -> Any:
        return self.page.evaluate(code)


Open = Callable[..., Tab]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=find("chromium"), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def show(browser: Any, tmp_path: Path) -> Iterator[Open]:
    contexts = []

    def show_(report: Report, *, fragment: str = "", width: int = 1280, **options: Any) -> Tab:
        file = tmp_path / "report.html"
        file.write_bytes(html.render(report))
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        tab = Tab(context.new_page())
        tab.page.on("console", lambda message: tab.complaints.append(message.text))
        tab.page.on("pageerror", lambda error: tab.complaints.append(str(error)))
        tab.page.on("dialog", tab.dismiss)
        tab.page.on("request", lambda request: tab.complaints.extend([request.url] * (request.url[:5] != "file:")))
        tab.page.goto(file.as_uri() + fragment)
        return tab

    yield show_
    for context in contexts:
        context.close()


@pytest.mark.parametrize("sample", [rich, in_sync, undecided, one_environment, hostile])
@pytest.mark.parametrize("scripts", [True, False])
def test_the_browser_has_no_complaint(sample: Callable[[], Report], scripts: bool, show: Open) -> None:
    tab = show(sample(), java_script_enabled=scripts)
    tab.page.wait_for_load_state()
    assert tab.complaints == []
    assert tab.page.title().split(" ")[0] in ("Hold", "Promote", "Cannot", "Drifts")


def test_without_scripts_everything_can_be_read(show: Open) -> None:
    tab = show(rich(), java_script_enabled=False)
    cards = tab.page.locator("details.card > summary")
    assert cards.count() == len(rich().findings) - 1
    assert tab.page.get_by_text("DELETE /orders/{orderId} is documented, but dev and stage refuse it").is_visible()
    assert tab.page.locator("#tools").is_hidden()
    row = tab.page.locator("tr.row", has_text="/admin/metrics")
    assert row.is_hidden()
    tab.page.get_by_text("2 paths show no drift").click()
    assert row.is_visible()


def test_the_style_applies_by_its_hash(show: Open) -> None:
    tab = show(rich())
    assert tab.run("getComputedStyle(document.querySelector('.card')).borderLeftWidth") == "4px"


def test_the_matrix_filter(show: Open) -> None:
    tab = show(rich())
    visible = tab.page.locator("tr.row:visible")
    before = visible.count()
    tab.page.select_option("#show", "open")
    assert tab.page.locator("tr.row:visible", has_text="/admin/metrics").count() == 1
    assert tab.page.locator("tr.row:visible", has_text="/orders/count").count() == 0
    tab.page.select_option("#show", "drift")
    tab.page.select_option("#env", "2")
    assert visible.all_inner_texts() != []
    paths = [text.split("\t")[0].strip() for text in visible.all_inner_texts()]
    assert paths == ["/orders", "/orders/{orderId}/refunds", "/carts/{cartId}", "/carts/{cartId}/items"]
    assert tab.page.locator("tr.row:visible .tri > :visible").count() == tab.page.locator("tr.row:visible .tri").count()
    assert "4 of 11 paths" in tab.page.inner_text("#found")
    tab.page.select_option("#show", "all")
    tab.page.select_option("#env", "")
    assert visible.count() == before


def test_the_search_looks_at_paths_and_findings(show: Open) -> None:
    tab = show(rich())
    tab.page.fill("#q", "carts gateway")
    assert tab.page.locator("details.card:visible").count() == 1
    tab.page.fill("#q", "legacy")
    assert tab.page.locator("tr.row:visible").count() == 1
    tab.page.fill("#q", "nothing like it")
    assert tab.page.locator("tr.row:visible").count() == 0
    assert "0 of 11 paths, 0 of" in tab.page.inner_text("#found")


def test_the_keys(show: Open) -> None:
    tab = show(rich())
    cards = [c["id"] for c in tab.run("Array.from(document.querySelectorAll('details.card')).map((d) => ({id: d.id}))")]
    focused = "document.activeElement.closest('details.card').id"
    tab.page.keyboard.press("n")
    tab.page.keyboard.press("n")
    assert tab.run(focused) == cards[1]
    tab.page.keyboard.press("p")
    assert tab.run(focused) == cards[0]
    tab.page.keyboard.press("/")
    assert tab.run("document.activeElement.id") == "q"
    tab.page.keyboard.type("n?")
    assert tab.page.input_value("#q") == "n?"
    tab.page.keyboard.press("Escape")
    tab.page.keyboard.press("?")
    assert tab.page.locator("#help").is_visible()


def test_a_link_to_a_finding_opens_its_card(show: Open) -> None:
    warning = next(f for f in rich().findings if f.rule == "server-error")
    tab = show(rich(), fragment=f"#f-{warning.fingerprint}")
    assert tab.page.locator(f"#f-{warning.fingerprint} dl.five").is_visible()
    waived = next(f for f in rich().findings if f.path == "/legacy/prices")
    tab.page.locator(f"table.matrix a[href='#f-{waived.fingerprint}']").click()
    tab.page.locator(f"#f-{waived.fingerprint} dl.five").wait_for(state="visible")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("sample", [rich, undecided, one_environment])
def test_contrast_is_enough(sample: Callable[[], Report], scheme: str, show: Open) -> None:
    tab = show(sample(), color_scheme=scheme)
    tab.run("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert tab.run(CONTRAST) == []


def test_dark_is_dark(show: Open) -> None:
    paper = "getComputedStyle(document.body).backgroundColor"
    assert show(rich(), color_scheme="dark").run(paper) == "rgb(20, 23, 27)"
    assert show(rich(), color_scheme="light").run(paper) == "rgb(252, 252, 250)"


@pytest.mark.parametrize("sample", [rich, hostile])
@pytest.mark.parametrize("width", [390, 320])
def test_a_narrow_page_does_not_scroll_sideways(sample: Callable[[], Report], width: int, show: Open) -> None:
    tab = show(sample(), width=width)
    tab.run("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert tab.run("document.documentElement.scrollWidth") <= width


def test_print_opens_every_fold(show: Open) -> None:
    tab = show(rich(), java_script_enabled=False)
    tab.page.emulate_media(media="print")
    assert tab.page.locator("tr.row", has_text="/admin/metrics").is_visible()
    for fold in tab.page.locator("details.card .five").all():
        assert fold.is_visible()
    assert tab.page.locator("nav").is_hidden()


def test_paper_gets_one_line_for_each_exchange(show: Open) -> None:
    tab = show(rich(), java_script_enabled=False, width=688)
    lines = tab.page.locator(".ev p.paper")
    assert lines.filter(visible=True).count() == 0
    tab.page.emulate_media(media="print")
    assert lines.filter(visible=True).count() == lines.count() == tab.page.locator(".ev figure").count() > 0
    assert "OPTIONS /v1/orders/orderId-1042 → 200 · Allow: GET, HEAD, PUT, PATCH" in lines.all_inner_texts()
    assert tab.page.locator("p.hint").is_visible()
    for full in (".ev pre", ".ev .facts", ".ev figcaption", ".long"):
        assert tab.page.locator(full).filter(visible=True).count() == 0
    assert tab.page.locator("pre.curl").filter(visible=True).count() == tab.page.locator("pre.curl").count()
    assert tab.run("document.documentElement.scrollWidth") <= 688


def test_paper_is_short(show: Open) -> None:
    tab = show(rich())
    pages = re.findall(rb"/Type\s*/Page\b", tab.page.pdf(format="A4"))
    assert 1 < len(pages) <= 10


def test_a_narrow_promotion_table_shows_all_of_a_path(show: Open) -> None:
    tab = show(rich(), width=390)
    tab.run("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    sheets = "Array.from(document.querySelectorAll('.diff')).map((table) => table.parentElement)"
    assert tab.page.locator(".diff").count() > 1
    assert tab.run(f"{sheets}.filter((sheet) => sheet.scrollWidth > sheet.clientWidth).length") == 0
    assert tab.page.locator(".diff [role=rowheader]").first.is_visible()
