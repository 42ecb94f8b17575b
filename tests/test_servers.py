"""The catalogue itself: every server starts, serves what it says it serves, counts, and does not outlive its parent."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping

import pytest

from tests.servers import SAFE, STACKS, Server, start
from tests.servers.bookshop import DOCUMENTED, METHODS, ORDER, served
from tests.servers.process import ROOT

VALUES = {"{bookId}": "2", "{slug}": "ursula-le-guin", "{orderId}": ORDER}
CONTENT = b'{"title": "x", "price": 1, "bookId": 1, "quantity": 1}'
REFUSED = {403, 404, 405, 501}
PLAYS_FAIR = [
    pytest.param(stack.name, marks=pytest.mark.needs(*stack.needs))
    for stack in STACKS.values()
    if stack.knowable
    and stack.api == "bookshop"
    and stack.name not in {"dies-half-way", "rate-limited", "method-blind"}
]
EVERY = [pytest.param(stack.name, marks=pytest.mark.needs(*stack.needs)) for stack in STACKS.values()]


def ask(server: Server, method: str, target: str, fields: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Status and Location of one request with good content and good credentials."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        content = CONTENT if method in {"POST", "PUT", "PATCH"} else None
        sent = {"Content-Type": "application/json", "Authorization": "Bearer sesame", **(fields or {})}
        connection.request(method, target, content, sent)
        response = connection.getresponse()
        response.read()
        return response.status, response.getheader("Location") or ""
    finally:
        connection.close()


def routed(server: Server, method: str, path: str) -> bool:
    """Was the request routed, where necessary to the spelling with a slash?"""
    for name, value in VALUES.items():
        path = path.replace(name, value)
    target = "/v1" + path
    status, location = ask(server, method, target)
    if 300 <= status < 400 and location.endswith(target + "/"):
        status, _ = ask(server, method, target + "/")
    return status not in REFUSED


@pytest.mark.parametrize("name", PLAYS_FAIR)
def test_the_truth_is_what_a_complete_request_meets(name: str) -> None:
    with start(name) as server:
        # DELETE last: what it removes is what the other methods are asked about.
        order = sorted(METHODS, key=lambda method: (method == "DELETE", method))
        met = {path: {method for method in order if routed(server, method, path)} for path in DOCUMENTED}
        if name == "spa":
            met["/books/{bookId}/reviews"].discard("GET")
        assert met == server.truth


@pytest.mark.parametrize("name", EVERY)
def test_safe_requests_are_counted_and_change_nothing(name: str) -> None:
    with start(name) as server:
        for method in ("GET", "REPORT", "OPTIONS"):
            ask(server, method, "/v1/books?limit=1")
        assert server.received() == [(method, "/v1/books?limit=1") for method in ("GET", "REPORT", "OPTIONS")]
        assert server.state_changing() == []
        assert server.entered() == []
        assert server.writes() == 0


@pytest.mark.parametrize("name", PLAYS_FAIR)
def test_changes_are_counted(name: str) -> None:
    with start(name) as server:
        ask(server, "POST", "/v1/books")
        ask(server, "POST", "/v1/search")
        assert server.state_changing() == [("POST", "/v1/books"), ("POST", "/v1/search")]
        assert server.entered() == ["POST /books"]
        assert server.writes() == 1
        server.forget()
        assert (server.received(), server.entered(), server.writes()) == ([], [], 0)


def test_a_handler_is_entered_before_its_content_is_complete() -> None:
    with start("flask-bookshop") as server, socket.create_connection(("127.0.0.1", server.port), timeout=30) as client:
        client.sendall(
            b"POST /v1/books HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{"
        )
        wait_for(lambda: server.entered() == ["POST /books"])
        assert server.writes() == 0


def test_the_odd_ones_are_odd() -> None:
    with start("auth-first") as server:
        assert ask(server, "REPORT", "/v1/nothing", {"Authorization": "Bearer wrong"})[0] == 401
    with start("maintenance") as server:
        assert ask(server, "GET", "/v1/health")[0] == 503
    with start("redirect-all") as server:
        assert ask(server, "GET", "/v1/health") == (301, "https://other.example.test/v1/health")
    with start("spa") as server:
        assert ask(server, "GET", "/v1/nothing")[0] == 200
    with start("rate-limited", limit=0) as server:
        assert ask(server, "GET", "/v1/health")[0] == 429
    with start("reflecting") as server:
        assert ask(server, "GET", "/v1/nothing") == (404, "/v1/login?was=Bearer%20sesame")
    with start("method-blind") as server:
        assert ask(server, "GET", "/v1/cache")[0] == 204
        assert server.writes() == 1
    with start("dies-half-way", requests=2) as server:
        assert ask(server, "GET", "/v1/health")[0] == 200
        with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
            ask(server, "GET", "/v1/health")
        wait_for(lambda: not server.alive)


@pytest.mark.parametrize("name", EVERY)
def test_a_server_ends_with_whoever_started_it(name: str) -> None:
    """By hand, killed the hard way: nothing keeps the port."""
    command = [sys.executable, "-m", "tests.servers", name]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        try:
            port = int(parent.stdout.readline().split(":")[-1].split("/")[0])
            socket.create_connection(("127.0.0.1", port), timeout=30).close()
        finally:
            os.kill(parent.pid, signal.SIGKILL)
    wait_for(lambda: refuses(port))


def test_route_tables_of_every_notation_are_read() -> None:
    routes = [
        ("/v1/books/<int:bookId>", {"GET", "HEAD"}),
        ("/v1/authors/:slug", {"PATCH"}),
        ("/v1/orders/", {"POST"}),
        ("/v1/orders/{orderId:uuid}", {"GET"}),
        ("/static/<path:filename>", {"GET"}),
    ]
    found = {path: methods for path, methods in served(routes).items() if methods}
    assert found == {
        "/books/{bookId}": {"GET"},
        "/authors/{slug}": {"PATCH"},
        "/orders": {"POST"},
        "/orders/{orderId}": {"GET"},
    }


def test_no_method_is_both_safe_and_state_changing() -> None:
    assert not SAFE & (METHODS - {"GET"})


def refuses(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=30).close()
    except OSError:
        return True
    return False


def wait_for(condition: object) -> None:
    """Until it holds; the bound only keeps a broken test from running for ever."""
    assert callable(condition)
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
