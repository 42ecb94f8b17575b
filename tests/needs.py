"""The marker `needs(*tools)`: outside programs that a test cannot do without.

Under `CI=true` a missing tool is a failure of the test. Elsewhere the test is left out, and the end of the run lists
what was left out and why.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.servers import builds

ASIDE = os.pathsep.join(("/usr/sbin", "/usr/local/sbin", "/usr/local/go/bin", str(Path(sys.executable).parent)))
"""Where distributions put daemons, Go's installer Go and Python packages programs, beside PATH."""
MODULES = Path(__file__).parent / "servers" / "node" / "node_modules"
SERVERS = ("express", "express4", "fastify", "koa")
PACKAGES = {name: MODULES / name / "package.json" for name in (*SERVERS, "openapi-format")} | {
    "axe": MODULES / "axe-core" / "axe.min.js",
    "expressions": MODULES / "@actions" / "expressions" / "package.json",
}
BUILT = ("gin", "axum", "spring")
"""Servers that fetch what they are built from; net/http's needs `go` alone."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
LEFT_OUT = "left out, needs "


def find(tool: str) -> str | None:
    """The program's path, or None. `chromium` is any of its usual names; those of PACKAGES are Node packages; those of
    BUILT are servers, which are built first if they have to be.
    """
    if tool in BUILT:
        return builds.command(tool)[0] if builds.why_not(tool) is None else None
    if tool in PACKAGES:
        return str(PACKAGES[tool]) if PACKAGES[tool].exists() else None
    path = os.environ.get("PATH", os.defpath) + os.pathsep + ASIDE
    names = BROWSERS if tool == "chromium" else (tool,)
    return next(filter(None, (shutil.which(name, path=path) for name in names)), None)


def why_missing(tools: Iterable[str]) -> str | None:
    """One phrase about the tools that are not here; None if all are."""
    missing = [tool for tool in tools if find(tool) is None]
    hints = {name: f"{name} (run `npm ci` in tests/servers/node)" for name in PACKAGES}
    hints |= {name: str(builds.why_not(name)) for name in missing if name in BUILT}
    return ", ".join(hints.get(tool, f"{tool} (not on PATH)") for tool in missing) or None


def in_ci() -> bool:
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}


def check(item: pytest.Item) -> None:
    """Leave `item` out, or fail it under CI, if a tool that it needs is missing."""
    tools = [tool for mark in item.iter_markers("needs") for tool in mark.args]
    if phrase := why_missing(tools):
        if in_ci():
            pytest.fail(f"needs {phrase}, and CI must have it: see .ci/run", pytrace=False)
        pytest.skip(LEFT_OUT + phrase)


def summary(terminal: pytest.TerminalReporter) -> None:
    """List by name what was left out, and why."""
    left_out = defaultdict(list)
    for report in terminal.stats.get("skipped", []):
        reason = str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else str(report.longrepr)
        left_out[re.sub(r"^Skipped: ", "", reason)].append(report.nodeid)
    if left_out:
        terminal.section("left out")
    for reason, names in sorted(left_out.items()):
        terminal.write_line(f"{len(names)} {'test' if len(names) == 1 else 'tests'}: {reason}")
        for name in sorted(names):
            terminal.write_line(f"  {name}")
