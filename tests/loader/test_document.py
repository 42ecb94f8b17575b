# ruff: noqa: E501 - tables of descriptions read better unwrapped
"""Bytes to data: encodings, JSON with flaws, repairs with a note, one sentence where nothing helps."""

from __future__ import annotations

import gc
import json

import pytest
import yaml

from auditor.errors import DescriptionError
from auditor.loader.document import gc_off, parse
from auditor.loader.lines import line_of

SPEC = "openapi: 3.0.0 # Grüße\npaths: {/a: {get: {}}}\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "latin-1"]
)
def test_encodings(encoding: str) -> None:
    assert parse(SPEC.encode(encoding), "f").root == {"openapi": "3.0.0", "paths": {"/a": {"get": {}}}}


@pytest.mark.parametrize(
    ("data", "root", "note"),
    [
        (b"\ta: 1\n", {"a": 1}, "tabs"),
        (b"a:\n\t- b\n\t- c\n", {"a": ["b", "c"]}, "tabs"),
        (b"a: x\x00y\n", {"a": "x\ufffdy"}, "control characters"),
        ("a: x\x80\x85y\n".encode(), {"a": "x\ufffd\ufffdy"}, "control characters"),
        (b"a: \xfcber\n", {"a": "über"}, "Latin-1"),
        (b'{"a": "//x", // why: not\n /* c\n */ "b": 2}', {"a": "//x", "b": 2}, "read as YAML"),
        (b'{"a": [1, 2,], # why\n "b": 3,}', {"a": [1, 2], "b": 3}, "read as YAML"),
        (b'{"a": "x\ny"}', {"a": "x\ny"}, "not strict JSON"),
        (b'{"a": 1}\n{"b": 2}', {"a": 1}, "after the end"),
        (b'{"a": 1, "a": 2}', {"a": 2}, "duplicate key 'a'"),
        (b'{"z": {"a": 1,\n "a": 2}}', {"z": {"a": 2}}, "duplicate key 'a'"),
        (b'{"a": NaN, "b": Infinity}', {"a": "NaN", "b": "Infinity"}, None),
        (b'{"a": "\\ud800", "b": "\\ud83d\\ude00", "c": "\\\\ud800"}', {"a": "\ufffd", "b": "\U0001f600", "c": "\\ud800"}, "surrogate"),
        (b'a: "\\ud83d\\ude00"\n', {"a": "\U0001f600"}, None),
        (b'a: "x\\udc00"\n', {"a": "x\ufffd"}, "surrogate"),
        (b'a: "\\U0000d800"\n', {"a": "\ufffd"}, "surrogate"),
        (b'{"a": 1, // why\n"b": "\\ud800"}', {"a": 1, "b": "\ufffd"}, "read as YAML"),
        ("a: x\ud800\n".encode("utf-16-le", "surrogatepass"), {"a": "x\ufffd"}, "not UTF-16-LE throughout"),
        (b"\xef\xbb\xbfa: \xff\n", {"a": "\ufffd"}, "not UTF-8 throughout"),
        (b"{" + b'"a":' + b"9" * 5000 + b"}", {"a": "9" * 5000}, None),
        (b"[1, 2]", [1, 2], None),
        (b" \n {}", {}, None),
    ],
)  # fmt: skip
def test_repairs(data: bytes, root: object, note: str | None) -> None:
    document = parse(data, "f")
    assert document.root == root
    json.dumps(document.root, allow_nan=False).encode()
    assert (note is None) == (not document.tree.notes)
    assert note is None or note in document.tree.notes[-1][1]


def test_the_pure_parser_lets_no_half_pair_through_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml, "__with_libyaml__", False)
    document = parse(b'a: "\\ud83d\\ude00 \\ud800 \\U0000dfff"\n', "f")
    assert document.root == {"a": "\U0001f600 \ufffd \ufffd"}
    assert "surrogate" in document.tree.notes[-1][1] + document.tree.notes[0][1]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b" \n\t ", "is empty"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "HTML page"),
        (b"<?xml version='1.0'?><api/>", "XML"),
        (b'{"a": 1,\n "b": [', "line 2, column 8"),
        (b"a: [1, 2\nb: 3\n", "line 2"),
        (b"a: {{ x }}: y: {%\n", "template"),
        (b"[" * 100_000, "nests"),
        (b'{"paths":' * 100_000, "nests"),
        (b"a: " + b"[" * 100_000, "nests deeper than 1000"),
    ],
)
def test_one_sentence_where_nothing_helps(data: bytes, words: str) -> None:
    with pytest.raises(DescriptionError) as caught:
        parse(data, "spec.yaml")
    assert words in caught.value.what
    assert len(caught.value.lines()) <= 2
    assert all("\n" not in line for line in caught.value.lines())


def test_json_duplicates_have_lines_and_path_items_are_merged() -> None:
    data = b'{"paths": {\n"/a": {"get": 1, "put": 1},\n"/a": {\n"put": 2,\n"put": 3}}}'
    document = parse(data, "f")
    item = document.root["paths"]["/a"]
    assert item == {"get": 1, "put": 3}
    assert [document.line(item, m) for m in ("get", "put")] == [2, 5]
    assert sorted(line or 0 for line, _ in document.tree.notes) == [3, 5]


def test_json_lines_are_exact_where_keys_repeat_below() -> None:
    data = b'{"x": {"/a": {"get": 0}},\n"paths": {\n"/a": {\n"parameters": [{"get": 1}],\n"get": {"get": {}}}}}'
    document = parse(data, "f")
    assert document.line(document.root["paths"], "/a") == 3
    assert document.line(document.root["paths"]["/a"], "get") == 5


@pytest.mark.parametrize(
    "data",
    [SPEC.encode("latin-1"), SPEC.encode("utf-16"), SPEC.encode("utf-16-le"), b"\ta: 1\n", b"a: x\x00y\n", b"&a {? [b, c] : d}\n",
     SPEC.encode("utf-8-sig"), b" \n\n{'a': 1}", b'a: "\\ud83d\\ude00"\n', "é: {? [ü] : 1}\n".encode()],
)  # fmt: skip
def test_large_yaml_is_read_from_its_bytes_alike(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    small = parse(data, "f")
    monkeypatch.setattr("auditor.loader.document.SMALL", 0)
    large = parse(data, "f")
    assert (large.root, large.tree.notes, large.sha256) == (small.root, small.tree.notes, small.sha256)
    assert large.text is None


def test_many_duplicates_do_not_take_quadratic_time() -> None:
    data = b'{"paths": {' + b",".join(b'"/a": {"x-%d": 1}' % i for i in range(60_000)) + b"}}"
    assert len(parse(data, "f").root["paths"]["/a"]) == 60_000


def test_collection_is_off_inside_and_restored_also_after_an_error() -> None:
    assert gc.isenabled()

    def fail() -> None:
        with gc_off():
            assert not gc.isenabled()
            raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        fail()
    assert gc.isenabled()


@pytest.mark.parametrize("text", ['{\n"a": {\n"b/c": [\n1,\n2]}}', "\na:\n  b/c:\n  - 1\n  - 2\n"])
def test_lines_of_pointers(text: str) -> None:
    assert [line_of(text, p) for p in ("/a", "/a/b~1c", "/a/b~1c/1", "/a/x", "/z")] == [2, 3, 5, None, None]
