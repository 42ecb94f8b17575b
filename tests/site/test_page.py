"""The page itself: well formed, in order, escaped, fetching nothing; the same states, the same page."""

from __future__ import annotations

import json
import re
import unicodedata
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import jinja2
import pytest

from auditor import __version__, siting
from auditor.differ.output import html, report_json
from auditor.differ.output.site.trend import HEIGHT
from auditor.resources import data_dir
from tests.output import pages
from tests.output.golden import check
from tests.output.hostile import HOSTILE, INJECTIONS, hostile
from tests.output.pages import Page
from tests.site.fleet import LAST, fleet, renamed, troubles, write

TEMPLATES = data_dir("templates") / "site"
SOURCES = sorted(p.name for p in TEMPLATES.glob("*.j2"))
NOW = LAST + timedelta(hours=5)


def built(root: Path) -> bytes:
    siting.build(root, None, 60, siting.MAX_AGE, NOW)
    return (root / "index.html").read_bytes()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    root = tmp_path_factory.mktemp("runs")
    fleet(root, 3, 20, LAST)
    troubles(root, NOW)
    return built(root)


@pytest.fixture(scope="module")
def page(data: bytes) -> Page:
    return Page(data)


def test_the_page_is_well_formed(page: Page) -> None:
    assert page.problems == []
    ids = page.attribute("id")
    assert len(ids) == len(set(ids))


def test_it_reads_in_order_with_one_heading_and_landmarks(page: Page) -> None:
    heads = [e.attributes["id"] for e in page.all("h2")]
    assert heads == ["help-title", "services", "unread", "runs", "about"]
    for tag in ("h1", "main", "header", "footer", "nav"):
        assert len(page.all(tag)) == 1
    levels = [int(e.tag[1]) for e in page.elements if re.fullmatch(r"h[1-6]", e.tag)]
    assert all(b - a <= 1 for a, b in pairwise(levels))


def test_tables_have_captions_and_scopes_and_pictures_words(page: Page) -> None:
    assert len(page.all("caption")) == len(page.all("table")) == 2
    assert all(e.attributes.get("scope") in ("col", "row", "rowgroup") for e in page.all("th"))
    for picture in page.all("svg"):
        named = picture.attributes.get("role") == "img" and len(picture.attributes.get("aria-label") or "") > 20
        assert named or picture.attributes.get("aria-hidden") == "true"


def test_nothing_is_fetched_and_links_lead_to_reports_or_into_the_page(page: Page) -> None:
    ids = set(page.attribute("id"))
    for link in page.attribute("href"):
        assert (link[1:] in ids) if link.startswith("#") else re.fullmatch(r"[\w./-]+/report\.html", link)
    for name in ("src", "srcset", "action", "formaction", "data", "poster", "background", "style", "srcdoc"):
        assert page.attribute(name) == []
    assert not [k for e in page.elements for k in e.attributes if k.startswith("on")]
    assert not page.all("img") + page.all("iframe") + page.all("link") + page.all("base") + page.all("form")
    assert "url(" not in page.all("style")[0].text
    assert "@import" not in page.all("style")[0].text


def test_the_policy_allows_our_style_and_script_only(page: Page) -> None:
    assert (len(page.all("script")), len(page.all("style"))) == (1, 1)
    assert pages.directives(page.policy) == {
        "default-src": ["'none'"],
        "style-src": [pages.digest(page.all("style")[0].text)],
        "script-src": [pages.digest(page.all("script")[0].text)],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
    }


def test_the_states_as_golden_text_and_outline(data: bytes, page: Page) -> None:
    words = "\n".join(" ".join(t.split()) for t in page.shown if t.strip()) + "\n"
    check("troubles.txt", words.replace(f"auditor {__version__}", "auditor VERSION"), "site")
    check("troubles.outline", pages.outline(data), "site")


def test_the_picture_says_what_its_label_says(page: Page) -> None:
    drawn = [e.attributes["d"] or "" for e in page.all("path")]
    assert all(re.fullmatch(r"(?:M[\d.]+ [\d.]+h\d+v[\d.]+h-\d+z)+", d) for d in drawn)
    for d in drawn:
        for _, y, height in re.findall(r"M([\d.]+) ([\d.]+)h\d+v([\d.]+)", d):
            assert 0 <= float(y) <= float(y) + float(height) <= HEIGHT + 0.2
    labels = [e.attributes["aria-label"] or "" for e in page.all("svg") if e.attributes.get("role")]
    assert sum("1 not judged;" in label for label in labels) >= 2


@pytest.mark.parametrize("text", INJECTIONS)
def test_hostile_text_stays_text(text: str, page: Page, tmp_path: Path) -> None:
    """In every field of report.json that a server, a description or a file has a hand in."""
    report = report_json.to_dict(hostile(text))
    write(tmp_path / "a/1", report)
    plain = renamed(report, "Orders" + text, LAST)
    write(tmp_path / "a/2", {**plain, "headline": "Hold: " + text, "incomplete_because": [text], "complete": False})
    (tmp_path / "b").mkdir()
    (tmp_path / "b/report.json").write_text(json.dumps({"schema_version": text, "run": text}))
    made = built(tmp_path)
    found = Page(made)
    assert found.problems == []
    assert {e.tag for e in found.elements} <= {e.tag for e in page.elements} | {"span", "code", "wbr"}
    assert len(found.all("script")) == 1
    assert not [k for e in found.elements for k in e.attributes if k.startswith("on")]
    bad = {c for c in made.decode() if c != "\n" and unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}}
    assert not bad
    assert len(made) < 300_000


@pytest.mark.parametrize("source", SOURCES)
def test_every_template_escapes(source: str) -> None:
    text = (TEMPLATES / source).read_text(encoding="utf-8")
    assert not re.search(r"\|\s*safe\b|autoescape|Markup", text)
    assert not re.search(r"=\{\{", text)
    assert not re.search(r"\s(?:style|on\w+)=", text)
    targets = re.findall(r'(?:href|src|action)="(?!#)([^"]*)"', text)
    assert set(targets) <= {"{{ r.link }}", "{{ x.link }}", "{{ u.link }}"}, "these are percent-encoded"


def test_the_environment_escapes() -> None:
    env = html.environment(TEMPLATES)
    assert env.autoescape is True
    assert env.undefined is jinja2.StrictUndefined
    assert "<script" not in env.from_string('{{ x }}<i title="{{ x }}">').render(x=HOSTILE)


def test_a_board_of_many_leaves_what_passes_to_the_table(tmp_path: Path) -> None:
    for n in range(70):
        write(tmp_path / f"s{n}/1", renamed(_good(), f"Service {n}", LAST))
    found = Page(built(tmp_path))
    assert "70 promote or in sync" in found.text
    assert "and 10 more" in found.text
    assert len([e for e in found.all("tr") if "item" in (e.attributes.get("class") or "")]) == 70


def _good() -> dict[str, object]:
    from tests.site.test_standing import GOOD

    return GOOD
