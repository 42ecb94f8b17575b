"""Who must fix what: the lines between the headline and the rest name owner and first fix, of what stops it only."""

from __future__ import annotations

from dataclasses import replace

from auditor.differ.output import html
from auditor.differ.output.cards import cell_index
from auditor.differ.output.evidence import Collector
from auditor.differ.output.promotion_view import ALONG, arrows
from auditor.differ.output.stakes import stakes
from auditor.differ.output.todo import MAX_TASKS, Todo, todos
from auditor.differ.output.todo_task import fix_of
from auditor.differ.output.unjudged import unjudged
from auditor.model.cell import Support
from auditor.model.finding import Fix, Side
from auditor.model.report import Change, Promotion, Report
from tests.output.pages import Page
from tests.output.rich import ORDER, rich
from tests.output.sample import CHAIN, PATHS, assemble, finding, in_sync, one_environment, result, undecided


def all_of(report: Report) -> tuple[Todo, ...]:
    return todos(report, unjudged(report, Collector(report)), stakes(report))


def of(report: Report) -> Todo:
    return next(iter(all_of(report)), Todo())


def test_hold_names_what_stops_it_who_owns_it_and_the_first_fix() -> None:
    found, others, rest = all_of(rich())
    assert (found.heading, others.heading) == ("Before stage is promoted to prod", "What comes along to prod")
    assert rest.heading == "To compare 3 more operations"
    (first, second), (third,) = found.tasks, others.tasks
    assert {t.tag for t in found.tasks} == {("bad", "blocks")}
    assert third.tag == ("warn", "comes along")
    assert (first.what, first.owner) == (f"`DELETE {ORDER}`", "team-orders")
    assert first.why == "callers of prod would lose it"
    assert first.fix.startswith("Service: Restore the route")
    assert second.why == "callers of prod would gain it, undocumented"
    assert third.why == "broken in stage, not in prod", "no method comes or goes, and callers suffer"
    page = Page(html.render(rich()))
    links = [e.attributes["href"] for e in page.all("a")]
    assert f"#f-{first.fingerprint}" in links
    assert "Owner: owner not named" in page.text


def test_who_has_what_would_be_lost_is_said_with_the_build() -> None:
    gone = finding("path-missing", ORDER, "", {"stage": "404"}, title="gone")
    changes = tuple(Change(ORDER, m, "removes-documented", gone.fingerprint) for m in ("GET", "DELETE"))
    hold = Promotion("stage", "prod", "hold", "because", 20, 0, changes)
    results = [result(e, i) for i, e in enumerate(CHAIN)]
    results[0] = replace(results[0], build="2.6.0-dev")

    def why(unlike: dict[tuple[str, str, str], Support]) -> str:
        report = assemble(results, {}, [gone], promotions=[hold])
        cells = (replace(c, support=unlike.get((c.environment, c.path, c.method), c.support)) for c in report.cells)
        (task,) = all_of(replace(report, cells=tuple(cells)))[0].tasks
        return task.why

    assert why({}) == "callers of prod would lose it; supported in dev (2.6.0-dev)"
    assert why({("dev", ORDER, "GET"): Support.UNDETERMINED}) == "callers of prod would lose it", "not all of it"


def test_an_example_of_another_path_stays_in_the_card() -> None:
    typed = Fix(Side.SERVICE, "easy", 'Flask: Name the method: `@bp.route("/orders/<int:id>", methods=["DELETE"])`.')
    gone = replace(finding("path-missing", ORDER, "", {"stage": "404"}, title="gone"), fixes=(typed,))
    assert fix_of(gone) == "Service: Flask: Name the method."
    inside = replace(gone, fixes=(Fix(Side.CONTRACT, "easy", "Add a `get` operation, if callers may use it."),))
    assert fix_of(inside) == "Contract: Add a `get` operation, if callers may use it."


