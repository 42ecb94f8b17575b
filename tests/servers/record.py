"""Inside a test server: what it was started with, and the journal that it keeps beside the audited port.

One environment variable carries everything in (`TEST_SERVER`, JSON: port, journal, options). Everything out goes to the
journal, one JSON object per line: `{"truth": {path: [methods]}}`, `{"ready": port}`, `{"request": [method, target]}`,
`{"entered": what}` when a state-changing handler starts, `{"write": what}` when it changed something. Servers in other
languages write the same lines.
"""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterable, Mapping
from typing import Any

VARIABLE = "TEST_SERVER"
STDIN = 0


class Record:
    """One server's settings and journal."""

    def __init__(self) -> None:
        settings = json.loads(os.environ[VARIABLE])
        self.port: int = settings["port"]
        self.options: Mapping[str, Any] = settings["options"]
        self.journal: str = settings["journal"]
        # One write() per line on an O_APPEND file: lines of concurrent threads do not mix.
        self._file = os.open(self.journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def _write(self, entry: Mapping[str, Any]) -> None:
        os.write(self._file, (json.dumps(entry) + "\n").encode())

    def request(self, method: str, target: str, credentials: bool = False) -> None:
        """A request line arrived, and with it credentials or none."""
        self._write({"request": [method, target], **({"credentials": True} if credentials else {})})

    def entered(self, what: str) -> None:
        """A state-changing handler started."""
        self._write({"entered": what})

    def wrote(self, what: str) -> None:
        """Something changed."""
        self._write({"write": what})

    def truth(self, served: Mapping[str, Iterable[str]]) -> None:
        """Which methods each documented path really serves here."""
        self._write({"truth": {path: sorted(methods) for path, methods in served.items()}})

    def ready(self, port: int) -> None:
        """The port accepts connections."""
        self._write({"ready": port})

    def listen(self) -> socket.socket:
        """A listening socket on loopback, on the wanted or any free port."""
        listener = socket.create_server(("127.0.0.1", self.port), backlog=128)
        self.port = listener.getsockname()[1]
        return listener


def die_with_parent() -> None:
    """End this process when whoever started it is gone: its end of our standard input closes then."""

    def wait() -> None:
        while os.read(STDIN, 1024):
            pass
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()
