"""Who may call: the security rules on real services and gateways, where they fire and where they rightly do not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from auditor.model.cell import Reason, Support
from auditor.model.finding import Confidence, Severity
from auditor.run import rejudge
from auditor.settings import Flags
from tests.conftest import Serve
from tests.prober.audits import cell
from tests.servers import Server, Stack, start
from tests.surveys.stacks import DRF, EXPRESS, FASTAPI, NGINX, VIEWER, audited, description, operation, purposes, said

ADMIN = {"Authorization": "Bearer admin"}
ME = {"Authorization": "Basic bWU6c2VzYW1l"}
EACH = [FASTAPI, DRF, pytest.param(EXPRESS, marks=pytest.mark.needs(*EXPRESS.needs))]
BOOKS = ("/health", "/books", "/search")


@pytest.fixture(params=EACH, ids=lambda s: s.name, scope="module")
def running(request: pytest.FixtureRequest) -> Iterator[Server]:
    stack: Stack = request.param
    with start(stack) as server:
        yield server


@pytest.fixture
def service(running: Server) -> Server:
    running.forget()
    return running


def books(security: Any = None) -> dict[str, Any]:
    """Part of the bookshop, with what it says about credentials."""
    return {path: operation(security) for path in BOOKS}


# --- a missing guard, a forgotten `security`, and what only looks like either -----------------------------------------


def test_only_the_open_route_is_open_and_only_the_forgotten_guard_is_undocumented(
    service: Server, tmp_path: Path
) -> None:
    """HTML for everybody, outcomes said with 200, guarded routes and roles raise nothing."""
    report = audited(tmp_path, service.origin, headers=VIEWER)
    open_, undocumented = said(report, "security-not-enforced"), said(report, "security-undocumented")
    assert set(open_) == {"/invoices"}
    assert set(undocumented) == {"/metrics"}
    found = open_["/invoices"]
    assert (found.severity, found.confidence, found.methods) == (Severity.ERROR, Confidence.HIGH, ("GET",))
    assert found.curl == f"curl -i {service.origin}/invoices"
    assert "200 without credentials, with the same content as with them" in found.symptom
    assert "401 without credentials, 200 with those given" in undocumented["/metrics"].symptom


def test_every_anonymous_request_is_one_at_the_server_and_no_other_is(service: Server, tmp_path: Path) -> None:
    """Counted where they arrive: one for each readable path, and one unknown path."""
    report = audited(tmp_path, service.origin, headers=VIEWER)
    bare = [(e.probe.method, e.probe.target) for e in report.exchanges.values() if e.probe.anonymous]
    assert sorted(bare) == sorted((r.method, r.target) for r in service.anonymous())
    assert len(service.received()) == report.environments[0].requests
    sent = purposes(report)
    assert sent["anonymous"] <= len(description())
    assert sent["anonymous-sibling"] == 1
    known = [target for method, target in bare if method == "GET" and target in description()]
    assert len(known) == len(set(known)) == sent["anonymous"]


def test_without_credentials_nothing_is_asked_twice(service: Server, tmp_path: Path) -> None:
    """Every request is anonymous already; nothing is there to compare an answer with, so less is said of it."""
    report = audited(tmp_path, service.origin)
    assert purposes(report).keys() & {"anonymous", "anonymous-sibling"} == set()
    (found,) = said(report, "security-not-enforced").values()
    assert (found.path, found.confidence) == ("/invoices", Confidence.MEDIUM)
    (asking,) = said(report, "security-undocumented").values()
    assert (asking.path, asking.confidence) == ("/metrics", Confidence.MEDIUM)


def test_a_service_that_does_what_it_documents_is_left_in_peace(tmp_path: Path) -> None:
    described = description(metrics=operation([{"bearer": []}]))
    with start(FASTAPI, open=[]) as server:
        report = audited(tmp_path, server.origin, described, headers=VIEWER)
    assert [f.rule for f in report.findings if f.rule.startswith("security-")] == []


def test_a_deployment_that_asks_nobody_is_one_cause(tmp_path: Path) -> None:
    paths = {p: i for p, i in description().items() if p in ("/orders", "/invoices", "/admin", "/status")}
    with start(FASTAPI, open=list(paths)) as server:
        report = audited(tmp_path, server.origin, paths, headers=VIEWER)
    found = said(report, "security-not-enforced")
    assert set(found) == {"/orders", "/invoices", "/admin"}
    assert len({f.cause for f in found.values()}) == 1
    assert all("switched off" in f.root_causes[0].text for f in found.values())


def test_a_refusal_among_the_responses_is_half_a_documentation(service: Server, tmp_path: Path) -> None:
    half = operation([], responses={"200": {"description": "ok"}, "401": {"description": "no"}})
    report = audited(tmp_path, service.origin, description(metrics=half), headers=VIEWER)
    assert said(report, "security-undocumented")["/metrics"].severity is Severity.INFO


def test_the_same_is_said_from_the_run_directory_alone(tmp_path: Path) -> None:
    with start(FASTAPI) as server:
        report = audited(tmp_path, server.origin, headers=VIEWER)
    again = rejudge(tmp_path / "out", Flags())
    assert again.findings == report.findings
    assert again.cells == report.cells


# --- roles ------------------------------------------------------------------------------------------------------------


def test_what_a_role_may_not_do_is_told_from_what_is_missing(service: Server, tmp_path: Path) -> None:
    report = audited(tmp_path, service.origin, headers=VIEWER)
    refused, hidden = cell(report, "GET", "/admin"), cell(report, "GET", "/vault")
    assert Support.UNSUPPORTED not in (refused.support, hidden.support)
    assert [f for f in report.findings if f.path in ("/admin", "/vault")] == []
    if refused.support is Support.UNDETERMINED:
        assert refused.reason is Reason.AUTH_WALL
        assert refused.why.startswith("refused to these credentials (403), not missing: without any it is 401")
        assert refused.remedy is not None
        assert "a role that may" in refused.remedy
        (wall,) = said(report, "auth-hides-methods").values()
        assert "refused to these credentials (403), not missing" in wall.diagnosis
    everything = audited(tmp_path, service.origin, headers=ADMIN)
    assert {cell(everything, "GET", p).support for p in ("/admin", "/vault")} == {Support.SUPPORTED}


@pytest.mark.needs(*EXPRESS.needs)
def test_a_path_that_is_hidden_from_a_role_is_not_called_missing(tmp_path: Path) -> None:
    """Express: a guard in front of the whole path says 404 to every method, just as it says of an unknown path."""
    with start(EXPRESS) as server:
        report = audited(tmp_path, server.origin, headers=VIEWER)
    found = cell(report, "GET", "/vault")
    assert (found.support, found.reason) == (Support.UNDETERMINED, Reason.AUTH_WALL)
    assert "it may be hidden from this role" in found.why
    assert report.facts["dev"].paths["/vault"].routed is not False


# --- in front of the service ------------------------------------------------------------------------------------------


@pytest.mark.needs("nginx")
def test_one_wall_in_front_of_everything_is_one_cause(serve: Serve, tmp_path: Path) -> None:
    """nginx with auth_basic: documented nowhere, said once for all; with credentials in the description, never."""
    shop = serve("flask-bookshop")
    with start(NGINX, upstream=f"127.0.0.1:{shop.port}", upstream_truth={}, realm="shop") as edge:
        report = audited(tmp_path, f"{edge.origin}/v1", books([]), headers=ME)
        found = said(report, "security-undocumented")
        assert set(found) == set(BOOKS)
        assert {f.cause for f in found.values()} == {"security-undocumented:dev:wall"}
        assert found["/books"].root_causes[0].text.startswith("A gateway in front of the service")
        assert "Basic" in found["/books"].fixes[1].text
        assert purposes(report)["anonymous-sibling"] == 1
        clean = audited(tmp_path, f"{edge.origin}/v1", books([{"basic": []}]), headers=ME)
        assert compare_rules(clean) == []
        silent = audited(tmp_path, f"{edge.origin}/v1", books(), headers=ME)
        assert purposes(silent)["anonymous"] == 3
        # Without credentials it is the wall itself that is told, once.
        outside = audited(tmp_path, f"{edge.origin}/v1", books([]))
        assert compare_rules(outside) == ["auth-hides-methods"]


def test_the_way_past_the_gateway_is_open(serve: Serve, tmp_path: Path) -> None:
    """The service behind nginx asks nobody: audited there, no documented demand is enforced, which has one cause."""
    shop = serve("flask-bookshop")
    report = audited(tmp_path, shop.url, books([{"basic": []}]), headers=ME)
    found = said(report, "security-not-enforced")
    # /health answers {"status": "up"} to anybody: that alone says nothing.
    assert set(found) == {"/books", "/search"}
    assert {f.cause for f in found.values()} == {"security-not-enforced:dev"}


@pytest.mark.needs("nginx")
def test_what_a_cache_gives_away_is_called_that(tmp_path: Path) -> None:
    """nginx stores answers whoever asked for them: the service is guarded, and its orders are public all the same."""
    described = description(metrics=operation([{"bearer": []}]))
    with (
        start(FASTAPI, open=[]) as origin,
        start(NGINX, upstream=f"127.0.0.1:{origin.port}", upstream_truth={}, cache=True) as edge,
    ):
        report = audited(tmp_path, edge.origin, described, headers=VIEWER)
    found = said(report, "security-not-enforced")
    assert set(found) == {"/orders", "/invoices", "/metrics", "/legacy"}
    assert {(f.severity, f.confidence) for f in found.values()} == {(Severity.WARNING, Confidence.MEDIUM)}
    assert {f.cause for f in found.values()} == {"security-not-enforced:dev:cache"}
    assert found["/orders"].title == "GET /orders demands credentials, but a cache in dev answers anybody"
    assert "RFC 9111 §3.5" in found["/orders"].root_causes[0].text


def compare_rules(report: Any) -> list[str]:
    """The rules about credentials that speak."""
    return sorted({f.rule for f in report.findings if f.rule.startswith(("security-", "auth-"))})
