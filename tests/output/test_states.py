"""Empty, extreme and unknown: each state says what it must, and none reads like a pass that is none."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from auditor.differ.output import html
from tests.output.pages import Page
from tests.output.states import EIGHT, LONG_NAME, LONG_PATH, STATES
from tests.output.test_browser import Open, browser, show  # noqa: F401 - fixtures

SAYS = {
    "no drift": ("Promote: stage can be promoted to prod.", "No finding needs attention.",
                 "Every documented operation was judged.", "11 paths agree everywhere", "no change"),
    "nothing known": ("Cannot say whether stage can be promoted to prod.", "What would settle it", "Give credentials",
                      "that is no all-clear", "nothing compared", "is not known"),
    "one environment": ("Drifts: prod and the description disagree.", "To bring them together",
                        "One environment was audited, so there is nothing to promote."),
    "eight environments": ("Promote: prod-us can be promoted to prod-ap.", "Earlier in the chain:", "canary → prod-eu",
                           "Callers of prod-eu would lose 1 documented method."),
    "unreachable": ("Cannot say whether stage can be promoted to prod.", "The audit is incomplete:", "unreachable",
                    "19 cells unreachable", "check it, then audit again", "nothing compared", "no all-clear"),
    "one cause": ("400 errors on 1 card", "400 findings on 400 paths", "388 more differences", "200 more paths drift"),
    "long": ("Hold: do not promote", LONG_NAME, "Before a-very-long"),
    "empty": ("Cannot say whether stage can be promoted to prod.", "The description documents no path.",
              "No operation is documented, so there was none to judge.", "nothing documented", "no all-clear"),
    "infos": ("Promote: stage can be promoted to prod.", "11 infos on 11 cards"),
}  # fmt: skip
"""What a reader must be told in each state."""

LOOKED = {"no drift", "infos", "one environment", "eight environments", "one cause", "long"}
"""States in which enough was decided to say anything at all."""

each_state = pytest.mark.parametrize("name", STATES)


def test_every_state_has_its_words() -> None:
    assert SAYS.keys() == STATES.keys()


@each_state
def test_it_says_what_it_must(name: str) -> None:
    page = Page(html.render(STATES[name]()))
    text = page.text.replace(" .", ".")
    for words in SAYS[name]:
        assert words in text, words
    assert page.problems == []
    ids = set(page.attribute("id"))
    assert all(h[1:] in ids for h in page.attribute("href"))


@each_state
def test_what_could_not_be_looked_at_never_reads_like_a_pass(name: str) -> None:
    page = Page(html.render(STATES[name]()))
    head = page.all("title")[0].text
    green = [e for e in page.elements if {"verdict", "ok"} <= set((e.attributes.get("class") or "").split())]
    if name in LOOKED:
        assert not head.startswith("Cannot say")
        return
    assert head.startswith("Cannot say")
    assert green == []
    assert "No finding needs attention" not in page.text
    assert "no change" not in page.text.split(" Methods by path ")[0].split("→")[-1]
    assert "from stage to prod" not in page.text


def test_an_environment_of_which_nothing_is_known_is_not_green() -> None:
    page = Page(html.render(STATES["nothing known"]()))
    tags = [e.attributes["class"] for e in page.all("span") if e.text == "complete"]
    assert tags == [], "that an audit ended is no news"


def test_four_hundred_findings_of_one_cause_are_one_card() -> None:
    page = Page(html.render(STATES["one cause"]()))
    assert len([e for e in page.all("details") if "card" in (e.attributes.get("class") or "")]) == 1
    assert len([i for i in page.attribute("id") if i.startswith("f-")]) == 400


def test_differences_that_do_not_fit_wait_in_a_fold_the_worst_do_not() -> None:
    data = html.render(STATES["one cause"]()).decode()
    first, rest = data.split("388 more differences", 1)
    assert first.count('<tr class="item"') == 12
    assert rest.count('<tr class="item"') == 388


@pytest.mark.needs("chromium")
def test_eight_environments_fit_a_wide_screen(show: Open) -> None:  # noqa: F811
    tab = show(STATES["eight environments"]())
    grid = "document.querySelector('.grid')"
    assert tab.run(f"{grid}.scrollWidth <= {grid}.clientWidth")
    assert tab.page.locator(".chain .box").count() == len(EIGHT)
    tops = tab.run("Array.from(document.querySelectorAll('.chain .box')).map((b) => b.getBoundingClientRect())")
    rows = sorted({(round(t["top"]), round(t["bottom"])) for t in tops})
    assert all(a[1] < b[0] for a, b in pairwise(rows))


@pytest.mark.needs("chromium")
@pytest.mark.parametrize("width", [1280, 375])
@each_state
def test_nothing_sticks_out(name: str, width: int, show: Open) -> None:  # noqa: F811
    tab = show(STATES[name](), width=width)
    tab.run("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert tab.run("document.documentElement.scrollWidth") <= width
    assert tab.complaints == []


def test_a_long_path_is_whole_where_it_is_needed() -> None:
    data = html.render(STATES["long"]()).decode()
    assert re.search(r'title="[^"]*' + re.escape(LONG_PATH), data)
    assert LONG_PATH in data.split('<pre class="curl"')[1].split("</pre>")[0]
