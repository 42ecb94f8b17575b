"""Every output format through the command itself, also where the description is hostile."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import xmlschema
from prometheus_client.parser import text_string_to_metric_families

from auditor.differ.output import FORMATS
from tests.command import run_auditor
from tests.conftest import Serve
from tests.e2e.audits import audit
from tests.output import test_annotations, test_csv, test_har, test_junit, test_markdown, test_sarif
from tests.output.hostile import INJECTIONS

FILES = {kind: f.filename for kind, f in FORMATS.items() if f.filename}
EVERY = [argument for kind in FORMATS for argument in ("--format", kind)]
CLOSED = "http://127.0.0.1:9"


def check_all(folder: Path) -> None:
    """Every file against its schema, or read by what reads it."""

    def read(kind: str) -> Any:
        return json.loads((folder / str(FILES[kind])).read_bytes())

    test_sarif.VALIDATOR.validate(read("sarif"))
    test_har.VALIDATOR.validate(read("har"))
    jsonschema.validate(read("gitlab"), test_annotations.CODE_QUALITY)
    schema: xmlschema.XMLSchema = test_junit.SCHEMA
    schema.validate(io.BytesIO((folder / "junit.xml").read_bytes()))
    assert list(text_string_to_metric_families((folder / "metrics.prom").read_text(encoding="utf-8")))
    written = (folder / "report.md").read_text(encoding="utf-8")
    assert {t.type for t in test_markdown.flat(written)} <= test_markdown.OURS
    assert (folder / "cells.csv").read_text(encoding="utf-8").startswith(",".join(test_csv.cells_csv.HEAD))


def test_all_at_once_and_the_same_again_offline(serve: Serve, tmp_path: Path) -> None:
    url = serve("flask-bookshop").url
    run = audit(tmp_path, f"dev={url}", arguments=(*EVERY, "--format", "junit=sub/junit.xml"))
    check_all(run.out)
    assert (tmp_path / "sub" / "junit.xml").read_bytes() == (run.out / "junit.xml").read_bytes()
    before = {kind: (run.out / name).read_bytes() for kind, name in FILES.items()}
    for name in FILES.values():
        (run.out / name).unlink()
    done = run_auditor("report", "out", *EVERY, cwd=tmp_path)
    after = {kind: (run.out / name).read_bytes() for kind, name in FILES.items()}
    assert [kind for kind in FILES if after[kind] != before[kind]] == []
    for line in done.stdout.splitlines():
        assert not line.startswith("::") or test_annotations.decoded(line)
    assert "documented =" in done.stdout


def test_a_line_is_that_of_the_operation_and_of_the_path_for_what_nobody_documented(tmp_path: Path) -> None:
    demo = run_auditor("demo", "--out", "out", cwd=tmp_path)
    assert demo.returncode == 1
    done = run_auditor("report", "out", "--format", "sarif", "--format", "github", cwd=tmp_path)
    log = json.loads((tmp_path / "out" / "report.sarif").read_text(encoding="utf-8"))
    source = Path(json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))["specs"][0]["source"])
    lines = source.read_text(encoding="utf-8").splitlines()
    seen = set()
    for result in log["runs"][0]["results"]:
        [place] = result["locations"]
        line = lines[place["physicalLocation"]["region"]["startLine"] - 1].strip()
        method, _, path = place.get("logicalLocations", [{}])[0].get("fullyQualifiedName", "").partition(" ")
        seen.add(result["ruleId"])
        if result["ruleId"] == "documented-method-missing":
            assert line == f"{method.lower()}:"
        if result["ruleId"] == "undocumented-method-served":
            assert line == f"{path}:"
    assert {"documented-method-missing", "undocumented-method-served"} <= seen
    assert done.stdout.startswith("::error file=")
    assert done.stdout.index("::notice title=auditor::") < done.stdout.index("documented =")


@pytest.mark.parametrize("text", INJECTIONS)
def test_a_hostile_description_spoils_no_format(text: str, tmp_path: Path) -> None:
    text = (
        text.encode("utf-8", "replace").decode().replace("{", "(").replace("}", ")").replace("?", "").replace("#", "")
    )
    operation = {"operationId": text, "tags": [text], "summary": text, "x-auditor": {"owner": text},
                 "responses": {"200": {"description": text}}}  # fmt: skip
    spec = {
        "openapi": "3.1.0",
        "info": {"title": text, "version": text},
        "paths": {f"/a{text[:300]}/{{id}}": {"get": operation, "delete": operation}, "/b": {"get": operation}},
    }
    (tmp_path / "o.json").write_text(json.dumps(spec), encoding="utf-8")
    done = run_auditor("audit", "o.json", "--env", f"dev={CLOSED}", *EVERY, "--out", "out", cwd=tmp_path)
    assert done.returncode == 3, done.stderr
    check_all(tmp_path / "out")


@pytest.mark.parametrize("odd", ["sarif=.", "junit=", "pdf", "har=report.json/x"])
def test_a_format_that_cannot_be_written_costs_no_request(odd: str, serve: Serve, tmp_path: Path) -> None:
    server = serve("flask-bookshop")
    (tmp_path / "report.json").write_text("{}")
    (tmp_path / "o.json").write_text(json.dumps({
        "openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/a": {"get": {"responses": {}}}}
    }))  # fmt: skip
    done = run_auditor("audit", "o.json", "--env", f"dev={server.url}", "--format", odd, cwd=tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert server.received() == []
