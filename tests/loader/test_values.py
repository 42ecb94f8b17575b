# ruff: noqa: E501 - tables of descriptions read better unwrapped
"""Values to send: their order, their form, what is never filled, and values that name nothing."""

from __future__ import annotations

import re
import uuid

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from auditor.loader import LoadOptions, absent_value, typed_alternates
from auditor.loader.pattern import matching_text
from auditor.model.contract import Parameter
from tests.loader.helpers import load, operation, paths


def value_of(parameter: str, values: dict[str, object] | None = None, extra: str = "") -> tuple[str, str] | None:
    """(text, source) that `/a/{id}` gets for this parameter body."""
    options = LoadOptions(values=values or {})
    contract = paths(
        f"  /a/{{id}}: {{get: {{parameters: [{{name: id, in: path, {parameter}}}]{extra}}}}}\n", "3.1.0", options
    )
    found = operation(contract, "/a/{id}", "GET").values.get("id")
    return None if found is None else (found.text, found.source)


ALL = "example: e1, examples: {x: {value: e2}}, schema: {example: e3, examples: [e4], default: d, enum: [m], type: string}"


@pytest.mark.parametrize(
    ("parameter", "expected"),
    [
        (ALL, ("e1", "example")),
        (ALL.replace("example: e1, ", ""), ("e2", "example")),
        ("schema: {example: e3, examples: [e4], default: d, enum: [m]}", ("e3", "example")),
        ("schema: {examples: [e4], default: d, enum: [m]}", ("e4", "example")),
        ("schema: {default: d, enum: [m]}", ("d", "default")),
        ("schema: {enum: [m, n]}", ("m", "enum")),
        ("schema: {const: c}", ("c", "enum")),
        ("example: abc, schema: {type: integer}", ("1", "schema")),
        ("example: '', schema: {type: string}", ("1", "schema")),
        ("example: '..', schema: {type: string}", ("1", "schema")),
        ("example: {a: [1]}, schema: {type: string}", ("1", "schema")),
        ("example: [1, b], schema: {type: array}", ("1,b", "example")),
        ("example: true", ("true", "example")),
        ("schema: {type: integer}", ("1", "schema")),
        ("schema: {type: integer, minimum: 100}", ("100", "schema")),
        ("schema: {type: integer, exclusiveMinimum: 100}", ("101", "schema")),
        ("schema: {type: integer, minimum: 7, multipleOf: 5}", ("10", "schema")),
        ("schema: {type: number, maximum: -2}", ("-2", "schema")),
        ("schema: {type: integer, minimum: 5, maximum: 4}", None),
        ("schema: {type: [string, 'null'], format: uuid}", ("00000000-0000-4000-8000-000000000000", "schema")),
        ("schema: {type: boolean}", ("true", "schema")),
        ("schema: {type: string, format: date}", ("2024-01-01", "schema")),
        ("schema: {type: string, minLength: 3}", ("111", "schema")),
        ("schema: {type: string, minLength: 3000}", None),
        ("schema: {type: string, pattern: '^[A-Z]{2}-[0-9]{4}$'}", ("AA-1111", "schema")),
        ("schema: {type: string, pattern: '^\\p{L}+$'}", None),
        ("schema: {type: array, items: {type: string, enum: [x]}}", ("x", "schema")),
        ("schema: {type: object}", None),
        ("schema: {allOf: [{type: integer, minimum: 3}]}", ("3", "schema")),
        ("schema: {anyOf: [{type: 'null'}, {type: integer}], default: 4}", ("4", "default")),
        ("schema: {$ref: '#/gone'}", ("1", "schema")),
        ("content: {application/json: {example: {a: 1}}}", ('{"a":1}', "example")),
        ("x-nothing: 1", ("1", "schema")),
    ],
)
def test_order_and_form(parameter: str, expected: tuple[str, str] | None) -> None:
    assert value_of(parameter) == expected


def test_configuration_beats_x_auditor_beats_the_description() -> None:
    extra = ", x-auditor: {values: {id: from-x}}"
    assert value_of(ALL, None, extra) == ("from-x", "x-auditor")
    assert value_of(ALL, {"id": 5}, extra) == ("5", "config")
    assert value_of(ALL, {"id": 5, "/a/{id}": {"id": 6}}, extra) == ("6", "config")
    assert value_of(ALL, {"/a/{other}": {"id": 6}}) == ("e1", "example")


def test_an_undeclared_parameter_is_text_with_a_warning() -> None:
    contract = paths(
        "  /a/{id}/{sub}:\n    get: {}\n    put: {parameters: [{name: id, in: path, schema: {type: integer, minimum: 9}}]}\n"
    )
    (item,) = contract.paths
    assert {n: v.text for n, v in item.values.items()} == {"id": "9", "sub": "1"}
    assert set(item.path_parameters) == {"id", "sub"}
    assert [w.line for w in contract.warnings] == [4]
    assert "'sub', which nobody declares" in contract.warnings[0].message


