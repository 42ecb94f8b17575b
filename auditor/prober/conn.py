"""One connection as asyncio sees it: octets between its transport and the exchange of the moment. Opens nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple, cast

from auditor.model.exchange import Failure
from auditor.prober.exchange_io import Exchange, Lost


class Job(NamedTuple):
    """What to say, who reads the answer, and what to call where the octets are written."""

    exchange: Exchange
    opening: bytes
    on_sent: Callable[[], None] | None = None


class Conn(asyncio.BufferedProtocol):
    """Says its job when the connection is made; `done` is set once the exchange is over.

    `classify` tells how a connection broke. The buffer may be shared by all connections of one event loop: the
    exchange keeps none of it.
    """

    def __init__(self, buffer: memoryview, classify: Callable[[Exception], Lost], job: Job) -> None:
        self.transport: asyncio.Transport | None = None
        self.tls: Any = None
        self.on_head: Callable[[], None] | None = None
        self._buffer = buffer
        self._classify = classify
        self.loop = asyncio.get_running_loop()
        self.begin(job)

    def begin(self, job: Job) -> None:
        """Sets the next job; `send` says it where the connection exists already."""
        self.job = job
        self.done: asyncio.Future[None] = self.loop.create_future()

    def adopt(self, transport: asyncio.BaseTransport | None) -> None:
        """Speaks through this transport from now on; `tls` is its TLS object, if any."""
        self.transport = cast("asyncio.Transport | None", transport)
        self.tls = transport.get_extra_info("ssl_object") if transport else None

    def send(self) -> None:
        if self.transport is None or self.transport.is_closing():
            return
        if self.job.on_sent is not None:
            self.job.on_sent()
        self.transport.write(self.job.opening)

    def kill(self) -> None:
        """Closes at once: close() would wait for TLS's close_notify."""
        transport, self.transport = self.transport, None
        if transport is not None:
            transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.adopt(transport)
        self.send()

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        exchange = self.job.exchange
        had_head = exchange.has_head
        self._step(exchange.feed, self._buffer[:nbytes])
        if exchange.has_head and not had_head and not exchange.over and self.on_head is not None:
            self.on_head()

    def eof_received(self) -> None:
        self._step(self.job.exchange.eof)

    def connection_lost(self, exc: Exception | None) -> None:
        # Protocol → transport → SSLProtocol → protocol is a cycle that holds 256 kB (TRANSPORT §3).
        self.transport = None
        if exc is None:
            self._step(self.job.exchange.eof)
        else:
            self._step(self.job.exchange.lost, self._classify(exc))

    def _step(self, step: Callable[..., object], *arguments: object) -> None:
        exchange = self.job.exchange
        try:
            step(*arguments)
        except Exception as error:
            exchange.fail(Failure.INTERNAL, type(error).__name__)
        # Not aborted here: asyncio's SSLProtocol stumbles over that in the midst of a read.
        if exchange.over and not self.done.done():
            self.done.set_result(None)
