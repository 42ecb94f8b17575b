"""Django REST framework."""

from __future__ import annotations

from auditor.differ.stacks import Mark, Stack
from auditor.model.finding import Side

STACK = Stack(
    id="django-rest-framework",
    name="Django REST framework",
    side=Side.SERVICE,
    marks=(
        Mark(page=r'"detail":\s*"Method \\"[A-Z]+\\" not allowed\."'),
        Mark(page=r"Django REST framework"),
    ),
    symbol="status.HTTP_405_METHOD_NOT_ALLOWED (rest_framework)",
    routes="python manage.py show_urls (django-extensions), or each view's http_method_names",
    logs="the logger django.request warns `Method Not Allowed: /path`",
    source="django-rest-framework.org, Viewsets and Routers; docs.djangoproject.com, View.http_method_names",
    fixes={
        "serve": (
            "Give the view the handler (`def delete(self, request, pk)`, or the mixin such as "
            '`mixins.DestroyModelMixin` on a viewset), and see that `http_method_names` and the `{"delete": '
            '"destroy"}` of `as_view` list it.'
        ),
        "drop": (
            'Take the method out: `http_method_names = ["get", "post", "head", "options"]` on the view, or build '
            "the viewset from the mixins that are wanted instead of `ModelViewSet`."
        ),
        "allow": (
            "An `APIView` puts `Allow` on each of its answers, those of an `EXCEPTION_HANDLER` too: leave its "
            "`default_response_headers` alone, and let no middleware write the answer anew."
        ),
        "slash": (
            'Give both spellings (`re_path(r"^orders/?$", …)`, or `DefaultRouter(trailing_slash="/?")`), or set '
            "`APPEND_SLASH = False`: it redirects GET, and a POST fails."
        ),
        "options": "Keep `metadata_class` (not None) and `options` in `http_method_names`.",
    },
)
