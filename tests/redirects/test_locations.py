"""Hostile and odd `Location` values through the real command: told for what they are, never followed, never live."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from auditor.model.environment import Origin
from auditor.model.redirection import LONGEST, kind, resolve
from auditor.prober.redact import MAX_VALUE, location_text
from tests.conftest import Serve
from tests.e2e.audits import audit

HERE = Origin("https", "api.example.test", 443)
UNUSABLE = " The target is no http address that clients agree about."


@pytest.mark.parametrize(("location", "expected"), [
    ("/v1/orders/", "slash"), ("orders/", "slash"), ("https://api.example.test/v1/orders/", "slash"),
    ("HTTPS://API.example.test:443/v1/%6frders/", "slash"),
    ("/v1/orders", "same"), ("", "unusable"), ("#top", "same"), ("/v1/%6Frders", "same"),
    ("/v2/orders", "path"), ("./", "path"), ("/v1/orders//", "path"), ("/v1/orders%2F", "path"),
    ("/v1/Orders/", "path"),
    ("http://api.example.test/v1/orders", "scheme"), ("http://api.example.test:8080/v1/orders/", "scheme"),
    ("https://api.example.test:8443/v1/orders", "host"), ("//other.example.test/v1/orders/", "host"),
    ("https://api.example.test@other.example.test/v1/orders", "host"), ("https://[::1]/v1/orders", "host"),
    ("javascript:alert(1)", "unusable"), ("data:text/html,x", "unusable"), ("mailto:a@b.test", "unusable"),
    ("https://", "unusable"), ("https:///v1/orders/", "unusable"), ("///other.example.test/", "unusable"),
    ("/\\other.example.test/", "unusable"), ("\\\\other.example.test/", "unusable"), ("/v1/or\tders/", "unusable"),
    ("/v1/orders/ HTTP/1.1", "unusable"), ("https:orders/", "unusable"), ("https://[::1/", "unusable"),
    ("https://api.example.test:99999/", "unusable"), ("https://api.example.test:x/", "unusable"),
    ("/v1/orders/" + "x" * 400, "path"), ("/" * 400, "unusable"),
])  # fmt: skip
def test_the_kind_of_a_redirect(location: str, expected: str) -> None:
    assert kind(location, HERE, "/v1/orders") == expected


def test_octets_of_a_path_are_compared_whatever_their_spelling() -> None:
    octets = "/bücher/".encode().decode("latin-1")
    assert kind(octets, HERE, "/b%C3%BCcher") == "slash"
    assert kind("/b%c3%bccher/", HERE, "/b%C3%BCcher") == "slash"
    assert kind("/\u65e5\udc80", HERE, "/b") == "path"


def test_a_location_that_was_cut_is_compared_by_its_origin_alone() -> None:
    assert MAX_VALUE == LONGEST
    target = resolve(("https://other.example.test/" + "x" * 400)[:LONGEST], HERE, "/v1/orders")
    assert target is not None
    assert (target.origin.host, target.path) == ("other.example.test", None)


def test_user_information_is_not_kept() -> None:
    for place in ("https://user:hunter2@h.test/a", "//user:hun@ter2@h.test/a", "/\\\\user:hunter2@h.test/a"):
        assert "@" not in location_text(place)
        assert location_text(place).endswith("h.test/a")


PLACES = {
    "script": ("javascript:alert(document.domain)//%0a", UNUSABLE),
    "markup": ('/"><img src=x onerror=alert(1)>', UNUSABLE),
    "backslash": ("/\\evil.example.test/x", UNUSABLE),
    "bidi": ("/\u202egpj.exe", " The target is not documented."),
    "long": ("/" + "a" * 5000, " The target is too long to be held against the description."),
    "user": ("http://127.0.0.1:1@evil.example.test/login.php", "http://evil.example.test. It looks like a log-in."),
    "bare": ("health", " The target is documented as /health."),
    "network": ("//evil.example.test/x", " The target is on another origin, http://evil.example.test."),
    "same": ("same?again=1", " The target is the path itself: only a query"),
    "command": ("::error::owned", " The target is not documented."),
    "table": ("/a|b`c`[d](javascript:1)", " The target is not documented."),
}


def test_hostile_locations_are_told_and_never_live(serve: Serve, tmp_path: Path) -> None:
    server = serve("redirect-all", status=308, places={f"/v1/{name}": place for name, (place, _) in PLACES.items()})
    answer = {"get": {"responses": {"200": {"description": "fine"}}}}
    paths: dict[str, Any] = dict.fromkeys(["/health", *(f"/{name}" for name in PLACES)], answer)
    spec = tmp_path / "openapi.json"
    spec.write_text(json.dumps({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}))
    formats = ("--format", "sarif", "--format", "junit", "--format", "markdown", "--format", "csv")
    run = audit(tmp_path, f"dev={server.url}", spec=spec, arguments=formats)
    assert run.code == 0, run.stderr
    told = {f["path"]: f["symptom"] for f in run.report["findings"] if f["path"] is not None}
    assert told.keys() == {f"/{name}" for name in PLACES}
    assert {p: words for p, (_, words) in PLACES.items() if words not in told[f"/{p}"]} == {}
    assert {f["rule"] for f in run.report["findings"] if f["path"]} == {"redirect-on-path"}
    assert "evil.example.test" not in {target for _, target in server.received()}
    page = (run.out / "report.html").read_text(encoding="utf-8")
    assert not re.search(r"(?:href|src|action)=.?(?:javascript|//evil|http://evil)|<img", page)
    assert "\u202e" not in run.stdout + run.stderr + page
    assert not re.search("^::", run.stdout, re.MULTILINE)
    markdown = (run.out / "report.md").read_text(encoding="utf-8")
    assert "](javascript" not in re.sub(r"(?<!`)`(?!`).*?(?<!`)`(?!`)", "", markdown), "outside of code"
