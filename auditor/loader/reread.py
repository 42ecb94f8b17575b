"""A description read again as it was audited: the plain data of each file, and where a reference leads.

Nothing is looked for: every file is handed in as the bytes whose digest the run recorded.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from auditor.errors import DescriptionError
from auditor.loader.document import Document, gc_off, parse
from auditor.loader.git import Commit
from auditor.loader.refs import RefProblem, Resolver

_REMOTE = ("http://", "https://")


class Reread:
    """The files of one description by the names that the run gave them. `files`: the data of each."""

    def __init__(self, root: str, data: Mapping[str, bytes], folder: Path | None = None) -> None:
        """`root`: the file that is the description itself; `folder`: where git runs. DescriptionError if unreadable."""
        self.root = root
        self._names = {_identity(name, folder): name for name in data}
        self._documents = {name: _document(data[name], name, id_) for id_, name in self._names.items()}
        self.files: Mapping[str, Any] = {name: d.root for name, d in self._documents.items()}
        hosts = frozenset(urlsplit(name).hostname or "" for name in data if name.startswith("https://"))
        self._resolver = Resolver(self._documents[root], _Recorded(self._names), {}, hosts, 0)
        self._resolver.documents.update({d.base or "": d for d in self._documents.values()})
        self._resolver.closed = True

    def step(self, file: str, ref: object) -> tuple[str, str] | None:
        """(file, JSON pointer) that a `$ref` written in `file` names; what stands there is not followed further."""
        if not isinstance(ref, str):
            return None
        try:
            spot = self._resolver.hop(ref, self._documents[file])
        except (RefProblem, DescriptionError, ValueError):
            return None
        return spot.document.file, spot.pointer


def git_bytes(name: str, folder: Path | None = None) -> bytes | None:
    """The content of `git:REF:PATH` today; None where the commit has no such file. DescriptionError without commit."""
    ref, _, path = name.removeprefix("git:").partition(":")
    commit = Commit(ref, folder)
    try:
        return commit.read(commit.locate(None, commit.root_path(path)))
    except RefProblem:
        return None


def _identity(name: str, folder: Path | None) -> str:
    """What references start from: the URL, the path in the commit, or the path as shown."""
    if name.startswith(_REMOTE):
        return name
    if name.startswith("git:"):
        ref, _, path = name.removeprefix("git:").partition(":")
        return Commit(ref, folder).root_path(path)
    return posixpath.normpath(name)


def _document(data: bytes, name: str, identity: str) -> Document:
    with gc_off():
        document = parse(data, name, identity)
    document.remote = name.startswith(_REMOTE)
    return document


class _Recorded:
    """The files of the run, and no other; see `refs.Reader`."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def locate(self, base: str | None, path: str) -> str:
        found = posixpath.normpath(posixpath.join(posixpath.dirname(base or ""), path))
        if found not in self._names:
            raise RefProblem("was not read by the run")
        return found

    def shown(self, identity: str) -> str:
        return self._names[identity]

    def read(self, identity: str) -> bytes:
        raise RefProblem("was not read by the run")
