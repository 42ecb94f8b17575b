"""`git:REF:PATH`: a description and what it refers to, as one commit holds them. The loader's only subprocess."""

from __future__ import annotations

import os
import posixpath
import subprocess
from pathlib import Path

from auditor.errors import DescriptionError
from auditor.loader.document import MAX_FILE
from auditor.loader.refs import RefProblem

TIMEOUT = 30.0
"""Seconds that one call of git may take."""


class Commit:
    """Files of one commit, read as blobs: no work tree, no filters, no hooks, no network."""

    def __init__(self, ref: str, folder: Path | None = None) -> None:
        """Resolve `ref` once. Raises DescriptionError where git, the repository or the commit is missing."""
        self.folder, self.ref = folder or Path.cwd(), ref
        if not ref or ref.startswith("-") or any(c in ref for c in "\0\n"):
            raise DescriptionError("is not git:REF:PATH", where=f"git:{ref}", hint="for example git:HEAD:openapi.yaml")
        found = self._git("rev-parse", "--verify", "--quiet", "--end-of-options", ref + "^{commit}")
        if found is None:
            raise DescriptionError(
                f"git knows no commit {ref!r} here", where=f"git:{ref}", hint="fetch it, or check the name"
            )
        self.hash = found.decode("ascii", "replace").strip()

    def root_path(self, path: str) -> str:
        """`path` from the top of the repository; `./x` is meant from the current folder, as git does."""
        if path.startswith(("./", "../")):
            prefix = self._git("rev-parse", "--show-prefix") or b""
            path = posixpath.join(prefix.decode("utf-8", "replace").strip(), path)
        return posixpath.normpath(path)

    def locate(self, base: str | None, path: str) -> str:
        """See `refs.Reader`: the jail is the commit."""
        full = posixpath.normpath(posixpath.join(posixpath.dirname(base or ""), path))
        if full.startswith(("/", "../")) or full in (".", "..") or "\0" in full:
            raise RefProblem("points outside the repository: not followed")
        return full

    def shown(self, identity: str) -> str:
        return f"git:{self.ref}:{identity}"

    def read(self, identity: str) -> bytes:
        """The blob; raises RefProblem where the commit has no such file, or it is too large."""
        name = f"{self.hash}:{identity}"
        size = self._git("cat-file", "-s", name)
        if size is None or self._git("cat-file", "-t", name) != b"blob\n":
            raise RefProblem("names no file of that commit")
        if int(size) > MAX_FILE:
            raise RefProblem(f"is larger than {MAX_FILE // 2**20} MB: not read")
        data = self._git("cat-file", "blob", name)
        if data is None:
            raise RefProblem("cannot be read from git")
        return data

    def _git(self, *arguments: str) -> bytes | None:
        """Standard output, or None where git refuses. A partial clone must not fetch: no protocol is allowed."""
        command = ["git", "--no-pager", "-c", "protocol.allow=never", "-c", "core.fsmonitor=false", *arguments]
        environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1"}
        try:
            done = subprocess.run(  # noqa: S603 - an argument list, no shell, no text of a description
                command, cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                timeout=TIMEOUT, check=False,
            )  # fmt: skip
        except FileNotFoundError:
            raise DescriptionError("git is not installed", where=f"git:{self.ref}") from None
        except subprocess.TimeoutExpired:
            raise DescriptionError(f"git did not answer within {TIMEOUT:.0f} s", where=f"git:{self.ref}") from None
        return done.stdout if done.returncode == 0 else None
