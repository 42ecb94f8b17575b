"""A small shop on Flask, in builds that differ: `python -m tests.surveys.app PORT BUILD [OPTION...]`.

Build `old` lacks GET /reports, GET /about and DELETE /items/{id}; `new` has all of them. Options: `bare`: its 405 names
no methods; `named`: every answer names the build; `strict`: a query that it does not know is a 400; `flaky`: one answer
in five is a 500, whatever was asked; `seed=N`: which ones.
"""

from __future__ import annotations

import random
import sys

from flask import Flask, Response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException
from werkzeug.serving import make_server

from tests.servers.record import die_with_parent

PATHS = {
    "/reports": "get post", "/items": "get post", "/items/{id}": "get delete", "/about": "get", "/orders": "post",
    "/health": "get",
}  # fmt: skip
"""What the description promises."""
OLD = {
    "/items": {"GET", "POST"}, "/items/{id}": {"GET"}, "/reports": {"POST"}, "/about": set(), "/orders": {"POST"},
    "/health": {"GET"},
}  # fmt: skip
NEW = {**OLD, "/items/{id}": {"GET", "DELETE"}, "/reports": {"GET", "POST"}, "/about": {"GET"}}
ROUTES = {"old": OLD, "new": NEW}


def shop(build: str, *options: str) -> Flask:
    """The application of one build."""
    app = Flask(__name__)
    chance = random.Random(next((o for o in options if o.startswith("seed=")), ""))

    def view(id: str = "") -> ResponseReturnValue:  # noqa: A002 - the name of the parameter
        if id and id != "1":
            return {"error": f"no item {id}"}, 404
        return {"path": request.path, "method": request.method}

    for path, methods in ROUTES[build].items():
        if methods:
            app.add_url_rule(path.replace("{id}", "<id>"), path, view, methods=sorted(methods))

    @app.before_request
    def fail() -> ResponseReturnValue | None:
        if "flaky" in options and chance.random() < 0.2:
            return {"error": "oops"}, 500
        return ({"error": "unknown parameter"}, 400) if "strict" in options and request.args else None

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Response:
        answer = Response(f'{{"error": "{error.name}"}}', error.code or 500, mimetype="application/json")
        if "bare" not in options:
            answer.headers.extend([h for h in error.get_headers() if h[0] == "Allow"])
        return answer

    @app.after_request
    def name(answer: Response) -> Response:
        if "named" in options:
            answer.headers["X-Build-Id"] = build
        return answer

    return app


if __name__ == "__main__":
    die_with_parent()
    make_server("127.0.0.1", int(sys.argv[1]), shop(*sys.argv[2:]), threaded=True).serve_forever()
