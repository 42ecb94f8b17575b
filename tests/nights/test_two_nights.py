"""Three nights of the demonstration service, as each of its readers sees them.

The first is the demo as it is. Then one drift is accepted until a day, and stage gets a build that repairs one and
brings another. In the third nothing changes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.nights.demo_nights import Team, candidate, team, timeless
from tests.output.golden import check

FORMATS = tuple(x for k in ("github", "markdown", "sarif", "junit", "prometheus") for x in ("--format", k))
LOST = ("documented-method-missing", "GET /exports", "stage")
BACK = ("documented-method-missing", "GET /orders/{orderId}/tracking", "stage")
ACCEPTED = ("server-error", "GET /stock/{sku}", "prod")


@dataclass
class Nights:
    """What was run, by name, and the folder with what it wrote."""

    folder: Path
    done: dict[str, CompletedProcess[str]]

    def report(self, night: str) -> dict[str, Any]:
        return json.loads(self.text(f"{night}/report.json"))  # type: ignore[no-any-return]

    def text(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")

    def check(self, name: str, *commands: str) -> None:
        """What these commands printed, as the golden file has it."""
        shown = (f"{self.done[c].stdout}exit {self.done[c].returncode}\n" for c in commands)
        check(f"two-nights-{name}.txt", timeless("\n".join(shown)), "nights")


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nights]:
    folder = tmp_path_factory.mktemp("nights")
    with team(folder) as t:
        yield Nights(folder, dict(_nights(t)))


def _nights(t: Team) -> Iterator[tuple[str, CompletedProcess[str]]]:
    yield "first", t.run("audit", "--out", "first", *FORMATS)
    yield "gate before", t.run("gate", "first", "--from", "stage", "--to", "prod")
    findings = json.loads((t.folder / "first/report.json").read_text())["findings"]
    fingerprint = next(f["fingerprint"] for f in findings if f["rule"] == ACCEPTED[0])
    yield "waive", t.run("waive", fingerprint, "--report", "first", "--env", "prod", "--reason", "the warehouse moves",
                         "--owner", "team-stock", "--ticket", "OPS-1841", "--expires", "2099-01-31")  # fmt: skip
    t.deploy(candidate("2.5.0-rc2"))
    yield "second", t.run("audit", "--out", "second", "--new-since", "first/report.json", *FORMATS)
    yield "compare", t.run("compare", "first", "second")
    arrow = ("--from", "stage", "--to", "prod")
    yield "gate", t.run("gate", "second", *arrow, "--build", "2.5.0-rc2", "--ticket", "ticket.md")
    yield "wrong build", t.run("gate", "second", *arrow, "--build", "2.5.0-rc1")
    yield "chat", t.run("gate", "second", *arrow, "--chat")
    yield "third", t.run("audit", "--out", "third", "--new-since", "second/report.json", *FORMATS)
    yield "nothing new", t.run("compare", "second", "third")


def test_exit_codes(nights: Nights) -> None:
    assert {name: done.returncode for name, done in nights.done.items()} == {
        "first": 1, "gate before": 1, "waive": 0, "second": 1, "compare": 1, "gate": 1, "wrong build": 3, "chat": 1,
        "third": 0, "nothing new": 0,
    }  # fmt: skip
    assert not [d.stderr for d in nights.done.values() if "Traceback" in d.stderr]


def test_the_platform_engineer_reads_the_terminal(nights: Nights) -> None:
    """What is new comes first and by name; annotations are of what is new alone."""
    annotations, text = _split(nights.done["second"].stdout)
    check("two-nights-terminal.txt", timeless(text), "nights")
    check("two-nights-annotations.txt", timeless(annotations), "nights")
    annotations, text = _split(nights.done["third"].stdout)
    assert annotations == "::notice title=auditor::15 causes that are not new: see the report.\n"
    check("two-nights-quiet.txt", timeless(text), "nights")
    assert len(_split(nights.done["first"].stdout)[0].splitlines()) == 11, "with nothing to compare with, the worst ten"


def _split(stdout: str) -> tuple[str, str]:
    """Annotations, and the text report."""
    lines = stdout.splitlines(keepends=True)
    commands = [line for line in lines if line.startswith("::")]
    return "".join(commands), "".join(line for line in lines if line not in commands)


def test_who_opens_the_job_reads_the_summary(nights: Nights) -> None:
    check("two-nights-summary.md", timeless(nights.text("second/report.md")), "nights")


def test_who_asks_what_changed_reads_the_comparison(nights: Nights) -> None:
    nights.check("compare", "compare", "nothing new")


def test_the_release_manager_reads_the_gate_the_chat_and_the_ticket(nights: Nights) -> None:
    nights.check("gate", "gate before", "gate", "wrong build", "chat")
    check("two-nights-ticket.md", timeless(nights.text("ticket.md")), "nights")


def test_the_report_says_what_is_new_on_its_first_screen(nights: Nights) -> None:
    html = nights.text("second/report.html")
    band = html[: html.index('class="envs"')]
    assert (
        "1 new, 1 fixed, 15 known, 1 accepted. New: GET /exports is documented, but stage does not support it." in band
    )
    first_card = html[html.index('id="findings"') :]
    assert first_card.index("GET /exports") < first_card.index("GET /vouchers")


def test_programs_read_the_same(nights: Nights) -> None:
    second = nights.report("second")
    told = {
        (f["rule"], f"{','.join(f['methods'])} {f['path']}", o["environment"]): o
        for f in second["findings"] for o in f["occurrences"]
    }  # fmt: skip
    assert {k for k, o in told.items() if o["status"] == "new"} == {LOST}
    assert {k for k, o in told.items() if o["waived"]} == {ACCEPTED}
    assert told[ACCEPTED]["waived"]["ticket"] == "OPS-1841"
    gone = [(s["rule"], f"{s['method']} {s['path']}", s["environment"]) for s in second["since"]["fixed"]]
    assert gone == [BACK]
    assert (second["since"]["new"], second["totals"]["waived"], second["run"]["exit_code"]) == (1, 1, 1)
    third = nights.report("third")
    assert (third["since"]["new"], third["since"]["fixed"], third["run"]["exit_code"]) == (0, [], 0)
    assert {o["first_seen"] for f in third["findings"] for o in f["occurrences"]} == {
        nights.report(n)["run"]["finished_at"] for n in ("first", "second")
    }


def test_code_scanning_reads_baseline_states(nights: Nights) -> None:
    results = json.loads(nights.text("second/report.sarif"))["runs"][0]["results"]
    states = {(r["ruleId"], r["locations"][0]["logicalLocations"][0]["fullyQualifiedName"]): r for r in results
              if r["locations"][0].get("logicalLocations")}  # fmt: skip
    assert {k for k, r in states.items() if r["baselineState"] == "new"} == {LOST[:2]}
    assert {k for k, r in states.items() if r.get("suppressions")} == {ACCEPTED[:2]}
    assert {r["baselineState"] for r in results} == {"new", "unchanged"}
    before = json.loads(nights.text("first/report.sarif"))["runs"][0]["results"]
    assert not [r for r in before if "baselineState" in r]


def test_test_reports_tell_new_failures_from_known_ones(nights: Nights) -> None:
    suites = {s.get("name"): s for s in ET.fromstring(nights.text("second/junit.xml"))}
    failures = {f"{n} {c.get('name')}": f.get("message", "") for n, s in suites.items() for c in s
                for f in c.findall("failure")}  # fmt: skip
    assert [name for name, message in failures.items() if message.endswith(" (new)")] == ["stage GET /exports"]
    assert all("(known since 2" in message for name, message in failures.items() if name != "stage GET /exports")
    [case] = [c for c in suites["prod"] if c.get("name") == "GET /stock/{sku}"]
    [skipped] = case.findall("skipped")
    assert skipped.get("message") == "GET /stock/{sku} fails in prod; waived until 2099-01-31: the warehouse moves"
    [case] = [c for c in suites["stage"] if c.get("name") == "GET /orders/{orderId}/tracking"]
    assert list(case) == [], "what was fixed passes"


def test_metrics_count_what_is_new(nights: Nights) -> None:
    lines = nights.text("second/metrics.prom").splitlines()
    new = [line for line in lines if line.startswith("auditor_findings_new{") and not line.endswith(" 0")]
    assert new == ['auditor_findings_new{environment="stage",severity="error"} 1']
    assert "auditor_findings_new" not in nights.text("first/metrics.prom")
