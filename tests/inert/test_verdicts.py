"""Section 11 of docs/verdicts.md, row by row, against servers that answer that way (PROMISES P23)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.evaluation import Scope, knowledge_of, plan_environment
from auditor.model.cell import Support
from auditor.model.contract import Contract, Operation, PathItem
from auditor.model.environment import Environment, Mode, Origin
from auditor.model.exchange import Answer, BodyTrace, Exchange, Form, Probe, Purpose, Slot
from auditor.model.knowledge import Knowledge, learn
from auditor.model.methods import SAFE
from auditor.model.report import Report
from auditor.prober import inert_controls
from auditor.prober.calibrate import Calibration
from auditor.prober.judge import judge_method
from auditor.prober.verdict import Verdict
from tests.inert.oracle import CHANGING
from tests.inert.stalls import Stalls, stalling
from tests.inert.verdict_rows import FINE, LAX, ROWS, path, replies
from tests.inert.worlds import HERE, ORIGIN
from tests.prober.audits import cell, run
from tests.prober.raw import http
from tests.prober.test_verdict_table import outcome
from tests.prober.verdict_rows import Row, refused


@pytest.fixture(autouse=True)
def _quicker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inert_controls, "LEAST_HOLD", 0.3)
    monkeypatch.setattr(inert_controls, "SLOWNESS", 2.0)  # a busy machine is slow now and then


UNSTEADY = {"not awaited long enough", "too slow for silence"}
"""Said of this machine, too: such a row is tried again."""


def audited(row: Row, folder: Path) -> tuple[Report, Stalls]:
    for _ in range(3):
        with stalling(replies(row.table)) as server:
            report = run(folder, server.url, row.paths, mode="inert", deadline=20.0, **row.options)
        why = cell(report, *row.cell).why
        if row.why in why or not any(words in why for words in UNSTEADY):
            break
    return report, server


@pytest.mark.parametrize("row", ROWS, ids=[f"{r.id}-{r.cell[0]}-{n}" for n, r in enumerate(ROWS)])
def test_row(row: Row, tmp_path: Path) -> None:
    report, server = audited(row, tmp_path)
    found = cell(report, *row.cell)
    assert outcome(found) == row.says, (found.why, server.seen)
    assert row.why in found.why
    assert set(found.exchanges) <= set(report.exchanges)
    assert found.exchanges or found.support is Support.UNDETERMINED
    plain = [m for m, _, announced in server.seen if not announced]
    assert set(plain) <= SAFE - {"PRI"}
    assert plain.count("TRACE") <= 1
    assert server.most <= 1
    result = report.environments[0]
    assert (result.requests, result.state) == (len(server.seen), "complete")
    assert result.state_changing_requests == sum(m in CHANGING for m, _, _ in server.seen)


@pytest.mark.parametrize("answer", [http(503), http(429, "", "Retry-After: 0"), b""], ids=["503", "429", "closed"])
def test_a_state_changing_request_is_never_sent_twice_for_one_answer(answer: bytes, tmp_path: Path) -> None:
    row = next(r for r in ROWS if r.id == "V90")
    table = {**row.table, ("PATCH", "/i/*"): answer}
    with stalling(replies(table)) as server:
        run(tmp_path, server.url, row.paths, mode="inert", deadline=20.0, **{**row.options, "retries": 2})
    sent = [p for m, p, _ in server.seen if m == "PATCH" and p.startswith("/i/")]
    assert len(sent) == 1


def test_where_code_acts_unread_no_further_post_or_put_is_sent(tmp_path: Path) -> None:
    """Not even those of the same wave: PATCH and DELETE of what does not exist go on."""
    done = http(201, '{"id": 9}')
    table = {**LAX, ("POST", "/x"): done, ("GET", "/i/1"): FINE}
    spots = {"/a": "get", "/b": "get", "/x": path("post"), "/y": path("post put"), "/z": path("post"),
             "/i/{id}": path("get patch", "id")}  # fmt: skip
    with stalling(replies(table)) as server:
        run(tmp_path, server.url, spots, mode="inert", deadline=20.0, values={"id": "1"})
    sent = [(m, p) for m, p, _ in server.seen if m in CHANGING and not p.startswith("/zq")]
    assert [e for e in sent if e[0] in ("POST", "PUT")] == [("POST", "/x")]
    assert {m for m, p in sent if p.startswith("/i/")} == {"PATCH", "DELETE"}


# --- how long silence has to last -------------------------------------------------------------------------------------


def test_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """max(0.6 s, 4 × the slowest control answer of that path and its sibling), DESIGN §5."""
    monkeypatch.undo()
    spot = PathItem("/x", "/x", HERE, (Operation("GET", HERE),), ("/x",))
    (target,) = plan_environment(Contract("s", "t", "1", "f", "3.1", (), (spot,)), INERT, Scope(), "seed")[1]

    def after(*asked: tuple[Purpose, str, float, Form]) -> float:
        made = [
            Exchange(Probe("dev", Slot(p, "GET", s, n, f), ORIGIN, s), n, "", seconds, 1, answer=Answer(404))
            for n, (p, s, seconds, f) in enumerate(asked)
        ]
        return inert_controls.patience(learn(Knowledge("dev"), made), target)

    sibling = target.sibling or ""
    assert after() == 0.6
    assert after((Purpose.PATH, "/x", 0.1, Form.PLAIN)) == 0.6
    assert after((Purpose.PATH, "/x", 0.5, Form.PLAIN), (Purpose.PATH, "/x", 0.2, Form.PLAIN)) == 2.0
    assert after((Purpose.SIBLING, sibling, 0.3, Form.UNFINISHED)) == pytest.approx(1.2)
    assert after((Purpose.PATH, "/elsewhere", 9.0, Form.PLAIN)) == 0.6
    assert after((Purpose.PATH, "/x", 9.0, Form.UNFINISHED)) == 0.6, "the answer in question is no control"


# --- rows that need an audit cut short --------------------------------------------------------------------------------


def judged_again(row: Row, folder: Path, lost: Callable[[Slot], bool], *more: Exchange) -> Verdict:
    """The verdict on the row's cell from what its audit learnt, without some exchanges and with some more."""
    report, _ = audited(row, folder)
    environment = report.environments[0].environment
    kept = [e for e in report.exchanges.values() if not lost(e.probe.slot)]
    knowledge = learn(knowledge_of(environment.name, kept), more)
    catalogue, targets = plan_environment(report.contracts[0], environment, Scope(), "seed", knowledge)
    method, template = row.cell
    (target,) = [t for t in targets if t.template == template]
    return judge_method(Calibration(knowledge, catalogue.targets), target, method)


