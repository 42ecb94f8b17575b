"""What GitHub and GitLab show beside source lines."""

from __future__ import annotations

import re
from dataclasses import replace

import jsonschema
import pytest

from auditor.differ.output import FORMATS
from auditor.model.finding import Finding, Severity, fingerprint
from auditor.model.report import Report
from tests.output.golden import check
from tests.output.hostile import INJECTIONS, hostile
from tests.output.rich import rich
from tests.output.sample import finding, in_sync
from tests.output.test_json import strictly

COMMAND = re.compile(r"::(error|warning|notice) ([^:]*)::(.*)")

CODE_QUALITY = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "additionalProperties": False,
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{12}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "minLength": 1, "not": {"pattern": "^\\./"}},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}
"""The fields that GitLab's manual lists for a Code Quality report."""


def decoded(line: str) -> tuple[str, dict[str, str], str]:
    """(command, properties, message) as the runner of GitHub reads a line."""
    found = COMMAND.fullmatch(line)
    assert found, line

    def plain(text: str) -> str:
        for code, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
            text = text.replace(code, char)
        return text

    pairs = (p.partition("=") for p in found[2].split(","))
    return found[1], {name: plain(value) for name, _, value in pairs}, plain(found[3])


def lines(report: Report) -> list[str]:
    data = FORMATS["github"].render(report).decode("ascii")
    assert not data or data.endswith("\n")
    return data.split("\n")[:-1]


def _many(count: int, level: Severity = Severity.ERROR) -> Report:
    def one(i: int) -> Finding:
        f = finding("server-error", f"/things/{i:02d}", "GET", {"prod": "500"}, level, title=f"GET {i} fails")
        return replace(f, fingerprint=fingerprint(f.rule, f.path, "GET"), cause=f"cause {i}")

    return replace(in_sync(), findings=tuple(one(i) for i in range(count)))


def test_the_annotations() -> None:
    check("rich.github.txt", FORMATS["github"].render(rich()).decode())
    command, properties, message = decoded(lines(rich())[0])
    assert command == "error"
    assert properties == {"file": "orders.yaml", "line": "31", "title": "documented-method-missing"}
    assert message.startswith("DELETE /orders/{orderId} is documented, but dev and stage refuse it.\n")


def test_waived_findings_are_not_annotated_and_one_cause_is_once() -> None:
    shown = "\n".join(lines(rich()))
    assert "/legacy/prices" not in shown
    assert shown.count("gateway-blocks-method") == 1
    assert lines(in_sync()) == []


def test_only_the_ten_worst_and_a_word_on_the_rest() -> None:
    shown = lines(_many(25))
    assert [decoded(line)[0] for line in shown] == ["error"] * 10 + ["notice"]
    assert decoded(shown[-1])[2] == "15 more causes: see the report."
    assert len(lines(_many(10))) == 10


@pytest.mark.parametrize("text", INJECTIONS)
def test_no_command_but_ours(text: str) -> None:
    shown = lines(hostile(text))
    assert len(shown) == len(lines(rich()))
    for line, plain in zip(shown, lines(rich()), strict=True):
        assert line.count("::") == 2
        assert not re.search(r"##\w+\[", line)
        assert line.isascii()
        assert line.isprintable()
        assert len(line) < 6_000
        command, properties, _ = decoded(line)
        assert command == decoded(plain)[0]
        assert set(properties) == {"file", "line", "title"}


def test_code_quality() -> None:
    data = strictly(FORMATS["gitlab"].render(rich()))
    jsonschema.validate(data, CODE_QUALITY)
    check("rich.gitlab.json", FORMATS["gitlab"].render(rich()).decode())
    assert len(data) == len(rich().findings) - 1, "the waived one is left out"
    ranks = ["critical", "major", "info"]
    assert sorted(data, key=lambda i: ranks.index(i["severity"])) == data


@pytest.mark.parametrize("text", INJECTIONS)
def test_code_quality_is_valid_whatever_anybody_said(text: str) -> None:
    data = strictly(FORMATS["gitlab"].render(hostile(text)))
    jsonschema.validate(data, CODE_QUALITY)
    assert len(data) == len(rich().findings) - 1
    for issue in data:
        assert all(v.isprintable() for v in (issue["description"], issue["check_name"], issue["location"]["path"]))


def test_findings_that_share_a_fingerprint_stay_two_issues() -> None:
    f = rich().findings[0]
    data = strictly(FORMATS["gitlab"].render(replace(rich(), findings=(f, replace(f, title="the other")))))
    marks = [issue["fingerprint"] for issue in data]
    assert marks[0] == f.fingerprint
    assert len(set(marks)) == 2
