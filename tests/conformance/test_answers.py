"""Which answers say something about the description, and which are our probe's doing or another program's."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest

from auditor.loader import load_bytes, load_file
from auditor.model.environment import Origin
from auditor.model.exchange import Probe, Purpose, Slot
from auditor.prober.checker import Checker
from auditor.prober.conformance import Conformance, response_key
from auditor.prober.exchange_io import WireAnswer
from auditor.prober.library import Library
from auditor.prober.media import accepts, parse
from auditor.shelf import shelf_of
from tests.conformance.service import description, get

HERE = Origin("http", "127.0.0.1", 80)


def probe(path: str = "/x", target: str | None = None, **slot: Any) -> Probe:
    given = {"purpose": Purpose.PATH, "method": "GET", "subject": path, **slot}
    return Probe("dev", Slot(**given), HERE, target or path)


def answer(status: int = 200, media: str = "application/json", body: bytes = b"{}", **more: Any) -> WireAnswer:
    fields = [(b"Content-Type", media.encode())] + [(n.encode(), v.encode()) for n, v in more.pop("fields", ())]
    return WireAnswer(status=status, fields=fields, body=body, end=more.pop("end", "complete"), **more)


def observe(spec: Any, given: WireAnswer, asked: Probe | None = None, *, credentials: bool = False) -> tuple[str, ...]:
    """What is observed; starting the worker would be an error."""
    contract = load_bytes(json.dumps(spec).encode(), "api.json")
    checker = Checker()
    check = Conformance(contract, Library(contract), checker, credentials=credentials)
    seen = asyncio.run(check(asked or probe(), given))
    assert checker.starts == 0
    return seen


def only(*keys: str, **more: Any) -> dict[str, Any]:
    return description({"/x": {"get": {"responses": {k: {"description": "d"} for k in keys}, **more}}})


@pytest.mark.parametrize(
    ("keys", "status", "covered"),
    [
        (("200",), 200, "200"), (("2XX",), 204, "2XX"), (("2xx", "200"), 200, "200"), (("2xx",), 201, "2xx"),
        (("default",), 500, "default"), (("200", "4XX"), 201, None), (("200", "default"), 201, "default"),
        ((), 200, None),
    ],
)  # fmt: skip
def test_exact_then_range_then_default(keys: tuple[str, ...], status: int, covered: str | None) -> None:
    assert response_key(keys, status) == covered


@pytest.mark.parametrize("status", [201, 202, 204, 206, 400, 422])
def test_statuses_that_the_operation_decides(status: int) -> None:
    assert observe(only("200", "404"), answer(status)) == (f"status {status} documented 200,404",)


@pytest.mark.parametrize(
    "status", [203, 301, 302, 304, 307, 401, 403, 404, 405, 406, 409, 410, 415, 418, 429, 451, 500, 501, 502, 503]
)
def test_statuses_that_depend_on_who_asks_and_when(status: int) -> None:
    assert observe(only("200"), answer(status)) == ()


@pytest.mark.parametrize("keys", [("default",), ("2xx", "4xx"), ("2XX", "4XX"), ("202", "400"), (), ("200, 201",)])
def test_statuses_that_are_covered_or_may_be(keys: tuple[str, ...]) -> None:
    assert observe(only(*keys), answer(202)) == observe(only(*keys), answer(400)) == ()


def parameter(name: str, place: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "in": place, "required": True, "schema": {"type": "string"}, **more}


OURS: dict[str, tuple[dict[str, Any], str, bool]] = {
    "a made-up value": (only("200", parameters=[parameter("q", "query")]), "/x?q=a", False),
    "a value that was not sent": (only("200", parameters=[parameter("q", "query", example="a")]), "/x", False),
    "a cookie that is never sent": (only("200", parameters=[parameter("c", "cookie", example="a")]), "/x", False),
    "a field that is ours": (only("200", parameters=[parameter("Accept", "header", example="a/b")]), "/x", False),
    "a body that is never sent": (only("200", requestBody={"content": {"application/json": {}}}), "/x", False),
    "no credentials": (only("200", security=[{"key": []}]), "/x", False),
}


@pytest.mark.parametrize("name", OURS)
def test_a_400_that_our_request_may_have_earned(name: str) -> None:
    spec, target, credentials = OURS[name]
    assert observe(spec, answer(400), probe("/x", target), credentials=credentials) == ()


def test_a_400_that_only_the_description_can_explain() -> None:
    named = only("200", parameters=[parameter("q", "query", example="a")], security=[{"key": []}])
    seen = observe(named, answer(400), probe("/x", "/x?q=a"), credentials=True)
    assert seen == ("status 400 documented 200",)


def test_a_400_for_a_path_value_that_nobody_wrote_down() -> None:
    item = {"get": {"parameters": [parameter("id", "path")], "responses": {"200": {"description": "d"}}}}
    assert observe(description({"/x/{id}": item}), answer(400), probe("/x/{id}", "/x/1")) == ()
    item["get"]["parameters"] = [parameter("id", "path", example="7")]
    assert observe(description({"/x/{id}": item}), answer(400), probe("/x/{id}", "/x/7")) != ()


@pytest.mark.parametrize(
    "asked",
    [
        probe(purpose=Purpose.SIBLING), probe(purpose=Purpose.TWIN), probe(ordinal=1), probe(method="HEAD"),
        probe(method="OPTIONS"), probe(method="REPORT"), probe("/unknown"),
    ],
)  # fmt: skip
def test_only_the_paths_own_documented_probe_counts(asked: Probe) -> None:
    assert observe(only("200"), answer(202), asked) == ()


@pytest.mark.parametrize("end", ["cut", "reset", "deadline", "protocol", "header-limit"])
def test_an_answer_that_is_not_whole_says_nothing(end: str) -> None:
    assert observe(only("200"), answer(202, end=end)) == ()


def test_operations_that_share_their_path_are_not_told_apart() -> None:
    item = get({"type": "array"})
    assert observe(description({"/x?a": item, "/x?b": item}), answer(202)) == ()
    assert observe(description({"/x?a": item}), answer(202)) == ()
    item["get"]["parameters"] = [parameter("a", "path", example="1")]
    twin = {"get": {**item["get"], "parameters": [parameter("b", "path", example="1")]}}
    both = description({"/x/{a}": item, "/x/{b}": twin})
    assert observe(both, answer(202), probe("/x/{a}", "/x/1")) == ()


MEDIA = [
    ("application/json", "application/json; charset=utf-8", True), ("Application/JSON", "application/json", True),
    ("application/json;v=1", "application/json", True), ("*/*", "text/html", True), ("text/*", "text/csv", True),
    ("application/*", "text/html", False), ("application/json", "application/problem+json", True),
    ("application/hal+json", "application/json", True), ("application/a+json", "application/b+json", False),
    ("application/xml", "text/xml", True), ("application/xml", "image/svg+xml", True), ("text/xml", "text/html", False),
    ("application/octet-stream", "image/png", True), ("application/json", "text/html", False),
    ("application/json", "text/plain", False), ("application/x-yaml", "text/yaml", True),
    ("application/json", "application/x-ndjson", False),
]  # fmt: skip


@pytest.mark.parametrize(("promised", "stated", "same"), MEDIA)
def test_media_types(promised: str, stated: str, same: bool) -> None:
    wanted, got = parse(promised, ranges=True), parse(stated)
    assert wanted is not None
    assert got is not None
    assert accepts(wanted, got) is same


@pytest.mark.parametrize("text", ["", "json", "a/b/c", "*/json", "a b/c", "é/x", None, 5, "x" * 100 + "/y"])
def test_what_is_no_media_type(text: Any) -> None:
    assert parse(text, ranges=True) is None


HTML = answer(media="text/html", body=b"<p>")


def test_another_media_type_is_seen() -> None:
    spec = description({"/x": get({"type": "object"})})
    assert observe(spec, HTML) == ("media-type text/html documented application/json",)
    assert observe(spec, answer(media="text/html", body=b"<p>", end="capped")) != ()


@pytest.mark.parametrize("vary", ["Accept", "Origin, accept", "*"])
def test_a_negotiated_media_type_is_our_accept_fields_doing(vary: str) -> None:
    spec = description({"/x": get({"type": "object"})})
    assert observe(spec, answer(media="text/html", body=b"<p>", fields=[("Vary", vary)])) == ()


@pytest.mark.parametrize(
    "responses",
    [
        {"200": {"description": "no content is described"}}, {"200": {"description": "d", "content": {}}},
        {"200": {"description": "d", "content": {"anything goes": {}}}},
        {"201": {"description": "d"}, "default": {"description": "e", "content": {"application/json": {}}}},
        {"200": {"$ref": "#/components/responses/Gone"}}, {"200": {"$ref": "other.json"}}, {"200": None},
    ],
)  # fmt: skip
def test_where_no_media_type_is_promised_none_is_wrong(responses: Any) -> None:
    assert observe(description({"/x": {"get": {"responses": responses}}}), HTML) == ()


def test_an_error_counts_only_where_its_own_status_is_described() -> None:
    content = {"application/json": {"schema": {"type": "object"}}}
    for key, seen in (("404", True), ("4XX", False), ("default", False)):
        responses = {"200": {"description": "d"}, key: {"description": "e", "content": content}}
        spec = description({"/x": {"get": {"responses": responses}}})
        assert bool(observe(spec, answer(404, "text/html", b"<p>"))) is seen, key


def test_swagger_says_media_types_for_all_responses() -> None:
    spec = description({"/x": get({"type": "object"}, version="2.0")}, "2.0")
    assert observe(spec, HTML) == ("media-type text/html documented application/json",)
    for more in ({"produces": ["text/html"]}, {"produces": []}):
        assert observe(description({"/x": get({"type": "object"}, version="2.0", **more)}, "2.0"), HTML) == ()
    assert observe(description({"/x": get({"type": "file"}, version="2.0")}, "2.0"), HTML) == ()


# --- files beside the description ---


def observe_file(folder: Path, given: WireAnswer) -> tuple[str, ...]:
    contract = load_file(folder / "api.yaml")

    async def run() -> tuple[str, ...]:
        checker = Checker()
        try:
            library = Library(contract, shelf_of(contract.source, None))
            return await Conformance(contract, library, checker, credentials=False)(probe(), given)
        finally:
            await checker.close()

    return asyncio.run(run())


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        file = folder / (name.replace("__", "/") + ".yaml")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder


HEAD = "openapi: 3.1.0\ninfo: {title: T, version: '1'}\n"
OPERATION = "{responses: {'200': {description: d, content: {application/json: {schema: {$ref: '%s'}}}}}}"
THING = "Thing: {type: object, properties: {n: {$ref: '%s'}}}\n"
ROOT = HEAD + "components: {schemas: {Number: {type: integer}}}\npaths: {/x: %s}\n"

SPLIT = {
    "schemas in a file": {
        "api": ROOT % ("{get: " + OPERATION % "schemas/all.yaml#/Thing" + "}"),
        "schemas__all": THING % "../api.yaml#/components/schemas/Number",
    },
    "path items in files": {
        "api": ROOT % "{$ref: 'paths/x.yaml'}",
        "paths__x": "get: " + OPERATION % "../schemas/all.yaml#/Thing" + "\n",
        "schemas__all": (THING % "#/Number") + "Number: {type: integer}\n",
    },
    "operations in files": {
        "api": ROOT % "{get: {$ref: 'paths/x.yaml#/get'}}",
        "paths__x": "get: " + OPERATION % "#/Thing" + "\n" + (THING % "../api.yaml#/components/schemas/Number"),
    },
    "responses in files": {
        "api": ROOT % "{get: {responses: {'200': {$ref: 'r.yaml#/Ok'}}}}",
        "r": "Ok: {description: d, content: {application/json: {schema: {$ref: '#/Thing'}}}}\n"
        + (THING % "api.yaml#/components/schemas/Number"),
    },
}  # fmt: skip


@pytest.mark.parametrize("name", SPLIT)
def test_a_description_in_several_files(name: str, tmp_path: Path) -> None:
    folder = write(tmp_path, **SPLIT[name])
    assert observe_file(folder, answer(body=b'{"n": "1"}')) == ("body /n type integer string",)
    assert observe_file(folder, answer(body=b'{"n": 1}')) == ()


@pytest.mark.parametrize("ref", ["../out.yaml#/Thing", "link.yaml#/Thing", "/etc/passwd", "//host/x", "pipe.yaml"])
def test_no_file_outside_the_jail_is_read(ref: str, tmp_path: Path) -> None:
    write(tmp_path, out=THING % "#/x")
    folder = write(tmp_path / "in", api=ROOT % ("{get: " + OPERATION % ref + "}"))
    (folder / "link.yaml").symlink_to(tmp_path / "out.yaml")
    os.mkfifo(folder / "pipe.yaml")
    assert observe_file(folder, answer()) == ("unchecked reference",)
