"""The bookshop behind every stack of the catalogue: what it stores, and which of its paths are documented."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.servers.record import Record

SPEC = Path(__file__).with_name("bookshop.openapi.yaml")
BASE = "/v1"
ORDER = "00000000-0000-0000-0000-000000000001"
DOCUMENTED = (
    "/health",
    "/books",
    "/books/{bookId}",
    "/books/{bookId}/reviews",
    "/authors/{slug}",
    "/orders",
    "/orders/{orderId}",
    "/search",
    "/cache",
)
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
ROUTES: dict[str, frozenset[str]] = {
    "/health": frozenset({"GET"}),
    "/books": frozenset({"GET", "POST"}),
    "/books/{bookId}": frozenset({"GET", "PATCH", "DELETE"}),
    "/authors/{slug}": frozenset({"GET", "PATCH", "DELETE"}),
    "/orders/": frozenset({"POST"}),
    "/orders/{orderId}": frozenset({"GET"}),
    "/search": frozenset({"GET"}),
    "/cache": frozenset({"DELETE"}),
}
"""What is deployed, for the servers that have no route table of their own."""

_PARAMETER = re.compile(r"<[^>]*>|\{[^}]*\}|:\w+|\(\?P<\w+>[^)]*\)")


class Missing(Exception):
    """No object of that name."""


class Invalid(Exception):
    """The content is not what this operation takes."""


def served(routes: Iterable[tuple[str, Iterable[str]]]) -> dict[str, set[str]]:
    """The truth: a stack's own route table, whatever its notation, per documented path.

    HEAD and OPTIONS are left out: frameworks add them. A path served with a trailing slash counts for its twin.
    """
    truth: dict[str, set[str]] = {path: set() for path in DOCUMENTED}
    by_form = {_form(path): path for path in DOCUMENTED}
    for route, methods in routes:
        path = by_form.get(_form(route.removeprefix(BASE)))
        if path:
            truth[path] |= set(methods) & METHODS
    return truth


def _form(path: str) -> str:
    return _PARAMETER.sub("{}", path).rstrip("/")


class Shop:
    """The store. State-changing handlers call `enter` first, whatever they do next; the store counts real changes."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.books: dict[int, dict[str, Any]] = {
            1: {"id": 1, "title": "The Dispossessed", "price": 12.5},
            2: {"id": 2, "title": "The Lathe of Heaven", "price": 9.0},
        }
        self.authors = {"ursula-le-guin": {"slug": "ursula-le-guin", "bio": "wrote of other worlds"}}
        self.orders = {ORDER: {"id": ORDER, "bookId": 1, "quantity": 1}}

    def enter(self, what: str) -> None:
        """A handler that may change something has started."""
        self.record.entered(what)

    def create_book(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, Mapping) or not {"title", "price"} <= data.keys():
            raise Invalid("title and price are required")
        number = max(self.books, default=0) + 1
        self.books[number] = {"id": number, "title": data["title"], "price": data["price"]}
        self.record.wrote(f"book {number} created")
        return self.books[number]

    def book(self, number: int) -> dict[str, Any]:
        if number not in self.books:
            raise Missing(f"no book {number}")
        return self.books[number]

    def change_book(self, number: int, data: Any) -> dict[str, Any]:
        book = self.book(number)
        book.update(_object(data))
        self.record.wrote(f"book {number} changed")
        return book

    def delete_book(self, number: int) -> None:
        del self.books[self.book(number)["id"]]
        self.record.wrote(f"book {number} deleted")

    def author(self, slug: str) -> dict[str, Any]:
        if slug not in self.authors:
            raise Missing(f"no author {slug}")
        return self.authors[slug]

    def change_author(self, slug: str, data: Any) -> dict[str, Any]:
        author = self.author(slug)
        author.update(_object(data))
        self.record.wrote(f"author {slug} changed")
        return author

    def delete_author(self, slug: str) -> None:
        del self.authors[self.author(slug)["slug"]]
        self.record.wrote(f"author {slug} deleted")

    def create_order(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, Mapping) or not {"bookId", "quantity"} <= data.keys():
            raise Invalid("bookId and quantity are required")
        number = f"00000000-0000-0000-0000-{len(self.orders) + 1:012}"
        self.orders[number] = {"id": number, **data}
        self.record.wrote(f"order {number} created")
        return self.orders[number]

    def order(self, number: str) -> dict[str, Any]:
        if number not in self.orders:
            raise Missing(f"no order {number}")
        return self.orders[number]

    def search(self, text: str) -> list[dict[str, Any]]:
        return [book for book in self.books.values() if text.lower() in str(book["title"]).lower()]

    def flush(self) -> None:
        """Drop the cache: every call is a change."""
        self.record.wrote("cache flushed")


def _object(data: Any) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise Invalid("a JSON object is required")
    return data
