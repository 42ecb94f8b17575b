"""When the next request may start, whether one is sent again, and when an environment counts as down (P11-P14)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC

from auditor.model.environment import Limits
from auditor.model.exchange import Failure
from auditor.model.methods import is_safe

DOWN_AFTER = 5
"""Failures in a row after which an environment counts as down (P14)."""

TRIAL_PAUSE = 5.0
"""Seconds before the one probe that decides whether a downed environment is back."""

AGAIN = frozenset({Failure.DNS, Failure.REFUSED, Failure.CONNECT_TIMEOUT, Failure.RESET, Failure.CLOSED})
"""Failures before any octet of an answer: the only ones after which a probe is sent again (P13)."""

_BACK_OFF = 0.2
_SECONDS = re.compile(r"[0-9]+\Z")


def retry_delay(
    method: str,
    attempts: int,
    failure: Failure | None,
    status: int | None,
    retry_after_values: Iterable[str],
    limits: Limits,
    now: float,
    jitter: float,
) -> float | None:
    """Seconds until this request is sent again, or None where what happened is final (P12, P13).

    `attempts` counts the requests sent so far (from 1), `now` is POSIX time, `jitter` from 0 to 1.
    """
    if attempts > limits.retries or not is_safe(method) or method == "TRACE":  # TRACE: once at the most (P1)
        return None
    if failure not in AGAIN and status not in (429, 503):
        return None
    asked = retry_after(retry_after_values, now) if failure is None else None
    if asked is not None:
        return min(asked, limits.retry_after_cap)
    own: float = _BACK_OFF * 2 ** (attempts - 1) * (0.5 + jitter)
    return min(own, limits.retry_after_cap)


def retry_after(values: Iterable[str], now: float) -> float | None:
    """Seconds that `Retry-After` asks for, the most of several; None: none, garbage, the past (RFC 9110 §10.2.3)."""
    waits = [w for w in (_wait(v.strip(" \t"), now) for v in values) if w is not None and w > 0]
    return max(waits, default=None)


def _wait(value: str, now: float) -> float | None:
    if _SECONDS.match(value):
        return float(value[:12]) if len(value) <= 12 else float("inf")
    if len(value) > 64:
        return None
    from email.utils import parsedate_to_datetime

    try:
        when = parsedate_to_datetime(value)
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() - now
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def is_down(failure: Failure | None, status: int | None) -> bool:
    """Whether an outcome counts towards the breaker: no connection, or a gateway that found nobody behind it."""
    return (failure is not None and failure.is_transport) or status in (502, 503, 504)


def tripped(outcomes: Sequence[bool]) -> bool:
    """Whether a sequence of outcomes (true: `is_down`) ends with the environment down (P14).

    One more outcome, of the probe after the pause, is enough to decide: false brings it back.
    """
    return len(outcomes) >= DOWN_AFTER and all(outcomes[-DOWN_AFTER:])


class Breaker:
    """`tripped`, fed one outcome at a time, without keeping them all."""

    def __init__(self) -> None:
        self._last: list[bool] = []

    def record(self, failure: Failure | None, status: int | None) -> bool:
        """Adds an outcome; whether the environment is down now."""
        self._last = [*self._last, is_down(failure, status)][-DOWN_AFTER:]
        return self.down

    @property
    def down(self) -> bool:
        return tripped(self._last)


class Pacer:
    """Rate and concurrency of one environment (P11): starts are spread evenly.

    After idle or late moments at most a quarter of the concurrency starts at once: wider bursts overflow small accept
    queues, and each victim then waits a second (TRANSPORT §10.1).
    """

    def __init__(self, limits: Limits) -> None:
        self._slots = asyncio.Semaphore(limits.concurrency)
        self._gate = asyncio.Lock()
        self._interval = 1.0 / limits.rate
        self._debt = (max(1, limits.concurrency // 4) - 1) * self._interval
        self._next = float("-inf")
        self._paused_until = float("-inf")

    def pause_until(self, monotonic: float) -> None:
        """Nothing starts before that time of the event loop's clock (`time.monotonic`); never shortens a pause."""
        self._paused_until = max(self._paused_until, monotonic)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Holds one slot of the concurrency from the allotted start until the block ends, however it ends."""
        async with self._slots:
            await self._start()
            yield

    async def _start(self) -> None:
        loop = asyncio.get_running_loop()
        async with self._gate:
            while (wait := max(self._next, self._paused_until) - loop.time()) > 0:
                await asyncio.sleep(wait)
            self._next = max(self._next, loop.time() - self._debt) + self._interval
