from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import junitparser
import pytest
import xmlschema

from auditor.differ.output import FORMATS
from auditor.model.environment import State
from auditor.model.report import Report
from tests.output.golden import check
from tests.output.hostile import INJECTIONS, hostile
from tests.output.rich import rich
from tests.output.sample import finding, in_sync, one_environment, undecided

SCHEMA = xmlschema.XMLSchema(str(Path(__file__).parent / "schemas" / "junit-10.xsd"))


def parsed(report: Report) -> ET.Element:
    data = FORMATS["junit"].render(report)
    SCHEMA.validate(io.BytesIO(data))
    return ET.fromstring(data)


def outcomes(report: Report, environment: str) -> dict[str, str]:
    """Case → failure, error, skipped or passed."""
    [suite] = [s for s in parsed(report) if s.get("name") == environment]
    cases = suite.findall("testcase")
    found = {str(c.get("name")): next((child.tag for child in c), "passed") for c in cases}
    assert len(found) == len(cases)
    for tag, attribute in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        assert suite.get(attribute) == str(list(found.values()).count(tag))
    assert suite.get("tests") == str(len(found))
    return found


@pytest.mark.parametrize("sample", [rich, in_sync, undecided, one_environment])
def test_the_whole_file(sample: Callable[[], Report]) -> None:
    parsed(sample())
    if sample in (rich, undecided):
        check(f"{sample.__name__}.junit.xml", FORMATS["junit"].render(sample()).decode())


@pytest.mark.parametrize("text", INJECTIONS)
def test_it_is_valid_whatever_anybody_said(text: str) -> None:
    root, plain = parsed(hostile(text)), parsed(rich())
    assert {e.tag for e in root.iter()} == {e.tag for e in plain.iter()}
    assert len(root) == 3
    for e in root.iter():
        assert all(c == "\n" or c.isprintable() for value in (e.text or "", *e.attrib.values()) for c in value)


def test_a_reader_of_junit_reads_it() -> None:
    read = junitparser.JUnitXml.fromroot(parsed(rich()))
    assert [s.name for s in read] == ["dev", "stage", "prod"]
    assert sum(s.failures for s in read) == 2 + 2 + 5
    assert sum(s.errors for s in read) == 2


def test_what_becomes_of_each_operation() -> None:
    dev, prod = outcomes(rich(), "dev"), outcomes(rich(), "prod")
    assert dev["GET /orders"] == "passed"
    assert dev["DELETE /orders/{orderId}"] == "failure"
    assert dev["PATCH /orders/{orderId}"] == "failure", "undocumented, but drift"
    assert dev["PUT /legacy/prices"] == "skipped", "waived"
    assert dev["GET /exports/{exportId}"] == "skipped"
    assert dev["HEAD /catalogue"] == "skipped"
    assert prod["GET /exports/{exportId}"] == "error"
    assert prod["the whole environment"] == "error"
    assert {prod[f"{m} /orders/{{orderId}}/refunds"] for m in ("GET", "POST")} == {"failure"}, "the path is missing"


def test_every_documented_operation_is_a_case() -> None:
    report = rich()
    for result in report.environments:
        name = result.environment.name
        cases = outcomes(report, name)
        assert {f"{m} {p}" for e, p, m in report.documented if e == name} <= set(cases)


def test_what_was_not_decided_never_passes() -> None:
    cases = outcomes(undecided(), "prod")
    assert set(cases.values()) == {"skipped", "passed"}
    assert [name for name, outcome in cases.items() if outcome == "passed"] == ["the whole environment"]


def test_warnings_fail_where_they_fail_the_run() -> None:
    assert outcomes(rich(), "stage")["GET /catalogue"] == "passed"
    assert outcomes(replace(rich(), fail_on="warning"), "stage")["GET /catalogue"] == "failure"
    assert outcomes(replace(rich(), fail_on="never"), "dev")["DELETE /orders/{orderId}"] == "failure"


def test_what_is_not_supported_never_passes_for_want_of_a_finding() -> None:
    report = rich()
    quiet = replace(report, findings=tuple(f for f in report.findings if f.rule != "documented-method-missing"))
    assert outcomes(quiet, "dev")["DELETE /orders/{orderId}"] == "skipped"


def test_an_environment_that_did_not_finish_does_not_pass() -> None:
    report = in_sync()
    late = replace(report.environments[0], state=State.DEADLINE, why="the deadline came")
    changed = replace(report, environments=(late, *report.environments[1:]))
    assert outcomes(changed, "stage")["the whole environment"] == "skipped"


def test_a_finding_about_a_method_without_a_cell_is_a_case() -> None:
    f = finding("trace-enabled", "/orders", "TRACE", {"stage": "200"}, title="TRACE is on")
    assert outcomes(replace(in_sync(), findings=(f,)), "stage")["TRACE /orders"] == "failure"
