"""One audit of the shop by the real command, and how its cells compare with what the builds really serve."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.command import run_auditor
from tests.prober.audits import description
from tests.surveys.app import PATHS, ROUTES


@dataclass(frozen=True)
class Audit:
    """What a run left behind."""

    folder: Path
    report: dict[str, Any]

    def told(self, *rules: str) -> set[tuple[str, str, str]]:
        """(rule, path, methods) of the findings of these rules."""
        return {(f["rule"], f["path"], " ".join(f["methods"])) for f in self.report["findings"] if f["rule"] in rules}

    def finding(self, rule: str, path: str) -> dict[str, Any]:
        (found,) = [f for f in self.report["findings"] if (f["rule"], f["path"]) == (rule, path)]
        return dict(found)

    def cell(self, method: str, path: str) -> str:
        """`supported`, `unsupported`, or why it is not known."""
        (found,) = [c for c in self.report["cells"] if (c["method"], c["path"]) == (method, path)]
        return str(found["reason"] or found["support"])

    def wrong(self, *builds: str) -> list[str]:
        """Decided cells that one of the builds behind this address contradicts."""
        decided = [c for c in self.report["cells"] if c["support"] != "undetermined"]
        truths = [ROUTES[b] for b in builds]
        return [
            f"{c['method']} {c['path']}: {c['support']}" for c in decided
            if any((c["support"] == "supported") != (c["method"] in t[c["path"]]) for t in truths)
        ]  # fmt: skip

    def wrong_at(self, layer: str, build: str) -> list[str]:
        """Decided cells of a layer that the build behind it contradicts."""
        cells = [c for c in self.report["layers"] if (c["environment"], c["basis"] is None) == (layer, False)]
        return [f"{c['method']} {c['path']}: {c['support']}" for c in cells
                if (c["support"] == "supported") != (c["method"] in ROUTES[build][c["path"]])]  # fmt: skip

    @property
    def sent(self) -> Counter[str]:
        """Requests by purpose."""
        lines = (self.folder / "out" / "transcript.jsonl").read_text(encoding="utf-8").splitlines()[1:]
        return Counter(json.loads(line)["exchange"]["probe"]["slot"]["purpose"] for line in lines)


def audit(folder: Path, port: int, layers: Mapping[str, Any] | None = None, **environment: Any) -> Audit:
    """`auditor audit` of one environment `prod` at this port, with the layers behind it."""
    (folder / "openapi.json").write_text(json.dumps(description(PATHS)), encoding="utf-8")
    one: Mapping[str, Any] = {"url": f"http://127.0.0.1:{port}", "rate": 500, **environment}
    config = {"spec": "openapi.json", "values": {"id": "1"}, "environments": {"prod": one, **(layers or {})}}
    (folder / "auditor.yaml").write_text(json.dumps(config), encoding="utf-8")
    done = run_auditor("audit", "--out", "out", cwd=folder)
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode in (0, 1, 3), done.stderr
    return Audit(folder, json.loads((folder / "out" / "report.json").read_text(encoding="utf-8")))


def rejudged(audit: Audit) -> dict[str, Any]:
    """The same run judged again, offline."""
    done = run_auditor("report", "out", cwd=audit.folder)
    assert done.returncode in (0, 1, 3), done.stderr
    report: dict[str, Any] = json.loads((audit.folder / "out" / "report.json").read_text(encoding="utf-8"))
    return report


def paths(found: Iterable[tuple[str, str, str]]) -> set[str]:
    """The paths of `Audit.told`."""
    return {path for _, path, _ in found}
