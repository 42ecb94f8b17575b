"""Secrets from files and commands: the one place that runs a command of the operator (PROMISES P2, P35)."""

from __future__ import annotations

import subprocess
from pathlib import Path

from auditor.errors import SecretMissing

MAX_OCTETS = 16384
SECONDS = 30


def read_secret(file: str | None, command: list[str] | None, where: str) -> str:
    """The secret's text without its last line feed. SecretMissing where there is none; the text is never shown."""
    data = _from_file(file, where) if file is not None else _from_command(command or [], where)
    try:
        text = data[: MAX_OCTETS + 1].decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise SecretMissing(
            "the secret is no UTF-8 text", where=where, hint="keep the secret alone, as plain text"
        ) from None
    if not text or len(data) > MAX_OCTETS:
        raise SecretMissing(
            "the secret is empty or longer than 16 kB", where=where, hint="look at what the file or command gives"
        )
    return text


def _from_file(file: str, where: str) -> bytes:
    try:
        with Path(file).open("rb") as handle:
            return handle.read(MAX_OCTETS + 1)
    except OSError as error:
        raise SecretMissing(
            f"the secret file cannot be read: {error.strerror}",
            where=where,
            hint="its path is meant from the current folder",
        ) from None


def _from_command(command: list[str], where: str) -> bytes:
    """Run without a shell; its output is the secret, its errors stay its own."""
    try:
        # The operator's own command, from the operator's own config.
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False, stdin=subprocess.DEVNULL)  # noqa: S603
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise SecretMissing(
            f"the secret command failed ({type(error).__name__})",
            where=where,
            hint=f"run it yourself: it has {SECONDS} s",
        ) from None
    if done.returncode != 0:
        raise SecretMissing(
            f"the secret command ended with {done.returncode}", where=where, hint="run it yourself to see why"
        )
    return done.stdout
