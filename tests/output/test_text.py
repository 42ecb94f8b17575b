from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace

import pytest

from auditor.differ.output import FORMATS, text
from auditor.model.cell import Cell, Reason, Support
from auditor.model.fact import EnvironmentFacts, Facts, PathFacts
from auditor.model.finding import Finding, Severity, fingerprint
from auditor.model.methods import Allow
from auditor.model.report import Promotion, Report
from tests.output.golden import check
from tests.output.hostile import hostile
from tests.output.rich import rich
from tests.output.sample import exchange, finding, in_sync, one_environment, undecided


@pytest.mark.parametrize("sample", [rich, in_sync, undecided, one_environment])
def test_the_whole_text(sample: Callable[[], Report]) -> None:
    check(f"{sample.__name__}.txt", text.render(sample()))


def test_a_narrow_terminal_wraps() -> None:
    lines = text.render(rich(), width=60).splitlines()
    wrapped = [line for line in lines if line.startswith(" ") and len(line) > 60]
    assert not wrapped


def test_colour_only_if_asked() -> None:
    plain, coloured = text.render(rich()), text.render(rich(), color=True)
    assert "\x1b" not in plain
    assert "\x1b[1;31merror\x1b[0m" in coloured
    assert "\x1b[1;31mHold\x1b[0m" in coloured
    assert FORMATS["text"].render(rich()) == plain.encode()


def test_hostile_text_cannot_steer_the_terminal() -> None:
    shown = text.render(hostile())
    bad = {c for c in shown if c != "\n" and unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}}
    assert not bad
    assert not [line for line in shown.splitlines() if line.lstrip().startswith(("::", "##"))]
    assert r"\x1b[2J" in shown
    shown.encode("utf-8")


@pytest.mark.parametrize("width", range(60, 141, 7))
def test_no_wrapping_makes_a_command_for_a_ci_system(width: int) -> None:
    shown = text.render(hostile(" ::error file=a::b ##vso[task.complete] ##teamcity[x] ##[error]z"), width=width)
    assert not [line for line in shown.splitlines() if line.lstrip().startswith("::")]
    assert not re.search(r"##\w*\[", shown)


def _blocked(count: int) -> Report:
    def one(i: int) -> Finding:
        path = f"/things/{i:02d}"
        f = finding("gateway-blocks-method", path, "DELETE", {"prod": "403"}, title=f"refuses {path}", cause="edge")
        return replace(f, fingerprint=fingerprint(f.rule, path, "DELETE"))

    return replace(in_sync(), findings=tuple(one(i) for i in range(count)))


def test_one_cause_is_shown_once_with_at_most_ten_paths() -> None:
    shown = text.render(_blocked(40), width=400)
    assert shown.count("gateway-blocks-method  DELETE") == 1
    assert "/things/09 and 30 more" in shown
    assert "/things/10" not in shown


def test_infos_have_a_line_each_and_more_where_they_can_fail_the_run() -> None:
    short = "info  redirect-on-path: GET /catalogue/{sku} redirects to its slash twin in prod\n"
    assert text.render(rich()).count(short) == 1
    full = text.render(replace(rich(), fail_on="info"))
    assert short not in full
    assert "\n  info  redirect-on-path  GET  " in full


def test_infos_past_ten_are_counted() -> None:
    some = tuple(
        finding("redirect-on-path", f"/r/{i}", "GET", {"prod": "308"}, Severity.INFO, title=f"r {i}") for i in range(12)
    )
    shown = text.render(replace(in_sync(), findings=some))
    assert shown.count("info  redirect-on-path: ") == 10
    assert "\n2 more in the report\n" in shown


