"""auditor.yaml: every mistake is told with file, line, key, reason and next step, in our own words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from auditor import configschema, mistakes
from auditor.configmodel import Config
from auditor.errors import AuditorError
from auditor.headers import Placeholders
from auditor.settings import Flags, build, read_config
from tests import readme_tables
from tests.command import run_auditor
from tests.servers.bookshop import SPEC

URL = "http://127.0.0.1:9/v1"
DEV = f"environments: {{dev: {{url: '{URL}'}}}}\n"

CONFIGS: dict[str, tuple[str | bytes, str, str]] = {
    "unknown key": ("environmnts: {}", "auditor.yaml:1: environmnts: is no known key", "did you mean environments?"),
    "odd key": (f"{DEV}zzz: 1", "auditor.yaml:2: zzz: is no known key", "known here: spec, skip, only"),
    "key of an environment": (
        "environments:\n  dev:\n    urll: x\n", "auditor.yaml:3: environments.dev.urll", "did you mean url?",
    ),
    "key of a secret": (
        f"environments: {{dev: {{url: '{URL}',\n  headers: {{A: {{fil: x}}}}}}}}",
        "auditor.yaml:2: environments.dev.headers.A.fil: is no known key", "did you mean file?",
    ),
    "key of a build": (
        f"environments: {{dev: {{url: '{URL}', build: {{headr: x}}}}}}", "environments.dev.build.headr", "header",
    ),
    "no url": ("environments:\n  dev: {}", "auditor.yaml:2: environments.dev.url: is missing", "url: https://"),
    "number as header": (
        f"environments: {{dev: {{url: '{URL}', headers: {{Authorization: 7}}}}}}",
        "environments.dev.headers.Authorization: must be text or a mapping, not a number", '"Bearer ${TOKEN}"',
    ),
    "list as headers": ("environments: {dev: {url: x, headers: [a]}}", "must be a mapping, not a list", "headers: {"),
    "text as environment": (f"environments: {{dev: '{URL}'}}", "environments.dev: must be a mapping, not text", "url:"),
    "empty environment": ("environments: {dev: }", "environments.dev: must be a mapping, not empty", "dev: {url:"),
    "list as environments": ("environments: [dev]", "environments: must be a mapping, not a list", "{prod: {url"),
    "many retries": (
        f"environments: {{a.b: {{url: '{URL}',\n retries: 9}}}}",
        "auditor.yaml:2: environments.a.b.retries: must be from 0 to 2", "retries: 2",
    ),
    "list as rate": ("environments: {dev: {url: x, rate: [1]}}", "rate: must be text or a number, not a list", "5/s"),
    "odd rate": (f"environments: {{dev: {{url: '{URL}', rate: fast}}}}", "environments.dev.rate: 'fast'", "20/s"),
    "odd timeout": (f"environments: {{dev: {{url: '{URL}',\n probe_timeout: x}}}}", "yaml:2: environments.dev", "30m"),
    "odd mode": (f"environments: {{dev: {{url: '{URL}', mode: wild}}}}", "yaml:1: environments.dev.mode", "safe"),
    "empty command": (
        f"environments: {{dev: {{url: '{URL}', headers: {{A: {{command: []}}}}}}}}",
        "headers.A.command: must not be empty", "vault",
    ),
    "text as skip": ("skip: /a", "auditor.yaml:1: skip: must be a list, not text", 'skip: ["/admin/**"]'),
    "number in skip": ("skip: [1]", "skip.0: must be text, not a number", '"/admin/**"'),
    "open list": (
        f"{DEV}skip: [/a\nonly: [/b]\n", "auditor.yaml:3: the configuration file is no valid YAML: did not find "
        "expected ',' or ']'", "correct that line",
    ),
    "open mapping": ("environments:\n  dev: {url: x\n  b: y", "did not find expected ',' or '}'", "correct"),
    "odd pattern": (f"{DEV}skip:\n- /a\n- GET /a b\n", "auditor.yaml:4: skip.1: 'GET /a b' is no pattern", "/admin/**"),
    "odd share": ("min_decided: 400", "min_decided: must be from 0 to 100", "min_decided: 30"),
    "odd level": (f"{DEV}rules:\n  allow-missing: loud", "auditor.yaml:3: rules.allow-missing: 'loud'", "off, info"),
    "unknown rule": (f"{DEV}rules: {{allow-mising: off}}", "auditor.yaml:2: rules.allow-mising", "allow-missing"),
    "odd fail_on": (f"{DEV}fail_on: x", "auditor.yaml:2: fail_on: 'x' is no level", "one of error"),
    "no deadline": (f"{DEV}deadline: 0", "auditor.yaml:2: deadline: '0' is no duration", "30m"),
    "secret as url": ("environments: {dev: {url: '${PW}'}}", "environments.dev.url: '${PW}' is no http(s) URL", "https://"),
    "missing secret": (
        f"environments: {{dev: {{url: '{URL}', headers: {{A: '${{NOT_SET_ANYWHERE}}'}}}}}}",
        "auditor.yaml:1: environments.dev.headers.A: NOT_SET_ANYWHERE is not set", "export NOT_SET_ANYWHERE",
    ),
    "empty secret": (
        f"environments: {{dev: {{url: '{URL}', headers: {{A: '${{EMPTY_HERE}}'}}}}}}",
        "auditor.yaml:1: environments.dev.headers.A: EMPTY_HERE is empty", "export EMPTY_HERE",
    ),
    "target of nothing": (f"{DEV}notify:\n- when: [fixed]", "yaml:3: notify.0: needs exactly one of url and", "JSON"),
    "target of both": (
        f"{DEV}notify:\n- {{url: 'json://hunter2',\n   webhook: 'http://hunter2'}}", "notify.0: needs exactly",
        "apprise",
    ),
    "odd occasion": (
        f"{DEV}notify:\n- url: json://hunter2\n  when: [fixed, often]",
        "auditor.yaml:4: notify.0.when.1: 'often' is nothing to tell of", "one of new-error, incomplete, fixed",
    ),
    "nobody's environment": (
        f"{DEV}notify:\n- url: json://hunter2\n  environments: [dve]",
        "auditor.yaml:4: notify.0.environments.0: 'dve' is no environment", "did you mean dev?",
    ),
    "layer as environment": (
        f"environments: {{dev: {{url: '{URL}'}}, inner: {{url: '{URL}', behind: dev}}}}\n"
        "notify: [{url: json://hunter2, environments: [inner]}]",
        "auditor.yaml:2: notify.0.environments.0: 'inner' is no environment", "one of dev",
    ),
    "no occasion": (f"{DEV}notify: [{{url: 'a://b', when: []}}]", "notify.0.when: must not be empty", "new-error"),
    "key of a target": (f"{DEV}notify:\n- url: a\n  on: b", "auditor.yaml:4: notify.0.on: is no known key", "webhook"),
    "blank owner": (f"{DEV}notify: [{{url: 'a://b', owners: [' ']}}]", "notify.0.owners.0: must not be empty", "needs"),
    "long timeout": (f"{DEV}notify: [{{url: 'a://b', timeout: 10m}}]", "timeout: is longer than 300 s", "15s"),
    "text as notify": (f"{DEV}notify: slack://hunter2", "notify: must be a list, not text", "notify: [{"),
    "html": ("<!DOCTYPE html><html>", "auditor.yaml: is an HTML page, no configuration file", "auditor init"),
    "xml": ("<?xml version='1.0'?><a/>", "is XML or HTML, no configuration file", "auditor init"),
    "list": ("- a\n- b\n", "the configuration file holds no keys with values", "spec: openapi.yaml"),
    "number": ("42", "the configuration file holds no keys with values", "spec: openapi.yaml"),
    "binary": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "no configuration file", "auditor init"),
    "controls": (b"spec: a\n\0\1\2", "auditor.yaml:2: holds control characters", "auditor init"),
    "latin-1": (b"spec: \xe9\n", "auditor.yaml:1: is no UTF-8 text", "auditor init"),
    "broken": (f"{DEV}a: b: hunter2", "auditor.yaml:2: the configuration file is no valid YAML", "correct that line"),
    "open": ("environments: {dev: {url: ", "the configuration file is no valid YAML", "correct that line"),
    "alias": ("spec: *hunter2 \n", "auditor.yaml:1: the configuration file is not plain YAML: an alias", "correct"),
    "key twice": ("spec: a\nspec: b\n", "yaml:2: the configuration file is not plain YAML: duplicate", "correct"),
}  # fmt: skip


@pytest.mark.parametrize("name", CONFIGS)
def test_a_wrong_config_is_told_with_place_reason_and_next_step(name: str, tmp_path: Path) -> None:
    text, told, step = CONFIGS[name]
    (tmp_path / "auditor.yaml").write_bytes(text.encode() if isinstance(text, str) else text)
    done = run_auditor("audit", str(SPEC), cwd=tmp_path, env={"PW": "hunter2", "EMPTY_HERE": ""})
    assert done.returncode == 2, done.stdout + done.stderr
    first, second, *rest = done.stderr.splitlines()
    assert told in first
    assert second.startswith("  next: ")
    assert step in second
    assert rest == ["  (nothing was sent)"]
    for foreign in (
        "Traceback",
        "Input should",
        "valid dict",
        "hunter2",
        "OpenAPI description",
        ".str",
        "SecretSource",
    ):
        assert foreign not in done.stderr


def test_a_config_further_up_is_named_in_full(tmp_path: Path) -> None:
    (tmp_path / "auditor.yaml").write_text("zzz: 1")
    (tmp_path / "below").mkdir()
    done = run_auditor("plan", str(SPEC), cwd=tmp_path / "below")
    assert f"{tmp_path / 'auditor.yaml'}:1: zzz" in done.stderr


def test_flags_are_named_where_they_are_wrong_and_not_the_config(tmp_path: Path) -> None:
    (tmp_path / "auditor.yaml").write_text(f"environments: {{dev: {{url: '{URL}', rate: 5/s}}}}")
    for flag, value in (("--rate", "x"), ("--mode", "x"), ("--deadline", "x"), ("--fail-on", "x")):
        done = run_auditor("audit", str(SPEC), flag, value, cwd=tmp_path)
        assert done.stderr.startswith(f"auditor: {flag}: "), done.stderr


VALUES = {
    "name": ("{odrerId: 1}", "values.odrerId names no documented parameter; did you mean orderId?"),
    "path": ("{'/books/{bokId}': {x: 1}}", "values./books/{bokId} names no documented path; did you mean /books/{b"),
    "name below a path": ("{'/books/{bookId}': {bokId: 3}}", "bokId names no documented parameter there; did you mean"),
}  # fmt: skip


@pytest.mark.parametrize("name", VALUES)
def test_a_value_that_nothing_asks_for_is_noted(name: str, tmp_path: Path) -> None:
    text, told = VALUES[name]
    (tmp_path / "auditor.yaml").write_text(f"{DEV}values: {text}")
    for command in (("plan",), ("audit", "--deadline", "1s")):
        done = run_auditor(*command, str(SPEC), cwd=tmp_path)
        assert done.returncode in (0, 3)
        assert "auditor: note: auditor.yaml values." in done.stderr
        assert told in done.stderr


def test_a_note_names_the_file_that_was_given(tmp_path: Path) -> None:
    (tmp_path / "odd.yaml").write_text(f"{DEV}values: {{odrerId: 1}}\nskip: [/nothing/*]\n")
    done = run_auditor("plan", str(SPEC), "--config", "odd.yaml", cwd=tmp_path)
    assert (done.returncode, done.stderr.count("note: odd.yaml "), "auditor.yaml" in done.stderr) == (0, 2, False)


def test_values_that_are_asked_for_are_not_noted(tmp_path: Path) -> None:
    (tmp_path / "auditor.yaml").write_text(f"{DEV}values: {{orderId: 1, '/books/{{bookId}}': {{bookId: 3}}}}")
    done = run_auditor("plan", str(SPEC), cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


# --- every key has an example, and the example is right ---

ALTERNATIVES = ", or "


def nested(key: str, value: Any) -> dict[str, Any]:
    """`value` at the place that `key` names, in a config that is complete otherwise."""
    config: dict[str, Any] = {"environments": {"dev": {"url": "https://api.example.test/v1"}}}
    if key.startswith("waivers."):
        steps = key.split(".")[2:]
        entry = {"rule": "allow-missing", "path": "/a", "environments": ["dev"], "reason": "r", "owner": "o",
                 "expires": "2027-01-31"}  # fmt: skip
        if steps[:1] == ["rule"] and value != "undocumented-method-served":
            del entry["path"]
        if steps[:1] == ["rule"]:
            entry["method"] = "PUT"
        if steps:
            entry = {**entry, steps[0]: [value] if len(steps) > 1 else value}
        return {**config, "waivers": [entry if steps else value]}
    if key.startswith("notify."):
        steps = key.split(".")[2:]
        entry = {} if steps[:1] in (["url"], ["webhook"]) else {"url": "json://127.0.0.1"}
        if steps:
            entry = {**entry, steps[0]: [value] if len(steps) > 1 else value}
        return {**config, "notify": [entry if steps else value]}
    steps = [{"environments": "dev", "headers": "X-Key", "rules": "allow-missing",
              "servers": "https://uploads.example.test"}.get(before, "*") if step == "*" else step
             for before, step in zip(["", *key.split(".")], key.split("."), strict=False)]  # fmt: skip
    if steps[-1] == "*":
        steps, value = steps[:-1], [value]
    here = config
    if key.endswith("build.pointer"):
        config["environments"]["dev"]["build"] = {"url": "/version"}
    for step in steps[:-1]:
        here = here.setdefault(step, {})
    here[steps[-1]] = value
    return config


@pytest.mark.parametrize("key", mistakes.EXAMPLES)
def test_an_example_is_accepted(key: str) -> None:
    data = nested(key, yaml.load(mistakes.EXAMPLES[key].split(ALTERNATIVES)[0], yaml.BaseLoader))
    read_config(data)
    # BaseLoader reads numbers as text, which the schema refuses; a prefix stands beside a file or command.
    numbers = ("retries", "concurrency", "min_decided", "repeat")
    if not key.endswith((*numbers, "allow_plaintext", "keep_bodies", "prefix")):
        jsonschema.Draft202012Validator(configschema.schema()).validate(data)


def test_every_key_has_an_example() -> None:
    keys = {line.split("`")[1] for line in readme_tables.keys_table().splitlines()[2:]}
    assert keys <= set(mistakes.EXAMPLES)


def refused(data: dict[str, Any]) -> AuditorError | None:
    try:
        build(Flags(spec="x"), read_config(data), Placeholders({}))
    except AuditorError as error:
        return error
    return None


@pytest.mark.parametrize("value", [None, 3, "text", [], {}, [[]], {"a": {}}, {"a": None}, {"a": [1]}, True, -1, 1e9])
def test_whatever_stands_at_a_key_is_told_or_taken(value: Any) -> None:
    """No value makes the explanation itself fail, and none is explained in words of the library."""
    errors = {key: found for key in mistakes.EXAMPLES if (found := refused(nested(key, value)))}
    assert {k: e.what for k, e in errors.items() if not e.hint or "Input" in e.what or "valid" in e.what} == {}


def test_the_whole_config_may_be_anything() -> None:
    assert read_config({}) == Config()
