"""`inert` mode against running servers: never wrong, nothing written, and no handler entered that may act unread."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from auditor.model.cell import Reason, Support
from auditor.model.report import Report
from auditor.prober import inert_controls
from auditor.prober.campaign import Campaign
from tests.conftest import Serve
from tests.e2e.audits import Run, audit, wrong
from tests.inert.eager import CAREFUL, CHANGING, PATHS, TRUTH, Journal, Manner, eager
from tests.inert.oracle import HARMLESS
from tests.inert.stalls import stalling
from tests.prober.audits import cell, run
from tests.prober.raw import http, said
from tests.servers import STACKS, Server
from tests.servers.bookshop import ORDER

BOOKSHOPS = [
    "flask-bookshop", "fastapi-bookshop", "starlette-bookshop", "aiohttp-bookshop", "drf-bookshop",
    "http-server-bookshop",
    pytest.param("express-bookshop", marks=pytest.mark.needs("express")),
    pytest.param("go-bookshop", marks=pytest.mark.needs("go")),
    pytest.param("nginx-flask", marks=pytest.mark.needs("nginx")),
    pytest.param("nginx-limit-flask", marks=pytest.mark.needs("nginx")),
    "spa", "auth-first", "redirect-all", "reflecting", "method-blind", "json-404", "rate-limited",
]  # fmt: skip
KWDEFAULTS = Campaign.__init__.__kwdefaults__ or {}
MAX_REQUESTS = 110
INERT = ("--mode", "inert")

DECIDED = {
    "flask-bookshop": 41, "aiohttp-bookshop": 41, "drf-bookshop": 45, "express-bookshop": 45, "go-bookshop": 45,
    "nginx-flask": 41, "nginx-limit-flask": 36, "spa": 41, "fastapi-bookshop": 22, "starlette-bookshop": 20,
    "http-server-bookshop": 18,
}  # fmt: skip
"""How many of the 45 cells are decided at least."""
MORE = {"fastapi-bookshop", "starlette-bookshop", "http-server-bookshop"}
"""Hosts on which safe methods leave most write cells open: there unfinished requests must have been of use."""

MAY_ENTER = {
    "POST /books", "POST /orders/", "PUT /books/{bookId}", "PATCH /books/{bookId}", "DELETE /books/{bookId}",
    "PATCH /authors/{slug}", "DELETE /authors/{slug}",
}  # fmt: skip
"""Required JSON content that must hold a property is documented, or PATCH and DELETE of one object."""
REAL = {f"/v1{p}" for p in ("/books/1", "/books/2", "/authors/ursula-le-guin", f"/orders/{ORDER}")}


def changed(server: Server) -> list[tuple[str, str]]:
    return [(m, t.partition("?")[0]) for m, t in server.received() if m not in HARMLESS]


@pytest.mark.parametrize("name", BOOKSHOPS)
def test_a_real_stack(name: str, serve: Serve, tmp_path: Path) -> None:
    server = serve(name)
    done: Run = audit(tmp_path, f"dev={server.url}", arguments=INERT)
    assert wrong(done, server.truth) == []
    assert server.writes() == 0
    assert set(server.entered()) <= MAY_ENTER
    sent = changed(server)
    assert not {target for _, target in sent} & (REAL | {"/v1/cache"})
    assert not [(m, t) for m, t in sent if m == "DELETE" and not re.search(r"/(\d{10}|zq-?\w{16}|[0-9a-f-]{36})$", t)
                and "/zq" not in t]  # fmt: skip
    assert len(server.received()) == done.report["totals"]["requests"] <= MAX_REQUESTS
    assert len(sent) == done.report["totals"]["state_changing_requests"]
    decided = [c for c in done.report["cells"] if c["support"] != "undetermined"]
    assert len(decided) >= DECIDED.get(name, 0)
    assert all(c["exchanges"] for c in decided)
    writes = [c for c in decided if c["method"] in CHANGING and c["basis"] == "observed"]
    assert (len(writes) >= 8 and len(sent) >= 8) or name not in MORE


def test_every_knowable_stack_is_in_the_list() -> None:
    listed = {b if isinstance(b, str) else str(b.values[0]) for b in BOOKSHOPS}
    compiled = {n for n in STACKS if n.startswith(("gin-", "axum-", "spring-")) or n.endswith("-workshop")}
    assert set(STACKS) - listed - compiled == {"maintenance", "dies-half-way"}, "tests/accuracy has the compiled ones"


def test_the_flag_alone_does_not_raise_what_the_config_lowers(serve: Serve, tmp_path: Path) -> None:
    server = serve("starlette-bookshop")
    config = {"environments": {"dev": {"url": server.url, "mode": "safe"}}}
    done = audit(tmp_path, arguments=INERT, config=config)
    assert done.code in (0, 1, 3), done.stderr
    assert done.report["environments"][0]["mode"] == "safe"
    assert changed(server) == []


# --- handlers that act unread -----------------------------------------------------------------------------------------


def mistaken(report: Report) -> list[str]:
    decided = [c for c in report.cells if c.support is not Support.UNDETERMINED]
    return [f"{c.method} {c.path}: {c.support} ({c.why})" for c in decided
            if (c.support is Support.SUPPORTED) != (c.method in TRUTH[c.path])]  # fmt: skip


def harmless(journal: Journal) -> None:
    """Nothing written; entered only what wants its object or its content first, for objects of nobody."""
    assert journal.writes == []
    assert {(m, t) for m, t, _ in journal.entered} <= CAREFUL
    assert not [e for e in journal.entered if e[0] in ("PATCH", "DELETE") and e[2].rsplit("/", 1)[-1] in ("1", "a.txt")]


@pytest.mark.parametrize("refusal", [404, 405])
@pytest.mark.parametrize("forms", [[], ["broken-json", "unknown-type"]], ids=["unfinished", "opted in"])
def test_handlers_that_act_without_their_content_are_not_entered(
    refusal: int, forms: list[str], tmp_path: Path
) -> None:
    with eager(Manner(refusal)) as journal:
        report = run(tmp_path, journal.url, PATHS, mode="inert", inert_forms=forms)
    harmless(journal)
    assert mistaken(report) == []
    sent = {(m, p) for m, p in journal.seen if m in CHANGING}
    assert len(sent) >= 6, "the rule was put to the test"
    assert {(m, t) for m, t, _ in journal.entered} >= {("PATCH", "/things/{id}"), ("DELETE", "/things/{id}")}
    kept_off = {"/things/1", "/ignored", "/optional", "/upload", "/form", "/files/a.txt", "/settings", "/pool/small"}
    assert not {p for _, p in sent} & kept_off
    assert {m for m, p in sent if p.endswith(("/activate", "/parts"))} <= {"PATCH"}, "below an absent thing"


def test_nothing_state_changing_in_safe_mode(tmp_path: Path) -> None:
    with eager() as journal:
        run(tmp_path, journal.url, PATHS, mode="safe", inert_forms=["broken-json"])
    assert (journal.entered, journal.writes) == ([], [])
    assert {m for m, _ in journal.seen} <= HARMLESS


def test_what_inert_mode_does_not_send_is_not_blamed_on_safe_mode(tmp_path: Path) -> None:
    """DESIGN §5: everything else is never sent: undetermined, no-harmless-probe."""
    with eager() as journal:
        report = run(tmp_path, journal.url, {p: PATHS[p] for p in ("/health", "/things")}, mode="inert")
    assert cell(report, "DELETE", "/things").reason == Reason.NO_HARMLESS_PROBE
    assert Reason.MODE_FORBIDS not in {c.reason for c in report.cells}


# --- slow ones --------------------------------------------------------------------------------------------------------

SOME = {p: PATHS[p] for p in ("/health", "/things", "/things/{id}", "/ignored")}


@pytest.mark.parametrize(
    "manner",
    [
        Manner(404, cold=1.0),
        Manner(404, single=True),
        Manner(405, single=True, tired=0.08),
        Manner(404, tired=0.1),
    ],
    ids=["cold start", "single worker", "tired single worker", "tired"],
)
def test_a_slow_server_makes_no_verdict_wrong(manner: Manner, tmp_path: Path) -> None:
    with eager(manner) as journal:
        report = run(tmp_path, journal.url, SOME, mode="inert")
    harmless(journal)
    assert mistaken(report) == []
    assert report.environments[0].state == "complete"
    assert sum(c.support is not Support.UNDETERMINED for c in report.cells) >= 3


def test_a_queue_in_front_that_wants_all_content_first_decides_nothing(tmp_path: Path) -> None:
    """Every unfinished request is silence, on unknown paths no less: the form is dropped after its control."""
    with eager(Manner(404, content_first=True)) as journal:
        report = run(tmp_path, journal.url, SOME, mode="inert")
    harmless(journal)
    assert mistaken(report) == []
    sent = [(m, p) for m, p in journal.seen if m in CHANGING]
    assert sent
    assert all(p.startswith("/zq") or "/zq" in p for _, p in sent), "only on unknown paths"
    assert [c for c in report.cells if c.method in CHANGING and c.support is Support.SUPPORTED] == []


def test_a_host_that_waits_longer_than_the_probe_limit_is_not_unreachable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slow controls (4 s with the default limit of 15 s) and a queue in front: it answers every plain request."""
    monkeypatch.setattr(Campaign.__init__, "__kwdefaults__", {**KWDEFAULTS, "trial_pause": 0.0})
    monkeypatch.setattr(inert_controls, "LEAST_HOLD", 0.3)
    body = PATHS["/things"]["post"]
    spots = {f"/g{n}/a": {"get": {"responses": {}}, "post": body, "put": body, "patch": body} for n in range(10)}

    def reply(method: str, path: str, announced: bool) -> bytes | None:
        if announced:
            return None
        return http(200, said(path)) if method == "GET" and "zq" not in path else http(404, said("no route"))

    with stalling(reply) as server:
        report = run(tmp_path, server.url, spots, mode="inert", probe_timeout=0.15)
    assert report.environments[0].state == "complete", report.incomplete_because
