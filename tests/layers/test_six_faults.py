"""One gateway with six faults in front of a sound service: each is named, at its layer, and nobody else is blamed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.surveys.audited import Audit, audit
from tests.surveys.deployments import STORES, free_port, get, nginx, shop

PREFLIGHT = """
  if ($http_access_control_request_method) {
    add_header Access-Control-Allow-Origin *; add_header Access-Control-Allow-Methods "GET, POST, PUT, DELETE";
    return 204;
  }
"""
PASS = PREFLIGHT + "proxy_pass http://shop;"
FAULTY = f"""
location ~ ^/items/[^/]+$ {{ if ($request_method = DELETE) {{ return 403; }} {PASS} }}
location = /items {{ {PREFLIGHT} return 302 /thanks; }}
location = /orders {{ {PASS} }}
location = /reports {{ {STORES} {PASS} }}
location = /about {{ proxy_hide_header Allow; {PASS} }}
location = /health {{ {PASS} }}
"""
"""DELETE is refused, Allow is taken away, preflights get one list, calls end on a page, an old answer is kept."""
FALLBACK = "default_type text/html; return 200 '<!doctype html><title>Shop</title><div id=app></div>';"
"""Everything else is the page of a single-page application."""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Audit]:
    with ExitStack() as stack:
        upstream = free_port()
        edge = stack.enter_context(nginx(upstream, beside=FAULTY, rest=FALLBACK))
        with shop("old", port=upstream):
            assert get(edge, "/reports")[0] == 405  # stored, and answered from then on
        stack.enter_context(shop("new", port=upstream))
        yield audit(
            tmp_path_factory.mktemp("faults"), edge, mode="inert", cors_origin="https://app.example.test",
            layers={"origin": {"url": f"http://127.0.0.1:{upstream}", "behind": "prod", "mode": "inert"}},
        )  # fmt: skip


@pytest.mark.needs("nginx")
def test_each_fault_is_named(found: Audit) -> None:
    assert found.told("gateway-blocks-method") == {("gateway-blocks-method", "/items/{id}", "DELETE")}
    assert ("allow-missing", "/about") in {(r, p) for r, p, _ in found.told("allow-missing")}
    assert found.told("redirect-changes-method") == {("redirect-changes-method", "/items", "POST")}
    assert found.told("cache-differs-from-origin") == {("cache-differs-from-origin", "/reports", "GET")}
    assert [f["rule"] for f in found.report["findings"] if f["rule"] == "catch-all"] == ["catch-all"]
    promised = [f for f in found.report["findings"] if f["rule"] == "preflight-promises-too-much"]
    assert promised
    assert len({f["cause"] for f in promised}) == 1, "one list, one cause"


@pytest.mark.needs("nginx")
def test_the_layer_and_the_likeliest_cause_come_first(found: Audit) -> None:
    blocked = found.finding("gateway-blocks-method", "/items/{id}")
    assert "origin, behind it, supports it" in blocked["title"]
    for rule, path in (("gateway-blocks-method", "/items/{id}"), ("cache-differs-from-origin", "/reports")):
        told = found.finding(rule, path)
        assert told["fixes"][0]["side"] == "gateway", told["fixes"]
    dropped = found.finding("allow-missing", "/about")
    assert "origin answers REPORT with 405 and Allow" in dropped["root_causes"][0]["text"]
    assert {f["side"] for f in dropped["fixes"]} == {"gateway"}, "the service sends the field"
    moved = found.finding("redirect-changes-method", "/items")
    assert not [f for f in moved["fixes"] if "308" in f["text"]], "no order belongs on a page"


@pytest.mark.needs("nginx")
def test_a_stored_refusal_is_an_error_where_the_layer_behind_serves_the_method(tmp_path: Path) -> None:
    with ExitStack() as stack:
        upstream = free_port()
        edge = stack.enter_context(nginx(upstream, more=f"{STORES} proxy_cache_key $uri;"))
        with shop("old", port=upstream):
            assert get(edge, "/reports")[0] == 405
        stack.enter_context(shop("new", "bare", port=upstream))
        layers = {"origin": {"url": f"http://127.0.0.1:{upstream}", "behind": "prod"}}
        kept = audit(tmp_path, edge, layers=layers).finding("refusal-from-cache", "/reports")
    assert kept["severity"] == "error"
    assert "origin, asked directly, supports GET /reports" in kept["diagnosis"]


@pytest.mark.needs("nginx")
def test_nobody_else_is_blamed(found: Audit) -> None:
    assert found.wrong_at("origin", "new") == []
    innocent = {"/health", "/orders"}
    blamed = {(f["rule"], f["path"]) for f in found.report["findings"] if f["path"] in innocent}
    assert {rule for rule, _ in blamed} <= {"preflight-promises-too-much"}
    assert not found.told("documented-method-missing", "path-missing", "server-error", "answers-vary")
