"""The servers in Go, Rust and Java: what the workshop's operations enter and write, and how they are built."""

from __future__ import annotations

import http.client
import json
import re
import socket
import sys
from pathlib import Path

import pytest

from tests import needs
from tests.servers import STACKS, Server, builds, start
from tests.servers.bookshop import METHODS
from tests.servers.workshop import BASE, DOCUMENTED, FILE, HOOK, IMPORTS, ROUTES, TAKES_JSON, VALUES
from tests.test_servers import wait_for

WORKSHOPS = [
    pytest.param(stack.name, marks=pytest.mark.needs(*stack.needs))
    for stack in STACKS.values()
    if stack.api == "workshop" and stack.needs and stack.needs[0] in builds.BUILDS
]
WHOLE = json.dumps({"title": "x", "text": "x", "colour": "x", "name": "x"}).encode()
FORM = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nx\r\n--b--\r\n'
ABSENT = {
    "{tenant}": "nobody", "{projectId}": "00000000-0000-0000-0000-00000000dead", "{taskId}": "4711",
    "{commentId}": "none", "{slug}": "none", "{name}": "none.txt",
}  # fmt: skip
CHANGES = [(method, path) for path, methods in ROUTES.items() for method in sorted(methods - {"GET"}) if path != HOOK]
TAKES = [*(set(CHANGES) & TAKES_JSON), ("PUT", FILE), ("POST", IMPORTS)]


def existing(template: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda name: VALUES[name[1]], template)


