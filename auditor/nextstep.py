"""What to do next where a description cannot be used: which file was probably meant."""

from __future__ import annotations

import difflib
import itertools
import os
from pathlib import Path

USUAL = ("openapi.yaml", "openapi.yml", "openapi.json", "swagger.yaml", "swagger.yml", "swagger.json")
MAX_NAMES = 10_000
_FORMS = "a description is a file, a URL, - or git:REF:PATH"


def for_description(source: str) -> str:
    """The next step for whoever named `source`, which could not be used."""
    if source == "-":
        return "send an OpenAPI description: auditor audit - < openapi.yaml"
    if source.startswith(("http://", "https://")):
        return "check the address, or save the description and name the file"
    if source.startswith("git:"):
        return f"git show {source[4:]} must print an OpenAPI description"
    if "://" in source:
        return "only http:// and https:// are fetched; save the description and name the file"
    path = Path(source)
    if os.path.isfile(source):  # noqa: PTH113 - unlike Path.is_file it never raises, whatever the name
        return "correct it there: OpenAPI 3.0 to 3.2 or Swagger 2.0, in YAML or JSON"
    folder = path if os.path.isdir(source) else path.parent  # noqa: PTH112
    if not os.path.isdir(folder):  # noqa: PTH112
        return f"there is no folder {folder}; {_FORMS}"
    near = _near(folder, path.name if folder != path else "")
    return f"did you mean {folder / near}?" if near else _FORMS


def _near(folder: Path, name: str) -> str | None:
    """The file of `folder` that is nearly called so, else one with a usual name."""
    try:
        with os.scandir(folder) as entries:
            names = [e.name for e in itertools.islice(entries, MAX_NAMES)]
    except OSError:
        return None
    described = sorted(n for n in names if n.lower().endswith((".yaml", ".yml", ".json")) and n[:8] != "auditor.")
    close = difflib.get_close_matches(name, described, 1, 0.6)
    return close[0] if close else next((n for n in USUAL if n in names), None)
