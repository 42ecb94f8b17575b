from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import jinja2
import pytest

from auditor.differ.output import FORMATS, evidence, html, report_json
from auditor.model.finding import fingerprint
from auditor.model.report import Report
from auditor.resources import data_dir
from tests.output import pages
from tests.output.golden import check
from tests.output.hostile import HOSTILE, hostile
from tests.output.large import large
from tests.output.pages import Element, Page
from tests.output.rich import rich
from tests.output.sample import finding, in_sync, one_environment, undecided

SAMPLES = [rich, in_sync, undecided, one_environment, hostile]
TEMPLATES = data_dir("templates") / "report"
SOURCES = sorted(p.name for p in TEMPLATES.glob("*.j2"))

each_sample = pytest.mark.parametrize("sample", SAMPLES)


@each_sample
def test_the_page_is_well_formed(sample: Callable[[], Report]) -> None:
    data = FORMATS["html"].render(sample())
    assert Page(data).problems == []
    ids = Page(data).attribute("id")
    assert len(ids) == len(set(ids))


@each_sample
def test_it_reads_in_order_with_one_heading_and_landmarks(sample: Callable[[], Report]) -> None:
    page = Page(html.render(sample()))
    heads = [e.attributes["id"] for e in page.all("h2") if "id" in e.attributes]
    assert [h for h in heads if h != "help-title"] == ["promotion", "matrix", "findings", "not-judged", "appendix"]
    assert len(page.all("h1")) == 1
    for tag in ("main", "header", "footer", "nav"):
        assert len(page.all(tag)) == 1
    levels = [int(e.tag[1]) for e in page.elements if re.fullmatch(r"h[1-6]", e.tag)]
    assert all(b - a <= 1 for a, b in pairwise(levels))


@each_sample
def test_tables_have_captions_and_scopes(sample: Callable[[], Report]) -> None:
    page = Page(html.render(sample()))
    assert len(page.all("caption")) == len(page.all("table"))
    assert all(e.attributes.get("scope") in ("col", "row", "rowgroup") for e in page.all("th"))


@each_sample
def test_nothing_is_fetched_and_every_link_stays_on_the_page(sample: Callable[[], Report]) -> None:
    page = Page(html.render(sample()))
    ids = set(page.attribute("id"))
    assert all(h.startswith("#") and h[1:] in ids for h in page.attribute("href"))
    for name in ("src", "srcset", "action", "formaction", "data", "poster", "background", "style", "srcdoc"):
        assert page.attribute(name) == []
    assert not [k for e in page.elements for k in e.attributes if k.startswith("on")]
    assert not page.all("img") + page.all("iframe") + page.all("link") + page.all("base") + page.all("form")
    assert "url(" not in page.all("style")[0].text
    assert "@import" not in page.all("style")[0].text


@each_sample
def test_the_policy_allows_our_style_and_script_only(sample: Callable[[], Report]) -> None:
    page = Page(html.render(sample()))
    allowed = pages.directives(page.policy)
    scripts = [e for e in page.all("script") if e.attributes.get("type") != "application/json"]
    assert (len(scripts), len(page.all("style"))) == (1, 1)
    assert allowed == {
        "default-src": ["'none'"],
        "style-src": [pages.digest(page.all("style")[0].text)],
        "script-src": [pages.digest(scripts[0].text)],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
    }


def test_hostile_text_stays_text() -> None:
    data = html.render(hostile()).decode("utf-8")
    plain = Page(html.render(rich()))
    page = Page(data.encode())
    assert {e.tag for e in page.elements} <= {e.tag for e in plain.elements}
    assert len(page.all("script")) == len(plain.all("script"))
    assert len(page.all("a")) <= len(plain.all("a"))
    assert "49" + "</" not in data
    assert "{{7*7}}" in page.text
    bad = {c for c in data if c != "\n" and unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}}
    assert not bad
    assert r"\u202e" in page.text


