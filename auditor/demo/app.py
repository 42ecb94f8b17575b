"""The web framework of the demo: a route table, computed refusals, slash redirects, and a gateway in front.

Small, but no answer is made up for a request: what a deployment answers follows from its route table alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

BUILD_FIELD = "X-Build-Id"
Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Request:
    """A request as the server read it. `path` is decoded and without query; `fields` have lower-case names."""

    method: str
    path: str
    fields: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> dict[str, Any]:
        """The JSON object of the body. Problem 422 where it is none."""
        try:
            value = json.loads(self.body or b"{}")
        except ValueError:
            raise Problem(422, "The body is no JSON") from None
        if not isinstance(value, dict):
            raise Problem(422, "The body is no JSON object")
        return value


@dataclass(frozen=True, slots=True)
class Response:
    """Status, field lines and content; framing is the server's."""

    status: int
    fields: Fields = ()
    body: bytes = b""

    def value(self, name: str) -> str | None:
        """The first field of that name."""
        return next((v for n, v in self.fields if n.lower() == name.lower()), None)


class Problem(Exception):
    """An error answer as RFC 9457 describes it; raised by handlers, answered by the application."""

    def __init__(self, status: int, title: str, fields: Fields = ()) -> None:
        super().__init__(title)
        self.status, self.title, self.fields = status, title, fields

    def response(self) -> Response:
        """The answer."""
        body = json.dumps({"type": "about:blank", "title": self.title, "status": self.status}).encode()
        return Response(self.status, (("Content-Type", "application/problem+json"), *self.fields), body)


def reply(status: int, value: Any = None) -> Response:
    """A JSON answer; without content where there is nothing to say."""
    if value is None:
        return Response(status)
    return Response(status, (("Content-Type", "application/json"),), json.dumps(value).encode())


Handler = Callable[..., Response]
"""Takes the request, and the path parameters by name."""

Answerer = Callable[[Request], Response]


@dataclass(frozen=True, slots=True)
class Route:
    """One row of a route table.

    `refuse`: how a method without a handler is refused. `guard`: asked before the method is looked at. `written`: an
    Allow that somebody wrote by hand, in place of the computed one. `options`: whether OPTIONS is answered.
    """

    handlers: Mapping[str, Handler]
    refuse: Callable[[Route], Response] = field(default=lambda route: with_allow(route))
    guard: Callable[[Request], None] | None = None
    written: str | None = None
    options: bool = True

    @property
    def methods(self) -> tuple[str, ...]:
        """What is served, with the methods that come by themselves."""
        head = ("HEAD",) if "GET" in self.handlers else ()
        return (*self.handlers, *head, *(("OPTIONS",) if self.options else ()))

    @property
    def allow(self) -> Fields:
        """The Allow field (RFC 9110 §10.2.1)."""
        return (("Allow", self.written if self.written is not None else ", ".join(self.methods)),)


def with_allow(route: Route) -> Response:
    """405 as RFC 9110 §15.5.6 wants it."""
    return Problem(405, "Method Not Allowed", route.allow).response()


def without_allow(route: Route) -> Response:
    """405 of an error handler that drops the field."""
    return Problem(405, "Method Not Allowed").response()


def not_found(route: Route) -> Response:
    """404 of a router that matches method and path together."""
    return Problem(404, "Not Found").response()


class Application:
    """Answers requests from a route table below one base path."""

    def __init__(self, base: str, routes: Mapping[str, Route]) -> None:
        self._base = base
        self._table: Sequence[tuple[re.Pattern[str], Route]] = [(_pattern(t), r) for t, r in routes.items()]

    def __call__(self, request: Request) -> Response:
        path = request.path.removeprefix(self._base) if request.path.startswith(self._base + "/") else ""
        try:
            found = self._find(path)
            if found is None:
                return self._elsewhere(request.path, path)
            return self._dispatch(*found, request)
        except Problem as problem:
            return problem.response()
        except Exception:
            return Problem(500, "Internal Server Error").response()

    def _find(self, path: str) -> tuple[Route, Mapping[str, str]] | None:
        matches = ((route, pattern.fullmatch(path)) for pattern, route in self._table)
        return next(((route, match.groupdict()) for route, match in matches if match), None)

    def _elsewhere(self, full: str, path: str) -> Response:
        """A path that is routed with a slash at the end, or without it, is redirected there, whatever the method."""
        toggled = path[:-1] if path.endswith("/") else path + "/"
        if self._find(toggled) is None:
            raise Problem(404, "Not Found")
        return Response(301, (("Location", full[:-1] if full.endswith("/") else full + "/"),))

    @staticmethod
    def _dispatch(route: Route, parameters: Mapping[str, str], request: Request) -> Response:
        if route.guard is not None:
            route.guard(request)
        method = "GET" if request.method == "HEAD" else request.method
        handler = route.handlers.get(method)
        if handler is not None:
            return handler(request, **parameters)
        if method == "OPTIONS" and route.options:
            return Response(204, route.allow)
        return route.refuse(route)


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", template)
    return re.compile("".join(f"(?P<{p}>[^/]+)" if i % 2 else re.escape(p) for i, p in enumerate(parts)))


def stamped(behind: Answerer, build: str) -> Answerer:
    """Every answer names the build that gave it."""

    def answer(request: Request) -> Response:
        given = behind(request)
        return Response(given.status, (*given.fields, (BUILD_FIELD, build)), given.body)

    return answer


def gateway(behind: Answerer, denied: frozenset[str], name: str) -> Answerer:
    """Something in front that refuses some methods itself, and says so in the Allow of what it lets through."""

    def answer(request: Request) -> Response:
        if request.method in denied:
            refused = Problem(403, f"{request.method} is not let through").response()
            return Response(refused.status, (*refused.fields, ("Server", name)), refused.body)
        passed = behind(request)
        fields = tuple((n, _without(v, denied) if n == "Allow" else v) for n, v in passed.fields)
        return Response(passed.status, (*fields, ("Via", f"1.1 {name}")), passed.body)

    return answer


def _without(allow: str, denied: frozenset[str]) -> str:
    return ", ".join(m for m in allow.split(", ") if m not in denied)
