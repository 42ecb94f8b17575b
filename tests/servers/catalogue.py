"""The catalogue of test servers: one line per way of answering. More stacks, and a second API: zoo.py."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.servers import bookshop, builds, workshop

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
    api: str = "bookshop"
    """Or `workshop`."""
    numbers_only: bool = True
    """False: a template takes any text, hence also the methods of a literal path that it shadows."""
    credentials: tuple[str, ...] = ()
    """Header fields that open it, as `--header` takes them."""
    knowable: bool = True
    """False: no observer outside can learn what is served; anything but `undetermined` would be a guess."""
    logs_late: bool = False
    """It writes its log after the answer has left."""

    @property
    def base_path(self) -> str:
        return workshop.BASE if self.api == "workshop" else bookshop.BASE


def python(module: str) -> Callable[[str], list[str]]:
    """The command of a module below `tests.servers.apps`."""
    return lambda interpreter: [interpreter, "-m", f"tests.servers.apps.{module}"]


def _node(_python: str) -> list[str]:
    return [shutil.which("node") or "node", str(HERE / "node" / "express_bookshop.mjs")]


def _compiled(name: str, title: str, *apis: str, **more: Any) -> list[Stack]:
    """One stack per API, from a server that is compiled first."""

    def command(_interpreter: str) -> list[str]:
        return builds.command(name)

    return [Stack(f"{name}-{api}", title, command, (name,), api=api, options={"api": api}, **more) for api in apis]


def _bookshop(name: str, title: str) -> Stack:
    return Stack(f"{name}-bookshop", title, python(f"{name.replace('-', '_')}_bookshop"))


def _nginx(name: str, title: str, **options: Any) -> Stack:
    return Stack(name, title, python("nginx"), ("nginx",), behind="flask-bookshop", options=options, logs_late=True)


def _odd(name: str, title: str, knowable: bool = True) -> Stack:
    return Stack(name, title, python(f"odd.{name.replace('-', '_')}"), knowable=knowable)


BOTH = ("bookshop", "workshop")
STACKS: dict[str, Stack] = {
    stack.name: stack
    for stack in (
        _bookshop("flask", "Flask on Werkzeug: 405 with Allow; /orders redirects POST alone, with 308"),
        _bookshop("fastapi", "FastAPI on uvicorn: Allow names the first route only; /orders redirects all with 307"),
        _bookshop("starlette", "Starlette on uvicorn: one endpoint per path, honest Allow"),
        _bookshop("aiohttp", "aiohttp: honest Allow; /orders redirects POST alone, with 301"),
        _bookshop("drf", "Django REST framework: 405 in JSON, Allow on every answer"),
        _bookshop("http-server", "http.server: 501 for methods it has no handler for, 404 for the rest"),
        Stack("express-bookshop", "Express 5: a wrong method is a 404", _node, ("node", "express")),
        *_compiled("go", "Go net/http: 405 with Allow", *BOTH, numbers_only=False,
                   environment={"GODEBUG": "httpmuxgo121=0"}),
        *_compiled("gin", "gin: a wrong method is a 404; /orders redirects POST alone, with 307", "bookshop"),
        *_compiled("gin", "gin with HandleMethodNotAllowed: 405 without Allow", "workshop", numbers_only=False),
        *_compiled("axum", "axum: 405 with Allow; /orders redirects all with 308", *BOTH),
        *_compiled("spring", "Spring Boot on Tomcat: 405 in JSON with Allow; both /orders and /orders/", *BOTH,
                   numbers_only=False),
        _nginx("nginx-flask", "nginx passes everything on"),
        _nginx("nginx-limit-flask", "nginx refuses DELETE and PATCH with 403", refused=["DELETE", "PATCH"]),
        _odd("spa", "a page for every unknown path: 200 proves nothing"),
        _odd("auth-first", "401 for everything without `Authorization: Bearer sesame`, before routing"),
        _odd("maintenance", "503 for everything", knowable=False),
        _odd("rate-limited", "429 with Retry-After after so many requests a second"),
        _odd("redirect-all", "301 to another host for everything", knowable=False),
        _odd("dies-half-way", "exits after so many requests"),
        _odd("reflecting", "a 404 repeats the request, credentials included, in body and Location"),
        _odd("method-blind", "acts whatever the method is"),
        _odd("json-404", "every answer has a random id and a date in it"),
    )
}  # fmt: skip
