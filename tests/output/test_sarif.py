from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from auditor.differ.catalogue import rules
from auditor.differ.output import FORMATS, sarif
from auditor.differ.output.located import repository_path, uri
from auditor.model.contract import Location
from auditor.model.finding import Finding, Severity, fingerprint
from auditor.model.place import Place
from auditor.model.report import Report
from tests.output.golden import check
from tests.output.hostile import INJECTIONS, hostile
from tests.output.rich import rich
from tests.output.sample import finding, in_sync, one_environment, undecided
from tests.output.test_json import strictly

SCHEMA = json.loads((Path(__file__).parent / "schemas" / "sarif-2.1.0.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft4Validator(SCHEMA, format_checker=jsonschema.FormatChecker())


def run_of(report: Report) -> dict[str, Any]:
    log = strictly(FORMATS["sarif"].render(report))
    VALIDATOR.validate(log)
    [run] = log["runs"]
    assert isinstance(run, dict)
    return run


@pytest.mark.parametrize("sample", [rich, in_sync, undecided, one_environment])
def test_it_is_valid(sample: Callable[[], Report]) -> None:
    run = run_of(sample())
    assert [r["id"] for r in run["tool"]["driver"]["rules"]] == [r.id for r in rules()]
    assert len(run["results"]) == len(sample().findings)


@pytest.mark.parametrize("text", INJECTIONS)
def test_it_is_valid_whatever_anybody_said(text: str) -> None:
    run = run_of(hostile(text))
    assert len(run["results"]) == len(rich().findings)
    for result in run["results"]:
        message, place = result["message"]["text"], result["locations"][0]["physicalLocation"]["artifactLocation"]
        assert "](" not in message
        assert all(c == "\n" or c.isprintable() for c in message)
        assert place["uri"].isascii()
        assert not set(place["uri"]) & set(' <>"{}|\\^`')


def test_the_schema_refuses_what_is_wrong() -> None:
    log = strictly(sarif.render(rich()))
    log["runs"][0]["results"][0]["level"] = "fatal"
    assert not VALIDATOR.is_valid(log)


def test_the_results() -> None:
    data = json.dumps(run_of(rich())["results"], indent=1, ensure_ascii=False)
    check("rich.sarif-results.json", data + "\n")


def test_code_scanning_gets_what_it_needs_of_each_result() -> None:
    results = run_of(rich())["results"]
    known = {r.id for r in rules()}
    for r in results:
        assert r["ruleId"] not in known or rules()[r["ruleIndex"]].id == r["ruleId"]
        assert r["locations"][0]["physicalLocation"]["region"]["startLine"] >= 1
    hashes = [r["partialFingerprints"]["primaryLocationLineHash"] for r in results]
    assert len(set(hashes)) == len(hashes)
    assert {f"{f.fingerprint}:1" for f in rich().findings} == set(hashes)


def test_waived_is_suppressed_and_last_and_new_is_told_from_known() -> None:
    results = run_of(rich())["results"]
    assert [("suppressions" in r) for r in results] == [False] * (len(results) - 1) + [True]
    assert results[-1]["suppressions"] == [{
        "kind": "external", "status": "accepted",
        "justification": "migration until spring, owner team-orders, ticket OPS-1841, expires 2027-01-31",
    }]  # fmt: skip
    states = {r["ruleId"]: r.get("baselineState") for r in reversed(results)}
    assert states["documented-method-missing"] == "new"
    assert states["undocumented-method-served"] == "unchanged"
    assert states["path-missing"] is None


def test_a_finding_in_one_place_waived_and_in_another_not_is_not_suppressed() -> None:
    f = next(f for f in rich().findings if f.rule == "documented-method-missing")
    half = replace(f, occurrences=(replace(f.occurrences[0], waived={"reason": "x"}), *f.occurrences[1:]))
    [result] = run_of(replace(rich(), findings=(half,)))["results"]
    assert "suppressions" not in result


def test_an_incomplete_run_says_so() -> None:
    [invocation] = run_of(rich())["invocations"]
    assert invocation["executionSuccessful"] is False
    [note] = invocation["toolExecutionNotifications"]
    assert note["message"]["text"] == "Prod stopped answering after 118 requests."


def test_only_the_worst_five_thousand_are_shown() -> None:
    def one(i: int) -> Finding:
        level = Severity.ERROR if i % 2 else Severity.INFO
        f = finding("server-error", f"/things/{i:05d}", "GET", {"prod": "500"}, level, title="GET fails")
        return replace(f, fingerprint=fingerprint(f.rule, f.path, "GET"))

    run = run_of(replace(in_sync(), findings=tuple(one(i) for i in range(6_000))))
    levels = [r["level"] for r in run["results"]]
    assert levels == ["error"] * 3_000 + ["note"] * 2_000
    assert run["invocations"][0]["toolExecutionNotifications"][-1]["message"]["text"].startswith("1,000 more results")


def test_a_finding_without_a_line_is_shown_at_the_path_or_else_at_the_top() -> None:
    path, wide = rich().findings[0], next(f for f in rich().findings if f.path is None)
    run = run_of(replace(rich(), findings=(replace(path, location=None), wide)))
    lines = [r["locations"][0]["physicalLocation"]["region"]["startLine"] for r in run["results"]]
    assert lines == [12, 1]


def test_the_line_of_the_operation_is_used() -> None:
    f = replace(rich().findings[0], location=Location("specs/a b.yaml", "/paths/~1a/get", 77))
    [result] = run_of(replace(rich(), findings=(f,)))["results"]
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "specs/a%20b.yaml"}, "region": {"startLine": 77}
    }  # fmt: skip


