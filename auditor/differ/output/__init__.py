"""Output formats: each renders the one Report into bytes and does nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from auditor.model.report import Report


@dataclass(frozen=True, slots=True)
class Format:
    """One KIND of `--format`. `filename` is its name in the output directory; None: it goes to stdout."""

    kind: str
    filename: str | None
    render: Callable[[Report], bytes]


# Imported when called: jinja2 costs more than everything else that `--help` needs.
def _json(report: Report) -> bytes:
    from auditor.differ.output import report_json

    return report_json.render(report)


def _html(report: Report) -> bytes:
    from auditor.differ.output import html

    return html.render(report)


def _text(report: Report) -> bytes:
    from auditor.differ.output import text

    return text.render(report).encode()


FORMATS: Mapping[str, Format] = MappingProxyType({
    f.kind: f
    for f in (
        Format("json", "report.json", _json),
        Format("html", "report.html", _html),
        Format("text", None, _text),
    )
})  # fmt: skip
"""By kind. Names of files are fixed here and never come from a description or a server (PROMISES P38)."""
