"""A loopback server that answers from a table and keeps the fields of every request: what really arrived."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "REPORT", "SEARCH", "PROPFIND")


@dataclass(frozen=True)
class Seen:
    """One request as it arrived."""

    method: str
    target: str
    fields: Mapping[str, str]
    """By name in lower case."""


@dataclass(frozen=True)
class Says:
    """One answer."""

    status: int
    fields: tuple[tuple[str, str], ...] = ()
    content: bytes = b""
    echo: bool = False
    """The content is the request, as RFC 9110 §9.3.8 says."""


@dataclass
class Listener:
    """`table`: (method, path) to answer; path `*` for any other. What is not in it is a 404."""

    table: Mapping[tuple[str, str], Says]
    port: int = 0
    seen: list[Seen] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def of(self, method: str) -> list[Seen]:
        return [s for s in self.seen if s.method == method]

    def says(self, method: str, target: str) -> Says:
        path = target.partition("?")[0]
        found = self.table.get((method, path)) or self.table.get((method, "*"))
        return found or Says(404, (("Content-Type", "application/json"),), b'{"error": "nothing here"}')


@contextmanager
def listen(table: Mapping[tuple[str, str], Says]) -> Iterator[Listener]:
    """Serve `table` until the block ends."""
    listener = Listener(table)

    class Handler(BaseHTTPRequestHandler):
        def handle_one(self) -> None:
            listener.seen.append(Seen(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}))
            says = listener.says(self.command, self.path)
            content = f"{self.requestline}\r\n{self.headers}".encode() if says.echo else says.content
            self.send_response(says.status)
            for name, value in says.fields:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Nothing: a test prints when it fails."""

    for method in METHODS:
        setattr(Handler, f"do_{method}", Handler.handle_one)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield listener
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
