"""Three environments: one contract, different truths, and one that dies."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import Serve
from tests.e2e.audits import audit
from tests.servers import start
from tests.servers.bookshop import SPEC


@pytest.fixture
def dying(serve: Serve, tmp_path: Path):
    with start("dies-half-way", requests=18) as dies:
        dev, prod = serve("flask-bookshop"), serve("drf-bookshop")
        yield audit(tmp_path, f"dev={dev.url}", f"stage={dies.url}", f"prod={prod.url}")


def test_an_environment_that_dies_is_unreachable_not_drifting(dying) -> None:
    states = {e["name"]: e["state"] for e in dying.report["environments"]}
    assert states == {"dev": "complete", "stage": "unreachable", "prod": "complete"}
    assert dying.report["complete"] is False
    assert any(b.startswith("stage") for b in dying.report["incomplete_because"])
    dead = [c for c in dying.report["cells"] if c["environment"] == "stage"]
    assert sum(c["reason"] == "unreachable" for c in dead) > 20
    assert [c for c in dead if c["support"] == "unsupported" and c["basis"] == "inferred"] == []


def test_both_truths_are_said_when_drift_and_death_meet(dying) -> None:
    assert dying.code == 1
    assert "stage" in dying.stdout
    verdicts = {(p["from"], p["to"]): p["verdict"] for p in dying.report["promotions"]}
    assert verdicts == {("dev", "stage"): "cannot-say", ("stage", "prod"): "cannot-say"}


def test_nothing_about_an_environment_that_never_answered_is_called_drift(serve: Serve, tmp_path: Path) -> None:
    with start("flask-bookshop") as gone:
        url = gone.url
    run = audit(tmp_path, f"dev={serve('flask-bookshop').url}", f"prod={url}")
    assert {c["reason"] for c in run.report["cells"] if c["environment"] == "prod"} == {"unreachable"}
    assert [f for f in run.report["findings"] if "prod" in f["environments"]] == []
    assert run.report["environments"][1]["state"] == "unreachable"


@pytest.mark.needs("nginx")
def test_a_promotion_says_how_much_it_could_not_compare(serve: Serve, tmp_path: Path) -> None:
    stage, prod = serve("nginx-limit-flask"), serve("flask-bookshop")
    run = audit(tmp_path, f"stage={stage.url}", f"prod={prod.url}")
    promotion = run.report["promotions"][0]
    assert promotion["not_compared"] > 0
    assert str(promotion["not_compared"]) in promotion["because"]
    for change in promotion["changes"]:
        assert change["fingerprint"] is None or change["fingerprint"] in {
            f["fingerprint"] for f in run.report["findings"]
        }


def test_conservation_is_kept_and_printed(dying) -> None:
    t = dying.report["totals"]
    assert t["documented"] == 3 * 14
    assert t["supported"] + t["unsupported"] + t["undetermined"] + t["excluded"] == t["documented"]
    assert f"{t['documented']} documented = {t['supported']} supported" in dying.stdout


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_run_with_an_incomplete_report(number: int, serve: Serve, tmp_path: Path) -> None:
    server = serve("flask-bookshop")
    command = [
        sys.executable,
        "-m",
        "auditor",
        "audit",
        str(SPEC),
        "--env",
        f"dev={server.url}",
        "--rate",
        "4/s",
        "--out",
        "out",
    ]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    give_up = time.monotonic() + 30
    while len(server.received()) < 3 and time.monotonic() < give_up:
        time.sleep(0.05)
    process.send_signal(number)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode in (1, 3), stderr
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["environments"][0]["state"] == "interrupted"
    assert report["complete"] is False


def test_a_deadline_ends_the_run_with_what_is_known(serve: Serve, tmp_path: Path) -> None:
    run = audit(tmp_path, f"dev={serve('flask-bookshop').url}", arguments=("--rate", "5/s", "--deadline", "2s"))
    assert run.report["environments"][0]["state"] == "deadline"
    assert run.code in (1, 3)
    assert {c["reason"] for c in run.report["cells"] if c["support"] == "undetermined"} <= {
        "not-reached",
        "no-known-object",
    }
