"""Loopback servers that misbehave on purpose: raw sockets in threads, so that nothing tidies their octets."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from auditor.model.environment import Environment, Limits, Origin

Handler = Callable[[socket.socket], None]

QUICK = Limits(rate=1000.0, concurrency=50, connect_timeout=1.0, probe_timeout=1.5, retries=0)


@dataclass
class Server:
    """A listening server: what reached it, and where it is."""

    port: int
    scheme: str = "http"
    connections: int = 0
    received: list[bytes] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def origin(self) -> Origin:
        return Origin(self.scheme, "127.0.0.1", self.port)

    def environment(self, **changes: object) -> Environment:
        base = Environment("dev", self.origin.text, self.origin, "", limits=QUICK)
        return replace(base, **changes)  # type: ignore[arg-type]


def read_head(sock: socket.socket) -> bytes:
    """Octets up to the blank line, or what came before the peer closed."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = sock.recv(65536)
        if not piece:
            break
        data += piece
    return data


def says(*pieces: bytes) -> Handler:
    """Reads a request, says the pieces, closes."""

    def handle(sock: socket.socket) -> None:
        for piece in pieces:
            sock.sendall(piece)

    return handle


def endless(first: bytes, again: bytes, pause: float = 0.0) -> Handler:
    """Says `first`, then `again` until the peer or the server goes."""

    def handle(sock: socket.socket) -> None:
        sock.sendall(first)
        while not _stopping(sock).wait(pause):
            sock.sendall(again)

    return handle


def silent(sock: socket.socket) -> None:
    """Says nothing more and keeps the connection."""
    _stopping(sock).wait(20)


def reset(sock: socket.socket) -> None:
    """Ends the connection with RST."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def then(*handlers: Handler) -> Handler:
    def handle(sock: socket.socket) -> None:
        for h in handlers:
            h(sock)

    return handle


_STOPS: dict[int, threading.Event] = {}


def _stopping(sock: socket.socket) -> threading.Event:
    return _STOPS[sock.getsockname()[1]]


@contextlib.contextmanager
def serve(
    handler: Handler, *, tls: ssl.SSLContext | None = None, greet: bool = False, backlog: int = 512
) -> Iterator[Server]:
    """Runs `handler` for each connection, after its request head was read (`greet`: at once, without reading)."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=backlog)
    server = Server(listener.getsockname()[1], "https" if tls else "http")
    _STOPS[server.port] = server.stop
    lock = threading.Lock()
    workers: list[threading.Thread] = []

    def work(sock: socket.socket) -> None:
        with contextlib.suppress(OSError), contextlib.closing(sock):
            peer = tls.wrap_socket(sock, server_side=True) if tls else sock
            with contextlib.closing(peer):
                if not greet:
                    head = read_head(peer)
                    with lock:
                        server.received.append(head)
                handler(peer)

    def accept() -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            if server.stop.is_set():
                sock.close()
                return
            sock.settimeout(10)
            with lock:
                server.connections += 1
            worker = threading.Thread(target=work, args=(sock,), daemon=True)
            workers.append(worker)
            worker.start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield server
    finally:
        server.stop.set()
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", server.port), 1):
            pass
        accepting.join(5)
        listener.close()
        for worker in workers:
            worker.join(5)
        _STOPS.pop(server.port, None)
