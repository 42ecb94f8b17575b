"""Replays `safe` mode over recorded deployments and scores it against their truth.

    python -m tests.bench.replay_dialects FOLDER [NAME...]

FOLDER holds `openapi.yaml` and `recordings/*.json`: how deployments of one small API answer a fixed battery of raw
probes, each with its truth. Nothing is sent; the product's own plan asks, the recording answers.
"""

from __future__ import annotations

import collections
import json
import sys
from pathlib import Path
from typing import Any

from auditor.loader import LoadOptions, absent_value, load_file, typed_alternates
from auditor.model.cell import Support
from auditor.model.contract import Contract
from auditor.model.environment import Environment, Origin
from auditor.model.exchange import Answer, Exchange, Failure, Probe, Purpose
from auditor.model.knowledge import Knowledge, learn
from auditor.prober import signature
from auditor.prober.calibrate import Calibration
from auditor.prober.candidates import Catalogue
from auditor.prober.judge import judge
from auditor.prober.redact import Redactor
from auditor.prober.signature import trace_body
from auditor.prober.targets import Planner

signature.MAX_MASKED = 160  # the recordings hold the first 300 bytes of a body: compare what surely is whole

VALUES = {"bookId": 1, "slug": "ursula-le-guin", "orderId": "00000000-0000-0000-0000-000000000001"}
WRITES = ("POST", "PUT", "PATCH", "DELETE")


class Recording:
    def __init__(self, path: Path) -> None:
        data = json.loads(path.read_text())
        self.name: str = data["stack"]
        self.truth: dict[str, Any] = data["truth"]
        self.unknowable = bool(self.truth.get("unknowable")) or self.name.startswith("emu-maintenance")
        self.by = {(p["path"], p["method"], p["variant"]): p for p in data["probes"]}

    def answer(self, probe: Probe) -> tuple[str, dict[str, Any] | None]:
        """The recorded answer nearest to what the probe asks: unknown paths of the same depth stand for ours."""
        path = probe.target.split("?")[0]
        if probe.purpose is Purpose.SIBLING:
            path = _sibling(path)
        elif probe.purpose is Purpose.DEEPER:
            path = "/v1/books/999999999/zq7x"
        elif probe.purpose is Purpose.ALTERNATE:
            path = {"/books/{bookId}": "/v1/books/999999999", "/authors/{slug}": "/v1/authors/zq-no-such-author",
                    "/orders/{orderId}": "/v1/orders/ffffffff-ffff-4fff-bfff-ffffffffffff"}.get(
                        probe.slot.subject, "/v1/books/999999999/reviews")  # fmt: skip
        elif probe.purpose is Purpose.TWIN and (path, probe.method, "plain") not in self.by:
            path = path.rstrip("/")
        return path, self.by.get((path, probe.method, "plain"))


def _sibling(path: str) -> str:
    parts = path.strip("/").split("/")
    if len(parts) == 4:
        return "/v1/books/999999999/zq7x"
    return "/v1/zq7x-nope" if len(parts) == 2 else "/v1/zq7x-nope/999999999"


def exchange(recording: Recording, probe: Probe, seq: int) -> Exchange:
    path, found = recording.answer(probe)
    redactor = Redactor([])
    if not found or not found["status"]:
        failure = Failure.CLOSED if found else Failure.INTERNAL
        return Exchange(probe, seq, "2026-01-01T00:00:00.000Z", 0.0, 1, failure=failure)
    headers = [(k, v) for k, v in found.get("headers", [])]
    media = next((v for k, v in headers if k.lower() == "content-type"), "").split(";")[0].strip().lower()
    body = found.get("body", "")
    keep = redactor.body_text if found["status"] >= 400 else lambda text: None
    trace = trace_body(body.encode(), media, None, path, keep)
    fields = tuple((k, redactor.response_field(k, v)) for k, v in headers)
    return Exchange(probe, seq, "2026-01-01T00:00:00.000Z", 0.0, 1, answer=Answer(found["status"], fields, trace))


def audit(recording: Recording, contract: Contract) -> tuple[Calibration, dict[tuple[str, str], Any], int]:
    environment = Environment("recorded", "http://127.0.0.1/v1", Origin("http", "127.0.0.1", 80), "/v1")
    absent = lambda item, name, nonce: absent_value(item.path_parameters.get(name), nonce)  # noqa: E731
    targets = Planner(contract, environment, "seed", absent=absent, alternates=typed_alternates).targets()
    catalogue = Catalogue(environment, targets)
    knowledge, seq = Knowledge("recorded"), 0
    while wave := catalogue.needed(knowledge):
        exchanges = []
        for probe in wave:
            seq += 1
            exchanges.append(exchange(recording, probe, seq))
        knowledge = learn(knowledge, exchanges)
    c = Calibration(knowledge, catalogue.targets)
    cells = {(x.path, x.method): x for t in targets for x in judge(c, "recorded", t, ("GET", *WRITES))}
    return c, cells, seq


def main(folder: str, *names: str) -> None:
    root = Path(folder)
    contract = load_file(root / "openapi.yaml", LoadOptions(values=VALUES))
    total: dict[str, collections.Counter[str]] = {"GET": collections.Counter(), "write": collections.Counter()}
    most = 0
    for path in sorted((root / "recordings").glob("*.json")):
        recording = Recording(path)
        if names and recording.name not in names:
            continue
        c, cells, sent = audit(recording, contract)
        most = max(most, sent)
        line: dict[str, collections.Counter[str]] = {"GET": collections.Counter(), "write": collections.Counter()}
        for (key, method), cell in sorted(cells.items()):
            served = method in recording.truth["served"].get(key, [])
            if cell.support is Support.UNDETERMINED:
                word = "undetermined"
            elif recording.unknowable or (cell.support is Support.SUPPORTED) != served:
                word = "wrong"
            else:
                word = "right"
            line["GET" if method == "GET" else "write"][word] += 1
            if word == "wrong" or names:
                said = f"{cell.support} {cell.basis or cell.reason}: {cell.why}"
                print(f"    {word:12} {method:6} {key:28} {served=} {said}")
        for kind in total:
            total[kind] += line[kind]
        g, w = line["GET"], line["write"]
        print(f"{recording.name:24} {sent:3} requests  GET {g['right']}/{g['wrong']}/{g['undetermined']}  "
              f"write {w['right']}/{w['wrong']}/{w['undetermined']}  {c.allow_trust.why[:70]}")  # fmt: skip
    for kind, counter in total.items():
        print(f"{kind}: {counter['right']} right, {counter['wrong']} wrong, {counter['undetermined']} undetermined")
    print(f"at most {most} requests")


if __name__ == "__main__":
    main(*sys.argv[1:])
