"""A hostile deployment: every answer tries something. The run ends, the report is whole, and nothing it said is live.

The server is raw sockets, because no real stack sends these bytes.
"""

from __future__ import annotations

import json
import re
import socket
import struct
import threading
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import jsonschema
import pytest

from auditor.differ.output.report_json import SCHEMA
from tests.e2e.audits import audit

PAYLOAD = "<script>alert(1)</script>\x1b[2J\x1b]0;pwned\x07‮::error::x%0A##vso[task]"
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"

ANSWERS: dict[str, bytes] = {
    "fine": OK,
    "also-fine": OK,
    "script": b"HTTP/1.1 500 Oops\r\nServer: " + PAYLOAD.encode().replace(b"\x07", b"") + b"\r\n"
              b"Content-Length: 80\r\n\r\n" + PAYLOAD.encode()[:80],
    "allow": b"HTTP/1.1 405 No\r\nAllow: GET, <b>X</b>, " + b", ".join(b"M%d" % i for i in range(5000)) + b"\r\n\r\n",
    "location": b"HTTP/1.1 302 Go\r\nLocation: javascript:alert(1)//http://[::1/?token=hunter2\r\n"
                b"Content-Length: 0\r\n\r\n",
    "refuse": b"HTTP/1.1 405 Method Not Allowed\r\nAllow: GET\r\nContent-Length: 0\r\n\r\n",
    "garbage": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 10,
    "ssh": b"SSH-2.0-OpenSSH_9.2\r\n",
    "two-lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "bad-status": b"HTTP/1.1 2000 Fine\r\n\r\n",
    "bare-lf": b"HTTP/1.1 404 Not Found\nContent-Length: 0\n\n",
    "empty": b"",
    "cut": b"HTTP/1.1 200 OK\r\nContent-Type: applica",
    "nul": b"HTTP/1.1 404 Not\x00Found\r\nX-A: \x00\r\nContent-Length: 0\r\n\r\n",
    "cookies": b"HTTP/1.1 200 OK\r\n" + b"".join(b"Set-Cookie: s%d=hunter2\r\n" % i for i in range(500)) + b"\r\n",
    "deep": b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + b"[" * 60000,
    "surrogate": b'HTTP/1.1 400 Bad\r\nContent-Type: application/json\r\n\r\n{"\\ud800": "\\udfff"}',
    "huge-number": b"HTTP/1.1 400 Bad\r\nContent-Type: application/json\r\n\r\n" + b"9" * 50000,
    "gzip-bomb": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Type: text/html\r\n\r\n\x1f\x8b\x08\x00"
                 + b"\x00" * 100,
    "trailing": OK + b"HTTP/1.1 405 Not yours\r\nAllow: DELETE\r\nContent-Length: 0\r\n\r\n",
    "many-100": b"HTTP/1.1 100 Continue\r\n\r\n" * 300 + OK,
}  # fmt: skip


class Hostile(threading.Thread):
    """One answer per first path segment; unknown paths get an honest 404; resets on `/reset`, trickles on `/drip`."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.socket.getsockname()[1]
        self.methods: list[str] = []
        self.closing = threading.Event()

    def run(self) -> None:
        while not self.closing.is_set():
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(20)
            try:
                head = connection.recv(65536).decode("latin-1")
                method, target = head.split(" ", 2)[:2]
                self.methods.append(method)
                name = unquote(target).strip("/").split("/")[0].split("?")[0]
                if name == "reset":
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                elif name == "drip":
                    for byte in b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200:
                        if self.closing.wait(0.1):
                            return
                        connection.sendall(bytes([byte]))
                else:
                    body = b'{"error":"' + PAYLOAD.encode() + target.encode("latin-1") + b'"}'
                    unknown = b"HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                    if name.endswith("fine") and method != "GET":
                        name = "refuse"
                    connection.sendall(ANSWERS.get(name, unknown % len(body) + body))
            except OSError:
                return


@pytest.fixture
def hostile() -> Iterator[Hostile]:
    server = Hostile()
    server.start()
    yield server
    server.closing.set()
    server.socket.close()


def description() -> dict[str, object]:
    operation = {
        "summary": PAYLOAD,
        "tags": [PAYLOAD],
        "operationId": PAYLOAD,
        "responses": {"200": {"description": PAYLOAD}},
    }
    paths = {f"/{name}": {"get": operation, "delete": operation} for name in (*ANSWERS, "reset", "drip")}
    paths[f"/{PAYLOAD}/{{id}}"] = {"get": operation}
    return {"openapi": "3.0.3", "info": {"title": PAYLOAD, "version": PAYLOAD}, "paths": paths}


class Live(HTMLParser):
    """Collects what a browser would run or fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts = 0
        self.suspects: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        self.suspects += [
            f"{k}={v}"
            for k, v in attrs
            if k.startswith("on") or (k in ("href", "src") and not (v or "").startswith("#"))
        ]


def test_a_hostile_deployment_harms_neither_run_nor_reader(hostile: Hostile, tmp_path: Path) -> None:
    spec = tmp_path / "spec.json"
    spec.write_text(json.dumps(description()))
    config = {"environments": {"dev": {"url": f"http://127.0.0.1:{hostile.port}", "probe_timeout": "3s"}}}
    run = audit(tmp_path, spec=spec, config=config, arguments=("--concurrency", "16"))
    assert run.code in (0, 1, 3), run.stderr
    assert "Traceback" not in run.stderr
    jsonschema.validate(run.report, SCHEMA)
    totals = run.report["totals"]
    assert (
        totals["supported"] + totals["unsupported"] + totals["undetermined"] + totals["excluded"]
        == totals["documented"]
    )
    assert run.cell("GET", "/fine")["support"] == "supported"
    for name in ("garbage", "ssh", "bad-status", "cut", "many-100"):
        assert run.cell("GET", f"/{name}")["support"] == "undetermined", name
        assert run.cell("GET", f"/{name}")["reason"] in ("malformed-answer", "unreachable"), name
    assert set(hostile.methods) <= {"GET", "HEAD", "OPTIONS", "REPORT", "SEARCH", "TRACE"}
    printed = run.stdout + run.stderr
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f‪-‮⁦-⁩]", printed)
    assert not [line for line in printed.splitlines() if line.startswith(("::", "##"))]
    assert b"hunter2" not in run.files()
    live = Live()
    live.feed((run.out / "report.html").read_text(encoding="utf-8"))
    assert live.suspects == []
    assert live.scripts <= 2
    assert "<script>alert" not in (run.out / "report.html").read_text(encoding="utf-8")
