"""SARIF 2.1.0: findings as results at their line of the description, for code scanning."""

from __future__ import annotations

import json
from typing import Any

from auditor import __version__
from auditor.differ.catalogue import Rule, rules
from auditor.differ.output.cards import is_waived
from auditor.differ.output.escape import visible
from auditor.differ.output.headline import incomplete_because
from auditor.differ.output.located import Located, located, statement, uri
from auditor.differ.output.words import sentence
from auditor.model.finding import Finding, Occurrence, Severity
from auditor.model.place import Place
from auditor.model.report import Report

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

MAX_RESULTS = 5_000
"""What code scanning takes of one run (PROMISES P31)."""

MAX_TEXT = 1_000
"""Characters of any one text that a description or a server had a hand in."""

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def render(report: Report) -> bytes:
    """One run, in ASCII; results beyond MAX_RESULTS are counted in a notification."""
    all_ = located(report)
    known = rules()
    index = {r.id: i for i, r in enumerate(known)}
    contract = report.contracts[0].id if report.contracts else ""
    run = {
        "tool": {"driver": {
            "name": "auditor", "version": __version__, "semanticVersion": __version__,
            "rules": [_rule(r) for r in known],
        }},
        "automationDetails": {"id": _text(f"auditor/{contract.replace('/', '-')}/{report.run.id}")},
        "invocations": [_invocation(report, len(all_) - MAX_RESULTS)],
        "columnKind": "utf16CodeUnits",
        "results": [_result(at, index, report.place) for at in all_[:MAX_RESULTS]],
    }  # fmt: skip
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return (json.dumps(log, indent=1, ensure_ascii=True, allow_nan=False) + "\n").encode("ascii")


def _text(text: str) -> str:
    """One line; what would make a link of it (SARIF §3.11.6) is taken apart."""
    return visible(text, MAX_TEXT).replace("](", "] (")


def _rule(r: Rule) -> dict[str, Any]:
    causes = "\n".join(f"- {c.text}" for c in r.root_causes)
    fixes = "\n".join(f"- {f.side}: {f.text}" for f in r.fixes)
    parts = (("Root causes", causes), ("Diagnosis", r.diagnosis), ("Fixes", fixes), ("Prevention", r.prevention))
    help_ = "\n\n".join([r.explanation, *(f"{title}\n\n{text}" for title, text in parts if text)])
    return {
        "id": r.id,
        "shortDescription": {"text": sentence(r.title)},
        "fullDescription": {"text": r.explanation},
        "help": {"text": help_, "markdown": help_},
        "defaultConfiguration": {"level": _LEVELS[r.severity]},
        "properties": {"tags": ["api", r.scope], "source": r.source},
    }


def _invocation(report: Report, surplus: int) -> dict[str, Any]:
    texts = [sentence(_text(why)) for why in incomplete_because(report)]
    if surplus > 0:
        texts.append(f"{surplus:,} more results were left out here; report.json has them.")
    return {
        "executionSuccessful": report.complete,
        "exitCode": report.run.exit_code,
        "startTimeUtc": report.run.started_at,
        "endTimeUtc": report.run.finished_at,
        "toolExecutionNotifications": [{"level": "warning", "message": {"text": t}} for t in texts],
    }


def _result(at: Located, index: dict[str, int], where: Place) -> dict[str, Any]:
    f = at.finding
    operation = _text(" ".join((*f.methods, f.path or "")).strip())
    place: dict[str, Any] = {
        "physicalLocation": {"artifactLocation": {"uri": uri(at.file, where)}, "region": {"startLine": at.line}}
    }
    if operation:
        place["logicalLocations"] = [{"fullyQualifiedName": operation, "kind": "resource"}]
    result: dict[str, Any] = {
        "ruleId": _text(f.rule),
        **({"ruleIndex": index[f.rule]} if f.rule in index else {}),
        "level": _LEVELS[f.severity],
        "message": {"text": _message(f)},
        "locations": [place],
        # The first is ours; by the second, code scanning tells two methods apart that share the path item's line.
        "partialFingerprints": {"auditor/v1": f.fingerprint, "primaryLocationLineHash": f"{f.fingerprint}:1"},
        "properties": {
            "environments": [_text(e) for e in f.environments],
            "confidence": f.confidence.value,
            "cause": _text(f.cause),
            **({"owner": _text(f.owner)} if f.owner else {}),
        },
    }
    states = {o.status for o in f.occurrences if o.status}
    if states:
        result["baselineState"] = "new" if "new" in states else "unchanged"
    if is_waived(f):
        result["suppressions"] = _suppressions(f.occurrences)
    return result


def _message(f: Finding) -> str:
    lines = [sentence(_text(text)) for text in statement(f)]
    lines += [f"Most likely: {_text(c.text)}" for c in f.root_causes[:1]]
    lines += [f"Fix ({x.side}): {_text(x.text)}" for x in f.fixes[:1]]
    return "\n".join(line for line in lines if line)


def _suppressions(occurrences: tuple[Occurrence, ...]) -> list[dict[str, str]]:
    """One for each different waiver."""
    found: dict[str, None] = {}
    for o in occurrences:
        waiver = o.waived or {}
        parts = [_text(waiver.get("reason") or "waived")]
        parts += [f"{name} {_text(str(waiver[name]))}" for name in ("owner", "ticket", "expires") if waiver.get(name)]
        found.setdefault(", ".join(parts))
    return [{"kind": "external", "status": "accepted", "justification": text} for text in found]
