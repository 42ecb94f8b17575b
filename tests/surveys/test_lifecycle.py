"""Deprecation and Sunset: what the fields say, and what is made of it on a real service."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.model.finding import Severity
from auditor.prober.lifecycle import http_date, read_deprecation
from auditor.run import rejudge
from auditor.settings import Flags
from tests.prober.audits import run
from tests.prober.raw import http, said, serve
from tests.servers import start
from tests.surveys import stacks
from tests.surveys.stacks import FASTAPI, VIEWER, audited, description, operation

DATES = {
    "Sat, 31 Dec 2022 23:59:59 GMT": "2022-12-31T23:59:59.000Z",
    "Saturday, 31-Dec-22 23:59:59 GMT": "2022-12-31T23:59:59.000Z",
    "Sat Dec 31 23:59:59 2022": "2022-12-31T23:59:59.000Z",
    "Sun, 01 Jan 2023 00:59:59 +0100": "2022-12-31T23:59:59.000Z",
    "Fri, 31 Dec 9999 23:59:59 GMT": "9999-12-31T23:59:59.000Z",
}
NO_DATES = (
    "", "tomorrow", "2022-12-31", "2022-12-31T23:59:59Z", "@1672531199", "0", "-1", "Sat, 31 Feb 2022 23:59:59 GMT",
    "Mon, 01 Jan 0001 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 -0500", "Mon, " + "9" * 400, "Sat, \x1b[31m",
)  # fmt: skip
SAYS = {
    "@1688169599": (True, "2023-06-30T23:59:59.000Z", True), "@0;x=1": (True, "1970-01-01T00:00:00.000Z", True),
    "@-1": (True, "1969-12-31T23:59:59.000Z", True), "@999999999999999": (True, None, False), "@": (True, None, False),
    "true": (True, None, True), "?1": (True, None, True), "false": (False, None, True), "?0": (False, None, True),
    "Sat, 31 Dec 2022 23:59:59 GMT": (True, "2022-12-31T23:59:59.000Z", True), "soon": (True, None, False),
    "": (True, None, False),
}  # fmt: skip


@pytest.mark.parametrize("value", DATES)
def test_a_sunset_is_read_in_all_forms_of_an_http_date(value: str) -> None:
    assert http_date(value) == DATES[value]


@pytest.mark.parametrize("value", NO_DATES)
def test_anything_else_is_no_date(value: str) -> None:
    assert http_date(value) is None


@pytest.mark.parametrize("value", SAYS)
def test_what_deprecation_says(value: str) -> None:
    assert tuple(read_deprecation(value)) == SAYS[value]


def test_a_service_past_its_own_sunset(tmp_path: Path) -> None:
    """FastAPI that sends both fields on one path; the others are silent, and so is a guarded path without a token."""
    with start(FASTAPI) as server:
        report = audited(tmp_path, server.origin, headers=VIEWER)
        outside = audited(tmp_path, server.origin)
    (found,) = stacks.said(report, "sunset-passed").values()
    assert (found.path, found.severity, found.methods) == ("/legacy", Severity.WARNING, ("GET",))
    assert found.cause == "sunset-passed:dev:2022-12-31"
    assert stacks.said(report, "deprecated-still-served") == {}  # one cause, told once
    assert stacks.said(outside, "sunset-passed") == {}
    assert rejudge(tmp_path / "out", Flags()).findings == outside.findings


def test_a_deprecation_that_the_description_does_not_know(tmp_path: Path) -> None:
    """FastAPI that announces it in a field; audited against a description that marks it, only the marking is told."""
    life = {"Deprecation": "@1688169599", "Sunset": "Fri, 31 Dec 2100 23:59:59 GMT"}
    marked = description(legacy=operation([{"bearer": []}], deprecated=True))
    with start(FASTAPI, life=life) as server:
        unknown, known = (audited(tmp_path, server.origin, d, headers=VIEWER) for d in (description(), marked))
    (found,) = stacks.said(unknown, "deprecated-still-served").values()
    assert found.title == "GET /legacy announces its deprecation in dev, which is not documented"
    assert found.occurrences[0].detail == "supported (answers 200), deprecated since 2023-06-30, Sunset 2100-12-31"
    (found,) = stacks.said(known, "deprecated-still-served").values()
    assert found.title == "GET /legacy is deprecated, and dev serves it"
    assert stacks.said(unknown, "sunset-passed") == {}


def test_operations_of_one_version_share_their_cause(tmp_path: Path) -> None:
    old = operation(None, deprecated=True)
    table = {("*", "*"): http(404, said("no route"))}
    table |= {("GET", f"/v1/{n}"): http(200, f'["{n}"]') for n in "abc"}
    table |= {("GET", "/v2/a"): http(200, '["new"]', "Deprecation: @1688169599")}
    with serve(table) as server:
        report = run(tmp_path, server.url, {**{f"/v1/{n}": old for n in "abc"}, "/v2/a": operation(None)})
    found = stacks.said(report, "deprecated-still-served")
    assert {p: f.cause.split(":", 2)[2] for p, f in found.items()} == {
        "/v1/a": "description", "/v1/b": "description", "/v1/c": "description", "/v2/a": "unmarked:2023-06-30",
    }  # fmt: skip
    assert {f.severity for f in found.values()} == {Severity.INFO}
    assert report.run.exit_code == 0
