"""--new-since and compare: new only where it was decided then, fixed only where it is decided now."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.differ import nights
from auditor.model.night import Night, Seen
from tests.nights.world import DOCUMENTED, World, waiver, world
from tests.nights.world import Night as Audit
from tests.output.pages import Page

LOST = ("documented-method-missing", "/orders/{orderId}", "DELETE")
ALSO = ("documented-method-missing", "/orders/{orderId}", "PUT")
SERVED = ("undocumented-method-served", "/legacy/items", "PATCH")
WITHOUT_DELETE = {"/orders/{orderId}": ("GET", "PUT")}
SINCE = "--new-since"


def compared(w: World, a: Audit, b: Audit) -> tuple[int, dict[str, set[tuple[str, str, str]]]]:
    """Exit code of `auditor compare`, and the lists it prints, read from its --json."""
    done = w.run("compare", a.path, b.path, "--json")
    data: dict[str, Any] = json.loads(done.stdout)
    return done.returncode, {
        k: {(s["rule"], s["path"], s["method"]) for s in v if s["rule"] != "environments-disagree"}
        for k, v in data.items() if isinstance(v, list) and k != "returned"
    }  # fmt: skip


def statuses(night: Audit) -> dict[tuple[str, str | None, str, str], str | None]:
    found = night.occurrences().items()
    return {k: o["status"] for k, o in found if k[0] != "environments-disagree"}


def test_only_what_is_new_counts_and_the_first_day_is_kept(tmp_path: Path) -> None:
    with world(tmp_path, "prod") as w:
        w["prod"].routes(WITHOUT_DELETE)
        first = w.audit("n1")
        assert first.code == 1
        second = w.audit("n2", SINCE, first.path)
        assert (second.code, statuses(second)) == (0, {(*LOST, "prod"): "known"})
        first_seen = first.report["run"]["finished_at"]
        third = w.audit("n3", SINCE, second.path)
        assert third.occurrences()[(*LOST, "prod")]["first_seen"] == first_seen
        w["prod"].routes({**WITHOUT_DELETE, "/legacy/items": ("GET", "POST", "PATCH")})
        fourth = w.audit("n4", SINCE, third.path)
        assert fourth.code == 1
        assert statuses(fourth) == {(*LOST, "prod"): "known", (*SERVED, "prod"): "new"}
        assert "1 new, 1 known" in fourth.done.stdout
        assert "New since last time." in fourth.done.stdout
        assert "1 new, 1 known" in fourth.html
        w.configure(waivers=[waiver(method="PATCH", environments=["prod"])])
        assert w.audit("n5", SINCE, third.path).code == 0
        again = w.run("report", "n4")
        assert (again.returncode, again.stdout) == (1, fourth.done.stdout)


def test_a_method_fixed_and_broken_again_is_new_again(tmp_path: Path) -> None:
    with world(tmp_path, "prod") as w:
        w["prod"].routes(WITHOUT_DELETE)
        broken = w.audit("n1")
        w["prod"].routes()
        fixed = w.audit("n2", SINCE, broken.path)
        assert fixed.code == 0
        assert "1 fixed. Fixed: " in fixed.done.stdout
        assert [s["path"] for s in fixed.report["since"]["fixed"]] == ["/orders/{orderId}"]
        w["prod"].routes(WITHOUT_DELETE)
        again = w.audit("n3", SINCE, fixed.path)
        assert (again.code, statuses(again)) == (1, {(*LOST, "prod"): "new"})
        assert again.occurrences()[(*LOST, "prod")]["first_seen"] == again.report["run"]["finished_at"]
        assert compared(w, broken, fixed) == (0, {"new": set(), "still": set(), "fixed": {LOST}, "not_judged": set(),
                                                  "not_judged_then": set()})  # fmt: skip
        assert compared(w, fixed, again)[0] == 1


def test_an_environment_that_was_down_last_night_forgets_nothing(tmp_path: Path) -> None:
    with world(tmp_path, "stage", "prod") as w:
        w["prod"].routes(WITHOUT_DELETE)
        first = w.audit("n1")
        up = json.loads((tmp_path / "auditor.yaml").read_text())
        down = json.loads((tmp_path / "auditor.yaml").read_text())
        down["environments"]["prod"]["url"] = "http://127.0.0.1:9"
        (tmp_path / "auditor.yaml").write_text(json.dumps(down))
        second = w.audit("n2", SINCE, first.path)
        assert second.code == 3
        assert second.report["since"]["fixed"] == []
        assert [s["path"] for s in second.report["since"]["not_judged_any_more"]] == ["/orders/{orderId}"]
        assert compared(w, first, second) == (0, {"new": set(), "still": set(), "fixed": set(), "not_judged": {LOST},
                                                  "not_judged_then": set()})  # fmt: skip
        w["prod"].routes({"/orders/{orderId}": ("GET",)})
        (tmp_path / "auditor.yaml").write_text(json.dumps(up))
        third = w.audit("n3", SINCE, second.path)
        assert third.code == 1, "what broke while nobody could look is new"
        assert statuses(third) == {(*LOST, "prod"): "known", (*ALSO, "prod"): "new"}
        assert third.occurrences()[(*LOST, "prod")]["first_seen"] == first.report["run"]["finished_at"]


def test_what_was_never_judged_before_is_not_called_new(tmp_path: Path) -> None:
    with world(tmp_path, "stage", "prod") as w:
        w["prod"].routes(WITHOUT_DELETE)
        up = (tmp_path / "auditor.yaml").read_text()
        (tmp_path / "auditor.yaml").write_text(up.replace(w["prod"].url, "http://127.0.0.1:9"))
        first = w.audit("n1")
        (tmp_path / "auditor.yaml").write_text(up)
        second = w.audit("n2", SINCE, first.path)
        assert (second.code, statuses(second)) == (0, {(*LOST, "prod"): None})
        assert "1 not judged then" in second.done.stdout
        assert compared(w, first, second)[1]["not_judged_then"] == {LOST}


def test_a_rule_that_is_off_makes_nothing_fixed_and_on_again_nothing_new(tmp_path: Path) -> None:
    with world(tmp_path, "prod") as w:
        w["prod"].routes(WITHOUT_DELETE)
        first = w.audit("n1")
        w.configure(rules={LOST[0]: "off"})
        second = w.audit("n2", SINCE, first.path)
        assert second.code == 0
        assert compared(w, first, second)[1]["not_judged"] == {LOST}
        w.configure()
        third = w.audit("n3", SINCE, second.path)
        assert statuses(third) == {(*LOST, "prod"): "known"}
        assert compared(w, second, third) == (0, {"new": set(), "still": {LOST}, "fixed": set(), "not_judged": set(),
                                                  "not_judged_then": set()})  # fmt: skip


def test_renamed_parameters_stay_known_and_a_new_documented_path_is_new(tmp_path: Path) -> None:
    with world(tmp_path, "prod") as w:
        w["prod"].routes(WITHOUT_DELETE)
        first = w.audit("n1")
        w.describe({**{p.replace("orderId", "id"): m for p, m in DOCUMENTED.items()}, "/returns": ("GET",)})
        second = w.audit("n2", SINCE, first.path)
        assert second.code == 1
        assert statuses(second) == {
            ("documented-method-missing", "/orders/{id}", "DELETE", "prod"): "known",
            ("path-missing", "/returns", "GET", "prod"): "new",
        }
        w.describe({p: m for p, m in DOCUMENTED.items() if p != "/orders/{orderId}"})
        assert compared(w, second, w.audit("n3"))[1]["fixed"] == set(), "what is no longer described is not fixed"


ODD: dict[str, tuple[str, str]] = {
    "older schema": ('{"schema_version": 0}', "its schema version is 0, and this auditor reads 1"),
    "newer schema": ('{"schema_version": 2}', "next: update auditor"),
    "no schema": ('{"a": 1}', "is no report of auditor"),
    "true is no version": ('{"schema_version": true}', "its schema version is unknown"),
    "list": ("[]", "is no report of auditor"),
    "text": ("hello", "is no report of auditor"),
    "deep": ("[" * 100_000, "is no report of auditor"),
    "damaged": ('{"schema_version": 1, "complete": 3}', "the report is damaged at"),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_report_stops_before_anything_is_sent(name: str, tmp_path: Path) -> None:
    text, told = ODD[name]
    with world(tmp_path, "prod") as w:
        (tmp_path / "old.json").write_text(text)
        for arguments in (("audit", SINCE, "old.json"), ("compare", "old.json", "old.json"),
                          ("gate", "old.json", "--from", "stage", "--to", "prod")):  # fmt: skip
            done = w.run(*arguments)
            assert done.returncode == 2, done.stdout
            assert told in done.stderr
            assert "Traceback" not in done.stderr
        assert not (tmp_path / "drift-report").exists()


def test_a_report_of_an_auditor_without_memory_is_read(tmp_path: Path) -> None:
    with world(tmp_path, "prod") as w:
        w["prod"].routes(WITHOUT_DELETE)
        first = w.audit("n1")
        data = first.report
        for key in ("rules_run", "waiver_notes", "since"):
            del data[key]
        (tmp_path / "n1/report.json").write_text(json.dumps(data))
        assert w.audit("n2", SINCE, first.path).code == 0


def test_compare_is_readable_and_hostile_names_are_inert(tmp_path: Path) -> None:
    with world(tmp_path, "prod") as w:
        first = w.audit("n1")
        w["prod"].routes(WITHOUT_DELETE)
        second = w.audit("n2")
        done = w.run("compare", first.path, second.path)
        assert done.returncode == 1
        assert "1 new" in done.stdout
        assert "DELETE /orders/{orderId}" in done.stdout
        data = second.report
        for f in data["findings"]:
            f["title"] = f["path"] = "\x1b[31m\n::error::/x\u202e"
        (tmp_path / "n2/report.json").write_text(json.dumps(data))
        done = w.run("compare", first.path, second.path)
        assert "\x1b" not in done.stdout
        assert not [x for x in done.stdout.splitlines() if x.lstrip().startswith("::")]


# --- properties ---

PLACES = st.tuples(st.sampled_from(["dev", "prod"]), st.sampled_from(["/a", "/b"]), st.sampled_from(["GET", "PUT"]))


@st.composite
def night(draw: st.DrawFn, id_: str = "n") -> Night:
    decided = draw(st.sets(PLACES))
    there = draw(st.sets(st.sampled_from(sorted(decided)))) if decided else set()
    seen = tuple(Seen("".join(p).ljust(12), e, m, "r", path, (m,), "error", "t", id_)
                 for p in sorted(there) for e, path, m in [p])  # fmt: skip
    described = tuple((e, p) for e in ("dev", "prod") for p in ("/a", "/b"))
    return Night(id_, id_, ("dev", "prod"), ("dev", "prod"), seen, tuple(sorted(decided)), described, ("r",))


@given(night("1"), night("2"))
def test_everything_is_in_exactly_one_list(then: Night, now: Night) -> None:
    c = nights.changes(then, now)
    assert sorted(s.key for s in (*c.new, *c.still, *c.unsure)) == sorted(s.key for s in now.seen)
    assert sorted({s.key for s in then.seen} - {s.key for s in now.seen}) == sorted(
        s.key for s in (*c.fixed, *c.unjudged)
    )
    place = {(s.environment, s.path, s.method) for s in c.new}
    assert place <= set(then.decided)
    assert {(s.environment, s.path, s.method) for s in c.fixed} <= set(now.decided)
    again = nights.changes(now, now)
    assert (again.new, again.fixed, again.unsure, again.unjudged) == ((), (), (), ())


def test_what_counts_is_named_and_what_is_new_in_one_place_only_says_where(tmp_path: Path) -> None:
    with world(tmp_path, "stage", "prod") as w:
        w["stage"].routes(WITHOUT_DELETE)
        w.configure(waivers=[waiver(environments=["stage"], method="PUT")])
        w["stage"].routes({**WITHOUT_DELETE, "/legacy/items": ("GET", "POST", "PUT")})
        first = w.audit("n1")
        w.configure()
        w["prod"].routes(WITHOUT_DELETE)
        second = w.audit("n2", SINCE, first.path, "--format", "github")
        text = " ".join(second.done.stdout.split())
        assert "New since last time in prod." in text
        assert "Accepted last time in stage, and no longer." in text
        assert "1 new, 1 accepted no longer" in text
        assert "Accepted no longer: stage supports PUT /legacy/items" in text
        assert len([x for x in second.done.stdout.splitlines() if x.startswith("::error")]) == 2
        assert "does not count for the exit code" not in text, "all of it does"
        done = w.run("compare", first.path, second.path)
        assert "\naccepted no longer: seen then, too, but with a waiver\n" in done.stdout


def told_once(text: str) -> tuple[str, int]:
    """What `compare` counts, and how many lines it lists; a finding that stands on two of them fails."""
    head, *lines = text.splitlines()
    listed = [line.rsplit(maxsplit=1)[1] for line in lines if line.startswith("  ")]
    assert len(set(listed)) == len(listed), "each finding once"
    return head.partition(": ")[2], len(listed)


def test_each_finding_is_told_once_and_compare_audit_and_page_say_the_same(tmp_path: Path) -> None:
    """A waiver that ended, one that holds, what came in one environment of two and what went in one."""
    put = {"/legacy/items": ("GET", "POST", "PUT")}
    with world(tmp_path, "stage", "prod") as w:
        w["stage"].routes({**WITHOUT_DELETE, **put, "/carts": ("GET", "POST", "PATCH")})
        w["prod"].routes({**WITHOUT_DELETE, **put, "/stock": ("GET",)})
        carts = waiver(path="/carts", method="PATCH", environments=["stage"])
        w.configure(waivers=[waiver(environments=["stage", "prod"]), carts])
        first = w.audit("n1")
        w.configure(waivers=[carts])
        w["stage"].routes({**put, "/carts": ("GET", "POST", "PATCH"), "/stock": ("GET",)})
        w["prod"].routes({**WITHOUT_DELETE, **put, "/stock": ("GET",)})
        second = w.audit("n2", SINCE, first.path, "--format", "markdown")
        done = w.run("compare", first.path, second.path)
        counts, listed = told_once(done.stdout)
        page = Page(second.html.encode())
        for text in (second.done.stdout, page.text, (tmp_path / "n2/report.md").read_text()):
            assert f": {counts}." in " ".join(text.replace("`", "").split()), counts
        assert "1 new, 1 accepted no longer, " in counts
        assert counts.endswith(" (in some environments: 1 fixed)")
        numbers = {word: int(n) for n, word in re.findall(r"(\d+) ([a-z ]+)", counts.partition(" (")[0])}
        assert sum(numbers.values()) == listed >= len(second.report["findings"])
        bars = {word: int(n) for word, n in re.findall(r'class="name">([^<]+)<.*?class="quiet">(\d+)<', second.html)}
        assert bars == numbers
        assert "POST /stock  stage  (known in prod)" in done.stdout
        assert "  prod  seen since" in next(x for x in done.stdout.splitlines() if "(fixed in stage)" in x)


def test_what_is_not_judged_any_more_has_a_bar_and_one_list(tmp_path: Path) -> None:
    with world(tmp_path, "prod") as w:
        w["prod"].routes(WITHOUT_DELETE)
        first = w.audit("n1")
        w["prod"].down()
        second = w.audit("n2", SINCE, first.path)
        done = w.run("compare", first.path, second.path)
        assert (done.returncode, told_once(done.stdout)) == (0, ("0 new, 1 not judged any more", 1))
        assert "0 new, 1 not judged any more." in " ".join(second.done.stdout.split())
        assert re.search(r'class="name">not judged any more<.*?class="quiet">1<', second.html)


def test_an_acceptance_that_ended_ends_with_one_and_each_command_says_so(tmp_path: Path) -> None:
    with world(tmp_path, "prod") as w:
        w["prod"].routes(WITHOUT_DELETE)
        accepted = waiver(rule=LOST[0], path=LOST[1], method=LOST[2], environments=["prod"])
        w.configure(waivers=[accepted])
        first = w.audit("n1")
        w.configure(waivers=[{**accepted, "expires": "2020-01-31"}])
        second = w.audit("n2", SINCE, first.path)
        done = w.run("compare", first.path, second.path)
        assert (second.code, done.returncode) == (1, 1)
        assert told_once(done.stdout) == ("0 new, 1 accepted no longer", 1)
        data = json.loads(w.run("compare", first.path, second.path, "--json").stdout)
        assert (len(data["returned"]), data["still"]) == (1, [])
        for command in ("audit", "compare"):
            assert "accepted no longer" in " ".join(w.run(command, "--help").stdout.replace("│", " ").split())
