"""When to send again, when to stop, how fast to start: decisions on a list of outcomes, no server needed."""

from __future__ import annotations

import asyncio
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.model.environment import Limits
from auditor.model.exchange import Failure
from auditor.prober.pace import AGAIN, Breaker, Pacer, retry_after, retry_delay, tripped

from .helpers import run

NOW = 1_700_000_000.0
LIMITS = Limits()


def delay(method="GET", attempts=1, failure=None, status=None, values=(), limits=LIMITS, jitter=0.5):
    return retry_delay(method, attempts, failure, status, values, limits, NOW, jitter)


@pytest.mark.parametrize("failure", list(Failure))
def test_which_failures_are_sent_again(failure):
    expected = failure in {
        Failure.DNS, Failure.REFUSED, Failure.CONNECT_TIMEOUT, Failure.RESET, Failure.CLOSED,
    }  # fmt: skip
    assert (delay(failure=failure) is not None) == expected == (failure in AGAIN)


@pytest.mark.parametrize("status", [200, 301, 401, 404, 405, 429, 500, 502, 503, 504])
def test_which_answers_are_asked_again(status):
    assert (delay(status=status) is not None) == (status in (429, 503))


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "get", "LOCK"])
def test_only_safe_methods_are_sent_again(method):
    assert delay(method, failure=Failure.REFUSED) is None
    assert delay(method, status=503, values=["1"]) is None


def test_at_most_the_retries_of_the_limits():
    assert [delay(attempts=n, status=503) is None for n in (1, 2, 3, 4)] == [False, False, True, True]
    assert delay(status=503, limits=Limits(retries=0)) is None


def test_back_off_grows_and_is_jittered():
    assert delay(status=503) == pytest.approx(0.2)
    assert delay(attempts=2, status=503) == pytest.approx(0.4)
    assert delay(status=503, jitter=0.0) == pytest.approx(0.1)
    assert delay(status=503, jitter=1.0) == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["7"], 7.0), ([" 7 "], 7.0), ([formatdate(NOW + 9, usegmt=True)], 9.0), (["3", "8"], 8.0), (["x", "3"], 3.0),
        (["Sunday, 06-Nov-94 08:49:37 GMT"], None), (["0"], None), (["-5"], None), (["1.5"], None), ([""], None),
        ([formatdate(NOW - 9, usegmt=True)], None), (["soon"], None), (["\u0663"], None), (["Tue, 99 Xxx 9999"], None),
        (["Wed, 31 Dec 9999999999 23:59:59 GMT"], None), (["9" * 5000], float("inf")), ([], None),
        (["1" + " " * 99 + "1"], None),
    ],
)  # fmt: skip
def test_retry_after_in_both_forms(values, expected):
    assert retry_after(values, NOW) == expected


def test_retry_after_is_capped_and_garbage_means_own_back_off():
    assert delay(status=429, values=["7"]) == 7.0
    assert delay(status=429, values=["86400"]) == 60.0
    assert delay(status=429, values=["9" * 5000]) == 60.0
    for garbage in ("-1", "soon", formatdate(0, usegmt=True)):
        assert delay(status=429, values=[garbage]) == pytest.approx(0.2)
    assert delay(failure=Failure.REFUSED, values=["7"]) == pytest.approx(0.2)


@given(
    st.integers(1, 50), st.sampled_from([None, *Failure]), st.sampled_from([None, 200, 429, 503]),
    st.lists(st.one_of(st.text(max_size=30), st.integers(-9, 10**15).map(str)), max_size=3), st.floats(0, 1),
)  # fmt: skip
def test_a_delay_is_never_negative_nor_beyond_the_cap(attempts, failure, status, values, jitter):
    seconds = delay("GET", attempts, failure, status, values, jitter=jitter)
    if seconds is None:
        return
    assert 0 <= seconds <= LIMITS.retry_after_cap
    assert attempts <= LIMITS.retries


@given(st.lists(st.booleans(), max_size=30))
def test_breaker_trips_on_five_in_a_row(outcomes):
    text = "".join("x" if o else "." for o in outcomes)
    assert tripped(outcomes) == text.endswith("xxxxx")
    breaker = Breaker()
    for outcome in outcomes:
        breaker.record(Failure.REFUSED if outcome else None, None if outcome else 404)
    assert breaker.down == tripped(outcomes)


def test_what_counts_as_down():
    breaker = Breaker()
    for failure, status in (
        (Failure.TLS, None), (None, 502), (None, 503), (None, 504), (Failure.DEADLINE, None),
    ):  # fmt: skip
        assert not breaker.down
        breaker.record(failure, status)
    assert breaker.down
    assert not breaker.record(None, 500)
    for _ in range(9):
        breaker.record(Failure.PROTOCOL, None)
    assert not breaker.down, "a malformed answer is an answer"


class FakeTime:
    """The pacer on a clock of its own, so that nothing here depends on the machine's speed."""

    def __init__(self, monkeypatch):
        self.now = 100.0
        monkeypatch.setattr("auditor.prober.pace.asyncio.sleep", self.sleep)
        monkeypatch.setattr(asyncio.BaseEventLoop, "time", lambda _: self.now)

    async def sleep(self, seconds):
        assert seconds > 0
        self.now += seconds


def starts(pacer, count, clock):
    async def work():
        moments = []

        async def one():
            async with pacer.turn():
                moments.append(clock.now)

        for _ in range(count):
            await one()
        return moments

    return asyncio.run(work())


def test_starts_are_evenly_spaced(monkeypatch):
    clock = FakeTime(monkeypatch)
    moments = starts(Pacer(Limits(rate=20.0, concurrency=4)), 5, clock)
    assert moments == pytest.approx([100.0, 100.05, 100.1, 100.15, 100.2])


def test_idle_time_buys_a_quarter_of_the_concurrency_at_most(monkeypatch):
    clock = FakeTime(monkeypatch)
    pacer = Pacer(Limits(rate=10.0, concurrency=8))
    starts(pacer, 3, clock)
    clock.now += 60
    moments = starts(pacer, 4, clock)
    assert [m - moments[0] for m in moments] == pytest.approx([0.0, 0.0, 0.1, 0.2])


def test_pause_holds_every_start_and_is_never_shortened(monkeypatch):
    clock = FakeTime(monkeypatch)
    pacer = Pacer(Limits(rate=10.0, concurrency=4))
    pacer.pause_until(130.0)
    pacer.pause_until(110.0)
    assert starts(pacer, 2, clock) == pytest.approx([130.0, 130.1])


def test_concurrency_is_bounded_and_slots_come_back():
    """Also after exceptions and cancellation."""
    pacer = Pacer(Limits(rate=1e6, concurrency=3))
    inside = peak = 0

    async def one(fate):
        nonlocal inside, peak
        async with pacer.turn():
            inside += 1
            peak = max(peak, inside)
            try:
                await asyncio.sleep(0 if fate else 60)
                if fate == 1:
                    raise ValueError
            finally:
                inside -= 1

    async def work():
        tasks = [asyncio.create_task(one(n % 3)) for n in range(30)]
        while any(not t.done() for t in tasks):
            for task in tasks[::3]:
                task.cancel()
            await asyncio.sleep(0)
        results = await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(one(2) for _ in range(3)))
        return results

    assert len(run(work())) == 30
    assert peak <= 3
    assert inside == 0
