"""Fastify."""

from __future__ import annotations

from auditor.differ.stacks import Mark, Stack
from auditor.model.finding import Side

STACK = Stack(
    id="fastify",
    name="Fastify",
    side=Side.SERVICE,
    marks=(
        Mark(page=r'"message":"Route [A-Z]+:/'),
        Mark(page=r'"code":"FST_ERR_'),
    ),
    symbol="reply.code(405)",
    routes="fastify.printRoutes()",
    logs="the logger says `Route DELETE:/path not found` with 404: Fastify has no 405 of its own",
    source="fastify.dev, Routes, Server (setNotFoundHandler, findRoute)",
    fixes={
        "serve": (
            'Declare it: `fastify.route({ method: ["GET", "DELETE"], url: "/orders/:id", handler })`, inside a '
            "plugin that is registered with the right `prefix`."
        ),
        "drop": "Remove the method from `method: […]`; `fastify.all` registers every method.",
        "allow": (
            "In `setNotFoundHandler` ask `fastify.hasRoute({ url, method })` for the other methods, and answer 405 "
            "with `Allow` where one matches."
        ),
        "slash": (
            "Set `routerOptions: { ignoreTrailingSlash: true }` (`ignoreTrailingSlash` at the top before version "
            "5.4) in place of `reply.redirect(…)`."
        ),
        "head": "Keep `exposeHeadRoutes: true` (the default).",
        "options": 'Declare it: `fastify.options("/orders", …)`; Fastify adds none by itself.',
        "cors": (
            "List the method in `fastify.register(cors, { methods: […] })` of @fastify/cors: its default is GET, "
            "HEAD and POST."
        ),
    },
)
