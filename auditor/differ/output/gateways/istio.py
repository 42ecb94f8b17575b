"""Istio: a VirtualService with two routes for each path, the documented methods to the service and 405 for the rest."""

from __future__ import annotations

from typing import Any

from auditor.differ.output.gateways import commented
from auditor.differ.output.gateways.allowlist import REFUSAL, AllowList, Entry
from auditor.differ.output.yaml_text import dump

SERVICE = "your-service.your-namespace.svc.cluster.local"


def render(allowed: AllowList) -> str:
    """The VirtualService; the first route that fits counts."""
    routes = [route for i, e in enumerate(allowed.entries, 1) for route in _routes(i, e)]
    resource = {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": "method-contract"},
        "spec": {"hosts": ["your-host.example"], "http": [*routes, {"name": "other-paths", "route": _service()}]},
    }
    notes = (
        *allowed.notes(), "",
        f"Put your own hosts (and gateways) in, and your own destination for {SERVICE}; or move the routes before "
        "those of the VirtualService that you have: Istio keeps no order across several for one host.",
    )  # fmt: skip
    return commented(notes) + dump(resource)


def _routes(number: int, entry: Entry) -> list[dict[str, Any]]:
    uri = {"regex": entry.whole}
    return [
        {"name": f"path-{number}", "match": [{"uri": uri, "method": {"regex": "|".join(entry.methods)}}],
         "route": _service()},
        {"name": f"path-{number}-refused", "match": [{"uri": uri}],
         "directResponse": {"status": 405, "body": {"string": REFUSAL}},
         "headers": {"response": {"set": {"Allow": entry.allow}}}},
    ]  # fmt: skip


def _service() -> list[dict[str, Any]]:
    return [{"destination": {"host": SERVICE}}]
