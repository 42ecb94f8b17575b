"""References: lazy, in a jail, and a broken one harms only its own path (PROMISES P43)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from auditor.errors import DescriptionError
from auditor.loader import LoadOptions, RemoteRefNeeded, load_bytes, load_file
from tests.loader.helpers import HEAD, OK, documented, load, messages, operation


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a description in `api/`, and a secret outside of it."""
    (tmp_path / "api").mkdir()
    (tmp_path / "outside.yaml").write_text("get: {operationId: outside}\n")
    return tmp_path / "api"


def write(folder: Path, ref: str, extra: str = "") -> Path:
    spec = folder / "openapi.yaml"
    spec.write_text(f"{HEAD}paths:\n  /ok: {{get: {OK}}}\n  /ref:\n    $ref: {ref!r}\n{extra}")
    return spec


@pytest.mark.parametrize(
    ("ref", "words"),
    [
        ("../outside.yaml", "outside the folder"),
        ("%2e%2e/outside.yaml", "outside the folder"),
        ("link.yaml", "outside the folder"),
        ("linked/outside.yaml", "outside the folder"),
        ("/etc/passwd", "absolute path"),
        ("file:///etc/passwd", "only files and https"),
        ("//host/x.yaml", "scheme"),
        ("http://127.0.0.1:1/x.yaml", "is remote"),
        ("https://example.test/x.yaml", "--allow-remote-refs example.test"),
        ("python:os", "only files and https"),
        ("missing.yaml", "cannot be read"),
        (".", "not a regular file"),
        ("fifo.yaml", "not a regular file"),
        ("broken.yaml", "is broken"),
        ("a.yaml", "back to itself"),
        ("#/nowhere", "leads nowhere"),
        ("#anchor", "not a JSON pointer"),
        ("ok.yaml#/get/operationId", "leads to no path item"),
        ("x\0y", "NUL"),
    ],
)
def test_a_bad_reference_harms_only_its_path(folder: Path, ref: str, words: str) -> None:
    (folder / "link.yaml").symlink_to("../outside.yaml")
    (folder / "linked").symlink_to("..")
    os.mkfifo(folder / "fifo.yaml")
    (folder / "broken.yaml").write_text("a: [\n")
    (folder / "a.yaml").write_text("$ref: b.yaml\n")
    (folder / "b.yaml").write_text("$ref: a.yaml\n")
    (folder / "ok.yaml").write_text("get: {operationId: here}\n")
    spec = folder / "openapi.yaml"
    escaped = ref.replace("\0", "\\0")
    spec.write_text(f'{HEAD}paths:\n  /ok: {{get: {OK}}}\n  /ref:\n    $ref: "{escaped}"\n')
    contract = load_file(spec)
    assert documented(contract) == {("GET", "/ok")}
    assert words in messages(contract)
    assert "NOT audited" in messages(contract)
    assert f"{spec}:5" in messages(contract)


def test_the_jail_is_the_version_control_root_or_what_is_asked_for(folder: Path) -> None:
    spec = write(folder, "../outside.yaml")
    assert documented(load_file(spec)) == {("GET", "/ok")}
    assert documented(load_file(spec, LoadOptions(ref_root=folder.parent))) == {("GET", "/ok"), ("GET", "/ref")}
    (folder.parent / ".git").mkdir()
    contract = load_file(spec)
    assert documented(contract) == {("GET", "/ok"), ("GET", "/ref")}
    assert [Path(f.path).name for f in contract.files] == ["openapi.yaml", "outside.yaml"]
    assert documented(load_file(spec, LoadOptions(ref_root=folder))) == {("GET", "/ok")}


