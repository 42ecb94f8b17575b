"""`auditor lock`: a pytest file that pins one environment's method contract as it is today, with safe requests alone.

Pure: from a report to Python text. What a server or a description said stands in it as ASCII literals and in escaped
comments only, so that it can neither run nor hide.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from auditor import __version__
from auditor.differ.curl import secret_name
from auditor.differ.output.escape import visible
from auditor.errors import UsageError
from auditor.model.cell import Cell, Support
from auditor.model.environment import Environment
from auditor.model.exchange import Exchange
from auditor.model.fact import Facts
from auditor.model.methods import is_safe, method_order, parse_allow
from auditor.model.report import Report
from auditor.resources import data_dir

MAX_COMMENT = 300
TABLES = {"served": "SERVED", "refused": "REFUSED", "redirected": "REDIRECTED", "allowed": "ALLOWED"}
_HELD = frozenset({"accept"})
"""Request fields that the locked tests send as they were sent; the rest is the sender's own or a secret."""


@dataclass(frozen=True, slots=True)
class Pin:
    """One safe request, and what it is held to: a row of the table `kind`."""

    kind: str
    row: tuple[Any, ...]


def lock(report: Report, name: str, file: str) -> str:
    """The text of the test file. UsageError where the report has no such environment, or nothing can be pinned."""
    result = next((r for r in report.environments if r.environment.name == name), None)
    if result is None:
        known = ", ".join(r.environment.name for r in report.environments)
        raise UsageError(f"{name[:64]!r} is no environment of this run", where="--env", hint=f"one of {known}")
    pins, notes = _pins(report, result.environment)
    if not pins:
        raise UsageError(f"no answer of {name} can be pinned", where="--env",
                         hint="none of its safe methods was decided: see the report")  # fmt: skip
    sent = [n for x in report.exchanges.values() if x.probe.environment == name for n, v in x.sent_fields if v is None]
    secrets = {n: secret_name(name, n) for n in dict.fromkeys(sent)}
    values = {
        "name": name, "day": report.run.finished_at[:10], "version": __version__, "run": report.run.id,
        "url": result.environment.url, "file": file, "secrets": secrets, "fields": ascii({"Accept": "*/*"}),
        "tables": "\n".join(_tables(pins, notes)),
    }  # fmt: skip
    return _rendered(values)


def _rendered(values: dict[str, Any]) -> str:
    from jinja2 import Environment as Templates
    from jinja2 import FileSystemLoader, StrictUndefined

    # Python text, not HTML: every value is a literal made here, or of a kind that holds letters and digits alone.
    templates = Templates(loader=FileSystemLoader(data_dir("templates") / "lock"), undefined=StrictUndefined,
                          keep_trailing_newline=True, trim_blocks=True, lstrip_blocks=True, autoescape=False)  # noqa: S701  # fmt: skip
    templates.filters["literal"] = ascii
    for key in ("url", "file"):
        values[key] = re.sub(r"[^!-\[\]-~]|\"", "?", values[key])  # also stands in the docstring
    return templates.get_template("test_method_contract.py.j2").render(values)


def _pins(report: Report, environment: Environment) -> tuple[list[Pin], dict[str, list[str]]]:
    """What is held, and by path what safe requests cannot see."""
    pins: list[Pin] = []
    notes: dict[str, list[str]] = {}
    cells: dict[str, list[Cell]] = {}
    for cell in report.cells:
        if cell.environment == environment.name:
            cells.setdefault(cell.path, []).append(cell)
    known = report.facts[environment.name]
    for path, own in cells.items():
        held = list(_of_path(report, environment, known, path, own))
        pins += held
        seen = {p.row[1] for p in held if p.kind != "allowed"}
        listed = {m for p in held if p.kind == "allowed" for m in p.row[3]}
        left = [c for c in own if c.method not in seen]
        pinned = any(p.kind == "allowed" for p in held)
        notes[path] = _grouped((c.method, _unseen(c, pinned=pinned, listed=c.method in listed)) for c in left)
    return pins, {path: found for path, found in notes.items() if found}


