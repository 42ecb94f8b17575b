"""The description that a deployment serves: fetched once, compared, never believed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from auditor.errors import ConfigError
from auditor.model.cell import Support
from auditor.model.exchange import ServedSpec
from auditor.model.finding import Confidence, Severity
from auditor.model.report import Report
from auditor.parsing import served_target
from auditor.prober.surveys.served_spec import MAX_OCTETS
from auditor.run import rejudge
from auditor.served import read
from auditor.settings import Flags
from tests.command import run_auditor
from tests.prober.audits import cell, description, run
from tests.prober.raw import RESET, http, said, serve
from tests.servers import Server, start
from tests.surveys import stacks
from tests.surveys.stacks import FASTAPI, VIEWER, operation, purposes

OPENAPI = "/openapi.json"
PATHS = {p: operation(None) for p in ("/status", "/orders", "/invoices", "/admin")}


@pytest.fixture(scope="module")
def service() -> Iterator[Server]:
    with start(FASTAPI, open=[]) as server:
        yield server


def own(server: Server) -> dict[str, Any]:
    """The Path Item Objects of a FastAPI service as it describes itself."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        connection.request("GET", OPENAPI)
        items: dict[str, Any] = json.loads(connection.getresponse().read())["paths"]
    finally:
        connection.close()
    return items


def drift(report: Report) -> str | None:
    """What the rule says in short; None where it is silent."""
    found = stacks.said(report, "served-spec-differs")
    return found[None].occurrences[0].detail if found else None


# --- real services ----------------------------------------------------------------------------------------------------


def test_fastapi_audited_against_its_own_description_is_in_sync(service: Server, tmp_path: Path) -> None:
    service.forget()
    report = run(tmp_path, service.origin, own(service), headers=VIEWER, served_spec=OPENAPI)
    assert drift(report) is None
    assert report.remarks == ()
    assert purposes(report)["served-spec"] == 1
    assert report.facts["dev"].environment.served is not None
    assert len(report.facts["dev"].environment.served.operations) == len(stacks.description())


def test_another_build_describes_itself_and_says_whose_mistake_it_is(service: Server, tmp_path: Path) -> None:
    """The build lacks two routes, and knows it: the drift is told, and the missing paths are the build's doing."""
    items = {p: i for p, i in own(service).items() if p != "/status"}
    with start(FASTAPI, gone=["/admin"]) as older:
        report = run(tmp_path, older.origin, items, headers=VIEWER, served_spec=OPENAPI)
        offline = rejudge(tmp_path / "out", Flags())
    assert drift(report) == "/openapi.json: lacks 1 operation and has 1 more; 7 in common"
    (found,) = stacks.said(report, "served-spec-differs").values()
    assert (found.severity, found.confidence) == (Severity.WARNING, Confidence.HIGH)
    assert found.symptom.endswith("That of dev lacks GET /admin, and has besides GET /status.")
    assert found.curl == f'curl -i {older.origin}/openapi.json -H "Authorization: $DEV_AUTHORIZATION"'
    missing = stacks.said(report, "documented-method-missing") or stacks.said(report, "path-missing")
    assert set(missing) == {"/admin"}
    assert offline.findings == report.findings


@pytest.mark.parametrize(("prefix", "base", "path"), [("/v1", "/v1", OPENAPI), ("/v1", "", OPENAPI)])
def test_the_two_may_cut_their_paths_differently(prefix: str, base: str, path: str, tmp_path: Path) -> None:
    """Routes below a prefix, described at the root of the origin, audited with the prefix in the URL and without."""
    with start(FASTAPI, open=[], prefix=prefix) as server:
        items = {("" if base else prefix) + p: i for p, i in stacks.description().items()}
        report = run(tmp_path, server.origin + base, items, headers=VIEWER, served_spec=path)
    assert drift(report) is None
    assert cell(report, "GET", next(iter(items))).support is Support.SUPPORTED


