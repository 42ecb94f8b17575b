"""What `--format` asks for: checked before anything is sent, staged with the run, or written where it names a path."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from auditor.differ.output import ALWAYS, FORMATS
from auditor.model.report import Report
from auditor.rundir import RunDirectory, check_output, write_output

Formats = Sequence[tuple[str, str | None]]


def check(formats: Formats) -> None:
    """Whether every named path can be written (PROMISES P40). OutputError where not."""
    for _, path in formats:
        if path is not None:
            check_output(path)


def stage(folder: RunDirectory, report: Report, formats: Formats) -> None:
    """Everything that goes into the output directory: what is always written, and what was asked for without a path."""
    for kind in dict.fromkeys((*ALWAYS, *(kind for kind, path in formats if path is None))):
        name = FORMATS[kind].filename
        if name is not None:
            folder.stage(name, FORMATS[kind].render(report))


def write(report: Report, formats: Formats) -> None:
    """What has a path of its own, and what a CI system reads from standard output; text is printed by the command."""
    for kind, path in dict.fromkeys(formats):
        if path is not None:
            write_output(path, FORMATS[kind].render(report))
        elif FORMATS[kind].filename is None and kind != "text":
            sys.stdout.write(FORMATS[kind].render(report).decode("ascii"))
            sys.stdout.flush()
