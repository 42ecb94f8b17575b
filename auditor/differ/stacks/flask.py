"""Flask."""

from __future__ import annotations

from auditor.differ.stacks import Mark, Stack
from auditor.model.finding import Side

STACK = Stack(
    id="flask",
    name="Flask",
    side=Side.SERVICE,
    marks=(
        Mark(page=r"<p>The method is not allowed for the requested URL\.</p>"),
        Mark(page=r"<p>The requested URL was not found on the server\. If you entered the URL manually"),
        Mark(field=("server", r"^Werkzeug/")),
    ),
    symbol="http.HTTPStatus.METHOD_NOT_ALLOWED, or abort(405)",
    routes="flask --app APP routes",
    logs='werkzeug or gunicorn logs `"DELETE /path HTTP/1.1" 405`',
    source="flask.palletsprojects.com, URL Route Registrations, Error handling",
    fixes={
        "serve": (
            'Name the method at the route: `@bp.route("/orders/<int:id>", methods=["GET", "DELETE"])` or '
            "`@bp.delete(…)`, and register the blueprint."
        ),
        "drop": "Take the method out of `methods=[…]`; a `MethodView` serves every method that it has a function for.",
        "allow": (
            "In `@app.errorhandler(405)` return `error.get_response()`, or copy its headers: "
            '`response.headers["Allow"] = ", ".join(error.valid_methods)`.'
        ),
        "slash": (
            "Declare the rule without the final slash, or set `strict_slashes=False` on it (or "
            "`app.url_map.strict_slashes = False`)."
        ),
        "options": "Leave `provide_automatic_options` on; Flask answers OPTIONS with `Allow` by itself.",
        "cors": "List the method in `CORS(app, methods=[…])` of Flask-CORS.",
    },
)
