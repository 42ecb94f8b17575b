"""Flask, drifted: see tests/fix/drifts.py."""

from __future__ import annotations

import sys
from typing import Any

from flask import Blueprint, Flask, jsonify, request

app = Flask(__name__)
bp = Blueprint("orders", __name__)


@bp.route("/orders", methods=["GET", "POST"])
def orders() -> Any:
    return jsonify([{"id": 1}])


@bp.route("/orders/<int:id>", methods=["GET"])
def order(id: int) -> Any:  # noqa: A002
    if id != 1:
        return jsonify(error="no such order"), 404
    return ("", 204) if request.method == "DELETE" else jsonify(id=1)


@bp.route("/baskets/<int:id>", methods=["GET", "PATCH"])
def basket(id: int) -> Any:  # noqa: A002
    if id != 1:
        return jsonify(error="no such order"), 404
    return jsonify(id=1)


@bp.get("/returns/")
def returns() -> Any:
    return jsonify([])


@app.route("/health", provide_automatic_options=False)
def health() -> Any:
    return jsonify(status="up")


@app.errorhandler(405)
def refused(error: Any) -> Any:
    response = jsonify(error="this method is not allowed")
    return response, 405


app.register_blueprint(bp)
if __name__ == "__main__":
    app.run("127.0.0.1", int(sys.argv[1]), threaded=True)
