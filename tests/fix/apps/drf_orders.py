"""Django REST framework, drifted: see tests/fix/drifts.py."""
# ruff: noqa: RUF012

from __future__ import annotations

import socketserver
import sys
from wsgiref.simple_server import WSGIServer, make_server

import django
from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, INSTALLED_APPS=["rest_framework"],
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    REST_FRAMEWORK={
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "DEFAULT_AUTHENTICATION_CLASSES": [], "DEFAULT_PERMISSION_CLASSES": [], "UNAUTHENTICATED_USER": None,
    },
)  # fmt: skip
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.urls import path, re_path  # noqa: E402
from rest_framework.exceptions import NotFound  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402


class Orders(APIView):
    default_response_headers = {}

    def get(self, request):
        return Response([{"id": 1}])

    post = get


class Order(APIView):
    http_method_names = ["get", "head", "options"]

    def get(self, request, pk):
        if pk != 1:
            raise NotFound
        return Response({"id": 1})

    def patch(self, request, pk):
        return self.get(request, pk)

    def remove(self, request, pk):
        if pk != 1:
            raise NotFound
        return Response(status=204)


class Basket(Order):
    http_method_names = ["get", "post", "patch", "head", "options"]


class Returns(APIView):
    def get(self, request):
        return Response([])


urlpatterns = [
    re_path(r"^orders$", Orders.as_view()),
    path("orders/<int:pk>", Order.as_view()),
    path("baskets/<int:pk>", Basket.as_view()),
    re_path(r"^returns/$", Returns.as_view()),
]


class Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True


if __name__ == "__main__":
    make_server("127.0.0.1", int(sys.argv[1]), get_wsgi_application(), Server).serve_forever()
