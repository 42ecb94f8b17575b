"""axum."""

from __future__ import annotations

from auditor.differ.stacks import Stack
from auditor.model.finding import Side

STACK = Stack(
    id="axum",
    name="axum",
    side=Side.SERVICE,
    marks=(),
    symbol="StatusCode::METHOD_NOT_ALLOWED",
    routes="the Router in the code; there is no list at run time",
    logs="tower_http::trace shows `status=405`",
    source="docs.rs/axum, MethodRouter, Router",
    fixes={
        "serve": 'Chain it: `.route("/orders/{id}", get(show).delete(remove))`.',
        "drop": "Replace `any(…)` by the methods that are meant.",
        "allow": (
            "Leave 405 to the `MethodRouter`, which sends `Allow`; a `method_not_allowed_fallback` must set it itself."
        ),
        "slash": "Declare the path as clients call it, or wrap the app in `NormalizePathLayer::trim_trailing_slash()`.",
        "cors": "List the method in `CorsLayer::new().allow_methods([Method::GET, Method::DELETE])`.",
    },
)
