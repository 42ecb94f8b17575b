"""GitLab Code Quality: the subset of the Code Climate format that merge requests show."""

from __future__ import annotations

import hashlib
import json

from auditor.differ.output.cards import is_waived
from auditor.differ.output.escape import visible
from auditor.differ.output.located import located, repository_path
from auditor.differ.output.words import sentence
from auditor.model.finding import Severity
from auditor.model.report import Report

MAX_TEXT = 1_000

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.INFO: "info"}


def render(report: Report) -> bytes:
    """What is not waived, worst first. A fingerprint that two findings share is made different for the second."""
    issues = []
    taken: dict[str, int] = {}
    for f, file, line in located(report):
        if is_waived(f):
            continue
        ordinal = taken[f.fingerprint] = taken.get(f.fingerprint, 0) + 1
        again = hashlib.sha256(f"{f.fingerprint} {ordinal}".encode()).hexdigest()[:12]
        issues.append({
            "description": sentence(visible(f.title, MAX_TEXT)),
            "check_name": visible(f.rule, 80),
            "fingerprint": f.fingerprint if ordinal == 1 else again,
            "severity": _SEVERITIES[f.severity],
            "location": {"path": visible(repository_path(file, report.place)), "lines": {"begin": line}},
        })  # fmt: skip
    return (json.dumps(issues, indent=1, ensure_ascii=True, allow_nan=False) + "\n").encode("ascii")
