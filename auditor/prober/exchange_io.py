"""One HTTP/1.1 exchange without a socket: bytes in, `WireAnswer` out (TRANSPORT §6).

The reading half needs no finished request: h11 reads an answer in SEND_BODY as well, so whoever primes the
connection decides how much of a request goes out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal, cast

import h11

from auditor.model.environment import Origin
from auditor.model.exchange import Failure
from auditor.prober import lint
from auditor.prober.content import Content

Lost = Literal["reset", "tls"]


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one exchange may cost. Octets: `head`, `body` kept, `wire` of content with its framing.

    `informational` answers are recorded up to the first number and endured up to the second (PROMISES P16, P17).
    `body_share`: once the head is there, the content gets at most this share of the probe's time.
    """

    head: int = 65536
    fields: int = 256
    body: int = 65536
    wire: int = 131072
    informational: tuple[int, int] = (20, 100)
    body_share: float = 0.2


BOUNDS = Bounds()
_END = h11.EndOfMessage()


@dataclass(frozen=True, slots=True)
class Prepared:
    """One request. `fields` come without Host, Connection, User-Agent and credentials: the wire adds those."""

    origin: Origin
    method: str
    target: str
    fields: tuple[tuple[str, str], ...] = ()
    content: Content | None = None
    anonymous: bool = False
    """Without the credentials of the environment."""
    bounds: Bounds | None = None
    """Other bounds than those of the wire."""


@dataclass(slots=True)
class WireAnswer:
    """What came back. Exactly one of `status` and `failure` is set once the exchange is over.

    `fields`: raw names and values in order, duplicates kept. `body`: raw content, undecoded, capped.
    `end`: complete, capped, cut, reset, deadline, protocol, header-limit; empty where no connection was made.
    `notes`: those of `lint`, and `fields-cut`, `body-unfinished`, `surplus`, `forward-proxy`.
    `detail` is in our own words, never the server's. `elapsed` in seconds from the start of connecting.
    `sent`: the fields that were sent, in order and with their secrets: whoever stores them redacts.
    """

    status: int | None = None
    http_version: str = ""
    fields: list[tuple[bytes, bytes]] = field(default_factory=list)
    informational: list[int] = field(default_factory=list)
    body: bytes = b""
    end: str = ""
    notes: list[str] = field(default_factory=list)
    failure: Failure | None = None
    detail: str = ""
    elapsed: float = 0.0
    held: float = 0.0
    """Seconds from the last octet sent until an unfinished request was given up; 0 where it was answered."""
    sent: tuple[tuple[str, str], ...] = ()


@lru_cache(maxsize=256)
def _template(method: str, announced: int = 0) -> h11.Request:
    """What h11 needs to know of a request in order to read its answer; validated once per method."""
    content = [("Content-Length", str(announced))] if announced else []
    return h11.Request(method=method, target="/", headers=[("Host", "h"), ("Connection", "close"), *content])


def prime(
    method: str, target: str, fields: Sequence[tuple[str, str]], bounds: Bounds, content: Content | None = None
) -> tuple[h11.Connection, bytes]:
    """A connection that awaits the answer to a request, and the octets of that request: whole, or unfinished.

    Method, target and fields have passed the guard; ValueError where one of them still spans lines.
    """
    # One octet more than our own limit, so that ours is always met first.
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=bounds.head + 1)
    connection.send(_template(method, content.announced if content else 0))
    if content is not None:
        connection.send(h11.Data(data=content.octets))
    if content is None or not content.unfinished:
        connection.send(_END)
    lines = "".join([f"{name}: {value}\r\n" for name, value in fields])
    head = f"{method} {target} HTTP/1.1\r\n{lines}\r\n"
    if not head.count("\n") == head.count("\r") == len(fields) + 2 or head.count(" ", 0, head.index("\r")) != 2:
        raise ValueError("a request of more lines or words than intended")
    return connection, head.encode("utf-8", "surrogateescape") + (content.octets if content else b"")


