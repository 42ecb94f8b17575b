"""The workshop, the catalogue's second API: what it stores, what is deployed, how operations change the store.

For a server in another language the rules are these. A handler that may change something notes `entered` when it
starts, before it reads any content: every handler but those of GET, and the hook's for any method. It notes `write`
only when it changes something given what arrived:

- JSON operations: after the whole content was read, parsed, found to be an object and to have its required member (422
  otherwise), and the object named in the path was found (404 otherwise; PUT /labels/{slug} creates what is absent).
  An empty object counts as a change, too: some frameworks make one of content that is absent.
- DELETE of one object and POST /tasks/{taskId}/close: if it exists. DELETE of a collection, POST /machine/restart,
  POST /reports/{period} and DELETE /machine/log take no content and always act.
- POST /pings never looks at its content: it acts on every entry. So does the hook, whatever the method.
- PUT /files/{name} streams: the file is created with the first byte of content, or at the end of empty content.
- POST /imports: after the whole form was read, if it has a part `file` (422 otherwise).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.servers.bookshop import METHODS, Invalid, Missing
from tests.servers.record import Record

SPEC = Path(__file__).with_name("workshop.openapi.yaml")
BASE = "/api/v2"
PROJECT = "6f1c2a34-9b7e-4d53-8a10-2c4e6f8a0b1d"
VALUES = {
    "tenant": "acme",
    "projectId": PROJECT,
    "taskId": "7",
    "commentId": "first-words",
    "slug": "urgent",
    "period": "daily",
    "name": "manual.txt",
    "hookId": "doorbell",
}
"""An object that exists, per parameter."""
COMMENTS = "/tenants/{tenant}/projects/{projectId}/tasks/{taskId}/comments"
COMMENT = COMMENTS + "/{commentId}"
HOOK = "/hooks/{hookId}"
FILE = "/files/{name}"
IMPORTS = "/imports"


def _are(*methods: str) -> frozenset[str]:
    return frozenset(methods)


ROUTES: dict[str, frozenset[str]] = {
    "/status": _are("GET"),
    "/tenants/{tenant}": _are("GET"),
    "/tenants/{tenant}/projects": _are("GET", "POST"),
    COMMENTS: _are("GET", "POST"),
    COMMENT: _are("GET", "DELETE"),
    "/projects/{projectId}": _are("GET", "DELETE"),
    "/reports/{period}": _are("GET", "POST"),
    "/labels": _are("GET"),
    "/labels/{slug}": _are("GET", "PUT", "PATCH"),
    "/tasks": _are("GET", "POST", "DELETE"),
    "/tasks/count": _are("GET"),
    "/tasks/{taskId}": _are("GET", "PATCH", "DELETE"),
    "/tasks/{taskId}/close": _are("POST"),
    "/machine/restart": _are("POST"),
    "/machine/log": _are("GET", "DELETE"),
    "/trash": _are("DELETE"),
    "/profile": _are("GET", "PUT"),
    "/settings": _are("GET", "PATCH", "PUT"),
    FILE: _are("GET", "PUT"),
    "/pings": _are("POST"),
    IMPORTS: _are("POST"),
    HOOK: METHODS,
}
"""What is deployed. The hook acts on any method at all; a stack that must list them lists at least these."""
UNROUTED = ("/tasks/{taskId}/watchers", "/exports")
DOCUMENTED = (*ROUTES, *UNROUTED)
SHADOWED = ("/tasks/count", "/tasks/{taskId}")
"""Where a stack does not ask for a number, the template takes the literal path's other methods."""
REQUIRED: dict[tuple[str, str], str] = {
    ("POST", "/tenants/{tenant}/projects"): "title",
    ("POST", COMMENTS): "text",
    ("PUT", "/labels/{slug}"): "colour",
    ("POST", "/tasks"): "title",
    ("PUT", "/profile"): "name",
}
"""The member that content must have. PATCH and PUT /settings take any object."""
TAKES_JSON = frozenset({*REQUIRED, *((m, p) for p, ms in ROUTES.items() for m in ms & {"PATCH"} if p != HOOK),
                        ("PUT", "/settings")})  # fmt: skip

_PARAMETER = re.compile(r"<[^>]*>|\{[^}]*\}|:\w+(?:\([^)]*\))?|\(\?P<\w+>[^)]*\)")


def served(routes: Iterable[tuple[str, Iterable[str]]]) -> dict[str, set[str]]:
    """The truth: a stack's own route table, whatever its notation, per documented path."""
    truth: dict[str, set[str]] = {path: set() for path in DOCUMENTED}
    by_form = {_form(path): path for path in DOCUMENTED}
    for route, methods in routes:
        path = by_form.get(_form(route.removeprefix(BASE)))
        if path:
            truth[path] |= set(methods) & METHODS
    return truth


def _form(path: str) -> str:
    return _PARAMETER.sub("{}", path).rstrip("/")


def acts(method: str, template: str) -> bool:
    """May this handler change something?"""
    return template == HOOK or method != "GET"


def json_object(data: bytes) -> dict[str, Any]:
    """Whole content as a JSON object. Invalid if it is none."""
    try:
        value = json.loads(data)
    except ValueError as error:
        raise Invalid("not JSON") from error
    if not isinstance(value, dict):
        raise Invalid("a JSON object is required")
    return value


