"""Metrics for the node exporter's textfile collector: sums per environment, so a large API costs no more series."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from auditor import __version__
from auditor.differ.output.escape import visible
from auditor.model.cell import Support
from auditor.model.environment import State
from auditor.model.finding import Severity
from auditor.model.report import Report

Labels = dict[str, str]
Samples = Iterable[tuple[Labels, float]]

VERDICTS = ("promote", "hold", "cannot-say")

MAX_LABEL = 120


def render(report: Report) -> bytes:
    """Prometheus text format; gauges, as all of it speaks of one run."""
    families: tuple[tuple[str, str, Samples], ...] = (
        ("auditor_build_info", "The auditor that wrote this.", [({"version": __version__}, 1.0)]),
        ("auditor_run_complete", "1 if every environment finished.", [({}, float(report.complete))]),
        ("auditor_run_exit_code", "Exit code of the audit: 0 in sync, 1 drift, 3 incomplete.",
         [({}, float(report.run.exit_code))]),
        ("auditor_run_finished_timestamp_seconds", "When the audit finished.", _finished(report)),
        ("auditor_environment_state", "1 for the state that the audit of the environment ended in.", _states(report)),
        ("auditor_environment_requests", "Requests sent by the audit.",
         [({"environment": r.environment.name}, float(r.requests)) for r in report.environments]),
        ("auditor_environment_duration_seconds", "Wall time of the environment's audit.",
         [({"environment": r.environment.name}, r.seconds) for r in report.environments]),
        ("auditor_environment_decided_ratio", "Share of the documented operations that were decided, 0 to 1.",
         [({"environment": r.environment.name}, r.decided) for r in report.environments if r.decided is not None]),
        ("auditor_operations", "Documented operations by what the audit found.", _operations(report)),
        ("auditor_findings", "Findings that are not waived.", _findings(report, waived=False)),
        ("auditor_findings_waived", "Findings that a waiver accepts.", _findings(report, waived=True)),
        ("auditor_findings_new", "Findings that are new since the report that the audit was compared with.",
         _new(report)),
        ("auditor_promotion_verdict", "1 for the verdict on promoting one environment to the next.",
         [({"from": p.from_, "to": p.to, "verdict": v}, float(p.verdict == v))
          for p in report.promotions for v in VERDICTS]),
    )  # fmt: skip
    return "".join(_family(*f) for f in families).encode()


def _family(name: str, help_: str, samples: Samples) -> str:
    """One metric with its HELP and TYPE; nothing at all where there is no sample."""
    lines = [f"{name}{_labels(labels)} {_number(value)}\n" for labels, value in samples if math.isfinite(value)]
    return "".join((f"# HELP {name} {help_}\n# TYPE {name} gauge\n", *lines)) if lines else ""


def _labels(labels: Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(text: str) -> str:
    return visible(text, MAX_LABEL).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _finished(report: Report) -> Samples:
    try:
        return [({}, datetime.fromisoformat(report.run.finished_at).timestamp())]
    except ValueError:
        return []


def _states(report: Report) -> Samples:
    return [
        ({"environment": r.environment.name, "state": s.value}, float(r.state is s))
        for r in report.environments for s in State
    ]  # fmt: skip


def _operations(report: Report) -> Samples:
    words = (*(s.value for s in Support), "excluded")
    count = Counter(
        (c.environment, c.support.value) for c in report.cells
        if (c.environment, c.path, c.method) in report.documented
    )  # fmt: skip
    count.update((x.environment, "excluded") for x in report.excluded)
    names = [r.environment.name for r in report.environments]
    return [({"environment": n, "support": w}, float(count[n, w])) for n in names for w in words]


def _new(report: Report) -> Samples:
    """Nothing where the audit was compared with no earlier one: that is not the same as nothing new."""
    if report.since is None:
        return []
    keys = {(s.fingerprint, s.environment) for s in report.since.new if not s.waived}
    count = Counter(
        (e, f.severity.value) for f in report.findings for e in f.environments if (f.fingerprint, e) in keys
    )
    names = [r.environment.name for r in report.environments]
    return [({"environment": n, "severity": s.value}, float(count[n, s.value])) for n in names for s in Severity]


def _findings(report: Report, *, waived: bool) -> Samples:
    """A finding counts once in each environment where it occurs; the sum over environments is no number of findings."""
    count: Counter[tuple[str, str]] = Counter()
    for f in report.findings:
        places = {o.environment for o in f.occurrences if (o.waived is not None) is waived}
        count.update((e, f.severity.value) for e in places)
    names = [r.environment.name for r in report.environments]
    return [({"environment": n, "severity": s.value}, float(count[n, s.value])) for n in names for s in Severity]
