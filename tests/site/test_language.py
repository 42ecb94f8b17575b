"""The index in another language: whole; what reports say stays English and is marked so; terminals stay English."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from auditor import __version__, siting
from auditor.differ.output import language, report_json
from auditor.differ.output.language import speaking
from auditor.differ.output.site.problems import PROBLEMS, problem
from tests.command import run_auditor
from tests.output.golden import check
from tests.output.hostile import hostile
from tests.output.pages import Page
from tests.output.phrases import watching
from tests.output.rich import rich
from tests.output.sample import in_sync, one_environment, undecided
from tests.site.fleet import LAST, fleet, renamed, settled, troubles, unfinished, write

NOW = LAST + timedelta(hours=5)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every way of standing, of being unreadable, and of being new."""
    folder = tmp_path_factory.mktemp("runs")
    fleet(folder, 3, 20, LAST)
    troubles(folder, NOW)
    for name, report in (("one", one_environment()), ("synced", in_sync()), ("unsure", undecided())):
        write(folder / name / "1", renamed(report_json.to_dict(report), f"{name} API", LAST))
    held = renamed(unfinished(settled(report_json.to_dict(rich())), "prod"), "Broken off API", LAST)
    held["promotions"][-1]["verdict"] = "hold"
    write(folder / "broken-off" / "1", held)
    twice = {
        **unfinished(settled(report_json.to_dict(rich())), "prod"),
        "incomplete_because": ["prod: down", "dev: down"],
    }
    write(folder / "twice" / "1", renamed(twice, "Broken off twice API", LAST))
    silent = renamed(report_json.to_dict(in_sync()), "Silent API", LAST)
    write(folder / "silent" / "1", {**silent, "headline": ""})
    write(folder / "against-itself" / "1", {**silent, "headline": "In sync: all of it.", "specs": [
        {**s, "title": "Against itself API"} for s in silent["specs"]]})  # fmt: skip
    return folder


def built(root: Path, tag: str = "de") -> bytes:
    siting.build(root, None, 60, siting.MAX_AGE, NOW, tag)
    return (root / "index.html").read_bytes()


def test_nothing_that_the_page_says_is_left_in_english(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What no reading of the code can tell: phrases that are put together while the page is drawn."""
    watched, missed = watching("de")
    monkeypatch.setattr(language, "load", lambda tag: watched if tag == "de" else language.ENGLISH)
    page = Page(built(root))
    assert missed == set()
    assert page.problems == []
    assert page.elements[0].attributes["lang"] == "de"


def test_the_states_as_golden_text(tmp_path: Path) -> None:
    fleet(tmp_path, 2, 3, LAST)
    troubles(tmp_path, NOW)
    words = "\n".join(" ".join(t.split()) for t in Page(built(tmp_path)).shown if t.strip()) + "\n"
    check("troubles.de.txt", words.replace(f"auditor {__version__}", "auditor VERSION"), "site")


def test_what_reports_say_stays_english_and_is_marked_so(root: Path) -> None:
    page = Page(built(root))
    marked = [e.text for e in page.elements if e.attributes.get("lang") == "en"]
    for said in ("prod: connection refused.", "Hold: do not promote stage to prod.", "prod: down and dev: down.",
                 "Stage can be promoted to prod, but brings 1 fault along."):  # fmt: skip
        assert any(said.lower() in text.lower() for text in marked), said
    assert "DELETE /orders/{orderId} is documented, but dev and stage refuse it" in "".join(marked)
    own = page.text
    for text in marked:
        own = own.replace(" ".join(text.split()), "")
    for word in (" the ", " of ", " not ", " judged", " night", " errors", " runs ", " since ", " ago", " report "):
        assert word not in own.replace("report.json", ""), word
    assert not [e for e in Page(built(root, "en")).elements[1:] if "lang" in e.attributes]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda data: b"", "ist leer"),
        (lambda data: b"x", "ist kein JSON"),
        (lambda data: data[:40], "ist abgeschnitten"),
        (lambda data: data.replace(b'"finished_at"', b'"ended_at"'), "ist bei run.finished_at beschädigt"),
        (lambda data: data.replace(b'"schema_version": 1', b'"schema_version": 7').replace(b'"run"', b'"ran"'),
         "hat Schema-Version 7, dieser auditor liest 1: auditor aktualisieren"),
        (lambda data: data.replace(b'"schema_version": 1', b'"schema_version": 0').replace(b'"run"', b'"ran"'),
         "hat Schema-Version 0, dieser auditor liest 1: neu prüfen"),
        (lambda data: data.replace(b'"schema_version": 1', b'"schema_version": null').replace(b'"run"', b'"ran"'),
         "hat keine bekannte Schema-Version, dieser auditor liest 1: neu prüfen"),
    ],
)  # fmt: skip
def test_why_a_report_cannot_be_read_is_said_in_german(change: object, said: str, tmp_path: Path) -> None:
    folder = write(tmp_path / "orders", renamed(report_json.to_dict(rich()), "Orders", LAST))
    data = (folder / "report.json").read_bytes()
    assert callable(change)
    (folder / "report.json").write_bytes(change(data))
    page = Page(built(tmp_path))
    assert f" {said} " in page.text
    assert "Unklar, was 1 Lauf ergab" in page.text


def test_a_problem_that_nobody_foresaw_is_shown_as_it_is() -> None:
    with speaking("de"):
        assert problem("is made of cheese") == "is made of cheese"
        assert problem("is damaged at {own}\n{key}") == "ist bei {own}\n{key} beschädigt"
        assert len({problem(p) for p in PROBLEMS} - set(PROBLEMS)) == len(PROBLEMS)


def test_the_page_alone_speaks_it(tmp_path: Path) -> None:
    write(tmp_path / "runs/orders", renamed(report_json.to_dict(rich()), "Orders", LAST))
    (tmp_path / "runs/other").mkdir()
    (tmp_path / "runs/other/report.json").write_text(json.dumps({"tests": 12}))
    said = []
    for tag in ("en", "de"):
        done = run_auditor("site", "runs", "--lang", tag, cwd=tmp_path)
        said.append((done.returncode, done.stdout, done.stderr))
        page = Page((tmp_path / "runs/index.html").read_bytes())
        assert page.elements[0].attributes["lang"] == tag
        assert ("1 report.json stammt nicht von auditor." in page.text) is (tag == "de")
    assert said[0] == said[1]
    assert said[0][0] == 0
    assert said[0][2] == "auditor: note: 1 report.json not written by auditor.\n"


def test_an_unknown_language_is_wrong_use(tmp_path: Path) -> None:
    write(tmp_path / "runs/orders", renamed(report_json.to_dict(rich()), "Orders", LAST))
    done = run_auditor("site", "runs", "--lang", "xx", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == "auditor: --lang: 'xx' is no language of the report\n  next: one of en, de\n"
    assert not list(tmp_path.rglob("index.html"))


def test_hostile_text_stays_text_in_german_too(tmp_path: Path) -> None:
    write(tmp_path / "a/1", report_json.to_dict(hostile()))
    (tmp_path / "{said}").mkdir()
    (tmp_path / "{said}/report.json").write_text("")
    made = built(tmp_path)
    page = Page(made)
    assert page.problems == []
    assert len(page.all("script")) == 1
    assert not [k for e in page.elements for k in e.attributes if k.startswith("on")]
    assert "{said}" in page.text, "what fills a gap is not read for gaps"
    assert made == built(tmp_path)
