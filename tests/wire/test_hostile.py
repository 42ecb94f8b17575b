"""What the wire makes of servers that misbehave: the outcome, and that there is one."""

from __future__ import annotations

import gzip
import socket

import pytest

from auditor.model.environment import Environment, Origin
from auditor.model.exchange import Failure
from auditor.prober.transport import Prepared, Wire

from .helpers import AGENT, ask, run
from .servers import QUICK, Server, endless, reset, says, serve, silent, then

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
BOMB = gzip.compress(b"\0" * 50_000_000)

ANSWERS = {
    "plain": (says(OK), 200, "complete", []),
    "early-close-keeps-whole": (says(b"HTTP/1.0 404 Not Found\r\n\r\nno such route"), 404, "complete", []),
    "one-octet-at-a-time": (says(*(bytes([o]) for o in OK)), 200, "complete", []),
    "cut-content": (says(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok"), 200, "cut", []),
    "cut-chunks": (says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe"), 200, "cut", []),
    "bad-chunk": (says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"), 200, "protocol", []),
    "reset-in-content": (then(says(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok"), reset), 200, "reset", []),
    "large": (says(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100_000), 200, "capped", []),
    "endless-content": (endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536), 200, "capped", []),
    "endless-one-octet-chunks": (
        endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 500), 200, "capped", [],
    ),
    "declares-50-gb": (
        then(says(b"HTTP/1.1 200 OK\r\nContent-Length: 50000000000\r\n\r\n"), silent),
        200, "capped", ["body-unfinished"],
    ),
    "trickled-content": (
        endless(b"HTTP/1.1 405 No\r\nContent-Length: 500\r\n\r\n", b"x", 0.05), 405, "capped", ["body-unfinished"],
    ),
    "event-stream": (
        endless(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n", b":\n\n", 0.05),
        200, "capped", ["body-unfinished"],
    ),
    "trickle-of-unsound-framing": (
        endless(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n", b"", 0.05),
        200, "deadline", ["cl-and-te"],
    ),
    "gzip-bomb": (
        says(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB) + BOMB),
        200, "complete" if len(BOMB) <= 65536 else "capped", [],
    ),
    "cl-and-te": (
        says(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        200, "complete", ["cl-and-te"],
    ),
    "duplicate-cl": (
        says(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\ncontent-length: 2\r\n\r\nok"), 200, "complete", ["duplicate-cl"],
    ),
    "bare-lf": (says(b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok"), 200, "complete", ["bare-lf"]),
    "obs-fold": (says(b"HTTP/1.1 200 OK\r\nX-A: a\r\n b\r\nContent-Length: 0\r\n\r\n"), 200, "complete", ["obs-fold"]),
    "escape-in-value": (
        says(b"HTTP/1.1 200 OK\r\nX-A: \x1b[2J\r\nContent-Length: 0\r\n\r\n"), 200, "complete", ["control-bytes"],
    ),
    "version-2": (says(b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"), 200, "complete", ["version"]),
    "surplus": (says(OK + b"HTTP/1.1 405 No\r\n\r\n"), 200, "complete", ["surplus"]),
    "many-102": (says(b"HTTP/1.1 102 Wait\r\n\r\n" * 60 + OK), 200, "complete", []),
    "cookie-flood": (
        says(b"HTTP/1.1 200 OK\r\n" + b"Set-Cookie: a=b\r\n" * 1000 + b"Content-Length: 0\r\n\r\n"),
        200, "complete", ["fields-cut"],
    ),
    "head-beyond-limit": (
        says(b"HTTP/1.1 405 No\r\nAllow: GET\r\n" + b"WWW-Authenticate: Basic\r\n" * 9000 + b"\r\n"),
        405, "header-limit", ["fields-cut"],
    ),
    "endless-fields": (
        endless(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n" * 100), 200, "header-limit", ["fields-cut"],
    ),
    "endless-value": (endless(b"HTTP/1.1 200 OK\r\nX-A: ", b" " * 5000), 200, "header-limit", []),
}  # fmt: skip

FAILURES = {
    "silence": (silent, Failure.DEADLINE),
    "closed": (says(), Failure.CLOSED),
    "reset": (reset, Failure.RESET),
    "cut-head": (says(b"HTTP/1.1 200 OK\r\nX-A: b\r\n"), Failure.CUT),
    "cut-in-version": (says(b"HT"), Failure.CUT),
    "reset-in-head": (then(says(b"HTTP/1.1 200 OK\r\n"), reset), Failure.CUT),
    "trickled-head": (endless(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", 0.05), Failure.DEADLINE),
    "1xx-flood": (endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 50), Failure.TOO_MANY_1XX),
    "1xx-then-close": (says(b"HTTP/1.1 102 Wait\r\n\r\n"), Failure.CUT),
    "1xx-trickle": (endless(b"", b"HTTP/1.1 102 Wait\r\n\r\n", 0.05), Failure.DEADLINE),
    "banner": (says(b"SSH-2.0-OpenSSH_9.6\r\n"), Failure.PROTOCOL),
    "banner-kept-open": (then(says(b"SSH-2.0-OpenSSH_9.6\r\n"), silent), Failure.PROTOCOL),
    "html-without-head": (says(b"<html>405 Method Not Allowed</html>"), Failure.PROTOCOL),
    "switching-unasked": (says(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n"), Failure.PROTOCOL),
    "nul-in-value": (says(b"HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n"), Failure.PROTOCOL),
    "space-before-colon": (says(b"HTTP/1.1 200 OK\r\nX : a\r\n\r\n"), Failure.PROTOCOL),
    "conflicting-cl": (says(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nokk"), Failure.PROTOCOL),
    "huge-cl": (says(b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n"), Failure.PROTOCOL),
    "negative-cl": (says(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"), Failure.PROTOCOL),
    "unknown-te": (says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n"), Failure.PROTOCOL),
    "status-text": (says(b"HTTP/1.1 abc OK\r\n\r\n"), Failure.PROTOCOL),
    "status-9999": (says(b"HTTP/1.1 2000 OK\r\n\r\n"), Failure.PROTOCOL),
    "status-line-only-spaces": (endless(b"HTTP/1.1 ", b" " * 5000), Failure.PROTOCOL),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_answer(name, caplog):
    handler, status, end, notes = ANSWERS[name]
    with serve(handler) as server:
        answer = ask(server.environment())
    assert (answer.status, answer.failure, answer.end) == (status, None, end)
    assert answer.notes == notes
    assert len(answer.body) <= 65536
    assert len(answer.fields) <= 256
    assert len(answer.informational) <= 20
    assert caplog.records == [], "asyncio complained"


@pytest.mark.parametrize("name", FAILURES)
def test_failure(name, caplog):
    handler, failure = FAILURES[name]
    with serve(handler) as server:
        answer = ask(server.environment())
    assert (answer.status, answer.failure) == (None, failure)
    assert answer.detail
    assert "9.6" not in answer.detail, "octets of the server in our words"
    assert caplog.records == [], "asyncio complained"


def test_fields_keep_case_order_and_duplicates():
    raw = b"HTTP/1.1 405 No\r\nX-B: 2\r\nallow: GET\r\nALLOW: HEAD,PUT\r\nX-Empty:\r\nContent-Length: 0\r\n\r\n"
    with serve(says(raw)) as server:
        answer = ask(server.environment())
    assert answer.fields == [
        (b"X-B", b"2"), (b"allow", b"GET"), (b"ALLOW", b"HEAD,PUT"), (b"X-Empty", b""), (b"Content-Length", b"0"),
    ]  # fmt: skip


def test_body_is_raw():
    squeezed = gzip.compress(b"{}")
    raw = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(squeezed)
    with serve(says(raw + squeezed)) as server:
        assert ask(server.environment()).body == squeezed


def test_fields_survive_the_header_limit():
    handler = ANSWERS["head-beyond-limit"][0]
    with serve(handler) as server:
        answer = ask(server.environment())
    assert answer.fields[0] == (b"Allow", b"GET")
    assert len(answer.fields) == 256


@pytest.mark.parametrize(
    ("method", "status"),
    [("HEAD", b"200 OK"), ("HEAD", b"405 No"), ("GET", b"204 No Content"), ("GET", b"304 Not Modified")],
)
def test_answers_that_have_no_content(method, status):
    """HEAD, 204 and 304 end with the head, whatever Content-Length says and whatever follows."""
    raw = b"HTTP/1.1 " + status + b"\r\nContent-Length: 5\r\n\r\n"
    with serve(then(says(raw + b"poison"), silent)) as server:
        answer = ask(server.environment(), method)
    assert (answer.end, answer.body, answer.notes) == ("complete", b"", ["surplus"])


def test_informational_answers_are_recorded():
    with serve(says(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK)) as server:
        answer = ask(server.environment())
    assert (answer.informational, answer.status) == ([103], 200)


def test_one_connection_per_probe_and_an_honest_request():
    with serve(says(OK)) as server:
        environment = server.environment(headers=(("Authorization", "Bearer s3cret"),))
        answer = ask(environment, "GET", "/a?b=c", fields=(("Accept", "*/*"),))
    assert server.connections == 1
    assert server.received == [
        b"GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUser-Agent: auditor/test (run 0)\r\nAccept: */*\r\n"
        b"Authorization: Bearer s3cret\r\nConnection: close\r\n\r\n" % server.port
    ]
    assert [n for n, _ in answer.sent] == ["Host", "User-Agent", "Accept", "Authorization", "Connection"]


def test_nobody_listens():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    answer = ask(Server(port).environment())
    assert (answer.status, answer.failure, answer.end) == (None, Failure.REFUSED, "")


def test_full_accept_queue_is_a_connect_timeout():
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        address = listener.getsockname()
        fillers = [socket.socket() for _ in range(3)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(address)
            answer = ask(Server(address[1]).environment())
        for filler in fillers:
            filler.close()
    assert answer.failure == Failure.CONNECT_TIMEOUT


def test_name_that_does_not_resolve():
    origin = Origin("http", "no-such-host.invalid", 80)
    answer = ask(Environment("dev", origin.text, origin, "", limits=QUICK))
    assert answer.failure in (Failure.DNS, Failure.CONNECT_TIMEOUT)


def test_next_address_is_tried_and_pinned():
    """`localhost` may be ::1 first: the refused address costs one try, not the environment."""

    async def work(port):
        origin = Origin("http", "localhost", port)
        wire = Wire(Environment("dev", origin.text, origin, "", limits=QUICK), user_agent=AGENT)
        wire._addresses["localhost"] = ["127.0.0.9", "127.0.0.1"]
        answers = [await wire.probe(Prepared(origin, "GET", "/")) for _ in range(2)]
        return [a.status for a in answers], wire._addresses["localhost"], wire.sent_total

    with serve(says(OK)) as server:
        statuses, pinned, sent = run(work(server.port))
    assert statuses == [200, 200]
    assert pinned[0] == "127.0.0.1"
    assert sent == 2