def _of_path(report: Report, environment: Environment, known: Facts, path: str, cells: Iterable[Cell]) -> Iterator[Pin]:
    facts = known.paths.get(path)
    if facts is None:
        return
    support = {c.method: c.support for c in cells}
    exchanges = {m: report.exchanges[i] for m, i in facts.exchanges.items() if i in report.exchanges}
    for method, sent in sorted(exchanges.items(), key=lambda pair: method_order(pair[0])):
        target = _below(environment, sent)
        if target is None or sent.answer is None or not is_safe(method):
            continue
        pin = _held(f"{method} {path}", method, target, sent, support.get(method))
        if pin is not None:
            yield pin
    if known.environment.allow_trusted:
        yield from _allow(environment, path, exchanges)


def _held(operation: str, method: str, target: str, sent: Exchange, support: Support | None) -> Pin | None:
    assert sent.answer is not None
    status, location = sent.answer.status, sent.answer.value("location")
    if 300 <= status < 400 and location:
        return Pin("redirected", (operation, method, target, status, urlsplit(location).path or "/"))
    if support is Support.SUPPORTED:
        return Pin("served", (operation, method, target, status))
    if support is Support.UNSUPPORTED:
        return Pin("refused", (operation, method, target, status))
    return None


def _allow(environment: Environment, path: str, exchanges: dict[str, Exchange]) -> Iterator[Pin]:
    """The Allow of OPTIONS; where it has none, that of another safe method's refusal."""
    for method in sorted(exchanges, key=lambda m: (m != "OPTIONS", method_order(m))):
        sent = exchanges[method]
        target = _below(environment, sent)
        allow = parse_allow(sent.answer.values("allow")) if sent.answer else None
        if allow is not None and allow.methods and not allow.odd and target is not None and is_safe(method):
            yield Pin("allowed", (path, method, target, tuple(sorted(set(allow.methods), key=method_order))))
            return


def _below(environment: Environment, sent: Exchange) -> str | None:
    """The target below the base URL; None where it is elsewhere."""
    target, base = sent.probe.target, environment.base_path
    if sent.probe.origin != environment.origin or not target.startswith(base + "/"):
        return None
    return target[len(base) :]


def _unseen(cell: Cell, *, pinned: bool, listed: bool) -> str:
    if cell.support is Support.UNDETERMINED:
        return f"not judged ({cell.reason}): {cell.why}"
    served = "supported" if cell.support is Support.SUPPORTED else "not supported"
    if pinned and listed == (cell.support is Support.SUPPORTED):
        return f"{served}; held by Allow below, never tried"
    return f"{served} ({cell.basis}), and no safe request of this file would see a change"


def _grouped(notes: Iterable[tuple[str, str]]) -> list[str]:
    """`PUT, DELETE: not supported; …`: what is said of several methods is said once."""
    found: dict[str, list[str]] = {}
    for method, note in notes:
        found.setdefault(note, []).append(method)
    return [f"{', '.join(methods)}: {note}" for note, methods in found.items()]


def _tables(pins: list[Pin], notes: dict[str, list[str]]) -> Iterator[str]:
    yield "# What safe requests do not see, or see through Allow alone:"
    for path, lines in notes.items():
        yield from (f"# {_comment(f'{path}  {line}')}" for line in lines)
    if not notes:
        yield "# nothing: every method is held by an answer of its own"
    for kind, name in TABLES.items():
        rows = [p.row for p in pins if p.kind == kind]
        yield ""
        yield f"{name} = [" + ("" if rows else "]")
        if rows:
            yield from (f"    {row!a}," for row in rows)
            yield "]"
    yield ""


def _comment(text: str) -> str:
    return visible(text, MAX_COMMENT).encode("ascii", "backslashreplace").decode("ascii")
