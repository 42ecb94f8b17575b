"""Django REST framework, either API. Option `login`: what stands before the views, absent by default.

`session`: the cookie `sessionid=sesame`, and for unsafe methods a CSRF token on top, asked before the method is looked
up. `token`: `Authorization: Token sesame`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import django
from django.conf import settings

from tests.servers.apps.api import FORM, JSON, KINDS, STREAM, Handler, answer, chosen
from tests.servers.apps.wsgi import serve
from tests.servers.bookshop import METHODS, Invalid
from tests.servers.record import Record

record = Record()
api = chosen(record)
LOGIN = record.options.get("login")
SECRET = "sesame"

settings.configure(
    ALLOWED_HOSTS=["*"],
    APPEND_SLASH=api.name == "bookshop",
    ROOT_URLCONF=__name__,
    SECRET_KEY="only-for-tests",
    INSTALLED_APPS=["rest_framework"],
    MIDDLEWARE=["django.middleware.common.CommonMiddleware", f"{__name__}.session"],
    REST_FRAMEWORK={
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "DEFAULT_PERMISSION_CLASSES": [],
        "UNAUTHENTICATED_USER": None,
    },
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpRequest, HttpResponseBase  # noqa: E402
from django.urls import path, re_path  # noqa: E402
from rest_framework.authentication import SessionAuthentication, TokenAuthentication  # noqa: E402
from rest_framework.exceptions import AuthenticationFailed  # noqa: E402
from rest_framework.parsers import BaseParser, JSONParser, MultiPartParser  # noqa: E402
from rest_framework.permissions import BasePermission  # noqa: E402
from rest_framework.request import Request  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402

CONVERTERS = {"int": "int:", "uuid": "uuid:"}
CHUNK = 65536


class User:
    is_active = is_authenticated = True


def session(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """The middleware that knows the cookie."""

    def run(request: HttpRequest) -> HttpResponseBase:
        request.user = User() if request.COOKIES.get("sessionid") == SECRET else None  # type: ignore[assignment]
        return get_response(request)

    return run


class Session(SessionAuthentication):
    pass


class Token(TokenAuthentication):
    def authenticate_credentials(self, key: str) -> tuple[User, str]:
        if key != SECRET:
            raise AuthenticationFailed("Invalid token.")
        return User(), key


class LoggedIn(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user)


class Raw(BaseParser):
    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        return stream


def content(handler: Handler, request: Request, values: dict[str, Any]) -> Any:
    """What the handler takes, read as the framework reads it: the exceptions are its own."""
    if handler.takes == JSON:
        if not isinstance(request.data, dict):
            raise Invalid("a JSON object is required")
        return dict(request.data)
    if handler.takes == FORM:
        return "file" in request.FILES
    if handler.takes == STREAM:
        first = True
        while (data := request.stream.read(CHUNK) if request.stream else b"") or first:
            api.chunk(values["name"], data, first)
            first = False
    return None


class View(APIView):
    handlers: dict[str, Handler]
    authentication_classes = {"session": [Session], "token": [Token]}.get(str(LOGIN), [])
    permission_classes = [LoggedIn] if LOGIN else []

    def run(self, request: Request, **values: Any) -> Response:
        handler = self.handlers.get(request.method) or self.handlers["*"]
        handler.enter(request.method)
        status, body = answer(lambda: handler.act(request.method, values, content(handler, request, values)))
        return Response(body.decode() if isinstance(body, bytes) else body, status=status)


def view(handlers: dict[str, Handler]) -> type[View]:
    takes = {handler.takes for handler in handlers.values()}
    parser = MultiPartParser if FORM in takes else Raw if STREAM in takes else JSONParser
    given = {method.lower(): View.run for method in (METHODS if "*" in handlers else handlers)}
    return type("Endpoint", (View,), {"handlers": handlers, "parser_classes": [parser], **given})


views = {template: view(handlers) for template, handlers in api.by_path()}
urlpatterns = []
for template, handlers in api.by_path():
    some = next(iter(handlers.values()))
    if "{period}" in template:
        pattern = some.path(lambda name: f"(?P<{name}>daily|weekly)")
        urlpatterns.append(re_path(f"^{api.base.lstrip('/')}{pattern}$", views[template].as_view()))
    else:
        rule = some.path(lambda name: f"<{CONVERTERS.get(KINDS.get(name, ''), '')}{name}>")
        urlpatterns.append(path((api.base + rule).lstrip("/"), views[template].as_view()))

if __name__ == "__main__":
    record.truth(
        api.served((template, [m for m in METHODS if hasattr(one, m.lower())]) for template, one in views.items())
    )
    serve(get_wsgi_application(), record)
