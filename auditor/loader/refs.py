"""Lazy `$ref`: nothing is dereferenced but what the walk asks for, and nothing is read outside the jail.

The jail is the enclosing version-control root of the description, else its folder, or `--ref-root`; what counts is the
resolved real path. `http(s)` references are never fetched here: their bytes are handed in (PROMISES P43).
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from auditor.errors import DescriptionError
from auditor.loader.document import MAX_FILE, Document, parse, read_capped
from auditor.loader.surrogates import encodable

MAX_FILES = 5_000
MAX_TOTAL = 512 * 1024 * 1024
MAX_HOPS = 64

_VCS = (".git", ".hg", ".svn", ".jj")
_OPEN = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_CLOEXEC", "O_NOFOLLOW"))
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


class RefProblem(Exception):
    """A reference that leads nowhere; the message completes the sentence "`$ref` X …"."""


class RemoteRefNeeded(DescriptionError):
    """A remote reference is allowed, but its bytes were not handed in: fetch `url` and load again."""

    def __init__(self, url: str, where: str) -> None:
        super().__init__(f"refers to {url}, which has not been fetched", where=where)
        self.url = url


class Reader(Protocol):
    """Where referenced files come from: a folder, a commit, or nowhere. Raises RefProblem."""

    def locate(self, base: str | None, path: str) -> str:
        """The identity of the file that `path`, relative to the file `base`, names; refuses what is outside."""

    def shown(self, identity: str) -> str:
        """That file as the user would write it."""

    def read(self, identity: str) -> bytes:
        """Its bytes."""


class Spot(NamedTuple):
    """A value, the document that holds it, and its JSON pointer there."""

    node: Any
    document: Document
    pointer: str


class NoFiles:
    """For a description without a folder (`-`): every file reference is refused."""

    def locate(self, base: str | None, path: str) -> str:
        raise RefProblem("points to another file, but this description has no folder")

    def shown(self, identity: str) -> str:
        return identity

    def read(self, identity: str) -> bytes:
        raise RefProblem("cannot be read")


class Folder:
    """Files under `root`, by resolved real path; regular files only."""

    def __init__(self, root: Path, shown_from: str, real_from: str) -> None:
        self.root = os.path.realpath(root)
        self.shown_from, self.real_from = shown_from, real_from
        self._folders: dict[str, str] = {}

    def locate(self, base: str | None, path: str) -> str:
        if "\0" in path:
            raise RefProblem("holds a NUL character")
        folder, name = os.path.split(os.path.join(os.path.dirname(base or ""), path))  # noqa: PTH118, PTH120 - speed
        real = self._folders.get(folder)
        if real is None:
            real = self._folders[folder] = os.path.realpath(folder)
        full = os.path.join(real, name)  # noqa: PTH118
        if name in ("", ".", "..") or os.path.islink(full):  # noqa: PTH114
            full = os.path.realpath(full)
        if full != self.root and not full.startswith(self.root.rstrip(os.sep) + os.sep):
            raise RefProblem("points outside the folder that may be read (--ref-root sets it): not followed")
        return full

    def shown(self, identity: str) -> str:
        return os.path.normpath(os.path.join(self.shown_from, os.path.relpath(identity, self.real_from)))  # noqa: PTH118

    def read(self, identity: str) -> bytes:
        try:
            handle = os.open(identity, _OPEN)
        except OSError as e:
            raise RefProblem(f"cannot be read ({e.strerror or type(e).__name__})") from None
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise RefProblem("is not a regular file: not read")
        with os.fdopen(handle, "rb") as f:
            data = read_capped(f)
        if len(data) > MAX_FILE:
            raise RefProblem(f"is larger than {MAX_FILE // 2**20} MB: not read")
        return data


def version_control_root(folder: Path) -> Path | None:
    """The nearest folder upwards that a version control system marks as its root."""
    for candidate in (folder, *folder.parents):
        if any((candidate / mark).exists() for mark in _VCS):
            return candidate
    return None


class Resolver:
    """Follows `$ref`s and keeps each file that was read, once."""

    def __init__(
        self, root: Document, reader: Reader, remote: Mapping[str, bytes], allowed_hosts: frozenset[str], size: int
    ) -> None:
        self.root, self.reader, self.remote, self.allowed_hosts = root, reader, remote, allowed_hosts
        self.documents: dict[str, Document | RefProblem] = {root.base or "": root}
        self.fresh: list[Document] = []
        """Documents read since the caller last looked: their notes are still to be taken."""
        self.closed = False
        """Set when the Contract is whole: no further file is read then."""
        self._total = size
        self._seen: dict[tuple[int, str], Spot] = {}
        own = root.root.get("$self") if isinstance(root.root, dict) else None
        self._self = urldefrag(own)[0] if isinstance(own, str) else None

    def follow(self, ref: Any, document: Document) -> Spot:
        """The value at the end of a chain of references. Raises RefProblem, or RemoteRefNeeded for `run` to answer."""
        seen: set[tuple[int, str]] = set()
        origin = (id(document), ref) if isinstance(ref, str) else None
        if origin in self._seen:
            return self._seen[origin]
        while True:
            if not isinstance(ref, str):
                raise RefProblem("is not text")
            if (id(document), ref) in seen:
                raise RefProblem("leads back to itself")
            if len(seen) >= MAX_HOPS:
                raise RefProblem(f"needs more than {MAX_HOPS} hops")
            seen.add((id(document), ref))
            spot = self.hop(ref, document)
            if not (isinstance(spot.node, dict) and "$ref" in spot.node):
                break
            ref, document = spot.node["$ref"], spot.document
        self._seen[origin] = spot  # type: ignore[index]
        return spot

    def hop(self, ref: str, document: Document) -> Spot:
        """What one reference names, be it a reference again. Raises as `follow`."""
        target, _, fragment = ref.partition("#")
        found = document if not target else self._load(target, document)
        node, pointer = _at(found.root, unquote(fragment))
        return Spot(node, found, pointer)

    def _load(self, target: str, document: Document) -> Document:
        if target == self._self:
            return self.root
        if document.remote or _SCHEME.match(target) or target.startswith(("//", "\\\\")):
            return self._load_remote(target, document)
        path = unquote(target.partition("?")[0])
        if path.startswith("/"):
            raise RefProblem("is an absolute path: not followed")
        identity = self.reader.locate(document.base, path)
        return self._kept(
            identity, lambda: self._parse(self.reader.read(identity), self.reader.shown(identity), identity)
        )

    def _load_remote(self, target: str, document: Document) -> Document:
        url = urljoin(document.base or "", target) if document.remote else target
        try:
            parts = urlsplit(url)
            host = parts.hostname or ""
        except ValueError:
            raise RefProblem("is not a URL: not followed") from None
        if parts.scheme not in ("http", "https") or not host:
            raise RefProblem(f"has the scheme {parts.scheme[:20]!r}: only files and https are ever followed")
        if host not in self.allowed_hosts:
            raise RefProblem(f"is remote: not followed (--allow-remote-refs {host} allows it)")
        if parts.scheme != "https" or parts.username is not None:
            raise RefProblem("is remote, and only https without user name is followed")
        if url not in self.remote and url not in self.documents and not self.closed:
            raise RemoteRefNeeded(url, document.file)
        return self._kept(url, lambda: self._parse(self.remote[url], url, url, remote=True))

    def _kept(self, identity: str, make: Any) -> Document:
        known = self.documents.get(identity)
        if known is None and self.closed:
            raise RefProblem("leads to a file that was not needed before")
        if known is None:
            try:
                known = make()
            except RefProblem as e:
                known = e
            except RemoteRefNeeded:
                raise
            except DescriptionError as e:
                known = RefProblem(f"leads to a file that {e.what}")
            self.documents[identity] = known
        if isinstance(known, RefProblem):
            raise known
        return known

    def _parse(self, data: bytes, shown: str, identity: str, remote: bool = False) -> Document:
        self._total += len(data)
        if len(self.documents) >= MAX_FILES or self._total > MAX_TOTAL:
            raise RefProblem(f"is beyond the limit of {MAX_FILES:,} files and {MAX_TOTAL // 2**20} MB: not read")
        document = parse(data, encodable(shown), identity)
        document.remote = remote
        self.fresh.append(document)
        return document

    @property
    def files(self) -> list[Document]:
        """Every document that was read, the root first, then by name."""
        read = [d for d in self.documents.values() if isinstance(d, Document) and d is not self.root]
        return [self.root, *sorted(read, key=lambda d: d.file)]


def at_fragment(root: Any, ref: str) -> Any:
    """The value that `#…` names in its own file, without following what stands there. Raises RefProblem."""
    return _at(root, unquote(ref[1:]))[0]


def _at(root: Any, fragment: str) -> tuple[Any, str]:
    """The value at a JSON pointer (RFC 6901), the fragment already percent-decoded."""
    if fragment in ("", "/"):
        return root, ""
    if not fragment.startswith("/"):
        raise RefProblem("has a fragment that is not a JSON pointer: not followed")
    node = root
    for raw in fragment[1:].split("/"):
        token = raw.replace("~1", "/").replace("~0", "~")
        if isinstance(node, dict) and token in node:
            node = node[token]
        elif isinstance(node, list) and token.isdecimal() and len(token) < 9 and int(token) < len(node):
            node = node[int(token)]
        else:
            raise RefProblem("leads nowhere")
    return node, fragment


def escape(token: str) -> str:
    """A JSON pointer token (RFC 6901 §3)."""
    return token.replace("~", "~0").replace("/", "~1") if "~" in token or "/" in token else token


def shown_ref(ref: Any) -> str:
    """A reference for a message; never walks into one that is not text."""
    return repr(ref if len(ref) <= 100 else ref[:97] + "...") if isinstance(ref, str) else "that is not text"
