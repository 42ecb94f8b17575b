"""A WSGI application on the standard library's server, one thread per request, every request line in the journal."""

from __future__ import annotations

import socketserver
from collections.abc import Callable
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from tests.servers.record import Record, die_with_parent


class Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True


def serve(application: Callable[..., Any], record: Record) -> None:
    """Run `application` until our parent is gone."""

    class Handler(WSGIRequestHandler):
        def get_environ(self) -> dict[str, Any]:
            record.request(self.command, self.path, "Authorization" in self.headers)
            return super().get_environ()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    die_with_parent()
    server = Server(("127.0.0.1", record.port), Handler)
    server.set_app(application)
    record.ready(server.server_port)
    server.serve_forever()
