"""Starlette on uvicorn, either API: one endpoint class per path, hence one honest `Allow` per path."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from tests.servers.apps.api import FORM, JSON, KINDS, STREAM, Handler, answer, chosen
from tests.servers.apps.asgi import serve
from tests.servers.bookshop import METHODS
from tests.servers.record import Record
from tests.servers.workshop import json_object

record = Record()
api = chosen(record)
CONVERTORS = {"int": ":int", "uuid": ":uuid"}


async def perform(handler: Handler, method: str, request: Request) -> Response:
    handler.enter(method)
    if handler.takes == STREAM:
        first = True
        async for data in request.stream():
            if data or first:
                api.chunk(request.path_params["name"], data, first)
            first = False
    raw = await request.body() if handler.takes == JSON else b""
    sent = "file" in await request.form() if handler.takes == FORM else None
    status, body = answer(
        lambda: handler.act(method, request.path_params, json_object(raw) if handler.takes == JSON else sent)
    )
    if isinstance(body, bytes) or body is None:
        return Response(body, status_code=status)
    return JSONResponse(body, status_code=status)


def method(name: str, handler: Handler) -> Callable[[Any, Request], Awaitable[Response]]:
    """What `get` of an endpoint does it does for HEAD, too: Starlette calls it for both."""

    async def run(_self: Any, request: Request) -> Response:
        return await perform(handler, name, request)

    return run


def route(template: str, handlers: dict[str, Handler]) -> Route:
    some = next(iter(handlers.values()))
    path = some.path(lambda name: f"{{{name}{CONVERTORS.get(KINDS.get(name, ''), '')}}}")
    if some.method == "*":

        async def any_method(scope: Any, receive: Any, send: Any) -> None:
            await (await perform(some, scope["method"], Request(scope, receive)))(scope, receive, send)

        return Route(path, _Application(any_method))
    return Route(path, type("Endpoint", (HTTPEndpoint,), {m.lower(): method(m, h) for m, h in handlers.items()}))


class _Application:
    """An ASGI application as endpoint: Starlette asks it for every method."""

    def __init__(self, run: Callable[..., Awaitable[None]]) -> None:
        self.run = run

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.run(scope, receive, send)


def methods(one: Route) -> list[str]:
    return [m for m in METHODS if isinstance(one.endpoint, _Application) or hasattr(one.endpoint, m.lower())]


routes = [route(template, handlers) for template, handlers in api.by_path()]
app = Starlette(routes=[Mount(api.base, routes=routes)])

if __name__ == "__main__":
    record.truth(api.served((one.path, methods(one)) for one in routes))
    serve(app, record)
