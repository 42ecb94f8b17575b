"""The catalogue of test servers: one line per way of answering."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Stack:
    """How to start one kind of server, and what is special about it."""

    name: str
    title: str
    command: Callable[[str], list[str]]
    """From the path of the Python interpreter to the command line."""
    needs: tuple[str, ...] = ()
    """Outside programs (see tests/needs.py)."""
    behind: str | None = None
    """The stack that this one forwards to."""
    options: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    base_path: str = "/v1"
    knowable: bool = True
    """False: no observer outside can learn what is served; anything but `undetermined` would be a guess."""
    logs_late: bool = False
    """It writes its log after the answer has left."""


def _python(module: str) -> Callable[[str], list[str]]:
    return lambda python: [python, "-m", f"tests.servers.apps.{module}"]


def _node(_python: str) -> list[str]:
    return [shutil.which("node") or "node", str(HERE / "node" / "express_bookshop.mjs")]


def _go(_python: str) -> list[str]:
    """Build once per version of the sources; the binary is renamed into place, so parallel builds do no harm."""
    sources = sorted((HERE / "go").glob("*.go"))
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:12]
    cache = Path(tempfile.gettempdir()) / f"auditor-test-servers-{os.getuid()}"
    cache.mkdir(mode=0o700, exist_ok=True)
    binary = cache / f"go-bookshop-{digest}"
    if not binary.exists():
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            built = Path(folder) / "server"
            command = [shutil.which("go") or "/usr/local/go/bin/go", "build", "-o", str(built), "."]
            local = {**os.environ, "GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOTOOLCHAIN": "local"}
            subprocess.run(command, cwd=HERE / "go", env=local, check=True, timeout=300)
            built.rename(binary)
    return [str(binary)]


def _plain(name: str, title: str, **more: Any) -> Stack:
    return Stack(name, title, _python(f"odd.{name.replace('-', '_')}"), **more)


STACKS: dict[str, Stack] = {
    stack.name: stack
    for stack in (
        Stack("flask-bookshop", "Flask on Werkzeug: 405 with Allow, /orders redirects POST with 308", _python("flask_bookshop")),
        Stack("fastapi-bookshop", "FastAPI on uvicorn: Allow names the first route only", _python("fastapi_bookshop")),
        Stack("starlette-bookshop", "Starlette on uvicorn: one endpoint per path, honest Allow", _python("starlette_bookshop")),
        Stack("aiohttp-bookshop", "aiohttp: honest Allow, /orders redirects POST with 301", _python("aiohttp_bookshop")),
        Stack("drf-bookshop", "Django REST framework: 405 in JSON, Allow on everything", _python("drf_bookshop")),
        Stack("http-server-bookshop", "http.server: 501 for methods it never heard of, 404 for the rest", _python("http_server_bookshop")),
        Stack("express-bookshop", "Express 5: a wrong method is a 404", _node, needs=("node", "express")),
        Stack("go-bookshop", "Go net/http: 405 with Allow", _go, needs=("go",), environment={"GODEBUG": "httpmuxgo121=0"}),
        Stack("nginx-flask", "nginx passes everything on", _python("nginx"), needs=("nginx",), behind="flask-bookshop", logs_late=True),
        Stack("nginx-limit-flask", "nginx refuses DELETE and PATCH with 403", _python("nginx"), needs=("nginx",), behind="flask-bookshop",
              options={"refused": ["DELETE", "PATCH"]}, logs_late=True),
        _plain("spa", "a page for every unknown path: 200 proves nothing"),
        _plain("auth-first", "401 for everything without `Authorization: Bearer sesame`, before routing"),
        _plain("maintenance", "503 for everything", knowable=False),
        _plain("rate-limited", "429 with Retry-After after so many requests a second"),
        _plain("redirect-all", "301 to another host for everything", knowable=False),
        _plain("dies-half-way", "exits after so many requests"),
        _plain("reflecting", "a 404 repeats the request, credentials included, in body and Location"),
        _plain("method-blind", "acts whatever the method is"),
        _plain("json-404", "every answer has a random id and a date in it"),
    )
}  # fmt: skip
