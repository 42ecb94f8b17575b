"""What stderr shows while probes go out: a bar on a terminal, single lines elsewhere (DESIGN §6)."""

from __future__ import annotations

import os
import sys
from types import TracebackType
from typing import Any

from auditor.differ.output.escape import visible


class Stderr:
    """Progress on stderr; see run.Progress."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._tasks: dict[str, Any] = {}

    def __enter__(self) -> Stderr:
        if sys.stderr.isatty() and not os.environ.get("CI"):
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

            columns = (
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
            )
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def start(self, environment: str, upper_bound: int) -> None:
        if self._bar is not None:
            self._tasks[environment] = self._bar.add_task(environment, total=upper_bound)
        else:
            self._line(f"{environment}: at most {upper_bound} requests")

    def advance(self, environment: str, done: int) -> None:
        if self._bar is not None:
            self._bar.update(self._tasks[environment], completed=done)

    def finish(self, environment: str, state: str, requests: int) -> None:
        if self._bar is not None:
            self._bar.update(self._tasks[environment], total=requests, completed=requests)
        else:
            self._line(f"{environment}: {state} after {requests} requests")

    def note(self, text: str) -> None:
        self._line(f"note: {text}")

    def _line(self, text: str) -> None:
        line = visible(f"auditor: {text}")
        if self._bar is not None:
            self._bar.console.print(line, markup=False, highlight=False)
        else:
            print(line, file=sys.stderr, flush=True)  # noqa: T201
