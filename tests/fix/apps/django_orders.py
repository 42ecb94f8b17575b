"""Django, drifted: see tests/fix/drifts.py."""

from __future__ import annotations

import socketserver
import sys
from typing import Any
from wsgiref.simple_server import WSGIServer, make_server

import django
from django.conf import settings

APPEND_SLASH = True
settings.configure(
    ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    APPEND_SLASH=APPEND_SLASH,
)  # fmt: skip
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import Http404, HttpResponse, HttpResponseNotAllowed, JsonResponse  # noqa: E402, F401
from django.urls import path  # noqa: E402
from django.views.decorators.http import require_http_methods, require_safe  # noqa: E402


@require_http_methods(["GET", "POST"])
def orders(request: Any) -> HttpResponse:
    return JsonResponse([{"id": 1}], safe=False)


@require_http_methods(["GET"])
def order(request: Any, id: int) -> HttpResponse:  # noqa: A002
    if id != 1:
        raise Http404
    return HttpResponse(status=204) if request.method == "DELETE" else JsonResponse({"id": 1})


def baskets(request: Any) -> HttpResponse:
    if request.method not in ("GET", "POST"):
        return HttpResponse(status=405)
    return JsonResponse([], safe=False)


@require_http_methods(["GET", "POST", "PATCH"])
def basket(request: Any, id: int) -> HttpResponse:  # noqa: A002
    if id != 1:
        raise Http404
    return JsonResponse({"id": 1})


@require_safe
def returns(request: Any) -> HttpResponse:
    return JsonResponse([], safe=False)


urlpatterns = [
    path("orders", orders),
    path("orders/<int:id>", order),
    path("baskets", baskets),
    path("baskets/<int:id>", basket),
    path("returns/", returns),
]


class Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True


if __name__ == "__main__":
    make_server("127.0.0.1", int(sys.argv[1]), get_wsgi_application(), Server).serve_forever()
