"""What every test gets: no proxy, its tools or a reason, servers on loopback, and the command."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests import needs
from tests.command import run_auditor
from tests.servers import Server, start

__all__ = ["run_auditor"]

SLOW = [HealthCheck.too_slow]
settings.register_profile("same", deadline=None, derandomize=True, database=None, suppress_health_check=SLOW)
settings.register_profile("other", deadline=None, max_examples=1000, print_blob=True, suppress_health_check=SLOW)
# The same examples on every machine, however slow; HYPOTHESIS_PROFILE=other looks for new ones.
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
Serve = Callable[..., Server]


def pytest_runtest_setup(item: pytest.Item) -> None:
    needs.check(item)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    needs.summary(terminalreporter)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy of the developer's machine has no say in a test: everything is on loopback."""
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(scope="session")
def _shared_servers() -> Iterator[Serve]:
    """Started once per worker and set of options, ended with the session."""
    running: dict[str, Server] = {}
    with ExitStack() as stack:

        def serve(name: str, **options: Any) -> Server:
            key = repr((name, sorted(options.items())))
            if key not in running or not running[key].alive:
                running[key] = stack.enter_context(start(name, **options))
            return running[key]

        yield serve


@pytest.fixture
def serve(_shared_servers: Serve) -> Serve:
    """`serve("flask-bookshop", **options)`: a running server whose journal starts empty for this test.

    The server is shared with other tests: whoever changes its data or kills it starts one of their own with
    `tests.servers.start`.
    """

    def shared(name: str, **options: Any) -> Server:
        server = _shared_servers(name, **options)
        server.forget()
        return server

    return shared


@pytest.fixture(name="run_auditor")
def _run_auditor() -> Callable[..., Any]:
    """`run_auditor(*arguments, cwd=folder)`: see `tests.command.run_auditor`."""
    return run_auditor


def pytest_report_header() -> str:
    programs = ("nginx", "haproxy", "apache2", "varnishd", "caddy", "envoy", "node", "express", "go", "cargo", "mvn",
                "chromium")  # fmt: skip
    missing = [tool for tool in programs if not needs.find(tool)]
    return f"outside programs missing: {', '.join(missing) or 'none'}"
