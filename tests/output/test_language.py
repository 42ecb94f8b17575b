"""Another language than English: whole, with plural forms and gaps; what rules and servers said stays as it was."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from auditor.differ.output import html, language
from auditor.differ.output.headline import headline
from auditor.differ.output.language import LANGUAGES, load, number, speaking, tr, trn
from auditor.model.report import Report
from tests.bench.big_report import big_report
from tests.output.hostile import hostile
from tests.output.pages import Page
from tests.output.phrases import needed, watching
from tests.output.rich import rich
from tests.output.states import STATES

OTHERS = [tag for tag in LANGUAGES if tag != "en"]
GAP = re.compile(r"\{(\w+)\}")
SAMPLES: dict[str, Callable[[], Report]] = {"rich": rich, "big": lambda: big_report(900), **STATES}

each_language = pytest.mark.parametrize("tag", OTHERS)


@each_language
def test_every_phrase_is_there_and_no_other(tag: str) -> None:
    phrases, pairs = needed()
    assert len(phrases) > 250
    assert len(pairs) > 50
    assert sorted(phrases - load(tag).phrases.keys()) == []
    assert sorted(load(tag).phrases.keys() - phrases) == []
    assert sorted({one for one, _ in pairs} - load(tag).plurals.keys()) == []
    assert sorted(load(tag).plurals.keys() - {one for one, _ in pairs}) == []


@each_language
def test_gaps_are_kept(tag: str) -> None:
    for text, said in load(tag).phrases.items():
        assert sorted(GAP.findall(text)) == sorted(GAP.findall(said)), text
    for text, forms in load(tag).plurals.items():
        assert len(forms) == 2
        for form in forms:
            assert sorted(GAP.findall(text)) == sorted(GAP.findall(form)), text


@each_language
@pytest.mark.parametrize("name", SAMPLES)
def test_nothing_that_a_page_says_is_left_in_english(name: str, tag: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What no reading of the code can tell: phrases that are put together while the page is drawn."""
    watched, missed = watching(tag)
    monkeypatch.setattr(language, "load", lambda _: watched)
    page = Page(html.render(replace(SAMPLES[name](), language=tag)))
    assert missed == set()
    assert page.problems == []
    assert page.elements[0].attributes["lang"] == tag


def test_plural_forms_and_numbers() -> None:
    with speaking("de"):
        assert trn(1, "{n} path", "{n} paths") == "1 Pfad"
        assert trn(0, "{n} path", "{n} paths") == "0 Pfade"
        assert trn(1204, "{n} path", "{n} paths") == "1.204 Pfade"
        assert number(1_234_567) == "1.234.567"
        assert tr("callers of {to} would lose it", to="{from_}") == "Aufrufer von {from_} würden es verlieren"
        with speaking("en"):
            assert trn(1204, "{n} path", "{n} paths") == "1,204 paths"
        assert tr("no such phrase") == "no such phrase"
    assert tr("supported") == "supported"
    assert load("xx").tag == "en"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("no drift", "Übernehmen: stage kann nach prod übernommen werden."),
        ("nothing known", "Unklar, ob stage nach prod übernommen werden kann."),
        ("one environment", "Weicht ab: prod und die Beschreibung stimmen nicht überein."),
        ("unreachable", "Unklar, ob stage nach prod übernommen werden kann."),
        ("eight environments", "Übernehmen: prod-us kann nach prod-ap übernommen werden."),
    ],
)
def test_the_verdict_is_said_in_the_language_of_the_page(name: str, said: str) -> None:
    report = STATES[name]()
    with speaking("de"):
        assert headline(report).line == said
    text = Page(html.render(replace(report, language="de"))).text.replace(" .", ".")
    assert said in text
    assert "keine Entwarnung" in text or name not in ("nothing known", "unreachable")


def test_what_rules_say_stays_english_and_is_marked_so() -> None:
    report = replace(rich(), language="de")
    page = Page(html.render(report))
    assert "Halt: stage nicht nach prod übernehmen." in page.text.replace(" .", ".")
    assert "Aufrufer von prod würden DELETE /orders/{orderId} verlieren" in page.text
    marked = "\n".join(e.text for e in page.elements if e.attributes.get("lang") == "en")
    for f in report.findings[:3]:
        assert f.fixes[0].text.replace("`", "").split(",")[0] in marked.replace("`", "")
        assert f.title in marked
    assert not [e for e in Page(html.render(rich())).elements[1:] if "lang" in e.attributes]


def test_another_language_is_as_safe_and_as_steady() -> None:
    report = replace(hostile(), language="de")
    data = html.render(report)
    plain = Page(html.render(replace(rich(), language="de")))
    assert {e.tag for e in Page(data).elements} <= {e.tag for e in plain.elements}
    assert data == html.render(report)
    assert html.render(hostile()) != data


def test_only_the_page_speaks_it() -> None:
    from auditor.differ.output import FORMATS

    for kind in ("json", "text", "markdown", "sarif", "junit"):
        assert FORMATS[kind].render(replace(rich(), language="de")) == FORMATS[kind].render(rich())
