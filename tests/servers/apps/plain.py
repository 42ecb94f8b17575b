"""The bookshop on the standard library alone, with places to misbehave in."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.servers.bookshop import BASE, ROUTES, Invalid, Missing, Shop, served
from tests.servers.record import Record, die_with_parent

_TEMPLATES = [(re.compile(re.sub(r"\{\w+\}", "([^/]+)", template)), template) for template in ROUTES]
STATUS_ONLY = (204, 304)


class Bookshop(BaseHTTPRequestHandler):
    """Route any method token: 404 for unknown paths, 405 with `Allow` for wrong methods, JSON everywhere.

    `/orders` redirects to `/orders/` with the status `moved`. Subclasses override `before` (answer ahead of routing and
    return True), `not_found`, `not_allowed` or `answer`.
    """

    protocol_version = "HTTP/1.1"
    moved = 308
    record: Record
    shop: Shop

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self.handle_request
        raise AttributeError(name)

    def handle_request(self) -> None:
        self.record.request(self.command, self.path)
        if not self.before():
            self.route()

    def before(self) -> bool:
        """Answer ahead of routing? True: done."""
        return False

    def route(self) -> None:
        template, values = self.match()
        if urlsplit(self.path).path == BASE + "/orders":
            self.answer(self.moved, {"moved": True}, {"Location": BASE + "/orders/"})
        elif template is None:
            self.not_found()
        elif self.command in ROUTES[template] or (self.command == "HEAD" and "GET" in ROUTES[template]):
            self.perform("GET" if self.command == "HEAD" else self.command, template, values)
        else:
            self.not_allowed(sorted(ROUTES[template]))

    def match(self) -> tuple[str | None, tuple[str, ...]]:
        """The template of the path below the base, and its values."""
        path = urlsplit(self.path).path
        if path.startswith(BASE + "/"):
            for pattern, template in _TEMPLATES:
                if found := pattern.fullmatch(path.removeprefix(BASE)):
                    return template, tuple(map(unquote, found.groups()))
        return None, ()

    def perform(self, method: str, template: str, values: tuple[str, ...]) -> None:
        """Run the handler of a route."""
        if method != "GET":
            self.shop.enter(f"{method} {template}")
        try:
            status, body = self.handler(method, template, values)
        except Missing as error:
            status, body = 404, {"error": str(error)}
        except Invalid as error:
            status, body = 422, {"error": str(error)}
        self.answer(status, body)

    def handler(self, method: str, template: str, values: tuple[str, ...]) -> tuple[int, Any]:
        shop = self.shop
        match method, template:
            case "GET", "/health":
                return 200, {"status": "up"}
            case "GET", "/books":
                return 200, list(shop.books.values())
            case "POST", "/books":
                return 201, shop.create_book(self.content())
            case "GET", "/search":
                return 200, shop.search(parse_qs(urlsplit(self.path).query).get("q", [""])[0])
            case "GET", "/orders/{orderId}":
                return 200, shop.order(values[0])
            case "POST", "/orders/":
                return 201, shop.create_order(self.content())
            case "DELETE", "/cache":
                shop.flush()
                return 204, None
            case _, "/books/{bookId}":
                return self.book(method, values[0])
            case _, "/authors/{slug}":
                return self.author(method, values[0])
        raise AssertionError(f"no handler for {method} {template}")

    def book(self, method: str, number: str) -> tuple[int, Any]:
        if not number.isdecimal():
            raise Missing(f"no book {number}")
        if method == "GET":
            return 200, self.shop.book(int(number))
        if method == "PATCH":
            return 200, self.shop.change_book(int(number), self.content())
        self.shop.delete_book(int(number))
        return 204, None

    def author(self, method: str, slug: str) -> tuple[int, Any]:
        if method == "GET":
            return 200, self.shop.author(slug)
        if method == "PATCH":
            return 200, self.shop.change_author(slug, self.content())
        self.shop.delete_author(slug)
        return 204, None

    def content(self) -> Any:
        """The request content as JSON; Invalid where it is none or never arrives."""
        length = self.headers.get("Content-Length", "0")
        data = self.rfile.read(int(length) if length.isdecimal() else 0)
        try:
            return json.loads(data)
        except ValueError as error:
            raise Invalid("not JSON") from error

    def not_found(self) -> None:
        self.answer(404, {"error": "no such path"})

    def not_allowed(self, allowed: Iterable[str]) -> None:
        self.answer(405, {"error": "method not allowed"}, {"Allow": ", ".join(allowed)})

    def answer(self, status: int, body: Any = None, fields: Mapping[str, str] | None = None) -> None:
        """Send `body` (bytes as they are, anything else as JSON) and close."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        fields = {"Content-Type": "application/json", **(fields or {})}
        if status not in STATUS_ONLY:
            fields["Content-Length"] = str(len(raw))
        self.close_connection = True
        self.send_response(status)
        for name, value in {**fields, "Connection": "close"}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD" and status not in STATUS_ONLY:
            self.wfile.write(raw)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


class Server(ThreadingHTTPServer):
    """One thread per connection, on a socket that listens already."""

    def __init__(self, listener: socket.socket, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(listener.getsockname(), handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no news."""


def serve(handler: type[Bookshop], truth: Mapping[str, Iterable[str]] | None = None) -> None:
    """Run `handler` until our parent is gone. `truth`: what each documented path serves, where it is not the usual."""
    die_with_parent()
    record = Record()
    handler.record, handler.shop = record, Shop(record)
    record.truth(served(ROUTES.items()) if truth is None else truth)
    listener = record.listen()
    record.ready(record.port)
    Server(listener, handler).serve_forever()
