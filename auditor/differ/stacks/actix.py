"""Actix Web."""

from __future__ import annotations

from auditor.differ.stacks import Stack
from auditor.model.finding import Side

STACK = Stack(
    id="actix",
    name="Actix Web",
    side=Side.SERVICE,
    marks=(),
    symbol="StatusCode::METHOD_NOT_ALLOWED, HttpResponse::MethodNotAllowed()",
    routes="the App in the code; there is no list at run time",
    logs='middleware::Logger shows `"DELETE /path HTTP/1.1" 405`, or 404',
    source="actix.rs/docs, URL Dispatch",
    fixes={
        "serve": "Route it on the resource of the path: `.route(web::delete().to(remove))`.",
        "drop": (
            "Replace `.to(handler)` on the resource, which serves every method, by `.route(web::get().to(handler))`."
        ),
        "allow": (
            "Give the resource `.default_service(web::to(|| async { "
            'HttpResponse::MethodNotAllowed().insert_header(("Allow", "GET, POST")).finish() }))`; actix sends an '
            "empty 404 or a 405 without `Allow` otherwise."
        ),
    },
)
