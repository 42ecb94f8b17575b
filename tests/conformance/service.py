"""A service on loopback that answers what a test tells it to, refuses other methods and knows what reached it."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.e2e.audits import Run, audit

_BREAKS = re.compile(r"body (\S+) breaks its schema's (\w+)")
RULES = ("undocumented-status", "response-mismatch")


@dataclass(frozen=True)
class Says:
    """One answer. `body`: octets as they are, anything else as JSON."""

    body: Any = b""
    status: int = 200
    media: str | None = "application/json"
    fields: tuple[tuple[str, str], ...] = ()

    @property
    def octets(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass
class Service:
    """Where it listens, and the request lines that came."""

    port: int
    requests: list[tuple[str, str]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def serve(answers: Mapping[str, Says]) -> Iterator[Service]:
    """Answers GET, HEAD and OPTIONS on these paths (without query) as told, 405 to others there, 404 elsewhere."""
    seen = Service(0)

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            seen.requests.append((self.command, self.path))
            says = answers.get(self.path.partition("?")[0])
            if says is None:
                says = Says({"error": "no such route"}, 404)
            elif self.command == "OPTIONS":
                says = Says(status=204, media=None, fields=(("Allow", "GET, HEAD, OPTIONS"),))
            elif self.command not in ("GET", "HEAD"):
                says = Says({"error": "not that method"}, 405, fields=(("Allow", "GET, HEAD, OPTIONS"),))
            self.send_response(says.status)
            for name, value in says.fields:
                self.send_header(name, value)
            if says.media:
                self.send_header("Content-Type", says.media)
            self.send_header("Content-Length", str(len(says.octets)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(says.octets)

        def log_message(self, *_: object) -> None:
            """Nothing: a test prints when it fails."""

    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "REPORT", "QUERY"):
        setattr(Handler, f"do_{method}", Handler.handle_any)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    seen.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def check(
    folder: Path, description: Mapping[str, Any] | str, answers: Mapping[str, Says], arguments: tuple[str, ...] = (),
    **more: Any,
) -> tuple[Run, dict[tuple[str, str], str]]:  # fmt: skip
    """Audits such a service with the real command: the run, and (rule, path) → detail of its response findings."""
    if not isinstance(description, str):
        (folder / "api.json").write_text(json.dumps(description), encoding="utf-8")
        description = "api.json"
    with serve(answers) as service:
        run = audit(folder, f"dev={service.url}", spec=description, arguments=arguments, **more)
    assert run.code in (0, 1), run.stderr
    found = {
        (f["rule"], f["path"]): _BREAKS.sub(r"\1: \2", f["symptom"].partition(" in dev: ")[2].removesuffix("."))
        for f in run.report["findings"]
        if f["rule"] in RULES
    }
    return run, found


def observations(run: Run) -> dict[str, list[str]]:
    """What the transcript holds, by request target; the audit's own view of what it saw."""
    lines = (run.out / "transcript.jsonl").read_text(encoding="utf-8").splitlines()[1:]
    exchanges = [json.loads(line)["exchange"] for line in lines]
    return {e["probe"]["target"]: e["observations"] for e in exchanges if e["observations"]}


def description(paths: Mapping[str, Any], version: str = "3.1.0", **more: Any) -> dict[str, Any]:
    """A description of that version (`2.0` for Swagger)."""
    head = {"swagger": "2.0", "produces": ["application/json"]} if version == "2.0" else {"openapi": version}
    return {**head, "info": {"title": "T", "version": "1"}, "paths": dict(paths), **more}


def get(schema: Any = None, *, version: str = "3.1.0", media: str = "application/json", status: str = "200",
        **more: Any) -> dict[str, Any]:  # fmt: skip
    """A path item with a GET that answers with this schema."""
    response: dict[str, Any] = {"description": "d"}
    if schema is not None:
        response |= {"schema": schema} if version == "2.0" else {"content": {media: {"schema": schema}}}
    return {"get": {"responses": {status: response}, **more}}
