"""Tornado, either API: one RequestHandler per path; 405 without `Allow` for the methods that it does not define."""

from __future__ import annotations

import asyncio
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.web import Application, RequestHandler, stream_request_body

from tests.servers.apps.api import FORM, JSON, KINDS, PERIODS, STREAM, Handler, answer, chosen
from tests.servers.bookshop import METHODS
from tests.servers.record import Record, die_with_parent
from tests.servers.workshop import json_object

record = Record()
api = chosen(record)
PATTERNS = {"int": r"\d+", "uuid": "[0-9a-f-]{36}", "enum": "|".join(PERIODS)}


class View(RequestHandler):
    """Runs whichever handler a subclass names for the method."""

    handlers: dict[str, Handler]

    def run(self, method: str, **values: str) -> None:
        handler = self.handlers.get(method) or self.handlers["*"]
        handler.enter(method)
        self.perform(handler, method, values)

    def perform(self, handler: Handler, method: str, values: dict[str, str]) -> None:
        def act() -> tuple[int, Any]:
            data = json_object(self.request.body) if handler.takes == JSON else None
            return handler.act(method, values, "file" in self.request.files if handler.takes == FORM else data)

        status, body = answer(act)
        self.set_status(status)
        if body is not None:
            self.finish(body if isinstance(body, bytes | dict) else {"items": body})


@stream_request_body
class Stream(View):
    """PUT starts with the first bytes of content, long before the request is whole."""

    first = True

    def prepare(self) -> None:
        if self.request.method == "PUT":
            self.handlers["PUT"].enter("PUT")

    def data_received(self, chunk: bytes) -> None:
        if self.request.method == "PUT":
            api.chunk(self.path_kwargs["name"], chunk, self.first)
            self.first = False

    def run(self, method: str, **values: str) -> None:
        if method == "PUT":
            if self.first:
                api.chunk(values["name"], b"", True)
            self.perform(self.handlers["PUT"], method, values)
        else:
            super().run(method, **values)


def view(handlers: dict[str, Handler]) -> type[View]:
    def define(method: str) -> Any:
        return lambda self, **values: self.run(method, **values)

    defined = METHODS if "*" in handlers else handlers
    base = Stream if any(h.takes == STREAM for h in handlers.values()) else View
    return type("Endpoint", (base,), {"handlers": handlers, **{m.lower(): define(m) for m in defined}})


def pattern(handlers: dict[str, Handler]) -> str:
    some = next(iter(handlers.values()))
    path = some.path(lambda name: f"(?P<{name}>{PATTERNS.get(KINDS.get(name, ''), '[^/]+')})")
    return api.base + (path + "?" if path.endswith("/") else path)


class Recorded(Application):
    """Every request line in the journal, those that no route takes included."""

    def find_handler(self, request: Any, **kwargs: Any) -> Any:
        record.request(request.method, request.uri)
        return super().find_handler(request, **kwargs)


async def main() -> None:
    views = {template: view(handlers) for template, handlers in api.by_path()}
    app = Recorded([(pattern(handlers), views[template]) for template, handlers in api.by_path()])
    app.settings["log_function"] = lambda handler: None
    record.truth(
        api.served(
            (path, [m for m in METHODS if getattr(v, m.lower()) is not RequestHandler._unimplemented_method])
            for path, v in views.items()
        )
    )
    server = HTTPServer(app)
    listener = record.listen()
    listener.setblocking(False)
    server.add_sockets([listener])
    record.ready(record.port)
    await asyncio.Event().wait()


if __name__ == "__main__":
    die_with_parent()
    asyncio.run(main())