def _fields_shown() -> list[str]:
    return [
        "specs.title", "specs.version", "environments.name", "environments.url", "environments.build",
        "findings.title", "findings.symptom", "findings.diagnosis", "findings.prevention", "findings.curl",
        "findings.path", "excluded.why", "excluded.by", "promotions.because",
    ]  # fmt: skip


@pytest.mark.parametrize("name", _fields_shown())
def test_what_the_report_says_is_on_the_page(name: str) -> None:
    """Guards the test above: escaping would be easy if the texts were not there at all."""
    part, key = name.split(".")
    page = Page(html.render(rich())).text.replace(" ", "").lower()
    spoken: set[str] = set()
    for item in report_json.to_dict(rich())[part]:
        speaks = item.get("cause") not in spoken or key == "path"  # one card per cause: its lead speaks
        spoken.add(item.get("cause", item.get("name", str(item))))
        if item[key] and speaks:
            words = item[key].replace("`", "").replace(" ", "").lower()
            assert words in page


@pytest.mark.parametrize("source", SOURCES)
def test_every_template_escapes(source: str) -> None:
    env = html.environment(TEMPLATES)
    assert env.autoescape is True
    assert env.undefined is jinja2.StrictUndefined
    text = (TEMPLATES / source).read_text(encoding="utf-8")
    assert not re.search(r"\|\s*safe\b|autoescape|Markup", text)
    probe = env.from_string('{{ x }}{{ x|prose }}<i title="{{ x }}">{{ [x]|listing }}</i>').render(x=HOSTILE)
    assert "<script" not in probe
    assert probe.count('"') == 2
    assert "\x1b" not in probe


@pytest.mark.parametrize("source", SOURCES)
def test_no_template_puts_text_where_escaping_does_not_help(source: str) -> None:
    """Attributes are quoted, and none that holds an expression is a style, a handler or a URL beyond an anchor."""
    text = (TEMPLATES / source).read_text(encoding="utf-8")
    text = re.sub(r"\{#.*?#\}", "", text, flags=re.S)
    assert not re.search(r"=\{\{", text)
    assert not re.search(r'(?:href|src|action)="(?!#)', text)
    assert not re.search(r"\s(?:style|on\w+)=", text)


def test_the_machine_data_is_the_report_and_inert() -> None:
    page = Page(html.render(hostile()))
    data = next(e for e in page.all("script") if e.attributes.get("type") == "application/json").text
    assert not set(data) & set("<>&\u2028\u2029")
    assert json.loads(data) == report_json.to_dict(hostile())


def test_findings_of_one_cause_share_a_card_and_keep_their_anchors() -> None:
    page = Page(html.render(rich()))
    cards = [e for e in page.all("details") if "card" in (e.attributes.get("class") or "")]
    assert len(cards) == len(rich().findings) - 1
    ids = page.attribute("id")
    assert all(f"f-{f.fingerprint}" in ids for f in rich().findings)


def _cards(page: Page) -> list[Element]:
    return [e for e in page.all("details") if "card" in (e.attributes.get("class") or "")]


def test_what_stops_the_promotion_is_open_and_the_rest_closed() -> None:
    page = Page(html.render(rich()))
    opened = [c.attributes["id"] for c in _cards(page) if "open" in c.attributes]
    blocks = [e for e in page.all("span") if e.text == "blocks"]
    assert opened
    assert len(opened) == len(blocks)
    assert all(f"#{mark}" in page.attribute("href") for mark in opened)
    assert "open" not in _cards(page)[-1].attributes  # the waived one comes last


def test_without_a_promotion_errors_are_open() -> None:
    cards = _cards(Page(html.render(one_environment())))
    assert cards
    assert all(("open" in c.attributes) == ("bad" in str(c.attributes["class"])) for c in cards)


