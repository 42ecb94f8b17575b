"""What the three deployments really do, read from their route tables, and the drift that follows from it."""

from __future__ import annotations

from auditor.demo.app import Request, Response
from auditor.demo.deployments import BASE, Deployment, deployments
from auditor.model.templates import anonymous

EXAMPLES = {"orderId": "ord-1001", "sku": "BK-0042", "customerId": "cus-204", "webhookId": "wh-7"}

LISTED = {
    # what a release manager reads first
    ("documented-method-missing", "/orders/{orderId}/tracking", ("GET",), ("stage",)),
    # dev
    ("documented-method-missing", "/vouchers", ("GET",), ("dev",)),
    ("undocumented-method-served", "/customers/{customerId}", ("DELETE",), ("dev",)),
    ("undocumented-status", "/carriers", ("GET",), ("dev",)),
    ("wrong-refusal-status", "/payments/notifications", ("GET",), ("dev",)),
    # stage
    ("allow-wrong", "/orders/{orderId}/notes", ("GET",), ("stage",)),
    ("redirect-changes-method", "/shipments", ("POST",), ("stage",)),
    ("redirect-on-path", "/shipments", ("GET",), ("stage",)),
    ("response-mismatch", "/orders/{orderId}", ("GET",), ("stage",)),
    ("undocumented-method-served", "/orders/{orderId}/refunds", ("GET",), ("stage",)),
    # prod
    ("allow-missing", "/exports", ("OPTIONS", "REPORT"), ("prod",)),
    ("documented-method-missing", "/orders/{orderId}", ("DELETE",), ("prod",)),
    ("documented-method-missing", "/webhooks/{webhookId}", ("DELETE",), ("prod",)),
    ("options-unanswered", None, ("OPTIONS",), ("prod",)),
    ("path-missing", "/returns", ("GET", "POST"), ("prod",)),
    ("server-error", "/stock/{sku}", ("GET",), ("prod",)),
    # all of them
    ("auth-hides-methods", None, (), ("dev", "stage", "prod")),
}
"""(rule, path, methods, environments) of every finding: no more, no less, as far as the rule exists."""


def served(deployment: Deployment) -> dict[str, frozenset[str]]:
    """Methods by anonymous template; a path that redirects to its slash twin counts as the twin."""
    return {anonymous(t.rstrip("/")): frozenset(r.handlers) - deployment.denied for t, r in deployment.routes.items()}


def ask(name: str, method: str, template: str, *, body: bytes = b"{}") -> Response:
    """The answer of a fresh deployment, so that nothing that was changed before can be seen."""
    path = template
    for parameter, value in EXAMPLES.items():
        path = path.replace("{" + parameter + "}", value)
    deployment = next(d for d in deployments() if d.name == name)
    return deployment.answer(Request(method, BASE + path, {}, body))
