"""CPU of the wire per request, as ratios to aiohttp taken side by side: `python -m tests.bench.bench_wire`.

One nginx process with a small JSON file is the server; clients take turns, so that a slow moment hits both of a pair.
Only ratios mean anything: absolute figures differ by a quarter from run to run. Exits 1 where a target is missed.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import shutil
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import httpx
import trustme

from auditor.model.environment import Environment, Limits, Origin
from auditor.prober import tls
from auditor.prober.transport import Prepared, Wire, WireTransport

SECONDS = 0.6
PAIRS = 5
IN_FLIGHT = 50
LIMITS = Limits(rate=1e6, concurrency=1000)

Client = Callable[[int], float]
"""Runs with that many requests in flight; gives CPU milliseconds per answered request."""

CONFIG = """
daemon off; master_process off; worker_processes 1; pid {root}/nginx.pid; error_log {root}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; client_body_temp_path {root}/a; proxy_temp_path {root}/b; fastcgi_temp_path {root}/c;
  uwsgi_temp_path {root}/d; scgi_temp_path {root}/e; keepalive_timeout 60; default_type application/json;
  ssl_certificate {root}/server.pem; ssl_certificate_key {root}/server.pem; ssl_session_cache shared:s:4m;
  server {{ listen 127.0.0.1:{plain} backlog=4096; root {root}/www; }}
  server {{ listen 127.0.0.1:{secure} ssl backlog=4096; root {root}/www; }}
}}
"""


@dataclass(frozen=True)
class Target:
    plain: Origin
    secure: Origin
    ca_file: str


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def nginx() -> Iterator[Target]:
    """One nginx process in a folder of its own, ended by the one who started it."""
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        root.chmod(0o755)
        (root / "www").mkdir()
        (root / "www" / "book.json").write_text('{"id": 1, "title": "Emma", "tags": ["a", "b"]}')
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(root / "ca.pem"))
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(root / "server.pem"))
        plain, secure = free_port(), free_port()
        (root / "nginx.conf").write_text(CONFIG.format(root=root, plain=plain, secure=secure))
        process = subprocess.Popen([program, "-p", folder, "-c", str(root / "nginx.conf")], stderr=subprocess.DEVNULL)
        try:
            await_port(plain)
            yield Target(Origin("http", "127.0.0.1", plain), Origin("https", "127.0.0.1", secure), str(root / "ca.pem"))
        finally:
            process.terminate()
            process.wait(5)


def await_port(port: int) -> None:
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise RuntimeError("nginx did not start")


async def spin(one: Callable[[], Awaitable[int]], in_flight: int) -> float:
    """Repeats `one` for SECONDS after a warm-up; CPU milliseconds per answered request."""
    await asyncio.gather(*(one() for _ in range(min(in_flight, 20))))
    ends = time.perf_counter() + SECONDS
    answered = 0

    async def work() -> None:
        nonlocal answered
        while time.perf_counter() < ends:
            if await one() != 200:
                raise RuntimeError("the server did not answer 200")
            answered += 1

    used = time.process_time()
    await asyncio.gather(*(work() for _ in range(in_flight)))
    return (time.process_time() - used) * 1000 / answered


def environment(origin: Origin, target: Target) -> Environment:
    ca_file = target.ca_file if origin.scheme == "https" else None
    return Environment("bench", origin.text, origin, "", limits=LIMITS, ca_file=ca_file)


def wire_client(origin: Origin, target: Target, *, resume: bool = True) -> Client:
    async def run(in_flight: int) -> float:
        wire = Wire(environment(origin, target), user_agent="bench")
        prepared = Prepared(origin, "GET", "/book.json", (("Accept", "*/*"),))

        async def one() -> int:
            return (await wire.probe(prepared)).status or 0

        return await spin(one, in_flight)

    def client(in_flight: int) -> float:
        kept = tls.keep_session
        if not resume:
            tls.keep_session = lambda _: None
        try:
            return asyncio.run(run(in_flight))
        finally:
            tls.keep_session = kept

    return client


def face_client(origin: Origin, target: Target) -> Client:
    async def run(in_flight: int) -> float:
        transport = WireTransport(Wire(environment(origin, target), user_agent="bench"))
        url = httpx.URL(origin.text + "/book.json")

        async def one() -> int:
            return (await transport.handle_async_request(httpx.Request("GET", url))).status_code

        return await spin(one, in_flight)

    return lambda in_flight: asyncio.run(run(in_flight))


def aiohttp_client(origin: Origin, target: Target) -> Client:
    async def run(in_flight: int) -> float:
        context = ssl.create_default_context(cafile=target.ca_file)
        connector = aiohttp.TCPConnector(force_close=True, limit=0, ssl=context)
        url = origin.text + "/book.json"
        async with aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
        ) as session:

            async def one() -> int:
                async with session.get(url, allow_redirects=False) as response:
                    await response.read()
                    return response.status

            return await spin(one, in_flight)

    return lambda in_flight: asyncio.run(run(in_flight))


def ratios(ours: Client, theirs: Client, flights: tuple[int, int] = (IN_FLIGHT, IN_FLIGHT)) -> list[float]:
    """Ratio of each pair; who goes first alternates."""
    found = []
    for turn in range(PAIRS):
        if turn % 2:
            b, a = theirs(flights[1]), ours(flights[0])
        else:
            a, b = ours(flights[0]), theirs(flights[1])
        found.append(a / b)
    return found


async def leaks(target: Target) -> tuple[int, int]:
    """Descriptors and connections left by 1,000 probes cancelled at random, over TLS."""
    wire = Wire(environment(target.secure, target), user_agent="bench")
    prepared = Prepared(target.secure, "GET", "/book.json")
    await wire.probe(prepared)
    await asyncio.sleep(0.05)
    before = len(list(Path("/proc/self/fd").iterdir()))
    chance = random.Random(5)
    for _ in range(20):
        tasks = [asyncio.create_task(wire.probe(prepared)) for _ in range(50)]
        for task in tasks:
            asyncio.get_running_loop().call_later(chance.random() * 0.04, task.cancel)
        await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.sleep(0.05)
    return len(list(Path("/proc/self/fd").iterdir())) - before, len(wire._live)


def main() -> int:
    missed = 0
    print(f"CPU per request, {IN_FLIGHT} in flight, median (min-max) of {PAIRS} interleaved pairs")
    print(f"{'what':58} {'ratio':>6} {'range':>13} {'must':>7}")
    with nginx() as target:
        plain, secure = target.plain, target.secure
        rows = [
            ("fresh plain / aiohttp", wire_client(plain, target), aiohttp_client(plain, target), 1.1),
            ("fresh TLS without resumption / aiohttp", wire_client(secure, target, resume=False),
             aiohttp_client(secure, target), 1.1),
            ("fresh TLS with resumption / aiohttp", wire_client(secure, target), aiohttp_client(secure, target), 1.1),
            ("handle_async_request, fresh plain / aiohttp", face_client(plain, target),
             aiohttp_client(plain, target), 1.3),
        ]  # fmt: skip
        measured = [(name, ratios(ours, theirs), must) for name, ours, theirs, must in rows]
        ours = wire_client(plain, target)
        measured.append(("growth, 200 in flight / 10 in flight", ratios(ours, ours, (200, 10)), 1.3))
        for name, found, must in measured:
            middle = statistics.median(found)
            missed += middle > must
            spread = f"{min(found):.2f}-{max(found):.2f}"
            print(f"{name:58} {middle:6.2f} {spread:>13} {'≤ ' + str(must):>7} {'' if middle <= must else 'MISSED'}")
        descriptors, connections = asyncio.run(leaks(target))
    missed += descriptors > 0 or connections > 0
    print(
        f"{'1,000 cancelled probes: descriptors, connections left':58} {descriptors:6d} {connections:13d} {'0, 0':>7}"
    )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