class Workshop:
    """The store. A handler calls `enter` first, reads its content if it takes any, then calls `perform`."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.tenants = {"acme": {"slug": "acme", "name": "Acme"}}
        self.projects = {PROJECT: {"id": PROJECT, "title": "Lathe"}}
        self.tasks: dict[str, dict[str, Any]] = {"7": {"id": 7, "title": "oil it"}, "8": {"id": 8, "title": "test it"}}
        self.comments = {"first-words": {"id": "first-words", "text": "well done"}}
        self.labels = {"urgent": {"slug": "urgent", "colour": "red"}}
        self.files = {"manual.txt": b"Read this first.\n"}
        self.profile = {"name": "anna"}
        self.settings: dict[str, Any] = {"theme": "dark", "beep": False}

    def enter(self, method: str, template: str) -> None:
        """A handler has started; counts if it may change something."""
        if acts(method, template):
            self.record.entered(f"{method} {template}")

    def perform(self, method: str, template: str, values: Mapping[str, str], data: Any = None) -> tuple[int, Any]:
        """Status and content of the answer; None: no content, bytes: the file. Missing, Invalid.

        `data`: the JSON object for TAKES_JSON, whether a file came for IMPORTS; FILE by PUT: see `chunk`.
        """
        if template == HOOK:
            return self._wrote(202, f"hook called by {method}")
        required = REQUIRED.get((method, template))
        if required and (not isinstance(data, Mapping) or required not in data):
            raise Invalid(f"{required} is required")
        if method == "GET":
            return 200, self._get(template, values)
        if method == "DELETE":
            return self._delete(template, values)
        if template == FILE:
            return 204, None
        if (method, template) in TAKES_JSON:
            return self._change(method, template, values, dict(data))
        return self._act(template, values, data)

    def chunk(self, name: str, data: bytes, first: bool) -> None:
        """Streamed content of PUT /files/{name}; `first`: what was there before is gone."""
        if first:
            self.record.wrote(f"file {name} created")
        self.files[name] = (b"" if first else self.files.get(name, b"")) + data

    def _get(self, template: str, values: Mapping[str, str]) -> Any:
        plain: dict[str, Any] = {
            "/status": {"status": "up"}, "/tenants/{tenant}/projects": list(self.projects.values()),
            COMMENTS: list(self.comments.values()), "/labels": list(self.labels.values()),
            "/tasks": list(self.tasks.values()), "/tasks/count": {"count": len(self.tasks)},
            "/machine/log": {"lines": ["started"]}, "/profile": self.profile, "/settings": self.settings,
        }  # fmt: skip
        if template in ("/tenants/{tenant}/projects", COMMENTS):
            self._parents(template, values)
        if template in plain:
            return plain[template]
        if template == "/reports/{period}":
            return {"period": self._in({"daily", "weekly"}, values["period"]), "done": 3}
        store, key = self._object(template, values)
        return store[self._in(store, key)]

    def _delete(self, template: str, values: Mapping[str, str]) -> tuple[int, Any]:
        if template in ("/trash", "/machine/log", "/tasks"):
            if template == "/tasks":
                self.tasks.clear()
            return self._wrote(204, f"{template} emptied")
        store, key = self._object(template, values)
        del store[self._in(store, key)]
        return self._wrote(204, f"{template} {key} deleted")

    def _change(self, method: str, template: str, values: Mapping[str, str], data: dict[str, Any]) -> tuple[int, Any]:
        if method == "POST":
            self._parents(template, values)
            store: dict[str, Any] = {"/tasks": self.tasks, COMMENTS: self.comments}.get(template, self.projects)
            key = f"new-{len(store)}" if template != "/tasks" else str(len(store) + 7)
            store[key] = {"id": key, **data}
            return self._wrote(201, f"{template} {key} created", store[key])
        if template in ("/profile", "/settings"):
            kept: dict[str, Any] = self.profile if template == "/profile" else self.settings
            kept.update(data)
            return self._wrote(200, f"{template} changed", kept)
        store, key = self._object(template, values)
        if method == "PATCH":
            self._in(store, key)
        known = key in store
        store[key] = {**store.get(key, {"slug": key}), **data}
        return self._wrote(200 if known else 201, f"{template} {key} changed", store[key])

    def _act(self, template: str, values: Mapping[str, str], data: Any) -> tuple[int, Any]:
        if template == "/tasks/{taskId}/close":
            self._in(self.tasks, values["taskId"])
            return self._wrote(204, "task closed")
        if template == "/reports/{period}":
            self._in({"daily", "weekly"}, values["period"])
        if template == IMPORTS and not data:
            raise Invalid("file is required")
        return self._wrote(202, f"POST {template}")

    def _object(self, template: str, values: Mapping[str, str]) -> tuple[dict[str, Any], str]:
        """The store that a template's last parameter is a key of, and the key."""
        self._parents(template, values)
        name = template.rpartition("{")[2].rstrip("}")
        stores: dict[str, dict[str, Any]] = {
            "tenant": self.tenants, "projectId": self.projects, "taskId": self.tasks, "commentId": self.comments,
            "slug": self.labels, "name": self.files,
        }  # fmt: skip
        return stores[name], values[name]

    def _parents(self, template: str, values: Mapping[str, str]) -> None:
        """Missing if an object named before the last segment is."""
        before = template.rpartition("/")[0]
        for name, store in (("tenant", self.tenants), ("projectId", self.projects), ("taskId", self.tasks)):
            if f"{{{name}}}" in before:
                self._in(store, values[name])

    def _in(self, store: Any, key: str) -> str:
        if key not in store:
            raise Missing(f"no {key}")
        return key

    def _wrote(self, status: int, what: str, body: Any = None) -> tuple[int, Any]:
        self.record.wrote(what)
        return status, body if body is not None or status == 204 else {"done": True}
