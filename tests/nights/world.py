"""Deployments whose routes a test changes between two nights, and the commands run on them as users run them."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from subprocess import CompletedProcess
from types import MappingProxyType
from typing import Any

from auditor.model.finding import fingerprint
from tests.command import run_auditor

DOCUMENTED: dict[str, tuple[str, ...]] = {
    "/legacy/items": ("GET", "POST"), "/orders": ("GET", "POST"), "/orders/{orderId}": ("GET", "PUT", "DELETE"),
    "/carts": ("GET", "POST"), "/stock": ("GET", "POST"),
}  # fmt: skip
Key = tuple[str, str | None, str, str]
"""(rule, path, method or '', environment)"""


class _Handler(BaseHTTPRequestHandler):
    """405 with an honest Allow, 404 for the rest, the build in a field: everything can be decided from outside."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def handle_one_request(self) -> None:
        self.close_connection = True
        self.raw_requestline = self.rfile.readline(65536)
        if not self.raw_requestline or not self.parse_request():
            return
        self.server.received.append(f"{self.command} {self.path}")
        if self.path in self.server.answers and self.command == "GET":
            self._say(*self.server.answers[self.path].pop_or_last())
            return
        allowed = next((m for p, m in self.server.routes.items() if _fits(p, self.path)), None)
        asked = "GET" if self.command == "HEAD" and self.server.head else self.command
        status = self.server.unknown if allowed is None else 200 if asked in allowed else 405
        elsewhere = self.server.redirects.get(self.path)
        status = status if elsewhere is None else 301
        if allowed is not None and self.command == "OPTIONS":
            status = 204
        self.send_response_only(status)
        if status == 301:
            self.send_header("Location", str(elsewhere))
        named = self.server.builds
        self.send_header("X-Build-Id", named[len(self.server.received) % len(named)] if named else self.server.build)
        if status in (204, 405) and allowed is not None:
            self.send_header("Allow", ", ".join(sorted({*allowed, "OPTIONS", *self.server.extra.split()})))
        body = b"" if status == 204 else json.dumps({"ok": status == 200, "status": status}).encode()
        if status != 204:
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _say(self, status: int, media: str, body: bytes) -> None:
        self.send_response_only(status)
        for name, value in (("Content-Type", media), ("Content-Length", str(len(body))), ("Connection", "close")):
            if value:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@dataclass
class Answers:
    """What an address answers, one after the other; the last one from then on."""

    left: list[tuple[int, str, bytes]]

    def pop_or_last(self) -> tuple[int, str, bytes]:
        return self.left.pop(0) if len(self.left) > 1 else self.left[0]


def _fits(template: str, path: str) -> bool:
    return re.fullmatch(re.sub(r"\\\{.*?\\\}", "[^/]+", re.escape(template)), path) is not None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    routes: dict[str, tuple[str, ...]]
    build = "b1"
    redirects: Mapping[str, str] = MappingProxyType({})
    builds: Sequence[str] = ()
    """In place of `build`, by turns."""
    unknown = 404
    head = True
    """Whether HEAD comes with GET."""
    answers: dict[str, Answers]
    received: list[str]
    extra = ""
    """Methods that every Allow names besides: no cell of any report."""


