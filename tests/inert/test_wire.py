"""The unfinished request on the wire: its exact octets, and what becomes of every way to answer it (TRANSPORT §7)."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from pathlib import Path

import pytest

from auditor.model.environment import Environment, Limits, Mode
from auditor.model.exchange import Failure, Form
from auditor.prober import inert_controls
from auditor.prober.content import Content
from auditor.prober.harmless import Clearance
from auditor.prober.transport import REST, Prepared, Wire, WireAnswer
from tests.inert.stalls import stalling
from tests.prober.audits import Paths
from tests.prober.audits import run as audit
from tests.prober.raw import http, said
from tests.wire.helpers import AGENT, run
from tests.wire.servers import QUICK, Handler, Server, endless, reset, says, serve, silent, then
from tests.wire.test_proxy import forwarder, proxy_that, tunnel

NONCE = "0123456789abcdef"
TARGET = f"/zq{NONCE}"
HOLD = 0.6
REFUSAL = b"HTTP/1.1 405 Method Not Allowed\r\nAllow: GET\r\nContent-Length: 0\r\n"
CLOSE, KEEP = REFUSAL + b"Connection: close\r\n\r\n", REFUSAL + b"Connection: keep-alive\r\n\r\n"
PATIENT = Limits(rate=1000.0, concurrency=50, connect_timeout=3.0, probe_timeout=5.0, retries=0)
SLACK = 1.5
"""For a machine that does other things as well."""


def prepared(
    environment: Environment, method: str = "POST", hold: float = HOLD, form: Form = Form.UNFINISHED
) -> Prepared:
    asked = Clearance(method, form, TARGET, nonce=NONCE, origin=environment.origin)
    return Prepared(environment.origin, method, TARGET, (("Accept", "*/*"),), Content(asked, hold))


def ask(server: Server, method: str = "POST", hold: float = HOLD, **environment: object) -> WireAnswer:
    async def once() -> WireAnswer:
        wire = Wire(server.environment(**{"mode": Mode.INERT, "limits": PATIENT, **environment}), user_agent=AGENT)
        try:
            return await wire.probe(prepared(wire.environment, method, hold))
        finally:
            await wire.close()

    return run(once())


def timed(server: Server, **more: object) -> tuple[WireAnswer, float]:
    started = time.monotonic()
    answer = ask(server, **more)  # type: ignore[arg-type]
    return answer, time.monotonic() - started


def after(seconds: float, *handlers: Handler) -> Handler:
    def handle(sock: socket.socket) -> None:
        time.sleep(seconds)
        for h in handlers:
            h(sock)

    return handle


def listens(sock: socket.socket) -> None:
    """Says nothing until the client hangs up."""
    with contextlib.suppress(ConnectionResetError):
        while sock.recv(65536):
            pass


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "REPORT"])
def test_the_octets(method: str) -> None:
    with serve(then(says(KEEP), silent)) as server:
        answer = ask(server, method)
        whole = server.received[0]
        # The last octet may come by itself.
        assert b"".join(server.received).startswith(whole)
    expected = (
        f"{method} {TARGET} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nUser-Agent: {AGENT}\r\nAccept: */*\r\n"
        "Content-Type: application/json\r\nContent-Length: 16\r\nConnection: close\r\n\r\n{"
    ).encode()
    assert whole in (expected, expected[:-1])
    assert answer.status == 405


def test_one_octet_of_sixteen_and_then_nothing_but_the_end() -> None:
    """Read to the end by the server: no second octet ever comes."""
    rest: list[bytes] = []

    def drain(sock: socket.socket) -> None:
        try:
            while piece := sock.recv(65536):
                rest.append(piece)
        except ConnectionResetError:
            pass

    with serve(drain) as server:
        answer = ask(server)
    octets = b"".join(server.received) + b"".join(rest)
    assert octets.partition(b"\r\n\r\n")[2] == b"{"
    assert answer.failure is Failure.SILENT


def test_one_connection_per_probe() -> None:
    async def many(environment: Environment) -> list[WireAnswer]:
        wire = Wire(environment, user_agent=AGENT)
        try:
            return [await wire.probe(prepared(environment)) for _ in range(4)]
        finally:
            await wire.close()

    with serve(then(says(KEEP), silent)) as server:
        answers = run(many(server.environment(mode=Mode.INERT)))
        assert server.connections == len(server.received) == 4
    assert [a.status for a in answers] == [405] * 4


@pytest.mark.parametrize(
    ("handler", "least"),
    [(says(CLOSE), 0.0), (then(says(KEEP), silent), 0.0), (after(0.45, says(CLOSE), silent), 0.45)],
    ids=["close", "keep-alive", "late"],
)
def test_an_early_refusal(handler: Handler, least: float) -> None:
    with serve(handler) as server:
        answer = ask(server)
    assert (answer.status, answer.failure, answer.end) == (405, None, "complete")
    assert (b"Allow", b"GET") in answer.fields
    assert least <= answer.elapsed < least + SLACK


@pytest.mark.parametrize("hold", [0.3, 0.9])
def test_silence_lasts_as_long_as_it_should(hold: float) -> None:
    with serve(silent) as server:
        answer, seconds = timed(server, hold=hold)
    assert (answer.status, answer.failure, answer.end) == (None, Failure.SILENT, "complete")
    assert hold <= answer.elapsed < hold + SLACK
    assert hold <= answer.held <= seconds
    assert not answer.failure.is_transport


def test_silence_is_counted_from_the_last_octet_sent() -> None:
    """A slow connect is no part of it: here the proxy takes its time to open the tunnel."""

    def slow(sock: socket.socket) -> None:
        time.sleep(0.4)
        tunnel(sock)

    with serve(listens) as origin, proxy_that(slow) as proxy:
        answer, seconds = timed(origin, hold=0.3, proxy=f"http://127.0.0.1:{proxy.port}")
    assert answer.failure is Failure.SILENT
    assert 0.3 <= answer.elapsed < 0.3 + SLACK
    assert seconds > 0.7


def test_a_dripped_status_line_is_not_silence() -> None:
    def drip(sock: socket.socket) -> None:
        for octet in b"HTTP/1.1 405 Method Not Allowed\r\n" * 4:
            sock.sendall(bytes([octet]))
            time.sleep(0.1)

    with serve(drip) as server:
        answer, seconds = timed(server)
    assert (answer.status, answer.failure) == (None, Failure.DEADLINE)
    assert seconds < HOLD + SLACK


def test_100_continue_and_then_nothing_is_not_silence() -> None:
    with serve(then(says(b"HTTP/1.1 100 Continue\r\n\r\n"), silent)) as server:
        answer, seconds = timed(server)
    assert (answer.status, answer.failure, answer.informational) == (None, Failure.DEADLINE, [100])
    assert seconds < HOLD + SLACK


def test_100_continue_and_then_a_refusal() -> None:
    with serve(then(says(b"HTTP/1.1 100 Continue\r\n\r\n"), after(0.1, says(CLOSE)))) as server:
        answer = ask(server)
    assert (answer.status, answer.informational) == (405, [100])


def test_endless_100_continue_ends() -> None:
    with serve(endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n")) as server:
        answer, seconds = timed(server)
    assert answer.failure is Failure.TOO_MANY_1XX
    assert seconds < HOLD + SLACK


@pytest.mark.parametrize("late", [0.0, 0.4])
def test_an_early_answer_whose_content_never_ends(late: float) -> None:
    head = b"HTTP/1.1 405 No\r\nAllow: GET\r\nTransfer-Encoding: chunked\r\n\r\n"
    with serve(after(late, endless(head, b"1\r\nx\r\n", 0.02))) as server:
        answer, seconds = timed(server)
    assert (answer.status, answer.failure, answer.end) == (405, None, "capped")
    assert "body-unfinished" in answer.notes
    assert seconds < late + REST + SLACK


def test_a_head_that_comes_just_before_the_end_of_the_wait_gets_its_rest() -> None:
    body = b"HTTP/1.1 422 No\r\nContent-Length: 4\r\nConnection: close\r\n\r\n"
    with serve(after(0.4, says(body), after(0.25, says(b"late")))) as server:
        answer = ask(server, hold=0.6)
    assert (answer.status, answer.body, answer.end) == (422, b"late", "complete")


@pytest.mark.parametrize(
    ("handler", "failure"),
    [
        (lambda sock: sock.shutdown(socket.SHUT_WR), Failure.CLOSED),
        (after(0.2), Failure.CLOSED),
        (reset, Failure.RESET),
        (says(b"HTTP/1.1 40"), Failure.CUT),
        (says(b"220 smtp.example.test ESMTP\r\n"), Failure.PROTOCOL),
    ],
    ids=["close", "late close", "reset", "half a line", "another protocol"],
)
def test_an_end_without_an_answer_is_no_silence(handler: Handler, failure: Failure) -> None:
    with serve(handler) as server:
        answer, seconds = timed(server)
    # A close with an unread octet may reach us as a reset.
    assert answer.failure in {failure, Failure.RESET if failure is Failure.CLOSED else failure}
    assert seconds < HOLD + SLACK


def test_the_probe_limit_ends_a_longer_wait() -> None:
    """A host so slow that the wait would outlast the limit: the limit holds, and no silence is claimed."""
    with serve(silent) as server:
        answer, seconds = timed(server, hold=30.0, limits=QUICK)
    assert answer.failure is Failure.DEADLINE
    assert seconds < QUICK.probe_timeout + SLACK


def test_a_cancelled_wait_leaves_nothing_open() -> None:
    async def cancel(environment: Environment) -> int:
        wire = Wire(environment, user_agent=AGENT)
        task = asyncio.create_task(wire.probe(prepared(environment, hold=5.0)))
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return len(wire._live)

    with serve(silent) as server:
        assert run(cancel(server.environment(mode=Mode.INERT))) == 0


def test_through_a_tunnel() -> None:
    with serve(says(CLOSE)) as origin, proxy_that(tunnel) as proxy:
        answer = ask(origin, proxy=f"http://127.0.0.1:{proxy.port}")
        assert (answer.status, answer.notes) == (405, [])
        assert b"Content-Length: 16\r\n" in origin.received[0]
        assert len(proxy.received) == 1


def test_silence_through_a_tunnel() -> None:
    with serve(listens) as origin, proxy_that(tunnel) as proxy:
        assert ask(origin, proxy=f"http://127.0.0.1:{proxy.port}").failure is Failure.SILENT


def test_a_proxy_that_forwards_only_is_noted() -> None:
    with serve(says(CLOSE)) as origin, proxy_that(forwarder(origin.port)) as proxy:
        answer = ask(origin, proxy=f"http://127.0.0.1:{proxy.port}")
    assert (answer.status, answer.notes) == (405, ["forward-proxy"])


# --- one at a time ----------------------------------------------------------------------------------------------------

ITEMS: Paths = {"/a": "get", "/b": "get", "/a/{id}": "get", "/b/{id}": "get", "/c/{id}": "get", "/d/{id}": "get"}


def unhurried(method: str, path: str, announced: bool) -> bytes | None:
    """Waits for content wherever something is routed, once a method has one."""
    if path.startswith("/zq") or path.count("/") > 2:
        return http(404, said("no route"))
    if announced and method in ("PATCH", "DELETE"):
        return None
    if method == "GET":
        return http(200, said("fine")) if "zq" not in path else http(404, said("no object"))
    return http(404, said("no route"))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inert_controls, "LEAST_HOLD", 0.15)
    monkeypatch.setattr(inert_controls, "SLOWNESS", 1.0)


@pytest.mark.usefixtures("impatient")
def test_at_most_one_unfinished_request_is_open_at_any_moment(tmp_path: Path) -> None:
    with stalling(unhurried, pause=0.03) as server:
        audit(tmp_path, server.url, ITEMS, mode="inert", concurrency=8)
    assert server.silent >= 6, server.seen
    assert server.most == 1
    assert server.most_plain >= 3, "plain requests run side by side"
