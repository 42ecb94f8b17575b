"""Two builds behind one address, which nginx takes in turn: a verdict is wrong where one of the two contradicts it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.prober.audits import cell, run
from tests.prober.raw import Table, http, said, serve
from tests.surveys.audited import audit, rejudged
from tests.surveys.deployments import nginx, shop

pytestmark = pytest.mark.needs("nginx")
DRIFT = ("documented-method-missing", "path-missing", "undocumented-method-served")


@contextmanager
def balanced(*builds: str, options: tuple[str, ...] = ("bare",)) -> Iterator[int]:
    with ExitStack() as stack:
        upstreams = [stack.enter_context(shop(build, *options)) for build in builds]
        yield stack.enter_context(nginx(*upstreams))


@pytest.mark.parametrize("mode", ["safe", "inert"])
@pytest.mark.parametrize("options", [("bare",), ()], ids=["without Allow", "with Allow"])
def test_two_builds_in_turn_are_told_and_never_judged_by_one_of_them(
    options: tuple[str, ...], mode: str, tmp_path: Path
) -> None:
    with balanced("old", "new", options=options) as port:
        found = audit(tmp_path, port, mode=mode)
    varies = {path for _, path, _ in found.told("answers-vary")}
    assert {"/reports", "/about"} <= varies <= {"/reports", "/about", "/items/{id}"}
    assert found.wrong("old", "new") == []
    assert not found.told(*DRIFT, "allow-wrong", "environments-disagree")
    said = found.finding("answers-vary", "/about")
    assert said["severity"] == "warning"
    assert said["confidence"] == "high"
    assert found.cell("GET", "/about") == "unstable"


def test_the_share_of_each_answer_is_told_and_what_tells_the_builds_apart(tmp_path: Path) -> None:
    with balanced("old", "new", options=("bare", "named")) as port:
        found = audit(tmp_path, port, build={"header": "X-Build-Id"})
    said = found.finding("answers-vary", "/about")
    assert {"404 in 4 of 9", "404 in 5 of 9"} & set(said["symptom"].split("answered ")[1].split(".")[0].split(", "))
    assert "X-Build-Id: old" in said["diagnosis"]
    assert said["root_causes"][0] == {
        "likelihood": "high",
        "text": "Instances of different builds or settings answer: X-Build-Id: old and X-Build-Id: new.",
    } or "X-Build-Id: new and X-Build-Id: old" in said["root_causes"][0]["text"]  # fmt: skip


@pytest.mark.parametrize("builds", [("old", "old"), ("new", "new"), ("old",)])
def test_one_build_on_any_number_of_instances_does_not_vary(builds: tuple[str, ...], tmp_path: Path) -> None:
    with balanced(*builds) as port:
        found = audit(tmp_path, port)
    assert not found.told("answers-vary")
    assert found.wrong(*builds) == []
    # Without drift nothing rests on a single answer; GET /reports and GET /about are the drift of the old build.
    assert found.sent["repeat"] == (0 if builds[0] == "new" else 4)
    assert found.cell("GET", "/reports") == ("supported" if builds[0] == "new" else "unsupported")


@pytest.mark.parametrize("seed", range(3))
def test_answers_that_fail_by_chance_are_noise(seed: int, tmp_path: Path) -> None:
    with shop("old", "bare", "flaky", f"seed={seed}") as port:
        found = audit(tmp_path, port)
    assert found.wrong("old") == []
    assert not found.told("answers-vary")


@pytest.mark.parametrize(("repeat", "sent"), [(0, 0), (1, 2), (3, 6)])
def test_the_number_is_the_operators(repeat: int, sent: int, tmp_path: Path) -> None:
    with shop("old", "bare") as port:
        found = audit(tmp_path, port, repeat=repeat)
    assert found.sent["repeat"] == sent


def test_the_run_directory_is_enough_to_judge_again(tmp_path: Path) -> None:
    with balanced("old", "new") as port:
        found = audit(tmp_path, port)
    again = rejudged(found)
    assert (again["cells"], again["findings"]) == (found.report["cells"], found.report["findings"])


def test_nothing_that_may_change_state_is_sent_twice_for_this(tmp_path: Path) -> None:
    with balanced("old", "new", options=()) as port:
        once = audit(tmp_path, port, mode="inert", repeat=0).report["totals"]["state_changing_requests"]
        again = audit(tmp_path, port, mode="inert").report["totals"]["state_changing_requests"]
    assert again <= once


@pytest.mark.parametrize(("refused", "times"), [
    (http(403, said("forbidden"), "Server: edge"), 1), (http(405, said("no"), "Server: app", "Allow: GET, POST"), 3),
])  # fmt: skip
def test_a_get_that_nobody_documented_is_repeated_only_where_handlers_look_at_the_method(
    refused: bytes, times: int, tmp_path: Path
) -> None:
    """A filter at the edge refuses the control, and says nothing of the handler behind: it may act on any method."""
    table: Table = {
        ("*", "*"): http(404, said("no route"), "Server: app"), ("GET", "/a"): http(200, "[1]", "Server: app"),
        ("REPORT", "*" if b"403" in refused else "/hook"): refused,
        ("GET", "/hook"): http(200, '{"ran": true}', "Server: app"),
    }  # fmt: skip
    with serve(table) as server:
        report = run(tmp_path, server.url, {"/a": "get", "/hook": "post"})
    assert cell(report, "GET", "/hook").support == "supported"
    assert server.seen["GET", "/hook"] == times


def test_the_answers_of_a_cache_are_those_of_no_instance(tmp_path: Path) -> None:
    table: Table = {
        ("*", "*"): http(404, said("no route")), ("GET", "/a"): http(200, "[1]"),
        ("GET", "/x"): lambda method, target, before: http(200, "[2]", "Age: 9") if before else http(405, said("no")),
    }  # fmt: skip
    with serve(table) as server:
        report = run(tmp_path, server.url, {"/a": "get", "/x": "get"})
    assert cell(report, "GET", "/x").support == "unsupported"
    assert not [f for f in report.findings if f.rule == "answers-vary"]
