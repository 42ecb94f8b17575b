"""What `--format` asks for: checked before anything is sent, staged with the run, or written where it names a path."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from auditor.differ.output import ALWAYS, FORMATS
from auditor.errors import AuditorError
from auditor.model.report import Report
from auditor.rundir import RunDirectory, check_output, digest, read_json, write_output

Formats = Sequence[tuple[str, str | None]]


def check(formats: Formats) -> None:
    """Whether every named path can be written (PROMISES P40). OutputError where not."""
    for _, path in formats:
        if path is not None:
            check_output(path)


def stage(folder: RunDirectory, report: Report, formats: Formats) -> dict[str, str]:
    """Everything that goes into the output directory: what is always written, and what was asked for without a path.

    The digests of the latter, by name: what a later run may take away again.
    """
    digests = {}
    for kind in dict.fromkeys((*ALWAYS, *(kind for kind, path in formats if path is None))):
        name = FORMATS[kind].filename
        if name is not None:
            data = FORMATS[kind].render(report)
            folder.stage(name, data)
            if kind not in ALWAYS:
                digests[name] = digest(data)
    return digests


def written(folder: Path, recorded: Mapping[str, str]) -> tuple[str, ...]:
    """Kinds whose files lie in the folder just as the run that `recorded` their digests has written them."""
    return tuple(k for k, name in _OPTIONAL.items() if name in recorded and _is(folder / name, recorded[name]))


def leftovers(folder: Path, kept: Collection[str]) -> tuple[list[str], list[str]]:
    """Files of an earlier run that this one does not write: (auditor's own, those that may be somebody else's).

    Auditor's own are those whose digest its run.json holds: a folder may well be shared with another tool's junit.xml.
    """
    recorded = recorded_in(folder)
    there = {k: n for k, n in _OPTIONAL.items() if n not in kept and (folder / n).exists()}
    own = {there[k] for k in written(folder, recorded) if k in there}
    return sorted(own), sorted(set(there.values()) - own)


def recorded_in(folder: Path) -> dict[str, str]:
    """What the run.json of the folder says it has written; nothing where it cannot be read."""
    try:
        found = read_json(folder / "run.json")["outputs"]
        return {str(k): str(v) for k, v in found.items()}
    except (AuditorError, KeyError, TypeError, AttributeError):
        return {}


def _is(path: Path, expected: str) -> bool:
    try:
        return path.is_file() and not path.is_symlink() and digest(path.read_bytes()) == expected
    except OSError:
        return False


_OPTIONAL = {k: f.filename for k, f in FORMATS.items() if f.filename is not None and k not in ALWAYS}


def write(report: Report, formats: Formats) -> None:
    """What has a path of its own, and what a CI system reads from standard output; text is printed by the command."""
    for kind, path in dict.fromkeys(formats):
        if path is not None:
            write_output(path, FORMATS[kind].render(report))
        elif FORMATS[kind].filename is None and kind != "text":
            sys.stdout.write(FORMATS[kind].render(report).decode("ascii"))
            sys.stdout.flush()
