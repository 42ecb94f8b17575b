# ruff: noqa: E501 - tables of descriptions read better unwrapped
"""Hostile and broken descriptions: a Contract or one DescriptionError, never anything else (PROMISES P47)."""

from __future__ import annotations

import gc
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.errors import DescriptionError
from tests.loader.helpers import HEAD, OK, load

BOMB = "x-bomb:\n  a0: &a0 [x]\n" + "".join(f"  a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 30))


def survives(data: bytes | str) -> None:
    try:
        contract = load(data)
    except DescriptionError as e:
        text = "\n".join(e.lines())
        assert len(text.splitlines()) <= 20
    else:
        text = "\n".join([contract.title, contract.version, *(w.text for w in contract.warnings)])
        for item in contract.paths:
            text += item.template + "".join(
                o.method + "".join(o.values) + "".join(v.text for v in o.values.values()) + "".join(o.tags + o.statuses)
                for o in item.operations
            )
    text.encode()
    assert gc.isenabled()


@settings(max_examples=300)
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    survives(data)


@settings(max_examples=200)
@given(st.text(alphabet="{}[]:,-?&*!|>'\"%@` \n\tab0#~<=\\", max_size=60))
def test_any_yaml_punctuation(text: str) -> None:
    survives(text)


_WORDS = st.sampled_from(
    ["get", "GET", "parameters", "$ref", "#/paths/~1a", "name", "in", "path", "query", "required", "schema", "type", "integer",
     "enum", "example", "servers", "url", "x-auditor", "values", "skip", "requestBody", "content", "application/json",
     "responses", "200", "security", "tags", "additionalOperations", "/a", "/{id}", "id", "pattern", "^a+$", "allOf", "items",
     "minimum", "variables", "default", "https://h/{v}", "examples", "value", "consumes", "deprecated"]
)  # fmt: skip
_ANY = st.recursive(
    _WORDS | st.none() | st.booleans() | st.integers() | st.floats(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_WORDS, inner, max_size=5),
    max_leaves=30,
)


@settings(max_examples=400)
@given(_ANY, _ANY, st.sampled_from(["3.0.0", "3.2.0"]))
def test_any_shape_below_paths(item: Any, operation: Any, version: str) -> None:
    document = {
        "openapi": version,
        "paths": {"/a": item, "/b/{id}": {"get": operation}},
        "servers": item,
        "security": item,
    }
    survives(json.dumps(document))
    survives(json.dumps({**document, "openapi": None, "swagger": "2.0", "consumes": item, "info": operation}))


@pytest.mark.parametrize(
    "place",
    [
        f"paths: {{/a: {{get: {OK}, parameters: *a29}}}}",
        "paths: {/a: {get: {parameters: [{name: p, in: query, required: true, example: *a29}]}}}",
        "paths: {/a: {get: {parameters: [{name: p, in: query, required: true, schema: {enum: *a29, default: *a29}}]}}}",
        "paths: {/a: {get: {parameters: [{name: p, in: query, required: true, content: {j: {example: *a29}}}]}}}",
        "paths: {/a: {post: {requestBody: {content: {application/json: {schema: {allOf: *a29}}}}}}}",
        "paths: {/a: {get: {responses: {'200': *a29}, tags: *a29, security: *a29, servers: *a29, operationId: *a29}}}",
        "paths: {/a: {get: {x-auditor: {values: {p: *a29}, skip: *a29, owner: *a29}}}}",
        "paths: {/a: {get: {$ref: *a29}}}\nsecurity: *a29\nservers: *a29\ninfo: *a29",
        "paths: *a29",
    ],
)
def test_alias_bombs_anywhere(place: str) -> None:
    survives(f"openapi: 3.0.0\n{BOMB}{place}\n")


@pytest.mark.parametrize(
    "data",
    [
        HEAD.encode() + b"paths: {/a: &a {get: {}, x: *a, parameters: [*a], additionalOperations: *a}}\n",
        HEAD.encode() + b"paths: &p {/a: *p, /b: {get: &g {parameters: [*g, {schema: *g}], requestBody: *g}}}\n",
        HEAD.encode()
        + b"paths: {/a: {get: {requestBody: {content: &c {application/json: {schema: &s {allOf: [*s, *s]}}}}}}}\n",
        b'{"openapi": "3.0.0", "paths": {"/\\ud800": {"get": {"tags": ["\\udfff"]}}}}',
        b'{"openapi": "3.0.0", "paths": {"/a": {"get": {}}}, "n": ' + b"9" * 100_000 + b"}",
        b'{"openapi": "3.0.0", "paths": {"/a": {"get": {}}}, "n": 1e999}',
        b'{"openapi": "3.0.0", "paths": ' + b'{"/a":' * 50_000,
        b"openapi: 3.0.0\npaths: " + b"{/a: " * 50_000,
        b"\x00" * 1000,
        b"\xff\xfe" + b"a" * 999,
        b"\x1f\x8b\x08\x00binary\x00\x01",
        b"%PDF-1.7\n%\xe2\xe3",
        b"openapi: 3.0.0\npaths:\n  ? {deep: [key]}\n  : {get: {}}\n",
        b"*" * 10_000,
        b"&a " * 10_000,
        b"/*" * 100_000,
        b"{" + b"/*" * 100_000,
        b'{"' * 100_000,
    ],
)
def test_nasty_files(data: bytes) -> None:
    survives(data)


def test_a_template_full_of_braces_and_a_pattern_from_hell() -> None:
    survives(HEAD + f"paths: {{'/{'{a}' * 3000}': {{get: {OK}}}, '/{'{' * 3000}': {{get: {OK}}}}}\n")
    survives(
        HEAD + "paths: {'/a/{p}': {get: {parameters: [{name: p, in: path, schema: {type: string, "
        "pattern: '^(((((a+)+)+)+)+)+$', minLength: 100}}]}}}\n"
    )
