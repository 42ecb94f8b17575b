"""auditor gate: promote 0, hold 1, cannot say 3; from one report.json, with the policy that decided."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from auditor.model.report import EFFECTS
from tests.nights.world import World, waiver, world
from tests.output.golden import check

ARROW = ("--from", "stage", "--to", "prod")
HEADS = {0: "Promote stage", 1: "Hold: do not promote stage", 3: "Cannot say whether stage"}
WITHOUT_DELETE = {"/orders/{orderId}": ("GET", "PUT")}
ACCEPTED = waiver(rule="documented-method-missing", path="/orders/{orderId}", method="DELETE", environments=["stage"],
                  since="2026-01-01")  # fmt: skip


def edit(w: World, change: Callable[[dict[str, Any]], None]) -> None:
    file = w.folder / "drift-report/report.json"
    data = json.loads(file.read_text(encoding="utf-8"))
    change(data)
    file.write_text(json.dumps(data), encoding="utf-8")


def finished(w: World, ago: timedelta) -> None:
    at = (datetime.now(UTC) - ago).strftime("%Y-%m-%dT%H:%M:%SZ")
    edit(w, lambda d: d["run"].update(finished_at=at))


def gated(w: World, *arguments: str, code: int, told: str, head: str = "") -> str:
    done = w.run("gate", "drift-report/report.json", *ARROW, *arguments)
    assert (done.returncode, done.stderr) == (code, ""), done.stdout + done.stderr
    first, second = done.stdout.splitlines()
    assert first.startswith(head or HEADS[code])
    assert second.startswith("Policy: ")
    assert told in second
    w.said.append(
        f"$ auditor gate drift-report/report.json {' '.join((*ARROW, *arguments))}\n{done.stdout}exit {code}\n"
    )
    return done.stdout


def promote(w: World) -> None:
    w.audit()
    gated(w, "--max-age", "24h", "--build", "b1", "--min-decided", "100", code=0, told="lose no documented method")


def hold(w: World) -> None:
    w["stage"].routes(WITHOUT_DELETE)
    w.audit()
    gated(w, code=1, told="lose 1 documented method (DELETE /orders/{orderId})")


def gain(w: World) -> None:
    w["stage"].routes({"/legacy/items": ("GET", "POST", "PUT")})
    w.audit()
    gated(w, code=1, told="gain 1 undocumented state-changing method (PUT /legacy/items)")


def cannot_say(w: World) -> None:
    for name in ("stage", "prod"):
        w[name].routes(dict.fromkeys(("/orders", "/carts", "/stock", "/legacy/items"), ()))
    w.audit()
    gated(w, code=3, told="only 5 of 11 documented operations are decided on both sides")
    edit(w, lambda d: d["promotions"][0].update(verdict="promote", because="nobody loses anything", compared=9,
                                               not_compared=3, changes=[]))  # fmt: skip
    gated(w, "--min-decided", "75", code=0, told="")
    gated(w, "--min-decided", "76", code=3, told="at least 76% of the documented operations")


def stale(w: World) -> None:
    w.audit()
    finished(w, timedelta(hours=25))
    gated(w, code=3, told="it is 25 h old: audit again, or say with --max-age how old it may be")
    gated(w, "--max-age", "26h", code=0, told="")
    finished(w, timedelta(hours=23))
    gated(w, code=0, told="")
    gated(w, "--max-age", "90m", code=3, told="at most 90 min old")
    gated(w, "--max-age", "90s", code=3, told="at most 90 s old")
    gated(w, "--max-age", "86400s", code=0, told="")
    finished(w, timedelta(hours=-2))
    gated(w, code=3, told="one of the clocks is wrong")


def wrong_build(w: World) -> None:
    w["stage"].routes(build="b2")
    w.audit()
    gated(w, "--build", "b3", code=3, told="stage ran build b2 when it was audited.")
    gated(w, "--build", "b1", code=3, told="stage ran build b2 when it was audited, and prod ran b1")
    gated(w, "--build", "b2", code=0, told="")
    environments = {d.name: {"url": d.url, "build": {"url": "/version"}} for d in w.deployments}
    w.configure(environments=environments)
    w.audit()
    gated(w, "--build", "b2", code=3, told="it does not know which build stage ran: GET /version answered 404")
    w["stage"].answer("/version", "b2")
    w.audit()
    gated(w, "--build", "b2", code=0, told="")
    w.configure(environments={d.name: {"url": d.url} for d in w.deployments})
    w.audit()
    gated(w, "--build", "b2", code=3, told="set build: for stage in auditor.yaml")


def incomplete(w: World) -> None:
    w["prod"].down()
    w.audit()
    gated(w, code=3, told="prod did not finish")


def waived_removal(w: World) -> None:
    w["stage"].routes(WITHOUT_DELETE)
    w.configure(waivers=[ACCEPTED])
    w.audit()
    gated(w, code=0, told="besides 1 waived")
    gated(w, "--forbid-waivers-older-than", "30000d", code=0, told="")
    gated(w, "--forbid-waivers-older-than", "1d", code=1, told="is of 2026-01-01")
    w.configure(waivers=[{k: v for k, v in ACCEPTED.items() if k != "since"}])
    w.audit()
    gated(w, "--forbid-waivers-older-than", "90d", code=3, told="add since: DATE")


def gateway_only(w: World) -> None:
    """What stage refuses, its service behind the gateway serves: the build brings it along, and nobody loses it."""
    w["stage"].routes(WITHOUT_DELETE)
    w.audit()
    gated(w, code=1, told="lose 1 documented method (DELETE /orders/{orderId})")
    names = {"stage": w["stage"].url, "prod": w["prod"].url}
    environments: dict[str, Any] = {n: {"url": u, "rate": "2000/s"} for n, u in names.items()}
    environments["stage-origin"] = {"url": w["prod"].url, "behind": "stage", "rate": "2000/s"}
    w.configure(environments=environments)
    w.audit()
    gated(w, code=0, told="lose no documented method")
    report = json.loads((w.folder / "drift-report/report.json").read_text())
    [effect] = [c["effect"] for c in report["promotions"][0]["changes"] if c["method"] == "DELETE"]
    assert effect == "environment-only"


def fault_along(w: World) -> None:
    """GET fails in stage alone: no method comes or goes, and who promotes it is told."""
    w["stage"].answer("/orders", '{"error": "no such table"}', status=500, media="application/json")
    w.audit()
    gated(w, code=0, told="1 fault comes along: GET /orders fails in stage", head="Promote with care: stage to prod.")
    gated(w, "--forbid-faults", code=1, told="1 fault comes along: GET /orders fails in stage")
    w["stage"].answer("/orders", "[]", media="application/json")
    w.audit()
    gated(w, "--forbid-faults", code=0, told="", head="Promote stage to prod.")


def one_environment(w: World) -> None:
    w.deployments = w.deployments[:1]
    w.configure()
    w.audit()
    gated(w, code=3, told="the report holds no environment prod, only stage")


SITUATIONS = (promote, hold, gain, cannot_say, stale, wrong_build, incomplete, waived_removal, gateway_only,
              fault_along, one_environment)  # fmt: skip


@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_situation(situation: Callable[[World], None], tmp_path: Path) -> None:
    with world(tmp_path, "stage", "prod") as w:
        situation(w)
        check(f"gate-{situation.__name__.replace('_', '-')}.txt", "\n".join(w.said), "nights")


def test_three_environments(tmp_path: Path) -> None:
    with world(tmp_path, "dev", "stage", "prod") as w:
        w["dev"].routes(WITHOUT_DELETE)
        w.audit()
        gated(w, code=0, told="")
        arrows = "it compares dev to stage, stage to prod"
        for from_, to, code, told in (("dev", "stage", 1, "DELETE /orders/{orderId}"), ("dev", "prod", 3, arrows)):
            done = w.run("gate", "drift-report", "--from", from_, "--to", to)
            assert (done.returncode, told in done.stdout) == (code, True)
            w.said.append(f"$ auditor gate drift-report --from {from_} --to {to}\n{done.stdout}exit {code}\n")
        check("gate-three-environments.txt", "\n".join(w.said), "nights")


def test_a_verdict_that_its_own_changes_contradict_holds(tmp_path: Path) -> None:
    with world(tmp_path, "stage", "prod") as w:
        w["stage"].routes(WITHOUT_DELETE)
        w.audit()
        edit(w, lambda d: d["promotions"][0].update(verdict="promote"))
        gated(w, code=1, told="which nobody accepted")
        edit(w, lambda d: d["promotions"][0].update(verdict="perhaps", changes=[]))
        gated(w, code=3, told="both sides must be audited")


WRONG = [("--max-age", "24"), ("--max-age", "0h"), ("--min-decided", "101"), ("--min-decided", "nan"),
         ("--forbid-waivers-older-than", "x"), ("--build", ""), ("--to", " "), ("--ticket", "")]  # fmt: skip


@pytest.mark.parametrize(("flag", "value"), WRONG)
def test_wrong_use(flag: str, value: str, tmp_path: Path) -> None:
    with world(tmp_path, "stage", "prod") as w:
        done = w.run("gate", "nowhere.json", *ARROW, flag, value)
        assert (done.returncode, done.stderr.startswith(f"auditor: {flag}: ")) == (2, True), done.stderr


EVIL = "|`</td><script>@here <!channel> [x](http://evil.example)\n::error::##vso[x] \x1b[31m\u202ewww.evil.example"


def test_chat_and_ticket_are_short_and_inert(tmp_path: Path) -> None:
    with world(tmp_path, "stage", "prod") as w:
        w["stage"].routes(WITHOUT_DELETE)
        w.configure(waivers=[{**ACCEPTED, "reason": EVIL, "owner": EVIL}])
        w.audit()

        def hostile(data: dict[str, Any]) -> None:
            p = data["promotions"][0]
            p["because"] = EVIL
            p["changes"] = [{"path": f"/{i}{EVIL}", "method": EVIL, "effect": EFFECTS[3], "fingerprint": None}
                            for i in range(2000)]  # fmt: skip
            data["environments"][0]["build"] = data["run"]["id"] = EVIL
            data["findings"] *= 300

        edit(w, hostile)
        done = w.run("gate", "drift-report", *ARROW, "--chat", "--ticket", "ticket.md")
        assert done.returncode == 0, done.stderr
        assert len(done.stdout.splitlines()) == 5
        for word in ("@", "<", "`", "::", "##vso", "\x1b", "\u202e", "://", "www.", "]("):
            assert word not in done.stdout, word
        data = (tmp_path / "ticket.md").read_bytes()
        text = data.decode()
        assert len(data) <= 32_000
        assert "more in report.json" in text
        assert "2000 " not in text.split("## Changes")[0]
        outside = re.sub(r"`[^`\n]*`", "", text)
        for word in ("@", "<", "::", "##vso", "\x1b", "\u202e", "://", "www.", "]("):
            assert word not in outside, word
        rows = [x for x in text.splitlines() if x.startswith("|")]
        assert {len(re.findall(r"(?<!\\)\|", r)) for r in rows} <= {3, 4, 5, 6, 7}
        short = w.run("gate", "drift-report", *ARROW)
        assert len(short.stdout.splitlines()) == 2
        assert "\x1b" not in short.stdout
        assert "::" not in short.stdout