def test_what_is_accepted_or_harmless_does_not_stop_it() -> None:
    waived = finding(
        "documented-method-missing", "/orders", "POST", {"stage": "405"}, title="x", waived={"reason": "known"}
    )
    read = finding("undocumented-method-served", "/orders/count", "PATCH", {"stage": "200"}, title="y")
    seen = finding("undocumented-method-served", "/catalogue", "QUERY", {"stage": "200"}, title="z")
    changes = (
        Change("/orders", "POST", "removes-documented", waived.fingerprint),
        Change("/orders/count", "PATCH", "adds-undocumented", read.fingerprint),
        Change("/catalogue", "QUERY", "adds-undocumented", seen.fingerprint),
        Change("/orders", "GET", "repairs", None),
    )
    hold = Promotion("stage", "prod", "hold", "because", 20, 0, changes)
    report = assemble([result(e, i) for i, e in enumerate(CHAIN)], {}, [waived, read, seen], promotions=[hold])
    (blocks,), (along,) = (t.tasks for t in all_of(report))
    assert (blocks.fingerprint, blocks.tag) == (read.fingerprint, ("bad", "blocks"))
    assert (along.fingerprint, along.tag) == (seen.fingerprint, ("warn", "comes along")), "no hold, but callers gain it"


def test_one_cause_is_one_line_and_many_are_counted() -> None:
    paths = list(PATHS)
    own = [finding("path-missing", p, "", {"stage": "404"}, title=p) for p in paths]
    same = [replace(f, cause="one cause") for f in own[:4]]
    for findings, lines, more in ((own, MAX_TASKS, len(own) - MAX_TASKS), (same, 1, 0)):
        changes = tuple(Change(str(f.path), "GET", "removes-documented", f.fingerprint) for f in findings)
        hold = Promotion("stage", "prod", "hold", "because", 20, 0, changes)
        found = of(assemble([result(e, i) for i, e in enumerate(CHAIN)], {}, findings, promotions=[hold]))
        assert (len(found.tasks), found.more) == (lines, more)
    assert found.tasks[0].what.endswith("and 3 more of this cause")


def test_where_nothing_can_be_said_it_names_what_would_settle_it() -> None:
    found = of(undecided())
    assert found.heading == "What would settle it"
    assert found.tasks[0].what == "38 operations"
    assert found.tasks[0].why == "asked for credentials in stage and prod"
    assert "credentials" in found.tasks[0].fix


def test_one_environment_and_a_pass() -> None:
    found = of(one_environment())
    assert found.heading == "To bring them together"
    assert [t.what for t in found.tasks] == ["`PATCH /catalogue/{sku}`"]
    assert of(in_sync()) == Todo()
    assert 'class="todo"' not in html.render(in_sync()).decode()


def test_the_counters_say_how_many_findings_concern_the_promotion() -> None:
    page = Page(html.render(rich()))
    errors, warnings = (e.text for e in page.all("small") if "concern" in e.text)
    assert (errors, warnings) == ("2 concern the promotion", "1 concerns the promotion")
    harmless = finding("path-missing", "/orders", "", {"prod": "404"}, title="gone")
    same = Promotion("stage", "prod", "promote", "because", 20, 0, ())
    report = assemble([result(e, i) for i, e in enumerate(CHAIN)], {}, [harmless], promotions=[same])
    assert "none concerns the promotion" in Page(html.render(report)).text
    accepted = finding("path-missing", "/orders", "", {"prod": "404"}, title="gone", waived={"reason": "known"})
    report = assemble([result(e, i) for i, e in enumerate(CHAIN)], {}, [accepted], promotions=[same])
    assert "concerns the promotion" not in Page(html.render(report)).text, "what is accepted is not counted"
    assert "concern" not in Page(html.render(one_environment())).text.split(" Environments ")[0]


def test_the_table_of_the_promotion_lists_what_comes_along() -> None:
    """The box under the verdict and the table must not tell two stories."""
    report = rich()
    last = arrows(report, cell_index(report))[-1]
    (row,) = [r for r in last.rows if r.effect == ALONG]
    boxed = [t for group in all_of(report) for t in group.tasks if t.why == "broken in stage, not in prod"]
    assert [row.fingerprint] == [t.fingerprint for t in boxed]
    assert (row.words, row.after) == ("comes along", "no such finding")
    assert row.before in {o.detail for f in report.findings if f.fingerprint == row.fingerprint for o in f.occurrences}
    assert "1 fault comes along" in last.summary
    order = [r.effect for r in last.rows]
    assert order.index("removes-documented") < order.index(ALONG) < order.index("repairs")
