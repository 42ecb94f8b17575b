"""The run directory: written whole or not at all, held by one audit at a time (DESIGN §8, PROMISES P38-P41)."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from filelock import FileLock, Timeout

from auditor.errors import OutputError, TranscriptError

LOCK = ".auditor.lock"
HOLDER = ".auditor.holder"
STAGING = ".auditor-staging-"


class RunDirectory:
    """An output directory under lock. Files are staged beside their place and renamed when the run is whole."""

    def __init__(self, path: Path, run_id: str, started_at: str) -> None:
        self.path = path
        self._run_id, self._started_at = run_id, started_at
        self._lock = FileLock(str(path / LOCK))
        self._staging = path / f"{STAGING}{run_id}"

    def __enter__(self) -> RunDirectory:
        """Checks that the directory can be used before anything is sent, and takes it. OutputError where not."""
        where = str(self.path)
        try:
            if self.path.is_symlink():
                raise OutputError("the output directory is a symbolic link", where=where, hint="name the real folder")
            self.path.mkdir(parents=True, exist_ok=True)
            if (self.path / LOCK).is_symlink():
                raise OutputError("the lock file is a symbolic link", where=where, hint="remove it")
            self._lock.acquire(timeout=0)
        except Timeout:
            holder = _read_holder(self.path / HOLDER)
            raise OutputError(f"another audit is writing here{holder}", where=where,
                              hint="wait for it, or choose another --out") from None  # fmt: skip
        except OSError as error:
            raise OutputError(
                f"cannot be written: {error.strerror}", where=where, hint="choose another --out"
            ) from None
        try:
            for old in self.path.glob(f"{STAGING}*"):
                if old.is_dir() and not old.is_symlink():
                    shutil.rmtree(old, ignore_errors=True)
            self._staging.mkdir(mode=0o700)
            write_atomically(self.path / HOLDER, f"process {os.getpid()}, started {self._started_at}".encode())
        except OSError as error:
            self._lock.release()
            raise OutputError(
                f"cannot be written: {error.strerror}", where=where, hint="choose another --out"
            ) from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self._staging, ignore_errors=True)
        for name in (HOLDER, LOCK):
            with contextlib.suppress(OSError):
                (self.path / name).unlink()
        self._lock.release()

    def open(self, name: str) -> TextIO:
        """A staged file for appending lines, flushed per line."""
        return (self._staging / name).open("w", encoding="utf-8", newline="\n", buffering=1)

    def stage(self, name: str, data: bytes) -> None:
        (self._staging / name).write_bytes(data)

    def staged(self, name: str) -> bytes:
        return (self._staging / name).read_bytes()

    def publish(self, stale: Sequence[str] = ()) -> list[str]:
        """Moves every staged file into place; until then the old run stays as it was. OutputError on a full disk.

        `stale`: files of the old run that the new one does not replace. They go first: one that is missing misleads
        nobody.
        """
        names = sorted(p.name for p in self._staging.iterdir())
        try:
            for name in names:
                with (self._staging / name).open("rb") as file:
                    os.fsync(file.fileno())
            for name in stale:
                (self.path / name).unlink(missing_ok=True)
            for name in names:
                target = self.path / name
                if target.is_dir() and not target.is_symlink():
                    raise OutputError(f"{name} is a folder there", where=str(self.path), hint="choose another --out")
                (self._staging / name).replace(target)
        except OSError as error:
            raise OutputError(
                f"the run could not be stored: {error.strerror}",
                where=str(self.path),
                hint="make room, then audit again",
            ) from None
        return names


def _read_holder(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8")[:200]
    except (OSError, UnicodeDecodeError):
        return ""
    return f" ({text})" if text.isprintable() else ""


def write_atomically(path: Path, data: bytes) -> None:
    """Temporary file beside it, fsync, rename (PROMISES P39). A symbolic link at `path` is replaced, not followed."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    with contextlib.suppress(FileNotFoundError):
        temporary.unlink()
    descriptor = os.open(temporary, flags, 0o644)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


@contextlib.contextmanager
def alone(path: Path, patience: float = 30.0) -> Iterator[None]:
    """Only one process at a time is in this block for `path`: it is read, changed and replaced as one step.

    The lock lies beside the file and is gone afterwards; that of a process that died is free at once. OutputError where
    somebody holds it for longer than `patience`.
    """
    beside = path.with_name(f".{path.name}.lock")
    lock = FileLock(str(beside))
    try:
        lock.acquire(timeout=patience)
    except Timeout:
        raise OutputError("another auditor is changing it", where=str(path), hint="try again") from None
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            beside.unlink()  # still held: who waits for this one finds it gone, and takes the next (filelock)
        lock.release()


def check_output(path: str) -> None:
    """Whether `write_output` would succeed, before anything is sent (PROMISES P40)."""
    target = Path(path)
    try:
        if target.is_symlink() or (target.exists() and not stat.S_ISREG(target.stat().st_mode)):
            raise OutputError("this is no regular file", where=path, hint="name a plain file in --format")
        target.parent.mkdir(parents=True, exist_ok=True)
        probe = target.with_name(f".{target.name}.{os.getpid()}.probe")
        probe.touch(exist_ok=False)
        probe.unlink()
    except OSError as error:
        raise OutputError(f"cannot be written: {error.strerror}", where=path, hint="name another file") from None


def write_output(path: str, data: bytes) -> None:
    """A file named by --format KIND=PATH. OutputError where it cannot be written."""
    target = Path(path)
    try:
        if target.is_symlink() or (target.exists() and not stat.S_ISREG(target.stat().st_mode)):
            raise OutputError("this is no regular file", where=path, hint="name a plain file in --format")
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(target, data)
    except OSError as error:
        raise OutputError(f"cannot be written: {error.strerror}", where=path, hint="name another file") from None


def to_json(data: Any) -> bytes:
    """Strict JSON (PROMISES P30), keys as given, one trailing newline."""
    return (json.dumps(data, ensure_ascii=False, allow_nan=False, indent=1) + "\n").encode("utf-8", "backslashreplace")


def read_json(path: Path) -> Any:
    """A JSON file of a run directory. TranscriptError where it is missing or damaged."""
    try:
        return json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise TranscriptError(
            f"no run is here: {path.name} is missing", where=str(path.parent),
            hint="name the folder that auditor audit wrote, drift-report by default",
        ) from None  # fmt: skip
    except (OSError, ValueError, RecursionError):
        raise TranscriptError(f"{path.name} cannot be read", where=str(path.parent), hint="audit again") from None


def digest(data: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()
