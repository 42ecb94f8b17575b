"""auditor waive and baseline: what stands today is accepted, the file stays as it was, nothing is accepted along."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import OutputError
from auditor.rundir import alone
from auditor.waiverfile import _appended
from tests.command import ROOT
from tests.nights.world import World, world

TERMS = ("--reason", "migration: until Q1", "--owner", "team-orders", "--expires", "2099-01-31")
PUT = {"/legacy/items": ("GET", "POST", "PUT")}
SERVED = ("undocumented-method-served", "/legacy/items", "PUT")
FILES = {
    "none": None,
    "comment": "# ours\n",
    "empty list": "waivers:\n",
    "block": "# ours\nwaivers:   # keep\n  - {rule: catch-all, environments: [dev], reason: r, owner: o, "
    "expires: 2099-01-01}   # why\n# end\n",
    "no indent": "waivers:\n- rule: catch-all\n  environments: [dev]\n  reason: r\n  owner: o\n  expires: 2099-01-01",
    "four": "waivers:\n    - rule: catch-all\n      environments: [dev]\n      reason: r\n      owner: o\n"
    "      expires: 2099-01-01\n",
    "crlf": "waivers:\r\n  - {rule: catch-all, environments: [dev], reason: r, owner: o, expires: 2099-01-01}\r\n",
    "bom": "\ufeffwaivers:\n",
}


def fingerprint(w: World) -> str:
    return w.audit().fingerprint(*SERVED)


@pytest.mark.parametrize("name", FILES)
def test_one_entry_is_appended_and_the_rest_stays(name: str, tmp_path: Path) -> None:
    text = FILES[name]
    file = tmp_path / "waivers.yaml"
    if text is not None:
        file.write_bytes(text.encode())
    with world(tmp_path, "dev") as w:
        w["dev"].routes(PUT)
        done = w.run("waive", fingerprint(w), *TERMS, "--ticket", "OPS-1")
        assert done.returncode == 0, done.stderr
        assert done.stdout == "waivers.yaml: 1 waiver added; they count in the next audit\n"
        new = file.read_bytes().decode()
        assert new.startswith(text or "")
        entries = yaml.load(new, yaml.BaseLoader)["waivers"]
        assert entries[-1] == {
            "rule": SERVED[0], "path": SERVED[1], "method": "PUT", "environments": ["dev"],
            "reason": "migration: until Q1", "owner": "team-orders", "ticket": "OPS-1",
            "since": datetime.now(UTC).date().isoformat(), "expires": "2099-01-31",
        }  # fmt: skip
        assert w.audit().code == 0


WRONG = {
    "no finding": (("0" * 12, *TERMS), "no finding of that report is called"),
    "no such environment": (("", *TERMS, "--env", "prd"), "the finding does not occur in 'prd'"),
    "ended": (("", *TERMS[:4], "--expires", "2020-01-31"), "--expires: 2020-01-31 is over"),
    "no day": (("", *TERMS[:4], "--expires", "soon"), "--expires: 'soon' is no day"),
    "no reason": (("", "--reason", " ", *TERMS[2:]), "--reason: must not be empty"),
    "no owner": (("", *TERMS[:2], *TERMS[4:]), "Missing option '--owner'"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_use_changes_nothing(name: str, tmp_path: Path) -> None:
    arguments, told = WRONG[name]
    with world(tmp_path, "dev") as w:
        w["dev"].routes(PUT)
        found = fingerprint(w)
        done = w.run("waive", arguments[0] or found, *arguments[1:])
        assert (done.returncode, told in done.stderr) == (2, True), done.stderr
        assert not (tmp_path / "waivers.yaml").exists()


@pytest.mark.parametrize("text", ["waivers: []\n", "waivers: [\n", "spec: x\n", "waivers:\n- 3\n", "a\n"])
def test_a_file_that_cannot_be_added_to_stays(text: str, tmp_path: Path) -> None:
    (tmp_path / "waivers.yaml").write_text(text)
    with world(tmp_path, "dev") as w:
        w["dev"].routes(PUT)
        (tmp_path / "waivers.yaml").unlink()
        found = fingerprint(w)
        (tmp_path / "waivers.yaml").write_text(text)
        done = w.run("waive", found, *TERMS)
        assert done.returncode == 2
        assert "\n  next: " in done.stderr
        assert (tmp_path / "waivers.yaml").read_text() == text


def test_only_the_environment_that_is_named(tmp_path: Path) -> None:
    with world(tmp_path, "dev", "prod") as w:
        for name in ("dev", "prod"):
            w[name].routes(PUT)
        found = fingerprint(w)
        assert w.run("waive", found, *TERMS, "--env", "dev").returncode == 0
        night = w.audit()
        assert night.code == 1
        assert "supported, not documented, accepted by a waiver" in night.html, "dev's mark, not prod's"
        assert {e for (r, _, _, e), o in night.occurrences().items() if o["waived"] and r == SERVED[0]} == {"dev"}
        assert w.run("waive", found, *TERMS).returncode == 0
        assert w.audit().code == 0
        assert "all of it is accepted already" in w.run("waive", found, *TERMS).stderr


AGAIN = {
    "the same": TERMS,
    "another owner": (*TERMS[:3], "me", *TERMS[4:]),
    "a ticket": (*TERMS, "--ticket", "OPS-2"),
    "for longer": (*TERMS[:5], "2099-12-31"),
}


def test_what_is_accepted_in_the_file_is_not_accepted_twice(tmp_path: Path) -> None:
    """Before the next audit, too: the report still calls it open. Of two entries one would be ignored."""
    file = tmp_path / "waivers.yaml"
    with world(tmp_path, "dev", "prod") as w:
        for name in ("dev", "prod"):
            w[name].routes(PUT)
        found = fingerprint(w)
        file.write_text("# ours\nwaivers:\n  - {rule: catch-all, environments: [dev], reason: r, owner: o, "
                        "expires: 2099-01-01}\n")  # fmt: skip
        assert w.run("waive", found, *TERMS, "--env", "dev").returncode == 0
        before = file.read_bytes()
        for terms in AGAIN.values():
            done = w.run("waive", found, *terms, "--env", "dev")
            assert (done.returncode, done.stdout, file.read_bytes()) == (2, "", before)
            assert done.stderr == (
                "auditor: waivers.yaml:4: undocumented-method-served PUT /legacy/items is accepted already in dev: "
                "owner team-orders, until 2099-01-31\n  next: edit that entry: a second one would not count\n"
            )
        done = w.run("waive", found, *TERMS)
        assert (done.returncode, "waivers.yaml:4: undocumented" in done.stderr) == (0, True), done.stderr
        entries = yaml.load(file.read_text(), yaml.BaseLoader)["waivers"]
        assert [e["environments"] for e in entries] == [["dev"], ["dev"], ["prod"]]
        assert w.audit().code == 0


def test_what_has_ended_is_no_acceptance_and_can_be_accepted_again(tmp_path: Path) -> None:
    file = tmp_path / "waivers.yaml"
    with world(tmp_path, "dev") as w:
        w["dev"].routes(PUT)
        found = fingerprint(w)
        assert w.run("waive", found, *TERMS).returncode == 0
        text = file.read_text()
        file.write_text(re.sub("since: .*", "since: 2019-01-01", text).replace("2099-01-31", "2020-01-31"))
        assert w.audit().code == 1
        assert w.run("waive", found, *TERMS).returncode == 0
        assert w.audit().code == 0


def test_a_baseline_accepts_what_stands_and_nothing_that_comes(tmp_path: Path) -> None:
    with world(tmp_path, "dev", "prod") as w:
        w["dev"].routes({**PUT, "/orders/{orderId}": ("GET", "PUT"), "/stock": ()})
        w.audit()
        done = w.run("baseline", "drift-report", *TERMS)
        assert done.returncode == 0, done.stderr
        night = w.audit("drift-report", "--fail-on", "info")
        assert night.code == 0, night.done.stdout
        assert w.run("baseline", "drift-report/report.json", *TERMS).stdout == "nothing to accept\n"
        w["dev"].routes({"/legacy/items": ("GET", "POST", "PUT", "DELETE"), "/orders/{orderId}": ("GET",),
                         "/stock": ()})  # fmt: skip
        night = w.audit()
        assert night.code == 1
        assert {
            k[:3] for k, o in night.occurrences().items() if not o["waived"] and k[0] != "environments-disagree"
        } == {
            ("undocumented-method-served", "/legacy/items", "DELETE"),
            ("documented-method-missing", "/orders/{orderId}", "PUT"),
        }


def test_a_hostile_path_is_never_a_pattern_and_never_markup(tmp_path: Path) -> None:
    with world(tmp_path, "dev") as w:
        w["dev"].routes({**PUT, "/orders/{orderId}": ("GET", "PUT")})
        w.audit()
        file = tmp_path / "drift-report/report.json"
        data = json.loads(file.read_text())
        odd = ['/a"\n  - rule: x\x1b\u202e', "/**", "GET /a"]
        found = [f for f in data["findings"] if f["rule"] in (SERVED[0], "documented-method-missing")]
        data["findings"] = [{**found[i % len(found)], "path": p} for i, p in enumerate(odd)]
        file.write_text(json.dumps(data))
        done = w.run("baseline", "drift-report", *TERMS)
        assert done.returncode == 0
        assert done.stderr.count("is not accepted: write its waiver by hand") == 3
        assert "\x1b" not in done.stderr + done.stdout
        assert not (tmp_path / "waivers.yaml").exists()


@given(
    st.dictionaries(st.sampled_from(["reason", "owner", "ticket"]), st.text(st.characters(exclude_categories=["Cs"])))
)
def test_any_text_is_read_back_as_it_was(entry: dict[str, str]) -> None:
    full = {"rule": "catch-all", "environments": ["dev"], **entry}
    new = _appended(b"# mine\n", [full])
    assert new is not None
    assert yaml.load(new, yaml.BaseLoader)["waivers"] == [full]
    assert len(new.splitlines()) == 2 + len(full)


APPENDING = """
import sys
from pathlib import Path
from auditor import waiverfile
for i in range(12):
    entry = {"rule": "catch-all", "environments": [f"{sys.argv[1]}-{i}"], "reason": "r", "owner": "o",
             "expires": "2099-01-31"}
    waiverfile.append(Path("waivers.yaml"), [entry])
