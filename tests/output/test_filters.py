"""Search, filters and handing over, in a real Chromium: what is shown, what is said about it, and how it clears."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from auditor.differ.output.cards import cards, cell_index, seen_everywhere
from auditor.differ.output.html_search import Index
from auditor.differ.output.html_words import MAX_PATH, middle, quoted, secret_note
from auditor.differ.output.matrix import matrix
from auditor.model.cell import Basis, Reason
from auditor.model.finding import Severity
from auditor.model.report import Report
from tests.output.addresses import ends
from tests.output.rich import rich
from tests.output.sample import CHAIN, PATHS, assemble, finding, in_sync, one_environment, result, unknown
from tests.output.test_browser import Open, Tab, browser, show  # noqa: F401 - fixtures

needs_chromium = pytest.mark.needs("chromium")


def _texts(tab: Tab, selector: str) -> list[str]:
    return [" ".join(text.split()) for text in tab.page.locator(selector).filter(visible=True).all_inner_texts()]


def _rules(tab: Tab) -> list[str]:
    return tab.page.locator("details.card:not([hidden]) > summary .rule").all_text_contents()


def _paths(tab: Tab) -> list[str]:
    return [text.split(" ")[0] for text in _texts(tab, "tr.row th")]


@needs_chromium
@pytest.mark.parametrize(
    ("typed", "paths"),
    [
        ("carts/{cartId}/items", ["/carts/{cartId}/items"]),
        ("delete", ["/orders/{orderId}"]),
        ("path-missing", ["/orders/{orderId}/refunds"]),
        ("team-orders", ["/orders/{orderId}"]),
        ("warning", ["/catalogue"]),
        ("stage server-error", ["/catalogue"]),
        ("PUT gateway prod", ["/carts/{cartId}"]),
        ("delete undocumented-method-served", []),
        ("info", ["/catalogue/{sku}"]),
        ("500", ["/catalogue"]),
        ("routed", ["/orders/{orderId}/refunds"]),
    ],
)
def test_a_row_stays_when_its_path_and_one_finding_on_it_match(typed: str, paths: list[str], show: Open) -> None:  # noqa: F811
    tab = show(rich())
    tab.page.fill("#q", typed)
    assert _paths(tab) == paths
    shown = _texts(tab, "details.card > summary")
    assert len([title for title in shown if "Everything in dev" not in title]) == len(paths)  # that one has no path


@needs_chromium
def test_promotions_and_what_is_not_judged_are_filtered_too(show: Open) -> None:  # noqa: F811
    tab = show(rich())
    tab.page.fill("#q", "refunds")
    assert [text.split(" documented")[0] for text in _texts(tab, ".diff .item")] == [
        "repairs POST /orders/{orderId}/refunds"
    ]
    tab.page.fill("#q", "metrics")
    assert _texts(tab, ".why .item") == ["GET /admin/metrics prod"]
    assert len(_texts(tab, ".why")) == 1
    assert _texts(tab, ".diff .item") == [
        "cannot say GET /admin/metrics documented supported not judged: asked for credentials"
    ]
    tab.page.select_option("#env", "0")
    assert _texts(tab, ".why .item") + _texts(tab, ".diff .item") == []


@needs_chromium
def test_nothing_found_says_so_and_clears(show: Open) -> None:  # noqa: F811
    tab = show(rich())
    before = tab.page.inner_text("main")
    tab.page.fill("#q", "no such thing")
    said = _texts(tab, ".nothing span")
    assert said == ["Nothing found for “no such thing”."] * 4
    assert "show no drift" not in tab.page.inner_text("#matrix ~ .grid, main")
    assert _texts(tab, ".matrix summary") == []
    tab.page.locator("section:has(#matrix) .nothing button").click()
    assert tab.page.inner_text("main") == before
    tab.page.fill("#q", "x-none")
    tab.page.locator("#clear").click()
    assert tab.page.inner_text("main") == before


@needs_chromium
def test_a_fold_says_how_many_of_its_paths_are_left(show: Open) -> None:  # noqa: F811
    tab = show(rich())
    assert [t.split(" ")[0] for t in _texts(tab, ".matrix summary")] == ["2", "2"]
    tab.page.fill("#q", "metrics")
    (line,) = _texts(tab, ".matrix summary")
    assert line.endswith(", 1 of them shown")


@needs_chromium
@pytest.mark.parametrize("sample", [rich])
def test_drift_is_the_same_number_everywhere(sample: Any, show: Open) -> None:  # noqa: F811
    report: Report = sample()
    m = matrix(report, cell_index(report))
    drifting = [r.path for g in m.drifting for r in g.rows]
    tab = show(report)
    assert f"{len(drifting)} of {len(PATHS)} paths drift" in tab.page.inner_text("#matrix")
    assert "drift (error or warning), 1 more has only infos" in tab.page.inner_text("#matrix")
    folded = sum(int(t.split(" ")[0]) for t in _texts(tab, ".matrix summary"))
    assert folded + len(drifting) == len(PATHS)
    tab.page.select_option("#show", "drift")
    assert _paths(tab) == drifting
    heavy = [c for c in cards(report) if c.severity is not Severity.INFO]
    said = f"{len(drifting)} of {len(PATHS)} paths, {len(heavy)} of {len(cards(report))} cards"
    assert tab.page.inner_text("#found") == said
    assert _texts(tab, ".matrix summary") == []


@needs_chromium
def test_the_owner_filter_is_there_where_owners_are(show: Open) -> None:  # noqa: F811
    tab = show(rich())
    assert tab.page.locator("#owner option").all_inner_texts() == ["all", "platform", "team-orders"]
    tab.page.select_option("#owner", "platform")
    assert _paths(tab) == ["/carts/{cartId}"]
    (only,) = _texts(tab, "details.card > summary")
    assert "The gateway of prod refuses" in only
    bare = assemble([result("prod", 0)], {}, [])
    assert show(bare).page.locator("#owner").count() == 0


@needs_chromium
@pytest.mark.parametrize("scripts", [True, False])
def test_each_card_links_to_itself_with_and_without_scripts(scripts: bool, show: Open) -> None:  # noqa: F811
    tab = show(rich(), java_script_enabled=scripts)
    links = tab.page.locator(".holder > a.self").filter(visible=True)
    assert links.count() == tab.page.locator(".holder > details.card").filter(visible=True).count() > 5
    for link in links.all():
        anchor = link.evaluate("e => e.nextElementSibling.id") if scripts else None
        assert link.get_attribute("href") in (f"#{anchor}", link.get_attribute("href"))
    links.nth(6).click()
    target = str(links.nth(6).get_attribute("href"))
    ends(tab.page, target)
    assert tab.page.locator(target).filter(visible=True).count() == 1
    tab.run("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    tab.page.wait_for_timeout(100)
    assert tab.page.locator("button.copy").count() == (tab.page.locator(".holder").count() * 2 if scripts else 0)


@needs_chromium
def test_a_finding_is_copied_as_text(show: Open) -> None:  # noqa: F811
    tab = show(rich(), permissions=["clipboard-read", "clipboard-write"])
    lead = rich().findings[0]
    card = tab.page.locator(f"#f-{lead.fingerprint}")
    card.get_by_text("Copy as text").click()
    card.get_by_text("Copied").wait_for()
    text = tab.run("navigator.clipboard.readText()")
    lines = text.splitlines()
    assert lines[0] == f"[error] {lead.title}"
    assert lines[1] == "dev · stage · high confidence · new · team-orders"
    assert lines[2].startswith("Seen: dev: 405, Allow: GET, HEAD, PUT, PATCH; stage: 405")
    assert f"Top cause, High likelihood: {lead.root_causes[0].text}" in lines
    assert "- Service (easy): Restore the route, or add delete to the methods of the view." in lines
    assert f"Reproduce: {lead.curl}" in lines
    assert any(line.startswith("Logs: Look for run 5c1e09ab, probe ") for line in lines)
    assert "- stage → prod: callers of prod would lose it" in lines
    assert lines[-3] == f"Rule: {lead.rule}, fingerprint {lead.fingerprint}"
    assert lines[-2].startswith("Report: Drift report · Orders API 2.3.1 · ")
    assert lines[-1] == f"Link: report.html#f-{lead.fingerprint}", "where a file lies here is no business of others"
    assert tab.complaints == []


@needs_chromium
def test_a_link_to_what_the_filter_hides_clears_it(show: Open) -> None:  # noqa: F811
    tab = show(rich())
    tab.page.fill("#q", "no such thing")
    tab.run(f"location.hash = 'f-{rich().findings[0].fingerprint}'")
    tab.page.locator(f"#f-{rich().findings[0].fingerprint} .five").wait_for(state="visible")
    assert tab.run("document.activeElement.id") != "q", "what is typed next is a key, not a search"


@needs_chromium
def test_a_counter_shows_what_it_counts_and_all_again(show: Open) -> None:  # noqa: F811
    tab = show(rich())
    tile = tab.page.locator(".counters a").first
    assert tile.inner_text().split() == ["6", "errors", "2", "concern", "the", "promotion"]
    everything = len(_texts(tab, "details.card > summary"))
    tile.click()
    assert tab.page.input_value("#show") == "error"
    assert tile.get_attribute("aria-current") == "true"
    shown = _texts(tab, "details.card > summary")
    assert 0 < len(shown) < everything
    assert all(text.startswith("error") for text in shown)
    tile.click()
    assert tab.page.input_value("#show") == "all"
    assert len(_texts(tab, "details.card > summary")) == everything
    assert tab.complaints == []


@needs_chromium
def test_the_counter_of_what_is_not_supported_shows_where(show: Open) -> None:  # noqa: F811
    tab = show(rich())
    tab.page.locator(".counters a", has_text="not supported").click()
    assert tab.page.input_value("#show") == "missing"
    assert _paths(tab) == ["/orders/{orderId}", "/orders/{orderId}/refunds", "/carts/{cartId}", "/carts/{cartId}/items"]
    assert sorted(_rules(tab)) == ["documented-method-missing", "gateway-blocks-method", "path-missing"]
    tab.page.select_option("#env", label="stage")
    assert _paths(tab) == ["/orders/{orderId}"]
    assert _rules(tab) == ["documented-method-missing"]
    assert tab.complaints == []


def test_a_path_that_lacks_a_method_is_found_without_a_finding() -> None:
    report = rich()
    bare = replace(report, findings=tuple(f for f in report.findings if f.path != "/orders/{orderId}/refunds"))
    assert dict(Index(bare).severe_on("/orders/{orderId}/refunds")) == {"m": "2"}
    assert "m" not in dict(Index(bare).severe_on("/catalogue"))
    about_post = [replace(f, path="/carts/{cartId}") for f in report.findings if f.rule == "redirect-changes-method"]
    assert "m" not in dict(Index(report).severe(about_post)), "prod lacks PUT there, and this is about POST"


@needs_chromium
def test_what_concerns_the_promotion_can_be_seen_alone(show: Open) -> None:  # noqa: F811
    tab = show(rich())
    tab.page.select_option("#show", "stake")
    assert len(_texts(tab, "details.card > summary")) == 3
    assert [t.split("\n")[0] for t in _texts(tab, ".bunch > h3")] == [
        "Before stage is promoted to prod",
        "What comes along to prod",
    ]
    assert show(one_environment()).page.locator("#show option[value=stake]").count() == 0


LONG = "/archive/" + "segment-of-a-path/" * 166 + "{documentId}"


@needs_chromium
def test_a_very_long_path_is_cut_in_its_middle_and_kept_in_full(show: Open) -> None:  # noqa: F811
    f = finding("server-error", LONG, "GET", {"prod": "500"}, title=f"GET {LONG} fails in prod")
    report = assemble([result("prod", 0)], {}, [f], paths={LONG: ("GET",), "/a": ("GET",)})
    assert len(LONG) > 2_900
    for width in (1280, 400):
        tab = show(report, width=width)
        cell = tab.page.locator("tr.row th").first
        assert "…" in cell.inner_text()
        assert cell.locator(".cut").get_attribute("title") == LONG
        assert cell.bounding_box()["height"] < 200
        assert tab.page.locator("details.card h3").bounding_box()["height"] < 250
        assert tab.page.locator("pre.curl").inner_text().count("segment-of-a-path") == 166
    tab.page.fill("#q", LONG)
    assert tab.page.locator("tr.row:visible").count() == tab.page.locator("details.card:visible").count() == 1


@needs_chromium
def test_a_narrow_matrix_breaks_paths_behind_slashes_only(show: Open) -> None:  # noqa: F811
    tab = show(rich(), width=400)
    broken = tab.run("""() => Array.from(document.querySelectorAll(".matrix .path, .diff .op")).flatMap((e) => {
      const walker = document.createTreeWalker(e, NodeFilter.SHOW_TEXT), found = [];
      for (let n = walker.nextNode(); n; n = walker.nextNode()) {
        const range = document.createRange();
        range.selectNodeContents(n);
        const tops = new Set(Array.from(range.getClientRects()).map((r) => Math.round(r.top)));
        if (tops.size > 1 && !n.data.includes(" ")) found.push(n.data);
      }
      return found;
    })""")
    assert broken == []
    assert tab.page.locator(".matrix .path wbr").count() > 5


def test_the_middle_goes_and_both_ends_stay() -> None:
    assert middle("/a/b", 96) == "/a/b"
    cut = middle(LONG, MAX_PATH)
    assert len(cut) == MAX_PATH
    assert cut.startswith("/archive/segment")
    assert cut.endswith("{documentId}")


def test_operations_are_code_once_each() -> None:
    known = ["GET /a", "GET /a/b"]
    assert quoted("lose GET /a/b (GET /a) and `GET /a`", known) == "lose `GET /a/b` (`GET /a`) and `GET /a`"
    assert quoted("lose GET /ab", known) == "lose GET /ab"


@pytest.mark.parametrize(
    ("curl", "said"),
    [
        ("curl -i http://a/$METADATA", ""),
        ('curl -i http://a -H "Authorization: $DEV_AUTHORIZATION"',
         "Set DEV_AUTHORIZATION to the whole field value, e.g. 'Bearer …'."),
        ("curl -i http://a -H 'X-`Key: '\"$DEV_X_KEY\"", "Set DEV_X_KEY to the whole field value."),
    ],
)  # fmt: skip
def test_what_a_curl_line_needs_is_said(curl: str, said: str) -> None:
    assert secret_note(curl) == said


def test_paths_behind_a_wall_are_found_by_the_finding_about_it() -> None:
    f = finding("auth-hides-methods", None, "", {"prod": "401"}, Severity.INFO, title="prod asks for credentials")
    odd = dict([unknown(e, "/admin/metrics", "GET", Reason.AUTH_WALL) for e in ("stage", "prod")])
    index = Index(assemble([result(e, i) for i, e in enumerate(CHAIN)], odd, [f]))
    assert index.spoken_of(PATHS) == 1
    assert index.path("/admin/metrics") == ["prod asks for credentials 401 auth-hides-methods info prod"]


def test_the_strip_shows_every_environment() -> None:
    report = rich()
    cells = cell_index(report)
    for card in cards(report):
        assert [s.environment for s in seen_everywhere(card, report, cells)] == list(CHAIN)
    refunds = next(c for c in cards(report) if c.lead.rule == "path-missing")
    assert [(s.text, s.told) for s in seen_everywhere(refunds, report, cells)] == [
        ("supported", False), ("supported", False), ("404, equals the unknown sibling's", True)
    ]  # fmt: skip
    whole = next(c for c in cards(report) if c.lead.path is None)
    assert [s.text for s in seen_everywhere(whole, report, cells)] == ["308 to https", *["no such finding"] * 2]


def test_the_strip_names_methods_that_differ() -> None:
    f = replace(finding("path-missing", "/orders", "", {"prod": "404"}, title="not routed"), methods=("GET", "POST"))
    odd = dict([unknown("stage", "/orders", "POST", Reason.MODE_FORBIDS)])
    report = assemble([result(e, i) for i, e in enumerate(CHAIN)], odd, [f])
    (card,) = cards(report)
    said = [s.text for s in seen_everywhere(card, report, cell_index(report))]
    assert said == ["supported", "GET supported; POST not judged", "404"]


def test_an_origin_that_is_not_known_is_left_out() -> None:
    from auditor.differ.output.page import page

    rows = (("deadline", "30s", "demo"), ("dev", "400/s", "flag or config"))
    assert page(replace(rich(), settings=rows)).settings == (("deadline", "30s", "demo"), ("dev", "400/s", "demo"))
    assert page(replace(rich(), settings=rows[1:])).settings == (("dev", "400/s", ""),)


def test_a_tick_that_only_an_allow_vouches_for_looks_otherwise() -> None:
    report = in_sync()
    bases = {(c.environment, c.path, c.method): c.basis for c in report.cells}
    drawn = matrix(report, cell_index(report))
    rows = [r for groups in (drawn.drifting, drawn.unjudged, drawn.agreeing) for g in groups for r in g.rows]
    marks = {(name, r.path, s.method): m for r in rows for s in r.squares if s
             for name, m in zip(drawn.environments, s.marks, strict=True) if m and m.sign == "✓"}  # fmt: skip
    assert {k for k, m in marks.items() if m.told} == {k for k in marks if bases[k] is Basis.ADVERTISED} != set()
    assert ("✓", "ok told") in {x[:2] for x in drawn.legend}
