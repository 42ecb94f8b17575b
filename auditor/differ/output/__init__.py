"""Output formats: each renders the one Report into bytes and does nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType

from auditor.model.report import Report


@dataclass(frozen=True, slots=True)
class Format:
    """One KIND of `--format`. `filename` is its name in the output directory; None: it goes to stdout.

    `about` says what it is and who reads it.
    """

    kind: str
    filename: str | None
    render: Callable[[Report], bytes]
    about: str


def _later(module: str) -> Callable[[Report], bytes]:
    """The `render` of a module that is imported when called: jinja2 costs more than everything that `--help` needs."""

    def render(report: Report) -> bytes:
        made: bytes | str = import_module(f"{__name__}.{module}").render(report)
        return made if isinstance(made, bytes) else made.encode()

    return render


FORMATS: Mapping[str, Format] = MappingProxyType({
    kind: Format(kind, filename, _later(module), about)
    for kind, filename, module, about in (
        ("json", "report.json", "report_json", "the whole result, for scripts; always written"),
        ("html", "report.html", "html", "the report for people, one file; always written"),
        ("text", None, "text", "the summary for terminals and logs; always printed"),
        ("sarif", "report.sarif", "sarif", "SARIF 2.1.0 for code scanning: each finding at its line of the "
                                           "description, the worst 5,000"),
        ("junit", "junit.xml", "junit", "JUnit XML for test reports: an environment is a suite, an operation a case"),
        ("markdown", "report.md", "markdown", "the job summary of GitHub and others, at most 900 kB"),
        ("github", None, "github", "GitHub annotations, the worst ten"),
        ("gitlab", "gl-code-quality.json", "gitlab", "GitLab Code Quality"),
        ("csv", "cells.csv", "cells_csv", "every cell, for spreadsheets (RFC 4180; formulas are defused)"),
        ("har", "report.har", "har", "HAR 1.2: every exchange as far as it is kept, for HTTP viewers"),
        ("prometheus", "metrics.prom", "prometheus", "metrics for the node exporter's textfile collector, none per "
                                                     "operation"),
    )
})  # fmt: skip
"""By kind. Names of files are fixed here and never come from a description or a server (PROMISES P38)."""

ALWAYS = ("json", "html")
"""What every run writes, asked for or not."""
