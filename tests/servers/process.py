"""Start real servers as processes on loopback, read their journals, and end them by process id."""

from __future__ import annotations

import http.client
import json
import os
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.servers.catalogue import Stack
from tests.servers.record import VARIABLE
from tests.servers.zoo import ALL

ROOT = Path(__file__).resolve().parents[2]
SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "REPORT", "SEARCH", "PROPFIND", "QUERY"})
"""Methods that mean to change nothing (RFC 9110 §9.2.1 and the method registry)."""
START_SECONDS = 60
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
BARRIER = "/--barrier-"


class NotStarted(Exception):
    """A test server ended, or was not ready in time; the text holds what it printed."""


class Request(NamedTuple):
    """One request line as the server saw it."""

    method: str
    target: str


class Server:
    """One running test server.

    `url` is what to audit (it ends in the base path), `truth` what each documented path serves at this edge, `behind`
    the server that a gateway forwards to. Everything else is read from the journal, never over the audited port.
    """

    def __init__(self, stack: Stack, process: subprocess.Popen[bytes], folder: Path, behind: Server | None) -> None:
        self.name = stack.name
        self.knowable = stack.knowable
        self.behind = behind
        self.journal = folder / "journal.jsonl"
        self.port = 0
        self.secure = False
        self.truth: dict[str, set[str]] = {}
        self._stack = stack
        self._process = process
        self._output = folder / "output.txt"
        self._from = 0
        self._barriers = 0

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return self.origin + self._stack.base_path

    def received(self) -> list[Request]:
        """Every request line since the start or the last `forget()`, in the order of arrival."""
        self._flush()
        found = (Request(*entry["request"]) for entry in self._entries() if "request" in entry)
        return [request for request in found if not request.target.startswith(BARRIER)]

    def anonymous(self) -> list[Request]:
        """Those of `received()` that came without credentials, where the server notes it."""
        self._flush()
        return [Request(*e["request"]) for e in self._entries() if "request" in e and not e.get("credentials")]

    def state_changing(self) -> list[Request]:
        """Those of `received()` whose method is not known to be safe."""
        return [request for request in self.received() if request.method not in SAFE]

    def entered(self) -> list[str]:
        """State-changing handlers that started, here or behind."""
        own = [entry["entered"] for entry in self._entries() if "entered" in entry]
        return own + (self.behind.entered() if self.behind else [])

    def changes(self) -> list[str]:
        """What really changed, here or behind."""
        own = [entry["write"] for entry in self._entries() if "write" in entry]
        return own + (self.behind.changes() if self.behind else [])

    def writes(self) -> int:
        """How often something really changed, here or behind."""
        return len(self.changes())

    def forget(self) -> None:
        """Start counting anew: for a server that several tests share."""
        self._flush()
        self._from = self.journal.stat().st_size
        if self.behind:
            self.behind.forget()

    def output(self) -> str:
        """What the process printed."""
        return self._output.read_text(errors="replace")

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def _entries(self) -> list[dict[str, Any]]:
        with self.journal.open("rb") as journal:
            journal.seek(self._from)
            complete = journal.read().rpartition(b"\n")[0]
        # HAProxy says in the same file that it started.
        return [json.loads(line) for line in complete.splitlines() if line.startswith(b"{")]

    def _flush(self) -> None:
        """A gateway writes its log after the answer has left: send a mark through it and wait until that is logged."""
        if not self._stack.logs_late:
            return
        self._barriers += 1
        mark = f"{BARRIER}{self._barriers}"
        self._wait(lambda: self._send_mark(mark))
        self._wait(lambda: any(entry.get("request") == ["GET", mark] for entry in self._entries()))

    def _send_mark(self, mark: str) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=START_SECONDS)
        if self.secure:
            unverified = ssl._create_unverified_context()
            connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=START_SECONDS, context=unverified)
        try:
            connection.request("GET", mark)
            return connection.getresponse().status == 204
        except ConnectionError:
            return False
        finally:
            connection.close()

    def wait_until_ready(self) -> None:
        """Return when the server said that it listens; NotStarted when it ended or took too long."""
        self._wait(lambda: any("ready" in entry for entry in self._entries()))
        for entry in self._entries():
            self.port = entry.get("ready", self.port)
            self.truth.update({path: set(methods) for path, methods in entry.get("truth", {}).items()})
        self.forget()

    def _wait(self, done: Any) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not done():
            if not self.alive or time.monotonic() > deadline:
                how = "did not get ready in time" if self.alive else f"ended with {self._process.returncode}"
                raise NotStarted(f"{self.name} {how}:\n{self.output()}")
            time.sleep(0.02)

    def stop(self) -> None:
        """End the process by its id, and wait until it is gone."""
        self._process.kill()
        self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()


def environment(settings: Mapping[str, Any], extra: Mapping[str, str]) -> dict[str, str]:
    """The environment of a test server: ours without proxies, with its settings."""
    ours = {name: value for name, value in os.environ.items() if name.lower() not in PROXIES}
    return {**ours, "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1", **extra, VARIABLE: json.dumps(settings)}


@contextmanager
def start(what: str | Stack, *, port: int = 0, **options: Any) -> Iterator[Server]:
    """Run a stack, or the one of that name in the catalogue, until the block ends. KeyError: no such stack.

    `port` 0: any free one. What `options` a stack knows is written at its module in `tests/servers/apps`.
    """
    stack = ALL[what] if isinstance(what, str) else what
    name = stack.name
    with ExitStack() as resources:
        behind = resources.enter_context(start(stack.behind)) if stack.behind else None
        folder = Path(resources.enter_context(tempfile.TemporaryDirectory(prefix=f"{name}-")))
        journal = folder / "journal.jsonl"
        journal.touch()
        if behind:
            known = {path: sorted(methods) for path, methods in behind.truth.items()}
            options = {"upstream": f"127.0.0.1:{behind.port}", "upstream_truth": known, **options}
        settings = {"port": port, "journal": str(journal), "options": {**stack.options, **options}}
        with (folder / "output.txt").open("wb") as output:
            process = subprocess.Popen(
                stack.command(sys.executable),
                cwd=ROOT,
                env=environment(settings, stack.environment),
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
            )
        server = Server(stack, process, folder, behind)
        server.secure = "certificate" in options
        resources.callback(server.stop)
        server.wait_until_ready()
        yield server