def test_findings_stand_under_what_they_mean_for_the_promotion() -> None:
    page = Page(html.render(rich()))
    names = ("Before stage is promoted to prod", "What comes along to prod", "Missing in prod only",
             "Others: no change by this promotion is known", "For information")  # fmt: skip
    found = re.findall(rf"({'|'.join(names)}) (\d+) link (?=error|warning|info)", page.text)
    assert [(name, int(n)) for name, n in found] == list(zip(names, (2, 1, 1, 3, 1), strict=True))
    assert sum(int(n) for _, n in found) == len(_cards(page)) - 1, "all but the accepted one"


def test_with_very_many_errors_only_the_worst_stand_open() -> None:
    cards = [e for e in Page(html.render(large(60))).all("details") if "card" in (e.attributes.get("class") or "")]
    assert ["open" in c.attributes for c in cards] == [True] * 20 + [False] * 10


def test_a_fingerprint_that_two_cards_share_is_one_anchor() -> None:
    path = "/orders"
    two = tuple(
        finding("server-error", path, "GET", {e: "500"}, title=f"500 in {e}", cause=f"cause {e}")
        for e in ("stage", "prod")
    )
    page = Page(html.render(replace(in_sync(), findings=two)))
    assert page.attribute("id").count(f"f-{fingerprint('server-error', path, 'GET')}") == 1


def test_an_incomplete_audit_never_looks_like_a_pass() -> None:
    page = Page(html.render(replace(in_sync(), complete=False, incomplete_because=("the deadline came first",))))
    assert page.all("title")[0].text.startswith("Cannot say")
    assert "The audit is incomplete: the deadline came first." in page.text
    assert "No finding needs attention" not in page.text


def test_unjudged_cells_are_there_with_reason_and_remedy() -> None:
    text = Page(html.render(undecided())).text
    assert "auth-wall 38 cells asked for credentials" in text
    assert "Give credentials for this environment" in text
    assert "POST /orders/{orderId}/refunds" in text.replace("GET and ", "")


def test_the_matrix_marks_every_kind() -> None:
    page = Page(html.render(rich()))
    labels = set(page.attribute("aria-label")) | {e.text for e in page.all("span") if e.attributes.get("class") == "sr"}
    said = " | ".join(labels)
    for words in (
        "prod: redirect changes the method",
        "dev: documented, not supported",
        "stage: supported, not documented",
        "left out, see the appendix",
        "not judged: not sent in safe mode",
        "neither documented nor supported",
        "accepted by a waiver",
    ):
        assert words in said


@each_sample
def test_the_same_report_gives_the_same_bytes(sample: Callable[[], Report]) -> None:
    assert html.render(sample()) == html.render(sample())


@pytest.mark.parametrize("sample", [rich, one_environment])
def test_the_structure(sample: Callable[[], Report]) -> None:
    check(f"{sample.__name__}.outline", pages.outline(html.render(sample())))


def test_evidence_that_does_not_fit_is_named_and_the_band_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worst card gets the room there is; what is left out can still be found by its ids."""
    whole = Page(html.render(rich()))
    monkeypatch.setattr(evidence, "BUDGET", 3_000)
    page = Page(html.render(rich()))
    assert "only name their exchanges" in page.text
    assert 0 < len(page.all("figure")) < len(whole.all("figure"))
    assert all(x in page.text for x in (i for f in rich().findings for o in f.occurrences for i in o.exchanges))


def test_an_asset_that_ends_its_element_is_refused(tmp_path: Path) -> None:
    bad = tmp_path / "x.js"
    bad.write_text("'</script>'")
    with pytest.raises(ValueError, match=r"x\.js"):
        html.asset(bad)


def test_what_differs_between_environments_is_marked_in_the_evidence() -> None:
    """`Allow` and who answered; never a date, which always differs, nor what all of them say."""
    page = Page(html.render(rich()))
    marked = {e.text for e in page.all("mark")}
    assert {"Allow: GET, HEAD, PUT, PATCH", "Via: 1.1 edge-3"} <= marked
    assert not any(text.lower().startswith(("date:", "content-length:", "x-build")) for text in marked)
    alone = Page(html.render(one_environment()))
    assert alone.all("mark") == [], "one environment differs from none"
