"""Every cell as a row of a spreadsheet (RFC 4180)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from auditor.differ.output.escape import visible
from auditor.model.report import Report

HEAD = ("environment", "path", "method", "documented", "support", "basis", "reason", "remedy", "why", "exchanges")

MAX_TEXT = 2_000

_FORMULA = frozenset("=+-@＝＋－＠")
"""What a spreadsheet may take for the start of a formula, full-width forms included."""


def render(report: Report) -> bytes:
    """UTF-8 with CRLF. Operations that were left out are rows too, so that the sums of the report hold."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n", quoting=csv.QUOTE_MINIMAL)
    writer.writerow(HEAD)
    writer.writerows([_inert(value) for value in row] for row in _rows(report))
    return file.getvalue().encode()


def _rows(report: Report) -> Iterator[tuple[str, ...]]:
    for c in report.cells:
        documented = "yes" if (c.environment, c.path, c.method) in report.documented else "no"
        yield (
            c.environment, c.path, c.method, documented, c.support.value, c.basis or "", c.reason or "", c.remedy or "",
            c.why, " ".join(c.exchanges),
        )  # fmt: skip
    for x in report.excluded:
        yield (x.environment, x.path, x.method, "yes", "excluded", "", x.by, "", x.why, "")


def _inert(text: str) -> str:
    """One line that no spreadsheet calculates: an apostrophe goes before what would begin a formula."""
    shown = visible(text, MAX_TEXT)
    return f"'{shown}" if shown.lstrip()[:1] in _FORMULA and shown.strip() else shown
