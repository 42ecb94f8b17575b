from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from auditor.differ.output import FORMATS, report_json
from auditor.model.report import Report
from tests.output.hostile import hostile
from tests.output.rich import rich
from tests.output.sample import in_sync, one_environment, undecided

SAMPLES = [rich, in_sync, undecided, one_environment, hostile]
VALIDATOR = jsonschema.Draft202012Validator(report_json.SCHEMA)

TOP = ["schema_version", "auditor_version", "complete", "incomplete_because", "run", "specs", "environments", "cells",
       "layers", "excluded", "findings", "promotions", "totals", "rules_run", "waiver_notes", "remarks", "since",
       "headline"]  # fmt: skip
FINDING = ["rule", "severity", "confidence", "path", "methods", "environments", "cause", "owner", "occurrences",
           "location", "title", "symptom", "root_causes", "diagnosis", "fixes", "prevention", "curl",
           "fingerprint"]  # fmt: skip
ENVIRONMENT = ["name", "url", "spec", "mode", "behind", "state", "build", "build_note", "requests",
               "state_changing_requests", "decided", "seconds"]  # fmt: skip
CELL = ["environment", "path", "method", "documented", "support", "basis", "reason", "remedy", "exchanges"]


def strictly(data: bytes) -> Any:
    def no_constant(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    return json.loads(data.decode("utf-8"), parse_constant=no_constant)


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(report_json.SCHEMA)


@pytest.mark.parametrize("sample", SAMPLES)
def test_every_report_is_valid(sample: Callable[[], Report]) -> None:
    VALIDATOR.validate(strictly(FORMATS["json"].render(sample())))


def test_the_fields_are_those_of_the_design_in_its_order() -> None:
    data = report_json.to_dict(rich())
    assert list(data) == TOP
    assert list(data["findings"][0]) == FINDING
    assert list(data["environments"][0]) == ENVIRONMENT
    assert list(data["cells"][0]) == CELL
    assert list(data["findings"][0]["occurrences"][0]) == [
        "environment", "method", "status", "waived", "first_seen", "exchanges"]  # fmt: skip
    assert list(data["promotions"][0]) == ["from", "to", "verdict", "because", "compared", "not_compared", "changes"]


def test_the_values_are_the_reports() -> None:
    data = report_json.to_dict(rich())
    cell = next(
        c for c in data["cells"] if (c["environment"], c["path"], c["method"]) == ("prod", "/admin/metrics", "GET")
    )
    assert cell["documented"] is True
    assert (cell["support"], cell["basis"], cell["reason"]) == ("undetermined", None, "auth-wall")
    assert cell["remedy"].startswith("give credentials")
    assert data["promotions"][-1]["verdict"] == "hold"
    assert data["specs"][0]["warnings"] == [
        "orders.yaml:14 /paths/~1orders/get: duplicate key `summary`, the last one counts"
    ]
    t = data["totals"]
    assert t["documented"] == t["supported"] + t["unsupported"] + t["undetermined"] + t["excluded"]


@pytest.mark.parametrize("spoil", [
    lambda d: d.pop("totals"),
    lambda d: d["cells"][0].update(support="perhaps"),
    lambda d: d["cells"][0].update(support="undetermined"),
    lambda d: d["findings"][0].update(fingerprint="nope"),
    lambda d: d["environments"][0].update(decided=1.5),
])  # fmt: skip
def test_the_schema_refuses_what_is_wrong(spoil: Callable[[dict[str, Any]], None]) -> None:
    data = report_json.to_dict(rich())
    spoil(data)
    assert not VALIDATOR.is_valid(data)


def test_unknown_fields_are_allowed() -> None:
    data = report_json.to_dict(rich())
    data["new"] = data["cells"][0]["new"] = 1
    VALIDATOR.validate(data)


def test_numbers_that_json_cannot_say_become_null() -> None:
    report = in_sync()
    odd = replace(report.environments[0], decided=float("nan"), seconds=float("inf"))
    data = strictly(report_json.render(replace(report, environments=(odd, *report.environments[1:]))))
    assert (data["environments"][0]["decided"], data["environments"][0]["seconds"]) == (None, None)
    VALIDATOR.validate(data)


def test_the_file_is_inert_in_a_terminal_and_ends_its_last_line() -> None:
    data = report_json.render(hostile())
    assert all(b == 0x0A or 0x20 <= b < 0x7F for b in data)
    assert data.endswith(b"}\n")


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_same_report_gives_the_same_bytes(sample: Callable[[], Report]) -> None:
    assert report_json.render(sample()) == report_json.render(sample())
