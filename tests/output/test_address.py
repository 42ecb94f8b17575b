"""The address holds what is looked at: a finding, a filter, or both; and keys act only where they may."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.output.addresses import ends
from tests.output.rich import rich
from tests.output.test_browser import Open, browser, show  # noqa: F401 - fixtures

pytestmark = pytest.mark.needs("chromium")

REFUNDS = next(f for f in rich().findings if f.rule == "path-missing")


def test_what_is_filtered_is_in_the_address_and_comes_back_from_it(show: Open) -> None:  # noqa: F811
    tab = show(rich())
    tab.page.select_option("#show", "drift")
    tab.page.select_option("#env", label="prod")
    tab.page.fill("#q", "carts gateway")
    fragment = "#?q=carts+gateway&show=drift&env=prod"
    assert tab.run("location.hash") == fragment
    again = show(rich(), fragment=fragment)
    assert again.page.input_value("#q") == "carts gateway"
    assert again.page.locator("#env option:checked").inner_text() == "prod"
    assert again.page.inner_text("#found") == tab.page.inner_text("#found") == "2 of 11 paths, 1 of 9 cards"
    again.page.locator("#clear").click()
    assert "?" not in str(again.run("location.hash"))
    assert again.complaints == tab.complaints == []


def test_the_owner_is_kept_too_and_what_does_not_exist_is_ignored(show: Open) -> None:  # noqa: F811
    tab = show(rich(), fragment="#?owner=platform")
    assert tab.page.input_value("#owner") == "platform"
    assert tab.page.inner_text("#found").startswith("1 of 11 paths")
    odd = show(rich(), fragment="#?owner=nobody&env=mars&show=%3Cscript%3E&q=%E0%A4%A")
    assert odd.page.input_value("#show") == "all"
    assert odd.page.input_value("#env") == ""
    assert odd.complaints == []


def test_a_finding_and_a_filter_together(show: Open) -> None:  # noqa: F811
    tab = show(rich(), fragment=f"#f-{REFUNDS.fingerprint}?show=drift")
    card = tab.page.locator(f"#f-{REFUNDS.fingerprint}")
    assert card.locator("dl.five").is_visible()
    assert "here" in str(card.get_attribute("class"))
    assert tab.page.input_value("#show") == "drift"
    tab.page.locator(".holder:has(#f-" + rich().findings[0].fingerprint + ") > a.self").click()
    ends(tab.page, f"#f-{rich().findings[0].fingerprint}?show=drift")
    assert tab.page.locator(".here").count() == 1


def test_open_all_clear_and_the_switch(show: Open) -> None:  # noqa: F811
    tab = show(rich())
    closed = "document.querySelectorAll('details.card:not([open])').length"
    assert tab.run(closed) > 0
    tab.page.keyboard.press("o")
    assert tab.run(closed) == 0
    tab.page.keyboard.press("o")
    assert tab.run("document.querySelectorAll('details.card[open]').length") == 0
    tab.page.fill("#q", "carts")
    tab.page.keyboard.press("Escape")
    tab.page.keyboard.press("c")
    assert tab.page.input_value("#q") == ""
    tab.page.keyboard.press("Escape")
    tab.page.keyboard.press("?")
    assert tab.page.locator("#help").is_visible()
    assert tab.page.locator("#help kbd").all_inner_texts() == ["/", "n", "p", "o", "c", "Esc", "?"]
    tab.page.uncheck("#single")
    tab.page.keyboard.press("Escape")
    assert tab.page.locator("#help").is_hidden()
    tab.page.keyboard.press("?")
    assert tab.page.locator("#help").is_hidden()


def test_focus_goes_in_the_order_of_reading(show: Open) -> None:  # noqa: F811
    tab = show(rich())
    where = "(() => { const r = document.activeElement.getBoundingClientRect(); return r.top + scrollY; })()"
    tops, names = [], []
    for _ in range(18):
        tab.page.keyboard.press("Tab")
        tops.append(tab.run(where))
        names.append(tab.run("document.activeElement.textContent.trim().slice(0, 20)"))
    assert names[0] == "Skip to findings"
    assert names[1] == "DELETE /orders/{orde"
    assert all(b >= a - 60 for a, b in pairwise(tops[1:])), list(zip(names, tops, strict=True))


def test_nothing_moves(show: Open) -> None:  # noqa: F811
    """Over thousands of pixels a smooth scroll takes a second and shows blank areas."""
    tab = show(rich(), reduced_motion="no-preference")
    assert tab.run("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
    assert tab.run("document.getAnimations().length") == 0


def test_every_sheet_of_paper_says_which_report_it_is(show: Open) -> None:  # noqa: F811
    style = str(show(rich()).run("document.querySelector('style').textContent"))
    heads = style.rsplit("@page {", 1)[1]
    assert '@top-left { content: "Hold' in heads
    assert "counter(page)" in heads
    assert "5c1e09ab" in heads


def test_a_head_cannot_end_its_string_or_its_element() -> None:
    from auditor.differ.output.html_paper import quoted

    assert quoted('a"b\\c</style>\n') == r'"a\22 b\5c c\3c \2f style\3e \5c n"'
