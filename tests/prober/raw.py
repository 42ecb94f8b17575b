"""A deployment made of a table: which octets each (method, path) is answered with. Real sockets, nothing tidied."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

Reply = bytes | Callable[[str, str, int], bytes]
"""Octets, or a function of method, target and how often this request line came before."""
Table = Mapping[tuple[str, str], Reply]
"""By (method, path pattern). `*` for any method; `/a/*` for any path that begins with `/a/`. Exact beats pattern, the
longer pattern the shorter one, a method beats `*`."""

RESET = b"\0reset"
"""Ends the connection with RST instead of an answer. Empty octets close it in order."""

PHRASES = {200: "OK", 201: "Created", 302: "Found", 307: "Temporary Redirect", 308: "Permanent Redirect"}


def http(status: int, body: str | bytes = "", *fields: str, media: str = "application/json") -> bytes:
    """One whole HTTP/1.1 answer that ends its connection; `fields` are whole lines."""
    content = body if isinstance(body, bytes) else body.encode()
    lines = [f"HTTP/1.1 {status} {PHRASES.get(status, 'Said')}", f"Content-Length: {len(content)}", "Connection: close"]
    lines += [f"Content-Type: {media}"] if content else []
    return "\r\n".join([*lines, *fields, "", ""]).encode() + content


def said(word: str) -> str:
    """A JSON error body."""
    return json.dumps({"error": word})


@dataclass
class Raw:
    """A running server: where it is, and what reached it."""

    port: int
    table: Table
    anonymous: Table | None = None
    """Another table, for requests without Authorization; None: the same."""
    seen: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(method, target) → how often."""
    headers: list[bytes] = field(default_factory=list)
    """Every request head, as it came."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def requests(self) -> int:
        return sum(self.seen.values())

    def answer(self, method: str, target: str, before: int, given: bool = True) -> bytes:
        table = self.table if given or self.anonymous is None else self.anonymous
        reply = table[_best(table, method, target.partition("?")[0])]
        octets = reply if isinstance(reply, bytes) else reply(method, target, before)
        head, blank, content = octets.partition(b"\r\n\r\n")
        return head + blank if method == "HEAD" and content else octets


def _best(table: Table, method: str, path: str) -> tuple[str, str]:
    def fits(pattern: str) -> bool:
        return path.startswith(pattern[:-1]) if pattern.endswith("*") else path == pattern

    rows = [row for row in table if row[0] in (method, "*") and fits(row[1])]
    return max(rows, key=lambda row: (not row[1].endswith("*"), len(row[1]), row[0] != "*"))


@contextlib.contextmanager
def serve(table: Table, anonymous: Table | None = None) -> Iterator[Raw]:
    """Runs the table on a loopback port of its own until the block ends."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    server = Raw(listener.getsockname()[1], table, anonymous)
    lock = threading.Lock()

    def handle(sock: socket.socket) -> None:
        with contextlib.suppress(OSError), contextlib.closing(sock):
            sock.settimeout(10)
            head = b""
            while b"\r\n\r\n" not in head:
                piece = sock.recv(65536)
                if not piece:
                    return
                head += piece
            method, target = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")[:2]
            with lock:
                before = server.seen[method, target]
                server.seen[method, target] += 1
                server.headers.append(head)
            octets = server.answer(method, target, before, b"\r\nauthorization:" in head.lower())
            if octets == RESET:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            else:
                sock.sendall(octets)
                sock.shutdown(socket.SHUT_WR)
                sock.recv(1)

    def accept() -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=handle, args=(sock,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)
