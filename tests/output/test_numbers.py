"""Numbers with the same words are the same number, and marks say what the counts say."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from auditor.cli import app
from auditor.differ.output import html
from auditor.differ.output.cards import cell_index
from auditor.differ.output.html_lines import line
from auditor.differ.output.matrix import matrix
from auditor.model.cell import Basis, Cell, Reason
from auditor.model.exchange import Exchange, Failure, Purpose
from auditor.model.finding import Finding, Severity
from auditor.model.report import Report
from tests.output.hostile import hostile
from tests.output.pages import Element, Page
from tests.output.rich import rich
from tests.output.sample import (
    CHAIN,
    Key,
    assemble,
    exchange,
    finding,
    in_sync,
    known,
    one_environment,
    result,
    undecided,
    unknown,
)

WORDS = ("supported", "not supported", "not judged", "left out")


def _with(*found: Finding, cells: Iterable[tuple[Key, Cell]] = ()) -> Report:
    return assemble([result(e, i) for i, e in enumerate(CHAIN)], dict(cells), found)


def _classed(page: Page, name: str) -> list[Element]:
    return [e for e in page.elements if name in (e.attributes.get("class") or "").split()]


def _counts(text: str) -> dict[str, int]:
    """`3 supported · 1 not judged of 4 documented operations` as numbers by word."""
    parts = re.findall(r"([\d,]+) (supported|not supported|not judged|left out|documented operations?)\b", text)
    return {word.removesuffix("s") if "doc" in word else word: int(n.replace(",", "")) for n, word in parts}


def _by_environment(page: Page) -> list[dict[str, int]]:
    """The numbers of the table of environments, a row each."""
    cells = [(e.attributes.get("data-in"), e.text) for e in _classed(page, "n") if e.tag == "td"]
    numbers = [(word, int(text.replace(",", ""))) for word, text in cells if word in WORDS]
    step = len({word for word, _ in numbers})
    return [dict(numbers[i : i + step]) for i in range(0, len(numbers), step)]  # type: ignore[arg-type]


@pytest.mark.parametrize("sample", [rich, in_sync, undecided, one_environment, hostile])
def test_tiles_cards_and_sums_say_the_same_and_add_up(sample: Callable[[], Report]) -> None:
    report = sample()
    page = Page(html.render(report))
    totals = report.totals
    want = dict(zip(WORDS, (totals.supported, totals.unsupported, totals.undetermined, totals.excluded), strict=True))
    (found,) = [c for e in _classed(page, "sums") if (c := _counts(e.text))]
    assert found.pop("documented operation") == totals.documented == sum(want.values())
    assert found == {k: n for k, n in want.items() if n or k != "left out"}
    extent = next(e.text for e in page.elements if e.attributes.get("id") == "of-operations")
    assert _counts(extent)["documented operation"] == totals.documented
    assert _counts(extent).get("left out", 0) == totals.excluded
    labels = (e.attributes.get("aria-label") or "" for e in _classed(page, "bar"))
    bars = [c for text in labels if (c := _counts(text))]
    assert len(bars) == len(_by_environment(page)) == len(report.environments)
    for bar, row in zip(bars, _by_environment(page), strict=True):
        assert bar.pop("documented operation") == sum(bar.values()) == sum(row.values())
        assert Counter(bar) == Counter(row)
    assert sum((Counter(c) for c in bars), Counter()) == Counter(want)
    tiles = page.text.split(" Environments ")[0]
    for word in WORDS[:3]:
        assert f" {want[word]:,} {word}" in tiles


def test_undocumented_methods_are_counted_apart() -> None:
    page = Page(html.render(rich()))
    said = re.findall(r"and (\d) undocumented", page.text.split(" Search ")[0])
    assert said == ["2", "1"], "dev and stage; none in prod"


def test_each_environment_tells_how_many_requests_it_was_sent() -> None:
    report = rich()
    page = Page(html.render(report))
    told = [e.text for e in page.all("td") if e.attributes.get("data-in") == "Requests"]
    assert told == [str(e.requests) for e in report.environments]
    assert len(set(told)) > 1


def test_the_cards_tell_how_many_findings_they_hold() -> None:
    t = rich().totals
    said = f"{t.errors} errors, {t.warnings} warnings, 1 info and 1 waived finding on {len(rich().findings) - 1} cards"
    assert said in Page(html.render(rich())).text


def test_what_is_not_judged_and_yet_redirected_counts_once() -> None:
    f = finding("redirect-changes-method", "/orders", "POST", {"stage": "301"}, title="POST is redirected")
    report = _with(f, cells=[unknown("stage", "/orders", "POST", Reason.MODE_FORBIDS)])
    page = Page(html.render(report))
    assert report.totals.undetermined == 1
    assert "stage; counted here only, although redirect-changes-method speaks of it" in page.text
    marks = [e.attributes.get("aria-label") for e in _classed(page, "bad") if e.text == "↪"]
    assert "stage: redirect changes the method; not judged: not sent in safe mode" in marks


@pytest.mark.parametrize("severity", [Severity.ERROR, Severity.WARNING])
def test_a_method_that_fails_does_not_look_healthy(severity: Severity) -> None:
    f = finding("server-error", "/orders/count", "GET", {"prod": "500"}, severity, title="GET fails")
    page = Page(html.render(_with(f)))
    linked = [
        e for e in page.all("a") if e.attributes["href"] == f"#f-{f.fingerprint}" and "aria-label" in e.attributes
    ]
    assert [(e.attributes["class"], e.text, e.attributes["aria-label"]) for e in linked] == [
        ("bad broken", "!", "prod: supported, but fails")
    ]
    assert [e.attributes["class"] for e in page.all("span") if e.text == "!"] == ["bad broken"]  # in the legend


def test_a_path_with_a_warning_of_its_own_is_not_folded_away() -> None:
    f = finding("allow-missing", "/orders/count", "", {"prod": "405"}, Severity.WARNING, title="405 without Allow")
    report = _with(f, cells=[unknown("stage", "/orders/count", "PUT", Reason.MODE_FORBIDS)])
    m = matrix(report, cell_index(report))
    assert [r.path for g in m.drifting for r in g.rows] == ["/orders/count"]
    page = Page(html.render(report))
    flags = [e for e in page.all("a") if "flag" in (e.attributes.get("class") or "")]
    assert [(e.text, e.attributes["href"]) for e in flags] == [("allow-missing in prod", f"#f-{f.fingerprint}")]
    assert "a finding about the whole path" in page.text


def test_an_info_about_a_path_leaves_it_folded() -> None:
    f = finding("environments-disagree", "/orders/count", "", {"prod": "405"}, Severity.INFO, title="differently")
    m = matrix(_with(f), cell_index(_with(f)))
    assert m.drifting == ()
    assert not m.flagged


def test_a_missing_path_needs_no_flag_beside_its_marks() -> None:
    f = finding("path-missing", "/orders", "", {"prod": "404"}, title="not routed")
    report = _with(f, cells=[known("prod", "/orders", m, False, Basis.INFERRED) for m in ("GET", "POST")])
    m = matrix(report, cell_index(report))
    assert [(r.path, r.flags) for g in m.drifting for r in g.rows] == [("/orders", ())]


def test_a_card_of_several_methods_says_what_each_verdict_rests_on() -> None:
    f = replace(finding("path-missing", "/orders", "", {"prod": "404"}, title="not routed"), methods=("GET", "POST"))
    pairs = [known("prod", "/orders", "GET", False), known("prod", "/orders", "POST", False, Basis.INFERRED)]
    text = Page(html.render(_with(f, cells=pairs))).text
    assert "Rests on prod: GET sent and answered; POST not sent, follows from the path." in text
    assert "Rests on" not in Page(html.render(one_environment())).text


def test_only_the_demo_says_that_its_servers_are_gone() -> None:
    demo = replace(rich(), settings=(("deadline", "30s", "demo"),))
    assert "answered only while auditor demo runs" in Page(html.render(demo)).text
    assert "auditor demo" not in Page(html.render(rich())).text


def test_what_the_demo_is_said_to_offer_exists() -> None:
    demo = replace(rich(), settings=(("deadline", "30s", "demo"),))
    said = re.findall(r"auditor demo (--[a-z-]+)", Page(html.render(demo)).text)
    command = get_command(app)
    assert isinstance(command, TyperGroup)
    assert said
    assert set(said) <= {o for p in command.commands["demo"].params for o in p.opts}


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (exchange("prod", "GET", "/a"), "GET /v1/a → 200"),
        (exchange("prod", "PUT", "/a", 405, [("Allow", "GET, HEAD")]), "PUT /v1/a → 405 · Allow: GET, HEAD"),
        (exchange("prod", "PUT", "/a", 405, [("allow", "")]), "PUT /v1/a → 405 · Allow: (empty)"),
        (exchange("prod", "PUT", "/a", 405), "PUT /v1/a → 405 · no Allow"),
        (exchange("prod", "PUT", "/a", 405, [("Allow", None)]), "PUT /v1/a → 405"),
        (exchange("prod", "GET", "/a", 301, [("Location", "/b\x1b")]), r"GET /v1/a → 301 · to /b\x1b"),
        (exchange("prod", "GET", "/a", None, failure=Failure.REFUSED), "GET /v1/a → no answer: refused"),
        (exchange("prod", "GET", "/a", 404, purpose=Purpose.SIBLING),
         "GET /v1/a → 404 · control: a path that cannot exist"),
    ],
)  # fmt: skip
def test_an_exchange_in_one_line(made: Exchange, said: str) -> None:
    assert line(made) == said
