"""chi."""

from __future__ import annotations

from auditor.differ.stacks import Stack
from auditor.model.finding import Side

STACK = Stack(
    id="chi",
    name="chi",
    side=Side.SERVICE,
    marks=(),
    symbol="http.StatusMethodNotAllowed",
    routes="chi.Walk(router, …)",
    logs='middleware.Logger shows `"DELETE http://host/path HTTP/1.1" … 405`',
    source="go-chi.io, Routing; pkg.go.dev/github.com/go-chi/chi/v5",
    fixes={
        "serve": 'Register it: `r.Delete("/orders/{id}", remove)`, in the sub-router that is mounted.',
        "drop": "Replace `r.HandleFunc` of a handler that ignores methods by `r.Get`, `r.Post` and so on.",
        "allow": (
            "Leave `r.MethodNotAllowed` at its default, which sends `Allow` (chi 5.0.11 and later), or set the "
            "field in your own handler. A method that chi does not know, such as REPORT, gets a 405 without it: "
            '`chi.RegisterMethod("REPORT")` before the routes.'
        ),
        "slash": "Take out `middleware.RedirectSlashes`, or use `middleware.StripSlashes`.",
        "options": 'Register it: `r.Options("/orders", options)`; chi adds none by itself.',
        "head": "Add `middleware.GetHead` before the routes.",
    },
)
