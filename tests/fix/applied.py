"""Audit what drifted, type what the fix says, start it again, audit again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.command import run_auditor
from tests.fix.deployed import APPS, deployed, python
from tests.fix.drifts import Deployment
from tests.fix.edges import PATHS, Edge
from tests.fix.edits import Drift
from tests.fix.gateways import gateway
from tests.prober.audits import description

CONTENT = {"required": True, "content": {"application/json": {"schema": {
    "type": "object", "required": ["title"], "properties": {"title": {"type": "string"}}}}}}  # fmt: skip
Found = dict[tuple[str, str | None, str], dict[str, Any]]
"""The findings of a report by rule, path and methods."""


def described(paths: Mapping[str, str]) -> dict[str, Any]:
    """Ids are numbers, 1 exists; what is posted or patched needs a title."""
    document = description(paths)
    for item in document["paths"].values():
        for parameter in item.get("parameters", []):
            parameter.update(schema={"type": "integer"}, example=1)
        for method in {"post", "put", "patch"} & item.keys():
            item[method]["requestBody"] = CONTENT
    return document


def findings(
    folder: Path, paths: Mapping[str, str], environments: Mapping[str, Any], off: Iterable[str] = (),
) -> Found:  # fmt: skip
    """What the real command finds."""
    folder.mkdir(exist_ok=True)
    (folder / "openapi.json").write_text(json.dumps(described(paths)), encoding="utf-8")
    config = {"spec": "openapi.json", "rules": dict.fromkeys(off, "off"), "environments": environments}
    (folder / "auditor.yaml").write_text(json.dumps(config), encoding="utf-8")
    done = run_auditor("audit", "--out", "out", "--rate", "1000/s", cwd=folder)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    report = json.loads((folder / "out" / "report.json").read_text(encoding="utf-8"))
    return {(f["rule"], f["path"], " ".join(f["methods"])): f for f in report["findings"]}


def mended(text: str, drifts: Sequence[Drift]) -> str:
    """The text with all edits, one after the other."""
    for edit in (e for d in drifts for e in d.edits):
        assert text.count(edit.before) == 1, edit.before
        text = text.replace(edit.before, edit.after)
    return text


def service(folder: Path, one: Deployment) -> tuple[Found, Found]:
    """What is found in a service before and after."""
    source = (APPS / one.source).read_text(encoding="utf-8")
    found = []
    for name, text in (("before", source), ("after", mended(source, one.drifts))):
        with deployed(one.source, text, one.command) as port:
            environments = {"dev": {"url": f"http://127.0.0.1:{port}", "mode": one.mode}}
            found.append(findings(folder / name, one.paths, environments, one.off))
    return found[0], found[1]


@contextmanager
def _behind() -> Iterator[int]:
    source = "behind_orders.py"
    with deployed(source, (APPS / source).read_text(encoding="utf-8"), python) as port:
        yield port


def edge(folder: Path, one: Edge) -> tuple[Found, Found]:
    """What is found at a gateway before and after, with the service behind it as a layer."""
    found = []
    with _behind() as upstream:
        text = one.text.replace("UPSTREAM", str(upstream))
        for name, configuration in (("before", text), ("after", mended(text, one.drifts))):
            with gateway(one.stack, configuration, folder / f"{name}-{one.stack}", upstream) as port:
                environments = {
                    "prod": {"url": f"http://127.0.0.1:{port}", "mode": "inert"},
                    "origin": {"url": f"http://127.0.0.1:{upstream}", "mode": "inert", "behind": "prod"},
                }
                # The list of a gateway refuses OPTIONS, too, unless browsers of other origins need it.
                found.append(findings(folder / name, PATHS, environments, ["options-unanswered"]))
    return found[0], found[1]