def test_it_is_fetched_with_credentials_and_counted(service: Server, tmp_path: Path) -> None:
    service.forget()
    report = run(tmp_path, service.origin, PATHS, headers=VIEWER, served_spec=OPENAPI)
    assert [r.target for r in service.received()].count(OPENAPI) == 1
    assert OPENAPI not in [r.target for r in service.anonymous()]
    assert report.environments[0].requests == len(service.received())


def test_the_plan_names_it_and_a_skip_pattern_keeps_it_back(tmp_path: Path) -> None:
    spec = tmp_path / "openapi.json"
    spec.write_text(json.dumps(description(PATHS)))
    one = {"url": "http://127.0.0.1:9", "served_spec": OPENAPI}
    for skip, expected in (([], True), ([OPENAPI], False)):
        config = {"spec": str(spec), "environments": {"dev": one}, "skip": skip}
        (tmp_path / "auditor.yaml").write_text(json.dumps(config))
        shown = run_auditor("plan", cwd=tmp_path)
        assert shown.returncode == 0
        assert ("the description that the deployment serves" in shown.stdout) is expected


# --- it is a claim, and hostile ---------------------------------------------------------------------------------------

BASE = {("*", "*"): http(404, said("no route")), ("GET", "/a"): http(200, "[1]"), ("GET", "/b"): http(200, '["x"]')}
DOCUMENTED = {"/a": operation(None), "/b": operation(None)}


def served(folder: Path, reply: Any, items: Mapping[str, Any] = DOCUMENTED, **more: Any) -> Report:
    with serve({**BASE, ("GET", OPENAPI): reply}) as server:
        return run(folder, server.url, items, served_spec=OPENAPI, **more)


def same(**more: Any) -> bytes:
    return http(200, json.dumps({**description(DOCUMENTED), **more}))


def test_no_support_rests_on_it(tmp_path: Path) -> None:
    """It lists what is not there, and leaves out what is: verdicts are what they are without it."""
    lie = http(200, json.dumps(description({"/a": "get post", "/x": "get"})))
    items = {**DOCUMENTED, "/x": operation(None)}
    believed, plain = served(tmp_path, lie, items), served(tmp_path, http(404), items)
    told = [[(c.path, c.method, c.support, c.basis, c.why) for c in r.cells] for r in (believed, plain)]
    assert told[0] == told[1]
    assert drift(believed) == "/openapi.json: lacks 1 operation and has 1 more; 2 in common"
    assert drift(plain) is None
    (missing,) = [f for f in believed.findings if f.path == "/x"]
    assert "its own description does list it" in missing.root_causes[0].text


