"""JSON Schema as descriptions mean it: openapi-core's validators with the keywords that would cry wolf replaced.

Imported by the conformance worker only: it pulls in openapi-core and jsonschema. Where a schema says something that
no answer could be held against, `Uncheckable` is raised. Of the names in a pointer only documented ones are shown.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any

from jsonschema import FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.validators import create
from openapi_core.templating.paths.finders import BasePathFinder
from openapi_schema_validator import OAS30ReadValidator, OAS31Validator

ANY = "*"
"""Stands in a pointer for a name that the description does not hold."""

DIALECTS = frozenset({
    "https://json-schema.org/draft/2020-12/schema", "https://spec.openapis.org/oas/3.1/dialect/base",
    "https://spec.openapis.org/oas/3.1/dialect/2024-11-10", "https://spec.openapis.org/oas/3.2/dialect/base",
    "https://spec.openapis.org/oas/3.2/dialect/2025-09-17",
})  # fmt: skip
"""JSON Schema dialects that the replaced keywords speak (OpenAPI 3.1 §4.8.24.5)."""

Errors = Iterator[ValidationError]
Keyword = Callable[[Any, Any, Any, Any], Any]

_NUMBER = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})
_SIZE = frozenset({"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"})
_EXPECTED: dict[str, Any] = {"items": dict | bool, "uniqueItems": bool, "format": str}
_LITERAL = re.compile(r"/.*/[a-z]*\Z", re.DOTALL)
"""An expression with the slashes of JavaScript or PHP around it, which `pattern` has not."""
_PLAIN_NAME = re.compile(r"[A-Za-z_$@][A-Za-z_-]{0,31}\Z")


class Uncheckable(Exception):
    """The schema says something that no answer can be held against."""


def _nullable(schema: Any) -> bool:
    """OpenAPI 3.0 `nullable`, also beside a `$ref` or an `allOf`, where authors mean it, and Swagger's extension."""
    return isinstance(schema, dict) and any(schema.get(k) in (True, "true") for k in ("nullable", "x-nullable"))


def _type(validator: Any, types: Any, instance: Any, schema: Any) -> Errors:
    wanted = types if isinstance(types, list) else [types]
    if (instance is None and _nullable(schema)) or (wanted == ["string"] and schema.get("format") == "binary"):
        return  # `format: binary` says octets: nothing about JSON
    if not any(validator.is_type(instance, t) for t in wanted):
        yield ValidationError("type")


def _some_of(validator: Any, alternatives: Any, instance: Any, schema: Any) -> Errors:
    """`anyOf` and `oneOf`: one match is enough, since a second one is an overlap of schemas and no fault of an answer.

    Discriminators are left out: a mapping may name schemas in ways that cannot be followed safely.
    """
    if instance is None and _nullable(schema):
        return
    near = []
    for alternative in _list(alternatives):
        errors = list(validator.descend(instance, alternative))
        if not errors:
            return
        if not any(e.validator in ("type", "const", "enum") and not e.path for e in errors):
            near.append(errors)
    if len(near) == 1:
        yield from near[0]
    else:
        yield ValidationError("alternatives")


def _all_of(validator: Any, parts: Any, instance: Any, schema: Any) -> Errors:
    if not (instance is None and _nullable(schema)):
        for part in _list(parts):
            yield from validator.descend(instance, part)


def _ref(validator: Any, ref: Any, instance: Any, schema: Any) -> Errors:
    if not (instance is None and _nullable(schema)):
        yield from validator._validate_reference(ref=ref, instance=instance)


def _required(validator: Any, names: Any, instance: Any, schema: Any) -> Errors:
    """What is only written is not required of an answer (OpenAPI 3.0 §4.7.24.2); 3.1 descriptions still mean it so."""
    if not isinstance(instance, dict) or isinstance(names, bool):
        return  # `required: true` inside a property is a common slip: it says nothing about this object
    declared = schema.get("properties")
    for name in _list(names):
        own = declared.get(name) if isinstance(declared, dict) else None
        if name not in instance and not _write_only(validator, own):
            yield ValidationError("required", path=(name,))


def _write_only(validator: Any, schema: Any, hops: int = 4) -> bool:
    if not isinstance(schema, dict) or hops == 0:
        return False
    if schema.get("writeOnly") in (True, "true"):
        return True
    parts = [p for p in schema.get("allOf") or () if isinstance(p, dict)]
    if isinstance(schema.get("$ref"), str):
        parts.append(validator._resolver.lookup(schema["$ref"]).contents)
    return any(_write_only(validator, p, hops - 1) for p in parts)


def _properties(validator: Any, properties: Any, instance: Any, schema: Any) -> Errors:
    if isinstance(instance, dict) and isinstance(properties, dict):
        for name, sub in properties.items():
            if name in instance and sub is False:
                yield ValidationError("false", validator="false", path=(name,))
            elif name in instance and isinstance(sub, dict):
                yield from validator.descend(instance[name], sub, path=name)


def _additional(validator: Any, allowed: Any, instance: Any, schema: Any) -> Errors:
    if not isinstance(instance, dict):
        return
    declared, patterns = schema.get("properties") or {}, schema.get("patternProperties") or {}
    extras = sorted(n for n in instance if n not in declared and not any(expression(p).search(n) for p in patterns))
    if isinstance(allowed, dict):
        for name in extras:
            yield from validator.descend(instance[name], allowed, path=ANY)
    elif allowed is False:
        for name in extras:
            yield ValidationError("additional", path=(name if _PLAIN_NAME.match(name) else ANY,))


