"""media-type-decides-method, on a real server whose router looks at Content-Type before it looks at the method."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.command import run_auditor

TAKEN = "application/vnd.orders+json"
SPEC = {
    "openapi": "3.1.0", "info": {"title": "t", "version": "1"},
    "paths": {
        "/orders": {
            "get": {"responses": {"200": {"description": "ok"}}},
            "post": {
                "requestBody": {"required": True, "content": {
                    t: {"schema": {"type": "object", "required": ["id"]}} for t in ("application/json", TAKEN)}},
                "responses": {"201": {"description": "made"}},
            },
        },
    },
}  # fmt: skip


class Orders(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._say(200 if self.path == "/orders" else 404)

    def do_POST(self) -> None:
        if self.path != "/orders":
            self._say(404)
        elif self.headers["Content-Type"] != TAKEN:
            self._say(405)
        else:
            self._say(422)

    def do_REPORT(self) -> None:
        self._say(405 if self.path == "/orders" else 404)

    do_OPTIONS = do_SEARCH = do_REPORT  # noqa: N815

    def _say(self, status: int) -> None:
        body = json.dumps({"status": status}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def port():
    with ThreadingHTTPServer(("127.0.0.1", 0), Orders) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def test_a_method_that_one_media_type_hides_is_served_and_told(port, tmp_path) -> None:
    (tmp_path / "spec.json").write_text(json.dumps(SPEC))
    done = run_auditor("audit", "spec.json", "--env", f"t=http://127.0.0.1:{port}", "--mode", "inert", cwd=tmp_path)
    report = json.loads((tmp_path / "drift-report" / "report.json").read_text())
    (cell,) = [c for c in report["cells"] if c["method"] == "POST"]
    assert (cell["support"], cell["basis"]) == ("supported", "observed"), cell
    told = {(f["rule"], *f["methods"]) for f in report["findings"] if f["path"] and f["rule"] != "allow-missing"}
    assert told == {("media-type-decides-method", "POST")}
    assert done.returncode == 0, done.stderr