class Exchange:
    """Reads one answer. Call `feed`, then one of `eof`, `lost`, `expire` unless `over`; then read `answer`."""

    __slots__ = (
        "_body", "_bounds", "_connection", "_endured", "_head", "_head_octets", "_method", "_wire",
        "answer", "has_head", "over",
    )  # fmt: skip

    def __init__(self, connection: h11.Connection, method: str, bounds: Bounds = BOUNDS) -> None:
        self.answer = WireAnswer()
        self.has_head = False
        self.over = False
        self._connection = connection
        self._method = method
        self._bounds = bounds
        self._head = bytearray()
        self._head_octets = 0
        self._endured = 0
        self._body = bytearray()
        self._wire = 0

    def feed(self, data: bytes | memoryview) -> bool:
        """Copies octets in the order they arrived; true once the answer is over, whatever follows."""
        while data and not self.over:
            # Slices within the limit: otherwise one large read is parsed before anything is counted.
            room = self._bounds.wire - self._wire if self.has_head else self._bounds.head - self._head_octets
            piece, data = data[:room], data[room:]
            self._take(piece)
            if not self.over:
                self._check_room()
        if data and self.answer.end == "complete":
            self._note("surplus")
        return self.over

    def eof(self) -> None:
        """The peer closed in an orderly way."""
        if self.over:
            return
        if not self.has_head:
            self._no_head(Failure.CLOSED, "closed without an answer")
            return
        self._connection.receive_data(b"")
        self._pump("cut")
        if not self.over:
            self._finish("cut")

    def lost(self, why: Lost) -> None:
        """The connection broke: `reset`, or `tls` where an alert of the TLS layer ended it."""
        if self.over:
            return
        if self.has_head:
            self._finish("reset" if why == "reset" else "cut")
        elif why == "tls":
            self.fail(Failure.TLS, "the TLS layer was shut by an alert")
        else:
            self._no_head(Failure.RESET, "reset without an answer", end="reset")

    def expire(self) -> None:
        """The time is up. A sound head is an answer, even where the content streams for ever (DESIGN §4)."""
        if self.over:
            return
        if not self.has_head:
            came = self._head_octets
            self.fail(Failure.DEADLINE, "the head was not complete in time" if came else "no answer in time")
        elif lint.UNSOUND.isdisjoint(self.answer.notes):
            self._note("body-unfinished")
            self._finish("capped")
        else:
            self._finish("deadline")

    def grow_silent(self) -> None:
        """An unfinished request was held open for as long as it should be: not one octet is silence, some are not."""
        if self.over or self.has_head:
            self.expire()
        elif self._head_octets or self.answer.informational:
            self.fail(Failure.DEADLINE, "the head was not complete in time")
        else:
            self.fail(Failure.SILENT, "no octet came while the request was unfinished", "complete")

    def fail(self, failure: Failure, detail: str, end: str | None = None) -> None:
        """Ends without an answer; what was read of one is dropped."""
        self.answer.status = None
        self.answer.failure, self.answer.detail = failure, detail
        ends = {Failure.DEADLINE: "deadline", Failure.PROTOCOL: "protocol", Failure.RESET: "reset"}
        self.answer.end = end or ends.get(failure, "cut")
        self.over = True

    @property
    def trailing(self) -> bool:
        """Whether octets followed the end of the answer in what was fed."""
        return bool(self._connection.trailing_data[0]) or "surplus" in self.answer.notes

    def _take(self, piece: bytes | memoryview) -> None:
        if self.has_head:
            self._wire += len(piece)
        else:
            self._head_octets += len(piece)
            self._head += piece
            if not b"HTTP/".startswith(self._head[:5]):
                self.fail(Failure.PROTOCOL, "what came is not HTTP/1.x")
                return
        self._connection.receive_data(cast("bytes", piece))  # h11 takes any buffer; its annotation does not say so
        self._pump("protocol")

    def _pump(self, broken: str) -> None:
        """Lets h11 read what it has; `broken` is how an answer ends whose content is malformed."""
        try:
            while not self.over:
                event = self._connection.next_event()
                if event is h11.NEED_DATA or event is h11.PAUSED:
                    return
                self._handle(event)
        except (h11.ProtocolError, ValueError):
            # The words of h11 quote octets of the server, so they stay here.
            if self.has_head:
                self._finish(broken)
            else:
                self.fail(Failure.PROTOCOL, "the head is not valid HTTP/1.x")

    def _handle(self, event: Any) -> None:
        kind = type(event)
        if kind is h11.Data:
            self._on_content(event.data)
        elif kind is h11.EndOfMessage:
            if self._connection.trailing_data[0]:
                self._note("surplus")
            self._finish("complete")
        elif kind is h11.Response:
            self._on_head(event)
        elif kind is h11.InformationalResponse:
            self._on_informational(event.status_code)

    def _on_informational(self, status: int) -> None:
        self._close_head()
        record, endure = self._bounds.informational
        self._endured += 1
        if self._endured <= record:
            self.answer.informational.append(status)
        if self._endured > endure:
            self.fail(Failure.TOO_MANY_1XX, f"more than {endure} informational answers")

    def _on_head(self, event: h11.Response) -> None:
        rest = self._close_head()
        answer = self.answer
        raw = event.headers.raw_items()
        answer.status, answer.http_version = event.status_code, event.http_version.decode("ascii")
        self._keep_fields(raw)
        self.has_head = True
        self._wire = rest
        if self._method == "CONNECT":
            self._finish("complete")

    def _keep_fields(self, raw: list[tuple[bytes, bytes]]) -> None:
        if len(raw) > self._bounds.fields:
            self._note("fields-cut")
        self.answer.fields = raw[: self._bounds.fields]

    def _close_head(self) -> int:
        """Lints the head that h11 has just read; returns how many octets follow it."""
        rest = self._connection.trailing_data[0]
        head, self._head = self._head, bytearray(rest)
        if rest:
            del head[-len(rest) :]
        for note in lint.lint(head):
            self._note(note)
        return len(rest)

    def _on_content(self, data: bytes) -> None:
        room = self._bounds.body - len(self._body)
        self._body += data[:room]
        if len(data) > room:
            self._finish("capped")

    def _check_room(self) -> None:
        if self.has_head:
            if self._wire >= self._bounds.wire:
                self._finish("capped")
        elif self._head_octets >= self._bounds.head:
            self._over_limit()

    def _over_limit(self) -> None:
        found = lint.salvage(bytes(self._head), self._bounds.fields + 1)
        if found is None:
            self.fail(Failure.PROTOCOL, f"{self._bounds.head} octets without the end of a head")
            return
        self.answer.status, self.answer.http_version, raw = found
        self._keep_fields(raw)
        for note in lint.lint(self._head):
            self._note(note)
        self._finish("header-limit")

    def _no_head(self, failure: Failure, detail: str, end: str = "cut") -> None:
        """The connection ended before a head was complete: some octets of one make it a cut."""
        if self._head:
            self.fail(Failure.CUT, "the head breaks off", end)
        elif self.answer.informational:
            self.fail(Failure.CUT, "only informational answers came", end)
        else:
            self.fail(failure, detail, end)

    def _finish(self, end: str) -> None:
        self.answer.end = end
        self.answer.body = bytes(self._body)
        self.over = True

    def _note(self, note: str) -> None:
        if note not in self.answer.notes:
            self.answer.notes.append(note)
