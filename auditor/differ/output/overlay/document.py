"""Overlay Documents (OpenAPI Overlay 1.0.0), one for each file of the description, as data and as text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from auditor.differ.output.escape import visible
from auditor.differ.output.overlay.actions import Action, Left
from auditor.differ.output.overlay.nodes import Description
from auditor.differ.output.overlay.targets import Targets, normalized
from auditor.differ.output.yaml_text import dump
from auditor.model.contract import Contract

VERSION = "1.0.0"


@dataclass(frozen=True, slots=True)
class Overlay:
    """The overlay for one file of the description."""

    file: str
    actions: tuple[dict[str, Any], ...]


def overlays(
    actions: Iterable[Action], environment: str, description: Description
) -> tuple[tuple[Overlay, ...], tuple[Left, ...]]:
    """The overlays, that for the description itself first; and what no target hits that hits nothing else."""
    targets = Targets(description.files)
    by_file: dict[str, list[dict[str, Any]]] = {}
    left: list[Left] = []
    for action in actions:
        file, keys = action.place
        target = normalized(keys, description.files[file])
        if len(targets.hits(target, file)) != 1:
            left += [Left(f, "no JSONPath names its node") for f in action.findings]
            continue
        by_file.setdefault(file, []).append(_action(action, target, environment))
    names = sorted(by_file, key=lambda f: (f != description.root, f))
    return tuple(Overlay(f, tuple(by_file[f])) for f in names), tuple(left)


def _action(action: Action, target: str, environment: str) -> dict[str, Any]:
    said = [visible(f"{f.fingerprint} {f.rule}: {_seen(f, environment)}", 400) for f in action.findings]
    found: dict[str, Any] = {"target": target, "description": "; ".join([*said, *filter(None, [action.why])])}
    return {**found, "remove": True} if action.update is None else {**found, "update": action.update}


def _seen(finding: Any, environment: str) -> str:
    name = " ".join([",".join(finding.methods), finding.path or ""])
    detail = next((o.detail for o in finding.occurrences if o.environment == environment), "")
    return f"{name} in {environment}: {detail}" if detail else f"{name} in {environment}"


def data(overlay: Overlay, contract: Contract, environment: str, run: str, extends: str | None) -> dict[str, Any]:
    """The Overlay Document. `extends`: a URI reference to the file that it is for; None where that has none."""
    digest = next((f.sha256 for f in contract.files if f.path == overlay.file), "")
    return {
        "overlay": VERSION,
        "info": {"title": visible(f"{contract.title}: what {environment} serves", 200), "version": run},
        **({"extends": extends} if extends is not None else {}),
        "actions": list(overlay.actions),
        "x-auditor": {"run": run, "environment": environment, "file": visible(overlay.file), "sha256": digest},
    }


def text(document: Mapping[str, Any], as_json: bool) -> bytes:
    """The document as JSON or YAML."""
    if as_json:
        return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()
    return dump(document).encode()
