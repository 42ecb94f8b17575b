"""Express."""

from __future__ import annotations

from auditor.differ.stacks import Mark, Stack
from auditor.model.finding import Side

STACK = Stack(
    id="express",
    name="Express",
    side=Side.SERVICE,
    marks=(
        Mark(field=("x-powered-by", r"^Express$")),
        Mark(page=r"<pre>Cannot [A-Z]+ /"),
    ),
    symbol="res.sendStatus(405), http.METHODS has the names",
    routes="app.router.stack (Express 5) or app._router.stack (Express 4)",
    logs="morgan or the access log shows 404: Express has no 405 of its own",
    source="expressjs.com, Routing, app.all, app.route",
    fixes={
        "serve": (
            'Add the handler: `app.route("/orders/:id").get(show).delete(remove)`, before any catch-all, and mount '
            "the router with `app.use`."
        ),
        "drop": (
            "Replace `app.all(…)` or `app.use(…)` by the methods that are meant: "
            '`app.route("/orders").get(list).post(create)`.'
        ),
        "allow": (
            'End each route with a refusal: `app.route("/orders").get(list).post(create).all((req, res) => '
            'res.set("Allow", "GET, HEAD, POST").sendStatus(405))`; Express answers 404 otherwise.'
        ),
        "slash": "Keep `strict routing` off (the default), so that both spellings are served without a redirect.",
        "cors": 'List the method in `cors({ methods: ["GET", "POST", "DELETE"] })`, and mount it before the routes.',
    },
)
