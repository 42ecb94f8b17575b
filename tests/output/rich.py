"""The rich dummy report: three environments, every mark of the matrix, several reasons, a gateway in the way."""

from __future__ import annotations

from auditor.model.cell import Basis, Cell, Exclusion, Reason
from auditor.model.environment import State
from auditor.model.exchange import BodyTrace, Exchange, Failure, Purpose
from auditor.model.finding import Confidence, Finding, Severity
from auditor.model.report import Change, Promotion, Report
from tests.output.sample import CHAIN, PATHS, Key, assemble, exchange, finding, known, result, unknown

ORDER = "/orders/{orderId}"
ALLOW = ("Allow", "GET, HEAD, PUT, PATCH")


def _exchanges() -> dict[str, Exchange]:
    html = BodyTrace(512, "text/html", "ab" * 32, "html>body>h1", text="<h1>403 Forbidden</h1>\nedge-3")
    return {
        "dev refuses": exchange("dev", "OPTIONS", ORDER, 200, [ALLOW, ("Server", "gunicorn")], seq=11),
        "stage refuses": exchange("stage", "OPTIONS", ORDER, 200, [ALLOW, ("Server", "gunicorn")], seq=12),
        "stage control": exchange("stage", "REPORT", ORDER, 405, [ALLOW, ("Server", "gunicorn")], seq=13),
        "prod allows": exchange(
            "prod", "OPTIONS", ORDER, 200, [("Allow", "GET, HEAD, PUT, DELETE"), ("Via", "1.1 edge-3")], seq=14
        ),
        "prod redirects": exchange(
            "prod", "GET", "/orders", 301, [("Location", "https://api.example.test/v1/orders/")], seq=15
        ),
        "prod path": exchange("prod", "GET", "/orders/{orderId}/refunds", 404, seq=16),
        "prod sibling": exchange("prod", "GET", "/orders/{orderId}/zz-7f1e", 404, purpose=Purpose.SIBLING, seq=17),
        "prod gateway": exchange("prod", "OPTIONS", "/carts/{cartId}", 403, [("Server", "edge-3")], seq=18, body=html),
        "prod down": exchange("prod", "GET", "/exports/{exportId}", None, seq=19, failure=Failure.REFUSED),
        "dev flips": exchange("dev", "GET", "/exports/{exportId}", 500, seq=20),
    }


def _odd(x: dict[str, Exchange]) -> dict[Key, Cell]:
    pairs = [
        *(known(e, ORDER, "DELETE", False, Basis.ADVERTISED, x[f"{e} refuses"].id) for e in ("dev", "stage")),
        known("prod", ORDER, "DELETE", True, Basis.ADVERTISED, x["prod allows"].id),
        *(known(e, ORDER, "PATCH", True, Basis.ADVERTISED, x[f"{e} refuses"].id) for e in ("dev", "stage")),
        *(known("prod", "/orders/{orderId}/refunds", m, False, Basis.INFERRED) for m in ("GET", "POST")),
        known("prod", "/carts/{cartId}", "PUT", False, Basis.OBSERVED, x["prod gateway"].id),
        known("prod", "/carts/{cartId}/items", "POST", False, Basis.OBSERVED),
        known("dev", "/legacy/prices", "PUT", True, Basis.ADVERTISED),
        *(unknown(e, "/carts/{cartId}", "DELETE", Reason.MODE_FORBIDS) for e in CHAIN),
        *(unknown(e, "/catalogue", m, Reason.MODE_FORBIDS) for e in CHAIN for m in ("POST", "PUT", "PATCH", "DELETE")),
        unknown("prod", "/admin/metrics", "GET", Reason.AUTH_WALL),
        unknown("prod", "/exports/{exportId}", "GET", Reason.UNREACHABLE, x["prod down"].id),
        unknown("dev", "/exports/{exportId}", "GET", Reason.UNSTABLE, x["dev flips"].id),
    ]
    return dict(pairs)


