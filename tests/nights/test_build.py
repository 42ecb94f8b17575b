"""`build` from a URL: the value that is there, or none and why; never another one. And a gate that asks for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.command import run_auditor
from tests.nights.world import World, description, world

JSON = "application/json"
TOKEN = "s3cret-build-token"

Source = dict[str, str]
GOOD: dict[str, tuple[Source, str, str, bytes | str]] = {
    "line": ({}, "text/plain", "b7", "b7\n"),
    "line of a file": ({}, "application/octet-stream", "2.5.0-rc1", "\ufeff2.5.0-rc1\r\n"),
    "words": ({}, "", "orders 2.5 (main)", "  orders 2.5 (main)  "),
    "member": ({"pointer": "/commit"}, JSON, "4f1c9e2", '{"commit": "4f1c9e2", "token": "hidden-value"}'),
    "deep": ({"pointer": "/a~1b/1/~0id"}, JSON, "b8", '{"a/b": [0, {"~id": "b8"}]}'),
    "number": ({"pointer": "/build"}, JSON, "4711", '{"build": 4711}'),
    "whole": ({"pointer": ""}, JSON, "b9", '"b9"'),
    "as text": ({"pointer": "/v"}, "text/plain", "1.10", '{"v": "1.10"}'),
}
BAD: dict[str, tuple[Source, str, str, bytes | str]] = {
    "page": ({}, "text/html", "it answers with a page", "<!doctype html><title>x</title>"),
    "page as text": ({}, "text/plain", "it answers with a page", "<html>"),
    "json": ({}, JSON, "say with pointer:", '{"commit": "b"}'),
    "json as text": ({}, "text/plain", "say with pointer:", '{"commit": "b"}'),
    "two lines": ({}, "text/plain", "more than one line", "b1\nb2"),
    "bidi": ({}, "text/plain", "more than one line", "b\u202e1"),
    "empty": ({}, "text/plain", "it is empty", " \n"),
    "long": ({}, "text/plain", "longer than 200 characters", "b" * 201),
    "octets": ({}, "text/plain", "is no text", b"\xff\xfe"),
    "huge": ({}, "text/plain", "is not whole (capped)", "b" * 70_000),
    "no json": ({"pointer": "/commit"}, JSON, "is no JSON", "b1"),
    "deep json": ({"pointer": "/commit"}, JSON, "is no JSON", "[" * 50_000),
    "nothing there": ({"pointer": "/commit"}, JSON, "holds nothing at /commit", '{"Commit": "b"}'),
    "index": ({"pointer": "/01"}, JSON, "holds nothing at /01", '["a", "b"]'),
    "fraction": ({"pointer": "/v"}, JSON, "neither text nor a whole number", '{"v": 2.10}'),
    "truth": ({"pointer": "/v"}, JSON, "neither text nor a whole number", '{"v": true}'),
    "null": ({"pointer": "/v"}, JSON, "neither text nor a whole number", '{"v": null}'),
    "secret": ({}, "text/plain", "it looks like a secret", TOKEN),
    "token": ({}, "text/plain", "it looks like a secret", "Bearer abcdefghijkl"),
    "as unknown paths": (
        {"pointer": "/status"},
        JSON,
        "an unknown path is answered just as",
        '{"ok": true, "status": 200}',
    ),
}


def one_each(w: World, cases: dict[str, tuple[Source, str, str, bytes | str]]) -> dict[str, dict[str, Any]]:
    """One audit in which each case is an environment of the same deployment with its own address."""
    server = w.deployments[0]
    names = {name: f"e{i}" for i, name in enumerate(cases)}
    environments: dict[str, Any] = {}
    for name, (source, media, _, body) in cases.items():
        path = f"/build/{names[name]}"
        server.answer(path, body, media=media)
        environments[names[name]] = {
            "url": server.url, "rate": "2000/s", "retries": 0, "build": {"url": path, **source},
            "headers": {"X-Api-Key": "${KEY}"},
        }  # fmt: skip
    w.configure(environments=environments)
    done = w.run("audit", env={"KEY": TOKEN})
    assert done.returncode in (0, 1), done.stderr
    found = {e["name"]: e for e in json.loads((w.folder / "drift-report/report.json").read_text())["environments"]}
    told = {c: found[n] for c, n in names.items()}
    for c, e in told.items():
        note = f"{names[c]}: its build is not known: {e['build_note']}"
        assert (note in " ".join(done.stdout.split())) == bool(e["build_note"]), (c, done.stdout)
    return told


def test_what_is_there_is_told_and_nothing_else_is_kept(tmp_path: Path) -> None:
    with world(tmp_path, "prod") as w:
        assert {k: (e["build"], e["build_note"]) for k, e in one_each(w, GOOD).items()} == {
            k: (v, None) for k, (_, _, v, _) in GOOD.items()
        }
        kept = (tmp_path / "drift-report/transcript.jsonl").read_text()
        assert "hidden-value" not in kept
        sent = [e["probe"] for e in exchanges(tmp_path)]
        assert {p["slot"]["purpose"] for p in sent if "/build/" in p["target"]} == {"build"}
        asked = [x for x in w["prod"].server.received if "/build/" in x]
        assert sorted(asked) == sorted([f"GET /build/e{i}" for i in range(len(GOOD))] * 2), "at the start and the end"


def test_what_is_no_build_is_none_and_says_why(tmp_path: Path) -> None:
    with world(tmp_path, "prod") as w:
        w["prod"].server.unknown = 200
        found = one_each(w, BAD)
        assert {k: e["build"] for k, e in found.items()} == dict.fromkeys(BAD)
        assert {k: e["build_note"] for k, e in found.items() if BAD[k][2] not in e["build_note"]} == {}
        text = b"".join(p.read_bytes() for p in (tmp_path / "drift-report").iterdir()).decode()
        assert TOKEN not in text
        asked = [x for x in w["prod"].server.received if "/build/" in x]
        assert len(asked) == len(BAD) + 1, "once, but for the one that looked well"


def exchanges(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "drift-report/transcript.jsonl").read_text().splitlines()
    return [json.loads(line)["exchange"] for line in lines[1:]]


def configured(w: World, **sources: dict[str, Any]) -> None:
    """The deployments with these sources of their builds."""
    environments = {d.name: {"url": d.url, "rate": "2000/s", "retries": 0} for d in w.deployments}
    for name, source in sources.items():
        environments[name]["build"] = source
    w.configure(environments=environments)


def builds(w: World) -> dict[str, tuple[str | None, str | None]]:
    report = json.loads((w.folder / "drift-report/report.json").read_text())
    return {e["name"]: (e["build"], e["build_note"]) for e in report["environments"]}


def test_the_address_is_the_origins_whatever_the_base_path_and_the_patterns(tmp_path: Path) -> None:
    with world(tmp_path, "prod") as w:
        w["prod"].answer("/internal/version", "b1")
        w["prod"].answer("/v1/internal/version", "wrong")
        w.describe({"/orders": ("GET",)})
        w["prod"].server.routes = {"/v1/orders": ("GET",)}
        environments = {"prod": {"url": w["prod"].url + "/v1", "build": {"url": "/internal/version"}}}
        w.configure(environments=environments)
        planned = w.run("plan")
        [line] = [x for x in planned.stdout.splitlines() if "which build runs there" in x and "at the end" not in x]
        assert line.split()[:3] == ["GET", "safe", "/internal/version"]
        bound = int(planned.stdout.split("at most ")[1].split(" ")[0])
        w.audit("drift-report", "--only", "/orders")
        assert builds(w) == {"prod": ("b1", None)}
        assert len(w["prod"].server.received) <= bound
        assert len(exchanges(tmp_path)) == len(w["prod"].server.received)


def test_a_pattern_of_skip_keeps_it_from_being_asked(tmp_path: Path) -> None:
    with world(tmp_path, "prod") as w:
        w["prod"].answer("/internal/version", "b1")
        for pattern in ("/internal/**", "GET /internal/version"):
            w["prod"].server.received.clear()
            environments = {"prod": {"url": w["prod"].url, "build": {"url": "/internal/version"}}}
            w.configure(environments=environments, skip=[pattern])
            assert "which build" not in w.run("plan").stdout
            w.audit()
            assert "GET /internal/version" not in w["prod"].server.received
            told = f"GET /internal/version is left out by auditor.yaml skip '{pattern}'"
            assert builds(w) == {"prod": (None, told)}


def test_a_rollout_in_the_middle_is_no_build(tmp_path: Path) -> None:
    with world(tmp_path, "stage", "prod") as w:
        for name in ("stage", "prod"):
            w[name].answer("/version", "b1", "b2" if name == "stage" else "b1")
        configured(w, stage={"url": "/version"}, prod={"url": "/version"})
        night = w.audit()
        told = "GET /version named b1, and at the end b2: a rollout was under way"
        assert builds(w) == {"stage": (None, told), "prod": ("b1", None)}
        for text in (night.done.stdout, night.html):
            assert told in " ".join(text.split())
        done = w.run("gate", "drift-report", "--from", "stage", "--to", "prod", "--build", "b1")
        assert (done.returncode, told in done.stdout) == (3, True), done.stdout


def test_a_field_that_names_several_builds_names_none(tmp_path: Path) -> None:
    with world(tmp_path, "prod") as w:
        w["prod"].server.builds = ["b1", "b2"]
        w.audit()
        assert builds(w) == {"prod": (None, "answers name several builds in X-Build-Id: b1, b2")}
        w["prod"].server.builds = ["b" * 201]
        w.audit()
        assert builds(w) == {"prod": (None, "the field X-Build-Id holds what cannot be kept")}
        configured(w, prod={"header": "X-Release"})
        w.audit()
        assert builds(w) == {"prod": (None, "no answer has a field X-Release")}


def test_layers_and_the_dead_have_builds_of_their_own_or_none(tmp_path: Path) -> None:
    with world(tmp_path, "prod", "origin") as w:
        w["prod"].answer("/version", "of the edge")
        w["origin"].answer("/version", "of the service")
        source = {"url": "/version"}
        w.configure(environments={
            "prod": {"url": w["prod"].url, "build": source},
            "prod-origin": {"url": w["origin"].url, "behind": "prod", "build": source},
            "plain": {"url": w["origin"].url, "behind": "prod"},
            "gone": {"url": "http://127.0.0.1:9", "build": source, "retries": 0, "connect_timeout": "1s"},
        })  # fmt: skip
        w.audit()
        found = builds(w)
        assert (found["prod"], found["prod-origin"], found["plain"]) == (
            ("of the edge", None), ("of the service", None), (None, None)
        )  # fmt: skip
        assert found["gone"] == (None, "GET /version failed (refused)")


def test_judged_again_it_is_the_same_and_a_recording_does_not_hold_it(tmp_path: Path) -> None:
    with world(tmp_path, "prod") as w:
        w["prod"].answer("/version", "build-4711")
        configured(w, prod={"url": "/version"})
        w.audit()
        before = (tmp_path / "drift-report/report.json").read_bytes()
        assert w.run("report", "drift-report").returncode == 0
        assert (tmp_path / "drift-report/report.json").read_bytes() == before
        recorded = w.run("record", "drift-report").stdout
        assert "build-4711" not in recorded
        assert "/version" not in recorded


WRONG: dict[str, tuple[str, str, str]] = {
    "neither": ("{}", "build: names neither header nor url", "{url: /version, pointer: /commit}"),
    "both": ("{header: X-Build, url: /version}", "build: names a header and a url", "{header: X-Build-Id}"),
    "other key": ("{uri: /version}", "build.uri: is no known key", "did you mean url?"),
    "text": ("X-Build", "build: must be a mapping, not text", "for example build: {header"),
    "no field name": ("{header: 'X Build'}", "build.header: is no name of a field", "header: X-Build-Id"),
    "another host": ("{url: 'https://other.example.test/version'}", "build.url: is no path", "own origin: /version"),
    "another host, short": ("{url: //other.example.test/version}", "build.url: is no path", "own origin"),
    "relative": ("{url: version}", "build.url: is no path", "own origin"),
    "query": ("{url: '/version?key=1'}", "build.url: holds more than a path", "own origin"),
    "fragment": ("{url: '/version#a'}", "build.url: holds more than a path", "own origin"),
    "line": ('{url: "/version\r\nX: 1"}', "build.url: holds more than a path", "own origin"),
    "upwards": ("{url: /a/%2e%2e/admin}", "build.url: holds . or .. as a segment", "own origin"),
    "pointer alone": ("{header: X-Build, pointer: /a}", "build.pointer: is for a url", "{header: X-Build-Id}"),
    "no pointer": ("{url: /version, pointer: commit}", "build.pointer: is no JSON pointer", "pointer: /commit"),
    "bad escape": ("{url: /version, pointer: /a~2}", "build.pointer: is no JSON pointer", "RFC 6901"),
    "number": ("{url: /version, pointer: 7}", "build.pointer: must be text, not a number", "pointer: /commit"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_in_the_config_is_said_with_its_line(name: str, tmp_path: Path) -> None:
    text, told, hint = WRONG[name]
    (tmp_path / "openapi.json").write_text(json.dumps(description({"/a": ("GET",)})))
    environments = f"environments:\n  prod:\n    url: http://127.0.0.1:9\n    build: {text}\n"
    (tmp_path / "auditor.yaml").write_text(f"spec: openapi.json\n{environments}")
    done = run_auditor("audit", cwd=tmp_path)
    assert done.returncode == 2
    assert f"auditor.yaml:5: environments.prod.{told}" in done.stderr
    assert hint in done.stderr
    assert "nothing was sent" in done.stderr


def test_what_the_schema_says_of_it(tmp_path: Path) -> None:
    schema = json.loads(run_auditor("config", "schema", cwd=tmp_path).stdout)
    check = jsonschema.Draft202012Validator(schema)

    def valid(build: Any) -> bool:
        return check.is_valid({"environments": {"prod": {"url": "http://h.example.test", "build": build}}})

    assert all(valid(b) for b in ({"header": "X"}, {"url": "/v"}, {"url": "/v", "pointer": ""}, {"url": "/"}))
    wrong = ({}, {"header": "X", "url": "/v"}, {"pointer": "/a"}, {"url": "//h/v"}, {"url": "v"}, {"url": "/v?a"},
             {"url": "/v", "pointer": "a"}, {"header": "X", "pointer": "/a"})  # fmt: skip
    assert [b for b in wrong if valid(b)] == []
