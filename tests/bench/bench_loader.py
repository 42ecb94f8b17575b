"""CPU of load and walk against bare parsing: `python -m tests.bench.bench_loader [--all] [FILE ...]`.

Ratios of CPU time, medians of five interleaved rounds, garbage collection off everywhere. Targets: JSON at most
1.2 × bare `json.loads`; YAML at most 1.1 × the bare event builder; many files at most 2.5 × the sum of bare parses.
`--all` adds, once each: what a report asks for later (lines, digest), peak memory, CSafeLoader and openapi-core's
`from_file_path` (minutes). Nothing here asserts: the figures are for people.
"""

from __future__ import annotations

import gc
import json
import statistics
import subprocess
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
            for i in range(8)
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
    """One line of ratios for one description."""
    try:
        contract = load_file(path)
    except DescriptionError as e:
        return f"{path.name}: refused: {e.what}"
    texts = [Path(f.path).read_bytes() for f in contract.files]
    size = sum(map(len, texts)) / 1e6
    head = f"{path.name}: {size:.2f} MB, {len(texts)} files, {contract.operations} operations"
    if texts[0].lstrip()[:1] == b"{":
        load, bare = interleaved(lambda: load_file(path), lambda: [json.loads(t) for t in texts])
        return f"{head}: load {load * 1e3:.1f} ms = {load / bare:.2f} × json.loads"
    load, built, events = interleaved(
        lambda: load_file(path), lambda: [build(t) for t in texts], lambda: [events_only(t) for t in texts]
    )
    return f"{head}: load {load * 1e3:.1f} ms = {load / built:.2f} × builder = {load / events:.2f} × events"


def measure_slow(path: Path) -> str:
    """What takes long to measure, once each."""
    from openapi_core import OpenAPI

    data = path.read_bytes()
    is_json = data[:1] == b"{"
    load = statistics.median(cpu(lambda: load_file(path)) for _ in range(3))
    contract = load_file(path)
    asked = cpu(lambda: (contract.files[0].sha256, contract.paths[0].location.line))
    core = cpu(lambda: OpenAPI.from_file_path(str(path)))
    peak, bare = peak_memory(path, "load"), peak_memory(path, "bare")
    found = [f"lines and digest {asked * 1e3:.1f} ms more", f"{load / core:.3f} × openapi-core {core:.1f} s"]
    if not is_json:
        start = time.process_time()  # with garbage collection, as it is used
        yaml.load(data, yaml.CSafeLoader)
        c_loader = time.process_time() - start
        found.append(f"{load / c_loader:.3f} × CSafeLoader {c_loader:.1f} s")
    found.append(f"peak memory {peak:.0f} MB = {peak / bare:.2f} × bare parse")
    return f"{path.name}: " + ", ".join(found)


_CHILD = """
import json, re, sys
from pathlib import Path
import pydantic_core
from auditor.loader import load_file
from auditor.loader.yaml_events import build
path = Path(sys.argv[1])
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
before = peak()
if sys.argv[2] == "load":
    kept = load_file(path)
else:
    data = path.read_bytes()
    kept = json.loads(data) if data[:1] == b"{" else build(data)
print(peak() - before)
"""


def peak_memory(path: Path, what: str) -> float:
    """MB that a fresh process grows by at most while it loads or merely parses `path` (Linux)."""
    command = [sys.executable, "-c", _CHILD, str(path), what]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return int(done.stdout) / 1024


def many_files(folder: Path, made: dict[str, Any], ending: str) -> Path:
    """`made` with a file for each path item, as big descriptions are kept by hand."""
    (folder / "paths").mkdir(parents=True)
    root = json.loads(json.dumps(made))
    for i, (key, item) in enumerate(root["paths"].items()):
        text = json.dumps(item).replace('"#/components', f'"../openapi.{ending}#/components')
        write(folder / "paths" / f"p{i}.{ending}", json.loads(text))
        root["paths"][key] = {"$ref": f"paths/p{i}.{ending}"}
    return write(folder / f"openapi.{ending}", root)


def write(path: Path, made: Any) -> Path:
    """Plain data as JSON or YAML, by the name of the file."""
    if path.suffix == ".json":
        path.write_text(json.dumps(made, indent=1))
    else:
        plain = json.loads(json.dumps(made))  # no shared objects: they would become aliases
        path.write_text(yaml.dump(plain, Dumper=yaml.CSafeDumper, sort_keys=False))
    return path


def main() -> None:
    thorough = "--all" in sys.argv
    given = [Path(a) for a in sys.argv[1:] if a != "--all"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = padded(OPERATIONS, SIZE * 2 // 3)
        big = [write(folder / "big.json", made), write(folder / "big.yaml", made)]
        many = [many_files(folder / e, description(400), e) for e in ("json", "yaml")]
        samples = sorted([*SAMPLES.glob("*.*"), *SAMPLES.glob("*/openapi.yaml")])
        for path in (*big, *many, *samples, *given):
            print(measure(path), flush=True)
        for path in (*big, *given) if thorough else ():
            print(measure_slow(path), flush=True)


if __name__ == "__main__":
    main()
