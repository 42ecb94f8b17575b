"""A copy of a small drifted service, edited as a fix says, and running on loopback."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.needs import find
from tests.servers import builds
from tests.surveys.deployments import free_port, program

APPS = Path(__file__).with_name("apps")
MODULES = Path(__file__).resolve().parents[1] / "servers" / "node" / "node_modules"
Command = Callable[[Path, Path], list[str]]
"""From the folder of the copy, and the file that was edited, to what starts it; the port comes after it."""


def python(_folder: Path, source: Path) -> list[str]:
    return [sys.executable, str(source)]


def node(folder: Path, source: Path) -> list[str]:
    (folder / "node_modules").symlink_to(MODULES)
    return [find("node") or "node", str(source)]


def go(folder: Path, source: Path) -> list[str]:
    """Compiled, of what the module's own go.mod names: Gin and chi want a newer Go than distributions have."""
    local = {"GOFLAGS": "-mod=readonly -buildvcs=false", "GOTOOLCHAIN": "auto"}
    builds.run(["go", "build", "-o", str(folder / "server"), f"./{source.parent.name}"], folder, **local)
    return [str(folder / "server")]


def java(_folder: Path, source: Path) -> list[str]:
    """As a single source file (JEP 330), with the libraries of the catalogue's Spring server."""
    interpreter, *flags = builds.command("spring")[:-1]
    return [interpreter, *flags, str(source)]


@contextmanager
def deployed(source: str, text: str, command: Command) -> Iterator[int]:
    """The port of a service whose file `source` of `apps/` reads `text`; a module of Go comes with its neighbours."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if source.startswith("go/"):
            shutil.copytree(APPS / "go", folder, dirs_exist_ok=True)
        copy = folder / source.removeprefix("go/")
        copy.write_text(text, encoding="utf-8")
        port = free_port()
        with program(port, [*command(folder, copy), str(port)], name):
            yield port
