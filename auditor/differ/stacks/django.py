"""Django."""

from __future__ import annotations

from auditor.differ.stacks import Mark, Stack
from auditor.model.finding import Side

STACK = Stack(
    id="django",
    name="Django",
    side=Side.SERVICE,
    marks=(
        Mark(page=r"<h1>Not Found</h1><p>The requested resource was not found on this server\.</p>"),
        Mark(page=r"You're seeing this error because you have <code>DEBUG = True</code>"),
        Mark(page=r"CSRF verification failed\. Request aborted\."),
    ),
    symbol="HttpResponseNotAllowed(permitted_methods) or HTTPStatus.METHOD_NOT_ALLOWED",
    routes="python manage.py show_urls (django-extensions), and require_http_methods on each view",
    logs="the logger django.request warns `Method Not Allowed (DELETE): /path`",
    source="docs.djangoproject.com, View decorators, Class-based views, APPEND_SLASH",
    fixes={
        "serve": (
            'Add the method to the view: `@require_http_methods(["GET", "DELETE"])` on a function, a method '
            "`delete` and `http_method_names` on a class."
        ),
        "drop": (
            'Limit the view: `@require_http_methods(["GET", "POST"])` or `@require_safe`; a function view without '
            "one answers every method."
        ),
        "allow": (
            'Answer with `HttpResponseNotAllowed(["GET", "POST"])`, which sends `Allow`, in place of a bare '
            "`HttpResponse(status=405)`."
        ),
        "slash": (
            'Write the pattern as clients call it, `path("orders", …)`; `APPEND_SLASH = False` ends the redirect, '
            "which turns a POST into a GET."
        ),
        "head": 'Use `@require_safe`, or name it: `@require_http_methods(["GET", "HEAD"])`; `["GET"]` refuses it.',
        "options": (
            "A class-based `View` answers OPTIONS by itself. A view under `@require_http_methods` refuses it: name it, "
            '`@require_http_methods(["GET", "OPTIONS"])`, and answer `HttpResponse(status=204, headers={"Allow": "GET, '
            'OPTIONS"})`.'
        ),
    },
)
