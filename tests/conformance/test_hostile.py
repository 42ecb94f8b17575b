"""Descriptions that cannot be held against anything: no finding, the run completes, and the rest is still checked."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.service import Says, check, description, get, observations

SLOW = "a" * 64 + "!"

DEEP: Any = {"type": "object"}
for _ in range(400):
    DEEP = {"allOf": [DEEP]}

HOSTILE: dict[str, tuple[Any, Any, str]] = {
    "refers to itself": ({"$ref": "#/components/schemas/Loop"}, {}, "recursion"),
    "refers to itself through allOf": ({"$ref": "#/components/schemas/Knot"}, {}, "recursion"),
    "never ends": ({"type": "string", "pattern": "^(a+)+$"}, SLOW, "time"),
    "leads nowhere": ({"$ref": "#/components/schemas/Missing"}, {}, "reference"),
    "is an anchor": ({"$ref": "#there"}, {}, "reference"),
    "is a file outside": ({"$ref": "../../../../../../../../../../etc/passwd"}, {}, "reference"),
    "is a file URL": ({"$ref": "file:///etc/passwd"}, {}, "reference"),
    "moves its base": ({"$id": "http://127.0.0.1:1/x", "$ref": "y"}, {}, "dialect"),
    "speaks another dialect": ({"$schema": "http://json-schema.org/draft-03/schema#", "type": "any"}, {}, "dialect"),
    "has a type nobody knows": ({"type": "money"}, {}, "schema"),
    "has a type that is a mapping": ({"type": {"a": 1}}, {}, "schema"),
    "has an expression of another language": ({"type": "string", "pattern": r"^\p{L}+$"}, "é", "schema"),
    "has a broken expression": ({"type": "string", "pattern": "(("}, "x", "schema"),
    "has a list for a mapping": ({"properties": [1], "allOf": "x"}, {}, "schema"),
    "nests too deep": (DEEP, {}, "recursion"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_schema_that_cannot_be_checked_is_no_drift(name: str, tmp_path: Path) -> None:
    schema, body, reason = HOSTILE[name]
    loops = {
        "Loop": {"$ref": "#/components/schemas/Loop"},
        "Knot": {"allOf": [{"$ref": "#/components/schemas/Knot"}]},
    }
    spec = description({"/hostile": get(schema), "/plain": get({"type": "array"})}, components={"schemas": loops})
    run, found = check(tmp_path, spec, {"/hostile": Says(body), "/plain": Says({})})
    assert found == {("response-mismatch", "/plain"): "/: type (object in place of array)"}
    assert observations(run)["/hostile"] == [f"unchecked {reason}"]
    assert run.report["complete"] is True
    assert "dev: 1 answer was not held against its schema" in run.stderr


@pytest.mark.parametrize("dialect", ["https://example.test/mine", "http://json-schema.org/draft-04/schema#"])
def test_an_unknown_dialect_of_all_schemas(dialect: str, tmp_path: Path) -> None:
    spec = description({"/x": get({"type": "array"})}, jsonSchemaDialect=dialect)
    run, found = check(tmp_path, spec, {"/x": Says({})})
    assert found == {}
    assert observations(run) == {"/x": ["unchecked dialect"]}


def test_a_remote_reference_is_never_fetched(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        there = f"http://127.0.0.1:{listener.getsockname()[1]}/schema.json"
        named = {"propertyName": "k", "mapping": {"v": there}}
        spec = description({
            "/ref": get({"$ref": there}), "/deep": get({"properties": {"a": {"$ref": f"{there}#/b"}}}),
            "/union": get({"oneOf": [{"type": "array"}], "discriminator": named}),
        })  # fmt: skip
        answers = {"/ref": Says({}), "/deep": Says({"a": 1}), "/union": Says({"k": "v"})}
        run, found = check(tmp_path, spec, answers)
        with pytest.raises(TimeoutError):
            listener.accept()
    assert found == {("response-mismatch", "/union"): "/: oneOf"}
    assert observations(run)["/ref"] == observations(run)["/deep"] == ["unchecked reference"]


def test_endless_schemas_do_not_wear_out_the_checker(tmp_path: Path) -> None:
    """Each is tried once in one environment; when the worker has been restarted too often, the rest stays unchecked."""
    endless = {"type": "string", "pattern": "^(a+)+$"}
    paths = {f"/p{i}": get({**endless, "description": str(i)}) for i in range(6)}
    run, found = check(tmp_path, description(paths), {f"/p{i}": Says(SLOW) for i in range(6)})
    assert found == {}
    reasons = sorted(text for texts in observations(run).values() for text in texts)
    assert reasons == ["unchecked time"] * 4 + ["unchecked worker"] * 2
    assert run.report["complete"] is True


def test_an_alias_bomb_as_a_schema(tmp_path: Path) -> None:
    levels = "\n".join(f"    L{i}: &l{i} {{allOf: [{', '.join([f'*l{i - 1}'] * 9)}]}}" for i in range(1, 30))
    (tmp_path / "bomb.yaml").write_text(
        "openapi: 3.1.0\ninfo: {title: T, version: '1'}\ncomponents:\n  schemas:\n    L0: &l0 {type: object}\n"
        f"{levels}\npaths:\n  /x: {{get: {{responses: {{'200': {{description: d, content: {{application/json: "
        "{schema: *l29}}}}}}\n", encoding="utf-8",
    )  # fmt: skip
    run, found = check(tmp_path, "bomb.yaml", {"/x": Says({})})
    assert found == {}
    assert observations(run) == {"/x": ["unchecked time"]}


BODIES: dict[str, tuple[Says, list[str]]] = {
    "no JSON": (Says(b"{'a': 1}"), ["body / json"]),
    "two texts": (Says(b"{} {}"), ["body / json"]),
    "byte order mark": (Says(b"\xef\xbb\xbf{}"), []),
    "other encoding": (Says(b'{"a": "\xe9"}'), ["unchecked encoding"]),
    "named encoding": (Says(b'{"a": "\xe9"}', media="application/json; charset=iso-8859-1"), []),
    "unknown encoding": (Says(b"{}", media="application/json; charset=klingon"), ["unchecked encoding"]),
    "deep": (Says(b"[" * 60000), ["unchecked recursion"]),
    "long number": (Says(b"9" * 60000), ["unchecked encoding"]),
    "capped": (Says(b"[" + b"1," * 40000 + b"1]"), ["unchecked size"]),
    "unknown coding": (Says(b"xx", fields=(("Content-Encoding", "br"),)), ["unchecked coding"]),
    "two codings": (Says(b"xx", fields=(("Content-Encoding", "gzip"),) * 2), ["unchecked coding"]),
    "broken gzip": (Says(b"xx", fields=(("Content-Encoding", "gzip"),)), ["unchecked coding"]),
    "no type": (Says(b"<p>", media=None), []),
    "no valid type": (Says(b"<p>", media="whatever"), []),
    "empty": (Says(b""), []),
}


def test_odd_bodies(tmp_path: Path) -> None:
    names = {f"/{n.replace(' ', '-')}": n for n in BODIES}
    spec = description({path: get({"type": "object"}) for path in names})
    run, _ = check(tmp_path, spec, {path: BODIES[n][0] for path, n in names.items()})
    seen = observations(run)
    assert {n: seen.get(path, []) for path, n in names.items()} == {n: texts for n, (_, texts) in BODIES.items()}


def test_a_schema_of_an_html_page_is_not_the_answers_fault(tmp_path: Path) -> None:
    spec = json.loads(json.dumps(description({"/x": get({"type": "object"}, media="text/html")})))
    _, found = check(tmp_path, spec, {"/x": Says(b"<p>", media="text/html")})
    assert found == {}
