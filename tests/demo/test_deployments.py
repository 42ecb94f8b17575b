"""The deployments behave as their tables say, and every drift of the demo is really there."""

from __future__ import annotations

import json

import pytest

from auditor.demo.app import Application, Problem, Request, Response, Route, gateway, reply
from auditor.demo.deployments import deployments
from auditor.loader import load_file
from auditor.model.templates import anonymous
from auditor.resources import data_dir
from tests.demo.truth import ask, served

CONTRACT = load_file(data_dir("sample_specs") / "demo-orders.openapi.yaml")
DOCUMENTED = {i.template: set(i.methods) for i in CONTRACT.paths}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def allow(response: Response) -> str | None:
    return response.value("Allow")


def test_the_contract_loads_without_a_warning() -> None:
    assert CONTRACT.warnings == ()
    assert (len(CONTRACT.paths), CONTRACT.operations) == (15, 26)


@pytest.mark.parametrize("deployment", deployments(), ids=lambda d: d.name)
def test_every_method_does_what_the_route_table_says(deployment) -> None:
    for template in DOCUMENTED:
        methods = served(deployment).get(anonymous(template), frozenset())
        for method in METHODS:
            response = ask(deployment.name, method, template)
            if response.status == 301:
                response = ask(deployment.name, method, template + "/")
            if response.status == 401:
                assert template == "/reports/revenue"
                continue
            refused = response.status in (403, 404, 405)
            assert refused == (method not in methods), (method, template, response)


@pytest.mark.parametrize("name", ["dev", "stage", "prod"])
def test_what_is_documented_is_served_but_for_the_drift(name: str) -> None:
    tables = {d.name: served(d) for d in deployments()}
    differing = {
        (method, template)
        for template, methods in DOCUMENTED.items()
        for method in METHODS
        if (method in methods) != (method in tables[name].get(anonymous(template), ()))
    }
    assert differing == {
        "dev": {("GET", "/vouchers"), ("DELETE", "/customers/{customerId}")},
        "stage": {("GET", "/orders/{orderId}/tracking"), ("GET", "/orders/{orderId}/refunds")},
        "prod": {
            ("GET", "/returns"), ("POST", "/returns"), ("DELETE", "/orders/{orderId}"),
            ("DELETE", "/webhooks/{webhookId}"),
        },
    }[name]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "dev", "stage", "prod"),
    [
        ("GET", "/orders/{orderId}/tracking", 200, 405, 200),
        ("GET", "/vouchers", 404, 200, 200),
        ("DELETE", "/customers/{customerId}", 204, 405, 403),
        ("GET", "/payments/notifications", 404, 405, 405),
        ("POST", "/shipments", 201, 301, 201),
        ("GET", "/orders/{orderId}/refunds", 405, 200, 405),
        ("DELETE", "/orders/{orderId}", 204, 204, 403),
        ("DELETE", "/webhooks/{webhookId}", 204, 204, 403),
        ("GET", "/returns", 200, 200, 404),
        ("GET", "/stock/{sku}", 200, 200, 500),
        ("GET", "/carriers", 204, 200, 200),
        ("GET", "/reports/revenue", 401, 401, 401),
        ("REPORT", "/reports/revenue", 401, 401, 401),
        ("GET", "/orders", 200, 200, 200),
    ],
)
def test_each_drift_is_real(method: str, path: str, dev: int, stage: int, prod: int) -> None:
    assert [ask(name, method, path).status for name in ("dev", "stage", "prod")] == [dev, stage, prod]


def test_drift_in_fields_and_bodies() -> None:
    assert (ask("prod", "PUT", "/exports").status, allow(ask("prod", "PUT", "/exports"))) == (405, None)
    assert allow(ask("stage", "PUT", "/orders/{orderId}/notes")) == "POST, OPTIONS"
    assert allow(ask("dev", "PUT", "/orders/{orderId}/notes")) == "GET, POST, HEAD, OPTIONS"
    assert allow(ask("prod", "OPTIONS", "/orders/{orderId}")) == "GET, PATCH, HEAD, OPTIONS"
    assert ask("stage", "POST", "/shipments").value("Location") == "/v2/shipments/"
    totals = {n: json.loads(ask(n, "GET", "/orders/{orderId}").body)["total"] for n in ("dev", "stage", "prod")}
    assert totals == {"dev": "129.90", "stage": 129.9, "prod": "129.90"}


# --- the framework ---


def echo(request: Request, **parameters: str) -> Response:
    return reply(200, parameters)


APP = Application("/v2", {"/a/{b}": Route({"GET": echo, "DELETE": echo}), "/slash/": Route({"POST": echo})})


@pytest.mark.parametrize(
    ("method", "path", "status", "field"),
    [
        ("GET", "/v2/a/1", 200, None),
        ("HEAD", "/v2/a/1", 200, None),
        ("PUT", "/v2/a/1", 405, "GET, DELETE, HEAD, OPTIONS"),
        ("OPTIONS", "/v2/a/1", 204, "GET, DELETE, HEAD, OPTIONS"),
        ("GET", "/v2/a/1/2", 404, None),
        ("GET", "/v2", 404, None),
        ("GET", "/a/1", 404, None),
        ("GET", "/v20/a/1", 404, None),
        ("POST", "/v2/slash", 301, None),
        ("POST", "/v2/slash/", 200, None),
        ("POST", "/v2/a/1/", 301, None),
    ],
)
def test_routing(method: str, path: str, status: int, field: str | None) -> None:
    response = APP(Request(method, path))
    assert (response.status, allow(response)) == (status, field)


def test_the_gateway_refuses_by_itself_and_tells_the_truth_in_allow() -> None:
    front = gateway(APP, frozenset({"DELETE"}), "edge")
    refused = front(Request("DELETE", "/v2/a/1"))
    assert (refused.status, refused.value("Server"), refused.value("Via")) == (403, "edge", None)
    assert allow(front(Request("OPTIONS", "/v2/a/1"))) == "GET, HEAD, OPTIONS"
    assert front(Request("GET", "/v2/a/1")).value("Via") == "1.1 edge"


def test_a_handler_that_raises_is_a_500_and_a_bad_body_a_422() -> None:
    def fail(request: Request) -> Response:
        raise KeyError("setting")

    app = Application("", {"/f": Route({"GET": fail}), "/p": Route({"POST": lambda r: reply(200, r.json())})})
    assert app(Request("GET", "/f")).status == 500
    assert [app(Request("POST", "/p", {}, b)).status for b in (b"{", b"[]", b"\xff", b'{"a": 1}')] == [
        422,
        422,
        422,
        200,
    ]
    assert json.loads(Problem(418, "Teapot").response().body)["status"] == 418