@pytest.mark.parametrize(("file", "path", "reference"), [
    ("openapi.yaml", "openapi.yaml", "openapi.yaml"),
    ("./specs//a b.yaml", "specs/a b.yaml", "specs/a%20b.yaml"),
    ("git:HEAD~2:specs/o.yaml", "specs/o.yaml", "specs/o.yaml"),
    ("https://x.example.test/a/o.json?v=1", "o.json", "https://x.example.test/a/o.json?v=1"),
    ("/srv/o.yaml", "/srv/o.yaml", "file:///srv/o.yaml"),
    ("a:b#c.yaml", "a:b#c.yaml", "a%3Ab%23c.yaml"),
    ("", "openapi", "openapi"),
])  # fmt: skip
def test_how_a_file_is_named(file: str, path: str, reference: str) -> None:
    assert (repository_path(file), uri(file)) == (path, reference)


HERE = Place("/w/repo/services/orders", ("/w/repo", "/link/repo"))


@pytest.mark.parametrize(("file", "path", "reference"), [
    ("openapi.yaml", "services/orders/openapi.yaml", "services/orders/openapi.yaml"),
    ("../../specs/o.yaml", "specs/o.yaml", "specs/o.yaml"),
    ("/w/repo/specs/a b.yaml", "specs/a b.yaml", "specs/a%20b.yaml"),
    ("/link/repo/specs/o.yaml", "specs/o.yaml", "specs/o.yaml"),
    ("/w/repo-2/o.yaml", "/w/repo-2/o.yaml", "file:///w/repo-2/o.yaml"),
    ("../../../o.yaml", "../../../o.yaml", "../../../o.yaml"),
    ("/w/repo/../secret/o.yaml", "/w/secret/o.yaml", "file:///w/secret/o.yaml"),
    ("git:HEAD:specs/o.yaml", "specs/o.yaml", "specs/o.yaml"),
    ("https://x.example.test/a/o.json", "o.json", "https://x.example.test/a/o.json"),
    ("standard input", "standard input", "standard%20input"),
    ("", "openapi", "openapi"),
])  # fmt: skip
def test_a_file_of_the_repository_is_named_from_its_root(file: str, path: str, reference: str) -> None:
    assert (repository_path(file, HERE), uri(file, HERE)) == (path, reference)
