"""What a schema means for an answer: real drift is seen, and what authors mean otherwise raises no alarm."""

from __future__ import annotations

import json
from typing import Any

import pytest

from auditor.prober.conformance_worker import Bodies, Channel, Definitions
from auditor.prober.schema_keywords import Uncheckable, expression


class NoParent(Channel):
    """Knows the definitions of one document, as the parent would answer."""

    def __init__(self, document: Any) -> None:
        self.document, self.asked = document, ""

    def send(self, message: Any) -> None:
        self.asked = message["need"][1]

    def receive(self) -> Any:
        node = self.document
        for token in self.asked.split("/")[1:]:
            if token not in node:
                return None
            node = node[token]
        return "root", json.loads(json.dumps(node))


def errors(schema: Any, value: Any, dialect: str, definitions: Any = None) -> Any:
    """The errors of one body, or why it could not be checked."""
    job = {"library": 1, "dialect": dialect, "schema_dialect": None, "file": "root", "charset": None,
           "schema": json.loads(json.dumps(schema)), "body": json.dumps(value).encode()}  # fmt: skip
    answer = Bodies(NoParent({"definitions": definitions or {}})).check(job)
    return answer.get("unchecked") or [" ".join(e).rstrip() for e in answer["errors"]]


THING = {"Thing": {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}}
TO_THING = {"$ref": "#/definitions/Thing"}
SECRET = {"type": "string", "writeOnly": True}

FINE: list[tuple[str, Any, Any]] = [
    ("3.0", {"type": "string", "nullable": True}, None),
    ("3.0", {"allOf": [TO_THING], "nullable": True}, None),
    ("3.0", {**TO_THING, "nullable": True}, None),
    ("3.0", {"type": "string", "enum": ["a"], "nullable": True}, None),
    ("3.0", {**TO_THING, "required": ["z"]}, {"a": "x"}),
    ("2.0", {"type": "object", "properties": {"a": {"type": "string"}, "b": TO_THING}}, {"a": None, "b": None}),
    ("2.0", {"type": "string", "x-nullable": True}, None),
    ("3.1", {"type": "string", "nullable": True}, None),
    ("3.1", {"anyOf": [TO_THING, {"type": "null"}]}, None),
    ("3.0", {"type": "integer"}, 1.0),
    ("3.0", {"type": "number", "multipleOf": 0.01}, 19.99),
    ("3.1", {"type": "number", "exclusiveMinimum": False, "minimum": 0}, 0),
    ("3.0", {"type": "object", "required": ["p"], "properties": {"p": SECRET}}, {}),
    ("3.1", {"type": "object", "required": ["p"], "properties": {"p": SECRET}}, {}),
    ("3.1", {"type": "object", "required": ["p"], "properties": {"p": {"allOf": [SECRET]}}}, {}),
    ("3.0", {"type": "object", "properties": {"p": {"type": "object", "required": True}}}, {"p": {}}),
    ("3.0", {"type": "object", "properties": {"p": None}}, {"p": 1}),
    ("3.0", {"oneOf": [{"type": "number"}, {"type": "integer"}]}, 1),
    ("3.0", {"oneOf": [TO_THING], "discriminator": {"propertyName": "kind", "mapping": {"t": "Thing"}}},
     {"a": "x", "kind": "t"}),
    ("3.0", {"anyOf": [TO_THING], "discriminator": {"propertyName": "kind"}}, {"a": "x", "kind": "unheard-of"}),
    ("3.0", {"type": "string", "format": "binary"}, {"any": "thing"}),
    ("3.0", {"type": "string", "format": "email"}, "nobody"),
    ("3.0", {"type": "string", "format": "uri"}, "/relative"),
    ("3.0", {"type": "string", "format": "date-time"}, "2026-11-20t02:14:09.123456+01:00"),
    ("3.0", {"type": "object", "patternProperties": {"^x-": {}}, "additionalProperties": False}, {"x-a": 1}),
    ("3.1", {"type": "object", "additionalProperties": {"type": ["integer", "null"]}}, {"a": None}),
    ("3.0", {"type": "object", "properties": {"enum": TO_THING, "default": TO_THING}}, {"enum": {"a": "x"}}),
    ("3.1", True, {}),
    ("3.1", {}, None),
]  # fmt: skip


@pytest.mark.parametrize("case", FINE, ids=lambda c: f"{c[0]} {json.dumps(c[1:])}"[:90])
def test_what_authors_mean_is_no_alarm(case: tuple[str, Any, Any]) -> None:
    dialect, schema, value = case
    assert errors(schema, value, dialect, THING) == []


