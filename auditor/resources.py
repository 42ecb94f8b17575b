"""Where templates and sample descriptions are: inside an installed wheel, or at the root of a source tree."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def data_dir(name: str) -> Path:
    """The folder `templates` or `sample_specs`.

    A wheel carries it below `auditor/_data`; an editable install and a source tree keep it beside the package.
    """
    for folder in (_PACKAGE / "_data" / name, _PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"this installation of auditor lacks its {name} folder: install it again")
