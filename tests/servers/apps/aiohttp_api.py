"""aiohttp's own server, either API: patterns for numbers and UUIDs, `*` for the hook."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from aiohttp.hdrs import METH_ANY

from tests.servers.apps.api import FORM, JSON, KINDS, PERIODS, STREAM, Handler, answer, chosen
from tests.servers.bookshop import METHODS
from tests.servers.record import Record, die_with_parent
from tests.servers.workshop import json_object

record = Record()
api = chosen(record)
PATTERNS = {"int": r":\d+", "uuid": ":[0-9a-f-]{36}", "enum": ":" + "|".join(PERIODS)}


@web.middleware
async def recorded(request: web.Request, handler: Any) -> web.StreamResponse:
    record.request(request.method, request.raw_path)
    response: web.StreamResponse = await handler(request)
    return response


def run(handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def perform(request: web.Request) -> web.StreamResponse:
        method = "GET" if request.method == "HEAD" and handler.method == "GET" else request.method
        handler.enter(method)
        if handler.takes == STREAM:
            first = True
            async for data in request.content.iter_any():
                api.chunk(request.match_info["name"], data, first)
                first = False
            if first:
                api.chunk(request.match_info["name"], b"", True)
        raw = await request.read() if handler.takes == JSON else b""
        try:
            sent = "file" in await request.post() if handler.takes == FORM else None
        except ValueError:
            sent = False
        status, body = answer(
            lambda: handler.act(method, request.match_info, json_object(raw) if handler.takes == JSON else sent)
        )
        if isinstance(body, bytes) or body is None:
            return web.Response(body=body, status=status)
        return web.json_response(body, status=status)

    return perform


async def main() -> None:
    app = web.Application(middlewares=[recorded])
    for one in api.handlers:
        path = api.base + one.path(lambda name: f"{{{name}{PATTERNS.get(KINDS.get(name, ''), '')}}}")
        app.router.add_route(one.method, path, run(one))
    record.truth(
        api.served(
            (route.resource.canonical, METHODS if route.method == METH_ANY else [route.method])
            for route in app.router.routes()
            if route.resource
        )
    )
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.SockSite(runner, record.listen()).start()
    record.ready(record.port)
    await asyncio.Event().wait()


if __name__ == "__main__":
    die_with_parent()
    asyncio.run(main())
