"""Kong Gateway: declarative configuration with two routes for each path.

Kong prefers the route that matches in more ways, and then the higher `regex_priority`. So both routes of a path name
methods: the documented ones go to the service, the other registered ones end in request-termination. A third, without
methods, catches what no registry knows.
"""

from __future__ import annotations

from typing import Any

from auditor.differ.output.gateways import commented
from auditor.differ.output.gateways.allowlist import REFUSAL, AllowList, Entry
from auditor.differ.output.yaml_text import dump
from auditor.model.methods import REGISTERED, method_order


def render(allowed: AllowList) -> str:
    """The declarative configuration, format 3.0."""
    top = len(allowed.entries)
    routes = [route for i, e in enumerate(allowed.entries) for route in _routes(i + 1, top - i, e)]
    configuration = {
        "_format_version": "3.0",
        "services": [{"name": "your-service", "url": "http://your-service.example:80", "routes": routes}],
    }
    notes = (
        *allowed.notes(), "",
        "For `deck gateway sync` or a DB-less Kong. Put your own service in; routes of your own for other paths stay "
        "beside these. Give these the `hosts` of yours, else a route with hosts and methods comes first.",
    )  # fmt: skip
    return commented(notes) + dump(configuration)


def _routes(number: int, priority: int, entry: Entry) -> list[dict[str, Any]]:
    others = sorted({*REGISTERED, "CONNECT"} - set(entry.methods), key=method_order)
    name = f"path-{number}"
    return [
        _route(name, priority, entry, methods=list(entry.methods)),
        _route(f"{name}-refused", priority, entry, methods=others, plugins=_refusal(entry)),
        _route(f"{name}-unknown", priority, entry, plugins=_refusal(entry)),
    ]


def _route(name: str, priority: int, entry: Entry, **more: Any) -> dict[str, Any]:
    return {"name": name, "paths": [f"~{entry.whole}$"], "regex_priority": priority, "strip_path": False, **more}


def _refusal(entry: Entry) -> list[dict[str, Any]]:
    return [
        {"name": "request-termination", "config": {"status_code": 405, "message": REFUSAL}},
        {"name": "response-transformer", "config": {"add": {"headers": [f"Allow:{entry.allow}"]}}},
    ]
