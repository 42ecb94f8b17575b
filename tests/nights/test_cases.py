"""Night after night, case by case: what is expected of the last one, and what is seen (docs: README, Every night).

Each case audits a few nights, every one compared with the one before; the last is told as its exit code, what is new,
known, returned or not judged then, and what it says of the rest. Infos are left out but where a case is about them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.nights.world import DOCUMENTED, Night, World, waiver, world

LOST = {"/orders/{orderId}": ("GET", "PUT")}
PUT = {"/legacy/items": ("GET", "POST", "PUT")}
YESTERDAY = "2020-01-31"
DMM = "documented-method-missing"


class Nights:
    """Audits in a row; `told` is the last one in words."""

    def __init__(self, w: World) -> None:
        self.w, self.count = w, 0
        self.last: Night | None = None

    def night(self, *arguments: str) -> Night:
        since = ("--new-since", self.last.path) if self.last else ()
        self.count += 1
        self.last = self.w.audit(f"n{self.count}", *since, *arguments)
        return self.last

    def point(self, name: str, url: str) -> None:
        """Changes where an environment is looked for."""
        file = self.w.folder / "auditor.yaml"
        data = json.loads(file.read_text())
        data["environments"][name]["url"] = url
        file.write_text(json.dumps(data))

    def told(self, *, infos: bool = False) -> str:
        assert self.last is not None
        report = self.last.report
        since = report["since"] or {"fixed": [], "not_judged_any_more": [], "returned": 0}
        lines = {f"exit {self.last.code}"}
        for f in report["findings"]:
            if infos or f["severity"] != "info":
                lines |= {f"{_status(o)}: {_what(f)} {o['environment']}" for o in f["occurrences"]}
        for word, key in (("fixed", "fixed"), ("not judged any more", "not_judged_any_more")):
            lines |= {f"{word}: {_what(s)} {s['environment']}" for s in since[key] if infos or s["severity"] != "info"}
        if since["returned"]:
            lines.add(f"{since['returned']} accepted no longer")
        return "; ".join(sorted(lines, key=lambda line: (not line.startswith("exit"), line)))


def _status(occurrence: dict[str, Any]) -> str:
    status = occurrence["status"] or "not judged then"
    return f"{status}, waived" if occurrence["waived"] else status


def _what(finding: dict[str, Any]) -> str:
    rule = {DMM: "missing", "undocumented-method-served": "served", "path-missing": "path missing"}
    words = (",".join(finding["methods"]), finding["path"] or "", rule.get(finding["rule"], finding["rule"]))
    return " ".join(w for w in words if w)


Case = Callable[[Nights], None]
CASES: dict[str, tuple[str, Case]] = {}


def case(name: str, expected: str) -> Callable[[Case], Case]:
    """Keeps a case. Where its name speaks of environments, there is a second one: stage."""

    def keep(run: Case) -> Case:
        CASES[name] = (expected, run)
        return run

    return keep


@case("new method on a waived path",
      "exit 1; known, waived: PUT /legacy/items served prod; new: PATCH /legacy/items served prod")  # fmt: skip
def _(n: Nights) -> None:
    n.w.configure(waivers=[waiver(environments=["prod"])])
    n.w["prod"].routes(PUT)
    n.night()
    n.w["prod"].routes({"/legacy/items": ("GET", "POST", "PUT", "PATCH")})
    n.night()


@case("waiver ends", "exit 1; 1 accepted no longer; known: PUT /legacy/items served prod")
def _(n: Nights) -> None:
    n.w["prod"].routes(PUT)
    n.w.configure(waivers=[waiver(environments=["prod"])])
    assert n.night().code == 0
    n.w.configure(waivers=[waiver(environments=["prod"], expires=YESTERDAY)])
    n.night()


@case("waiver has ended nights ago", "exit 1; 1 accepted no longer; known: PUT /legacy/items served prod")
def _(n: Nights) -> None:
    CASES["waiver ends"][1](n)
    n.night()


@case("waiver taken back", "exit 1; 1 accepted no longer; known: PUT /legacy/items served prod")
def _(n: Nights) -> None:
    n.w["prod"].routes(PUT)
    n.w.configure(waivers=[waiver(environments=["prod"])])
    n.night()
    n.w.configure(waivers=[])
    n.night()


@case("waiver in another environment",
      "exit 1; new, waived: PUT /legacy/items served stage; new: PUT /legacy/items served prod")  # fmt: skip
def _(n: Nights) -> None:
    n.w.configure(waivers=[waiver(environments=["stage"])])
    n.night()
    n.w["stage"].routes(PUT)
    n.w["prod"].routes(PUT)
    n.night()


@case("renamed path",
      "exit 1; new: DELETE /purchases/{orderId} missing prod; "
      "not judged any more: DELETE /orders/{orderId} missing prod")  # fmt: skip
def _(n: Nights) -> None:
    n.w["prod"].routes(LOST)
    n.night()
    paths = {p.replace("/orders/{", "/purchases/{"): m for p, m in DOCUMENTED.items()}
    n.w.describe(paths)
    n.w["prod"].server.routes = {**paths, "/purchases/{orderId}": ("GET", "PUT")}
    n.night()


@case("renamed parameter", "exit 0; known: DELETE /orders/{id} missing prod")
def _(n: Nights) -> None:
    n.w["prod"].routes(LOST)
    n.night()
    n.w.describe({p.replace("orderId", "id"): m for p, m in DOCUMENTED.items()})
    n.night()


@case("down last night, known before", "exit 0; known: DELETE /orders/{orderId} missing prod")
def _(n: Nights) -> None:
    n.w["prod"].routes(LOST)
    n.night()
    _down_for_a_night(n)
    n.night()


@case("down last night, broken meanwhile",
      "exit 1; known: DELETE /orders/{orderId} missing prod; new: PUT /orders/{orderId} missing prod")  # fmt: skip
def _(n: Nights) -> None:
    n.w["prod"].routes(LOST)
    n.night()
    _down_for_a_night(n)
    n.w["prod"].routes({"/orders/{orderId}": ("GET",)})
    n.night()


@case("down on the first night of all",
      "exit 0; not judged then: DELETE /orders/{orderId} missing prod")  # fmt: skip
def _(n: Nights) -> None:
    n.w["prod"].routes(LOST)
    _down_for_a_night(n)
    n.night()


@case("down tonight", "exit 3; not judged any more: DELETE /orders/{orderId} missing prod")
def _(n: Nights) -> None:
    n.w["prod"].routes(LOST)
    n.night()
    n.point("prod", "http://127.0.0.1:9")
    n.night()


@case("path added while it was down", "exit 1; new: GET /returns path missing prod")
def _(n: Nights) -> None:
    _down_for_a_night(n)
    n.w.describe({**DOCUMENTED, "/returns": ("GET",)})
    n.night()


@case("fixed and broken again", "exit 1; new: DELETE /orders/{orderId} missing prod")
def _(n: Nights) -> None:
    n.w["prod"].routes(LOST)
    n.night()
    n.w["prod"].routes()
    n.night()
    n.w["prod"].routes(LOST)
    n.night()


@case("fixed", "exit 0; fixed: DELETE /orders/{orderId} missing prod")
def _(n: Nights) -> None:
    n.w["prod"].routes(LOST)
    n.night()
    n.w["prod"].routes()
    n.night()


@case("rule switched off", "exit 0; not judged any more: DELETE /orders/{orderId} missing prod")
def _(n: Nights) -> None:
    n.w["prod"].routes(LOST)
    n.night()
    n.w.configure(rules={DMM: "off"})
    n.night()


@case("rule switched on again", "exit 0; known: DELETE /orders/{orderId} missing prod")
def _(n: Nights) -> None:
    CASES["rule switched off"][1](n)
    n.w.configure()
    n.night()


@case("rule switched on for the first time", "exit 0; not judged then: DELETE /orders/{orderId} missing prod")
def _(n: Nights) -> None:
    n.w.configure(rules={DMM: "off"})
    n.w["prod"].routes(LOST)
    n.night()
    n.w.configure()
    n.night()


@case("report of an older schema version", "exit 2: its schema version is 0, and this auditor reads 1")
def _(n: Nights) -> None:
    n.night()


@case("operation documented since, never served", "exit 1; new: HEAD /stock missing prod")
def _(n: Nights) -> None:
    n.w["prod"].server.head = False
    n.night()
    n.w.describe({**DOCUMENTED, "/stock": ("GET", "POST", "HEAD")})
    n.night()


@case("operation documented since, where it could not be judged", "exit 1; new: DELETE /stock missing prod")
def _(n: Nights) -> None:
    _down_for_a_night(n)
    n.w.describe({**DOCUMENTED, "/stock": ("GET", "POST", "DELETE")})
    n.night()


@case("operation no longer documented, still served", "exit 1; new: POST /stock served prod")
def _(n: Nights) -> None:
    n.night()
    n.w.describe({**DOCUMENTED, "/stock": ("GET",)})
    n.night()


@case("environment added", "exit 1; known: DELETE /orders/{orderId} missing prod; "
      "new: DELETE /orders/{orderId} missing stage")  # fmt: skip
def _(n: Nights) -> None:
    for name in ("stage", "prod"):
        n.w[name].routes(LOST)
    n.night("--env", f"prod={n.w['prod'].url}")
    n.night()


@case("environment left out for a night", "exit 0; known: DELETE /orders/{orderId} missing prod")
def _(n: Nights) -> None:
    n.w["prod"].routes(LOST)
    n.night()
    n.night("--env", f"stage={n.w['stage'].url}")
    n.night()


@case("down at first, then left out, then back", "exit 0; not judged then: DELETE /orders/{orderId} missing prod")
def _(n: Nights) -> None:
    n.w["prod"].routes(LOST)
    _down_for_a_night(n)
    n.night("--env", f"stage={n.w['stage'].url}")
    n.night()


@case("wrong base URL tonight",
      "exit 1; new: base-path-wrong prod; "
      "not judged any more: DELETE /orders/{orderId} missing prod; "
      "not judged any more: PUT /legacy/items served prod")  # fmt: skip
def _(n: Nights) -> None:
    n.w["prod"].routes({**LOST, **PUT})
    n.night()
    n.point("prod", n.w["prod"].url + "/v7")
    n.night()


@case("wrong base URL last night",
      "exit 0; fixed: base-path-wrong prod; known: DELETE /orders/{orderId} missing prod; "
      "known: PUT /legacy/items served prod")  # fmt: skip
def _(n: Nights) -> None:
    CASES["wrong base URL tonight"][1](n)
    n.point("prod", n.w["prod"].url)
    n.night()


@case("whole path lost after one of its methods",
      "exit 1; new: GET,POST /stock path missing prod; not judged any more: POST /stock missing prod")  # fmt: skip
def _(n: Nights) -> None:
    n.w["prod"].routes({"/stock": ("GET",)})
    n.night()
    n.w["prod"].routes({"/stock": ()})
    n.night()


@case("lost path comes back without one of its methods",
      "exit 0; fixed: GET,POST /stock path missing prod; known: POST /stock missing prod")  # fmt: skip
def _(n: Nights) -> None:
    n.w["prod"].routes({"/stock": ()})
    n.night()
    n.w["prod"].routes({"/stock": ("GET",)})
    n.night()


@case("pattern of skip taken away", "exit 0; not judged then: DELETE /orders/{orderId} missing prod")
def _(n: Nights) -> None:
    n.w["prod"].routes(LOST)
    n.w.configure(skip=["/orders/*"])
    n.night()
    n.w.configure()
    n.night()


def _down_for_a_night(n: Nights) -> None:
    n.point("prod", "http://127.0.0.1:9")
    assert n.night().code == 3
    n.point("prod", n.w["prod"].url)


@pytest.mark.parametrize("name", CASES)
def test_a_case(name: str, tmp_path: Path) -> None:
    expected, run = CASES[name]
    names = ("stage", "prod") if "environment" in name or "left out" in name else ("prod",)
    with world(tmp_path, *names) as w:
        nights = Nights(w)
        run(nights)
        if "older schema" in name:
            (tmp_path / "old.json").write_text('{"schema_version": 0}')
            done = w.run("audit", "--new-since", "old.json")
            assert f"exit {done.returncode}: {done.stderr.split(': ')[2].splitlines()[0]}" == expected
        else:
            assert nights.told() == expected


def disagreements(n: Nights) -> set[str]:
    return {k for k in n.told(infos=True).split("; ") if "environments-disagree" in k}


def test_a_disagreement_is_judged_only_where_all_of_them_are(tmp_path: Path) -> None:
    with world(tmp_path, "dev", "stage", "prod") as w:
        w["stage"].server.extra = "PURGE"
        nights = Nights(w)
        nights.point("stage", "http://127.0.0.1:9")
        nights.night()
        assert disagreements(nights) == set()
        nights.point("stage", w["stage"].url)
        assert nights.night("--fail-on", "info").code == 0
        assert {k.partition(":")[0] for k in disagreements(nights)} == {"not judged then"}
        nights.point("stage", "http://127.0.0.1:9")
        nights.night()
        assert {k.partition(":")[0] for k in disagreements(nights)} == {"not judged any more"}
        nights.point("stage", w["stage"].url)
        assert nights.night("--fail-on", "info").code == 0
        assert {k.partition(":")[0] for k in disagreements(nights)} == {"known"}
        w["stage"].server.extra = ""
        nights.night()
        assert {k.partition(":")[0] for k in disagreements(nights)} == {"fixed"}
