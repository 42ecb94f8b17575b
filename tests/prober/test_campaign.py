"""How a campaign waits, stops and gives up.

The wire here is a stand-in object that answers from a function, so that failures come exactly when wanted; the real
wire has its own tests (tests/wire), and both run together in test_verdict_table.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from auditor.errors import Forbidden
from auditor.evaluation import Scope, plan_environment
from auditor.model.contract import Contract, Location, Operation, PathItem
from auditor.model.environment import Environment, Limits, State
from auditor.model.exchange import Answer, Exchange, Failure, Purpose
from auditor.model.knowledge import Knowledge, learn
from auditor.prober.campaign import Campaign, Clock, doubtful, without
from auditor.prober.candidates import Catalogue
from auditor.prober.exchange_io import Prepared, WireAnswer
from tests.prober.worlds import AT, ORIGIN

HERE = Location("openapi.json", "/paths")
QUICK = Limits(rate=100_000.0, concurrency=4, retries=0)
Says = Callable[[Prepared, int], "WireAnswer | Exception"]


def answer(status: int, *fields: tuple[bytes, bytes]) -> WireAnswer:
    return WireAnswer(status=status, http_version="1.1", end="complete", fields=list(fields))


def polite(request: Prepared, number: int) -> WireAnswer:
    if request.target.startswith("/p"):
        return answer(200, (b"Server", request.target.encode())) if request.method == "GET" else answer(405)
    return answer(404)


@dataclass
class FakeWire:
    """Answers from a function of the request and its number; may raise what the function returns."""

    says: Says
    asked: list[Prepared] = field(default_factory=list)
    sent_total: int = 0
    sent_state_changing: int = 0
    at_once: int = 0
    most_at_once: int = 0

    async def probe(self, prepared: Prepared) -> WireAnswer:
        self.asked.append(prepared)
        self.sent_total += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(0)
            said = self.says(prepared, self.sent_total)
            if isinstance(said, Exception):
                raise said
            return said
        finally:
            self.at_once -= 1


def contract(paths: int = 6) -> Contract:
    items = tuple(PathItem(f"/p{n}", f"/p{n}", HERE, (Operation("GET", HERE),)) for n in range(paths))
    return Contract("spec", "t", "1", "openapi.json", "3.1", (), items)


def campaign(
    says: Says, *, limits: Limits = QUICK, budget: int | None = None, seconds: float = 60.0, paths: int = 6,
    stop_after: int | None = None, environment: Environment | None = None,
) -> tuple[Campaign, FakeWire, list[Exchange]]:  # fmt: skip
    """A whole campaign over `paths` documented paths, run to its end; with its wire and what it recorded."""
    here = environment or Environment("dev", ORIGIN.text, ORIGIN, "", contract="spec", limits=limits)
    catalogue, _ = plan_environment(contract(paths), here, Scope(), "seed")
    recorded: list[Exchange] = []
    wire = FakeWire(says)

    async def main() -> Campaign:
        clock = Clock(asyncio.get_running_loop().time() + seconds)

        def record(exchange: Exchange) -> None:
            recorded.append(exchange)
            if len(recorded) == stop_after:
                clock.stopped.set()

        run = Campaign(here, catalogue, wire, clock, record, budget=budget, trial_pause=0.0)
        await asyncio.wait_for(run.run(), 30)
        return run

    return asyncio.run(main()), wire, recorded


def test_a_complete_campaign_sends_each_needed_probe_once() -> None:
    run, wire, recorded = campaign(polite)
    assert run.state is State.COMPLETE
    assert len(recorded) == wire.sent_total == len(run.knowledge.slots)
    assert [e.seq for e in sorted(recorded, key=lambda e: e.seq)] == list(range(1, len(recorded) + 1))
    assert 1 < wire.most_at_once <= QUICK.concurrency


def test_five_failures_in_a_row_and_a_failed_trial_end_it() -> None:
    run, wire, recorded = campaign(lambda request, n: WireAnswer(failure=Failure.REFUSED))
    assert run.state is State.UNREACHABLE
    assert "refused" in run.why
    assert wire.sent_total <= 5 + QUICK.concurrency
    assert len(recorded) == wire.sent_total - 1  # the trial is no exchange of its own


def test_a_trial_that_is_answered_resumes() -> None:
    down = range(10, 15)
    run, wire, _ = campaign(
        lambda request, n: WireAnswer(failure=Failure.RESET) if n in down else polite(request, n),
        limits=replace(QUICK, concurrency=1),
    )
    assert run.state is State.COMPLETE
    assert wire.sent_total > max(down)


def test_an_environment_that_collapses_again_and_again_is_given_up() -> None:
    """Every trial is answered, and then five probes fail: that must end, too."""
    run, wire, _ = campaign(
        lambda request, n: polite(request, n) if n % 6 == 0 else WireAnswer(failure=Failure.RESET),
        limits=replace(QUICK, concurrency=1), paths=60,
    )  # fmt: skip
    assert run.state is State.UNREACHABLE
    assert wire.sent_total < 50


def closing(*methods: str) -> Says:
    return lambda request, n: WireAnswer(failure=Failure.CLOSED) if request.method in methods else polite(request, n)


def test_a_host_that_closes_on_the_control_is_not_down_and_is_asked_the_stand_in() -> None:
    run, wire, _ = campaign(closing("REPORT"), paths=20, limits=replace(QUICK, concurrency=1))
    assert run.state is State.COMPLETE
    asked = Counter(request.method for request in wire.asked)
    assert asked["SEARCH"] >= 20, "the stand-in takes the place of the control"
    assert all(any(r.method == "GET" and r.target == f"/p{n}" for r in wire.asked) for n in range(20))


def test_a_host_that_closes_on_every_foreign_method_is_not_down() -> None:
    run, wire, _ = campaign(
        closing("REPORT", "SEARCH", "PROPFIND", "TRACE"), paths=20, limits=replace(QUICK, concurrency=1)
    )
    assert run.state is State.COMPLETE
    assert {r.target for r in wire.asked if r.method == "GET"} >= {f"/p{n}" for n in range(20)}
    assert run._trials == 0, "nothing waited for a host that was there all the time"


def test_what_closes_on_get_too_is_down() -> None:
    run, _, _ = campaign(lambda request, n: polite(request, n) if n < 4 else WireAnswer(failure=Failure.CLOSED))
    assert run.state is State.UNREACHABLE


@pytest.mark.parametrize("budget", [0, 1, 7])
def test_the_budget_is_hard(budget: int) -> None:
    run, wire, recorded = campaign(polite, budget=budget)
    assert run.state is State.BUDGET
    assert str(budget) in run.why
    assert wire.sent_total == len(recorded) == budget


def test_the_default_budget_is_the_upper_bound_with_every_retry() -> None:
    limits = replace(QUICK, retries=2)
    run, _, _ = campaign(polite, limits=limits)
    assert run.budget == run.catalogue.upper_bound * 3


def test_a_deadline_in_the_past_sends_nothing() -> None:
    run, wire, _ = campaign(polite, seconds=-1.0)
    assert run.state is State.DEADLINE
    assert wire.sent_total == 0


def test_a_stop_sends_nothing_more_and_keeps_what_is_known() -> None:
    run, wire, recorded = campaign(polite, stop_after=3, limits=replace(QUICK, concurrency=1))
    assert run.state is State.INTERRUPTED
    assert 3 <= len(recorded) <= 4
    assert wire.sent_total <= 5
    assert set(run.knowledge.slots) == {e.probe.slot for e in recorded}


@dataclass
class Hanging(FakeWire):
    """Never answers, and asks for a stop as soon as something was sent."""

    clock: Clock | None = None

    async def probe(self, prepared: Prepared) -> WireAnswer:
        self.sent_total += 1
        assert self.clock is not None
        self.clock.stopped.set()
        await asyncio.Event().wait()
        raise AssertionError


def test_what_hangs_is_given_up_when_the_audit_is_stopped() -> None:
    async def main() -> Campaign:
        clock = Clock(asyncio.get_running_loop().time() + 60)
        here = Environment("dev", ORIGIN.text, ORIGIN, "", limits=QUICK)
        catalogue, _ = plan_environment(contract(), here, Scope(), "seed")
        run = Campaign(here, catalogue, Hanging(polite, clock=clock), clock, lambda e: None)
        await asyncio.wait_for(run.run(), 30)
        return run

    assert asyncio.run(main()).state is State.INTERRUPTED


def test_a_probe_is_sent_again_after_a_reset_and_its_attempts_are_counted() -> None:
    seen: dict[tuple[str, str], int] = {}

    def flaky(request: Prepared, number: int) -> WireAnswer:
        key = (request.method, request.target)
        seen[key] = seen.get(key, 0) + 1
        if request.target == "/p0" and seen[key] == 1:
            return WireAnswer(failure=Failure.RESET)
        return polite(request, number)

    run, _, _ = campaign(flaky, limits=replace(QUICK, retries=2))
    first = run.knowledge.exchange(Purpose.PATH, "GET", "/p0")
    assert first is not None
    assert (first.status, first.attempts) == (200, 2)


def test_a_final_failure_is_the_outcome_of_the_last_attempt() -> None:
    def bad(request: Prepared, number: int) -> WireAnswer:
        return answer(429, (b"Retry-After", b"0")) if request.target == "/p0" else polite(request, number)

    run, wire, _ = campaign(bad, limits=replace(QUICK, retries=1))
    first = run.knowledge.exchange(Purpose.PATH, "GET", "/p0")
    assert first is not None
    assert (first.status, first.attempts) == (429, 2)
    assert sum(r.target == "/p0" and r.method == "GET" for r in wire.asked) in (2, 4)


@pytest.mark.parametrize("error", [RuntimeError("x"), ValueError("y"), RecursionError(), UnicodeError()])
def test_one_probe_that_raises_fails_alone(error: Exception) -> None:
    def says(request: Prepared, number: int) -> WireAnswer | Exception:
        return error if (request.method, request.target) == ("GET", "/p3") else polite(request, number)

    run, _, _ = campaign(says)
    assert run.state is State.COMPLETE
    failed = [s for s, e in run.knowledge.slots.items() if e.answer is None]
    assert [(s.method, s.subject) for s in failed] == [("GET", "/p3")]
    bad = run.knowledge.slots[failed[0]]
    assert bad.failure is Failure.INTERNAL


def test_an_answer_that_cannot_be_kept_fails_alone() -> None:
    def says(request: Prepared, number: int) -> WireAnswer:
        if (request.method, request.target) == ("GET", "/p3"):
            return replace(answer(200), fields=[(b"X", None)])  # type: ignore[list-item]
        return polite(request, number)

    run, _, _ = campaign(says)
    bad = run.knowledge.exchange(Purpose.PATH, "GET", "/p3")
    assert bad is not None
    assert bad.failure is Failure.INTERNAL
    assert run.state is State.COMPLETE


def test_what_the_guard_refuses_costs_that_probe_only() -> None:
    def says(request: Prepared, number: int) -> WireAnswer | Exception:
        return Forbidden("no") if request.target == "/p3" else polite(request, number)

    run, _, _ = campaign(says)
    assert run.state is State.COMPLETE
    refused = {s.subject for s, e in run.knowledge.slots.items() if e.failure is Failure.FORBIDDEN}
    assert refused == {"/p3"}


def test_a_secret_in_an_answer_is_not_recorded() -> None:
    secret = "t0p-s3cret-value"
    here = Environment("dev", ORIGIN.text, ORIGIN, "", limits=QUICK, headers=(("X-Key", secret),))
    _, _, recorded = campaign(lambda request, n: answer(404, (b"Server", secret.encode())), environment=here)
    assert recorded
    assert secret not in repr(recorded)


# --- what an environment said before it died --------------------------------------------------------------------------


def outcomes(*rows: int | Failure) -> Knowledge:
    """Knowledge of exchanges in that order, each a status or a failure."""
    catalogue: Catalogue = plan_environment(
        contract(40), Environment("dev", ORIGIN.text, ORIGIN, ""), Scope(), "seed")[0]  # fmt: skip
    exchanges = [
        Exchange(c.probe, n, AT, 0.0, 1, failure=row) if isinstance(row, Failure)
        else Exchange(c.probe, n, AT, 0.0, 1, answer=Answer(row))
        for n, (c, row) in enumerate(zip(catalogue.candidates, rows, strict=False), start=1)
    ]  # fmt: skip
    return learn(Knowledge("dev"), exchanges)


def numbers(knowledge: Knowledge, ids: frozenset[str]) -> list[int]:
    return sorted(e.seq for e in knowledge.in_order() if e.id in ids)


def test_the_last_refusals_before_death_are_doubtful() -> None:
    known = outcomes(200, 404, 405, 404, 500, 200, Failure.RESET, 503, Failure.REFUSED)
    assert numbers(known, doubtful(known, 2)) == [3, 4, 5]
    assert numbers(known, doubtful(known, 1)) == [5]


def test_nothing_is_doubtful_where_nothing_failed_or_everything_did() -> None:
    assert doubtful(outcomes(Failure.RESET, Failure.RESET), 4) == frozenset()
    assert doubtful(outcomes(), 4) == frozenset()
    assert doubtful(outcomes(200, 200, 204), 4) == frozenset()


def test_what_is_taken_away_leaves_the_rest() -> None:
    known = outcomes(200, 404, 405, Failure.RESET)
    gone = doubtful(known, 1)
    assert [e.seq for e in without(known, gone).in_order()] == [1, 4]
