"""What stands behind the gateways: orders, and baskets that serve PATCH without anybody having documented it."""

from __future__ import annotations

import sys
from typing import Any

from flask import Flask, jsonify, request

app = Flask(__name__)


@app.route("/orders", methods=["GET", "POST"])
@app.route("/baskets", methods=["GET", "POST"])
def collection() -> Any:
    return jsonify(request.get_json() if request.method == "POST" else [{"id": 1}])


@app.route("/orders/<int:id>", methods=["GET", "POST", "DELETE"])
@app.route("/baskets/<int:id>", methods=["GET", "POST", "PATCH"])
def item(id: int) -> Any:  # noqa: A002
    if request.method in ("POST", "PATCH"):
        request.get_json()
    return jsonify(id=1) if id == 1 else (jsonify(error="no such object"), 404)


if __name__ == "__main__":
    app.run("127.0.0.1", int(sys.argv[1]), threaded=True)
