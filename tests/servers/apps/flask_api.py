"""Flask on Werkzeug's threaded server, either API: one view per route, converters for numbers and UUIDs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, Response, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.serving import make_server

from tests.servers.apps.api import FORM, JSON, KINDS, PERIODS, STREAM, Handler, answer, chosen
from tests.servers.bookshop import METHODS, Invalid
from tests.servers.record import Record, die_with_parent

record = Record()
api = chosen(record)
app = Flask(__name__)
CONVERTERS = {"int": "int:", "uuid": "uuid:", "enum": f"any({', '.join(PERIODS)}):"}
CHUNK = 65536


def content(handler: Handler, values: dict[str, Any]) -> Any:
    """What the handler takes, read as Flask reads it: the exceptions are Flask's own."""
    if handler.takes == JSON:
        data = request.get_json()
        if not isinstance(data, dict):
            raise Invalid("a JSON object is required")
        return data
    if handler.takes == FORM:
        return "file" in request.files
    if handler.takes == STREAM:
        first = True
        while (data := request.stream.read(CHUNK)) or first:
            api.chunk(values["name"], data, first)
            first = False
    return None


def view(handler: Handler) -> Callable[..., ResponseReturnValue]:
    def run(**values: Any) -> ResponseReturnValue:
        method = "GET" if request.method == "HEAD" and handler.method == "GET" else request.method
        handler.enter(method)
        status, body = answer(lambda: handler.act(method, values, content(handler, values)))
        return body if isinstance(body, bytes) else Response(status=204) if body is None else jsonify(body), status

    return run


for number, one in enumerate(api.handlers):
    rule = api.base + one.path(lambda name: f"<{CONVERTERS.get(KINDS.get(name, ''), '')}{name}>")
    app.add_url_rule(rule, f"view{number}", view(one), methods=METHODS if one.method == "*" else [one.method])


def recorded(environ: dict[str, Any], respond: Any) -> Iterable[bytes]:
    record.request(environ["REQUEST_METHOD"], environ["REQUEST_URI"])
    return app.wsgi_app(environ, respond)


if __name__ == "__main__":
    die_with_parent()
    server = make_server("127.0.0.1", record.port, recorded, threaded=True)
    record.truth(api.served((rule.rule, rule.methods or ()) for rule in app.url_map.iter_rules()))
    record.ready(server.port)
    server.serve_forever()