def send(server: Server, method: str, path: str, content: bytes | None = None) -> int:
    """Status of one whole request."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        form = path == IMPORTS and content == FORM
        fields = {"Content-Type": "multipart/form-data; boundary=b" if form else "application/json"}
        connection.request(method, BASE + path, content, fields if content is not None else {})
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()


def send_cut(server: Server, method: str, path: str, content: bytes) -> None:
    """A request that promises one byte more than it sends, and ends."""
    form = path == IMPORTS
    kind = "multipart/form-data; boundary=b" if form else "application/json"
    head = f"{method} {BASE}{path} HTTP/1.1\r\nHost: a\r\nContent-Type: {kind}\r\n"
    length = f"Content-Length: {len(content) + 1}\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as client:
        client.sendall((head + length).encode() + content)
        client.shutdown(socket.SHUT_WR)
        while client.recv(4096):
            pass


def good(path: str) -> bytes:
    return FORM if path == IMPORTS else WHOLE


@pytest.mark.parametrize("name", WORKSHOPS)
def test_the_route_table_is_the_deployment(name: str) -> None:
    with start(name) as server:
        assert server.truth == {path: set(ROUTES.get(path, ())) for path in DOCUMENTED}


@pytest.mark.parametrize("name", WORKSHOPS)
def test_a_whole_request_writes_where_it_is_served_and_nowhere_else(name: str) -> None:
    with start(name) as server:
        # What removes objects comes last, and the inner ones before those they are in.
        last = sorted(CHANGES, key=lambda one: ({"DELETE": 1}.get(one[0], 0), one[1].count("{") == 0, -len(one[1])))
        for method, path in last:
            server.forget()
            takes = (method, path) in TAKES
            assert send(server, method, existing(path), good(path) if takes else None) < 300, (method, path)
            assert (server.entered(), server.writes()) == ([f"{method} {path}"], 1), (method, path)
    with start(name) as server:
        for path in DOCUMENTED:
            for method in sorted(METHODS - set(ROUTES.get(path, ()))):
                status = send(server, method, existing(path), WHOLE)
                assert status in {404, 405} or (path == "/tasks/count" and status == 400), (method, path)
        assert set(server.entered()) <= {"PATCH /tasks/{taskId}", "DELETE /tasks/{taskId}"}
        assert bool(server.entered()) == (not STACKS[name].numbers_only and name != "spring-workshop")
        assert server.writes() == 0


@pytest.mark.parametrize("name", WORKSHOPS)
def test_getting_enters_and_writes_nothing(name: str) -> None:
    with start(name) as server:
        for path in [path for path, methods in ROUTES.items() if "GET" in methods and path != HOOK]:
            assert send(server, "GET", existing(path)) == 200, path
        assert (server.entered(), server.writes()) == ([], 0)


@pytest.mark.parametrize("name", WORKSHOPS)
def test_the_hook_acts_on_any_method(name: str) -> None:
    with start(name) as server:
        for method in sorted(METHODS):
            assert send(server, method, existing(HOOK)) == 202
        assert server.entered() == [f"{method} {HOOK}" for method in sorted(METHODS)]
        assert server.changes() == [f"hook called by {method}" for method in sorted(METHODS)]


@pytest.mark.parametrize("name", WORKSHOPS)
def test_content_that_is_cut_or_unreadable_enters_and_writes_nothing(name: str) -> None:
    with start(name) as server:
        for method, path in TAKES:
            if path != FILE:
                server.forget()
                # Content that ends in the middle, and such that only its length says that it is not over.
                for content in (FORM[:-9], FORM[:9]) if path == IMPORTS else (WHOLE, WHOLE[:-2]):
                    send_cut(server, method, existing(path), content)
                wait_for(lambda method=method, path=path: server.entered() == [f"{method} {path}"] * 2)
                assert 400 <= send(server, method, existing(path), b"[1") < 500
                assert server.entered() == [f"{method} {path}"] * 3
                assert server.writes() == 0, (method, path)


@pytest.mark.parametrize("name", WORKSHOPS)
def test_what_does_not_wait_for_content_writes_when_it_is_cut(name: str) -> None:
    with start(name) as server:
        send_cut(server, "PUT", existing(FILE), b"")
        wait_for(lambda: server.entered() == [f"PUT {FILE}"])
        assert server.writes() == 0
        send_cut(server, "PUT", existing(FILE), b"x")
        wait_for(lambda: server.writes() == 1)
        send_cut(server, "POST", "/pings", b"x")
        wait_for(lambda: server.writes() == 2)
        assert send(server, "PUT", existing(FILE), b"") == 204
        assert server.writes() == 3


@pytest.mark.parametrize("name", WORKSHOPS)
def test_what_is_absent_is_not_changed(name: str) -> None:
    with start(name) as server:
        for method, path in CHANGES:
            absent = re.sub(r"\{\w+\}", lambda found: ABSENT.get(found[0], "hourly"), path)
            if absent != path and path != FILE and (method, path) != ("PUT", "/labels/{slug}"):
                assert send(server, method, absent, WHOLE if (method, path) in TAKES else None) in {400, 404}
        assert server.writes() == 0
        assert send(server, "PUT", "/labels/none", WHOLE) == 201
        assert server.writes() == 1


def test_a_server_that_cannot_be_built_is_left_out_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(sources: Path, _into: Path) -> None:
        builds.run([sys.executable, "-c", r"raise SystemExit('resolving\nerror: no answer\nsee above')"], sources)

    def build(*tools: str) -> builds.Build:
        return builds.Build("go", tools, fail, lambda folder: [str(folder)])

    monkeypatch.setattr(builds, "CACHE", tmp_path)
    monkeypatch.setattr(builds, "BUILDS", {"gin": build(), "axum": build("no-such-program-7")})
    builds.why_not.cache_clear()
    try:
        assert needs.why_missing(("gin",)) == "gin (cannot be built: error: no answer)"
        assert needs.why_missing(("axum",)) == "axum (needs no-such-program-7, not on PATH)"
        assert not [path for path in tmp_path.iterdir() if path.is_dir()]
    finally:
        builds.why_not.cache_clear()


def test_crates_are_pinned_by_hash_and_name_no_registry() -> None:
    lock = (builds.HERE / "rust" / "Cargo.lock").read_text(encoding="utf-8")
    packages = lock.split("[[package]]")[1:]
    assert packages
    assert "source" not in lock.partition("\n")[2]
    assert [text for text in packages if "checksum" not in text and "auditor-test-server" not in text] == []
