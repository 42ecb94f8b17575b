"""The sans-io exchange: the same answer however the octets are split."""

from __future__ import annotations

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.model.exchange import Failure
from auditor.prober.exchange_io import BOUNDS, Bounds, Exchange, prime

STREAMS = {
    "length": b"HTTP/1.1 405 No\r\nAllow: GET\r\nContent-Length: 5\r\n\r\nnever",
    "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: u\r\n\r\n",
    "to-the-end": b"HTTP/1.0 200 OK\r\n\r\nabcde",
    "informational": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 E\r\nA: b\n\r\n"
    b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "notes": b"HTTP/1.1 200 OK\nX: a\r\n b\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "malformed": b"HTTP/1.1 200 OK\r\nbad field\r\n\r\n",
    "broken-chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcXX",
    "cut": b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
    "cut-head": b"HTTP/1.1 200 OK\r\nContent-",
    "capped": b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 60,
    "head-limit": b"HTTP/1.1 405 No\r\nAllow: GET\r\n" + b"A: b\r\n" * 60,
}
SMALL = Bounds(head=200, fields=9, body=32, wire=120)


def read(pieces: list[bytes], method: str = "GET", bounds: Bounds = SMALL):
    connection, _ = prime(method, "/", (("Host", "h"),), bounds)
    exchange = Exchange(connection, method, bounds)
    for piece in pieces:
        if exchange.feed(piece):
            break
    exchange.eof()
    assert exchange.over
    return exchange.answer


@pytest.mark.parametrize("name", STREAMS)
def test_every_split(name):
    stream = STREAMS[name]
    whole = read([stream])
    for cut in range(len(stream) + 1):
        assert read([stream[:cut], stream[cut:]]) == whole
    assert read([stream[i : i + 1] for i in range(len(stream))]) == whole


@given(st.sampled_from(sorted(STREAMS)), st.lists(st.integers(1, 30), max_size=20))
def test_any_split(name, sizes):
    stream = STREAMS[name]
    pieces, at = [], 0
    for size in sizes:
        pieces.append(stream[at : at + size])
        at += size
    assert read([*pieces, stream[at:]]) == read([stream])


def test_what_the_streams_are():
    answers = {name: read([stream]) for name, stream in STREAMS.items()}
    assert answers["length"].body == b"never"
    assert answers["chunks"].body == b"abcde"
    assert answers["to-the-end"].end == "complete"
    assert answers["informational"].informational == [100, 103]
    assert answers["informational"].notes == ["bare-lf"]
    assert answers["notes"].notes == ["cl-and-te", "bare-lf", "obs-fold"]
    assert answers["malformed"].failure == Failure.PROTOCOL
    assert answers["broken-chunk"].end == "protocol"
    assert (answers["cut"].end, answers["cut"].body) == ("cut", b"abc")
    assert answers["cut-head"].failure == Failure.CUT
    assert (answers["capped"].end, len(answers["capped"].body)) == ("capped", 32)
    assert (answers["head-limit"].status, answers["head-limit"].end) == (405, "header-limit")
    assert len(answers["head-limit"].fields) == 9


@given(st.binary(max_size=400))
def test_no_octets_crash_it(data):
    answer = read([data])
    assert (answer.status is None) != (answer.failure is None)


@given(st.binary(max_size=200))
def test_no_tail_crashes_it(data):
    answer = read([b"HTTP/1.1 200 OK\r\n", data])
    assert (answer.status is None) != (answer.failure is None)
    assert len(answer.body) <= SMALL.body


@given(
    st.lists(st.sampled_from([b"\r", b"\n", b" ", b":", b"A", b"HTTP/1.1 200 OK\r\n", b"\r\n\r\n", b"0"]), max_size=60)
)
def test_no_mixture_crashes_it(pieces):
    answer = read(pieces)
    assert (answer.status is None) != (answer.failure is None)


def test_an_answer_is_read_while_the_request_is_unfinished():
    """h11 in SEND_BODY: what a later form of probe needs from this half (DESIGN §10)."""
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method="POST", target="/", headers=[("Host", "h"), ("Content-Length", "16")]))
    connection.send(h11.Data(data=b"{"))
    exchange = Exchange(connection, "POST")
    assert exchange.feed(STREAMS["length"])
    assert (exchange.answer.status, exchange.answer.end) == (405, "complete")


def test_time_is_up():
    for stream, end, failure in (
        (b"", "deadline", Failure.DEADLINE),
        (b"HTTP/1.1 200 OK\r\n", "deadline", Failure.DEADLINE),
        (b"HTTP/1.1 200 OK\r\n\r\nabc", "capped", None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n", "deadline", None),
    ):
        connection, _ = prime("GET", "/", (("Host", "h"),), BOUNDS)
        exchange = Exchange(connection, "GET")
        exchange.feed(stream)
        exchange.expire()
        assert (exchange.answer.end, exchange.answer.failure) == (end, failure)


def test_after_the_end_nothing_changes():
    connection, _ = prime("GET", "/", (("Host", "h"),), BOUNDS)
    exchange = Exchange(connection, "GET")
    exchange.feed(STREAMS["length"])
    exchange.lost("reset")
    exchange.eof()
    exchange.expire()
    assert (exchange.answer.status, exchange.answer.end) == (405, "complete")