UNREADABLE = {
    "not there": (http(404), "the server answered 404"),
    "moved": (http(302, "", "Location: https://elsewhere.test/openapi.json?x=secret"), "redirects to https://elsewhere.test"),
    "a page": (http(200, "<html>Docs</html>", media="text/html"), "no OpenAPI description that can be read"),
    "broken": (http(200, '{"openapi": "3.1.0", "paths": {'), "no OpenAPI description that can be read"),
    "nothing": (http(200), "no OpenAPI description that can be read"),
    "without paths": (http(200, '{"openapi": "3.1.0", "paths": {}}'), "no OpenAPI description that can be read"),
    "deep": (http(200, "[" * 100_000), "no OpenAPI description that can be read"),
    "an alias bomb": (
        http(200, "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 40))),
        "no OpenAPI description that can be read",
    ),
    "compressed": (http(200, b"\x1f\x8b", "Content-Encoding: gzip"), "came compressed"),
    "too large": (http(200, b" " * (MAX_OCTETS + 1)), f"larger than {MAX_OCTETS} octets"),
    "reset": (RESET, "could not be fetched (reset)"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNREADABLE)
def test_one_that_cannot_be_read_is_a_remark_and_no_drift(name: str, tmp_path: Path) -> None:
    reply, why = UNREADABLE[name]
    report = served(tmp_path, reply)
    assert drift(report) is None
    (remark,) = report.remarks
    assert remark.startswith("dev: the description that it serves at /openapi.json is not compared: ")
    assert why in remark
    assert "secret" not in remark
    assert (report.complete, report.run.exit_code) == (True, 0)
    assert rejudge(tmp_path / "out", Flags()).remarks == report.remarks


def test_more_than_a_probe_keeps_is_read(tmp_path: Path) -> None:
    """A probe reads 64 kB; a description may have up to 2 MB."""
    report = served(tmp_path, same(**{"x-padding": "p" * 1_000_000}))
    assert drift(report) is None
    assert report.remarks == ()


def test_nothing_it_refers_to_is_fetched(tmp_path: Path) -> None:
    """Neither from another host, nor from the same, nor from a file; what stands there is not called missing."""
    with serve({("*", "*"): same()}) as elsewhere:
        items = {"/a": operation(None), "/b": {"$ref": f"{elsewhere.url}/b.json"}, "/c": {"$ref": "file:///etc/passwd"},
                 "/d": {"$ref": "d.json#/x"}}  # fmt: skip
        with serve({**BASE, ("GET", OPENAPI): http(200, json.dumps(description(items)))}) as server:
            report = run(tmp_path, server.url, {p: operation(None) for p in items}, served_spec=OPENAPI)
            assert {t for _, t in server.seen if "json" in t} == {OPENAPI}
        assert elsewhere.requests == 0
    assert drift(report) is None
    assert report.facts["dev"].environment.served == ServedSpec(
        version="1", operations=(("/a", "GET"),), unread=("/b", "/c", "/d")
    )


def test_no_secret_and_no_content_of_it_is_kept(tmp_path: Path) -> None:
    token = "tok-5f2c9a77e1"
    reply = http(200, json.dumps({**description({f"/a/{token}": "get"}), "x-internal": "inner-value"}))
    report = served(tmp_path, reply, headers={"Authorization": f"Bearer {token}"})
    kept = b"".join(p.read_bytes() for p in (tmp_path / "out").iterdir())
    assert token.encode() not in kept
    assert b"inner-value" not in kept
    assert "[redacted]" in str(report.facts["dev"].environment.served)


def test_names_of_a_hostile_one_stay_on_their_line(tmp_path: Path) -> None:
    evil = "/x\u001b[31m</script>\n::error::boo"
    report = served(tmp_path, http(200, json.dumps(description({**DOCUMENTED, evil: operation(None)}))))
    assert drift(report) == "/openapi.json: has 1 more; 2 in common"
    page = (tmp_path / "out" / "report.html").read_text()
    assert "\u001b" not in page
    assert "</script>\n::error" not in page


def test_a_long_difference_is_counted(tmp_path: Path) -> None:
    report = served(tmp_path, http(200, json.dumps(description({f"/m{i}": "get" for i in range(400)} | DOCUMENTED))))
    (found,) = stacks.said(report, "served-spec-differs").values()
    assert "and 391 more" in found.symptom
    assert len(found.symptom) < 500


def test_too_many_operations_are_not_kept() -> None:
    many = {f"/{i}": {"get": {}} for i in range(20_001)}
    assert read(json.dumps({"openapi": "3.1.0", "paths": many}).encode()).problem == (
        "it documents more than 20,000 operations"
    )


# --- configuration ----------------------------------------------------------------------------------------------------

NO_PATHS = ("openapi.json", "https://a.test/o.json", "//a.test/o", "/a b", "/o#x", "/a/../b", "/ü", "")
KNOWN = (None, "/", OPENAPI, "/v3/api-docs", "/schema/?format=json", "/swagger/v1/swagger.json", "/q/openapi")


@pytest.mark.parametrize("text", NO_PATHS)
def test_only_a_path_of_its_own_origin_is_taken(text: str) -> None:
    with pytest.raises(ConfigError) as error:
        served_target(text, "environments.dev.served_spec")
    assert error.value.where == "environments.dev.served_spec"


@pytest.mark.parametrize("text", KNOWN)
def test_where_frameworks_serve_it(text: str | None) -> None:
    assert served_target(text, "environments.dev.served_spec") == text
