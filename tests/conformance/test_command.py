"""The real command against a service whose answers match its description, or do not, in every dialect."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.command import run_auditor
from tests.conformance.service import RULES, Says, check, description, get, observations

DIALECTS = ["2.0", "3.0.3", "3.1.0", "3.2.0"]


def schemas(version: str) -> dict[str, Any]:
    book = {
        "type": "object", "required": ["id", "title"],
        "properties": {"id": {"type": "integer"}, "title": {"type": "string"}, "price": {"type": "number"}},
    }  # fmt: skip
    return {"definitions": {"Book": book}} if version == "2.0" else {"components": {"schemas": {"Book": book}}}


def books(version: str) -> dict[str, Any]:
    place = "definitions" if version == "2.0" else "components/schemas"
    listed = {"type": "array", "items": {"$ref": f"#/{place}/Book"}}
    shelf = {"type": "object", "required": ["books"], "properties": {"books": listed}}
    paths = {"/books": get(listed, version=version), "/shelf": get(shelf, version=version)}
    return description(paths, version, **schemas(version))


GOOD = [{"id": 1, "title": "a", "price": 19.99}, {"id": 2, "title": "b", "extra": None}]


@pytest.mark.parametrize("version", DIALECTS)
def test_answers_as_described_are_no_finding(version: str, tmp_path: Path) -> None:
    run, found = check(tmp_path, books(version), {"/books": Says(GOOD), "/shelf": Says({"books": GOOD})})
    assert found == {}
    assert run.report["findings"] == []
    assert observations(run) == {}


@pytest.mark.parametrize("version", DIALECTS)
def test_other_bodies_are_told_with_place_and_keyword_and_without_values(version: str, tmp_path: Path) -> None:
    bad = [*GOOD, {"id": "hunter2", "price": "cheap"}, {"id": "hunter3"}]
    run, found = check(tmp_path, books(version), {"/books": Says(bad), "/shelf": Says({"books": {"a": 1}})})
    assert found == {
        ("response-mismatch", "/books"): (
            "/2/title: required (missing); /2/id: type (string in place of integer);"
            " /2/price: type (string in place of number)"
        ),
        ("response-mismatch", "/shelf"): "/books: type (object in place of array)",
    }
    assert b"hunter" not in run.files()
    assert b"cheap" not in run.files()


@pytest.mark.parametrize("version", DIALECTS)
def test_other_media_types_and_statuses(version: str, tmp_path: Path) -> None:
    answers = {"/books": Says(b"<p>hello</p>", media="text/html; charset=utf-8"), "/shelf": Says(b"", 204, None)}
    run, found = check(tmp_path, books(version), answers)
    assert found == {
        ("response-mismatch", "/books"): "200 text/html; documented: application/json",
        ("undocumented-status", "/shelf"): "204; documented: 200",
    }
    assert {f["severity"] for f in run.report["findings"] if f["rule"] in RULES} == {"warning"}


def test_the_report_judges_the_observations_again_offline(tmp_path: Path) -> None:
    answers = {"/books": Says([{"id": None}]), "/shelf": Says({"books": GOOD}, 202)}
    run, found = check(tmp_path, books("3.1.0"), answers)
    assert len(found) == 2
    before = run.report["findings"]
    done = run_auditor("report", run.out, cwd=tmp_path)
    assert done.returncode == run.code
    assert json.loads((run.out / "report.json").read_text())["findings"] == before


def test_nothing_more_is_sent_because_of_a_check(tmp_path: Path) -> None:
    from tests.conformance.service import serve
    from tests.e2e.audits import audit

    sent = []
    for folder, item in ((tmp_path / "a", get({"type": "object"})), (tmp_path / "b", get())):
        folder.mkdir()
        (folder / "api.json").write_text(json.dumps(description({"/x": item})), encoding="utf-8")
        with serve({"/x": Says([])}) as service:
            audit(folder, f"dev={service.url}", spec="api.json")
        sent.append(sorted((m, re.sub("zq[0-9a-f]+", "zq", target)) for m, target in service.requests))
    assert sent[0] == sent[1] != []


def test_a_secret_that_comes_back_as_a_name_is_in_no_output(tmp_path: Path) -> None:
    closed = {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False}
    mapped = {"type": "object", "additionalProperties": {"type": "integer"}}
    body = {"opensesame": 1, "Bearer opensesame": "x", "sess-4711-abc": 2}
    answers = {"/closed": Says(body), "/map": Says(body), "/type": Says(b"[]", media="application/opensesame")}
    spec = description({"/closed": get(closed), "/map": get(mapped), "/type": get({"type": "array"})})
    run, found = check(
        tmp_path, spec, answers, ("--header", "dev:Authorization: Bearer ${TOKEN}"), env={"TOKEN": "opensesame"}
    )
    assert found == {
        ("response-mismatch", "/closed"): "/*: additionalProperties; /[redacted]: additionalProperties",
        ("response-mismatch", "/map"): "/*: type (string in place of integer)",
        ("response-mismatch", "/type"): "200 application/[redacted]; documented: application/json",
    }
    assert b"opensesame" not in run.files()
    assert "opensesame" not in run.stdout + run.stderr


def test_names_and_number_of_places_are_bounded(tmp_path: Path) -> None:
    closed = {"type": "object", "additionalProperties": False}
    body = {chr(97 + i) * 20: 1 for i in range(26)} | {"x" * 5000: 1}
    run, found = check(tmp_path, description({"/x": get(closed)}), {"/x": Says(body)})
    assert len(found["response-mismatch", "/x"].split("; ")) == 5
    assert b"x" * 100 not in run.files()


def test_a_description_without_schemas_never_imports_the_checker(tmp_path: Path) -> None:
    run, found = check(tmp_path, description({"/x": get()}), {"/x": Says({"a": 1})}, env={"PYTHONVERBOSE": "1"})
    assert found == {}
    assert "openapi_core" not in run.stderr
    assert "import 'auditor.prober.conformance'" in run.stderr
