"""`auditor init` and `auditor config schema`: what they write is what the program reads."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from auditor import configschema, scaffold
from auditor.buildconfig import BuildConfig
from auditor.configmodel import Config, EnvironmentConfig
from auditor.differ.catalogue import rules
from auditor.errors import AuditorError
from auditor.headers import Placeholders, SecretSource
from auditor.loader import load_bytes, parse_config
from auditor.notifyconfig import NotifyConfig, targets
from auditor.settings import Flags, build, read_config
from auditor.waiverconfig import WaiverConfig
from tests.command import ROOT, run_auditor
from tests.conftest import Serve
from tests.servers.bookshop import SPEC

SAMPLES = [*sorted((ROOT / "sample_specs").glob("*.*")), ROOT / "sample_specs" / "shop" / "openapi.yaml", SPEC]
URL = "http://127.0.0.1:9/v1"


def description(*paths: str, **more: Any) -> bytes:
    """A small description whose paths each document GET."""
    responses = {"responses": {"200": {"description": "fine"}}}
    items = {p: {"get": responses} if " " not in p else {p.split()[0]: responses} for p in paths}
    items = {p.split()[-1]: item for p, item in items.items()}
    whole = {"openapi": "3.0.3", "info": {"title": "T", "version": "1"}, "paths": items, **more}
    return json.dumps(whole).encode()


def made(data: bytes, *env: str) -> str:
    return scaffold.starter(load_bytes(data, "api.json"), "api.json", env, "-")


def uncommented(text: str) -> str:
    """The file with every suggestion taken up: comments that are sentences stay comments."""
    lines = []
    for line in text.splitlines():
        body = line.lstrip()
        suggestion = body.startswith(("# headers:", "# rate:", "# server", "# values:", "# skip:", "#   ", "# rules:"))
        indent = line[: len(line) - len(body)]
        lines.append(indent + body[2:] if suggestion else line)
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("spec", SAMPLES, ids=lambda p: p.name)
def test_the_file_plans_unchanged(spec: Path, tmp_path: Path) -> None:
    wrote = run_auditor("init", spec, "--env", f"dev={URL}", "--env", "prod=https://api.example.test/v1", cwd=tmp_path)
    assert wrote.returncode == 0, wrote.stderr
    planned = run_auditor("plan", cwd=tmp_path)
    assert planned.returncode == 0, planned.stderr
    assert "dev  http://127.0.0.1:9/v1  mode safe" in planned.stdout
    assert "prod  https://api.example.test/v1  mode safe" in planned.stdout


@pytest.mark.parametrize("spec", SAMPLES, ids=lambda p: p.name)
def test_every_suggestion_can_be_taken_up(spec: Path) -> None:
    text = uncommented(made(spec.read_bytes(), "dev=http://127.0.0.1:9/v1")) if spec.parent.name != "shop" else ""
    data, warnings = parse_config(text.encode(), "auditor.yaml")
    config = read_config(data)
    assert warnings == []
    jsonschema.Draft202012Validator(configschema.schema()).validate(data)
    if text:
        settings = build(Flags(), config, Placeholders({}))
        assert settings.environments[0].headers
        assert {"dev", "server1"} <= {e.name for e in settings.environments}


def test_an_audit_runs_from_the_written_file(serve: Serve, tmp_path: Path) -> None:
    server = serve("flask-bookshop")
    folder = tmp_path / "audits"
    folder.mkdir()
    (tmp_path / "openapi.yaml").write_bytes(SPEC.read_bytes())
    wrote = run_auditor("init", "--env", f"dev={server.url}", "--out", "audits/auditor.yaml", cwd=tmp_path)
    assert wrote.returncode == 0, wrote.stderr
    assert server.received() == []
    assert '"../openapi.yaml"' in (folder / "auditor.yaml").read_text()
    done = run_auditor("audit", "--rate", "1000/s", cwd=folder)
    assert done.returncode == 1, done.stderr
    assert server.state_changing() == []


def test_without_an_environment_there_is_a_place_for_one(tmp_path: Path) -> None:
    printed = run_auditor("init", SPEC, "--out", "-", cwd=tmp_path)
    assert printed.returncode == 0
    assert 'url: "http://localhost:8080/v1"      # put the base URL here' in printed.stdout
    assert list(tmp_path.iterdir()) == []


def test_the_place_holder_plans(tmp_path: Path) -> None:
    assert run_auditor("init", SPEC, "--out", tmp_path / "auditor.yaml", cwd=tmp_path).returncode == 0
    planned = run_auditor("plan", cwd=tmp_path)
    assert planned.returncode == 0, planned.stderr
    assert "dev  http://localhost:8080/v1  mode safe" in planned.stdout


def test_standard_input_is_a_description_too(tmp_path: Path) -> None:
    printed = run_auditor("init", "-", "--env", f"dev={URL}", "--out", "-", cwd=tmp_path, stdin=SPEC.read_text())
    assert printed.returncode == 0, printed.stderr
    assert 'spec: "-"' in printed.stdout


def test_a_secret_in_a_url_stays_a_name(tmp_path: Path) -> None:
    printed = run_auditor("init", SPEC, "--env", "dev=https://${HOST_X}/v1", "--out", "-", cwd=tmp_path)
    assert printed.returncode == 0, printed.stderr
    assert 'url: "https://${HOST_X}/v1"' in printed.stdout


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "auditor.yaml"
    file.write_text("mine")
    done = run_auditor("init", SPEC, "--env", f"dev={URL}", cwd=tmp_path)
    assert (done.returncode, file.read_text()) == (2, "mine")
    assert "exists already" in done.stderr
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "nowhere")
    assert run_auditor("init", SPEC, "--out", "gone.yaml", cwd=tmp_path).returncode == 2
    with pytest.raises(AuditorError, match="exists already"):
        scaffold.write("new", os.fspath(file))


def test_wrong_use_is_a_sentence(tmp_path: Path) -> None:
    nothing = run_auditor("init", cwd=tmp_path)
    assert nothing.returncode == 2
    assert "no description" in nothing.stderr
    no_url = run_auditor("init", SPEC, "--env", "dev", cwd=tmp_path)
    assert no_url.returncode == 2
    assert "NAME=URL" in no_url.stderr
    no_folder = run_auditor("init", SPEC, "--env", f"dev={URL}", "--out", "no/where.yaml", cwd=tmp_path)
    assert no_folder.returncode == 2
    assert "Traceback" not in no_folder.stderr


def test_an_action_that_documents_get_is_left_out_from_the_start() -> None:
    text = made(description("/session/logout", "post /cache/flush", "/books"), "dev=http://127.0.0.1:9")
    data, _ = parse_config(text.encode(), "auditor.yaml")
    assert data["skip"] == ["/session/logout"]
    assert '#   - "/cache/flush"' in text


def test_one_name_in_two_places_is_asked_for_by_path() -> None:
    text = uncommented(made(description("/books/{id}", "/authors/{id}", "/books/{id}/pages/{page}"), "dev=http://a"))
    data, _ = parse_config(text.encode(), "auditor.yaml")
    assert set(data["values"]) == {"/books/{id}", "/authors/{id}", "/books/{id}/pages/{page}", "page"}


def test_the_headers_are_those_of_the_security_schemes() -> None:
    schemes = {
        "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
        "login": {"type": "http", "scheme": "Basic"},
        "again": {"type": "oauth2", "flows": {}},
        "odd": {"type": "apiKey", "in": "header", "name": "Host"},
        "cookie": {"type": "apiKey", "in": "cookie", "name": "sid"},
    }
    text = made(description("/a", components={"securitySchemes": schemes}), "eu-1=http://a")
    assert '# headers: {X-Key: "${EU_1_TOKEN}", Authorization: "Basic ${EU_1_TOKEN}"}' in text


def test_many_suggestions_are_counted_instead_of_listed() -> None:
    text = made(description(*(f"/a{i}/{{p{i}}}" for i in range(500))), "dev=http://a")
    assert len(text.splitlines()) < 200
    assert "440 more" in text


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_quoted_text_reads_back(text: str) -> None:
    data, _ = parse_config(f"a: {scaffold.quoted(text)}\n".encode(), "auditor.yaml")
    assert data == {"a": text}
    assert len(scaffold.quoted(text).splitlines()) == 1


@given(title=st.text(), segment=st.text(min_size=1).filter(lambda s: not set("{}/?#") & set(s)))
def test_no_text_of_the_description_leaves_its_comment(title: str, segment: str) -> None:
    title, segment = (t.encode("utf-8", "ignore").decode() for t in (title, segment))
    data = description(f"/x{segment.replace(' ', '')}/{{a}}", "/y/{a}", servers=[{"url": f"https://h/{title}"}])
    data = data.replace(b'"title": "T"', b'"title": ' + json.dumps(title).encode())
    try:
        contract = load_bytes(data, "api.json")
    except AuditorError:
        return
    text = scaffold.starter(contract, "api.json", ("dev=http://a",), "-")
    found, warnings = parse_config(text.encode(), "auditor.yaml")
    assert set(found) <= {"spec", "environments", "skip"}
    assert found["environments"] == {"dev": {"url": "http://a"}}
    assert warnings == []


# --- config schema ---


def test_the_schema_is_valid_and_printed(tmp_path: Path) -> None:
    done = run_auditor("config", "schema", cwd=tmp_path)
    assert done.returncode == 0
    schema = json.loads(done.stdout)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema == configschema.schema()


def test_every_key_is_described_and_every_description_has_its_key() -> None:
    schema = configschema.schema()
    places: dict[str, tuple[Any, type[BaseModel]]] = {
        "": (schema, Config),
        "environments.*.": (schema["$defs"]["EnvironmentConfig"], EnvironmentConfig),
        "environments.*.headers.*.": (schema["$defs"]["SecretSource"], SecretSource),
        "waivers.*.": (schema["$defs"]["WaiverConfig"], WaiverConfig),
        "notify.*.": (schema["$defs"]["NotifyConfig"], NotifyConfig),
        "environments.*.build.": (schema["$defs"]["BuildConfig"], BuildConfig),
    }
    keys = set()
    for prefix, (node, model) in places.items():
        assert set(node["properties"]) == set(model.model_fields)
        for name, found in node["properties"].items():
            keys.add(prefix + name)
            assert found.get("description"), f"{prefix}{name} needs a description: in WORDS, or at the model's field"
    assert set(configschema.WORDS) <= keys
    assert set(configschema.DEFAULTS) <= keys


def test_every_rule_is_in_the_schema() -> None:
    assert set(configschema.schema()["properties"]["rules"]["properties"]) == {r.id for r in rules()}


@pytest.mark.parametrize(("key", "value"), sorted(configschema.DEFAULTS.items()))
def test_the_defaults_are_those_of_the_program(key: str, value: Any) -> None:
    at_rest: dict[str, Any] = {"spec": "a", "environments": {"dev": {"url": "http://a"}}}
    said: dict[str, Any] = {"spec": "a", "environments": {"dev": {"url": "http://a"}}}
    for config in (at_rest, said):
        config["notify"] = [{"url": "json://a"}]
    place = {"env": said["environments"]["dev"], "not": said["notify"][0]}.get(key[:3], said)
    place[key.split(".")[-1]] = value
    plain, explicit = (build(Flags(), Config.model_validate(c), {}) for c in (at_rest, said))
    for field in ("environments", "fail_on", "min_decided", "promotion_min_decided", "deadline", "out", "lang"):
        assert getattr(plain, field) == getattr(explicit, field)
    assert len({targets(read_config(c).notify, (), {}) for c in (at_rest, said)}) == 1


ENVIRONMENT: dict[str, Any] = {"url": URL}
WAIVER: dict[str, Any] = {"rule": "undocumented-method-served", "path": "/legacy/**", "method": "PUT",
                          "environments": ["dev"], "reason": "r", "owner": "o", "expires": "2027-01-31"}  # fmt: skip
VERDICTS: list[tuple[bool, dict[str, Any]]] = [
    (True, {}),
    (True, {"rules": {"allow-missing": "off", "catch-all": "error"}}),
    (False, {"rules": {"allow-missing": "loud"}}),
    (True, {"waivers": []}),
    (False, {"waivers": [{}]}),
    (True, {"waivers": [WAIVER]}),
    (True, {"waivers": [{**WAIVER, "method": None, "path": "PUT /legacy/**"}]}),
    (False, {"waivers": [{k: v for k, v in WAIVER.items() if k != "method"}]}),
    (False, {"waivers": [{**WAIVER, "rule": "no-such-rule"}]}),
    (False, {"waivers": [{**WAIVER, "expires": "soon"}]}),
    (False, {"waivers": [{**WAIVER, "environments": []}]}),
    (False, {"waivers": [{**WAIVER, "until": "2027-01-31"}]}),
    (
        True,
        {"notify": [{"url": "json://a"}, {"webhook": "https://a", "when": ["fixed"], "owners": ["o"], "timeout": 5}]},
    ),
    (False, {"notify": [{"when": ["fixed"]}]}),
    (False, {"notify": [{"url": "json://a", "webhook": "https://a"}]}),
    (False, {"notify": [{"url": "json://a", "when": ["often"]}]}),
    (False, {"notify": [{"url": "json://a", "when": []}]}),
    (False, {"notify": [{"url": "json://a", "timeout": "soon"}]}),
    (False, {"notify": [{"url": "json://a", "to": "b"}]}),
    (False, {"fail_on": "sometimes"}),
    (True, {"lang": "de"}),
    (False, {"lang": "tlh"}),
    (False, {"min_decided": 101}),
    (False, {"deadline": "soon"}),
    (True, {"deadline": 90}),
    (True, {"values": {"id": 1, "/a/{id}": {"id": "x"}}}),
    (False, {"environments": {"de v": ENVIRONMENT}}),
    (False, {"environments": {"dev": {}}}),
    (False, {"environments": {"dev": {**ENVIRONMENT, "below": "prod"}}}),
    (False, {"environments": {"dev": {**ENVIRONMENT, "mode": "wild"}}}),
    (False, {"environments": {"dev": {**ENVIRONMENT, "rate": "fast"}}}),
    (True, {"environments": {"dev": {**ENVIRONMENT, "rate": "90/m", "concurrency": 64, "retries": 0}}}),
    (False, {"environments": {"dev": {**ENVIRONMENT, "concurrency": 0}}}),
    (True, {"environments": {"dev": {**ENVIRONMENT, "headers": {"A": "${B}", "C": {"file": "token"}}}}}),
    (False, {"environments": {"dev": {**ENVIRONMENT, "headers": {"A": {"file": "x", "command": ["y"]}}}}}),
    (False, {"environments": {"dev": {**ENVIRONMENT, "headers": {"A": {"command": []}}}}}),
]


@pytest.mark.parametrize(("good", "part"), VERDICTS)
def test_schema_and_program_agree(good: bool, part: dict[str, Any], tmp_path: Path) -> None:
    data = {"spec": "openapi.yaml", "environments": {"dev": ENVIRONMENT}, **part}
    assert jsonschema.Draft202012Validator(configschema.schema()).is_valid(data) is good
    (tmp_path / "token").write_text("secret")
    try:
        build(Flags(), read_config(data), Placeholders({}))
        accepted = True
    except AuditorError:
        accepted = False
    assert accepted is good
