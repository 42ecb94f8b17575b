"""Running the real command against a server of the catalogue, and reading what it wrote."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.command import run_auditor
from tests.servers.bookshop import SPEC

VALUES = {"orderId": "00000000-0000-0000-0000-000000000001"}
MINUTE = ("--rate", "1000/s")


@dataclass(frozen=True)
class Run:
    """What one audit printed and wrote."""

    code: int
    stdout: str
    stderr: str
    out: Path

    @property
    def report(self) -> dict[str, Any]:
        return json.loads((self.out / "report.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]

    @property
    def rules(self) -> Counter[str]:
        return Counter(f["rule"] for f in self.report["findings"])

    def cell(self, method: str, path: str, environment: str | None = None) -> dict[str, Any]:
        """The one cell of that method and path."""
        found = [c for c in self.report["cells"] if (c["method"], c["path"]) == (method, path)
                 and environment in (None, c["environment"])]  # fmt: skip
        assert len(found) == 1, found
        return found[0]

    def files(self) -> bytes:
        """Everything in the output directory, for looking for what must not be there."""
        return b"\n".join(p.read_bytes() for p in sorted(self.out.rglob("*")) if p.is_file())


def audit(
    folder: Path, *environments: str, spec: str | Path = SPEC, arguments: tuple[str, ...] = (),
    env: Mapping[str, str] | None = None, config: Mapping[str, Any] | None = None, out: str = "out",
) -> Run:  # fmt: skip
    """`auditor audit SPEC --env ...` in `folder`, quickly, with the values the bookshop needs."""
    (folder / "auditor.yaml").write_text(json.dumps({"values": VALUES, **(config or {})}), encoding="utf-8")
    given = [x for e in environments for x in ("--env", e)]
    done = run_auditor("audit", str(spec), *given, "--out", out, *MINUTE, *arguments, cwd=folder, env=env)
    return Run(done.returncode, done.stdout, done.stderr, folder / out)


def wrong(run: Run, truth: Mapping[str, set[str]] | Mapping[str, frozenset[str]]) -> list[str]:
    """Cells that say something else than the server's own route table."""
    return [
        f"{c['method']} {c['path']}: {c['support']} ({c['basis']})"
        for c in run.report["cells"]
        if c["support"] != "undetermined" and (c["support"] == "supported") != (c["method"] in truth.get(c["path"], ()))
    ]
