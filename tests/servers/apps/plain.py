"""Either API on the standard library alone, with places to misbehave in."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.servers.apps.api import FORM, JSON, STREAM, Api, Handler, answer, chosen
from tests.servers.bookshop import BASE, METHODS
from tests.servers.record import Record, die_with_parent
from tests.servers.workshop import json_object

STATUS_ONLY = (204, 304)


class Bookshop(BaseHTTPRequestHandler):
    """Route any method token: 404 for unknown paths, 405 with `Allow` for wrong methods, JSON everywhere.

    `/orders` redirects to `/orders/` with the status `moved`. Subclasses override `before` (answer ahead of routing and
    return True), `not_found`, `not_allowed` or `answer`.
    """

    protocol_version = "HTTP/1.1"
    moved = 308
    record: Record
    api: Api
    routes: Mapping[str, Mapping[str, Handler]]

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
        if self.api.base == BASE and urlsplit(self.path).path == BASE + "/orders":
            self.answer(self.moved, {"moved": True}, {"Location": BASE + "/orders/"})
        elif template is None:
            self.not_found()
        elif (method := "GET" if self.command == "HEAD" else self.command) in self.routes[template]:
            self.perform(method, template, values)
        elif "*" in self.routes[template]:
            self.perform("*", template, values)
        else:
            self.not_allowed(sorted(self.routes[template]))

    def match(self) -> tuple[str | None, Mapping[str, str]]:
        """The template of the path below the base, and its values."""
        path = urlsplit(self.path).path
        if path.startswith(self.api.base + "/"):
            for template in self.routes:
                pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template)
                if found := re.fullmatch(pattern, path.removeprefix(self.api.base)):
                    return template, {name: unquote(value) for name, value in found.groupdict().items()}
        return None, {}

    def perform(self, method: str, template: str, values: Mapping[str, str]) -> None:
        """Run the handler of a route."""
        handler = self.routes[template][method]
        used = self.command if method == "*" else method
        handler.enter(used)
        self.answer(*answer(lambda: handler.act(used, values, self.content(handler, values))))

    def content(self, handler: Handler, values: Mapping[str, str]) -> Any:
        """What the handler takes; Invalid where it is not JSON or never arrives."""
        length = self.headers.get("Content-Length", "0")
        data = self.rfile.read(int(length) if length.isdecimal() and handler.takes in (JSON, FORM, STREAM) else 0)
        if handler.takes == STREAM:
            self.api.chunk(values["name"], data, True)
        return json_object(data) if handler.takes == JSON else b'name="file"' in data

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
    handler.record, handler.api = record, chosen(record)
    handler.routes = dict(handler.api.by_path())
    usual = ((path, METHODS if "*" in handlers else handlers) for path, handlers in handler.routes.items())
    record.truth(handler.api.served(usual) if truth is None else truth)
    listener = record.listen()
    record.ready(record.port)
    Server(listener, handler).serve_forever()
