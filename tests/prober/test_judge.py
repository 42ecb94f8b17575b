"""Probing and judging arbitrary deployments: it ends, loses nothing, and never makes something of nothing."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.evaluation import Audited, Policy, evaluate, exclusions, knowledge_of
from auditor.model.cell import Support
from auditor.model.environment import State
from auditor.model.exchange import Answer, Failure
from auditor.model.knowledge import Knowledge, learn
from auditor.model.methods import CORE
from auditor.model.report import Report, RunInfo
from auditor.prober import transcript
from auditor.prober.calibrate import Calibration
from auditor.prober.facts import facts
from auditor.prober.judge import judge
from tests.prober.audits import cell, run
from tests.prober.raw import RESET, Table, http, serve
from tests.prober.worlds import Plan, World, answers, plans, probe_all, worlds

SOME = settings(max_examples=60)
RUN = RunInfo("run", "2026-01-01T00:00:00.000Z", "2026-01-01T00:01:00.000Z", 0, "seed")


def report(plan: Plan, knowledge: Knowledge, state: State = State.COMPLETE) -> Report:
    audited = Audited(plan.environment, knowledge, state, "", len(knowledge.slots), 0, 1.0)
    return evaluate([audited], {plan.contract.id: plan.contract}, plan.scope, Policy({}), RUN)


def verdicts(plan: Plan, knowledge: Knowledge) -> object:
    c = Calibration(knowledge, plan.catalogue.targets)
    cells = [x for t in plan.targets for x in judge(c, "dev", t, (*t.documented, *CORE))]
    return cells, facts(c, plan.environment)


@SOME
@given(plans(), worlds)
def test_probing_ends_within_the_upper_bound(plan: Plan, world: World) -> None:
    knowledge = probe_all(plan.catalogue, world)
    assert len(knowledge.slots) <= plan.catalogue.upper_bound
    assert plan.catalogue.needed(knowledge) == []


@SOME
@given(plans(), worlds, st.integers(1, 7))
def test_probing_ends_however_small_the_waves_are(plan: Plan, world: World, chunk: int) -> None:
    assert plan.catalogue.needed(probe_all(plan.catalogue, world, chunk)) == []


@SOME
@given(plans(), worlds, st.randoms(use_true_random=False))
def test_judging_does_not_depend_on_the_order_of_exchanges(plan: Plan, world: World, chance: random.Random) -> None:
    knowledge = probe_all(plan.catalogue, world)
    shuffled = knowledge.in_order()
    chance.shuffle(shuffled)
    assert verdicts(plan, learn(Knowledge("dev"), shuffled)) == verdicts(plan, knowledge)


@SOME
@given(plans(), st.one_of(answers(), st.sampled_from(Failure)))
def test_a_deployment_that_answers_everything_alike_serves_nothing(plan: Plan, only: Answer | Failure) -> None:
    knowledge = probe_all(plan.catalogue, World((only,), "steady", 0))
    said = [c for c in report(plan, knowledge).cells if c.support is Support.SUPPORTED]
    assert said == []


@SOME
@given(plans(), worlds, st.sampled_from(State))
def test_no_cell_is_lost_and_every_verdict_has_its_evidence(plan: Plan, world: World, state: State) -> None:
    result = report(plan, probe_all(plan.catalogue, world), state)
    keys = [(c.path, c.method) for c in result.cells]
    left_out = {(x.path, x.method) for x in exclusions("dev", plan.contract, plan.scope)}
    assert len(keys) == len(set(keys))
    assert {(p.template, o.method) for p in plan.contract.paths for o in p.operations} == (
        {k for k in keys if ("dev", *k) in result.documented} | left_out
    )
    assert not set(keys) & left_out
    assert result.notes == ()
    t = result.totals
    assert t.supported + t.unsupported + t.undetermined + t.excluded == t.documented
    for found in result.cells:
        assert set(found.exchanges) <= set(result.exchanges)
        if found.support is Support.UNDETERMINED:
            assert found.basis is None
            assert found.reason is not None
            assert found.remedy
        else:
            assert found.basis is not None
            assert found.reason is None
            assert found.exchanges
        assert found.why


@SOME
@given(plans(), worlds)
def test_observed_means_that_the_method_itself_was_answered(plan: Plan, world: World) -> None:
    result = report(plan, probe_all(plan.catalogue, world))
    for found in result.cells:
        if found.basis == "observed":
            sent = result.exchanges[found.exchanges[0]]
            assert (sent.probe.method, sent.probe.slot.subject) == (found.method, found.path)
            assert sent.answer is not None
            assert sent.answer.whole


FAILED: Table = {
    ("*", "*"): http(404, "{}"),
    ("*", "/a"): http(405, "[]", "Allow: GET"), ("GET", "/a"): http(200, '{"a": 1}'),
    ("*", "/b"): http(405, "[]", "Allow: GET, PUT"), ("GET", "/b"): http(200, "[1, 2]"),
}  # fmt: skip


@pytest.mark.parametrize("octets", [RESET, b"", b"no http\r\n\r\n", http(200, '{"x": 1}').replace(b": 8", b": 99")])
def test_a_get_that_broke_off_is_no_sign_of_a_missing_path(octets: bytes, tmp_path: Path) -> None:
    with serve({**FAILED, ("GET", "/x"): octets}) as server:
        found = cell(run(tmp_path, server.url, {"/a": "get", "/b": "get", "/x": "get"}), "GET", "/x")
    assert found.support is Support.UNDETERMINED, found.why


@SOME
@given(plans(), worlds)
def test_a_failed_get_is_never_made_into_a_verdict_on_get(plan: Plan, world: World) -> None:
    """What broke off on the way shows nothing about GET; only an Allow may still speak for it."""
    result = report(plan, probe_all(plan.catalogue, world))
    failed = {
        e.probe.slot.subject
        for e in result.exchanges.values()
        if e.probe.method == "GET" and e.probe.purpose == "path" and (e.answer is None or not e.answer.whole)
    }
    for found in result.cells:
        if found.method == "GET" and found.path in failed:
            assert found.basis in (None, "advertised"), found.why


@SOME
@given(plans(), worlds)
def test_a_transcript_gives_the_same_verdicts(plan: Plan, world: World) -> None:
    knowledge = probe_all(plan.catalogue, world)
    text = transcript.header_line() + "".join(transcript.to_line(e) for e in knowledge.in_order())
    again = knowledge_of("dev", list(transcript.read(text.split("\n"), "transcript.jsonl")))
    assert verdicts(plan, again) == verdicts(plan, knowledge)


@SOME
@given(plans(), worlds)
def test_answers_are_final(plan: Plan, world: World) -> None:
    """A later exchange of a slot changes nothing, unless the earlier one had no answer."""
    knowledge = probe_all(plan.catalogue, world)
    later = [replace(e, seq=e.seq + 10_000, failure=None, answer=Answer(500)) for e in knowledge.in_order()]
    again = learn(knowledge, later)
    assert all(again.slots[s] is e for s, e in knowledge.slots.items() if e.answer is not None)
    assert all(again.slots[s].status == 500 for s, e in knowledge.slots.items() if e.answer is None)
