"""A service on loopback from a route table, and the way of a fix: audit, overlay, a foreign tool, audit again."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import flask
import yaml
from werkzeug.serving import make_server

from tests.command import run_auditor
from tests.e2e.audits import Run
from tests.needs import PACKAGES

SECONDS = 120
KNOWN = ("1", "blue-mug")
Routes = Mapping[str, Sequence[str]]
"""Methods by path template, without the base."""


@contextmanager
def service(routes: Routes, base: str = "/v1", status: Mapping[str, int] | None = None) -> Iterator[str]:
    """The base URL of a Flask application: 200 in JSON for objects that are KNOWN or named by UUID, else 404."""
    app = flask.Flask("service")

    def answer(**values: str) -> Any:
        rule = str(flask.request.url_rule)
        if status and rule in status:
            return flask.jsonify(error="broken"), status[rule]
        if any(v not in KNOWN and len(v) != 36 for v in values.values()):
            return flask.jsonify(error="no such object"), 404
        return flask.jsonify(ok=True, **values)

    for i, (template, methods) in enumerate(routes.items()):
        rule = base + re.sub(r"\{(\w+)\}", r"<\1>", template)
        app.add_url_rule(rule, f"endpoint{i}", answer, methods=list(methods))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{base}"
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


def audit(folder: Path, spec: str, *environments: str, out: str = "out", arguments: Sequence[str] = ()) -> Run:
    """`auditor audit SPEC` in `folder`, quickly."""
    given = [x for e in environments for x in ("--env", e)]
    done = run_auditor("audit", spec, *given, "--out", out, "--rate", "1000/s", *arguments, cwd=folder)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return Run(done.returncode, done.stdout, done.stderr, folder / out)


def fix(folder: Path, *arguments: str, run: str = "out", code: int = 0) -> subprocess.CompletedProcess[str]:
    """`auditor fix RUN ...` in `folder`."""
    done = run_auditor("fix", run, *arguments, cwd=folder)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def read(path: Path) -> Any:
    """A JSON or YAML file, by a reader that is not ours."""
    text = path.read_text(encoding="utf-8")
    return json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)


def overlays(folder: Path, pattern: str = "*.overlay.*") -> dict[str, Any]:
    """Every overlay in `folder` by the file that it extends."""
    found = [read(p) for p in sorted(folder.glob(pattern))]
    return {unquote(o["extends"]): o for o in found}


def findings(run: Run, environment: str) -> set[tuple[str, str, tuple[str, ...]]]:
    """(rule, path, methods) of every finding of one environment."""
    return {(f["rule"], f["path"], tuple(f["methods"])) for f in run.report["findings"]
            if environment in f["environments"]}  # fmt: skip


def openapi_format(description: Path, overlay: Path) -> None:
    """Applies an overlay in place with openapi-format (JavaScript)."""
    out = description.with_name("applied-" + description.name)
    command = [shutil.which("node") or "node", str(PACKAGES["openapi-format"].parent / "bin" / "cli.js")]
    flags = ["--no-sort", "--no-bundle", "--overlayFile", str(overlay), "--output", str(out)]
    _run([*command, str(description), *flags])
    out.replace(description)


def oas_patch(description: Path, overlay: Path) -> None:
    """Applies an overlay in place with oas-patch (Python)."""
    out = description.with_name("applied-" + description.name)
    code = "from oas_patch.oas_patcher_cli import cli; cli()"
    _run([sys.executable, "-c", code, "overlay", str(description), str(overlay), "--output", str(out)])
    out.replace(description)


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


TOOLS = {"openapi-format": openapi_format, "oas-patch": oas_patch}


def apply(folder: Path, tool: str, pattern: str = "*.overlay.*") -> None:
    """Applies every overlay in `folder` to the file that it extends."""
    applied = 0
    for path in sorted(folder.glob(pattern)):
        description = folder / unquote(read(path)["extends"])
        before = read(description)
        TOOLS[tool](description, path)
        assert read(description) != before, f"{tool} changed nothing"
        applied += 1
    assert applied
