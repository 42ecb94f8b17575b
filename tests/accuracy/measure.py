"""One audit of one stack of the catalogue, every cell of it held against the stack's own route table."""

from __future__ import annotations

import json
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from auditor import run
from auditor.configmodel import Config, EnvironmentConfig
from auditor.model.cell import Cell, Support
from auditor.model.environment import Mode
from auditor.model.report import Report
from auditor.settings import Flags, build
from tests.needs import why_missing
from tests.servers import ALL, SAFE, Server, Stack, bookshop, start, workshop

MODES = tuple(str(mode.value) for mode in Mode)
OUT_OF_SCOPE = frozenset({"dies-half-way"})
"""Stacks that end during an audit: what they would have served cannot be asked."""
DESCRIPTIONS: dict[str, tuple[Path, dict[str, Any]]] = {
    "bookshop": (bookshop.SPEC, {"orderId": bookshop.ORDER}),
    "workshop": (workshop.SPEC, dict(workshop.VALUES)),
}
TOLD = frozenset({"allow", "location", "content-type", "server"})
"""Header fields worth showing beside a status."""
RATE = "1000/s"


@dataclass(frozen=True, slots=True)
class Wrong:
    """A verdict that the route table contradicts."""

    method: str
    path: str
    said: str
    why: str
    exchanges: tuple[str, ...]
    """What it rests on, one line each."""

    def __str__(self) -> str:
        return "\n    ".join((f"{self.method} {self.path}: {self.said}: {self.why}", *self.exchanges))


@dataclass(frozen=True, slots=True)
class Score:
    """What one audit got right, and what the server saw of it."""

    stack: str
    mode: str
    right: int
    wrong: tuple[Wrong, ...]
    undetermined: int
    requests: int
    state_changing: int
    writes: int
    """Changes that requests with state-changing methods made."""
    safe_writes: int
    """Changes that a handler made when it was asked by GET or another safe method: the server's own fault."""
    entered: int
    """State-changing handlers that started, but for those that act on safe methods too."""
    seconds: float
    reasons: tuple[str, ...] = ()
    """Why cells are undetermined, one per cell."""
    paths: int = 0
    """Documented paths."""
    purposes: tuple[tuple[str, int], ...] = ()
    """What the requests were for, as the transcript says: purpose and how many."""


def available() -> tuple[list[str], dict[str, str]]:
    """The stacks that can be measured here, and why the others cannot."""
    missing = {name: why for name, stack in ALL.items() if (why := why_missing(tools(stack)))}
    missing |= {name: "no observer outside can learn what it serves" for name, s in ALL.items() if not s.knowable}
    missing |= dict.fromkeys(OUT_OF_SCOPE, "ends during the audit")
    return [name for name in ALL if name not in missing], missing


def tools(stack: Stack) -> tuple[str, ...]:
    """What it needs, and what the stack behind it needs."""
    return stack.needs + (tools(ALL[stack.behind]) if stack.behind else ())


def params(names: Iterable[str]) -> list[object]:
    """These stacks as parameters of a test, each left out by name where its tools are missing."""
    return [pytest.param(name, marks=pytest.mark.needs(*tools(ALL[name]))) for name in names]


def measure(name: str, mode: str = "safe") -> Score:
    """Start the stack, audit it as its operator would, and count."""
    with start(name) as server:
        return measure_running(ALL[name], server, mode)


def measure_running(stack: Stack, server: Server, mode: str) -> Score:
    """The same with a server whose journal is empty."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        report = audit_into(folder, stack, server, mode)
        taken = time.monotonic() - began
        return replace(
            score(stack, server, report, mode, taken), paths=len({path for _, path, _ in report.documented}),
            purposes=tuple(sorted(purposes(Path(folder)).items())),
        )  # fmt: skip


def audit(stack: Stack, server: Server, mode: str) -> Report:
    """The whole of `auditor audit` with the values and credentials that the stack needs."""
    with tempfile.TemporaryDirectory() as folder:
        return audit_into(folder, stack, server, mode)


def audit_into(folder: str, stack: Stack, server: Server, mode: str) -> Report:
    """The same, its run directory kept in `folder`."""
    description, values = DESCRIPTIONS[stack.api]
    headers = dict(line.split(": ", 1) for line in stack.credentials)
    environment = EnvironmentConfig(url=server.url, mode=mode, headers=headers, rate=RATE)
    config = Config(spec=str(description), values=values, environments={stack.name: environment}, out=folder)
    return run.audit(build(Flags(), config, {}), _Silent())


def purposes(folder: Path) -> Counter[str]:
    """Requests by what they were for."""
    lines = (json.loads(line) for line in (folder / "transcript.jsonl").read_text(encoding="utf-8").splitlines())
    sent = (line["exchange"] for line in lines if "exchange" in line)
    return Counter(e["probe"]["slot"]["purpose"] for e in sent)


class _Silent:
    def start(self, environment: str, upper_bound: int) -> None: ...
    def advance(self, environment: str, done: int) -> None: ...
    def finish(self, environment: str, state: str, requests: int) -> None: ...
    def note(self, text: str) -> None: ...


def score(stack: Stack, server: Server, report: Report, mode: str, seconds: float) -> Score:
    """Every documented method and GET POST PUT PATCH DELETE of every documented path, against the truth."""
    cells = {(c.path, c.method): c for c in report.cells}
    asked = {(path, method) for path in server.truth for method in bookshop.METHODS}
    asked |= {(path, method) for _, path, method in report.documented}
    right, wrong, reasons = 0, [], []
    for path, method in sorted(asked):
        cell = cells.get((path, method))
        if cell is None or cell.support is Support.UNDETERMINED:
            reasons.append(str(cell.reason) if cell else "no cell")
        elif said_right(stack, server.truth, cell):
            right += 1
        else:
            wrong.append(_wrong(report, cell))
    received, changing = server.received(), server.state_changing()
    # Only the workshop's hook acts on safe methods, and whatever enters it changes something.
    entered = server.entered()
    by_safe = sum(what.partition(" ")[0] in SAFE for what in entered)
    return Score(
        stack.name, mode, right, tuple(wrong), len(reasons), len(received), len(changing), server.writes() - by_safe,
        by_safe, len(entered) - by_safe, round(seconds, 2), tuple(reasons),
    )  # fmt: skip


def said_right(stack: Stack, truth: dict[str, set[str]], cell: Cell) -> bool:
    """Is the verdict what the route table says? Where a template takes a literal path's methods, either is."""
    literal, template = workshop.SHADOWED
    if cell.path == literal and not stack.numbers_only and cell.method in truth[template] - truth[literal]:
        return True
    return (cell.support is Support.SUPPORTED) == (cell.method in truth.get(cell.path, ()))


def _wrong(report: Report, cell: Cell) -> Wrong:
    lines = []
    for number in cell.exchanges:
        exchange = report.exchanges[number]
        probe, answer = exchange.probe, exchange.answer
        fields = (
            "; ".join(f"{name}: {value}" for name, value in answer.fields if name.lower() in TOLD) if answer else ""
        )
        met = f"{answer.status} {fields}".strip() if answer else str(exchange.failure)
        lines.append(f"{probe.slot.purpose} {probe.slot.method} {probe.target} -> {met}")
    return Wrong(cell.method, cell.path, f"{cell.support} ({cell.basis})", cell.why, tuple(lines))
