"""JUnit XML: an environment is a suite, an operation a case.

Drift is a failure, an operation that could not be judged is skipped with its reason, an unreachable one is an error.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from xml.etree import ElementTree as ET

from auditor.differ.output.escape import visible, visible_lines
from auditor.differ.output.words import support
from auditor.model.cell import Cell, Reason, Support
from auditor.model.environment import State
from auditor.model.finding import Finding, Occurrence, Severity
from auditor.model.report import EnvironmentResult, Report

MAX_TEXT = 2_000

WHOLE = "the whole environment"
"""The case of what concerns no single operation."""


class _Seen(NamedTuple):
    finding: Finding
    occurrence: Occurrence


class _Outcome(NamedTuple):
    """`tag` is failure, error, skipped, or empty where the case passes."""

    tag: str
    message: str
    kind: str = ""
    text: str = ""


_PASSED = _Outcome("", "")
_Findings = Mapping[tuple[str, str, str], list[_Seen]]


def render(report: Report) -> bytes:
    """UTF-8 XML. A finding fails its cases from the level of --fail-on upwards, errors always."""
    seen = _by_operation(report)
    root = ET.Element("testsuites", name="auditor")
    for result in report.environments:
        _suite(root, result, report, seen)
    ET.indent(root, " ")
    text: str = ET.tostring(root, "unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def _text(text: str) -> str:
    """One line without what XML 1.0 forbids: every invisible character is an escape."""
    return visible(text, MAX_TEXT)


def _by_operation(report: Report) -> _Findings:
    """Findings that count, by environment, path and method; '' for what concerns a whole path or environment."""
    limit = max(Severity.ERROR.rank, Severity(report.fail_on).rank if report.fail_on in set(Severity) else 0)
    found: dict[tuple[str, str, str], list[_Seen]] = defaultdict(list)
    for f in report.findings:
        if f.severity.rank <= limit:
            for o in f.occurrences:
                found[o.environment, f.path or "", o.method].append(_Seen(f, o))
    return found


def _suite(root: ET.Element, result: EnvironmentResult, report: Report, seen: _Findings) -> None:
    name = result.environment.name
    cases = [*_cases(result, report, seen)]
    count = {tag: sum(outcome.tag == tag for _, _, outcome in cases) for tag in ("failure", "error", "skipped")}
    suite = ET.SubElement(root, "testsuite", {
        "name": _text(name), "tests": str(len(cases)), "failures": str(count["failure"]),
        "errors": str(count["error"]), "skipped": str(count["skipped"]), "time": f"{result.seconds:.3f}",
        "timestamp": report.run.started_at.removesuffix("Z"),
    })  # fmt: skip
    known = (("url", result.environment.url), ("build", result.build or ""), ("state", result.state.value),
             ("run", report.run.id))  # fmt: skip
    properties = ET.SubElement(suite, "properties")
    for key, value in known:
        ET.SubElement(properties, "property", name=key, value=_text(value))
    for path, method, outcome in cases:
        title = _text(f"{method} {path}".strip() or WHOLE)
        case = ET.SubElement(suite, "testcase", name=title, classname=_text(f"{name}.{path or WHOLE}"), time="0")
        if outcome.tag:
            attributes = {"message": _text(outcome.message), **({"type": outcome.kind} if outcome.kind else {})}
            ET.SubElement(case, outcome.tag, attributes).text = outcome.text or None


def _cases(result: EnvironmentResult, report: Report, seen: _Findings) -> Iterator[tuple[str, str, _Outcome]]:
    """(path, method, outcome): the environment itself, documented operations, and undocumented ones with a finding."""
    name = result.environment.name
    wide = seen.get((name, "", ""), [])
    yield "", "", _environment(result, wide)
    left = {key: None for key in seen if key[0] == name and key[1]}
    for c in report.cells:
        if c.environment != name:
            continue
        own = seen.get((name, c.path, c.method), [])
        left.pop((name, c.path, c.method), None)
        if (name, c.path, c.method) in report.documented:
            left.pop((name, c.path, ""), None)
            yield c.path, c.method, _documented(c, [*own, *seen.get((name, c.path, ""), [])], wide)
        elif own:
            yield c.path, c.method, _drift(own) or _PASSED
    for x in report.excluded:
        if x.environment == name:
            yield x.path, x.method, _Outcome("skipped", f"left out by {x.by}: {x.why}")
    for key in left:
        yield key[1], key[2], _drift(seen[key]) or _PASSED


def _environment(result: EnvironmentResult, seen: list[_Seen]) -> _Outcome:
    if result.state is State.UNREACHABLE:
        return _Outcome("error", result.why or "unreachable", result.state.value)
    drift = _drift(seen)
    if drift:
        return drift
    if result.state is not State.COMPLETE:
        return _Outcome("skipped", f"incomplete: {result.why or result.state.value}")
    return _PASSED


def _documented(cell: Cell, seen: list[_Seen], wide: list[_Seen]) -> _Outcome:
    drift = _drift(seen)
    if drift and drift.tag == "failure":
        return drift
    if cell.support is Support.UNDETERMINED:
        if cell.reason is Reason.UNREACHABLE:
            return _Outcome("error", support(cell), cell.reason.value)
        return _Outcome("skipped", f"{support(cell)}. {cell.remedy or ''}".strip())
    if drift:
        return drift
    if cell.support is Support.UNSUPPORTED:
        # No pass, though no rule says so of the operation itself: that rule is off, below the level, or spoke wider.
        other = f"see {wide[0].finding.rule}" if wide else "no rule that counts here speaks of it"
        return _Outcome("skipped", f"{support(cell)}; {other}")
    return _PASSED


def _drift(seen: list[_Seen]) -> _Outcome | None:
    """The worst finding that nobody accepted speaks for the case; the text has all of them."""
    live = sorted((s for s in seen if s.occurrence.waived is None), key=lambda s: s.finding.severity.rank)
    if live:
        lead = live[0].finding
        return _Outcome("failure", lead.title + _status(live[0]), _text(lead.rule), "\n\n".join(map(_body, live)))
    if seen:
        waiver = seen[0].occurrence.waived or {}
        until = f" until {waiver['expires']}" if waiver.get("expires") else ""
        return _Outcome("skipped", f"{seen[0].finding.title}; waived{until}: {waiver.get('reason', '')}")
    return None


def _status(seen: _Seen) -> str:
    o = seen.occurrence
    since = f" since {o.first_seen[:10]}" if o.status == "known" and o.first_seen else ""
    return f" ({o.status}{since})" if o.status else ""


def _body(seen: _Seen) -> str:
    f, o = seen
    lines = [f"{f.severity} {_text(f.rule)}{_text(_status(seen))} {f.fingerprint}", _text(o.detail), _text(f.symptom)]
    lines += [f"Most likely: {_text(c.text)}" for c in f.root_causes[:1]]
    lines += [f"Fix ({x.side}): {_text(x.text)}" for x in f.fixes]
    lines.append(_text(f.curl))
    return visible_lines("\n".join(line for line in lines if line))
