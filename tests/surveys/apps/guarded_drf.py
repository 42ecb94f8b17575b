"""Django REST framework: IsAuthenticated by default, and views that say otherwise."""

from __future__ import annotations

from typing import Any

import django
from django.conf import settings

from tests.servers.apps.wsgi import serve
from tests.servers.record import Record
from tests.surveys.apps.guarded import INVOICES, LIFE, ORDERS, PAGE, ROLES, session

settings.configure(
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["rest_framework"],
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    REST_FRAMEWORK={
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
        "UNAUTHENTICATED_USER": None,
    },
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import Http404, HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework.authentication import BaseAuthentication  # noqa: E402
from rest_framework.permissions import AllowAny, IsAuthenticated  # noqa: E402
from rest_framework.request import Request  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402

record = Record()


class User:
    is_authenticated = True

    def __init__(self, role: str) -> None:
        self.role = role


class Token(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[User, None] | None:
        role = ROLES.get(request.META.get("HTTP_AUTHORIZATION", ""))
        return (User(role), None) if role else None

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class Administrator(IsAuthenticated):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return super().has_permission(request, view) and request.user.role == "admin"


class Hidden(IsAuthenticated):
    def has_permission(self, request: Request, view: APIView) -> bool:
        if super().has_permission(request, view) and request.user.role != "admin":
            raise Http404
        return bool(super().has_permission(request, view))


def view(data: Any, *permissions: Any, **fields: str) -> Any:
    """A view class with one GET; no permissions: the default ones."""

    class View(APIView):
        authentication_classes = (Token,)
        if permissions:
            permission_classes = list(permissions)

        def get(self, request: Request) -> Response:
            shown = data(getattr(request.user, "role", None)) if callable(data) else data
            return Response(shown, headers=fields)

    return View.as_view()


urlpatterns = [
    path("status", view({"up": True, "since": "spring"}, AllowAny)),
    path("metrics", view({"orders": 2, "invoices": 1, "errors": 0})),
    path("orders", view(ORDERS)),
    path("invoices", view(INVOICES, AllowAny)),
    path("docs", lambda request: HttpResponse(PAGE)),
    path("session", view(session, AllowAny)),
    path("admin", view({"users": 2, "roles": ["viewer", "admin"], "locked": False}, Administrator)),
    path("vault", view({"keys": 7, "sealed": True, "owner": "ops"}, Hidden)),
    path("legacy", view(ORDERS, **LIFE)),
]

if __name__ == "__main__":
    record.truth({})
    serve(get_wsgi_application(), record)
