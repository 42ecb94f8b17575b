"""The index in a real Chromium: without scripts, filters in the address, keys, light, dark, narrow, printed, axe."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from auditor import siting
from tests.needs import find
from tests.output.addresses import ends
from tests.output.test_browser import CONTRAST, Tab, browser  # noqa: F401 - a fixture
from tests.site.fleet import fleet, troubles

pytestmark = pytest.mark.needs("chromium")

Open = Callable[..., Tab]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    now = datetime.now(UTC)
    fleet(folder, 6, 20, now - timedelta(hours=5))
    troubles(folder, now)
    siting.build(folder, None, 60, siting.MAX_AGE, now)
    siting.build(folder, folder / "de.html", 60, siting.MAX_AGE, now, "de")
    return folder


@pytest.fixture
def show(browser: Any, root: Path) -> Iterator[Open]:  # noqa: F811
    contexts = []

    def show_(address: str = "", *, width: int = 1280, **options: Any) -> Tab:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        tab = Tab(context.new_page())
        tab.page.on("console", lambda message: tab.complaints.append(message.text))
        tab.page.on("pageerror", lambda error: tab.complaints.append(str(error)))
        tab.page.on("request", lambda request: tab.complaints.extend([request.url] * (request.url[:5] != "file:")))
        tab.page.goto((root / "index.html").as_uri() + address)
        return tab

    yield show_
    for context in contexts:
        context.close()


def names(tab: Tab) -> list[str]:
    return [n.strip() for n in tab.page.locator(".services .name").filter(visible=True).all_inner_texts()]


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_browser_has_no_complaint(scripts: bool, scheme: str, show: Open) -> None:
    tab = show(java_script_enabled=scripts, color_scheme=scheme)
    tab.page.wait_for_load_state()
    assert tab.complaints == []
    assert tab.page.title().startswith("Hold: ")
    assert tab.page.locator("#tools").is_visible() is scripts
    assert len(names(tab)) == 6 + 13
    assert tab.page.locator("#aged").is_hidden()


def test_what_holds_and_what_is_not_judged_is_on_the_first_screen(show: Open) -> None:
    tab = show()
    for key in ("bad", "unk"):
        box = tab.page.locator(f".board > .{key}").bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < 900
    shelf = tab.page.locator(".board > .unk").inner_text()
    for name in ("Stale API", "Unfinished API", "Cut off API", "Emptied API", "Newer schema API", "Ahead API"):
        assert name in shelf


def test_one_click_leads_to_the_report(show: Open, root: Path) -> None:
    tab = show()
    tab.page.locator(".services a.name", has_text="Drifting API").click()
    assert tab.page.title() == "a report"
    assert tab.page.url.startswith((root / "drifting-api").as_uri())


def test_the_filter_stands_in_the_address(show: Open) -> None:
    tab = show()
    tab.page.select_option("#show", "unjudged")
    assert "Stale API" in names(tab)
    assert "Drifting API" not in names(tab)
    ends(tab.page, "index.html#?show=unjudged")
    tab.page.fill("#q", "cut off")
    assert names(tab) == ["Cut off API"]
    assert tab.page.inner_text("#found") == "1 of 19 services"
    assert tab.page.locator("#runs ~ details").filter(visible=True).count() == 1
    assert tab.page.locator(".chips [data-row]").filter(visible=True).count() == 1
    again = show("#" + tab.page.url.partition("#")[2])
    assert names(again) == ["Cut off API"]
    again.page.click("#clear")
    assert len(names(again)) == 19
    assert "?" not in str(again.run("location.hash"))
    assert again.complaints == []


def test_owner_environment_and_news_filter(show: Open) -> None:
    tab = show()
    tab.page.select_option("#owner", "team-money")
    assert "Drifting API" in names(tab)
    assert "Careful API" not in names(tab)
    tab.page.select_option("#owner", "")
    tab.page.select_option("#show", "new")
    fresh = names(tab)
    assert "Drifting API" in fresh
    assert "Stale and held API" not in fresh
    tab.page.select_option("#show", "")
    tab.page.select_option("#env", "prod")
    assert "Stale and held API" in names(tab)
    assert "Stale API" not in names(tab)


def test_an_address_that_asks_for_what_is_not_there_shows_all(show: Open) -> None:
    tab = show("#?owner=nobody&show=%3Cscript%3E&env=mars")
    assert len(names(tab)) == 19
    assert tab.complaints == []


def test_the_keys(show: Open) -> None:
    tab = show()
    focused = "document.activeElement.closest('tr').querySelector('.name').textContent"
    order = names(tab)
    for key, expected in (("n", order[0]), ("n", order[1]), ("p", order[0]), ("p", order[-1])):
        tab.page.keyboard.press(key)
        assert tab.run(focused) == expected
    tab.page.keyboard.press("/")
    tab.page.keyboard.type("n?")
    assert tab.page.input_value("#q") == "n?"
    tab.page.keyboard.press("Escape")
    tab.page.keyboard.press("?")
    assert tab.page.locator("#help").is_visible()


def test_a_link_to_the_nights_of_a_service_opens_them(show: Open) -> None:
    tab = show("#?show=hold")
    row = tab.page.locator(".services .item", has_text="Drifting API")
    row.get_by_role("link", name="every run of Drifting API").click()
    tab.page.locator("details[open] ol li").first.wait_for(state="visible")
    stale = tab.page.locator(".services .item", has_text="Stale API").get_attribute("id") or ""
    linked = show(f"#{stale}?show=hold")
    assert linked.page.locator(f"#{stale}").is_visible(), "a link beats a filter that hides where it leads"


def test_a_page_that_nobody_builds_any_more_says_so(show: Open, root: Path) -> None:
    siting.build(root, root / "old.html", 60, siting.MAX_AGE, datetime.now(UTC) - timedelta(days=3))
    tab = show("/../old.html")
    note = tab.page.locator("#aged")
    assert note.is_visible()
    assert note.inner_text().startswith("This page is 3 d old")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_is_enough(scheme: str, show: Open) -> None:
    tab = show(color_scheme=scheme)
    tab.run("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert tab.run(CONTRAST) == []


@pytest.mark.parametrize("width", [390, 320])
def test_a_narrow_page_does_not_scroll_sideways(width: int, show: Open) -> None:
    tab = show(width=width)
    tab.run("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert tab.run("document.documentElement.scrollWidth") <= width
    sheets = "Array.from(document.querySelectorAll('.sheet'))"
    assert tab.run(f"{sheets}.filter((s) => s.scrollWidth > s.clientWidth).length") == 0


def test_paper_gets_the_services_and_not_every_night(show: Open) -> None:
    tab = show(java_script_enabled=False)
    tab.page.emulate_media(media="print")
    assert len(names(tab)) == 19
    for part in ("nav", "#tools", "#runs"):
        assert tab.page.locator(part).is_hidden()
    assert tab.page.locator("#unread").is_visible()
    assert 1 < len(re.findall(rb"/Type\s*/Page\b", tab.page.pdf(prefer_css_page_size=True))) <= 6


@pytest.mark.needs("axe")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_no_violation(width: int, scheme: str, show: Open) -> None:
    assert violations(show(width=width, color_scheme=scheme, bypass_csp=True)) == []


def violations(tab: Tab) -> list[str]:
    """What axe finds. The page's own policy would not let it in; that it holds is tested elsewhere."""
    tab.run("document.querySelectorAll('details').forEach(d => d.open = true)")
    tab.page.add_script_tag(path=find("axe"))
    result: dict[str, Any] = tab.run("axe.run()")
    assert len(result["passes"]) > 20
    return [f"{v['id']}: {v['help']} ({len(v['nodes'])}) {v['nodes'][0]['html'][:200]}" for v in result["violations"]]
