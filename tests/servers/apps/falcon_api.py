"""Falcon on the standard library's WSGI server, either API: one resource per path, honest `Allow`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import falcon

from tests.servers.apps.api import FORM, JSON, KINDS, STREAM, Handler, answer, chosen
from tests.servers.apps.wsgi import serve
from tests.servers.bookshop import METHODS, Invalid
from tests.servers.record import Record

record = Record()
api = chosen(record)
CONVERTERS = {"int": ":int", "uuid": ":uuid"}
CHUNK = 65536


def content(handler: Handler, request: falcon.Request, values: dict[str, Any]) -> Any:
    """What the handler takes, read as Falcon reads it: the exceptions are Falcon's own."""
    if handler.takes == JSON:
        data = request.get_media()
        if not isinstance(data, dict):
            raise Invalid("a JSON object is required")
        return data
    if handler.takes == FORM:
        return any(part.name == "file" for part in request.get_media())
    if handler.takes == STREAM:
        first = True
        while (data := request.bounded_stream.read(CHUNK)) or first:
            api.chunk(values["name"], data, first)
            first = False
    return None


def responder(handler: Handler) -> Callable[..., None]:
    def run(_resource: object, request: falcon.Request, response: falcon.Response, **values: Any) -> None:
        handler.enter(request.method)
        status, body = answer(lambda: handler.act(request.method, values, content(handler, request, values)))
        response.status = status
        if isinstance(body, bytes):
            response.data = body
        elif body is not None:
            response.media = body

    return run


def resource(handlers: dict[str, Handler]) -> object:
    given = dict.fromkeys(METHODS, handlers["*"]) if "*" in handlers else handlers
    return type("Resource", (), {f"on_{method.lower()}": responder(h) for method, h in given.items()})()


app = falcon.App()
app.req_options.strip_url_path_trailing_slash = False
resources = {template: resource(handlers) for template, handlers in api.by_path()}
for template, handlers in api.by_path():
    some = next(iter(handlers.values()))
    path = api.base + some.path(lambda name: f"{{{name}{CONVERTERS.get(KINDS.get(name, ''), '')}}}")
    app.add_route(path, resources[template])
    if path.endswith("/"):
        app.add_route(path.rstrip("/"), resources[template])

if __name__ == "__main__":
    record.truth(
        api.served((path, [m for m in METHODS if hasattr(one, f"on_{m.lower()}")]) for path, one in resources.items())
    )
    serve(app, record)