def test_paths_are_those_of_all_that_is_counted() -> None:
    report = in_sync()
    info = finding("redirect-on-path", "/catalogue", "GET", {"prod": "308"}, Severity.INFO, title="r")
    wall = finding("auth-hides-methods", None, "", {"prod": "401"}, Severity.INFO, title="w")
    whole = finding("environment-redirects", None, "", {"stage": "308"}, Severity.WARNING, title="e")
    closed = tuple(_closed(c, Reason.AUTH_WALL, "r") if c.path.startswith("/carts") else c for c in report.cells)
    totals = replace(report.totals, infos=2, warnings=1)
    shown = text.render(replace(report, cells=closed, findings=(info, wall, whole), totals=totals))
    assert "1 warning and 2 infos in 3 of 11 paths and all of stage." in shown


def test_every_arrow_has_its_verdict() -> None:
    early = Promotion("dev", "stage", "hold", "with it, callers would lose GET /a; and so on", 9, 0)
    shown = text.render(replace(in_sync(), promotions=(early, *in_sync().promotions)))
    assert "dev → stage: hold; with it, callers would lose GET /a.\n" in shown
    assert "Promote: stage can be promoted to prod." in shown


def test_the_fix_of_a_wrong_base_is_told() -> None:
    wrong = finding("base-path-wrong", None, "", {"prod": "none found"}, title="wrong")
    assert f"\n{' ' * 9}{wrong.fixes[0].text}\n" in text.render(replace(in_sync(), findings=(wrong,)))


def _closed(c: Cell, reason: Reason, why: str, *exchanges: str) -> Cell:
    return replace(c, support=Support.UNDETERMINED, basis=None, reason=reason, why=why, exchanges=exchanges)


def test_an_allow_that_is_not_believed_is_named_where_it_leaves_cells_open() -> None:
    report, doubt = in_sync(), "GET /orders is served, but its Allow does not name GET"
    cells = tuple(
        _closed(c, Reason.MODE_FORBIDS, f"safe mode does not send it, and {doubt}") if c.method == "PUT" else c
        for c in report.cells
    )
    paths = {"/orders": PathFacts("stage", "/orders", allow={"OPTIONS": Allow(("POST",))})}
    facts = {"stage": Facts(EnvironmentFacts("stage", allow_doubt=doubt), paths)}
    lie = finding("allow-wrong", "/orders", "GET", {"stage": "x"}, Severity.WARNING, title="t")
    shown = text.render(replace(report, cells=cells, facts=facts, findings=(lie,)), width=200)
    assert f"  No Allow of stage is believed: {doubt} (allow-wrong).\n" in shown
    for other in (EnvironmentFacts("stage", allow_trusted=True), EnvironmentFacts("stage")):
        assert "believed" not in text.render(replace(report, cells=cells, facts={"stage": Facts(other, paths)}))
    unseen = {"stage": Facts(EnvironmentFacts("stage", allow_doubt=doubt))}
    assert "believed" not in text.render(replace(report, cells=cells, facts=unseen))


@pytest.mark.parametrize(("sent", "told"), [(True, True), (False, False)])
def test_credentials_that_were_refused_are_not_asked_for_again(sent: bool, told: bool) -> None:
    report, wall = in_sync(), exchange("stage", "GET", "/carts", 401)
    if not sent:
        wall = replace(wall, sent_fields=())
    cells = tuple(
        _closed(c, Reason.AUTH_WALL, "r", wall.id) if (c.environment, c.path) == ("stage", "/catalogue") else c
        for c in report.cells
    )
    shown = text.render(replace(report, cells=cells, exchanges={wall.id: wall}), width=200)
    refused = "he credentials given for stage were refused (401 on /catalogue)"
    assert (f"  T{refused}.\n" in shown) is told
    assert (f"t{refused}: renew them, or give others" in shown) is told
    assert ("give credentials for this environment" in shown) is not told


def test_waived_findings_are_counted_not_listed() -> None:
    shown = text.render(rich())
    assert "/legacy/prices" not in shown
    assert "1 waived" in shown


def test_the_report_is_named_where_it_was_written() -> None:
    settings = (("out", "build/drift/", "flag"),)
    assert "Report: build/drift/report.html" in text.render(replace(rich(), settings=settings))
