"""A server on loopback that takes messages, or treats them as badly as servers do."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Posted:
    """One request as it came."""

    method: str
    path: str
    fields: dict[str, str]
    body: bytes

    @property
    def data(self) -> dict[str, Any]:
        return json.loads(self.body)  # type: ignore[no-any-return]


@dataclass
class Inbox:
    """`behaviour` by the last segment of the path: a number answers with that status, `hang` never, and so on."""

    port: int
    received: list[Posted] = field(default_factory=list)

    def webhook(self, behaviour: str = "200", scheme: str = "http") -> str:
        return f"{scheme}://127.0.0.1:{self.port}/{behaviour}"

    def service(self, behaviour: str = "200", options: str = "") -> str:
        """As a URL of apprise."""
        return f"json://127.0.0.1:{self.port}/{behaviour}{options}"

    def take(self) -> list[Posted]:
        """What came since the last time."""
        taken, self.received = self.received, []
        return taken


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Silent: the inbox holds what came."""

    def do_GET(self) -> None:
        self._take()

    def do_POST(self) -> None:
        self._take()

    def _take(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.inbox.received.append(Posted(self.command, self.path, dict(self.headers.items()), body))
        self.close_connection = True
        behaviour = self.path.partition("?")[0].rpartition("/")[2]
        if behaviour in ("hang", "trickle"):
            self._never(behaviour)
            return
        if behaviour == "reset":
            self.connection.shutdown(2)
            return
        self.send_response(int(behaviour))
        if behaviour.startswith("3"):
            self.send_header("Location", "/200?moved=hunter2")
        # No length and no end: only the status is to be waited for.
        self.end_headers()

    def _never(self, behaviour: str) -> None:
        end = time.monotonic() + 30
        if behaviour == "trickle":
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while time.monotonic() < end and not self.server.closing.wait(0.1):
            if behaviour == "trickle":
                self.wfile.write(b"X-More: to come\r\n")
                self.wfile.flush()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    inbox: Inbox
    closing: threading.Event

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that gave up is what some tests are about."""


@contextmanager
def inbox(context: ssl.SSLContext | None = None) -> Iterator[Inbox]:
    """An inbox, served until the block ends; over TLS with `context`."""
    server = _Server(("127.0.0.1", 0), _Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.inbox, server.closing = Inbox(int(server.server_address[1])), threading.Event()
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server.inbox
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()
