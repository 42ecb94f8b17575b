"""Go net/http."""

from __future__ import annotations

from auditor.differ.stacks import Mark, Stack
from auditor.model.finding import Side

STACK = Stack(
    id="go-net-http",
    name="Go net/http",
    side=Side.SERVICE,
    marks=(Mark(page=r"^Method Not Allowed\n\Z"),),
    symbol="http.StatusMethodNotAllowed",
    routes="the patterns given to mux.Handle; there is no list at run time",
    logs="none by default: log in a middleware around the mux",
    source="pkg.go.dev/net/http, ServeMux patterns (Go 1.22)",
    fixes={
        "serve": (
            'Register the pattern with its method: `mux.HandleFunc("DELETE /orders/{id}", remove)` (Go 1.22 and later).'
        ),
        "drop": (
            'Put the method into the pattern (`"GET /orders/{id}"`), or look at `r.Method` in the handler: a pattern '
            "without one serves every method."
        ),
        "allow": (
            'Use method patterns: the mux then answers 405 with `Allow`; by hand, `w.Header().Set("Allow", "GET, '
            'HEAD, POST")` before `http.Error`.'
        ),
        "slash": (
            'Register the path without the final slash, too (`"GET /orders"`): the mux redirects `/orders` to '
            "`/orders/` where only the latter is known."
        ),
        "options": (
            'Register it: `mux.HandleFunc("OPTIONS /orders", options)`; the mux answers it with 405 where the patterns '
            "name methods."
        ),
    },
)
