"""A raw server that counts how many unfinished requests are open at one moment."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Reply = Callable[[str, str, bool], bytes | None]
"""From method, path and whether content is outstanding to octets; None: say nothing until the client hangs up."""


@dataclass
class Stalls:
    """What reached the server, and how much of it at once."""

    port: int
    most: int = 0
    """The most unfinished requests open at once."""
    most_plain: int = 0
    silent: int = 0
    seen: list[tuple[str, str, bool]] = field(default_factory=list)
    open: set[socket.socket] = field(default_factory=set)
    plain: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def unfinished(self, method: str) -> list[str]:
        return [p for m, p, announced in self.seen if (m, announced) == (method, True)]


def _hung_up(sock: socket.socket) -> bool:
    """As the kernel knows it, whatever thread was told yet."""
    try:
        # A socket with a timeout waits in recv even where it is told not to: asked only when something is there.
        return bool(select.select([sock], [], [], 0)[0]) and sock.recv(1, socket.MSG_PEEK) == b""
    except (OSError, ValueError):
        return True


def _head(sock: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data and (piece := sock.recv(65536)):
        data += piece
    return data


@contextlib.contextmanager
def stalling(reply: Reply, pause: float = 0.0) -> Iterator[Stalls]:
    """Runs until the block ends; `pause` before each plain answer lets several be open at once."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    server, lock = Stalls(listener.getsockname()[1]), threading.Lock()

    def handle(sock: socket.socket) -> None:
        head, _, _ = _head(sock).partition(b"\r\n\r\n")
        if not head:
            return
        method, path = head.split(b"\r\n", 1)[0].decode().split(" ")[:2]
        announced = b"content-length: 16" in head.lower()
        with lock:
            server.seen.append((method, path, announced))
            server.plain += not announced
            server.most_plain = max(server.most_plain, server.plain)
            server.open = {s for s in server.open if not _hung_up(s)} | ({sock} if announced else set())
            server.most = max(server.most, len(server.open))
        octets = reply(method, path.partition("?")[0], announced)
        time.sleep(0 if announced else pause)
        with lock:
            server.plain -= not announced
            server.silent += octets is None
            # Answered before it leaves: who reads it may ask the next at once.
            server.open -= {sock} if octets is not None else set()
        if octets is None:
            while sock.recv(65536):
                pass
        else:
            sock.sendall(octets)
            sock.shutdown(socket.SHUT_WR)
            sock.recv(65536)

    def work(sock: socket.socket) -> None:
        with contextlib.suppress(OSError):
            sock.settimeout(10)
            handle(sock)
        with lock:
            server.open.discard(sock)
            sock.close()

    def accept() -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=work, args=(sock,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)
