# ruff: noqa: E501 - tables of descriptions read better unwrapped
"""From plain data to a Contract: dialects, methods, templates, servers, security, bodies, and what is warned of."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.errors import ConfigError, DescriptionError
from auditor.loader import LoadOptions, load_file, parse_config
from tests.loader.helpers import HEAD, OK, documented, load, messages, operation, paths


@pytest.mark.parametrize(
    ("head", "dialect", "warned"),
    [
        ("openapi: 3.0.3", "3.0", False), ("openapi: 3.1.0", "3.1", False), ("openapi: 3.2.0", "3.2", False),
        ("openapi: 3.0", "3.0", False), ("openapi: '3'", "3.0", True), ("openapi: 3.3.0", "3.2", True),
        ("openapi: 4.0.0", "3.2", True), ("swagger: 2.0", "2.0", False), ("swagger: '2'", "2.0", False),
        ("openapi: null", "3.0", True), ("info: {}", "3.0", True), ("basePath: /v1", "2.0", True),
    ],
)  # fmt: skip
def test_dialects(head: str, dialect: str, warned: bool) -> None:
    contract = load(f"{head}\npaths: {{/a: {{get: {OK}}}}}\n")
    assert contract.dialect == dialect
    assert bool(contract.warnings) is warned


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- a\n", "holds a list"),
        ("just text\n", "holds plain text"),
        ("null\n", "holds nothing"),
        ("asyncapi: 2.6.0\n", "AsyncAPI"),
        ("swaggerVersion: '1.2'\napis: []\n", "Swagger 1.x"),
        ("swagger: '1.2'\n", "Swagger 1.2"),
        ('{"info": {"_postman_id": "x"}, "item": []}', "Postman"),
        ("kind: Deployment\napiVersion: v1\n", "Kubernetes"),
        ("name: x\nversion: 1\n", "the keys found: 'name', 'version'"),
        (HEAD, "has no `paths`"),
        (HEAD + "paths: {}\n", "`paths` is empty"),
        (HEAD + "paths: [1]\n", "documents no path"),
        (HEAD + "webhooks: {a: {post: {}}}\n", "webhooks only"),
        (HEAD + "paths: {/a: {}, /b: null, '/{c': {get: {}}}\n", "no operation that can be audited, under 3 path keys"),
    ],
)
def test_what_is_no_use_is_one_sentence(text: str, words: str) -> None:
    with pytest.raises(DescriptionError) as caught:
        load(text)
    assert words in caught.value.what
    assert len(caught.value.lines()) <= 20


def test_methods_of_every_kind() -> None:
    contract = paths(
        f"""  /a:
    get: {OK}
    POST: {OK}
    query: {OK}
    link: {OK}
    x-put: {OK}
    summary: S
    additionalOperations:
      Copy: {OK}
      PATCH: {OK}
      post: {OK}
      "no token": {OK}
      GET: {OK}
