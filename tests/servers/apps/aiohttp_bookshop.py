"""aiohttp's own server; a middleware sends paths without their slash to the spelling that is routed."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from tests.servers.bookshop import BASE, Invalid, Missing, Shop, served
from tests.servers.record import Record, die_with_parent

record = Record()
shop = Shop(record)
routes = web.RouteTableDef()


@web.middleware
async def recorded(request: web.Request, handler: Any) -> web.StreamResponse:
    record.request(request.method, request.raw_path)
    try:
        response: web.StreamResponse = await handler(request)
    except Missing as error:
        return web.json_response({"error": str(error)}, status=404)
    except Invalid as error:
        return web.json_response({"error": str(error)}, status=422)
    return response


async def content(request: web.Request) -> Any:
    try:
        return await request.json()
    except ValueError as error:
        raise Invalid("not JSON") from error


@routes.get(BASE + "/health")
async def health(_request: web.Request) -> web.Response:
    return web.json_response({"status": "up"})


@routes.get(BASE + "/books")
async def list_books(_request: web.Request) -> web.Response:
    return web.json_response(list(shop.books.values()))


@routes.post(BASE + "/books")
async def create_book(request: web.Request) -> web.Response:
    shop.enter("POST /books")
    return web.json_response(shop.create_book(await content(request)), status=201)


@routes.get(BASE + r"/books/{bookId:\d+}")
async def get_book(request: web.Request) -> web.Response:
    return web.json_response(shop.book(int(request.match_info["bookId"])))


@routes.patch(BASE + r"/books/{bookId:\d+}")
async def change_book(request: web.Request) -> web.Response:
    shop.enter("PATCH /books/{bookId}")
    return web.json_response(shop.change_book(int(request.match_info["bookId"]), await content(request)))


@routes.delete(BASE + r"/books/{bookId:\d+}")
async def delete_book(request: web.Request) -> web.Response:
    shop.enter("DELETE /books/{bookId}")
    shop.delete_book(int(request.match_info["bookId"]))
    return web.Response(status=204)


@routes.get(BASE + "/authors/{slug}")
async def get_author(request: web.Request) -> web.Response:
    return web.json_response(shop.author(request.match_info["slug"]))


@routes.patch(BASE + "/authors/{slug}")
async def change_author(request: web.Request) -> web.Response:
    shop.enter("PATCH /authors/{slug}")
    return web.json_response(shop.change_author(request.match_info["slug"], await content(request)))


@routes.delete(BASE + "/authors/{slug}")
async def delete_author(request: web.Request) -> web.Response:
    shop.enter("DELETE /authors/{slug}")
    shop.delete_author(request.match_info["slug"])
    return web.Response(status=204)


@routes.post(BASE + "/orders/")
async def create_order(request: web.Request) -> web.Response:
    shop.enter("POST /orders/")
    return web.json_response(shop.create_order(await content(request)), status=201)


@routes.get(BASE + r"/orders/{orderId:[0-9a-f-]+}")
async def get_order(request: web.Request) -> web.Response:
    return web.json_response(shop.order(request.match_info["orderId"]))


@routes.get(BASE + "/search")
async def search(request: web.Request) -> web.Response:
    return web.json_response(shop.search(request.query.get("q", "")))


@routes.delete(BASE + "/cache")
async def flush(_request: web.Request) -> web.Response:
    shop.enter("DELETE /cache")
    shop.flush()
    return web.Response(status=204)


async def main() -> None:
    slashes = web.normalize_path_middleware(append_slash=True, redirect_class=web.HTTPMovedPermanently)
    app = web.Application(middlewares=[recorded, slashes])
    app.add_routes(routes)
    record.truth(served((route.resource.canonical, [route.method]) for route in app.router.routes() if route.resource))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.SockSite(runner, record.listen()).start()
    record.ready(record.port)
    await asyncio.Event().wait()


if __name__ == "__main__":
    die_with_parent()
    asyncio.run(main())