def _pattern_properties(validator: Any, patterns: Any, instance: Any, schema: Any) -> Errors:
    if isinstance(instance, dict):
        for pattern, sub in patterns.items():
            found = expression(pattern)
            for name in sorted(n for n in instance if found.search(n)):
                yield from validator.descend(instance[name], sub, path=ANY)


def _pattern(validator: Any, pattern: Any, instance: Any, schema: Any) -> Errors:
    if isinstance(instance, str) and not expression(pattern).search(instance):
        yield ValidationError("pattern")


@lru_cache(maxsize=1024)
def expression(pattern: Any) -> re.Pattern[str]:
    """An ECMA-262 expression in Python's, or Uncheckable where the two may mean different things."""
    if not isinstance(pattern, str) or _LITERAL.match(pattern) or any(o in pattern for o in ("[]", "[^]", "[[", "[:")):
        raise Uncheckable("pattern")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return re.compile(pattern)
    except (re.error, Warning, OverflowError) as e:
        raise Uncheckable("pattern") from e


def _multiple_of(validator: Any, step: Any, instance: Any, schema: Any) -> Errors:
    """By the decimal text: 19.99 is a multiple of 0.01, whatever binary fractions say."""
    if validator.is_type(instance, "number") and Fraction(str(instance)) % Fraction(str(step)):
        yield ValidationError("multipleOf")


def _not(validator: Any, schema: Any, instance: Any, parent: Any) -> Errors:
    if validator.evolve(schema=schema).is_valid(instance):
        yield ValidationError("not")


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise Uncheckable("list")
    return value


def _guarded(name: str, keyword: Keyword) -> Keyword:
    """The library's own keyword, but not with an argument that it would misread."""

    def check(validator: Any, value: Any, instance: Any, schema: Any) -> Any:
        if name in _NUMBER and isinstance(value, bool):
            return ()  # `exclusiveMinimum: true` of OpenAPI 3.0 in a later description
        if name in _NUMBER | _SIZE and not isinstance(value, int | float):
            raise Uncheckable(name)
        if name == "enum":
            _list(value)
            if instance is None and _nullable(schema):
                return ()
        if name in _EXPECTED and not isinstance(value, _EXPECTED[name]):
            raise Uncheckable(name)
        return keyword(validator, value, instance, schema)

    return check


_OWN: dict[str, Keyword] = {
    "type": _type, "anyOf": _some_of, "oneOf": _some_of, "allOf": _all_of, "$ref": _ref, "required": _required,
    "properties": _properties, "additionalProperties": _additional, "pattern": _pattern, "multipleOf": _multiple_of,
    "not": _not,
}  # fmt: skip

# --- formats: few, and the same whatever else is installed ---

_DATE = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])\Z", re.ASCII)
_TIME = re.compile(
    r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])[Tt ](?:[01]\d|2[0-4]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?"
    r"(?:[Zz]|[+-]\d\d:\d\d)\Z", re.ASCII,
)  # fmt: skip
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\Z")


def _text(expected: re.Pattern[str]) -> Callable[[object], bool]:
    return lambda value: not isinstance(value, str) or expected.match(value) is not None


def _bits(bits: int) -> Callable[[object], bool]:
    return lambda v: not isinstance(v, int) or isinstance(v, bool) or -(1 << bits - 1) <= v < 1 << bits - 1


def formats() -> FormatChecker:
    """The formats that clients parse (OpenAPI §4.4.1, RFC 3339, RFC 9562)."""
    checker = FormatChecker(formats=())
    for name, check in {
        "date": _text(_DATE), "date-time": _text(_TIME), "uuid": _text(_UUID), "int32": _bits(32), "int64": _bits(64),
    }.items():  # fmt: skip
        checker.checks(name)(check)
    return checker


# --- validators ---


def _ignoring_siblings(schema: Any) -> Any:
    """What stands beside a `$ref` does not count before OpenAPI 3.1."""
    return [("$ref", schema["$ref"])] if "$ref" in schema else schema.items()


@cache
def validator_class(dialect: str) -> Any:
    """openapi-core's own validator of that OpenAPI version, with the keywords above."""
    base: Any = OAS31Validator if dialect in ("3.1", "3.2") else OAS30ReadValidator
    keywords = {name: _guarded(name, keyword) for name, keyword in base.VALIDATORS.items()} | _OWN
    keywords |= {"patternProperties": _pattern_properties} if base is OAS31Validator else {}
    more = {} if base is OAS31Validator else {"applicable_validators": _ignoring_siblings}
    types = OAS31Validator.TYPE_CHECKER
    return create(meta_schema=base.META_SCHEMA, validators=keywords, type_checker=types, format_checker=formats(),
                  id_of=base.ID_OF, **more)  # fmt: skip


class KnownOperation(BasePathFinder):
    """openapi-core's path finder where the operation is known already: the only one of the view."""

    def find(self, method: str, name: str) -> Any:
        return None, self.spec / "operation", None, None, None