""",
        "3.2.0",
    )
    assert contract.paths[0].methods == ("GET", "POST", "QUERY", "Copy", "PATCH", "post")
    text = messages(contract)
    for words, line in [
        ("method key 'POST' should be lower case", 6),
        ("unknown method 'link': NOT audited", 8),
        ("'PATCH' does not belong in `additionalOperations`", 13),
        ("'post' does not belong in `additionalOperations`: methods are case-sensitive", 14),
        ("'no token' is no method token", 15),
        ("GET is documented twice", 16),
    ]:
        assert any(words in w and f":{line} " in w for w in text.splitlines()), words
    assert contract.paths[0].operations[3].location.line == 12
    assert contract.paths[0].operations[3].location.pointer == "/paths/~1a/additionalOperations/Copy"


def test_query_and_additional_operations_before_3_2_are_read_with_a_warning() -> None:
    contract = paths(f"  /a: {{query: {OK}, additionalOperations: {{COPY: {OK}}}}}\n")
    assert contract.paths[0].methods == ("QUERY", "COPY")
    assert len(contract.warnings) == 2


def test_a_method_in_two_cases_counts_once() -> None:
    contract = paths("  /a: {get: {operationId: first}, GET: {operationId: second}}\n")
    assert [o.operation_id for o in contract.paths[0].operations] == ["first"]
    assert "documented twice" in messages(contract)


def test_templates() -> None:
    contract = paths(
        "".join(
            f"  '{key}': {{get: {OK}}}\n"
            for key in ("a/b", "/a/b/", "//h/x", "/f/{name}.{ext}", "/i/{id}:act", "/p/{path*}", "/+/{+path}", "/s{?q,r}",
                        "/bad/{x", "/bad/}y{", "/bad/{}", "x-not-a-path", "http://h/x")
        )
    )  # fmt: skip
    assert [p.template for p in contract.paths] == [
        "/a/b", "/a/b/", "//h/x", "/f/{name}.{ext}", "/i/{id}:act", "/p/{path*}", "/+/{+path}", "/s", "/http://h/x",
    ]  # fmt: skip
    text = messages(contract)
    assert text.count("has no leading slash") == 2
    assert text.count("braces that do not match") == 3
    assert dict(contract.paths[5].values)["path"].text == "1"


def test_keys_that_differ_in_query_or_fragment_are_one_path() -> None:
    body = "requestBody: {required: true, content: {application/json: {schema: {required: [a]}}}}"
    contract = paths(
        f"  /b?acl: {{put: {{operationId: acl, {body}, responses: {{'204': {{}}}}}}, get: {{}}}}\n"
        f"  /b: {{put: {{operationId: plain, {body}, responses: {{'200': {{}}}}}}}}\n"
        "  /b#tags: {put: {operationId: tags, responses: {'200': {}}}, delete: {}}\n"
    )
    (item,) = contract.paths
    assert (item.template, item.key, item.keys) == ("/b", "/b?acl", ("/b?acl", "/b", "/b#tags"))
    assert item.methods == ("PUT", "GET", "DELETE")
    put = item.operation("PUT")
    assert put is not None
    assert (put.operation_id, put.statuses) == ("plain", ("204", "200"))
    assert put.request_body is not None
    assert not put.request_body.required, "one of the three variants takes no body: none may be relied on"
    assert "3 operations share PUT /b" in messages(contract)


def test_duplicate_path_keys_are_merged_by_method() -> None:
    contract = paths(f"  /a: {{get: {OK}}}\n  /a: {{put: {OK}}}\n")
    assert documented(contract) == {("GET", "/a"), ("PUT", "/a")}
    assert contract.paths[0].operations[1].location.line == 5
    assert "spec.yaml:5: path key '/a' is written twice" in messages(contract)


def test_templates_that_cannot_be_audited_stay_known() -> None:
    contract = paths(
        f"  /gone/{{a}}: {{$ref: '#/nowhere'}}\n  /bare: {{summary: S}}\n  /null: null\n  /text: T\n  /ok: {{get: {OK}}}\n"
        f"  /ok?x: null\n  rel: {{}}\n  /both: {{}}\n  /both?y: {{get: {OK}}}\n  x-no: {{}}\n  /{{bad: {{}}\n"
    )
    assert [p.template for p in contract.paths] == ["/ok", "/both"]
    assert contract.unaudited == ("/gone/{a}", "/bare", "/null", "/text", "/rel")


def test_half_surrogate_pairs_never_reach_a_contract() -> None:
    half = "\\ud800"
    for text in (
        f'{{"openapi": "3.0.0", "info": {{"title": "T{half}", "version": "{half}"}}, "paths": {{"/a{half}/{{p{half}}}": {{"get": '
        f'{{"operationId": "{half}", "tags": ["{half}"], "responses": {{"{half}": {{}}}}, "parameters": [{{"name": "p{half}", '
        f'"in": "path", "required": true, "example": "v{half}"}}], "x-auditor": {{"owner": "{half}"}}}}}}}}}}',
        f'openapi: 3.0.0\ninfo: {{title: "T{half}"}}\npaths: {{"/a{half}/{{p{half}}}": {{get: {{tags: ["{half}"]}}}}}}\n',
    ):
        contract = load(text)
        assert repr(replace(contract, document=None)).encode()
        assert contract.paths[0].template == "/a\ufffd/{p\ufffd}"
        assert contract.warnings[0].line == text[: text.index(half)].count("\n") + 1
        assert "replaced by U+FFFD" in contract.warnings[0].message


def test_file_names_that_are_no_text_are_shown_as_text(tmp_path: Path) -> None:
    name = os.fsdecode(b"api-\xff.yaml")
    (tmp_path / name).write_text(f"{HEAD}paths: {{/a: {{get: {OK}}}, /b: {{$ref: '%2e/item.yaml'}}}}\n")
    (tmp_path / "item.yaml").write_text("get: {}\n")
    contract = load_file(tmp_path / name)
    assert contract.source.endswith("api-\ufffd.yaml")
    assert repr(replace(contract, document=None)).encode()
    with pytest.raises(DescriptionError) as caught:
        load_file(tmp_path / os.fsdecode(b"no-\xff.yaml"))
    assert "\n".join(caught.value.lines()).encode()


def test_servers_operation_over_path_over_root() -> None:
    contract = load(
        HEAD
        + """servers: [{url: 'https://{h}/{v}', variables: {h: {default: r.test}, v: {enum: [v1, v2]}}}, {url: /rel}, {}, {url: 'x{y}'}]
