"""Gin."""

from __future__ import annotations

from auditor.differ.stacks import Mark, Stack
from auditor.model.finding import Side

STACK = Stack(
    id="gin",
    name="Gin",
    side=Side.SERVICE,
    marks=(
        Mark(page=r"^404 page not found\Z"),
        Mark(page=r"^405 method not allowed\Z"),
    ),
    symbol="http.StatusMethodNotAllowed",
    routes="engine.Routes(), or the [GIN-debug] lines at start",
    logs='[GIN] … | 404 | … | DELETE "/path"; 404 unless HandleMethodNotAllowed is set',
    source="gin-gonic.com; pkg.go.dev/github.com/gin-gonic/gin, Engine",
    fixes={
        "serve": 'Register it: `r.DELETE("/orders/:id", remove)`.',
        "drop": "Replace `r.Any(…)` by the methods that are meant.",
        "allow": (
            "Set `engine.HandleMethodNotAllowed = true`: Gin then answers 405 instead of 404, and with `Allow` from "
            "1.10 on."
        ),
        "slash": "Set `engine.RedirectTrailingSlash = false` and register both spellings.",
        "options": 'Register it: `r.OPTIONS("/orders", options)`; Gin adds none by itself.',
        "head": 'Register it: `r.HEAD("/orders", list)`; Gin adds no HEAD to GET.',
        "cors": "List the method in `cors.Config{AllowMethods: …}` of gin-contrib/cors.",
    },
)
