"""Starlette on uvicorn: one endpoint class per path, hence one honest `Allow` per path.

Option `cors`: what CORSMiddleware is given.
"""

from __future__ import annotations

from typing import Any

from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from tests.servers.apps.asgi import serve
from tests.servers.bookshop import BASE, METHODS, Invalid, Missing, Shop, served
from tests.servers.record import Record

record = Record()
shop = Shop(record)


class Health(HTTPEndpoint):
    async def get(self, _request: Request) -> Response:
        return JSONResponse({"status": "up"})


class Books(HTTPEndpoint):
    async def get(self, _request: Request) -> Response:
        return JSONResponse(list(shop.books.values()))

    async def post(self, request: Request) -> Response:
        shop.enter("POST /books")
        return JSONResponse(shop.create_book(await content(request)), status_code=201)


class Book(HTTPEndpoint):
    async def get(self, request: Request) -> Response:
        return JSONResponse(shop.book(request.path_params["bookId"]))

    async def patch(self, request: Request) -> Response:
        shop.enter("PATCH /books/{bookId}")
        return JSONResponse(shop.change_book(request.path_params["bookId"], await content(request)))

    async def delete(self, request: Request) -> Response:
        shop.enter("DELETE /books/{bookId}")
        shop.delete_book(request.path_params["bookId"])
        return Response(status_code=204)


class Author(HTTPEndpoint):
    async def get(self, request: Request) -> Response:
        return JSONResponse(shop.author(request.path_params["slug"]))

    async def patch(self, request: Request) -> Response:
        shop.enter("PATCH /authors/{slug}")
        return JSONResponse(shop.change_author(request.path_params["slug"], await content(request)))

    async def delete(self, request: Request) -> Response:
        shop.enter("DELETE /authors/{slug}")
        shop.delete_author(request.path_params["slug"])
        return Response(status_code=204)


class Orders(HTTPEndpoint):
    async def post(self, request: Request) -> Response:
        shop.enter("POST /orders/")
        return JSONResponse(shop.create_order(await content(request)), status_code=201)


class Order(HTTPEndpoint):
    async def get(self, request: Request) -> Response:
        return JSONResponse(shop.order(str(request.path_params["orderId"])))


class Search(HTTPEndpoint):
    async def get(self, request: Request) -> Response:
        return JSONResponse(shop.search(request.query_params.get("q", "")))


class Cache(HTTPEndpoint):
    async def delete(self, _request: Request) -> Response:
        shop.enter("DELETE /cache")
        shop.flush()
        return Response(status_code=204)


async def content(request: Request) -> Any:
    try:
        return await request.json()
    except ValueError as error:
        raise Invalid("not JSON") from error


async def missing(_request: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, status_code=404)


async def invalid(_request: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, status_code=422)


ROUTES: list[Route] = [
    Route("/health", Health),
    Route("/books", Books),
    Route("/books/{bookId:int}", Book),
    Route("/authors/{slug}", Author),
    Route("/orders/", Orders),
    Route("/orders/{orderId:uuid}", Order),
    Route("/search", Search),
    Route("/cache", Cache),
]
CORS = [Middleware(CORSMiddleware, **record.options["cors"])] if "cors" in record.options else []
app = Starlette(
    middleware=CORS, routes=[Mount(BASE, routes=ROUTES)], exception_handlers={Missing: missing, Invalid: invalid}
)

if __name__ == "__main__":
    record.truth(served((route.path, [m for m in METHODS if hasattr(route.endpoint, m.lower())]) for route in ROUTES))
    serve(app, record)
