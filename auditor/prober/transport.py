"""The wire: the only file that opens a socket. One connection per probe over asyncio and h11 (DESIGN §10, TRANSPORT).

Life of a probe: guard → credentials → connect (address pinned, TLS verified, proxy) → send → read under limits.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Sequence
from contextlib import nullcontext
from urllib.parse import urlsplit

import httpx

from auditor.errors import Forbidden
from auditor.model.environment import Environment, Origin
from auditor.model.exchange import Failure
from auditor.model.methods import is_safe
from auditor.prober import guard, proxy, tls
from auditor.prober.conn import Conn, Job
from auditor.prober.exchange_io import BOUNDS, Bounds, Exchange, Prepared, WireAnswer, prime

__all__ = ["Prepared", "Wire", "WireAnswer", "WireTransport"]

Fields = tuple[tuple[str, str], ...]

REST = 0.3
"""Seconds for the content of an early answer: some servers stream it for ever (TRANSPORT §7)."""


class Wire:
    """The wire of one environment. Raises ConfigError where a CA file, client certificate or proxy is unusable.

    `sent_total` and `sent_state_changing` count requests where their octets are written.
    """

    def __init__(
        self, environment: Environment, *, user_agent: str, bounds: Bounds = BOUNDS, public_only: bool = False
    ) -> None:
        self.environment = environment
        self.sent_total = 0
        self.sent_state_changing = 0
        for value in (user_agent, environment.host or ""):
            guard.check_field("User-Agent", value)
        self._user_agent = user_agent
        self._bounds = bounds
        self._public_only = public_only
        self._proxy = proxy.parse(environment.proxy) if environment.proxy else None
        self._forward: dict[Origin, int] = {}
        self._addresses: dict[str, list[str]] = {}
        self._resolving = asyncio.Lock()
        self._routes: dict[Origin, tuple[str, ssl.SSLContext | None, tls.Slot]] = {}
        self._live: set[Conn] = set()
        self._buffer = memoryview(bytearray(65536))
        self._context: ssl.SSLContext | None = None
        self._client_context: ssl.SSLContext | None = None
        if (self._proxy and self._proxy.tls) or any(o.scheme == "https" for o in environment.origins):
            self._context = tls.context(environment, client=False)
            self._client_context = tls.context(environment, client=True) if environment.client_cert else self._context

    async def probe(self, prepared: Prepared) -> WireAnswer:
        """Sends one request and returns what happened. Raises Forbidden (before any socket) and CancelledError only."""
        fields = self._fields(prepared)
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            answer = await self._attempt(prepared, fields, started)
        except tls.Failed as failed:
            answer = WireAnswer(failure=failed.failure, detail=failed.detail)
        except Exception as error:
            answer = WireAnswer(failure=Failure.INTERNAL, detail=type(error).__name__)
        answer.elapsed = answer.held or loop.time() - started
        answer.sent = fields
        return answer

    async def close(self) -> None:
        """Ends every connection at once; probes in flight fail as reset."""
        for conn in list(self._live):
            conn.kill()
        await asyncio.sleep(0)

    def _fields(self, prepared: Prepared) -> Fields:
        """All fields of the request in the order sent, after the guard has agreed."""
        environment, origin = self.environment, prepared.origin
        guard.check(environment, prepared.method, origin, prepared.target, prepared.fields, prepared.content)
        bare = prepared.anonymous or prepared.method == "TRACE"
        secret = () if bare else guard.credentials_for(environment, origin)
        for name, value in secret:
            guard.check_field(name, value)
        own = (("Host", self._host(origin)), ("User-Agent", self._user_agent), ("Connection", "close"))
        content = prepared.content.fields if prepared.content else ()
        return own[:2] + prepared.fields + secret + content + own[2:]

    def _host(self, origin: Origin) -> str:
        layered = self.environment.host if origin == self.environment.origin else None
        return layered or origin.host_field

    def _count(self, method: str) -> None:
        self.sent_total += 1
        self.sent_state_changing += not is_safe(method)

    async def _attempt(self, prepared: Prepared, fields: Fields, started: float) -> WireAnswer:
        try:
            return await self._exchange(prepared, fields, started)
        except tls.Failed as failed:
            # A proxy may allow no tunnel to plain http: such requests are its own business, in absolute form.
            if failed.status in (None, 407) or prepared.origin.scheme != "http" or self.environment.host:
                raise
            self._forward[prepared.origin] = failed.status or 0
        return await self._exchange(prepared, fields, started)

    async def _exchange(self, prepared: Prepared, fields: Fields, started: float) -> WireAnswer:
        loop = asyncio.get_running_loop()
        limits, origin = self.environment.limits, prepared.origin
        forward = self._proxy if origin in self._forward else None
        target = (origin.text + prepared.target.removeprefix("*")) if forward else prepared.target
        content, bounds = prepared.content, prepared.bounds or self._bounds
        shown = fields + (forward.fields if forward else ())
        connection, opening = prime(prepared.method, target, shown, bounds, content)
        exchange = Exchange(connection, prepared.method, bounds)
        conn = Conn(self._buffer, tls.how_lost, Job(exchange, opening, lambda: self._count(prepared.method)))
        self._live.add(conn)
        ends, connected = started + limits.probe_timeout, False
        share = REST if content else bounds.body_share * limits.probe_timeout
        try:
            async with asyncio.timeout_at(min(ends, started + limits.connect_timeout)) as clock:
                await self._connect(conn, origin, forward is not None)
                connected = True
                conn.on_head = lambda: clock.reschedule(min(ends, loop.time() + share))
                sent = loop.time()
                patience = ends if content is None else min(ends, sent + content.hold if content.unfinished else ends)
                clock.reschedule(min(ends, sent + share) if exchange.has_head else patience)
                await conn.done
        except TimeoutError:
            if not connected:
                raise tls.Failed(Failure.CONNECT_TIMEOUT, "no connection in time") from None
            if content is not None and content.unfinished and loop.time() < ends:
                exchange.grow_silent()
                exchange.answer.held = loop.time() - sent
            else:
                exchange.expire()
        finally:
            self._live.discard(conn)
            conn.kill()
        tls.keep_session(conn.tls)
        return self._forwarded(exchange.answer, origin) if forward else exchange.answer

    def _forwarded(self, answer: WireAnswer, origin: Origin) -> WireAnswer:
        if answer.status is not None and proxy.is_refusal(answer.status, answer.fields, self._forward[origin]):
            raise tls.Failed(Failure.PROXY_REFUSED, f"the proxy answered {answer.status}, or something behind it")
        answer.notes.append("forward-proxy")
        return answer

    def _route(self, origin: Origin) -> tuple[str, ssl.SSLContext | None, tls.Slot]:
        """SNI, TLS context and saved session of an origin."""
        route = self._routes.get(origin)
        if route is None:
            sni = urlsplit("//" + self._host(origin)).hostname or origin.host
            own = self._client_context if origin == self.environment.origin else self._context
            route = self._routes[origin] = (sni, own if origin.scheme == "https" else None, tls.Slot())
        return route

    async def _connect(self, conn: Conn, origin: Origin, forward: bool) -> None:
        """Makes `conn` speak to the origin: directly, through a tunnel, or to a forwarding proxy."""
        sni, context, slot = self._route(origin)
        if self._proxy is None:
            await self._dial(conn, origin.host, origin.port, context, sni, slot)
            return
        try:
            await self._reach_proxy(conn, self._proxy, origin, forward)
        except tls.Failed as failed:
            raise tls.Failed(failed.failure, f"the proxy: {failed.detail}", failed.status) from None
        if forward:
            return
        if context is not None and conn.transport is not None:
            tls.RESUME.set(slot)
            try:
                conn.adopt(await conn.loop.start_tls(conn.transport, conn, context, server_hostname=sni))
            except OSError as error:
                raise tls.failed(error) from None
        conn.send()

    async def _reach_proxy(self, conn: Conn, to: proxy.Proxy, origin: Origin, forward: bool) -> None:
        """Connects to the proxy and, unless it forwards, has it open a tunnel; then the job of `conn` is unsaid yet."""
        job = conn.job
        if not forward:
            host = f"[{origin.host}]" if ":" in origin.host else origin.host
            authority = f"{host}:{origin.port}"
            fields = (("Host", authority), ("User-Agent", self._user_agent), *to.fields)
            connection, opening = prime("CONNECT", authority, fields, self._bounds)
            conn.begin(Job(Exchange(connection, "CONNECT", self._bounds), opening))
        await self._dial(conn, to.host, to.port, self._context if to.tls else None, to.host, tls.Slot())
        if forward:
            return
        await conn.done
        opened = conn.job.exchange
        status = opened.answer.status
        if opened.answer.failure or status is None:
            raise tls.Failed(opened.answer.failure or Failure.PROTOCOL, opened.answer.detail)
        if not 200 <= status <= 299:
            raise tls.Failed(Failure.PROXY_REFUSED, f"it answered {status} to CONNECT", status)
        if opened.trailing:
            raise tls.Failed(Failure.PROXY_REFUSED, "it spoke into the tunnel")
        conn.begin(job)

    async def _dial(
        self, conn: Conn, host: str, port: int, context: ssl.SSLContext | None, sni: str, slot: tls.Slot
    ) -> None:
        """Connects to the address this host is pinned to; on failure to the next, which is pinned instead."""
        tls.RESUME.set(slot)
        known = await self._resolve(host)
        patience = self.environment.limits.connect_timeout / len(known)
        for address in list(known):
            last = address == known[-1]
            try:
                async with asyncio.timeout(patience) if not last else nullcontext():
                    sock = await self._open(conn.loop, address, port)
                    try:
                        await conn.loop.create_connection(
                            lambda: conn, sock=sock, ssl=context, server_hostname=sni if context else None
                        )
                    except ValueError:
                        # A name that TLS cannot speak of: asyncio has not taken the socket over yet.
                        sock.close()
                        raise
            except OSError as error:
                slot.session = None
                if last or isinstance(error, ssl.SSLError):
                    if isinstance(error, TimeoutError):
                        raise
                    raise tls.failed(error) from None
            else:
                if address != known[0]:
                    self._addresses[host] = [address, *(a for a in known if a != address)]
                return

    @staticmethod
    async def _open(loop: asyncio.AbstractEventLoop, address: str, port: int) -> socket.socket:
        # Ten microseconds less than create_connection with an address, which looks it up again.
        sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
        sock.setblocking(False)
        try:
            await loop.sock_connect(sock, (address, port))
        except BaseException:
            sock.close()
            raise
        return sock

    async def _resolve(self, host: str) -> list[str]:
        """Addresses of a host, asked once: one environment does not change machines in mid-run (TRANSPORT §4)."""
        if host in self._addresses:
            return self._addresses[host]
        async with self._resolving:
            if host not in self._addresses:
                try:
                    loop = asyncio.get_running_loop()
                    found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
                except (socket.gaierror, UnicodeError):
                    raise tls.Failed(Failure.DNS, "the host name does not resolve") from None
                addresses = list(dict.fromkeys(str(info[4][0]) for info in found))
                self._check_addresses(host, addresses)
                self._addresses[host] = addresses
        return self._addresses[host]

    def _check_addresses(self, host: str, addresses: Sequence[str]) -> None:
        parsed = [ipaddress.ip_address(a) for a in addresses]
        if self._public_only and not all(guard.is_public(a) for a in parsed):
            raise tls.Failed(Failure.FORBIDDEN, "the host has a private address")
        # Credentials in plain text are allowed to loopback names: so they must mean loopback.
        if Origin("http", host, 80).is_loopback and not all(a.is_loopback for a in parsed):
            raise tls.Failed(Failure.DNS, "a loopback name resolves to another machine")


_ERRORS: dict[Failure, type[httpx.TransportError]] = {
    Failure.DNS: httpx.ConnectError, Failure.REFUSED: httpx.ConnectError, Failure.TLS: httpx.ConnectError,
    Failure.CONNECT_TIMEOUT: httpx.ConnectTimeout, Failure.DEADLINE: httpx.ReadTimeout,
    Failure.PROXY_REFUSED: httpx.ProxyError, Failure.PROTOCOL: httpx.RemoteProtocolError,
    Failure.TOO_MANY_1XX: httpx.RemoteProtocolError,
}  # fmt: skip


class _Response(httpx.Response):
    @property
    def has_redirect_location(self) -> bool:
        """False, so that no client follows or even parses `Location` (PROMISES P7)."""
        return False


class WireTransport(httpx.AsyncBaseTransport):
    """A `Wire` as an httpx transport: same guard, limits and credentials; give it to `httpx.AsyncClient(transport=…)`.

    `response.extensions["wire"]` is the WireAnswer. Content is raw: `Content-Encoding` is not handed on, so nothing
    decodes. Failures are raised as httpx.TransportError; what the guard refuses as Forbidden.
    """

    _DROPPED = frozenset({b"host", b"user-agent", b"connection"})
    _CONTENT = frozenset({b"content-length", b"transfer-encoding"})

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        origin = Origin(
            url.scheme, url.raw_host.decode("ascii"), url.port or {"http": 80, "https": 443}.get(url.scheme, 0)
        )
        target = request.extensions.get("target", url.raw_path).decode("ascii")
        fields = []
        for name, value in request.headers.raw:
            key = name.lower()
            if key in self._CONTENT and value != b"0":
                raise Forbidden("content leaves through a cleared probe only", where=request.method)
            if key not in self._DROPPED and key not in self._CONTENT:
                fields.append((name.decode("ascii"), value.decode("utf-8", "surrogateescape")))
        prepared = Prepared(origin, request.method, target, tuple(fields))
        answer = await self._wire.probe(prepared)
        if answer.status is None:
            error = _ERRORS.get(answer.failure or Failure.INTERNAL, httpx.ReadError)
            raise error(answer.detail, request=request)
        kept = [(n, v) for n, v in answer.fields if n.lower() != b"content-encoding"]
        extensions = {"http_version": b"HTTP/" + answer.http_version.encode("ascii"), "wire": answer}
        return _Response(answer.status, headers=kept, stream=httpx.ByteStream(answer.body), extensions=extensions)

    async def aclose(self) -> None:
        await self._wire.close()
