"""The printed allow-list in real gateways: documented methods pass, every other one is refused with 405 and Allow."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.fix.flows import audit, findings, fix, service
from tests.fix.gateways import LIVE, NEEDS, ask, check, echo, gateway
from tests.fix.test_overlay_cases import STEADY, write

KIND = pytest.mark.parametrize("kind", [pytest.param(k, marks=pytest.mark.needs(NEEDS.get(k, k))) for k in LIVE])
ALL = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "REPORT", "PURGE")
CONTRACT = {
    "/books": "get post",
    "/books/{bookId}": "get patch",
    "/books/search": "get",
    "/books/bulk": "post delete",
    "/books/{bookId}/reviews": "get",
    "/files/{name}.{ext}": "get put",
    "/odd.dot": "put",
    "/ümläut": "get",
    '/it\'s "quoted" $x [y]*;': "get",
    "/archive/{path*}": "get",
    "/many": "get put post delete options patch",
}
ASKED = {
    "/books": "/books", "/books/7": "/books/{bookId}", "/books/search": "/books/search", "/books/bulk": "/books/bulk",
    "/books/7/reviews": "/books/{bookId}/reviews", "/files/a.b.txt": "/files/{name}.{ext}", "/odd.dot": "/odd.dot",
    "/ümläut": "/ümläut", "/it's \"quoted\" $x [y]*;": "/it's \"quoted\" $x [y]*;",
    "/archive/2026/11/x": "/archive/{path*}",
    "/books/7?method=x/y": "/books/{bookId}", "/many": "/many",
}  # fmt: skip
"""Path below the base, and the template that it belongs to."""
UNTOUCHED = ("/books/7/extra", "/books/7/reviews/1", "/oddXdot", "/files/nodot", "/elsewhere", "/books/", "/bookshelf")


def describe(folder: Path, contract: dict[str, str] = CONTRACT) -> None:
    """The description, and a run of it; what the audit saw does not matter for an allow-list."""
    paths = {
        key: {m: {"responses": {"200": {"description": "OK"}}} for m in methods.split()}
        for key, methods in contract.items()
    }
    (folder / "api.json").write_text(json.dumps({"openapi": "3.1.0", "info": {"title": "Api\n# x", "version": "1"},
                                                 "paths": paths}))  # fmt: skip
    with service({"/books": ["GET"]}) as url:
        audit(folder, "api.json", f"prod={url}")


def expected(template: str, cors: bool = False) -> set[str]:
    methods = {m.upper() for m in CONTRACT[template].split()}
    return methods | ({"HEAD"} if "GET" in methods else set()) | ({"OPTIONS"} if cors else set())


def members(allow: str | None) -> set[str]:
    """The methods of an Allow; empty elements count for nothing (RFC 9110 §5.6.1.2), and Apache adds one."""
    return {m.strip() for m in (allow or "").split(",")} - {""}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gateways")
    describe(folder)
    return folder


@KIND
def test_documented_methods_pass_and_no_other(run: Path, tmp_path: Path, kind: str) -> None:
    text = fix(run, "--gateway", kind).stdout
    with echo() as upstream, gateway(kind, text, tmp_path / kind, upstream) as port:
        wrong = []
        for path, template in ASKED.items():
            documented = expected(template)
            for method in (*ALL, "OPTIONS"):
                status, passed, allow = ask(port, method, "/v1" + quote(path, safe="/?="))
                if method in documented:
                    wrong += [] if passed and status == 200 else [(method, path, status, allow)]
                elif kind == "apache" and {method, "GET"} == {"HEAD", "GET"}:
                    continue
                elif passed or status != 405 or members(allow) != documented:
                    wrong.append((method, path, status, allow))
        wrong += [(m, p) for p in UNTOUCHED for m in ALL if not ask(port, m, "/v1" + p)[1]]
        assert wrong == []


@KIND
def test_preflights_pass_where_they_are_wanted(run: Path, tmp_path: Path, kind: str) -> None:
    text = fix(run, "--gateway", kind, "--cors").stdout
    with echo() as upstream, gateway(kind, text, tmp_path / kind, upstream) as port:
        assert ask(port, "OPTIONS", "/v1/books/7")[1]
        status, passed, allow = ask(port, "DELETE", "/v1/books/7")
        assert (status, passed) == (405, False)
        assert members(allow) == {"GET", "HEAD", "PATCH", "OPTIONS"}


@KIND
def test_an_audit_finds_nothing_undocumented_behind_it(tmp_path: Path, kind: str) -> None:
    """A service that serves too much: with the contract's list in front of it an audit is clean."""
    write(tmp_path, "  /a/{id}:\n    get: {op}\n    put: {op}\n")
    with service({**{p: [*m, "DELETE"] for p, m in STEADY.items()}, "/a/{id}": ["GET", "PUT", "PATCH"]}) as url:
        before = audit(tmp_path, "api.yaml", f"prod={url}")
        assert {f[0] for f in findings(before, "prod")} == {"undocumented-method-served"}
        text = fix(tmp_path, "--gateway", kind).stdout
        with gateway(kind, text, tmp_path / kind, int(url.split(":")[2].split("/")[0])) as port:
            again = audit(tmp_path, "api.yaml", f"prod=http://127.0.0.1:{port}/v1", out="again")
    # The list does not name OPTIONS, so the gateway refuses it; --cors would let it through.
    assert findings(again, "prod") == {("options-unanswered", None, ("OPTIONS",))}
    decided = [c for c in again.report["cells"] if c["support"] != "undetermined"]
    assert {(c["method"], c["path"], c["support"]) for c in decided} >= {
        ("GET", "/a/{id}", "supported"), ("PATCH", "/a/{id}", "unsupported"), ("DELETE", "/calm", "unsupported"),
    }  # fmt: skip


HOSTILE = [
    "/a\"; return 200; #", "/b'}\n}", "/c${HOME}%{ENV:x}", "/d\\", "/e`x`", "/f$uri", "/g //* */", "/h<!--\u202e\u2028",
    "/i{x}$|(?=y)", "/j\x00", "/k\t\r", "/l</LocationMatch>", "/m%0aAllowMethods", "/n'+!{ always_true }", "/o~^.*",
    "/p{$HOME}", "/q{env.HOME}",
]  # fmt: skip


@KIND
def test_hostile_templates_are_text(tmp_path: Path, kind: str) -> None:
    """Whatever a description writes into its paths: the configuration is valid, and refuses what it should."""
    describe(tmp_path, {**dict.fromkeys(HOSTILE, "get"), "/plain": "get"})
    text = fix(tmp_path, "--gateway", kind).stdout
    assert all(line.startswith("#") or "\x00" not in line for line in text.splitlines())
    check(kind, text, tmp_path / "check")
    with echo() as upstream, gateway(kind, text, tmp_path / kind, upstream) as port:
        assert ask(port, "DELETE", "/v1/plain")[0] == 405
        assert ask(port, "GET", "/v1/plain")[1]
        assert ask(port, "DELETE", "/v1/other")[1]
        assert ask(port, "DELETE", "/v1/f%24uri")[0] == 405
        assert ask(port, "DELETE", "/v1/e%60x%60")[0] == 405
