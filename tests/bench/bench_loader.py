"""CPU of load and walk against bare parsing: `python -m tests.bench.bench_loader [FILE ...]`.

Ratios of CPU time, medians of five interleaved rounds, garbage collection off everywhere. Targets: JSON at most
1.2 × bare `json.loads`; YAML at most 1.1 × the bare event builder. Nothing here asserts: the figures are for people.
"""

from __future__ import annotations

import gc
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from auditor.errors import DescriptionError
from auditor.loader import load_file
from auditor.loader.yaml_events import build, event_source

ROUNDS = 5
OPERATIONS = 2_000
SIZE = 10_000_000
SAMPLES = Path(__file__).resolve().parents[2] / "sample_specs"


def description(operations: int) -> dict[str, Any]:
    """Like the big public ones: two methods per path, parameters by reference and inline, inline schemas."""
    resource = {
        "type": "object",
        "required": ["id", "name"],
        "properties": {
            f"field_{i}": {
                "type": "string",
                "description": f"What field {i} of the resource means to its reader.",
                "maxLength": 100,
            }
            for i in range(12)
        },
    }
    paths: dict[str, Any] = {}
    for n in range(operations // 2):
        item_id = {"name": "itemId", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}
        paths[f"/group-{n % 50}/resource-{n}/{{itemId}}"] = {
            "parameters": [item_id],
            "get": _operation(n, "get", [{"$ref": "#/components/parameters/page"}], resource, None),
            "put": _operation(n, "put", [], resource, resource),
        }
    page = {"name": "page", "in": "query", "schema": {"type": "integer", "default": 1}}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Generated", "version": "1"},
        "servers": [{"url": "https://api.example.test/v1"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "parameters": {"page": page},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(n: int, method: str, parameters: list[Any], answer: Any, body: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": answer}}
    made: dict[str, Any] = {
        "operationId": f"{method}Resource{n}",
        "summary": f"{method} resource {n}",
        "description": "Longer text as generators write it, with a few sentences that say little. " * 3,
        "tags": [f"group-{n % 50}"],
        "parameters": parameters,
        "responses": {
            "200": {"description": "The resource", "content": content},
            "404": {"description": "No such resource"},
            "default": {"description": "Any error", "content": content},
        },
    }
    if body is not None:
        made["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return made


def padded(operations: int, size: int) -> dict[str, Any]:
    """`description`, filled up with component schemas to about `size` bytes of JSON."""
    made = description(operations)
    schemas: dict[str, Any] = made["components"].setdefault("schemas", {})
    room = size - len(json.dumps(made))
    one = {"type": "object", "properties": {f"p{i}": {"type": "string", "example": f"value {i}"} for i in range(40)}}
    for n in range(max(0, room // (len(json.dumps(one)) + 20))):
        schemas[f"Schema{n}"] = one
    return made


def cpu(work: Callable[[], object]) -> float:
    """CPU seconds of one call, its result freed outside the measurement."""
    gc.collect()
    gc.disable()
    try:
        start = time.process_time()
        kept = work()
        spent = time.process_time() - start
        del kept
    finally:
        gc.enable()
    return spent


def interleaved(*works: Callable[[], object]) -> list[float]:
    """Median CPU seconds of each of `works`, run in turn."""
    rounds = [[cpu(w) for w in works] for _ in range(ROUNDS)]
    return [statistics.median(column) for column in zip(*rounds, strict=True)]


def events_only(data: bytes) -> None:
    get_event, _ = event_source(data)
    while type(get_event()) is not yaml.StreamEndEvent:
        pass


def measure(path: Path) -> str:
    """One line of ratios for one file."""
    data = path.read_bytes()
    try:
        contract = load_file(path)
    except DescriptionError as e:
        return f"{path.name}: refused: {e.what}"
    head = f"{path.name}: {len(data) / 1e6:.2f} MB, {len(contract.files)} files, {contract.operations} operations"
    if data.lstrip()[:1] == b"{":
        load, bare = interleaved(lambda: load_file(path), lambda: json.loads(data))
        return f"{head}: load {load * 1e3:.1f} ms = {load / bare:.2f} × json.loads"
    texts = [Path(f.path).read_bytes() for f in contract.files]
    load, built, events = interleaved(
        lambda: load_file(path), lambda: [build(t) for t in texts], lambda: [events_only(t) for t in texts]
    )
    return f"{head}: load {load * 1e3:.1f} ms = {load / built:.2f} × builder = {load / events:.2f} × events"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        big_json, big_yaml = Path(folder, "big.json"), Path(folder, "big.yaml")
        made = padded(OPERATIONS, SIZE * 5 // 8)
        big_json.write_text(json.dumps(made, indent=1))
        plain = json.loads(json.dumps(made))  # no shared objects: they would become aliases
        big_yaml.write_text(yaml.dump(plain, Dumper=yaml.CSafeDumper, sort_keys=False))
        samples = sorted([*SAMPLES.glob("*.*"), *SAMPLES.glob("*/openapi.yaml")])
        for path in (big_json, big_yaml, *samples, *map(Path, sys.argv[1:])):
            print(measure(path), flush=True)


if __name__ == "__main__":
    main()
