"""Findings with a line of the description each, worst first: for formats that hang them on source files."""

from __future__ import annotations

import posixpath
import re
from typing import NamedTuple
from urllib.parse import quote

from auditor.differ.output.cards import effects_by_fingerprint, is_waived
from auditor.model.contract import Contract, Location
from auditor.model.finding import Finding
from auditor.model.place import NOWHERE, Place
from auditor.model.report import EFFECTS, Report

UNKNOWN_FILE = "openapi"
"""Named where a finding belongs to no file at all: readers of these formats demand one."""

_NO_FILES = ("", UNKNOWN_FILE, "standard input")


class Located(NamedTuple):
    """A finding, the file as the user gave it, and a line from 1."""

    finding: Finding
    file: str
    line: int


def located(report: Report) -> list[Located]:
    """All findings, waived ones last; otherwise by severity, what promotion does, confidence, path, rule, methods."""
    harms = {mark: min(e.harm for e in effects) for mark, effects in effects_by_fingerprint(report).items() if effects}

    def badness(f: Finding) -> tuple[object, ...]:
        harm = harms.get(f.fingerprint, len(EFFECTS))
        return is_waived(f), f.severity.rank, harm, f.confidence.rank, f.path or "", f.rule, f.methods, f.fingerprint

    contracts = {c.id: c for c in report.contracts}
    of = {r.environment.name: contracts.get(r.environment.contract) for r in report.environments}
    places: dict[tuple[str, str], Location] = {
        (c.id, item.template): item.location for c in report.contracts for item in c.paths
    }
    found = []
    for f in sorted(report.findings, key=badness):
        contract = next((c for c in map(of.get, f.environments) if c), None) or next(iter(report.contracts), None)
        at = f.location or (places.get((contract.id, f.path)) if contract and f.path is not None else None)
        found.append(Located(f, at.file if at else _top(contract), max((at.line if at else None) or 1, 1)))
    return found


def _top(contract: Contract | None) -> str:
    """The first line of the description: where a finding about a whole environment is shown."""
    if contract is None:
        return UNKNOWN_FILE
    return contract.files[0].path if contract.files else contract.source


def statement(f: Finding) -> tuple[str, ...]:
    """Title and symptom; the symptom alone where it repeats the title."""
    return (f.symptom,) if f.symptom.startswith(f.title.rstrip(".")) else (f.title, f.symptom)


def repository_path(file: str, place: Place = NOWHERE) -> str:
    """`file` as CI systems want it: from the root of the repository where it lies below it, without `./`.

    Of `git:REF:PATH` it is the path, of a URL the last segment.
    """
    if file.startswith("git:"):
        file = file.split(":", 2)[-1]
    elif re.match(r"https?://", file):
        file = re.split(r"[?#]", file, maxsplit=1)[0].rstrip("/").rpartition("/")[2]
    elif file not in _NO_FILES:
        return place.within(file)
    return posixpath.normpath(file) if file else UNKNOWN_FILE


def uri(file: str, place: Place = NOWHERE) -> str:
    """`file` as a URI reference (RFC 3986): relative within the repository, percent-encoded where it must be."""
    if re.match(r"https?://", file):
        return quote(file, safe=":/?#[]@!$&'()*+,;=%~", errors="replace")
    path = quote(repository_path(file, place), safe="/~", errors="replace")
    return f"file://{path}" if path.startswith("/") else path