INERT = Environment("dev", ORIGIN.text, ORIGIN, "", Mode.INERT, contract="s")
SIBLING = "/zq5d77a35ac41dcc0d"
SERVED = next(r for r in ROWS if r.id == "V123" and r.cell == ("POST", "/x"))
WAITS = next(r for r in ROWS if r.id == "V131" and r.cell == ("POST", "/x"))
CUT_SHORT = [
    ("V91", SERVED, Slot(Purpose.SIBLING, "POST", "", 0, Form.UNFINISHED), "undetermined no-control", "no usable"),
    ("V120", SERVED, Slot(Purpose.PATH, "REPORT", "/x", 0, Form.UNFINISHED), "undetermined no-evidence", "whatever"),
    ("V127", WAITS, Slot(Purpose.PATH, "REPORT", "/x", 0, Form.UNFINISHED), "undetermined no-evidence", "whatever"),
    ("V128", WAITS, Slot(Purpose.PATH, "POST", "/x", 1, Form.UNFINISHED), "undetermined not-reached", "asked again"),
    ("V128", WAITS, Slot(Purpose.SIBLING, "POST", "", 1, Form.UNFINISHED), "undetermined not-reached", "asked again"),
]  # fmt: skip


@pytest.mark.parametrize(("row", "whole", "gone", "says", "why"), CUT_SHORT)
def test_without_its_controls(row: str, whole: Row, gone: Slot, says: str, why: str, tmp_path: Path) -> None:
    def lost(slot: Slot) -> bool:
        return replace(slot, subject=gone.subject if slot.purpose is Purpose.SIBLING else slot.subject) == gone

    found = judged_again(whole, tmp_path, lost)
    assert f"{found.support} {found.basis or found.reason}" == says, (row, found.why)
    assert why in found.why


def test_nothing_was_lost_the_verdicts_stand(tmp_path: Path) -> None:
    for row in (SERVED, WAITS):
        assert judged_again(row, tmp_path, lambda slot: False).support is Support.SUPPORTED


def test_v125_a_control_that_was_slower_than_the_wait_allows(tmp_path: Path) -> None:
    slot = Slot(Purpose.SIBLING, "SEARCH", SIBLING)
    slow = Exchange(Probe("dev", slot, ORIGIN, SIBLING), 99, "", 9.0, 1, answer=Answer(404))
    found = judged_again(WAITS, tmp_path, lambda lost: False, slow)
    assert f"{found.support} {found.reason}" == "undetermined unstable"
    assert "not awaited long enough" in found.why


@pytest.mark.parametrize(("status", "method", "support"), [(405, "POST", "supported"), (422, "PUT", "unsupported")])
def test_v132_a_trusted_allow_that_says_otherwise(status: int, method: str, support: str, tmp_path: Path) -> None:
    """Nothing is sent where the Allow decides; an Allow that came to be trusted later may still contradict."""
    allows = {("*", "/a"): refused("GET"), ("*", "/b"): refused("GET", "POST"), ("*", "/x"): refused("GET", "POST")}
    honest = {**LAX, **allows, ("GET", "/x"): FINE}
    row = replace(SERVED, table=honest, cell=(method, "/x"), paths={**SERVED.paths, "/x": path("get post put")})
    if status == 405:  # each advertised method is tried once: here the contradiction shows at once
        found = judged_again(row, tmp_path, lambda slot: False)
        assert f"{found.support} {found.reason}" == "undetermined conflicting-answers", found.why
        return
    assert judged_again(row, tmp_path, lambda slot: False).support == support
    origin, at = Origin("http", "127.0.0.1", 1), "2026-01-01T00:00:00.000Z"

    def sent(purpose: Purpose, asked: str, answered: int, subject: str = "/x") -> Exchange:
        answer = Answer(
            answered, (("Content-Type", "application/json"),), BodyTrace(1, "application/json", "o", "s", "m")
        )
        slot = Slot(purpose, asked, subject, 0, Form.UNFINISHED)
        return Exchange(Probe("dev", slot, origin, "/x"), 99, at, 0.01, 1, answer=answer)

    # Names come from the seed: the sibling is the one that the same contract had above.
    more = [sent(Purpose.PATH, method, status), sent(Purpose.PATH, "REPORT", 405)]
    more += [sent(Purpose.SIBLING, method, 404, SIBLING)]
    found = judged_again(row, tmp_path, lambda slot: False, *more)
    assert f"{found.support} {found.reason}" == "undetermined conflicting-answers", found.why
    assert "; but " in found.why
    assert len(found.exchanges) > 1
