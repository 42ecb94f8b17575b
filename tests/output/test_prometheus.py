from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from auditor import __version__
from auditor.differ.output import FORMATS
from auditor.model.report import Report
from tests.output.golden import check
from tests.output.hostile import INJECTIONS, hostile
from tests.output.large import large
from tests.output.rich import rich
from tests.output.sample import in_sync, one_environment, undecided

Metrics = dict[tuple[str, frozenset[tuple[str, str]]], float]


def read(report: Report) -> Metrics:
    """As Prometheus reads it; every family has a help text and a type, and no sample is there twice."""
    text = FORMATS["prometheus"].render(report).decode()
    assert text.endswith("\n")
    found: Metrics = {}
    for family in text_string_to_metric_families(text):
        assert family.type == "gauge", family.name
        assert family.documentation
        assert re.fullmatch(r"auditor_[a-z_]+", family.name)
        for sample in family.samples:
            key = sample.name, frozenset(sample.labels.items())
            assert key not in found
            assert sample.timestamp is None, "the textfile collector refuses a file with timestamps"
            found[key] = sample.value
    return found


def value(metrics: Metrics, name: str, **labels: str) -> float:
    return metrics[name, frozenset(labels.items())]


@pytest.mark.parametrize("sample", [rich, in_sync, undecided, one_environment])
def test_prometheus_reads_it(sample: Callable[[], Report]) -> None:
    assert read(sample())
    if sample is rich:
        check("rich.prom", FORMATS["prometheus"].render(sample()).decode().replace(__version__, "VERSION"))


def test_the_values_are_the_reports() -> None:
    found, t = read(rich()), rich().totals
    assert value(found, "auditor_run_complete") == 0
    assert value(found, "auditor_run_exit_code") == 1
    assert value(found, "auditor_environment_decided_ratio", environment="prod") == 0.85
    assert value(found, "auditor_environment_state", environment="prod", state="unreachable") == 1
    assert value(found, "auditor_environment_state", environment="prod", state="complete") == 0
    assert value(found, "auditor_findings", environment="dev", severity="error") == 2
    assert value(found, "auditor_findings_waived", environment="dev", severity="error") == 1
    assert value(found, "auditor_promotion_verdict", **{"from": "stage", "to": "prod", "verdict": "hold"}) == 1
    names = ("dev", "stage", "prod")
    for word, total in (("supported", t.supported), ("undetermined", t.undetermined), ("excluded", t.excluded)):
        assert sum(value(found, "auditor_operations", environment=n, support=word) for n in names) == total


@pytest.mark.parametrize("text", INJECTIONS)
def test_labels_end_where_they_should_whatever_anybody_said(text: str) -> None:
    found, plain = read(hostile(text)), read(rich())
    assert len(found) == len(plain)
    assert value(found, "auditor_run_complete") == 0
    for _, labels in found:
        assert all(v.isprintable() for _, v in labels)


def test_a_large_description_makes_no_more_series() -> None:
    assert len(read(large(300))) == len(read(large(3)))


def test_numbers_that_are_none_are_left_out() -> None:
    report = in_sync()
    odd = replace(report.environments[0], decided=math.nan, seconds=math.inf)
    found = read(replace(report, environments=(odd, *report.environments[1:])))
    assert ("auditor_environment_decided_ratio", frozenset({("environment", "stage")})) not in found
    assert ("auditor_environment_duration_seconds", frozenset({("environment", "stage")})) not in found
