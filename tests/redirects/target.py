"""A loopback server that redirects `/from/STATUS/METHOD` to `/to/STATUS/METHOD`, and remembers what arrives at both."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

HOSTS = {"here": "127.0.0.1", "elsewhere": "localhost"}
"""Two names of one server: to a client they are two origins."""
PAGE = b"<!doctype html><meta charset=utf-8><title>client</title><body>"


@dataclass
class Target:
    """What arrived: by (status, method that was meant), the method and whether it had content."""

    port: int
    left: dict[tuple[int, str], str] = field(default_factory=dict)
    """At the redirect: the method, if the client could send it at all."""
    arrived: dict[tuple[int, str], tuple[str, bool]] = field(default_factory=dict)
    """Where the redirect leads."""

    @property
    def url(self) -> str:
        return f"http://{HOSTS['here']}:{self.port}"


class Handler(BaseHTTPRequestHandler):
    """Any method, with or without content."""

    protocol_version = "HTTP/1.1"

    def __init__(self, seen: Target, to: str, *more: Any) -> None:
        self.seen, self.to = seen, to
        super().__init__(*more)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self.handle_any
        raise AttributeError(name)

    def handle_any(self) -> None:
        length = len(self.content())
        place, _, rest = urlsplit(self.path).path[1:].partition("/")
        status, _, meant = rest.partition("/")
        # What a browser asks of another origin before it may send: not the request that is measured.
        preflight = self.command == "OPTIONS" and "Access-Control-Request-Method" in self.headers
        if place == "from":
            if not preflight:
                self.seen.left[int(status), meant] = self.command
            self.reply(int(status), b"", Location=f"http://{HOSTS[self.to]}:{self.seen.port}/to/{rest}")
        elif place == "to":
            if not preflight:
                self.seen.arrived[int(status), meant] = (self.command, length > 0)
            self.reply(204 if preflight else 200, b"")
        else:
            self.reply(200, PAGE)

    def content(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        data = b""
        while size := int(self.rfile.readline(), 16):
            data += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return data

    def reply(self, status: int, body: bytes, **fields: str) -> None:
        self.close_connection = True
        self.send_response(status)
        more = {
            "Content-Type": "text/html", "Connection": "close", "Access-Control-Allow-Origin": "*",
            "Access-Control-Allow-Headers": "*",
            "Access-Control-Allow-Methods": self.headers.get("Access-Control-Request-Method", "*"),
        }  # fmt: skip
        if status != 204:
            more["Content-Length"] = str(len(body))
        for name, value in {**more, **fields}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: a measurement prints its table."""


class Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hung up is no news."""


@contextmanager
def target(to: str = "here") -> Iterator[Target]:
    """Run the server until the block ends. `to`: `elsewhere` redirects to another host."""
    seen = Target(0)
    server = Server((HOSTS["here"], 0), partial(Handler, seen, to))
    seen.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
