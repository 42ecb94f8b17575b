"""Django REST framework on the standard library's WSGI server, one thread per request.

Option `cors`: settings of django-cors-headers.
"""

from __future__ import annotations

import socketserver
from collections.abc import Iterable
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import django
from django.conf import settings

from tests.servers.bookshop import BASE, METHODS, Invalid, Missing, Shop, served
from tests.servers.record import Record, die_with_parent

record = Record()
CORS = dict(record.options.get("cors", {}))
settings.configure(
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["rest_framework"],
    MIDDLEWARE=[*["corsheaders.middleware.CorsMiddleware"] * bool(CORS), "django.middleware.common.CommonMiddleware"],
    **CORS,
    REST_FRAMEWORK={
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "DEFAULT_PERMISSION_CLASSES": [],
        "UNAUTHENTICATED_USER": None,
    },
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework.exceptions import NotFound, ValidationError  # noqa: E402
from rest_framework.request import Request  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402

shop = Shop(record)


class View(APIView):
    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, Missing):
            exc = NotFound(str(exc))
        if isinstance(exc, Invalid):
            exc = ValidationError(str(exc))
        return super().handle_exception(exc)


class Health(View):
    def get(self, request: Request) -> Response:
        return Response({"status": "up"})


class Books(View):
    def get(self, request: Request) -> Response:
        return Response(list(shop.books.values()))

    def post(self, request: Request) -> Response:
        shop.enter("POST /books")
        return Response(shop.create_book(request.data), status=201)


class Book(View):
    def get(self, request: Request, number: int) -> Response:
        return Response(shop.book(number))

    def patch(self, request: Request, number: int) -> Response:
        shop.enter("PATCH /books/{bookId}")
        return Response(shop.change_book(number, request.data))

    def delete(self, request: Request, number: int) -> Response:
        shop.enter("DELETE /books/{bookId}")
        shop.delete_book(number)
        return Response(status=204)


class Author(View):
    def get(self, request: Request, slug: str) -> Response:
        return Response(shop.author(slug))

    def patch(self, request: Request, slug: str) -> Response:
        shop.enter("PATCH /authors/{slug}")
        return Response(shop.change_author(slug, request.data))

    def delete(self, request: Request, slug: str) -> Response:
        shop.enter("DELETE /authors/{slug}")
        shop.delete_author(slug)
        return Response(status=204)


class Orders(View):
    def post(self, request: Request) -> Response:
        shop.enter("POST /orders/")
        return Response(shop.create_order(request.data), status=201)


class Order(View):
    def get(self, request: Request, number: Any) -> Response:
        return Response(shop.order(str(number)))


class Search(View):
    def get(self, request: Request) -> Response:
        return Response(shop.search(request.query_params.get("q", "")))


class Cache(View):
    def delete(self, request: Request) -> Response:
        shop.enter("DELETE /cache")
        shop.flush()
        return Response(status=204)


ROUTES: dict[str, type[View]] = {
    "/health": Health,
    "/books": Books,
    "/books/<int:number>": Book,
    "/authors/<slug:slug>": Author,
    "/orders/": Orders,
    "/orders/<uuid:number>": Order,
    "/search": Search,
    "/cache": Cache,
}
urlpatterns = [path((BASE + route).lstrip("/"), view.as_view()) for route, view in ROUTES.items()]


class Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Handler(WSGIRequestHandler):
    def get_environ(self) -> dict[str, Any]:
        record.request(self.command, self.path)
        return super().get_environ()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


def application(environ: dict[str, Any], respond: Any) -> Iterable[bytes]:
    return inner(environ, respond)


if __name__ == "__main__":
    die_with_parent()
    inner = get_wsgi_application()
    server = Server(("127.0.0.1", record.port), Handler)
    server.set_app(application)
    record.truth(served((route, [m for m in METHODS if hasattr(view, m.lower())]) for route, view in ROUTES.items()))
    record.ready(server.server_port)
    server.serve_forever()
