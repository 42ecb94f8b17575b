"""How auditor was started, so that what it tells people to type works where they are."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path


def command() -> str | None:
    """What starts this auditor again from this folder; None where it was started as a module of a Python.

    A virtual environment need not be on PATH: `make demo` shows its hints to people who have nothing but the clone.
    """
    if shutil.which("auditor"):
        return "auditor"
    started = Path(sys.argv[0])
    return shlex.quote(_near(started)) if started.name == "auditor" and os.access(started, os.X_OK) else None


def module() -> str:
    """The same by the Python that runs."""
    return f"{shlex.quote(_near(Path(sys.executable)))} -m auditor"


def _near(file: Path) -> str:
    """`file` from the working directory where it is below that, else as it is."""
    full, here = file if file.is_absolute() else Path.cwd() / file, Path.cwd()
    return str(full.relative_to(here)) if full.is_relative_to(here) else str(full)
