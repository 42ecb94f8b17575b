"""Services that ask who calls, and what stands in front of them; their description, and an audit of them."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from auditor.model.finding import Finding
from auditor.model.report import Report
from tests.prober.audits import run
from tests.servers import Stack
from tests.servers.catalogue import HERE
from tests.surveys.apps.guarded import INVOICES, LIFE, ORDERS, PAGE, ROLES

OPEN, GUARDED = ("/status", "/metrics"), ("/orders", "/invoices", "/docs", "/session", "/admin", "/vault", "/legacy")
VIEWER = {"Authorization": "Bearer viewer"}
SCHEMES = {"bearer": {"type": "http", "scheme": "bearer"}}


def _python(module: str) -> Any:
    return lambda interpreter: [interpreter, "-m", f"tests.surveys.apps.{module}"]


def _node(_interpreter: str) -> list[str]:
    return [shutil.which("node") or "node", str(HERE / "node" / "guarded_express.mjs")]


FASTAPI = Stack("guarded-fastapi", "FastAPI: guards as dependencies", _python("guarded_fastapi"))
DRF = Stack("guarded-drf", "Django REST framework: permission classes", _python("guarded_drf"))
EXPRESS = Stack("guarded-express", "Express 5: guards as middleware", _node, ("node", "express"), options={
    "orders": ORDERS, "invoices": INVOICES, "page": PAGE, "life": LIFE, "roles": ROLES,
})  # fmt: skip
NGINX = Stack("guarding-nginx", "nginx with auth_basic, or with a cache", _python("nginx_guard"), ("nginx",),
              logs_late=True)  # fmt: skip


def operation(security: Sequence[Mapping[str, Any]] | None, **more: Any) -> dict[str, Any]:
    """A Path Item Object with one GET."""
    said = {} if security is None else {"security": list(security)}
    return {"get": {"responses": {"200": {"description": "ok"}}, **said, **more}}


def description(**more: Any) -> dict[str, Any]:
    """Path → Path Item Object of the guarded services, as they are documented; `more` by path without its slash."""
    items = {p: operation([]) for p in OPEN} | {p: operation([{"bearer": []}]) for p in GUARDED}
    return items | {f"/{name}": item for name, item in more.items()}


def audited(folder: Path, url: str, items: Mapping[str, Any] | None = None, **more: Any) -> Report:
    """The audit of one environment `dev` that serves the guarded paths."""
    return run(folder, url, items or description(), **more)


def said(report: Report, rule: str) -> dict[str | None, Finding]:
    """What one rule says, by path."""
    return {f.path: f for f in report.findings if f.rule == rule}


def purposes(report: Report) -> Counter[str]:
    """How many probes of each purpose were sent."""
    return Counter(str(e.probe.purpose) for e in report.exchanges.values())