paths:
  /a:
    servers: [{url: https://p.test}]
    get: {servers: [{url: https://o.test}]}
    put: {}
    delete: {servers: []}
  /b: {get: {}}
"""
    )
    assert contract.servers == ("https://r.test/v1", "/rel", "x{y}")
    assert [o.server for o in contract.paths[0].operations] == ["https://o.test", "https://p.test", "https://p.test"]
    assert contract.paths[1].operations[0].server is None
    assert "'y' has no default" in messages(contract)


@pytest.mark.parametrize(
    ("head", "servers"),
    [
        ("host: h.test\nbasePath: /v1/\nschemes: [http, https]", ("http://h.test/v1", "https://h.test/v1")),
        ("host: h.test\nbasePath: /", ("https://h.test",)),
        ("host: h.test", ("https://h.test",)),
        ("basePath: v1", ("/v1",)),
        ("basePath: /", ("/",)),
        ("x-none: 1", ()),
    ],
)
def test_swagger_servers(head: str, servers: tuple[str, ...]) -> None:
    assert load(f"swagger: '2.0'\n{head}\npaths: {{/a: {{get: {OK}}}}}\n").servers == servers


@pytest.mark.parametrize(
    ("root", "own", "secured"),
    [
        ("", "", None), ("[{k: []}]", "", True), ("[]", "", False), ("[{}, {k: []}]", "", False), ("[{k: []}]", "[]", False),
        ("[{k: []}]", "[{}]", False), ("", "[{k: []}]", True), ("[]", "[{k: []}]", True), ("3", "", None),
    ],
)  # fmt: skip
def test_security(root: str, own: str, secured: bool | None) -> None:
    head = HEAD + (f"security: {root}\n" if root else "")
    contract = load(head + f"paths: {{/a: {{get: {{{f'security: {own}' if own else ''}}}}}}}\n")
    assert operation(contract, "/a", "GET").secured is secured


JSON_OBJECT = "{type: object, required: [a]}"


@pytest.mark.parametrize(
    ("content", "demands"),
    [
        (f"application/json: {{schema: {JSON_OBJECT}}}", True),
        (f"application/merge-patch+json: {{schema: {JSON_OBJECT}}}", True),
        (f"'application/json; charset=utf-8': {{schema: {JSON_OBJECT}}}", True),
        ("application/json: {}", True),
        ("application/json: {schema: {type: object, properties: {a: {}}}}", False),
        ("application/json: {schema: {type: array, items: {required: [a]}}}", False),
        ("application/json: {schema: {required: [a], nullable: true, type: object}}", False),
        ("application/json: {schema: {type: [object, 'null'], required: [a]}}", False),
        ("application/json: {schema: {required: [a], properties: {a: {readOnly: true}}}}", False),
        (f"application/json: {{schema: {{allOf: [{{}}, {JSON_OBJECT}]}}}}", True),
        (f"application/json: {{schema: {{oneOf: [{JSON_OBJECT}, {{}}]}}}}", False),
        (f"application/json: {{schema: {{anyOf: [{JSON_OBJECT}, {JSON_OBJECT}]}}}}", True),
        ("application/json: {schema: {$ref: '#/components/schemas/S'}}", True),
        ("application/json: {schema: {$ref: '#/components/schemas/Loop'}}", False),
        ("application/json: {schema: {$ref: '#/gone'}}", False),
        (f"application/xml: {{schema: {JSON_OBJECT}}}", False),
        (f"application/json: {{schema: {{}}}}, application/vnd+json: {{schema: {JSON_OBJECT}}}", False),
    ],
)
def test_bodies(content: str, demands: bool) -> None:
    contract = load(
        f"{HEAD}paths: {{/a: {{post: {{requestBody: {{required: true, content: {{{content}}}}}}}}}}}\n"
        f"components: {{schemas: {{S: {JSON_OBJECT}, Loop: {{allOf: [{{$ref: '#/components/schemas/Loop'}}]}}}}}}\n"
    )
    body = operation(contract, "/a", "POST").request_body
    assert body is not None
    assert (body.required, body.demands_property) == (True, demands)


def test_swagger_bodies() -> None:
    contract = load(
        """swagger: '2.0'
consumes: [application/json]
paths:
  /a:
    post: {parameters: [{in: body, name: b, required: true, schema: {required: [x]}}]}
    put: {consumes: [application/xml], parameters: [{in: body, name: b, schema: {required: [x]}}]}
    patch: {consumes: [], parameters: [{in: formData, name: f, type: file, required: true}]}
    get: {parameters: [{$ref: '#/parameters/q'}]}
parameters: {q: {in: query, name: q, required: true, type: array, items: {type: integer}}}
"""
    )
    bodies = [operation(contract, "/a", m).request_body for m in ("POST", "PUT", "PATCH", "GET")]
    assert [b and (b.required, b.media_types, b.demands_property) for b in bodies] == [
        (True, ("application/json",), True),
        (False, ("application/xml",), False),
        (True, ("multipart/form-data",), False),
        None,
    ]
    assert operation(contract, "/a", "GET").values["q"].text == "1"


def test_x_auditor_on_path_and_operation() -> None:
    contract = paths(
        """  /a/{id}:
    x-auditor: {owner: team-a, values: {id: 7}, skip: true}
    get: {}
    put: {x-auditor: {skip: false, owner: team-b, values: {id: 8}}}
    post: {x-auditor: {skip: not now, hide: 1}}
    delete: {x-auditor: [1]}
"""
    )
    found = [(o.owner, o.skip, o.values.get("id")) for o in contract.paths[0].operations]
    assert [f[:2] for f in found] == [
        ("team-a", "x-auditor: skip"), ("team-b", None), ("team-a", "not now"), ("team-a", "x-auditor: skip"),
    ]  # fmt: skip
    assert contract.paths[0].values["id"].text == "7"
    assert "knows no 'hide'" in messages(contract)
    assert "`x-auditor` is not a mapping" in messages(contract)


def test_details_and_raw_nodes() -> None:
    contract = load(
        HEAD
        + "paths: {/a: {get: {operationId: i, tags: [t, 3], deprecated: true, responses: {200: {$ref: '#/x'}, 4XX: {}, "
        "default: {}, x-y: 1}}}}\n"
    )
    get = operation(contract, "/a", "GET")
    assert (get.operation_id, get.tags, get.deprecated, get.statuses) == ("i", ("t",), True, ("200", "4XX", "default"))
    assert get.node is contract.document["paths"]["/a"]["get"]
    assert get.node["responses"]["200"] == {"$ref": "#/x"}
    assert (contract.title, contract.version, contract.id, contract.source) == ("T", "1", "spec", "spec.yaml")
    assert len(contract.files[0].sha256) == 64


@pytest.mark.parametrize(
    ("name", "identity"),
    [
        ("orders.openapi.yaml", "orders"), ("inventory.swagger.json", "inventory"), ("shop/openapi.yaml", "shop"),
        ("catalog.openapi-3.2.yaml", "catalog"), ("openapi.json", "openapi"),
    ],
)  # fmt: skip
def test_ids_come_from_the_file_name(name: str, identity: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"{HEAD}paths: {{/a: {{get: {OK}}}}}\n")
    monkeypatch.chdir(tmp_path)
    assert load_file(Path(name)).id == identity


def test_strict_turns_warnings_into_one_short_error() -> None:
    text = HEAD + "paths:\n" + "".join(f"  p{i}: {{get: {OK}}}\n" for i in range(50))
    assert len(load(text).warnings) == 50
    with pytest.raises(DescriptionError, match="50 warnings") as caught:
        load(text, LoadOptions(strict=True))
    assert len("\n".join(caught.value.lines()).splitlines()) <= 20
    assert "spec.yaml:4 /paths/p0" in caught.value.listed[0]


def test_warnings_are_capped_and_counted() -> None:
    contract = load(HEAD + "paths:\n" + "".join(f"  p{i}: {{get: {OK}}}\n" for i in range(700)))
    assert contract.operations == 700
    assert len(contract.warnings) == 501
    assert "200 further warnings" in contract.warnings[-1].text


def test_warnings_deep_in_a_small_file_have_lines_too() -> None:
    contract = load('{"openapi": "3.0.0",\n"paths": {"/a": {"get": {\n"parameters": [\n{"name": "x"}]}}}}')
    assert messages(contract).startswith("spec.yaml:4 /paths/~1a/get/parameters/0: parameter without")


@pytest.mark.parametrize("name", ["missing.yaml", "."])
def test_files_that_cannot_be_read(name: str, tmp_path: Path) -> None:
    with pytest.raises(DescriptionError, match="cannot be read"):
        load_file(tmp_path / name)


def test_config_keeps_off_as_text_and_warns_of_duplicates() -> None:
    settings, warnings = parse_config(
        b"rules: {allow-missing: off}\nvalues: {v: 1.10}\nspec: a\nspec: b\n", "auditor.yaml"
    )
    assert settings["rules"] == {"allow-missing": "off"}
    assert settings["spec"] == "b"
    assert [w.text for w in warnings] == ["auditor.yaml:4: duplicate key 'spec': the last one wins"]
    assert parse_config(b" \n# nothing\n", "auditor.yaml") == ({}, [])
    for bad in (b"[1]", b"a: [", b"<html>"):
        with pytest.raises(ConfigError):
            parse_config(bad, "auditor.yaml")
