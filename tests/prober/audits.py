"""One audit in this process: loader, plan, wire, judge, as the command runs them, over a description made of a dict."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from auditor.configmodel import Config, EnvironmentConfig
from auditor.model.cell import Cell
from auditor.model.report import Report
from auditor.run import audit
from auditor.settings import Flags, build

Paths = Mapping[str, str | Mapping[str, Any]]
"""Path → its documented methods in one string, or a whole Path Item Object."""


class Quiet:
    """Progress that shows nothing."""

    def start(self, environment: str, upper_bound: int) -> None: ...
    def advance(self, environment: str, done: int) -> None: ...
    def finish(self, environment: str, state: str, requests: int) -> None: ...
    def note(self, text: str) -> None: ...


def description(paths: Paths, **more: Any) -> dict[str, Any]:
    """An OpenAPI 3.1 document with those paths; every path parameter is a string without example."""
    return {
        "openapi": "3.1.0", "info": {"title": "table", "version": "1"}, **more,
        "paths": {p: _item(p, m) if isinstance(m, str) else m for p, m in paths.items()},
    }  # fmt: skip


def _item(path: str, methods: str) -> dict[str, Any]:
    names = [piece.split("}")[0] for piece in path.split("{")[1:]]
    item: dict[str, Any] = {m.lower(): {"responses": {"200": {"description": "ok"}}} for m in methods.split()}
    if names:
        item["parameters"] = [{"name": n, "in": "path", "required": True, "schema": {"type": "string"}} for n in names]
    return item


def run(
    folder: Path, url: str, paths: Paths, *, skip: Sequence[str] = (), headers: Mapping[str, str] | None = None,
    values: Mapping[str, Any] | None = None, servers: Mapping[str, str] | None = None, deadline: float | None = None,
    components: Mapping[str, Any] | None = None, **environment: Any,
) -> Report:  # fmt: skip
    """The Report of one environment `dev` at `url`. No retries, a thousand requests a second."""
    spec = folder / "openapi.json"
    spec.write_text(json.dumps(description(paths, components=components or {})), encoding="utf-8")
    one = {"url": url, "rate": 1000, "retries": 0, "headers": dict(headers or {}), **environment}
    config = Config(
        spec=str(spec), skip=list(skip), values=dict(values or {}), servers=dict(servers or {}),
        environments={"dev": EnvironmentConfig.model_validate(one)},
    )  # fmt: skip
    settings = build(Flags(out=str(folder / "out"), seed="seed"), config, {})
    return audit(settings if deadline is None else replace(settings, deadline=deadline), Quiet())


def cell(report: Report, method: str, path: str) -> Cell:
    """The one cell of that method and path."""
    (found,) = [c for c in report.cells if (c.method, c.path) == (method, path)]
    return found


__all__ = ["Paths", "Quiet", "cell", "description", "run"]
