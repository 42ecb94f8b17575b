"""Values to send for parameters, and values that name nothing.

Order: configuration, `x-auditor`, the parameter's examples, its schema's examples, default, first of `enum`, and last a
value made from the schema. Everything is bounded, and no pattern of the description is ever run on text.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from auditor.loader.pattern import matching_text
from auditor.loader.yaml_events import SourceFloat
from auditor.model.contract import Parameter, Value
from auditor.model.templates import fits_type

MAX_VALUE = 500
"""Characters of one value; longer ones are not used."""

NIL_LIKE = "00000000-0000-4000-8000-000000000000"
"""A UUID that is well-formed (version 4) and that no generator hands out."""

OWN_HEADERS = frozenset(
    ("host", "content-length", "transfer-encoding", "authorization", "connection", "accept", "content-type",
     "user-agent", "cookie", "proxy-authorization", "te", "upgrade", "trailer", "expect", "keep-alive")
)  # fmt: skip
"""Header fields that are auditor's own, or that OpenAPI says to ignore as parameters (§4.12.1): never filled (P4)."""

OVERRIDES = frozenset(
    ("x-http-method-override", "x-http-method", "x-method-override", "_method", "_httpmethod", "httpmethod",
     "x_http_method_override", "method_override", "_http_method")
)  # fmt: skip
"""Names that make servers run another method: never filled, in any place (P4)."""

_FORMATS = {
    "uuid": NIL_LIKE, "guid": NIL_LIKE, "date": "2024-01-01", "date-time": "2024-01-01T00:00:00Z", "time": "00:00:00Z",
    "email": "a@example.com", "idn-email": "a@example.com", "ipv4": "192.0.2.1", "ipv6": "2001:db8::1",
    "hostname": "example.com", "idn-hostname": "example.com", "uri": "https://example.com/", "url": "https://example.com/",
    "uri-reference": "a", "iri": "https://example.com/", "byte": "YQ==", "duration": "P1D", "json-pointer": "/a",
}  # fmt: skip
_OPEN_FORMATS = frozenset(
    {None, "string", "slug", "password", "hostname", "email", "idn-email", "byte", "binary", "uri-reference"}
)
_FIELD_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?\Z")


def text_of(value: Any) -> str | None:
    """`value` as style `simple` writes it (OpenAPI §4.12.2.2): lists and objects comma-joined, one level deep."""
    if isinstance(value, list):
        parts = [_scalar_text(v) for v in value[:50]]
        return ",".join(p for p in parts if p is not None) if parts and None not in parts else None
    if isinstance(value, dict):
        flat = [_scalar_text(x) for pair in list(value.items())[:50] for x in pair]
        return ",".join(p for p in flat if p is not None) if flat and None not in flat else None
    return _scalar_text(value)


def _scalar_text(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, SourceFloat):
        return value.text
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else None
    return str(value) if isinstance(value, int) else None


def usable(text: str | None, location: str) -> bool:
    """Whether `text` may stand in that place: not empty or a dot segment in a path, no odd characters in a field."""
    if text is None or len(text) > MAX_VALUE or not text.isprintable():
        return False
    if location == "path":
        return text not in ("", ".", "..")
    if location == "header":
        return _FIELD_VALUE.match(text) is not None
    return True


def first_usable(candidates: Iterator[Value], location: str) -> Value | None:
    """The best of `candidates` that may stand in that place."""
    return next((v for v in candidates if usable(v.text, location)), None)


def configured(values: Mapping[str, object], template: str, key: str) -> dict[str, Value]:
    """What `values` of auditor.yaml say for one template: its own entry first, then by name."""
    found = {n: v for n, v in values.items() if not n.startswith("/")}
    for own in (values.get(key), values.get(template)):
        if isinstance(own, Mapping):
            found.update(own)
    return as_values(found, "config")


def as_values(given: Any, source: Any) -> dict[str, Value]:
    """A mapping of names to plain values as `Value`s; what has no text form is left out."""
    if not isinstance(given, Mapping):
        return {}
    texts = ((str(n), text_of(v)) for n, v in list(given.items())[:1000])
    return {n: Value(t, source) for n, t in texts if t is not None and len(t) <= MAX_VALUE}


def fits(parameter: Parameter, text: str) -> bool:
    """Whether an example could be meant for this parameter at all: `abc` is no integer."""
    return fits_type(text, parameter.type, parameter.format)


