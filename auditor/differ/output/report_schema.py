"""The JSON Schema (2020-12) of `report.json`: what readers may rely on.

Every field of DESIGN §8 is required; unknown fields are allowed and enumerations of words may grow, so readers
must ignore what they do not know.
"""

from __future__ import annotations

from typing import Any

_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}
_MAYBE_TEXT = {"type": ["string", "null"]}
_COUNT = {"type": "integer", "minimum": 0}
_FINGERPRINT = {"type": "string", "pattern": "^[0-9a-f]{12}$"}
_LEVEL = {"enum": ["high", "medium", "low"]}


def _object(**fields: Any) -> dict[str, Any]:
    names = {name.rstrip("_"): schema for name, schema in fields.items()}
    return {"type": "object", "required": list(names), "properties": names}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


_RUN = _object(id=_TEXT, started_at=_TEXT, finished_at=_TEXT, exit_code={"type": "integer", "minimum": 0, "maximum": 4})

_SPEC = _object(
    id=_TEXT,
    title=_TEXT,
    version=_TEXT,
    source=_TEXT,
    files=_list(_object(path=_TEXT, sha256=_TEXT)),
    paths=_COUNT,
    operations=_COUNT,
    warnings=_TEXTS,
)

_ENVIRONMENT = _object(
    name=_TEXT,
    url=_TEXT,
    spec=_TEXT,
    mode={"enum": ["safe", "inert"]},
    behind=_MAYBE_TEXT,
    state={"enum": ["complete", "unreachable", "interrupted", "login-refused", "deadline", "budget"]},
    build=_MAYBE_TEXT,
    build_note=_MAYBE_TEXT,
    requests=_COUNT,
    state_changing_requests=_COUNT,
    decided={"type": ["number", "null"], "minimum": 0, "maximum": 1},
    seconds={"type": ["number", "null"], "minimum": 0},
)

_CELL: dict[str, Any] = {
    **_object(
        environment=_TEXT,
        path=_TEXT,
        method=_TEXT,
        documented={"type": "boolean"},
        support={"enum": ["supported", "unsupported", "undetermined"]},
        basis={"enum": ["observed", "advertised", "inferred", None]},
        reason=_MAYBE_TEXT,
        remedy=_MAYBE_TEXT,
        exchanges=_TEXTS,
    ),
    "if": {"properties": {"support": {"const": "undetermined"}}},
    "then": {"properties": {"basis": {"type": "null"}, "reason": _TEXT, "remedy": _TEXT}},
    "else": {"properties": {"basis": _TEXT, "reason": {"type": "null"}}},
}
"""An undetermined cell has a reason and a remedy instead of a basis (DESIGN §1)."""

_TERMS = _object(reason=_TEXT, owner=_TEXT, expires=_TEXT)
"""Of a waiver; `path`, `ticket` and `since` where it has them."""

_OCCURRENCE = _object(
    environment=_TEXT,
    method=_TEXT,
    status={"enum": ["new", "known", None]},
    waived={"anyOf": [{"type": "null"}, _TERMS]},
    first_seen=_MAYBE_TEXT,
    exchanges=_TEXTS,
)

_FINDING = _object(
    rule=_TEXT,
    severity={"enum": ["error", "warning", "info"]},
    confidence=_LEVEL,
    path=_MAYBE_TEXT,
    methods=_TEXTS,
    environments=_TEXTS,
    cause=_TEXT,
    owner=_MAYBE_TEXT,
    occurrences=_list(_OCCURRENCE),
    location={"anyOf": [{"type": "null"}, _object(file=_TEXT, pointer=_TEXT, line={"type": ["integer", "null"]})]},
    title=_TEXT,
    symptom=_TEXT,
    root_causes=_list(_object(likelihood=_LEVEL, text=_TEXT)),
    diagnosis=_TEXT,
    fixes=_list(
        _object(
            side={"enum": ["service", "gateway", "contract", "client"]},
            effort={"enum": ["easy", "medium", "hard"]},
            text=_TEXT,
        )
    ),
    prevention=_TEXT,
    curl=_TEXT,
    fingerprint=_FINGERPRINT,
)

_CHANGE = _object(path=_TEXT, method=_TEXT, effect=_TEXT, fingerprint={"anyOf": [{"type": "null"}, _FINGERPRINT]})

_PROMOTION = _object(
    from_=_TEXT,
    to=_TEXT,
    verdict={"enum": ["promote", "hold", "cannot-say"]},
    because=_TEXT,
    compared=_COUNT,
    not_compared=_COUNT,
    changes=_list(_CHANGE),
)

_TOTALS = _object(
    documented=_COUNT,
    supported=_COUNT,
    unsupported=_COUNT,
    undetermined=_COUNT,
    excluded=_COUNT,
    errors=_COUNT,
    warnings=_COUNT,
    infos=_COUNT,
    waived=_COUNT,
    requests=_COUNT,
    state_changing_requests=_COUNT,
)

_SEEN = _object(
    fingerprint=_FINGERPRINT,
    environment=_TEXT,
    method=_TEXT,
    rule=_TEXT,
    path=_MAYBE_TEXT,
    methods=_TEXTS,
    severity=_TEXT,
    title=_TEXT,
    first_seen=_TEXT,
    owner=_MAYBE_TEXT,
)

_SINCE = _object(
    id=_TEXT,
    finished_at=_TEXT,
    new=_COUNT,
    known=_COUNT,
    not_judged_then=_COUNT,
    returned=_COUNT,
    fixed=_list(_SEEN),
    not_judged_any_more=_list(_SEEN),
    remembered=_list(_SEEN),
    decided_before=_list({"type": "array", "items": _TEXT, "minItems": 3, "maxItems": 3}),
    described_before=_list({"type": "array", "items": _TEXT, "minItems": 2, "maxItems": 2}),
    complete_before=_TEXTS,
)

SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "auditor report.json, schema version 1",
    **_object(
        schema_version={"const": 1},
        auditor_version=_TEXT,
        complete={"type": "boolean"},
        incomplete_because=_TEXTS,
        run=_RUN,
        specs=_list(_SPEC),
        environments=_list(_ENVIRONMENT),
        cells=_list(_CELL),
        layers=_list(_CELL),
        excluded=_list(_object(environment=_TEXT, path=_TEXT, method=_TEXT, by=_TEXT, why=_TEXT)),
        findings=_list(_FINDING),
        promotions=_list(_PROMOTION),
        totals=_TOTALS,
        rules_run=_TEXTS,
        waiver_notes=_TEXTS,
        remarks=_TEXTS,
        since={"anyOf": [{"type": "null"}, _SINCE]},
        headline=_TEXT,
    ),
}