def test_required_query_and_header_parameters_and_what_is_never_filled() -> None:
    names = ["Host", "content-length", "Transfer-Encoding", "Authorization", "Connection", "Accept", "Content-Type",
             "User-Agent", "Cookie", "X-HTTP-Method-Override", "X-Ok", "bad name", "X-Crlf"]  # fmt: skip
    headers = "".join(f"{{name: '{n}', in: header, required: true, example: v}}, " for n in names[:-1])
    contract = paths(
        f'  /a: {{get: {{parameters: [{headers} {{name: X-Crlf, in: header, required: true, schema: {{enum: ["a\\r\\nb"]}}}}, '
        "{name: _method, in: query, required: true, example: DELETE}, {name: q, in: query, required: true, example: 1}, "
        "{name: o, in: query, example: 1}, {name: f, in: query, required: true, schema: {type: object}}, "
        "{name: c, in: cookie, required: true, example: 1}]}}\n"
    )
    get = operation(contract, "/a", "GET")
    assert {n: v.text for n, v in get.values.items()} == {"X-Ok": "v", "q": "1"}
    assert get.unfilled == ("X-HTTP-Method-Override", "bad name", "X-Crlf", "_method", "f")
    forced = LoadOptions(values={"_method": "DELETE", "Host": "x", "X-HTTP-Method-Override": "DELETE", "q": "ok"})
    again = load(
        "openapi: 3.0.0\npaths: {/a: {get: {parameters: [{name: _method, in: query, required: true}, {name: Host, in: header, "
        "required: true}, {name: X-HTTP-Method-Override, in: header, required: true}, {name: q, in: query, required: true}]}}}",
        forced,
    )
    assert {n: v.text for n, v in operation(again, "/a", "GET").values.items()} == {"q": "ok"}


PATTERNS = [
    r"^[a-z]{3,10}$", r"^\d{4}-\d{2}$", r"^(foo|bar)/x$", r"^[^/]+$", r"^.*$", r"(a+)+$", r"^[A-Z]\w*\S$", r"^([a-z])\1{2}$",
    r"^[a-z0-9]*$", r"^\s?x\S\D\W$", r"^(?:a|b)(?P<n>c)?$", r"\.json$", r"^[\w.-]+@[\w.-]+$", r"^[^a-z]$",
]  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns(pattern: str) -> None:
    text = matching_text(pattern)
    assert text is not None
    assert re.search(pattern, text)
    longer = matching_text(pattern, 4, 30)
    assert longer is None or (re.search(pattern, longer) and 4 <= len(longer) <= 30)


@pytest.mark.parametrize(
    "pattern", [r"^(?!x)a$", r"^a{100000}$", "(" * 400, "[", "a" * 501, r"(?<=x)y", "^$", "((a{199}){199}){199}"]
)
def test_patterns_given_up(pattern: str) -> None:
    assert matching_text(pattern) is None


@given(st.text(alphabet=r"ab01.*+?{}[]()|^$\dws-,=!<>:P", max_size=40), st.integers(0, 9), st.integers(1, 300))
def test_any_pattern_is_bounded(pattern: str, shortest: int, longest: int) -> None:
    made = matching_text(pattern, shortest, longest)
    assume(made is not None)
    assert shortest <= len(made or "") <= min(longest, 200)


NONCE = "0123456789abcdef"


@pytest.mark.parametrize(
    ("kind", "form", "shape"),
    [
        (None, None, r"zq-0123456789abcdef"), ("string", None, r"zq-0123456789abcdef"), ("integer", None, r"[0-9]{10}"),
        ("number", None, r"[0-9]{10}"), ("string", "uuid", r"[0-9a-f-]{36}"), ("string", "email", r".+@example\.invalid"),
    ],
)  # fmt: skip
def test_absent_values(kind: str | None, form: str | None, shape: str) -> None:
    found = absent_value(Parameter("p", "path", True, kind, form), NONCE)
    assert found is not None
    assert re.fullmatch(shape, found)
    assert found == absent_value(Parameter("p", "path", True, kind, form), NONCE)
    if form == "uuid":
        assert uuid.UUID(found).version == 4
    if kind == "integer":
        assert int(found) <= 2**31 - 1


@pytest.mark.parametrize(
    "parameter",
    [
        Parameter("p", "path", True, "boolean"),
        Parameter("p", "path", True, "string", None, ("a",)),
        Parameter("p", "path", True, "object"),
        Parameter("p", "path", True, "string", "date"),
    ],
)
def test_closed_parameters_have_no_absent_value(parameter: Parameter) -> None:
    assert absent_value(parameter, NONCE) is None


def test_alternates_depend_on_the_nonce() -> None:
    first, second = typed_alternates(NONCE), typed_alternates("f" * 16)
    assert len(first) == 3
    assert not set(first) & set(second)
    assert absent_value(None, NONCE) == first[2]
