"""Symfony."""

from __future__ import annotations

from auditor.differ.stacks import Mark, Stack
from auditor.model.finding import Side

STACK = Stack(
    id="symfony",
    name="Symfony",
    side=Side.SERVICE,
    marks=(
        Mark(page=r"No route found for &quot;[A-Z]+ |No route found for \"[A-Z]+ "),
        Mark(page=r"Oops! An Error Occurred"),
        Mark(names=("x-debug-token",)),
    ),
    symbol="Response::HTTP_METHOD_NOT_ALLOWED",
    routes="bin/console debug:router",
    logs=(
        'request.ERROR: MethodNotAllowedHttpException: No route found for "DELETE …": Method Not Allowed (Allow: '
        "GET, POST)"
    ),
    source="symfony.com/doc, Routing (Matching HTTP Methods), Redirecting URLs with Trailing Slashes",
    fixes={
        "serve": "Add it to the route: `#[Route('/orders/{id}', methods: ['GET', 'DELETE'])]`.",
        "drop": "Give the route its `methods: ['GET', 'POST']`: a route without them serves every method.",
        "allow": (
            "Let `MethodNotAllowedHttpException` be rendered with its headers: a custom error controller or API "
            "Platform normaliser must copy `$exception->getHeaders()`."
        ),
        "slash": (
            "Declare the route as clients call it: Symfony redirects the other spelling of a GET with 301, and "
            "refuses other methods."
        ),
    },
)