def test_references_at_path_item_operation_and_parameter(folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "sub/item.yaml").write_text(
        "parameters: [{$ref: 'parameters.yaml#/id'}]\nget: {$ref: 'operation.yaml', summary: mine}\n"
    )
    (folder / "sub/operation.yaml").write_text("operationId: shared\nresponses: {}\n")
    (folder / "sub/parameters.yaml").write_text(
        "id: {name: id, in: path, required: true, schema: {$ref: '#/type'}}\ntype: {type: integer}\n"
    )
    (folder / "openapi.yaml").write_text(HEAD + "paths: {'/x/{id}': {$ref: sub/item.yaml, put: {}}}\n")
    contract = load_file(folder / "openapi.yaml")
    get = operation(contract, "/x/{id}", "GET")
    assert (get.operation_id, get.node["summary"], get.values["id"].text) == ("shared", "mine", "1")
    assert get.location.file.endswith("sub/item.yaml")
    assert get.location.line == 2
    assert operation(contract, "/x/{id}", "PUT").values["id"].text == "1"
    assert len(contract.files) == 4
    assert contract.warnings == ()


def test_an_operation_whose_reference_dangles_keeps_its_method() -> None:
    contract = load(HEAD + "paths: {/a: {get: {$ref: '#/gone'}, put: 3, post: {parameters: [{$ref: '#/gone'}]}}}\n")
    assert documented(contract) == {("GET", "/a"), ("PUT", "/a"), ("POST", "/a")}
    assert len(contract.warnings) == 3


def test_many_hops_and_siblings() -> None:
    chain = "".join(f"  p{i}: {{$ref: '#/x/p{i + 1}'}}\n" for i in range(70))
    contract = load(f"{HEAD}paths: {{/a: {{get: {{}}}}, /b: {{$ref: '#/x/p0'}}}}\nx:\n{chain}  p70: {{get: {{}}}}\n")
    assert documented(contract) == {("GET", "/a")}
    assert "64 hops" in messages(contract)


def test_remote_references_are_named_then_taken_as_bytes() -> None:
    url = "https://specs.example.test/a/item.yaml"
    text = f"{HEAD}paths: {{/a: {{$ref: '{url}#/item'}}}}\n"
    allowed = frozenset({"specs.example.test"})
    with pytest.raises(RemoteRefNeeded) as needed:
        load(text, LoadOptions(allowed_remote_hosts=allowed))
    assert needed.value.url == url
    found = {url: b"item: {get: {$ref: 'op.yaml'}}\n"}
    with pytest.raises(RemoteRefNeeded) as needed:
        load(text, LoadOptions(allowed_remote_hosts=allowed, remote_refs=found))
    assert needed.value.url == "https://specs.example.test/a/op.yaml"
    found[needed.value.url] = b"operationId: far\n"
    contract = load(text, LoadOptions(allowed_remote_hosts=allowed, remote_refs=found))
    assert operation(contract, "/a", "GET").operation_id == "far"


def test_a_description_from_a_url_refers_relative_to_it() -> None:
    data = f"{HEAD}paths: {{/a: {{$ref: 'item.yaml'}}}}\n".encode()
    options = LoadOptions(
        allowed_remote_hosts=frozenset({"h.test"}), remote_refs={"https://h.test/v1/item.yaml": b"get: {}"}
    )
    assert documented(load_bytes(data, "https://h.test/v1/openapi.yaml", options)) == {("GET", "/a")}
    with pytest.raises(DescriptionError, match="no operation"):
        load_bytes(data, "https://h.test/v1/openapi.yaml")


def test_without_a_folder_no_file_is_read() -> None:
    contract = load(f"{HEAD}paths: {{/a: {{get: {OK}}}, /b: {{$ref: 'x.yaml'}}}}\n")
    assert "no folder" in messages(contract)


def test_a_reference_that_is_a_bomb_is_never_printed() -> None:
    bomb = "x:\n  a0: &a0 [x]\n" + "".join(f"  a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 30))
    contract = load(f"{bomb}openapi: 3.0.0\npaths: {{/a: {{get: {OK}}}, /b: {{$ref: *a29}}}}\n")
    assert "is not text" in messages(contract)
