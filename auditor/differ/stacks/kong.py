"""Kong."""

from __future__ import annotations

from auditor.differ.stacks import Mark, Stack
from auditor.model.finding import Side

STACK = Stack(
    id="kong",
    name="Kong",
    side=Side.GATEWAY,
    marks=(
        Mark(page=r"no Route matched with those values"),
        Mark(field=("server", r"^kong/")),
        Mark(field=("via", r"\bkong/")),
    ),
    symbol="kong.response.exit(405)",
    routes="GET /routes of the Admin API, or `deck gateway dump`",
    logs="the proxy log has 404 and no upstream; X-Kong-Response-Latency is set where Kong itself answered",
    source="developer.konghq.com, Routes, Request Termination, CORS plugin",
    fixes={
        "pass": "Add the method to `methods` of the route: `methods: [GET, POST, DELETE]`, then `deck gateway sync`.",
        "drop": (
            "Set `methods` on the route; what it leaves out is answered 404, or 405 by a second route with the "
            "request-termination plugin."
        ),
        "allow": (
            "Add a route for the same paths without `methods` and with the request-termination plugin "
            "(`status_code: 405`), and response-transformer to add `Allow`."
        ),
        "slash": "Keep `redirect` rules out of the route, or answer 308.",
        "cors": "List the method in `config.methods` of the cors plugin.",
    },
)
