"""The run directories below a folder: those that hold a report.json. Symbolic links are never followed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

NAME, PAGE = "report.json", "report.html"
MAX_FOLDERS = 200_000
MAX_DEPTH = 16
MAX_OCTETS = 128 * 1024 * 1024
"""Of one report.json: ten thousand operations in three environments take less than half."""


@dataclass(slots=True)
class Found:
    """Run directories by their names below the folder, in order, and what was not looked at."""

    runs: list[tuple[str, ...]] = field(default_factory=list)
    links: int = 0
    closed: list[str] = field(default_factory=list)
    """Folders that cannot be read."""
    deep: int = 0
    full: bool = False
    """There are more folders than are searched."""


def search(root: Path) -> Found:
    """All run directories in and below `root`. OSError where it cannot be read itself."""
    found = Found()
    left = MAX_FOLDERS
    os.scandir(root).close()
    waiting: list[tuple[str, ...]] = [()]
    while waiting:
        parts = waiting.pop()
        left -= 1
        if left < 0:
            found.full = True
            break
        try:
            inner = list(_look(root, parts, found))
        except OSError:
            found.closed.append("/".join(parts))
            continue
        if len(parts) < MAX_DEPTH:
            waiting.extend(reversed(inner))
        else:
            found.deep += len(inner)
    found.runs.sort()
    return found


def _look(root: Path, parts: tuple[str, ...], found: Found) -> Iterator[tuple[str, ...]]:
    """The folders in a folder, in order; notes a report.json there. Hidden ones are somebody's workplace."""
    with os.scandir(root.joinpath(*parts)) as listing:
        entries = sorted(listing, key=lambda e: e.name)
    for entry in entries:
        if entry.is_symlink():
            found.links += entry.name == NAME or entry.is_dir()
        elif entry.name == NAME and entry.is_file(follow_symlinks=False):
            found.runs.append(parts)
        elif entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
            yield (*parts, entry.name)


def page_of(folder: Path) -> bool:
    """Whether a run directory holds a report.html of its own."""
    try:
        return stat.S_ISREG((folder / PAGE).lstat().st_mode)
    except OSError:
        return False


def opened(folder: Path) -> BinaryIO:
    """The report.json of a run directory. OSError where it is no plain file, or a link by now."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(folder / NAME, flags)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(0, "is no plain file")
    return os.fdopen(descriptor, "rb")


def modified(folder: Path) -> datetime:
    """When its report.json was written, as far as the file system knows; the beginning of time where it does not."""
    try:
        return datetime.fromtimestamp((folder / NAME).lstat().st_mtime, UTC)
    except (OSError, OverflowError, ValueError):
        return datetime.min.replace(tzinfo=UTC)
