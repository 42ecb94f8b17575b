"""Few nights: the pictures are as long as there are nights, and what was compared with nothing is not called old."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from auditor import siting
from tests.output.pages import Page
from tests.output.test_browser import browser  # noqa: F401 - a fixture
from tests.site.fleet import LAST, quieter, renamed, write
from tests.site.test_standing import GOOD, RICH

HOLD = quieter(RICH, 3, 1)
NOW = LAST + timedelta(hours=5)


def page(root: Path, report: dict[str, Any], *nights: int, lang: str = "en") -> Page:
    """The page over a service whose runs are of so many nights ago."""
    for ago in nights:
        write(root / f"orders/{ago}", renamed(report, "Orders", LAST - timedelta(days=ago)))
    siting.build(root, None, 60, siting.MAX_AGE, NOW, lang)
    return Page((root / "index.html").read_bytes())


def boxes(found: Page) -> list[int]:
    """The widths of what is drawn for the nights of the first service."""
    (svg, *_) = [e for e in found.all("svg") if e.attributes.get("role") == "img"]
    drawn = [e.attributes["d"] or "" for e in found.all("path") if e.attributes["class"] == "base"]
    assert int(svg.attributes["width"] or 0) >= 12
    return [int(n) for n in re.findall(r"h(\d+)v", drawn[0])]


def test_one_night_is_a_bar_that_can_be_seen_and_is_called_one(tmp_path: Path) -> None:
    found = page(tmp_path, HOLD, 0)
    assert boxes(found) == [12]
    assert "night of 20 Nov" in found.text
    assert "throughout" not in found.text
    labels = [e.attributes["aria-label"] or "" for e in found.all("svg") if e.attributes.get("role") == "img"]
    assert re.match(r"Night of 20 Nov: \d+ errors? and \d+ warnings? on 20 Nov; ", labels[0])


@pytest.mark.parametrize(("ago", "nights", "width"), [(1, 2, 12), (9, 10, 9), (31, 32, 3), (59, 60, 3)])
def test_the_picture_begins_with_the_first_night_that_there_is(
    ago: int, nights: int, width: int, tmp_path: Path
) -> None:
    found = page(tmp_path, HOLD, 0, ago)
    assert set(boxes(found)) == {width}
    assert f"{nights} nights to 20 Nov" in found.text
    assert "throughout" in found.text


@pytest.mark.parametrize(
    ("nights", "lang", "said"),
    [
        ((0,), "en", "Nothing could be compared with the night before."),
        ((0,), "de", "Mit der Nacht davor war nichts zu vergleichen."),
        ((3, 4), "en", "Nothing could be compared with the night before."),
        ((0, 1), "en", "No error is new since the night before."),
    ],
)
def test_nothing_is_called_old_that_was_compared_with_nothing(
    nights: tuple[int, ...], lang: str, said: str, tmp_path: Path
) -> None:
    assert said in page(tmp_path, HOLD, *nights, lang=lang).text


def test_what_could_be_compared_is_counted_where_it_is_not_all(tmp_path: Path) -> None:
    write(tmp_path / "stock", renamed(GOOD, "Stock", LAST))
    found = page(tmp_path, HOLD, 0, 1)
    assert "1 of 2 services could be compared with the night before: no error is new there." in found.text


@pytest.mark.needs("chromium")
@pytest.mark.parametrize("nights", [1, 2, 10, 60])
def test_the_head_of_the_nights_is_one_line_and_the_picture_is_as_wide_as_it_is_drawn(
    nights: int,
    browser: Any,  # noqa: F811
    tmp_path: Path,
) -> None:
    page(tmp_path, HOLD, *{0, nights - 1})
    for width in (1280, 1140):
        tab = browser.new_page(viewport={"width": width, "height": 900})
        tab.goto((tmp_path / "index.html").as_uri())
        script = "e => [e.getBoundingClientRect().height, e.getBoundingClientRect().width]"
        height, _ = tab.locator(".services .span").evaluate(script)
        assert height < 45
        _, drawn = tab.locator(".services .trend").evaluate(script)
        wanted = int(tab.locator(".services .trend").get_attribute("width"))
        assert drawn >= min(wanted, 140)
        tab.close()
