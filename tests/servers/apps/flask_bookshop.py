"""Flask on Werkzeug's threaded server. Option `cors`: what Flask-CORS is given."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue
from flask_cors import CORS
from werkzeug.serving import make_server

from tests.servers.bookshop import BASE, Invalid, Missing, Shop, served
from tests.servers.record import Record, die_with_parent

record = Record()
shop = Shop(record)
app = Flask(__name__)
if "cors" in record.options:
    CORS(app, **record.options["cors"])


@app.errorhandler(Missing)
def missing(error: Missing) -> ResponseReturnValue:
    return jsonify(error=str(error)), 404


@app.errorhandler(Invalid)
def invalid(error: Invalid) -> ResponseReturnValue:
    return jsonify(error=str(error)), 422


@app.get(BASE + "/health")
def health() -> ResponseReturnValue:
    return {"status": "up"}


@app.get(BASE + "/books")
def list_books() -> ResponseReturnValue:
    return jsonify(list(shop.books.values()))


@app.post(BASE + "/books")
def create_book() -> ResponseReturnValue:
    shop.enter("POST /books")
    return shop.create_book(request.get_json()), 201


@app.get(BASE + "/books/<int:bookId>")
def get_book(bookId: int) -> ResponseReturnValue:  # noqa: N803
    return shop.book(bookId)


@app.patch(BASE + "/books/<int:bookId>")
def change_book(bookId: int) -> ResponseReturnValue:  # noqa: N803
    shop.enter("PATCH /books/{bookId}")
    return shop.change_book(bookId, request.get_json())


@app.delete(BASE + "/books/<int:bookId>")
def delete_book(bookId: int) -> ResponseReturnValue:  # noqa: N803
    shop.enter("DELETE /books/{bookId}")
    shop.delete_book(bookId)
    return "", 204


@app.route(BASE + "/authors/<slug>", methods=["GET", "PATCH", "DELETE"])
def author(slug: str) -> ResponseReturnValue:
    if request.method in {"GET", "HEAD"}:
        return shop.author(slug)
    shop.enter(f"{request.method} /authors/{{slug}}")
    if request.method == "PATCH":
        return shop.change_author(slug, request.get_json())
    shop.delete_author(slug)
    return "", 204


@app.post(BASE + "/orders/")
def create_order() -> ResponseReturnValue:
    shop.enter("POST /orders/")
    return shop.create_order(request.get_json()), 201


@app.get(BASE + "/orders/<uuid:orderId>")
def get_order(orderId: object) -> ResponseReturnValue:  # noqa: N803
    return shop.order(str(orderId))


@app.get(BASE + "/search")
def search() -> ResponseReturnValue:
    return jsonify(shop.search(request.args.get("q", "")))


@app.delete(BASE + "/cache")
def flush() -> ResponseReturnValue:
    shop.enter("DELETE /cache")
    shop.flush()
    return "", 204


def recorded(environ: dict[str, Any], respond: Any) -> Iterable[bytes]:
    record.request(environ["REQUEST_METHOD"], environ["REQUEST_URI"])
    return app.wsgi_app(environ, respond)


if __name__ == "__main__":
    die_with_parent()
    server = make_server("127.0.0.1", record.port, recorded, threaded=True)
    record.truth(served((rule.rule, rule.methods or ()) for rule in app.url_map.iter_rules()))
    record.ready(server.port)
    server.serve_forever()