DRIFT: list[tuple[str, Any, Any, list[str]]] = [
    ("3.0", {"type": "string"}, None, [" type string null"]),
    ("3.1", {"type": ["string", "null"]}, 1, [" type string|null integer"]),
    ("2.0", {"type": "array", "items": {"type": "string"}}, None, [" type array null"]),
    ("2.0", {"type": "object", "properties": {"a": {"type": "string"}}}, {"a": 1}, ["/a type string integer"]),
    ("3.0", TO_THING, {}, ["/a required"]),
    ("3.0", {"type": "array", "items": TO_THING}, [{"a": "x"}, {"a": 1}], ["/1/a type string integer"]),
    ("3.0", {"type": "string", "enum": ["a", "b"]}, "c", [" enum"]),
    ("3.1", {"const": 1}, 2, [" const"]),
    ("3.0", {"type": "integer"}, True, [" type integer boolean"]),
    ("3.0", {"type": "integer"}, "1", [" type integer string"]),
    ("3.0", {"type": "integer", "format": "int32"}, 1 << 31, [" format"]),
    ("3.0", {"type": "string", "format": "date-time"}, "2026-11-20T02:14:09", [" format"]),
    ("3.0", {"type": "string", "format": "date"}, "20.11.2026", [" format"]),
    ("3.1", {"type": "string", "format": "uuid"}, "1", [" format"]),
    ("3.0", {"type": "string", "pattern": "^[a-z]+$"}, "A", [" pattern"]),
    ("3.0", {"type": "number", "multipleOf": 0.01}, 0.005, [" multipleOf"]),
    ("3.0", {"type": "number", "maximum": 5, "exclusiveMaximum": True}, 5, [" maximum"]),
    ("3.1", {"type": "number", "exclusiveMaximum": 5}, 5, [" exclusiveMaximum"]),
    ("3.0", {"type": "array", "maxItems": 1, "uniqueItems": True}, [1, 1], [" maxItems", " uniqueItems"]),
    ("3.0", {"anyOf": [TO_THING, {"type": "string"}]}, {}, ["/a required"]),
    ("3.0", {"oneOf": [{"type": "string"}, {"type": "boolean"}]}, 1, [" oneOf"]),
    ("3.0", {"not": {"type": "string"}}, "a", [" not"]),
    ("3.0", {"type": "object", "properties": {"p": SECRET}}, {"p": "x"}, ["/p writeOnly"]),
    ("3.0", {"type": "object", "additionalProperties": False}, {"extra": 1, "k33p": 1}, ["/extra additionalProperties",
                                                                                       "/* additionalProperties"]),
    ("3.0", {"type": "object", "additionalProperties": {"type": "integer"}}, {"alice": "x"},
     ["/* type integer string"]),
    ("3.1", {"type": "object", "patternProperties": {"^a": {"type": "integer"}}}, {"alice": "x"},
     ["/* type integer string"]),
    ("3.1", {"type": "object", "properties": {"a/b~c": {"type": "integer"}}}, {"a/b~c": "x"},
     ["/a~1b~0c type integer string"]),
    ("3.1", {"type": "object", "properties": {"a": False}}, {"a": 1}, ["/a false"]),
    ("3.1", {"prefixItems": [{"type": "integer"}], "items": False}, ["x"], ["/0 type integer string"]),
    ("3.1", {"allOf": [TO_THING], "unevaluatedProperties": False}, {"a": "x", "b": 1}, [" unevaluatedProperties"]),
]  # fmt: skip


@pytest.mark.parametrize("case", DRIFT, ids=lambda c: f"{c[0]} {json.dumps(c[1:3])}"[:90])
def test_drift_is_seen(case: tuple[str, Any, Any, list[str]]) -> None:
    dialect, schema, value, expected = case
    assert errors(schema, value, dialect, THING) == expected


UNCHECKABLE: list[tuple[Any, Any]] = [
    ({"type": "object", "required": "name"}, {}), ({"enum": "abc"}, "d"), ({"type": "string", "minLength": "3"}, "d"),
    ({"maximum": "5"}, 6), ({"items": [{"type": "string"}]}, [1]), ({"uniqueItems": "yes"}, [1, 1]),
    ({"anyOf": {"type": "string"}}, 1), ({"type": "string", "pattern": 5}, "x"), ({"multipleOf": "a"}, 1),
]  # fmt: skip


@pytest.mark.parametrize("case", UNCHECKABLE, ids=json.dumps)
def test_a_keyword_with_an_argument_of_another_type_says_nothing(case: tuple[Any, Any]) -> None:
    assert errors(case[0], case[1], "3.0") == "schema"


@pytest.mark.parametrize("pattern", ["/^a$/", "/a/i", "[]a]", "[^]]", "[[:alpha:]]", r"\p{L}", "(?<n>a)", "a{2,1}", 5])
def test_an_expression_that_may_mean_something_else_in_javascript(pattern: Any) -> None:
    with pytest.raises(Uncheckable):
        expression(pattern)


def test_no_library_sees_an_address_to_follow() -> None:
    node = {"$ref": "http://a.test/x", "properties": {"$ref": {"$ref": "b.yaml#/c"}}, "items": [{"$ref": "#/d"}]}
    taken = Definitions(NoParent({})).take(node, "root")
    assert taken == {
        "$ref": "#/d/0", "properties": {"$ref": {"$ref": "#/d/2"}}, "items": [{"$ref": "#/d/1"}],
    }  # fmt: skip
