"""Large JSON: the same Contract as from the exact reader, with lines, digests and details that wait until asked."""

from __future__ import annotations

import copy
import gc
import hashlib
import json
import pickle
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from auditor.loader import LoadOptions, RemoteRefNeeded, document, json_large, load_bytes, load_file
from auditor.loader.document import parse
from auditor.loader.json_large import parse_large
from auditor.loader.later import LaterFile, LaterLocation, LaterOperation
from auditor.loader.quick import quick
from auditor.model.contract import Contract, Location, Operation, Parameter, PathItem, RequestBody, SpecFile
from tests.bench.bench_loader import description

HEAD = '{"openapi": "3.0.3", "info": {"title": "T", "version": "1"},\n'
GET = '"get": {"responses": {"200": {"description": "ok"}}}'


@pytest.fixture(autouse=True)
def _all_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_large, "LARGE", 0)


def load(text: str, options: LoadOptions = LoadOptions()) -> Contract:  # noqa: B008
    return load_bytes(text.encode(), "big.json", options)


def exactly(text: str, monkeypatch: pytest.MonkeyPatch) -> Contract:
    with monkeypatch.context() as patch:
        patch.setattr(document, "parse_large", lambda data: None)
        return load(text)


@pytest.mark.parametrize("indent", [None, 1])
def test_a_large_description_is_read_as_a_small_one(indent: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    made = description(20)
    made["paths"]["/x-auditor/{id}"] = {
        "x-auditor": {"owner": "team", "values": {"id": 7}},
        "get": {"responses": {}, "tags": ["a", 3], "servers": [{"url": "/v2"}], "parameters": [{"name": "x"}]},
        "post": {"responses": {}, "requestBody": {"$ref": "#/nowhere"}},
    }
    text = json.dumps(made, indent=indent)
    assert parse_large(text.encode()) is not None
    large, exact = load(text), exactly(text, monkeypatch)
    assert isinstance(large.files[0], LaterFile)
    assert large == exact
    assert exact == large
    assert TypeAdapter(Contract).dump_python(replace(large, document=None), mode="json") == TypeAdapter(
        Contract
    ).dump_python(replace(exact, document=None), mode="json")


def test_lines_digests_and_details_are_found_when_asked_for() -> None:
    body = '"post": {"requestBody": {"content": {"application/json": {}}}, "responses": {}}'
    text = HEAD + '"paths": {"/a": {\n' + GET + ",\n" + body + '},\n"/b": {' + GET + "}}}"
    contract = load(text)
    first, second = contract.paths
    assert isinstance(first.location, LaterLocation)
    assert [first.location.line, second.location.line] == [2, 5]
    assert [o.location.line for o in first.operations] == [3, 4]
    post = first.operations[1]
    assert isinstance(post, LaterOperation)
    assert post.request_body == RequestBody(False, ("application/json",), True)
    assert contract.files == (SpecFile("big.json", hashlib.sha256(text.encode()).hexdigest()),)


def test_what_comes_later_behaves_like_what_is_there() -> None:
    contract = load(HEAD + '"paths": {"/a": {\n"post": {"requestBody": {"content": {}}, "responses": {}}}}}')
    item = contract.paths[0]
    post = item.operations[0]
    place = Location("big.json", "/paths/~1a/post", 3)
    body = RequestBody(False, (), False)
    for later, plain in (
        (post.location, place),
        (post, Operation("POST", place, request_body=body, node=post.node)),
        (contract.files[0], SpecFile("big.json", contract.files[0].sha256)),
    ):
        assert later == plain
        assert plain == later
        assert later != "text"
        assert later is post or hash(later) == hash(plain)
        assert pickle.loads(pickle.dumps(later)) == copy.deepcopy(later) == plain
        with pytest.raises(AttributeError):
            later.nothing  # type: ignore[union-attr]  # noqa: B018
        with pytest.raises(AttributeError):
            setattr(later, fields(plain)[0].name, "x")
    assert replace(item.location, line=9).line == 9
    assert replace(post, node=None) == Operation("POST", place, request_body=body)
    with pytest.raises(TypeError, match="unhashable"):
        hash(post)


@pytest.mark.parametrize(
    ("paths", "operations", "warned"),
    [
        ('"/a": {%s}, "/a": {"put": {"responses": {}}}', {"get", "put"}, "path key '/a' is written twice"),
        ('"/a": {%s, "get": {"operationId": "last", "responses": {}}}', {"get"}, "duplicate key 'get'"),
        ('"/a": {%s, "put": {}, "put": {}}', {"get", "put"}, "duplicate key 'put'"),
        ('"/a": {%s, "put": {}}, "/a": {"post": {}}', {"get", "put", "post"}, "path key '/a' is written twice"),
        ('"/a": {%s}}, "paths": {"/a": {%s}, "/b": {%s}', {"get"}, "duplicate key 'paths'"),
    ],
)
def test_no_operation_is_lost_to_a_duplicate_key(paths: str, operations: set[str], warned: str) -> None:
    text = HEAD + '"paths": {' + paths.replace("%s", GET) + "}}"
    assert parse_large(text.encode()) is None
    contract = load(text)
    assert {m.lower() for m in contract.paths[0].methods} == operations
    assert warned in "".join(w.text for w in contract.warnings)


@pytest.mark.parametrize(
    "more",
    [
        '"components": {"responses": {"R": {"description": "\\"responses\\""}}}',
        '"components": {"schemas": {"S": {"properties": {"responses": {}}, "required": ["responses"]}}}',
        '"paths": {"/a": {"get": {}}}',
        '"paths": {"/a": {"get": {"responses": {}, "callbacks": {"c": {"{$url}": {"post": {"responses": {}}}}}}}}',
    ],
)
def test_what_only_looks_like_a_loss_is_still_read_in_one_go(more: str) -> None:
    start = HEAD if '"paths"' in more else HEAD + '"paths": {"/a": {' + GET + "}},"
    text = start + more + "}"
    assert parse_large(text.encode()) is not None
    assert load(text).operations == 1


@pytest.mark.parametrize(
    ("data", "note"),
    [
        ('{"paths": {"/\\ud800": 1}}', "surrogate"),
        ('{"a": NaN}', None),
        ('{"a": 1} x', "after the end"),
        ('{"a": "x\ny"}', "not strict"),
        ('{"a": [' + "[" * 300 + "]" * 300 + "]}", None),
        ('{"a": ' + "9" * 5000 + "}", None),
        ('\ufeff{"a": 1}', None),
        ("[1]", None),
        ("a: 1", None),
        ('{"a": 1, /* why */ "b": 2}', "read as YAML"),
    ],
)
def test_what_the_fast_parser_refuses_is_read_exactly(data: str, note: str | None) -> None:
    assert parse_large(data.encode()) is None
    found = "".join(message for _, message in parse(data.encode(), "f").tree.notes)
    assert (note in found) if note else not found


def test_parameters_that_read_the_same_are_reduced_once_but_mean_their_own_file(tmp_path: Path) -> None:
    near = {"parameters": [{"$ref": "types.json#/id"}], "get": {"responses": {}}}
    for folder, example in (("a", "1"), ("b", "2")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "item.json").write_text(json.dumps(near))
        found = {"id": {"name": "id", "in": "path", "required": True, "example": example}}
        (tmp_path / folder / "types.json").write_text(json.dumps(found))
    paths = {f"/{f}/{{id}}": {"$ref": f"{f}/item.json"} for f in "ab"}
    (tmp_path / "openapi.json").write_text(json.dumps({"openapi": "3.0.3", "paths": paths}))
    contract = load_file(tmp_path / "openapi.json")
    assert [p.values["id"].text for p in contract.paths] == ["1", "2"]


def test_lists_that_read_the_same_are_each_warned_of() -> None:
    bad = '"parameters": [{"name": "x"}, {"name": "q", "in": "query"}], "responses": {}'
    contract = load(HEAD + f'"paths": {{"/a": {{"get": {{{bad}}}, "put": {{{bad}}}}}}}}}')
    assert [w.pointer for w in contract.warnings] == ["/paths/~1a/get/parameters/0", "/paths/~1a/put/parameters/0"]
    first, second = contract.paths[0].operations
    assert first.parameters == second.parameters == (Parameter("q", "query", False),)


def test_warnings_of_a_large_description_have_lines() -> None:
    text = HEAD + '"paths": {"a": {' + GET + '},\n"/b": {' + GET + ',\n"link": {}}}}'
    assert [(w.line, w.pointer) for w in load(text).warnings] == [(2, "/paths/a"), (4, "/paths/~1b/link")]


def test_no_file_is_read_after_loading(tmp_path: Path) -> None:
    schema = {"$ref": "schema.json"}
    paths: dict[str, Any] = {
        "/a": {"post": {"responses": {}, "requestBody": {"content": {"application/json": {"schema": schema}}}}}
    }
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps({"openapi": "3.0.3", "paths": paths}))
    (tmp_path / "schema.json").write_text('{"required": ["a"]}')
    contract = load_file(file)
    assert len(contract.files) == 1
    body = contract.paths[0].operations[0].request_body
    assert body is not None
    assert not body.demands_property, "what cannot be looked at demands nothing"
    schema["$ref"] = "https://h.test/schema.json"
    file.write_text(json.dumps({"openapi": "3.0.3", "paths": paths}))
    try:
        remote = load_file(file, LoadOptions(allowed_remote_hosts=frozenset({"h.test"})))
    except RemoteRefNeeded:
        pytest.fail("a schema that nobody looks at was asked for")
    assert remote.paths[0].operations[0].request_body == RequestBody(False, ("application/json",), False)


def test_a_large_tree_is_frozen_and_a_small_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    text = json.dumps(description(20))
    before = gc.get_freeze_count()
    load(text)
    assert gc.get_freeze_count() == before
    monkeypatch.setattr(document, "FROZEN", 10)
    try:
        kept = load(text)
        assert gc.get_freeze_count() > before
        assert gc.isenabled()
        assert kept.operations == 20
    finally:
        gc.unfreeze()


@pytest.mark.parametrize("cls", [Location, Operation, Parameter, PathItem, RequestBody])
def test_quick_makes_the_frozen_class_itself(cls: type[Any]) -> None:
    given = list(range(len(fields(cls))))
    made = quick(cls)(*given)
    assert type(made) is cls
    assert made == cls(*given)
    assert hash(made) == hash(cls(*given))
    with pytest.raises(AttributeError):
        setattr(made, fields(cls)[0].name, 1)


def test_quick_keeps_defaults() -> None:
    place = Location("f", "/p")
    assert quick(Operation)("GET", place) == Operation("GET", place)
    assert quick(Location)("f", "/p") == place
