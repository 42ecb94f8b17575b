"""Security requirements and schemes: the alternatives that apply, where credentials travel, and how they are stored."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import TypeAdapter

from auditor.model.contract import Contract
from tests.loader.helpers import HEAD, OK, load, messages, operation, paths


@pytest.mark.parametrize(
    ("root", "own", "security"),
    [
        ("", "", ()), ("[{k: []}]", "", (("k",),)), ("[{k: []}]", "[]", ()), ("", "[{}, {k: []}]", ((), ("k",))),
        ("[]", "[{a: [], b: [read]}, {c: []}]", (("a", "b"), ("c",))), ("3", "[x, {k: []}]", (("k",),)),
    ],
)  # fmt: skip
def test_the_alternatives_of_a_requirement(root: str, own: str, security: tuple[tuple[str, ...], ...]) -> None:
    head = HEAD + (f"security: {root}\n" if root else "")
    contract = load(head + f"paths: {{/a: {{get: {{{f'security: {own}' if own else ''}}}}}}}\n")
    assert operation(contract, "/a", "GET").security == security


SCHEMES = """
    bearer: {type: http, scheme: Bearer, bearerFormat: JWT}
    key: {type: apiKey, in: header, name: X-Key}
    query: {type: apiKey, in: query, name: api_key}
    cookie: {type: apiKey, in: cookie, name: SESSION}
    certificate: {type: mutualTLS}
    login: {type: openIdConnect, openIdConnectUrl: https://login.test}
    other: {$ref: '#/components/x/y'}
    lost: {$ref: '#/nowhere'}
    odd: 3
"""


def test_security_schemes_and_which_parameters_are_keys() -> None:
    components = f"components:\n  x: {{y: {{type: oauth2}}}}\n  securitySchemes:{SCHEMES}"
    contract = load(HEAD + f"paths: {{/a: {{get: {OK}}}}}\n" + components)
    assert {s.name: (s.type, s.location, s.field, s.scheme) for s in contract.security_schemes} == {
        "bearer": ("http", "", "", "bearer"), "key": ("apiKey", "header", "X-Key", ""),
        "query": ("apiKey", "query", "api_key", ""), "cookie": ("apiKey", "cookie", "SESSION", ""),
        "certificate": ("mutualTLS", "", "", ""), "login": ("openIdConnect", "", "", ""),
        "other": ("oauth2", "", "", ""),
    }  # fmt: skip
    assert contract.keys == {("header", "x-key"), ("query", "api_key"), ("cookie", "SESSION")}
    assert "security scheme 'lost' `$ref` '#/nowhere'" in messages(contract)
    stored = TypeAdapter(Contract).dump_python(replace(contract, document=None), mode="json")
    assert TypeAdapter(Contract).validate_python(stored).security_schemes == contract.security_schemes


def test_security_definitions_of_swagger() -> None:
    schemes = "{old: {type: basic}, key: {type: apiKey, in: query, name: k}}"
    text = f"swagger: '2.0'\nsecurity: [{{old: []}}]\nsecurityDefinitions: {schemes}\n"
    contract = load(text + f"paths: {{/a: {{get: {OK}}}}}\n")
    assert [(s.name, s.type, s.scheme, s.field) for s in contract.security_schemes] == [
        ("old", "http", "basic", ""), ("key", "apiKey", "", "k"),
    ]  # fmt: skip
    assert operation(contract, "/a", "GET").security == (("old",),)


def test_keys_that_share_a_template_are_guarded_where_one_of_them_is() -> None:
    contract = paths("  /a?x=1: {get: {security: []}}\n  /a?x=2: {get: {security: [{k: []}]}}\n")
    found = operation(contract, "/a", "GET")
    assert (found.secured, found.security) == (True, (("k",),))


def test_a_hostile_list_of_alternatives_is_cut() -> None:
    many = ", ".join(f"{{k{i}: []}}" for i in range(1000))
    wide = ", ".join(f"k{i}: []" for i in range(1000))
    contract = load(HEAD + f"paths: {{/a: {{get: {{security: [{many}]}}, put: {{security: [{{{wide}}}]}}}}}}\n")
    assert len(operation(contract, "/a", "GET").security) == 50
    assert [len(way) for way in operation(contract, "/a", "PUT").security] == [200]
