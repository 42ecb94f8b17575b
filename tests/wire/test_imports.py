"""One choke point: no other module can reach the network (P2). Reads the imports of every source file."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import auditor

ROOT = Path(auditor.__file__).parent
NETWORK = {
    "socket", "_socket", "ssl", "socketserver", "selectors", "http.client", "http.server", "urllib.request", "xmlrpc",
    "ftplib", "smtplib", "telnetlib", "httpx", "httpcore", "h2", "aiohttp", "requests", "urllib3", "subprocess",
    "multiprocessing",
}  # fmt: skip
CALLS = {
    "open_connection", "start_server", "create_connection", "create_server", "create_datagram_endpoint", "start_tls",
    "open_unix_connection", "create_unix_connection", "sock_connect", "create_subprocess_exec",
    "create_subprocess_shell", "subprocess_exec", "subprocess_shell", "popen", "posix_spawn", "execv", "fork",
}  # fmt: skip
EXCEPTIONS = {
    "delivery.py": {"httpx", "ssl"},  # auditor notify: a command of its own, which no audit imports
    "prober/transport.py": {"socket", "ssl", "httpx", "create_connection", "sock_connect", "start_tls"},
    # Contexts and sessions: wraps octets in memory, opens nothing.
    "prober/tls.py": {"ssl"},
    # `git:REF:PATH` descriptions.
    "loader/git.py": {"subprocess"},
    "secret.py": {"subprocess"},
    # The conformance worker: this Python, with no secret and no socket.
    "prober/checker.py": {"create_subprocess_exec"},
    # Listens on loopback for the time of `auditor demo`; connects nowhere.
    "demo/serve.py": {"socketserver", "http.server"},
}


def reaches(source: str) -> set[str]:
    """Modules and calls of a source that could reach the network or start a program."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        names = []
        if isinstance(node, ast.Import):
            names = [a.name for a in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [node.module or "", *(f"{node.module}.{a.name}" for a in node.names)]
            found |= {a.name for a in node.names} & CALLS
        elif isinstance(node, ast.Attribute):
            found |= {node.attr} & CALLS
            if node.attr == "system" and isinstance(node.value, ast.Name) and node.value.id == "os":
                found.add("system")
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "__import__":
            found.add("__import__")
        for name in names:
            found |= {banned for banned in NETWORK if name == banned or name.startswith(banned + ".")}
    return found


FILES = sorted(str(p.relative_to(ROOT)) for p in ROOT.rglob("*.py"))


@pytest.mark.parametrize("name", FILES)
def test_no_other_module_reaches_the_network(name):
    assert reaches((ROOT / name).read_text()) - EXCEPTIONS.get(name, set()) == set()


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import socket", {"socket"}), ("import http.client as c", {"http.client"}),
        ("from urllib import request", {"urllib.request"}),
        ("from urllib.parse import quote", set()), ("def f():\n    import httpx", {"httpx"}),
        ("import asyncio\nasyncio.open_connection('h', 1)", {"open_connection"}),
        ("import os\nos.system('x')", {"system"}),
        ("from asyncio import open_connection", {"open_connection"}), ("from http import HTTPStatus", set()),
        ("from http import server", {"http.server"}),
        ("__import__('socket')", {"__import__"}), ("import sockets_of_ours", set()),
    ],
)  # fmt: skip
def test_the_reader_of_imports_sees_them(source, found):
    assert reaches(source) == found


def test_there_is_exactly_one_file_with_sockets():
    assert [f for f in FILES if "socket" in reaches((ROOT / f).read_text())] == ["prober/transport.py"]
