# ruff: noqa: E501 - tables of descriptions read better unwrapped
"""The event builder: YAML 1.2 scalars, text keys, shared aliases, merges, duplicates, limits."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.loader.values import text_of
from auditor.loader.yaml_events import MAX_DEPTH, SourceFloat, TooDeep, build

_TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\u2028\u2029\ufeff\ufffe\uffff"), max_size=12
)
_SCALAR = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _TEXT
_JSON = st.recursive(
    _SCALAR, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4), max_leaves=20
)


@settings(max_examples=300)
@given(_JSON)
def test_json_is_yaml(value: Any) -> None:
    assert build(json.dumps(value, ensure_ascii=False)).root == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("null", None), ("~", None), ("", None), ("true", True), ("False", False), ("12", 12), ("-3", -3), ("1e3", 1000.0),
        ("off", "off"), ("yes", "yes"), ("on", "on"), ("012", "012"), ("12:30", "12:30"), ("1_000", "1_000"),
        ("2024-01-15", "2024-01-15"), ("0x1F", "0x1F"), ("'12'", "12"), ("!!str 12", "12"), ("!unknown 12", "12"),
        ("!!python/object/apply:os.system [x]", ["x"]), ("9" * 4097, "9" * 4097), (".nan", ".nan"),
    ],
)  # fmt: skip
def test_scalars(text: str, value: object) -> None:
    found = build(f"a: {text}\n").root["a"]
    assert found == value
    assert type(found) is type(value) or isinstance(found, SourceFloat)


def test_keys_are_the_source_text() -> None:
    root = build("200: a\non: b\nnull: c\n2024-01-15: d\n1.5: e\n1.10: 1.10\n").root
    assert list(root) == ["200", "on", "null", "2024-01-15", "1.5", "1.10"]
    assert text_of(root["1.10"]) == "1.10"


def test_merge_keys_yield_to_explicit_ones_without_a_warning() -> None:
    tree = build("a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc:\n  x: 3\n  <<: [*a, *b]\nd: {'<<': *a}\n")
    assert tree.root["c"] == {"x": 3, "y": 1, "z": 2}
    assert tree.root["d"] == {"<<": {"x": 1, "y": 1}}
    assert tree.notes == []


def test_nested_inline_merges() -> None:
    assert build("a:\n  <<: {p: 1, <<: {q: 2}}\n  r: 3\n").root == {"a": {"p": 1, "q": 2, "r": 3}}


def test_aliases_are_shared_even_in_a_cycle() -> None:
    root = build("a: &a {self: *a, b: &b [1]}\nc: *b\n").root
    assert root["a"]["self"] is root["a"]
    assert root["c"] is root["a"]["b"]


def test_duplicate_keys_have_their_line_and_path_items_are_merged() -> None:
    tree = build("k: 1\nk: 2\npaths:\n  /a: {get: 1, put: 1}\n  /b: {}\n  /a: {put: 2}\n  /a: {post: 3}\n")
    assert tree.root["k"] == 2
    assert tree.root["paths"]["/a"] == {"get": 1, "put": 2, "post": 3}
    assert tree.lines[id(tree.root["paths"]["/a"])] == {"get": 4, "put": 6, "post": 7}
    assert [line for line, _ in tree.notes] == [2, 6, 7]
    assert "merged by method" in tree.notes[1][1]


def test_lines_are_kept_for_paths_and_methods() -> None:
    tree = build("paths:\n  /a:\n    get: {}\n    additionalOperations:\n      COPY: {}\n")
    item = tree.root["paths"]["/a"]
    assert tree.lines[id(tree.root["paths"])] == {"/a": 2}
    assert tree.lines[id(item)]["get"] == 3
    assert tree.lines[id(item["additionalOperations"])] == {"COPY": 5}


def test_a_key_that_is_no_text_is_read_as_its_source() -> None:
    tree = build("{{ version }}: 1\n? [a, b]\n: 2\n")
    assert tree.root == {"{{ version }}": 1, "[a, b]": 2}
    assert all("not text" in message for _, message in tree.notes)


def test_later_documents_are_ignored_with_a_note() -> None:
    tree = build("a: 1\n---\nb: 2\n")
    assert tree.root == {"a": 1}
    assert tree.notes == [(2, "only the first YAML document is read; further ones are ignored")]


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 100_000, "- " * 100_000, "? " * 5_000])
def test_deep_nesting_ends_before_any_recursion(text: str) -> None:
    with pytest.raises((TooDeep, yaml.YAMLError)):
        build(text)


def test_nesting_up_to_the_limit_is_read() -> None:
    deep = MAX_DEPTH - 1
    assert build("[" * deep + "]" * deep).root is not None


def test_bombs_stay_small() -> None:
    laughs = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 40))
    root = build(laughs).root
    assert root["a39"][0] is root["a39"][9] is root["a38"]
    merges = "m0: &m0 {k: v}\n" + "".join(
        f"m{i}: &m{i} {{<<: [{', '.join([f'*m{i - 1}'] * 10)}]}}\n" for i in range(1, 40)
    )
    assert build(merges).root["m39"] == {"k": "v"}


def test_merging_a_big_mapping_again_and_again_hits_the_limit() -> None:
    big = "a: &a {" + ", ".join(f"k{i}: 1" for i in range(5_000)) + "}\n"
    with pytest.raises(TooDeep, match="merges more than"):
        build(big + "".join(f"b{i}: {{<<: *a}}\n" for i in range(500)))


def test_an_alias_without_anchor_is_null_with_a_note() -> None:
    tree = build("a: *nowhere\n")
    assert tree.root == {"a": None}
    assert "no anchor" in tree.notes[0][1]


def test_the_pure_parser_gives_the_same_and_says_that_it_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a: &x {200: [1, 'b', off]}\nb: {<<: *x}\n? [k]\n: 1\n"
    fast = build(text)
    monkeypatch.setattr(yaml, "__with_libyaml__", False)
    slow = build(text)
    assert slow.root == fast.root
    assert "libyaml is missing" in slow.notes[0][1]
