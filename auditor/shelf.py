"""Files beside a description, read for response checks inside the jail of the loader (PROMISES P43)."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from auditor.errors import DescriptionError
from auditor.loader.document import gc_off, parse
from auditor.loader.refs import Folder, RefProblem, version_control_root

MAX_FILES = 500
MAX_TOTAL = 64 * 1024 * 1024
_ELSEWHERE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:|//|\\\\|/")


class Files:
    """A Shelf (prober/library) of the folder of a description; files are named as they are shown to the user."""

    def __init__(self, source: str, ref_root: str | None) -> None:
        folder = Path(source).parent
        real = folder.resolve()
        root = Path(ref_root) if ref_root else version_control_root(real) or real
        self._folder = Folder(root, str(folder), str(real))
        self._identities = {source: str(real / Path(source).name)}
        self._left, self._room = MAX_FILES, MAX_TOTAL

    def locate(self, file: str, target: str) -> str | None:
        """The file that `target`, written in `file`, names; None where it is remote or outside the jail."""
        path = unquote(target.partition("?")[0])
        if _ELSEWHERE.match(path):
            return None
        try:
            identity = self._folder.locate(self._identity(file), path)
        except (RefProblem, OSError, ValueError):
            return None
        shown = self._folder.shown(identity)
        return next((s for s, i in self._identities.items() if i == identity), None) or self._named(shown, identity)

    def read(self, file: str) -> Any:
        """The data of a file, or None where it cannot be read or is more than we read for this."""
        self._left -= 1
        try:
            data = self._folder.read(self._folder.locate(None, self._identity(file)))
            self._room -= len(data)
            if self._left < 0 or self._room < 0:
                return None
            with gc_off():
                return parse(data, file).root
        except (RefProblem, DescriptionError, OSError, ValueError):
            return None

    def _named(self, shown: str, identity: str) -> str:
        self._identities[shown] = identity
        return shown

    def _identity(self, file: str) -> str:
        return self._identities.get(file) or os.path.realpath(file)


def shelf_of(source: str, ref_root: str | None) -> Files | None:
    """The shelf of a description that is a file; None for standard input, a URL, a commit."""
    if source == "-" or source.startswith(("http://", "https://", "git:")) or not Path(source).is_file():
        return None
    return Files(source, ref_root)
