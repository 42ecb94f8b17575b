"""`report.json`: the whole result for machines, in the shape of DESIGN §8."""

from __future__ import annotations

import json
import math
from typing import Any

from auditor import __version__
from auditor.differ.output.headline import headline
from auditor.differ.output.report_schema import SCHEMA
from auditor.model.cell import Cell, Exclusion
from auditor.model.contract import Contract, Location
from auditor.model.finding import Finding, Occurrence
from auditor.model.night import Seen
from auditor.model.report import EnvironmentResult, Promotion, Report, Totals

__all__ = ["SCHEMA", "render", "to_dict"]

SCHEMA_VERSION = 1


def to_dict(report: Report) -> dict[str, Any]:
    """The report as plain JSON data: keys in the order of DESIGN §8, lists in the order of the report.

    Text is kept as it came, but for lone surrogates, which no UTF-8 file can hold; a number that is not finite is null.
    """
    data = {
        "schema_version": SCHEMA_VERSION,
        "auditor_version": __version__,
        "complete": report.complete,
        "incomplete_because": list(report.incomplete_because),
        "run": {
            "id": report.run.id,
            "started_at": report.run.started_at,
            "finished_at": report.run.finished_at,
            "exit_code": report.run.exit_code,
        },
        "specs": [_spec(c) for c in report.contracts],
        "environments": [_environment(e) for e in (*report.environments, *report.layers)],
        "cells": [_cell(c, report) for c in report.cells],
        "layers": [_cell(c, report) for c in report.layer_cells],
        "excluded": [_excluded(e) for e in report.excluded],
        "findings": [_finding(f) for f in report.findings],
        "promotions": [_promotion(p) for p in report.promotions],
        "totals": _totals(report.totals),
        "rules_run": list(report.rules_run),
        "waiver_notes": list(report.waiver_notes),
        "remarks": [*report.possible_writes, *report.remarks],
        "since": _since(report),
        "headline": headline(report).line,
    }
    result: dict[str, Any] = clean(data)
    return result


def render(report: Report) -> bytes:
    """Strict JSON (RFC 8259) in ASCII: what a terminal or an editor might obey stays an escape (PROMISES P30, P33)."""
    text = json.dumps(to_dict(report), indent=1, ensure_ascii=True, allow_nan=False)
    return (text + "\n").replace("\x7f", "\\u007f").encode("ascii")


def clean(value: Any) -> Any:
    """`value` without what strict JSON cannot say."""
    if isinstance(value, str):
        return str(value) if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {str(clean(k)): clean(v) for k, v in value.items()}
    if isinstance(value, list):
        return [clean(v) for v in value]
    return value


def _spec(c: Contract) -> dict[str, Any]:
    return {
        "id": c.id,
        "title": c.title,
        "version": c.version,
        "source": c.source,
        "files": [{"path": f.path, "sha256": f.sha256} for f in c.files],
        "paths": len(c.paths),
        "operations": c.operations,
        "warnings": [w.text for w in c.warnings],
    }


def _environment(e: EnvironmentResult) -> dict[str, Any]:
    return {
        "name": e.environment.name,
        "url": e.environment.url,
        "spec": e.environment.contract,
        "mode": e.environment.mode.value,
        "behind": e.environment.behind,
        "state": e.state.value,
        "build": e.build,
        "build_note": e.build_note or None,
        "requests": e.requests,
        "state_changing_requests": e.state_changing_requests,
        "decided": e.decided,
        "seconds": e.seconds,
    }


def _cell(c: Cell, report: Report) -> dict[str, Any]:
    return {
        "environment": c.environment,
        "path": c.path,
        "method": c.method,
        "documented": (c.environment, c.path, c.method) in report.documented,
        "support": c.support.value,
        "basis": c.basis.value if c.basis else None,
        "reason": c.reason.value if c.reason else None,
        "remedy": c.remedy,
        "exchanges": list(c.exchanges),
    }


def _excluded(e: Exclusion) -> dict[str, Any]:
    return {"environment": e.environment, "path": e.path, "method": e.method, "by": e.by, "why": e.why}


def _finding(f: Finding) -> dict[str, Any]:
    return {
        "rule": f.rule,
        "severity": f.severity.value,
        "confidence": f.confidence.value,
        "path": f.path,
        "methods": list(f.methods),
        "environments": list(f.environments),
        "cause": f.cause,
        "owner": f.owner,
        "occurrences": [_occurrence(o) for o in f.occurrences],
        "location": _location(f.location),
        "title": f.title,
        "symptom": f.symptom,
        "root_causes": [{"likelihood": r.likelihood.value, "text": r.text} for r in f.root_causes],
        "diagnosis": f.diagnosis,
        "fixes": [{"side": x.side.value, "effort": x.effort, "text": x.text} for x in f.fixes],
        "prevention": f.prevention,
        "curl": f.curl,
        "fingerprint": f.fingerprint,
    }


def _occurrence(o: Occurrence) -> dict[str, Any]:
    data = {
        "environment": o.environment,
        "method": o.method,
        "status": o.status,
        "waived": o.waived,
        "first_seen": o.first_seen,
        "exchanges": list(o.exchanges),
    }
    return data if o.lapsed is None else {**data, "lapsed": o.lapsed}


def _location(at: Location | None) -> dict[str, Any] | None:
    return None if at is None else {"file": at.file, "pointer": at.pointer, "line": at.line}


def _promotion(p: Promotion) -> dict[str, Any]:
    return {
        "from": p.from_,
        "to": p.to,
        "verdict": p.verdict,
        "because": p.because,
        "compared": p.compared,
        "not_compared": p.not_compared,
        "changes": [
            {"path": c.path, "method": c.method, "effect": c.effect, "fingerprint": c.fingerprint} for c in p.changes
        ],
    }


def _since(report: Report) -> dict[str, Any] | None:
    """What changed since an earlier report, and what a next run must know of it."""
    changed = report.since
    if changed is None:
        return None
    return {
        "id": changed.then,
        "finished_at": changed.then_at,
        "new": len(changed.new),
        "known": len(changed.still),
        "not_judged_then": len(changed.unsure),
        "returned": len(changed.returned),
        "fixed": [_seen(s) for s in changed.fixed],
        "not_judged_any_more": [_seen(s) for s in changed.unjudged],
        "remembered": [_seen(s) for s in report.remembered],
        "decided_before": [list(p) for p in changed.decided_before],
        "described_before": [list(p) for p in changed.described_before],
        "complete_before": list(changed.complete_before),
    }


def _seen(s: Seen) -> dict[str, Any]:
    return {
        "fingerprint": s.fingerprint,
        "environment": s.environment,
        "method": s.method,
        "rule": s.rule,
        "path": s.path,
        "methods": list(s.methods),
        "severity": s.severity,
        "title": s.title,
        "first_seen": s.first_seen,
        "owner": s.owner,
    }


def _totals(t: Totals) -> dict[str, Any]:
    return {
        "documented": t.documented,
        "supported": t.supported,
        "unsupported": t.unsupported,
        "undetermined": t.undetermined,
        "excluded": t.excluded,
        "errors": t.errors,
        "warnings": t.warnings,
        "infos": t.infos,
        "waived": t.waived,
        "requests": t.requests,
        "state_changing_requests": t.state_changing_requests,
    }
