"""What the gateways have in common: a port that nobody else can take, a truth derived from the server behind, exec."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.servers.bookshop import METHODS
from tests.servers.record import Record

ASIDE = "/usr/sbin"


class Gateway:
    """One gateway program. Option `refused`: methods that it answers itself, whatever the path."""

    def __init__(self) -> None:
        self.record = Record()
        self.folder = Path(self.record.journal).parent
        self.refused = set(self.record.options.get("refused", []))
        self.passing = sorted({*METHODS, "OPTIONS"} - self.refused)
        self.upstream: str = self.record.options["upstream"]
        self._reserved = reserve(self.record.port)
        self.port: int = self._reserved.getsockname()[1]

    def run(
        self, program: str, configuration: str, arguments: Sequence[str], last: Callable[[], object] = lambda: None
    ) -> None:
        """Become `program`; `{}` in the arguments is the path of the configuration. `last`: done just before."""
        path = self.folder / "gateway.conf"
        path.write_text(configuration)
        known: dict[str, list[str]] = self.record.options["upstream_truth"]
        self.record.truth({path: set(methods) - self.refused for path, methods in known.items()})
        self.record.ready(self.port)
        if sys.platform == "linux":
            set_parent_death_signal = 1
            ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)
        last()
        found = shutil.which(program) or f"{ASIDE}/{program}"
        os.execv(found, [program, *(argument.format(path) for argument in arguments)])


def reserve(port: int) -> socket.socket:
    """A bound socket that the gateway inherits and never listens on: nobody else can take the port before it does."""
    reserved = socket.socket()
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    reserved.bind(("127.0.0.1", port))
    reserved.set_inheritable(True)
    return reserved
