"""Imports point downwards only (DESIGN §3), and one file alone sends what an audit sends."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
STANDARD = sys.stdlib_module_names
FLOORS: dict[str, frozenset[str]] = {
    "errors": frozenset(),
    "invoked": frozenset(),
    "resources": frozenset(),
    "model": frozenset({"model"}),
    "loader": frozenset({"loader", "model", "errors", "resources"}),
    "prober": frozenset({"prober", "model", "errors", "resources"}),
    "differ": frozenset({"differ", "model", "errors", "resources"}),
    "demo": frozenset({"demo", "errors", "invoked", "resources"}),
}
"""What each of the lower floors may import of auditor itself."""
STANDARD_ONLY = frozenset({"errors", "invoked", "resources", "model"})
IMPORTERS = {
    "cli": frozenset({"cli", "__main__"}),
    "run": frozenset({"cli", "commands", "run"}),
    "delivery": frozenset({"commands"}),
}
"""Who alone may import the upper floors, and what sends messages: no audit can."""
SOCKET_FILE = "prober/transport.py"
SOCKET_MODULES = frozenset({
    "socket", "socketserver", "httpx", "http.client", "http.server", "urllib.request", "aiohttp", "requests", "ftplib",
    "apprise",
})  # fmt: skip
SOCKET_CALLS = frozenset(
    {
        "open_connection",
        "open_unix_connection",
        "create_connection",
        "create_server",
        "start_server",
        "create_datagram_endpoint",
        "sock_connect",
        "getaddrinfo",
    }
)
OTHER_PROGRAMS = frozenset({"subprocess", "multiprocessing", "pty"})
PROGRAM_FILES = {
    "loader/git.py": "asks git for a description at an earlier revision",
    "secret.py": "asks the operator's own command for a secret",
    "prober/checker.py": "starts the conformance worker, which may have to be killed",
}
NETWORK_FILES = {
    "demo/serve.py": frozenset({"socketserver", "http.server"}),  # listens, on loopback only
    "delivery.py": frozenset({"httpx", "apprise"}),  # tells people about finished reports
}
"""Who else may use the network, and by which modules."""
Sources = Iterable[tuple[str, str]]


def sources() -> Iterator[tuple[str, str]]:
    """(path below the package, text) of every module."""
    package = ROOT / "auditor"
    for file in sorted(package.rglob("*.py")):
        yield file.relative_to(package).as_posix(), file.read_text(encoding="utf-8")


def area(path: str) -> str:
    """`prober/transport.py` is in `prober`, `run.py` in `run`."""
    return path.split("/")[0].removesuffix(".py")


def imported(path: str, text: str) -> Iterator[tuple[int, str]]:
    """(line, full dotted name) of every import, at whatever depth; `from a import b` names `a.b`."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = ["auditor", *path.split("/")[:-1]]
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def own_area(name: str) -> str | None:
    """The area of auditor that a dotted name belongs to, `""` for a value of the package itself; None if foreign."""
    parts = [*name.split("."), ""]
    if parts[0] != "auditor":
        return None
    return "" if parts[1] == "__version__" else parts[1]


def within(name: str, modules: Iterable[str]) -> bool:
    return any(name == module or name.startswith(module + ".") for module in modules)


def upward_imports(modules: Sources) -> list[str]:
    """Every import that does not point downwards."""
    found = []
    for path, text in modules:
        floor = area(path)
        for line, name in imported(path, text):
            target = own_area(name)
            foreign = target is None and name.split(".")[0] not in STANDARD
            if (
                (target and floor in FLOORS and target not in FLOORS[floor])
                or (target in IMPORTERS and floor not in IMPORTERS[target])
                or (foreign and floor in STANDARD_ONLY)
            ):
                found.append(f"auditor/{path}:{line} imports {name}")
    return found


def socket_openers(modules: Sources) -> list[str]:
    """Every way to the network or to another program outside the one file for it."""
    found = []
    for path, text in modules:
        outside = path != SOCKET_FILE
        for line, name in imported(path, text):
            if (outside and within(name, SOCKET_MODULES - NETWORK_FILES.get(path, frozenset()))) or (
                path not in PROGRAM_FILES and within(name, OTHER_PROGRAMS)
            ):
                found.append(f"auditor/{path}:{line} imports {name}")
        for node in ast.walk(ast.parse(text)):
            if outside and isinstance(node, ast.Attribute) and node.attr in SOCKET_CALLS:
                found.append(f"auditor/{path}:{node.lineno} uses {node.attr}")
    return found


def test_imports_point_downwards() -> None:
    assert upward_imports(sources()) == []


def test_one_file_opens_sockets_and_few_start_programs() -> None:
    assert socket_openers(sources()) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("model/cell.py", "import httpx"),
        ("model/cell.py", "from auditor.errors import AuditorError"),
        ("model/cell.py", "from ..loader import document"),
        ("errors.py", "import auditor.model.cell"),
        ("loader/values.py", "from auditor.prober import judge"),
        ("loader/values.py", "from auditor import prober"),
        ("prober/judge.py", "def f():\n    import auditor.differ.compare"),
        ("differ/rules/catch_all.py", "from auditor.loader.document import read"),
        ("differ/rules/catch_all.py", "from ...prober import judge"),
        ("differ/compare.py", "from auditor import run"),
        ("settings.py", "from auditor.cli import app"),
        ("run.py", "import auditor.cli"),
        ("demo/serve.py", "from auditor.prober import judge"),
        ("settings.py", "from auditor.run import audit"),
        ("run.py", "from auditor import delivery"),
        ("notifying.py", "from auditor.delivery import prepared"),
    ],
)
def test_an_upward_import_is_found(path: str, text: str) -> None:
    assert len(upward_imports([(path, text)])) == 1


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("model/cell.py", "from auditor.model.methods import SAFE\nimport dataclasses"),
        ("prober/judge.py", "from . import signature\nfrom ..model import cell\nimport h11"),
        ("run.py", "from auditor.loader import document\nfrom auditor import differ, prober"),
        ("cli.py", "import typer\nfrom auditor.run import audit"),
        ("__main__.py", "from auditor.cli import main"),
        ("__init__.py", "__version__ = '1'"),
    ],
)
def test_a_downward_import_is_not(path: str, text: str) -> None:
    assert upward_imports([(path, text)]) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("prober/judge.py", "import socket"),
        ("loader/document.py", "from urllib.request import urlopen"),
        ("loader/document.py", "import urllib.request"),
        ("differ/compare.py", "from http import client"),
        ("prober/pace.py", "import asyncio\nasyncio.open_connection"),
        ("prober/transport.py", "import subprocess"),
        ("cli.py", "from subprocess import run"),
        ("demo/serve.py", "import socket"),
        ("demo/serve.py", "import http.client"),
        ("demo/app.py", "import http.server"),
        ("delivery.py", "import socket"),
        ("run.py", "import apprise"),
    ],
)
def test_another_way_out_is_found(path: str, text: str) -> None:
    assert len(socket_openers([(path, text)])) == 1


def test_the_transport_may() -> None:
    assert socket_openers([(SOCKET_FILE, "import socket, httpx\nsocket.create_connection")]) == []