def made_from_schema(parameter: Parameter, schema: Mapping[str, Any]) -> str | None:
    """A value by type, format, pattern and bounds, or None."""
    kind = parameter.type
    if kind in ("integer", "number"):
        return _number(schema)
    if kind == "boolean":
        return "true"
    if kind == "object":
        return None
    if kind == "array":
        items = schema.get("items")
        return _item(items) if isinstance(items, dict) else "1"
    shortest, longest = _bound(schema.get("minLength"), 1), _bound(schema.get("maxLength"), MAX_VALUE)
    known = _FORMATS.get(parameter.format or "")
    if known is None and parameter.format is None and parameter.name.lower().endswith(("uuid", "guid")):
        known = NIL_LIKE
    pattern = schema.get("pattern")
    if isinstance(pattern, str):
        return matching_text(pattern, max(1, shortest), longest) or known
    if known is not None:
        return known
    # Code often parses what the description calls text as a number: "1" is routed by both.
    return "1" * max(1, shortest) if max(1, shortest) <= min(longest, MAX_VALUE) else None


def _item(items: dict[str, Any]) -> str | None:
    enum = items.get("enum")
    for value in (items.get("example"), items.get("default"), enum[0] if isinstance(enum, list) and enum else None):
        text = _scalar_text(value)
        if text is not None:
            return text
    kind, form = items.get("type"), items.get("format")
    one = Parameter("", "query", True, kind if isinstance(kind, str) else None, form if isinstance(form, str) else None)
    return None if kind == "array" else made_from_schema(one, items)


def _bound(value: Any, otherwise: int) -> int:
    plain = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 10**9
    return int(value) if plain else otherwise


def _number(schema: Mapping[str, Any]) -> str | None:
    low, high = _limit(schema, "minimum", "exclusiveMinimum", 1), _limit(schema, "maximum", "exclusiveMaximum", -1)
    step = schema.get("multipleOf")
    value = 1
    if low is not None and value < low:
        value = math.ceil(low)
    if high is not None and value > high:
        value = math.floor(high)
    if isinstance(step, int) and not isinstance(step, bool) and 0 < step < 2**31:
        value = -(-value // step) * step
    inside = (low is None or value >= low) and (high is None or value <= high)
    return str(value) if inside and abs(value) < 2**63 else None


def _limit(schema: Mapping[str, Any], name: str, exclusive: str, inwards: int) -> float | None:
    """The bound in both spellings: 3.0 has a boolean `exclusiveMinimum`, 3.1 a number."""
    limit, strict = schema.get(name), schema.get(exclusive)
    if isinstance(strict, (int, float)) and not isinstance(strict, bool):
        limit, strict = strict, True
    if not isinstance(limit, (int, float)) or isinstance(limit, bool) or not math.isfinite(limit) or abs(limit) > 2**63:
        return None
    return limit + inwards if strict is True and limit == int(limit) else limit


def json_text(value: Any) -> str | None:
    """JSON for a parameter with `content`; only flat data, so that shared aliases cannot explode."""
    flat = (
        [value] if not isinstance(value, (dict, list)) else list(value.values() if isinstance(value, dict) else value)
    )
    if len(flat) > 50 or any(isinstance(v, (dict, list)) for v in flat):
        return None
    try:
        return json.dumps(value, allow_nan=False, separators=(",", ":"))
    except (ValueError, TypeError):
        return None


def absent_value(parameter: Parameter | None, nonce: str) -> str | None:
    """A value that fits the type and names nothing; the same for the same `nonce` (lowercase hexadecimal, 64 bits).

    None where the values are a closed set (enum, boolean) or the format leaves no room to invent one (dates, …).
    """
    number, unique, slug = typed_alternates(nonce)
    if parameter is None:
        return slug
    if parameter.closed or parameter.type == "object":
        return None
    if parameter.type in ("integer", "number"):
        return number
    if parameter.format in ("uuid", "guid"):
        return unique
    if parameter.format in ("email", "idn-email"):
        return f"{slug}@example.invalid"
    return slug if parameter.format in _OPEN_FORMATS else None


def typed_alternates(nonce: str) -> tuple[str, ...]:
    """One integer (10 digits, below 2^31), one UUID (version 4) and one slug, all from `nonce`.

    They find out whether only the type of a value is not routed.
    """
    digest = hashlib.sha256(nonce.encode()).digest()
    number = 1_500_000_000 + int.from_bytes(digest[:8], "big") % 600_000_000
    return str(number), str(uuid.UUID(bytes=digest[:16], version=4)), f"zq-{nonce}"
