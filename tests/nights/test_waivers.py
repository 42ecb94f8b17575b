"""Waivers: per environment and method, for a reason, until a day; nothing else than what was accepted is hidden."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.differ import waivers
from auditor.errors import ConfigError
from auditor.model.finding import Finding, Occurrence
from auditor.model.globs import parse_glob
from auditor.model.waiver import NEEDS_METHOD, Waiver, utc_day
from auditor.waiverconfig import WaiverConfig
from auditor.waiverconfig import waivers as build
from tests.command import run_auditor
from tests.nights.world import DOCUMENTED, waiver, world
from tests.output.sample import finding

PUT = ("GET", "POST", "PUT")
SERVED = ("undocumented-method-served", "/legacy/items", "PUT")
LOST = ("documented-method-missing", "/orders/{orderId}", "DELETE")


def today(days: int = 0) -> str:
    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()


# --- through the command ---


def test_what_is_accepted_does_not_count_and_everything_shows_it(tmp_path: Path) -> None:
    with world(tmp_path, "dev") as w:
        w["dev"].routes({"/legacy/items": PUT})
        assert w.audit().code == 1
        w.configure(waivers=[waiver(ticket="OPS-1841")])
        night = w.audit()
        assert night.code == 0
        terms = {"path": "/legacy/**", "reason": "migration", "owner": "team-orders", "expires": "2099-01-31",
                 "ticket": "OPS-1841"}  # fmt: skip
        assert night.occurrences()[(*SERVED, "dev")]["waived"] == terms
        assert (night.report["totals"]["waived"], night.report["totals"]["errors"]) == (1, 0)
        assert "1 waived" in night.done.stdout
        assert "PUT" not in night.done.stdout
        assert "Waivers in effect" in night.html
        assert "owner: team-orders" in night.html
        again = w.run("report", "drift-report")
        assert (again.returncode, night.report["totals"]["waived"]) == (0, 1)


@pytest.mark.parametrize("method", ["DELETE", "PATCH"])
def test_a_new_method_on_a_waived_path_counts(method: str, tmp_path: Path) -> None:
    with world(tmp_path, "dev") as w:
        w["dev"].routes({"/legacy/items": (*PUT, method)})
        w.configure(waivers=[waiver()])
        night = w.audit()
        assert night.code == 1
        assert {k: bool(o["waived"]) for k, o in night.occurrences().items()} == {
            (*SERVED, "dev"): True, ("undocumented-method-served", "/legacy/items", method, "dev"): False,
        }  # fmt: skip


def test_a_waiver_ends_with_its_last_day_and_the_finding_says_so(tmp_path: Path) -> None:
    with world(tmp_path, "dev") as w:
        w["dev"].routes({"/legacy/items": PUT})
        w.configure(waivers=[waiver(expires=today(-1))])
        night = w.audit()
        occurrence = night.occurrences()[(*SERVED, "dev")]
        assert night.code == 1
        assert occurrence["waived"] is None
        assert occurrence["lapsed"]["expires"] == today(-1)
        assert "the waiver has ended" in night.done.stdout
        assert "the waiver has ended" in night.html
        assert f"ended on {today(-1)}: what it accepted counts again" in night.text
        assert "ended on" not in night.done.stderr, "once is enough"
        w.configure(waivers=[waiver(expires=today())])
        night = w.audit()
        assert night.code == 0
        assert f"ends today, on {today()}" in night.text


@pytest.mark.parametrize(("days", "told"), [(14, True), (15, False)])
def test_a_waiver_that_ends_soon_is_noted(days: int, told: bool, tmp_path: Path) -> None:
    with world(tmp_path, "dev") as w:
        w["dev"].routes({"/legacy/items": PUT})
        w.configure(waivers=[waiver(expires=today(days))])
        night = w.audit()
        assert night.code == 0
        assert (f"ends in 14 days, on {today(days)}" in night.text) is told
        assert ("About waivers" in night.html) is told


def test_a_waiver_of_another_environment_accepts_nothing_here(tmp_path: Path) -> None:
    with world(tmp_path, "dev", "prod") as w:
        for name in ("dev", "prod"):
            w[name].routes({"/legacy/items": PUT})
        w.configure(waivers=[waiver()])
        night = w.audit()
        found = night.occurrences()
        assert night.code == 1
        assert found[(*SERVED, "dev")]["waived"]
        assert found[(*SERVED, "prod")]["waived"] is None
        assert "Accepted in dev until 2099-01-31, not elsewhere." in night.done.stdout


def test_a_renamed_parameter_stays_accepted_and_a_renamed_path_does_not(tmp_path: Path) -> None:
    entry = waiver(rule=LOST[0], path="/orders/{orderId}", method="DELETE")
    with world(tmp_path, "dev") as w:
        w["dev"].routes({"/orders/{orderId}": ("GET", "PUT")})
        w.configure(waivers=[entry])
        assert w.audit().code == 0
        paths = {p.replace("orderId", "id"): m for p, m in DOCUMENTED.items()}
        w.describe(paths)
        assert w.audit().code == 0
        w.describe({p.replace("/orders/", "/purchases/"): m for p, m in DOCUMENTED.items()})
        w["dev"].routes({"/orders/{orderId}": (), "/purchases/{orderId}": ("GET", "PUT")})
        night = w.audit()
        assert night.code == 1
        assert night.occurrences()[(LOST[0], "/purchases/{orderId}", "DELETE", "dev")]["waived"] is None
        assert "is unused, there is nothing left to accept: remove it" in night.text


def test_unused_is_said_only_where_it_is_known(tmp_path: Path) -> None:
    with world(tmp_path, "dev", "prod") as w:
        w.configure(waivers=[waiver()])
        assert "there is nothing left to accept" in w.audit().text
        w.configure(waivers=[waiver()], rules={"undocumented-method-served": "off"})
        assert "is unused, as the rule is off" in w.audit().text
        w["dev"].down()
        w.configure(waivers=[waiver()])
        night = w.audit()
        assert night.code == 3
        assert "unused" not in night.text + night.done.stderr


def test_an_accepted_removal_does_not_hold_a_promotion(tmp_path: Path) -> None:
    with world(tmp_path, "stage", "prod") as w:
        w["stage"].routes({"/orders/{orderId}": ("GET", "PUT")})
        assert w.audit().report["promotions"][0]["verdict"] == "hold"
        entry = waiver(rule=LOST[0], path=LOST[1], method="DELETE", environments=["stage"])
        w.configure(waivers=[entry])
        night = w.audit()
        assert night.report["promotions"][0]["verdict"] == "promote"
        assert "besides 1 waived" in night.report["promotions"][0]["because"]


def test_waivers_yaml_stands_beside_auditor_yaml(tmp_path: Path) -> None:
    with world(tmp_path, "dev") as w:
        w["dev"].routes({"/legacy/items": (*PUT, "DELETE")})
        w.configure(waivers=[waiver()])
        beside = tmp_path / "waivers.yaml"
        beside.write_text(f"# ours\nwaivers:\n  - {json.dumps(waiver(method='DELETE'))}\n", encoding="utf-8")
        assert w.audit().code == 0
        beside.write_text("waivers:\n", encoding="utf-8")
        assert w.audit().code == 1
        beside.write_text(f"waivers:\n  - {json.dumps(waiver(method='DELET E'))}\n", encoding="utf-8")
        done = w.run("audit")
        assert done.returncode == 2
        assert "waivers.yaml:2: waivers.0.method: 'DELET E' is no method" in done.stderr
        beside.write_text("spec: x\n", encoding="utf-8")
        assert "waivers.yaml:1: spec: is no known key" in w.run("audit").stderr


# --- wrong entries ---

WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no rule": ({"rule": None}, "waivers.0.rule: is missing"),
    "odd rule": ({"rule": "undocumented-method-serve"}, "waivers.0.rule: no rule is called"),
    "no path": ({"path": None}, "waivers.0.path: is missing"),
    "odd path": ({"path": "/a b"}, "waivers.0.path: '/a b' is no pattern"),
    "no method": ({"method": None}, "waivers.0.method: is missing"),
    "star as method": ({"method": "*"}, "waivers.0.method: '*' is no method"),
    "star before the path": ({"method": None, "path": "* /legacy"}, "waivers.0.path: '*' is no method"),
    "two methods": ({"path": "DELETE /legacy/**"}, "waivers.0.path: names DELETE, `method` PUT"),
    "no environment": ({"environments": []}, "waivers.0.environments: must not be empty"),
    "odd environment": ({"environments": ["dv"]}, "waivers.0.environments: 'dv' is no environment"),
    "no reason": ({"reason": None}, "waivers.0.reason: is missing"),
    "blank reason": ({"reason": "  "}, "waivers.0.reason: must not be empty"),
    "no owner": ({"owner": None}, "waivers.0.owner: is missing"),
    "no end": ({"expires": None}, "waivers.0.expires: is missing"),
    "odd end": ({"expires": "2027-02-30"}, "waivers.0.expires: '2027-02-30' is no day"),
    "week": ({"expires": "2027-W01"}, "waivers.0.expires: '2027-W01' is no day"),
    "since after the end": ({"since": "2100-01-01"}, "waivers.0.since: is later than `expires`"),
    "odd key": ({"expire": "2027-01-31"}, "waivers.0.expire: is no known key"),
    "path of a whole environment": ({"rule": "catch-all", "method": None}, "waivers.0.path: is of no use"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_entry_is_told_with_its_place(name: str, tmp_path: Path) -> None:
    changes, told = WRONG[name]
    environments = {"dev": {"url": "http://127.0.0.1:9"}}
    config = {"spec": "openapi.json", "environments": environments, "waivers": [waiver(**changes)]}
    (tmp_path / "auditor.yaml").write_text(json.dumps(config, indent=1), encoding="utf-8")
    done = run_auditor("audit", cwd=tmp_path)
    assert done.returncode == 2
    assert "auditor.yaml:" in done.stderr
    assert told in done.stderr
    assert "\n  next: " in done.stderr
    assert len(done.stderr.splitlines()) <= 4


def test_a_hostile_reason_is_inert(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>\x1b[31m\u202e::error::x"
    with world(tmp_path, "dev") as w:
        w["dev"].routes({"/legacy/items": PUT})
        w.configure(waivers=[waiver(reason=evil, owner=evil, expires=today(2))])
        night = w.audit()
        assert night.code == 0
        for text in (night.done.stdout, night.done.stderr, night.html):
            assert "\x1b[31m" not in text
            assert "\u202e" not in text
        assert "<script>alert" not in night.html


# --- the pure function ---

METHODS = st.sampled_from(["GET", "PUT", "POST", "DELETE", "PATCH"])
NAMES = st.sampled_from(["dev", "stage", "prod"])
RULES = st.sampled_from([NEEDS_METHOD, "documented-method-missing", "path-missing"])
PATHS = st.sampled_from(["/legacy/items", "/legacy/{id}", "/legacy/{name}", "/orders", "/orders/{orderId}/notes"])
GLOBS = st.sampled_from(["/legacy/**", "/legacy/{id}", "/orders", "/**", "/orders/*", "/nowhere"])
DAYS = st.dates(date(2026, 1, 1), date(2026, 3, 1))
WAIVERS = st.builds(
    lambda rule, path, method, environments, expires: build([WaiverConfig(
        rule=rule, path=path, method=method if rule == NEEDS_METHOD else None, environments=environments,
        reason="r", owner="o", expires=expires.isoformat())])[0],
    RULES, GLOBS, METHODS, st.lists(NAMES, min_size=1, unique=True), DAYS,
)  # fmt: skip


@st.composite
def findings(draw: st.DrawFn) -> Finding:
    names = draw(st.lists(NAMES, min_size=1, unique=True))
    return finding(draw(RULES), draw(PATHS), draw(METHODS), dict.fromkeys(names, "seen"), title="t")


@given(st.lists(findings(), max_size=4), st.lists(WAIVERS, max_size=4), DAYS)
def test_an_occurrence_is_accepted_exactly_where_a_valid_waiver_names_it(
    found: list[Finding], accepted: list[Waiver], day: date
) -> None:
    for before, after in zip(found, waivers.apply(found, accepted, day), strict=True):
        for old, new in zip(before.occurrences, after.occurrences, strict=True):
            expected = [
                w for w in accepted
                if w.rule == before.rule and new.environment in w.environments and w.method in (None, new.method)
                and w.path and parse_glob(w.path.text.replace("{id}", "*")).matches(before.path or "")
                and (w.path.text != "/legacy/{id}" or "{" in (before.path or ""))
            ]  # fmt: skip
            valid = [w for w in expected if day <= w.expires]
            assert bool(new.waived) == bool(valid)
            assert bool(new.lapsed) == bool(expected and not valid)
            assert (old.environment, old.method, old.exchanges) == (new.environment, new.method, new.exchanges)


@given(findings(), st.lists(WAIVERS, max_size=6), METHODS, DAYS)
def test_accepting_one_method_hides_no_other(of: Finding, accepted: list[Waiver], other: str, day: date) -> None:
    """For undocumented methods there is no waiver of several, whatever the patterns."""
    named = {w.method for w in accepted if w.rule == NEEDS_METHOD}
    served = finding(NEEDS_METHOD, of.path, other, dict.fromkeys(of.environments, "x"), title="t")
    if other not in named:
        assert not any(o.waived for f in waivers.apply([served], accepted, day) for o in f.occurrences)


@given(findings(), WAIVERS, DAYS)
def test_names_of_parameters_do_not_count(of: Finding, accepted: Waiver, day: date) -> None:
    from dataclasses import replace

    renamed = replace(of, path=(of.path or "").replace("{id}", "{other}").replace("{orderId}", "{x}"))
    first, second = waivers.apply([of, renamed], [accepted], day)
    assert [o.waived for o in first.occurrences] == [o.waived for o in second.occurrences]


def test_what_is_said_of_several_methods_needs_a_waiver_of_all() -> None:
    whole = finding("path-missing", "/legacy/items", "", {"dev": "404"}, title="t")
    whole = Finding(**{**{f: getattr(whole, f) for f in whole.__slots__}, "methods": ("GET", "PUT"),
                       "occurrences": (Occurrence("dev", ""),)})  # fmt: skip
    for method, expected in (("GET", False), (None, True)):
        one = build([WaiverConfig(**waiver(rule="path-missing", method=method))])
        (after,) = waivers.apply([whole], one, date(2026, 1, 1))
        assert bool(after.occurrences[0].waived) is expected


def test_the_day_is_that_of_utc() -> None:
    assert utc_day("2026-11-20T23:59:59Z") == date(2026, 11, 20)
    assert utc_day("2026-11-21T00:30:00+02:00") == date(2026, 11, 20)
    with pytest.raises(ConfigError):
        build([WaiverConfig(**waiver(expires="20270131"))])
