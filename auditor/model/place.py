"""Where an audit was started: what names of files are relative to."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """`folder`: the working directory; `roots`: the root of the repository around it, by each of its names."""

    folder: str = ""
    roots: tuple[str, ...] = ()

    def within(self, file: str) -> str:
        """`file` from the root of the repository where it lies below it, else as it was given."""
        full = posixpath.normpath(posixpath.join(self.folder, file))
        for root in self.roots:
            if root != "/" and full.startswith(root.rstrip("/") + "/"):
                return full[len(root.rstrip("/")) + 1 :]
        return posixpath.normpath(file)


NOWHERE = Place()
"""Names of files stay as they are."""
