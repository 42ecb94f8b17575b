"""Cancelling, closing and crashing: nothing is left open, and one bad probe harms only itself (P21)."""

from __future__ import annotations

import asyncio
import random
import ssl
from pathlib import Path

import pytest
import trustme

from auditor.model.exchange import Failure
from auditor.prober import exchange_io
from auditor.prober.transport import Prepared, Wire
from tests.needs import in_ci

from .helpers import AGENT, ask, run
from .servers import says, serve

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


async def slow_server(tls: ssl.SSLContext | None = None) -> asyncio.Server:
    """Answers after 0 to 20 ms, or never."""
    chance = random.Random(7)

    async def handle(reader, writer):
        try:
            await reader.readuntil(b"\r\n\r\n")
            if chance.random() < 0.2:
                await reader.read()
            await asyncio.sleep(chance.random() * 0.02)
            writer.write(OK)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()

    return await asyncio.start_server(handle, "127.0.0.1", 0, ssl=tls, backlog=1024)


async def cancel_a_thousand(environment_of, tls=None):
    server = await slow_server(tls)
    port = server.sockets[0].getsockname()[1]
    environment = environment_of(port)
    wire = Wire(environment, user_agent=AGENT)
    prepared = Prepared(environment.origin, "GET", "/")
    await wire.probe(prepared)
    await asyncio.sleep(0.05)
    before = descriptors()
    chance = random.Random(3)
    cancelled = 0
    for _ in range(20):
        tasks = [asyncio.create_task(wire.probe(prepared)) for _ in range(50)]
        for task in tasks:
            asyncio.get_running_loop().call_later(chance.random() * 0.03, task.cancel)
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, asyncio.CancelledError):
                cancelled += 1
            else:
                assert result.status == 200 or result.failure == Failure.DEADLINE
    connections = len(wire._live)
    server.close()
    await asyncio.sleep(0.2)
    return before, descriptors() + 1, connections, cancelled


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir() and not in_ci(), reason="counts descriptors in /proc")
@pytest.mark.parametrize("tls", [False, True])
def test_a_thousand_probes_cancelled_leak_nothing(tls, tmp_path, caplog):
    from .servers import Server

    context = None
    path = str(tmp_path / "ca.pem")
    if tls:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(path)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)

    def environment_of(port):
        return Server(port, "https" if tls else "http").environment(ca_file=path if tls else None)

    before, after, connections, cancelled = run(cancel_a_thousand(environment_of, context))
    assert cancelled > 100, "the test must cancel in mid-flight"
    assert connections == 0
    assert after <= before, "file descriptors leaked"
    assert [r for r in caplog.records if "auditor" in r.pathname] == []


def test_close_ends_what_is_in_flight():
    from .servers import silent

    async def work(environment):
        wire = Wire(environment, user_agent=AGENT)
        task = asyncio.create_task(wire.probe(Prepared(environment.origin, "GET", "/")))
        while not wire.sent_total:
            await asyncio.sleep(0.001)
        await wire.close()
        return await task

    with serve(silent) as server:
        answer = run(work(server.environment()))
    assert answer.failure is not None


def test_content_that_never_comes_does_not_take_the_whole_probe():
    """The share for content counts from the head; without that this would last 60 s and count as hung."""
    from dataclasses import replace

    from .servers import QUICK, silent, then

    async def work(environment):
        wire = Wire(environment, user_agent=AGENT, bounds=exchange_io.Bounds(body_share=0.01))
        return await wire.probe(Prepared(environment.origin, "GET", "/"))

    with serve(then(says(b"HTTP/1.1 200 OK\r\n\r\nx"), silent)) as server:
        answer = run(work(server.environment(limits=replace(QUICK, probe_timeout=60.0))))
    assert (answer.status, answer.end, answer.body) == (200, "capped", b"x")


@pytest.mark.parametrize("error", [RecursionError, TypeError, UnicodeError, MemoryError])
def test_any_exception_becomes_that_probes_failure(monkeypatch, error, caplog):
    def explode(*_):
        raise error("octets of the server")

    monkeypatch.setattr(exchange_io.Exchange, "_on_head", explode)
    with serve(says(OK)) as server:
        answer = ask(server.environment())
    expected = Failure.PROTOCOL if issubclass(error, ValueError) else Failure.INTERNAL
    assert (answer.status, answer.failure) == (None, expected)
    assert "octets" not in answer.detail
    assert caplog.records == []


def test_exception_before_the_connection(monkeypatch):
    async def explode(*_):
        raise RecursionError

    monkeypatch.setattr(Wire, "_resolve", explode)
    with serve(says(OK)) as server:
        answer = ask(server.environment())
    assert (answer.failure, answer.detail) == (Failure.INTERNAL, "RecursionError")


def test_answers_stay_with_their_requests():
    """Fifty at once on one wire with one shared buffer: each gets its own content (P22)."""

    async def handle(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        name = head.split()[1]
        await asyncio.sleep(random.random() * 0.02)
        for piece in (b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(name), name):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        writer.close()

    async def work():
        from .servers import Server

        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        environment = Server(server.sockets[0].getsockname()[1]).environment()
        wire = Wire(environment, user_agent=AGENT)
        targets = [f"/{n}" for n in range(200)]
        answers = await asyncio.gather(*(wire.probe(Prepared(environment.origin, "GET", t)) for t in targets))
        server.close()
        return targets, [a.body.decode() for a in answers]

    targets, bodies = run(work())
    assert bodies == targets
