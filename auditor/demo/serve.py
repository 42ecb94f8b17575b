"""The demo's servers: loopback only, ports that the system picks, gone when the block ends."""

from __future__ import annotations

import signal
import socketserver
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from auditor import invoked
from auditor.demo.app import BUILD_FIELD, Request
from auditor.demo.deployments import BASE, Deployment, deployments
from auditor.errors import UsageError
from auditor.resources import data_dir

RATE = "400/s"
"""Polite rates are for other people's servers; these are ours."""

DEADLINE = "30s"
SPEC = "demo-orders.openapi.yaml"
MAX_BODY = 64 * 1024
LONGEST_LINE = 64 * 1024
HARMLESS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "REPORT", "SEARCH", "PROPFIND"})
"""Safe by RFC 9110 §9.2.1 or by the registry; counted here on the demo's own authority, not on the audit's."""


class _Handler(BaseHTTPRequestHandler):
    """Reads a request, asks the deployment, writes its answer and closes."""

    protocol_version = "HTTP/1.1"
    timeout = 5
    server: Server

    def handle_one_request(self) -> None:
        self.close_connection = True
        self.raw_requestline = self.rfile.readline(LONGEST_LINE)
        if self.raw_requestline.endswith(b"\n") and self.parse_request():
            self._answer()

    def _answer(self) -> None:
        length = self.headers.get("Content-Length", "0")
        body = self.rfile.read(min(int(length), MAX_BODY)) if length.isascii() and length.isdigit() else b""
        fields = {name.lower(): value for name, value in self.headers.items()}
        self.server.count(self.command)
        path = unquote(urlsplit("//demo" + self.path).path)
        response = self.server.deployment.answer(Request(self.command, path, fields, body))
        self.send_response_only(response.status)
        if response.value("Server") is None:
            self.send_header("Server", "orders-service")
        self.send_header("Date", self.date_time_string())
        for name, value in response.fields:
            self.send_header(name, value)
        if response.status != 204:
            self.send_header("Content-Length", str(len(response.body)))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)


class Server(socketserver.ThreadingTCPServer):
    """One deployment on a free loopback port. `requests` and `state_changing` count what came in."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, deployment: Deployment) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.deployment = deployment
        self.requests = self.state_changing = 0
        self._counting = threading.Lock()

    @property
    def url(self) -> str:
        """The base URL of the environment."""
        return f"http://127.0.0.1:{self.server_address[1]}{BASE}"

    def count(self, method: str) -> None:
        """Counts one request; everything that is not harmless counts as state-changing."""
        with self._counting:
            self.requests += 1
            self.state_changing += method not in HARMLESS

    def handle_error(self, request: object, client_address: object) -> None:
        """A connection that broke is the client's business: nothing is printed."""


@contextmanager
def serving() -> Iterator[tuple[Server, ...]]:
    """All deployments of the demo, served until the block ends, however it ends. UsageError without a loopback."""
    with ExitStack() as stack:
        servers = tuple(stack.enter_context(_serve(d)) for d in deployments())
        yield servers


@contextmanager
def _serve(deployment: Deployment) -> Iterator[Server]:
    try:
        server = Server(deployment)
    except OSError as error:
        raise UsageError(
            f"no port of 127.0.0.1 can be had: {error.strerror}", where="demo", hint="allow programs to listen there"
        ) from None
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), name=f"demo-{deployment.name}", daemon=True)
    with server:
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()


def description() -> str:
    """The file of the contract that all deployments are held against, as short as the working directory allows."""
    path = data_dir("sample_specs") / SPEC
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def configuration(servers: Sequence[Server]) -> dict[str, Any]:
    """What an auditor.yaml for these servers would hold; nobody's own auditor.yaml has a part in the demo."""
    of_each = {"rate": RATE, "build": {"header": BUILD_FIELD}}
    environments = {s.deployment.name: {"url": s.url, **of_each} for s in servers}
    return {"spec": description(), "deadline": DEADLINE, "environments": environments}


@contextmanager
def until_stopped() -> Iterator[threading.Event]:
    """An event that Ctrl-C or SIGTERM sets, also where the shell started us in the background with SIGINT ignored."""
    stopped = threading.Event()
    before = {n: signal.signal(n, lambda *_: stopped.set()) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def introduction(servers: Sequence[Server], *, keep: bool = False) -> str:
    """What is about to be audited, for the reader of the terminal; ends with a blank line."""
    time = "until you stop them" if keep else "for the time of the audit"
    rows = (f"  {s.deployment.name:<7}{s.url:<30}{s.deployment.story}" for s in servers)
    return "\n".join((f"Three deployments of one contract, on this machine {time}:", *rows, ""))


def closing(servers: Sequence[Server], *, keep: bool = False) -> str:
    """What the servers themselves saw of the audit, and the reader's next step."""
    total, changing = sum(s.requests for s in servers), sum(s.state_changing for s in servers)
    seen = f"The three servers counted {total} requests, {changing} of them state-changing, and"
    if keep:
        places = ", ".join(f"{s.deployment.name} {s.url}" for s in servers)
        return f"{seen} go on.\nServing {places}; Ctrl-C stops them"
    again = invoked.command() or invoked.module()
    return f"{seen} are stopped.\nYour own: {again} audit openapi.yaml --env stage=URL --env prod=URL"