def _findings(x: dict[str, Exchange]) -> list[Finding]:
    edge = {"prod": (x["prod gateway"].id,)}
    waiver = {"reason": "migration until spring", "owner": "team-orders", "ticket": "OPS-1841", "expires": "2027-01-31"}
    return [
        finding(
            "documented-method-missing",
            ORDER,
            "DELETE",
            {"dev": "405, Allow: GET, HEAD, PUT, PATCH", "stage": "405, Allow: GET, HEAD, PUT, PATCH"},
            title="DELETE /orders/{orderId} is documented, but dev and stage refuse it",
            owner="team-orders",
            status="new",
            exchanges={"dev": (x["dev refuses"].id,), "stage": (x["stage refuses"].id, x["stage control"].id)},
        ),
        finding(
            "undocumented-method-served",
            ORDER,
            "PATCH",
            {"dev": "200, Allow", "stage": "200, Allow"},
            status="known",
            title="PATCH /orders/{orderId} is supported in dev and stage, but not in the contract",
            exchanges={"stage": (x["stage refuses"].id,)},
        ),
        finding(
            "path-missing",
            "/orders/{orderId}/refunds",
            "",
            {"prod": "404, equals the unknown sibling's"},
            title="/orders/{orderId}/refunds is not routed in prod",
            exchanges={"prod": (x["prod path"].id, x["prod sibling"].id)},
        ),
        finding(
            "gateway-blocks-method",
            "/carts/{cartId}",
            "PUT",
            {"prod": "403 from edge-3"},
            cause="edge-3 refuses writes",
            title="The gateway of prod refuses PUT /carts/{cartId}",
            exchanges=edge,
            confidence=Confidence.MEDIUM,
            owner="platform",
        ),
        finding(
            "gateway-blocks-method",
            "/carts/{cartId}/items",
            "POST",
            {"prod": "403 from edge-3"},
            cause="edge-3 refuses writes",
            title="The gateway of prod refuses POST /carts/{cartId}/items",
            exchanges=edge,
            confidence=Confidence.MEDIUM,
        ),
        finding(
            "redirect-changes-method",
            "/orders",
            "POST",
            {"prod": "301 to https://api.example.test/v1/orders/"},
            title="A redirect in prod turns POST /orders into GET",
            exchanges={"prod": (x["prod redirects"].id,)},
        ),
        finding(
            "server-error",
            "/catalogue",
            "GET",
            {"stage": "500"},
            title="GET /catalogue answers 500 in stage",
            severity=Severity.WARNING,
        ),
        finding(
            "redirect-on-path",
            "/catalogue/{sku}",
            "GET",
            {"prod": "308 to /v1/catalogue/1042/"},
            Severity.INFO,
            title="GET /catalogue/{sku} redirects to its slash twin in prod",
        ),
        finding(
            "environment-redirects",
            None,
            "",
            {"dev": "308 to https"},
            Severity.WARNING,
            title="Everything in dev redirects to https",
        ),
        finding(
            "undocumented-method-served",
            "/legacy/prices",
            "PUT",
            {"dev": "advertised"},
            Severity.ERROR,
            waived=waiver,
            title="PUT /legacy/prices is supported in dev, but not in the contract",
        ),
    ]


def _promotions(findings: list[Finding]) -> list[Promotion]:
    mark = {(f.rule, f.methods): f.fingerprint for f in reversed(findings)}
    delete = mark["documented-method-missing", ("DELETE",)]
    patch = mark["undocumented-method-served", ("PATCH",)]
    changes = (
        Change(ORDER, "DELETE", "removes-documented", delete),
        Change(ORDER, "PATCH", "adds-undocumented", patch),
        Change("/orders/{orderId}/refunds", "POST", "repairs", mark["path-missing", ()]),
        Change("/carts/{cartId}", "PUT", "environment-only", mark["gateway-blocks-method", ("PUT",)]),
        Change("/admin/metrics", "GET", "cannot-say"),
        Change("/exports/{exportId}", "GET", "cannot-say"),
        Change("/carts/{cartId}", "DELETE", "cannot-say"),
    )
    early = (Change(ORDER, "DELETE", "still-missing", delete),)
    why = "promoting stage to prod would remove 1 documented method and add 1 undocumented one"
    return [
        Promotion("dev", "stage", "promote", "nothing that callers of stage use changes", 18, 1, early),
        Promotion("stage", "prod", "hold", why, 16, 3, changes),
    ]


def rich() -> Report:
    """Drift of every kind; prod stopped answering on the way, so the audit is incomplete."""
    x = _exchanges()
    findings = _findings(x)
    skipped = [Exclusion(e, "/catalogue", "HEAD", "--skip", "HEAD is slow there") for e in CHAIN]
    assert set(PATHS) >= {s.path for s in skipped}
    results = [
        result("dev", 0, 143, 0.93),
        result("stage", 1, 139, 0.97),
        result("prod", 2, 118, 0.85, State.UNREACHABLE, "prod stopped answering after 118 requests", "77aa901"),
    ]
    return assemble(
        results,
        _odd(x),
        findings,
        promotions=_promotions(findings),
        exchanges=list(x.values()),
        excluded=skipped,
        because=["prod stopped answering after 118 requests"],
        exit_code=1,
        notes=["prod refused connections: audit again when it is up"],
    )
