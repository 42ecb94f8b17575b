"""FastAPI: guards as dependencies, security schemes in its own /openapi.json. Options: `prefix` of the routes,
`root_path`, `open` (paths that lost their guard), `gone` (routes that this build does not have), `deprecated` (does the
description say so of /legacy), `life` (the fields that it sends).
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Response
from fastapi.responses import HTMLResponse
from fastapi.security import APIKeyHeader

from tests.servers.apps.asgi import serve
from tests.servers.record import Record
from tests.surveys.apps.guarded import INVOICES, LIFE, ORDERS, PAGE, ROLES, session

record = Record()
options = record.options
prefix = options.get("prefix", "")
opened, gone = set(options.get("open", ["/invoices"])), set(options.get("gone", []))
app = FastAPI(title="Guarded", version="1.0", root_path=options.get("root_path", ""), docs_url=None, redoc_url=None)
scheme = APIKeyHeader(name="Authorization", scheme_name="bearer", auto_error=False)


def role(given: Annotated[str | None, Depends(scheme)]) -> str | None:
    return ROLES.get(given or "")


Role = Annotated[str | None, Depends(role)]


def guard(known: Role) -> None:
    if known is None:
        raise HTTPException(401, "no credentials", {"WWW-Authenticate": "Bearer"})


def administrator(known: Role) -> None:
    guard(known)
    if known != "admin":
        raise HTTPException(403, "not for this role")


def hidden(known: Role) -> None:
    guard(known)
    if known != "admin":
        raise HTTPException(404)


GUARDS = {"/metrics": guard, "/orders": guard, "/invoices": guard, "/admin": administrator, "/vault": hidden,
          "/legacy": guard}  # fmt: skip


def route(path: str, *methods: str, **more: Any) -> Any:
    guards = [Depends(GUARDS[path])] if path in GUARDS and path not in opened else []
    if path in gone:
        return lambda handler: handler
    return app.api_route(prefix + path, methods=list(methods or ["GET"]), dependencies=guards, **more)


@route("/status")
async def status() -> dict[str, Any]:
    return {"up": True, "since": "spring"}


@route("/metrics")
async def metrics() -> dict[str, Any]:
    return {"orders": 2, "invoices": 1, "errors": 0}


@route("/orders")
async def orders() -> list[dict[str, Any]]:
    return ORDERS


@route("/invoices")
async def invoices() -> list[dict[str, Any]]:
    return INVOICES


@route("/docs", response_class=HTMLResponse)
async def docs() -> str:
    return PAGE


@route("/session")
async def who(known: Role) -> dict[str, Any]:
    return session(known)


@route("/admin")
async def admin() -> dict[str, Any]:
    return {"users": 2, "roles": ["viewer", "admin"], "locked": False}


@route("/vault")
async def vault() -> dict[str, Any]:
    return {"keys": 7, "sealed": True, "owner": "ops"}


@route("/legacy", deprecated=bool(options.get("deprecated")))
async def legacy(response: Response) -> list[dict[str, Any]]:
    response.headers.update(options.get("life", LIFE))
    return ORDERS


if __name__ == "__main__":
    record.truth({})
    serve(app, record)
