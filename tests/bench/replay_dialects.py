"""Replays an audit over recorded deployments and scores it against their truth.

    python -m tests.bench.replay_dialects FOLDER [safe|inert|inert+|inert++] [NAME...]

`inert+` adds the form broken-json, `inert++` unknown-type as well.

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
from auditor.model.environment import Environment, Mode, Origin
from auditor.model.exchange import Answer, Exchange, Failure, Form, Probe, Purpose
from auditor.model.knowledge import Knowledge, learn
from auditor.prober import signature
from auditor.prober.calibrate import Calibration
from auditor.prober.candidates import Catalogue
from auditor.prober.harmless import objection
from auditor.prober.judge import judge
from auditor.prober.redact import Redactor
from auditor.prober.signature import trace_body
from auditor.prober.targets import Planner

signature.MAX_MASKED = 160  # the recordings hold the first 300 bytes of a body: compare what surely is whole

VALUES = {"bookId": 1, "slug": "ursula-le-guin", "orderId": "00000000-0000-0000-0000-000000000001"}
VARIANTS = {Form.PLAIN: "plain", Form.UNFINISHED: "stalljson-bare", Form.BROKEN_JSON: "badjson-bare",
            Form.UNKNOWN_TYPE: "inert1-bare"}  # fmt: skip
MODES: dict[str, tuple[str, ...] | None] = {
    "safe": None, "inert": (), "inert+": ("broken-json",), "inert++": ("broken-json", "unknown-type"),
}  # fmt: skip
WRITES = ("POST", "PUT", "PATCH", "DELETE")


class Recording:
    def __init__(self, path: Path) -> None:
        data = json.loads(path.read_text())
        self.name: str = data["stack"]
        self.truth: dict[str, Any] = data["truth"]
        self.unknowable = bool(self.truth.get("unknowable")) or self.name.startswith("emu-maintenance")
        self.by = {(p["path"], p["method"], p["variant"]): p for p in data["probes"]}

        self.writes = 0

    def wrote(self, probe: Probe) -> int:
        found = self.answer(probe)[1]
        return int(bool(found and probe.method in WRITES and found.get("writes", 0) > 0))

    def answer(self, probe: Probe) -> tuple[str, dict[str, Any] | None]:
        """The recorded answer nearest to what the probe asks: unknown paths of the same depth stand for ours."""
        path = probe.target.split("?")[0]
        variant = VARIANTS[probe.form]
        if probe.purpose is Purpose.SIBLING:
            path = _sibling(path)
        elif probe.purpose is Purpose.DEEPER:
            path = "/v1/books/999999999/zq7x"
        elif probe.purpose in (Purpose.ALTERNATE, Purpose.ABSENT, Purpose.PHANTOM):
            path = {"/books/{bookId}": "/v1/books/999999999", "/authors/{slug}": "/v1/authors/zq-no-such-author",
                    "/orders/{orderId}": "/v1/orders/ffffffff-ffff-4fff-bfff-ffffffffffff"}.get(
                        probe.slot.subject, "/v1/books/999999999/reviews")  # fmt: skip
        elif probe.purpose is Purpose.TWIN and not {(path, probe.method, v) for v in (variant, "plain")} & set(self.by):
            path = path.rstrip("/")
        found = self.by.get((path, probe.method, variant))
        if found is None and probe.method == "REPORT":
            # The control in a form was recorded on some paths only: elsewhere the plain one stands for it.
            found = self.by.get((path, probe.method, variant.removesuffix("-bare"))) or self.by.get(
                (path, probe.method, "plain")
            )
        if found is None and probe.form is Form.UNFINISHED and path == "/v1/orders":
            # Recorded at the slash twin only; a redirect is decided by the head, so another form's stands for it.
            other = self.by.get((path, probe.method, "badjson"))
            found = other if other and 300 <= other["status"] < 400 else None
        return path, found


def _sibling(path: str) -> str:
    parts = path.strip("/").split("/")
    if len(parts) == 4:
        return "/v1/books/999999999/zq7x"
    return "/v1/zq7x-nope" if len(parts) == 2 else "/v1/zq7x-nope/999999999"


def exchange(recording: Recording, probe: Probe, seq: int) -> Exchange:
    path, found = recording.answer(probe)
    redactor = Redactor([])
    if not found or not found["status"]:
        silent = found is not None and found.get("error") == "timeout" and probe.form is Form.UNFINISHED
        failure = Failure.SILENT if silent else Failure.CLOSED if found else Failure.INTERNAL
        return Exchange(probe, seq, "2026-01-01T00:00:00.000Z", 0.6, 1, failure=failure)
    headers = [(k, v) for k, v in found.get("headers", [])]
    media = next((v for k, v in headers if k.lower() == "content-type"), "").split(";")[0].strip().lower()
    body = found.get("body", "")
    keep = redactor.body_text if found["status"] >= 400 else lambda text: None
    trace = trace_body(body.encode(), media, None, path, keep)
    fields = tuple((k, redactor.response_field(k, v)) for k, v in headers)
    return Exchange(probe, seq, "2026-01-01T00:00:00.000Z", 0.0, 1, answer=Answer(found["status"], fields, trace))


def audit(recording: Recording, contract: Contract, mode: str) -> tuple[Calibration, dict[tuple[str, str], Any], int]:
    forms = MODES[mode]
    environment = Environment(
        "recorded", "http://127.0.0.1/v1", Origin("http", "127.0.0.1", 80), "/v1",
        mode=Mode.SAFE if forms is None else Mode.INERT, inert_forms=forms or (),
    )  # fmt: skip
    absent = lambda item, name, nonce: absent_value(item.path_parameters.get(name), nonce)  # noqa: E731
    targets = Planner(contract, environment, "seed", absent=absent, alternates=typed_alternates).targets()
    catalogue = Catalogue(environment, targets)
    knowledge, seq = Knowledge("recorded"), 0
    while wave := catalogue.needed(knowledge):
        exchanges = []
        for probe in wave:
            seq += 1
            content = catalogue.content(probe, knowledge)
            if probe.form is not Form.PLAIN and (content is None or objection(environment, content.clearance)):
                raise AssertionError(f"the plan asks for what the safety rule forbids: {probe}")
            exchanges.append(exchange(recording, probe, seq))
            recording.writes += recording.wrote(probe)
        knowledge = learn(knowledge, exchanges)
    c = Calibration(knowledge, catalogue.targets)
    cells = {(x.path, x.method): x for t in targets for x in judge(c, "recorded", t, ("GET", *WRITES))}
    return c, cells, seq


def main(folder: str, *rest: str) -> None:
    root = Path(folder)
    mode = rest[0] if rest and rest[0] in MODES else "safe"
    names = [n for n in rest if n not in MODES]
    writes = 0
    contract = load_file(root / "openapi.yaml", LoadOptions(values=VALUES))
    total: dict[str, collections.Counter[str]] = {"GET": collections.Counter(), "write": collections.Counter()}
    most = 0
    for path in sorted((root / "recordings").glob("*.json")):
        recording = Recording(path)
        if names and recording.name not in names:
            continue
        c, cells, sent = audit(recording, contract, mode)
        most, writes = max(most, sent), writes + recording.writes
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
    print(f"{mode}: at most {most} requests, {writes} writes")


if __name__ == "__main__":
    main(*sys.argv[1:])
