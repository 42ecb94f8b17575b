"""The repository around the working directory: what CI systems mean the names of files from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from auditor.loader.refs import version_control_root
from auditor.model.place import Place

WORKSPACES = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR")
"""Where a CI system names the folder that it reads file names from; it counts where we are below it."""


def workplace(environ: Mapping[str, str], here: Path) -> Place:
    """The working directory and the root around it: the CI system's, the version control system's, or itself."""
    real = here.resolve()
    named = [(environ[n], Path(environ[n]).resolve()) for n in WORKSPACES if environ.get(n, "").startswith("/")]
    root = next(((given, found) for given, found in named if real.is_relative_to(found)), None)
    if root is None:
        found = version_control_root(real) or real
        root = (str(found), found)
    return Place(str(real), tuple(dict.fromkeys((str(root[1]), root[0].rstrip("/")))))
