"""A deployment that harms whoever is careless: handlers that act before, or without, the content they announce.

Every handler says in the journal that it was entered, and with which path; those of `EAGER` have written by then.
"""

from __future__ import annotations

import contextlib
import json
import re
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from typing import Any

JSON_IN = {"application/json": {"schema": {"type": "object", "required": ["name"], "properties": {"name": {}}}}}
LOOSE = {"application/json": {"schema": {"type": "object", "properties": {"name": {}}}}}
OCTETS, PARTS = {"application/octet-stream": {}}, {"multipart/form-data": {"schema": {"required": ["file"]}}}
OK = {"200": {"description": "ok"}}


def taking(content: Mapping[str, Any] | None = None, *, required: bool = True) -> dict[str, Any]:
    made: dict[str, Any] = {"responses": OK}
    return made if content is None else {**made, "requestBody": {"required": required, "content": content}}


def item(name: str = "", kind: str = "integer", example: Any = 1, **operations: Any) -> dict[str, Any]:
    made = dict(operations)
    if name:
        made["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": {"type": kind}, "example": example}
        ]
    return made


PATHS: dict[str, dict[str, Any]] = {
    "/health": item(get=taking()),
    "/things": item(get=taking(), post=taking(JSON_IN), delete=taking()),
    "/things/{id}": item("id", get=taking(), put=taking(LOOSE), patch=taking(LOOSE), delete=taking()),
    "/things/{id}/activate": item("id", post=taking()),
    "/things/{id}/parts": item("id", get=taking(), delete=taking(), post=taking(LOOSE)),
    "/ignored": item(get=taking(), post=taking()),
    "/optional": item(get=taking(), post=taking(JSON_IN, required=False), put=taking(JSON_IN, required=False)),
    "/upload": item(get=taking(), post=taking(OCTETS), put=taking(OCTETS)),
    "/form": item(get=taking(), post=taking(PARTS)),
    "/files/{name}": item("name", "string", "a.txt", get=taking(), put=taking(OCTETS)),
    "/settings": item(get=taking(), put=taking(LOOSE), patch=taking(LOOSE)),
    "/any": item(get=taking()),
    "/pool/{size}": item("size", "string", "small", get=taking(), delete=taking(), patch=taking(LOOSE)),
}
PATHS["/pool/{size}"]["parameters"][0]["schema"] = {"type": "string", "enum": ["small", "big"]}
CHANGING = ("POST", "PUT", "PATCH", "DELETE")
TRUTH: dict[str, set[str]] = {p: {m.upper() for m in i if m != "parameters"} for p, i in PATHS.items()}
TRUTH["/any"] |= set(CHANGING)
CAREFUL = {("POST", "/things"), ("PATCH", "/things/{id}"), ("DELETE", "/things/{id}"), ("DELETE", "/files/{name}"),
           ("PATCH", "/files/{name}")}  # fmt: skip
"""Handlers that the rule lets be entered: they want their content, or their object, first."""


@dataclass
class Journal:
    """What happened at the server."""

    port: int = 0
    entered: list[tuple[str, str, str]] = field(default_factory=list)
    """(method, template, path) of state-changing handlers."""
    writes: list[tuple[str, str]] = field(default_factory=list)
    seen: list[tuple[str, str]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@dataclass(frozen=True)
class Manner:
    """How this deployment answers."""

    refusal: int = 404
    content_first: bool = False
    """Something in front reads the whole content before anybody routes: a queueing proxy."""
    cold: float = 0.0
    """Seconds that the first request takes."""
    single: bool = False
    """One worker, busy until its request is through."""
    tired: float = 0.0
    """Seconds that every third request takes longer."""


ROUTES = [(re.compile(re.sub(r"\{\w+\}", "([^/]+)", t)), t) for t in PATHS]
OBJECTS = {"/things/{id}": "1", "/files/{name}": "a.txt"}
"""Paths of objects, and the one object that exists."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10
    journal: Journal
    manner: Manner
    lock: threading.Lock

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self.respond
        raise AttributeError(name)

    def respond(self) -> None:
        with self.lock:
            self.journal.seen.append((self.command, self.path))
            count = len(self.journal.seen)
        time.sleep(self.manner.cold if count == 1 else self.manner.tired if count % 3 == 0 else 0)
        self.content: bytes | None = None
        if self.manner.content_first and self.read() is None:
            return
        path = self.path.partition("?")[0]
        found = next((t for pattern, t in ROUTES if pattern.fullmatch(path)), None)
        if found is None:
            self.say(404, {"error": "no route"})
        elif self.command in TRUTH[found] or found == "/any":
            self.perform(found, path)
        else:
            word = "no route" if self.manner.refusal == 404 else "no such method"
            self.say(self.manner.refusal, {"error": word})

    def perform(self, template: str, path: str) -> None:
        method = self.command
        if method in CHANGING:
            with self.lock:
                self.journal.entered.append((method, template, path))
            if (method, template) in CAREFUL and not self.careful(method, template, path):
                return
            with self.lock:
                self.journal.writes.append((method, path))
        elif self.absent(template, path):
            self.say(404, {"error": "no such thing"})
            return
        self.say(200, {"here": template})

    def absent(self, template: str, path: str) -> bool:
        return template in OBJECTS and path.rsplit("/", 1)[-1] != OBJECTS[template]

    def careful(self, method: str, template: str, path: str) -> bool:
        """Whether the handler goes on: its object is there, and so is content that can be read."""
        if self.absent(template, path):
            self.say(404, {"error": "no such thing"})
            return False
        content = b"{}" if method == "DELETE" else self.read()
        if content is None:
            return False
        try:
            json.loads(content)
        except ValueError:
            self.say(400, {"error": "no JSON"})
            return False
        return True

    def read(self) -> bytes | None:
        """All of the content, or None where it never came."""
        if self.content is None:
            length = int(self.headers.get("Content-Length") or 0)
            content = self.rfile.read(length)
            self.content = content if len(content) == length else None
        return self.content

    def say(self, status: int, body: Any) -> None:
        raw = json.dumps(body).encode()
        self.close_connection = True
        self.send_response(status)
        for name, text in (("Content-Type", "application/json"), ("Content-Length", str(len(raw)))):
            self.send_header(name, text)
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(raw if self.command != "HEAD" else b"")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


class _Threads(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no news."""


class _Single(HTTPServer):
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no news."""


@contextlib.contextmanager
def eager(manner: Manner | None = None) -> Iterator[Journal]:
    """Runs until the block ends."""
    manner, journal = manner or Manner(), Journal()
    kind = _Single if manner.single else _Threads
    handler = type("Handler", (_Handler,), {"journal": journal, "manner": manner, "lock": threading.Lock()})
    with kind(("127.0.0.1", 0), handler) as server:
        journal.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield journal
        finally:
            server.shutdown()
            thread.join(5)
