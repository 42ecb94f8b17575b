"""An ASGI application on uvicorn, with every request line in the journal."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import uvicorn

from tests.servers.record import Record, die_with_parent


class Server(uvicorn.Server):
    """uvicorn, saying when it listens."""

    def __init__(self, config: uvicorn.Config, record: Record) -> None:
        super().__init__(config)
        self.record = record

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.record.ready(self.record.port)


def serve(app: Any, record: Record) -> None:
    """Run `app` until our parent is gone."""
    die_with_parent()

    async def recorded(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            query = b"?" + scope["query_string"] if scope["query_string"] else b""
            given = any(name == b"authorization" for name, _ in scope["headers"])
            record.request(scope["method"], (scope["raw_path"] + query).decode("latin-1"), given)
        await app(scope, receive, send)

    config = uvicorn.Config(recorded, log_level="warning", lifespan="off", http="h11", ws="none")
    asyncio.run(Server(config, record).serve([record.listen()]))