"""


def test_at_once_nothing_is_lost_and_no_lock_stays(tmp_path: Path) -> None:
    (tmp_path / "waivers.yaml").write_text("# ours\n")
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    running = [
        subprocess.Popen([sys.executable, "-c", APPENDING, str(n)], cwd=tmp_path, env=env, stderr=subprocess.PIPE)
        for n in range(4)
    ]
    assert [(p.communicate(timeout=120)[1], p.returncode) for p in running] == [(b"", 0)] * 4
    entries = yaml.load((tmp_path / "waivers.yaml").read_text(), yaml.BaseLoader)["waivers"]
    assert sorted(e["environments"][0] for e in entries) == sorted(f"{n}-{i}" for n in range(4) for i in range(12))
    assert [p.name for p in tmp_path.iterdir()] == ["waivers.yaml"]


def test_two_commands_at_once_both_count(tmp_path: Path) -> None:
    with world(tmp_path, "dev") as w:
        w["dev"].routes({"/legacy/items": ("GET", "POST", "PUT", "DELETE", "PATCH")})
        night = w.audit()
        marks = [night.fingerprint(SERVED[0], SERVED[1], m) for m in ("PUT", "DELETE", "PATCH")]
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        running = [
            subprocess.Popen([sys.executable, "-m", "auditor", "waive", m, *TERMS], cwd=tmp_path, env=env)
            for m in marks
        ]
        assert [p.wait(timeout=120) for p in running] == [0, 0, 0]
        assert w.audit().code == 0


def test_who_holds_the_file_is_waited_for_and_the_dead_are_not(tmp_path: Path) -> None:
    file = tmp_path / "waivers.yaml"
    (tmp_path / ".waivers.yaml.lock").write_text("")  # of a process that was killed
    with alone(file), pytest.raises(OutputError, match="another auditor is changing it"), alone(file, patience=0.1):
        raise AssertionError
    assert list(tmp_path.iterdir()) == []