@dataclass
class Deployment:
    """One environment. `serve` changes its routes; `down` closes its port for good."""

    name: str
    server: _Server

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def routes(self, changes: Mapping[str, Iterable[str]] | None = None, build: str | None = None) -> None:
        """The documented routes with these changes; an empty list takes the path away."""
        table = {**DOCUMENTED, **{p: tuple(m) for p, m in (changes or {}).items()}}
        self.server.routes = {p: m for p, m in table.items() if m}
        self.server.build = build or self.server.build

    def answer(self, path: str, *bodies: bytes | str, status: int = 200, media: str = "text/plain") -> None:
        """What GET of an address that no description names is answered, each time the next."""
        parts = [b.encode() if isinstance(b, str) else b for b in bodies]
        self.server.answers[path] = Answers([(status, media, b) for b in parts])

    def down(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@dataclass
class World:
    """A project folder with its description, its configuration and its deployments in promotion order."""

    folder: Path
    deployments: list[Deployment]
    config: dict[str, Any] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    """What commands printed, for golden files."""

    def __getitem__(self, name: str) -> Deployment:
        return next(d for d in self.deployments if d.name == name)

    def describe(self, paths: Mapping[str, Iterable[str]] = DOCUMENTED) -> None:
        (self.folder / "openapi.json").write_text(json.dumps(description(paths)), encoding="utf-8")

    def configure(self, **config: Any) -> None:
        self.config = config
        environments = {
            d.name: {"url": d.url, "rate": "2000/s", "retries": 0, "build": {"header": "X-Build-Id"}}
            for d in self.deployments
        }
        whole = {"spec": "openapi.json", "environments": environments, "values": {"orderId": "1"}, **config}
        (self.folder / "auditor.yaml").write_text(json.dumps(whole, indent=1), encoding="utf-8")

    def run(self, *arguments: str, env: Mapping[str, str] | None = None) -> CompletedProcess[str]:
        return run_auditor(*arguments, cwd=self.folder, env=env)

    def audit(self, out: str = "drift-report", *arguments: str) -> Night:
        done = self.run("audit", "--out", out, *arguments)
        assert done.returncode in (0, 1, 3), done.stderr
        return Night(self, done, out)


@dataclass
class Night:
    """One finished audit."""

    world: World
    done: CompletedProcess[str]
    out: str

    @property
    def code(self) -> int:
        return self.done.returncode

    @property
    def text(self) -> str:
        """The text report as one line."""
        return " ".join(self.done.stdout.split())

    @property
    def path(self) -> str:
        return f"{self.out}/report.json"

    @property
    def html(self) -> str:
        return (self.world.folder / self.out / "report.html").read_text(encoding="utf-8")

    @property
    def report(self) -> dict[str, Any]:
        return json.loads((self.world.folder / self.path).read_text(encoding="utf-8"))  # type: ignore[no-any-return]

    def occurrences(self) -> dict[Key, dict[str, Any]]:
        return {
            (f["rule"], f["path"], m, o["environment"]): o
            for f in self.report["findings"] for o in f["occurrences"]
            for m in ([o["method"]] if o["method"] else f["methods"] or [""])
        }  # fmt: skip

    def fingerprint(self, rule: str, path: str, method: str) -> str:
        found = fingerprint(rule, path, method)
        assert found in {f["fingerprint"] for f in self.report["findings"]}
        return found


def description(paths: Mapping[str, Iterable[str]]) -> dict[str, Any]:
    """An OpenAPI description in which every path answers 200, and templates have string parameters."""
    items: dict[str, Any] = {}
    for path, methods in paths.items():
        names = re.findall(r"\{([^{}]+)\}", path)
        item: dict[str, Any] = {m.lower(): {"responses": {"200": {"description": "ok"}}} for m in methods}
        if names:
            item["parameters"] = [
                {"name": n, "in": "path", "required": True, "schema": {"type": "string"}, "example": "1"} for n in names
            ]
        items[path] = item
    return {"openapi": "3.1.0", "info": {"title": "Orders", "version": "1"}, "paths": items}


def waiver(**changes: Any) -> dict[str, Any]:
    """A complete waiver of an undocumented PUT below /legacy, with changes; None takes a key away."""
    entry = {
        "rule": "undocumented-method-served", "path": "/legacy/**", "method": "PUT", "environments": ["dev"],
        "reason": "migration", "owner": "team-orders", "expires": "2099-01-31", **changes,
    }  # fmt: skip
    return {k: v for k, v in entry.items() if v is not None}


@contextmanager
def world(folder: Path, *names: str, paths: Mapping[str, Iterable[str]] = DOCUMENTED) -> Iterator[World]:
    """A project with a deployment for each name, served until the block ends."""
    running = []
    for name in names:
        server = _Server(("127.0.0.1", 0), _Handler)
        server.routes = {p: tuple(m) for p, m in paths.items()}
        server.answers, server.received = {}, []
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        running.append(Deployment(name, server))
    found = World(folder, running)
    found.describe(paths)
    found.configure()
    try:
        yield found
    finally:
        for deployment in running:
            deployment.server.shutdown()
            deployment.server.server_close()
