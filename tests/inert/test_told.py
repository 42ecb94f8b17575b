"""What a report tells of state-changing requests that were answered: never that they were not sent, never silence."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.command import run_auditor
from tests.e2e.audits import MINUTE, Run
from tests.prober.audits import description
from tests.prober.raw import Raw, Table, http, said, serve

BODY = {"required": True, "content": {"application/json": {
    "schema": {"type": "object", "required": ["title"], "properties": {"title": {}}}}}}  # fmt: skip
OK = {"200": {"description": "ok"}}
PATHS: dict[str, Any] = {
    "/books": {"get": {"responses": OK}, "post": {"responses": OK, "requestBody": BODY}},
    "/loans": {"get": {"responses": OK}, "post": {"responses": OK, "requestBody": BODY}},
    "/members/{memberId}": "GET",
}
BOOKS, MEMBERS = "Allow: GET, HEAD, OPTIONS, POST", "Allow: GET, HEAD, OPTIONS, DELETE"
WROTE = re.compile(r"(POST \S+) was answered (\d+) to a request that never ended, (.*): look whether")


def shop(post: bytes) -> Table:
    """Routes like a framework: POST answers whatever comes; DELETE of a member is content with nothing to delete."""
    table: dict[tuple[str, str], Any] = {("*", "*"): http(404, said("no route"))}
    for path in ("/books", "/loans"):
        table |= {("*", path): http(405, "", BOOKS), ("GET", path): http(200, json.dumps([path])),
                  ("OPTIONS", path): http(200, "", BOOKS), ("POST", path): post}  # fmt: skip
    return table | {
        ("*", "/members/*"): http(405, "", MEMBERS), ("OPTIONS", "/members/*"): http(200, "", MEMBERS),
        ("GET", "/members/*"): http(404, said("no such member")), ("GET", "/members/m1"): http(200, said("Ann")),
        ("DELETE", "/members/*"): http(204),
    }  # fmt: skip


def audited(folder: Path, *servers: Raw) -> Run:
    """The real command, in inert mode, over environments `dev`, `stage`, …"""
    (folder / "openapi.json").write_text(json.dumps(description(PATHS)), encoding="utf-8")
    (folder / "auditor.yaml").write_text(json.dumps({"values": {"memberId": "m1"}}), encoding="utf-8")
    named = [x for n, s in zip(("dev", "stage"), servers, strict=False) for x in ("--env", f"{n}={s.url}")]
    arguments = ("openapi.json", *named, "--mode", "inert", "--out", "out", "--format", "markdown", *MINUTE)
    done = run_auditor("audit", *arguments, cwd=folder)
    return Run(done.returncode, done.stdout, done.stderr, folder / "out")


@pytest.fixture(scope="module")
def eager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Run, list[Raw]]]:
    with serve(shop(http(201))) as dev, serve(shop(http(201))) as stage:
        yield audited(tmp_path_factory.mktemp("told"), dev, stage), [dev, stage]


def test_a_method_that_was_sent_is_not_said_to_be_unsent(eager: tuple[Run, list[Raw]]) -> None:
    run, (dev, _) = eager
    sent = [t for m, t in dev.seen if m == "DELETE" and t.startswith("/members/")]
    assert len(sent) == 1, "it was put to the test"
    assert "m1" not in sent[0]
    (found,) = [f for f in run.report["findings"] if f["rule"] == "undocumented-method-served"]
    assert "was not sent" not in found["diagnosis"]
    assert "was sent for a value that cannot exist, and answered 204, which does not tell" in found["diagnosis"]
    assert f"DELETE {sent[0]} → 204" in found["diagnosis"]


def test_what_it_was_answered_is_in_the_evidence_and_proves_no_more_than_before(eager: tuple[Run, list[Raw]]) -> None:
    run, _ = eager
    cell = run.cell("DELETE", "/members/{memberId}", "dev")
    assert (cell["support"], cell["basis"]) == ("supported", "advertised")
    lines = (run.out / "transcript.jsonl").read_text(encoding="utf-8").splitlines()[1:]
    kept = {e["id"]: e["probe"]["slot"] for line in lines for e in [json.loads(line)["exchange"]]}
    assert ("DELETE", "absent") in {(kept[i]["method"], kept[i]["purpose"]) for i in cell["exchanges"]}
    (found,) = [f for f in run.report["findings"] if f["rule"] == "undocumented-method-served"]
    assert found["occurrences"][0]["exchanges"] == cell["exchanges"]
    assert " -X OPTIONS " in found["curl"], "what is repeated is the Allow that decided"


def test_a_write_that_may_have_happened_is_told_loudly(eager: tuple[Run, list[Raw]]) -> None:
    """Once for the operation, with where and when to look: on the terminal, on the page, for programs, for a ticket."""
    run, _ = eager
    (told,) = run.report["remarks"]
    match = WROTE.match(told)
    assert match is not None, told
    assert (match[1] in ("POST /books", "POST /loans"), match[2]) == (True, "201")
    path = match[1].split()[1]
    for name in ("dev", "stage"):
        assert re.search(rf"in {name} \({path}, 20\d\d-\d\d-\d\dT[\d:.]+Z, exchange [0-9a-f]{{16}}\)", match[3]), told
    assert "look whether something was written" in " ".join(run.stdout.split())
    page = (run.out / "report.html").read_text(encoding="utf-8").partition('<script type="application/json"')[0]
    assert page.count(told) == 1
    assert page.index(told) < page.index('id="findings"')
    assert "look whether something was written" in (run.out / "report.md").read_text(encoding="utf-8")


def test_nothing_more_is_posted_there_after_such_an_answer(eager: tuple[Run, list[Raw]]) -> None:
    """DESIGN §5: code that acts without its content is no place for further requests that could write."""
    for server in eager[1]:
        assert [m for m, t in server.seen.elements() if m in ("POST", "PUT") and "zq" not in t] == ["POST"]


@pytest.mark.parametrize("post", [http(400, said("bad")), http(500), http(404, said("no route")), b""],
                         ids=["400", "500", "404", "closed"])  # fmt: skip
def test_an_answer_without_effect_is_no_remark(post: bytes, tmp_path: Path) -> None:
    with serve(shop(post)) as server:
        run = audited(tmp_path, server)
    assert any(m == "POST" and t in ("/books", "/loans") for m, t in server.seen), "it was put to the test"
    assert run.report["remarks"] == []
    assert "written" not in run.stdout


def test_the_fallback_page_of_a_single_page_application_is_no_remark(tmp_path: Path) -> None:
    page = http(200, "<!doctype html><title>app</title>", media="text/html")
    with serve({**shop(page), ("GET", "*"): page, ("POST", "*"): page}) as server:
        run = audited(tmp_path, server)
    assert any(m == "POST" for m, _ in server.seen), "it was put to the test"
    assert run.report["remarks"] == []
