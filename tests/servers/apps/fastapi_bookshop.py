"""FastAPI with pydantic content on uvicorn."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Body, FastAPI, Path, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from tests.servers.apps.asgi import serve
from tests.servers.bookshop import BASE, Missing, Shop, served
from tests.servers.record import Record

record = Record()
shop = Shop(record)
app = FastAPI(title="Bookshop", version="1.4.0", openapi_url=BASE + "/openapi.json", docs_url=None, redoc_url=None)
BookId = Annotated[int, Path(alias="bookId", ge=1)]


class NewBook(BaseModel):
    title: str
    price: float


class NewOrder(BaseModel):
    bookId: int  # noqa: N815
    quantity: int


@app.exception_handler(Missing)
async def missing(_request: Request, error: Missing) -> JSONResponse:
    return JSONResponse({"error": str(error)}, status_code=404)


@app.get(BASE + "/health")
async def health() -> dict[str, str]:
    return {"status": "up"}


@app.get(BASE + "/books")
async def list_books() -> list[dict[str, Any]]:
    return list(shop.books.values())


@app.post(BASE + "/books", status_code=201)
async def create_book(book: NewBook) -> dict[str, Any]:
    shop.enter("POST /books")
    return shop.create_book(book.model_dump())


@app.get(BASE + "/books/{bookId}")
async def get_book(book_id: BookId) -> dict[str, Any]:
    return shop.book(book_id)


@app.patch(BASE + "/books/{bookId}")
async def change_book(book_id: BookId, data: Annotated[dict[str, Any], Body()]) -> dict[str, Any]:
    shop.enter("PATCH /books/{bookId}")
    return shop.change_book(book_id, data)


@app.delete(BASE + "/books/{bookId}", status_code=204)
async def delete_book(book_id: BookId) -> Response:
    shop.enter("DELETE /books/{bookId}")
    shop.delete_book(book_id)
    return Response(status_code=204)


@app.get(BASE + "/authors/{slug}")
async def get_author(slug: str) -> dict[str, Any]:
    return shop.author(slug)


@app.patch(BASE + "/authors/{slug}")
async def change_author(slug: str, data: Annotated[dict[str, Any], Body()]) -> dict[str, Any]:
    shop.enter("PATCH /authors/{slug}")
    return shop.change_author(slug, data)


@app.delete(BASE + "/authors/{slug}", status_code=204)
async def delete_author(slug: str) -> Response:
    shop.enter("DELETE /authors/{slug}")
    shop.delete_author(slug)
    return Response(status_code=204)


@app.post(BASE + "/orders/", status_code=201)
async def create_order(order: NewOrder) -> dict[str, Any]:
    shop.enter("POST /orders/")
    return shop.create_order(order.model_dump())


@app.get(BASE + "/orders/{orderId}")
async def get_order(order_id: Annotated[UUID, Path(alias="orderId")]) -> dict[str, Any]:
    return shop.order(str(order_id))


@app.get(BASE + "/search")
async def search(q: str = "") -> list[dict[str, Any]]:
    return shop.search(q)


@app.delete(BASE + "/cache", status_code=204)
async def flush() -> Response:
    shop.enter("DELETE /cache")
    shop.flush()
    return Response(status_code=204)


if __name__ == "__main__":
    record.truth(served((path, {method.upper() for method in item}) for path, item in app.openapi()["paths"].items()))
    serve(app, record)
