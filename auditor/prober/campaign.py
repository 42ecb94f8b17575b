"""One environment's audit as it runs: waves of probes until nothing is needed, or until it has to stop.

The decisions are pure and live elsewhere (needed, retry_delay, tripped); this file only waits and sends.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from auditor.errors import Forbidden
from auditor.model.environment import Environment, State
from auditor.model.exchange import Exchange, Failure, Form, Probe, Purpose, ServedSpec
from auditor.model.knowledge import Knowledge, learn
from auditor.model.methods import CONTROLS
from auditor.prober.candidates import Catalogue
from auditor.prober.exchange_io import Bounds, Prepared, WireAnswer
from auditor.prober.harvest import Wanted
from auditor.prober.observe import exchange as observe
from auditor.prober.pace import TRIAL_PAUSE, Breaker, Pacer, is_down, retry_after, retry_delay
from auditor.prober.redact import Redactor
from auditor.prober.shut import CLOSING, is_shut
from auditor.prober.surveys.served_spec import MAX_OCTETS

CHUNK = 64
"""Probes sent at least between two looks at what is still needed: what is learnt early spares requests later."""
LOOKS = 16
"""About so many looks a run takes, however large the contract."""

STALL_CONCURRENCY = 1

MAX_TRIALS = 5
"""An environment that collapses more often than this is unreachable."""

ROOM = Bounds(body=MAX_OCTETS, wire=2 * MAX_OCTETS + 65536, body_share=1.0)
"""For a description; all other content is read as far as tells answers apart."""

ACCEPT = (("Accept", "*/*"), ("Accept-Encoding", "identity"))

Record = Callable[[Exchange], None]
Check = Callable[[Probe, WireAnswer], Awaitable[tuple[str, ...]]]
"""What response rules see in a final answer, as observations of its Exchange (prober/conformance)."""
Describe = Callable[[WireAnswer], Awaitable[ServedSpec]]
"""What a description that came as an answer documents; reading descriptions is not the prober's business."""
_jitter = random.Random().random  # noqa: S311 - spreads retries, guards nothing


class WireLike(Protocol):
    """What a campaign needs of transport.Wire."""

    sent_total: int
    sent_state_changing: int

    async def probe(self, prepared: Prepared) -> WireAnswer: ...


@dataclass(slots=True)
class Clock:
    """The end of the run: a loop time, and whether somebody asked to stop."""

    deadline: float
    stopped: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def over(self) -> bool:
        return self.stopped.is_set() or asyncio.get_running_loop().time() >= self.deadline

    def left(self) -> float:
        return max(0.0, self.deadline - asyncio.get_running_loop().time())


class Campaign:
    """Sends what the catalogue needs to one environment. `state` and `knowledge` are the result."""

    def __init__(
        self, environment: Environment, catalogue: Catalogue, wire: WireLike, clock: Clock, record: Record, *,
        budget: int | None = None, trial_pause: float = TRIAL_PAUSE, progress: Callable[[int], None] = lambda n: None,
        check: Check | None = None, describe: Describe | None = None,
    ) -> None:  # fmt: skip
        self.environment, self.catalogue, self.wire, self.clock, self.record = (
            environment,
            catalogue,
            wire,
            clock,
            record,
        )
        self.knowledge = Knowledge(environment.name)
        self.state = State.COMPLETE
        self.why = ""
        self.seconds = 0.0
        self.budget = budget if budget is not None else catalogue.upper_bound * (1 + environment.limits.retries)
        self._trial_pause, self._progress, self._check, self._describe = trial_pause, progress, check, describe
        self._chunk = max(CHUNK, catalogue.upper_bound // LOOKS)
        self._pacer = Pacer(environment.limits)
        self._breaker = Breaker()
        self._redactor = Redactor(v for _, v in environment.headers)
        self._seq = 0
        self._stalls = asyncio.Semaphore(STALL_CONCURRENCY)
        self._acted = False
        """In this wave an unfinished request was answered 2xx: code may act without the content that it announces."""
        self._trials = 0
        self._reachable = False
        self._answered: set[str] = set()
        """Methods that got a status."""

    async def run(self) -> None:
        """Sends waves until nothing is needed, or it has to stop."""
        started = time.monotonic()
        while self.state is State.COMPLETE:
            if self._must_stop():
                break
            self.catalogue = self.catalogue.after(self.knowledge)
            wave = self.catalogue.needed(self.knowledge)[: self._chunk]
            if not wave:
                break
            known = len(self.knowledge.slots)
            await self._send_wave(wave)
            if len(self.knowledge.slots) == known and not self._may_go_on():
                break
            if self._breaker.down and not self.clock.over:
                await self._trial(wave)
        self.seconds = time.monotonic() - started

    def _may_go_on(self) -> bool:
        """Whether a wave that taught nothing leaves anything to wait for: an environment that is down, or a stop."""
        return self._breaker.down or self.clock.over or self.wire.sent_total >= self.budget or self._acted

    def _must_stop(self) -> bool:
        if self.clock.stopped.is_set():
            self.state, self.why = State.INTERRUPTED, "the audit was stopped by a signal"
        elif self.clock.over:
            self.state, self.why = State.DEADLINE, "the deadline passed before every probe was sent"
        elif self.wire.sent_total >= self.budget:
            self.state, self.why = State.BUDGET, f"the budget of {self.budget} requests was used up"
        return self.state is not State.COMPLETE

    async def _send_wave(self, wave: Sequence[Probe]) -> None:
        """All probes of a wave; those that the breaker or the clock forbids stay unsent."""
        self._acted = False  # what was answered before this wave, the catalogue knows
        tasks = [asyncio.create_task(self._one(p)) for p in wave]
        stop = asyncio.create_task(self.clock.stopped.wait())
        try:
            pending: set[asyncio.Task[Exchange | None]] = set(tasks)
            while pending and not self.clock.over:
                await asyncio.wait({*pending, stop}, timeout=self.clock.left(), return_when=asyncio.FIRST_COMPLETED)
                pending = {t for t in pending if not t.done()}
        finally:
            for task in (*tasks, stop):
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.gather(stop, return_exceptions=True)
        done = [r for r in results if isinstance(r, Exchange)]
        self.knowledge = learn(self.knowledge, done)

    async def _one(self, probe: Probe) -> Exchange | None:
        """One probe with its retries; None where it was not sent. One bad probe harms only itself (PROMISES P21)."""
        if probe.form is Form.PLAIN:
            return await self._until_final(probe)
        # At most one stalled request per environment: each may bind a worker of a synchronous server (DESIGN §5).
        async with self._stalls:
            if self._acted:
                return None  # what was planned before that answer is planned anew
            return await self._until_final(probe)

    async def _until_final(self, probe: Probe) -> Exchange | None:
        attempts = 0
        while True:
            async with self._pacer.turn():
                if self._breaker.down or self.clock.over or self.wire.sent_total >= self.budget:
                    return None
                attempts += 1
                at = datetime.now(UTC)
                answer = await self._ask(probe)
            if answer.status is not None:
                self._answered.add(probe.method)
            closed = self._is_shut(probe, answer)
            if not closed and self._breaker.record(answer.failure, self._counted(answer.status)):
                break
            if closed and is_shut(self.knowledge, probe.method):
                break  # to ask again would be a waste
            values = [v.decode("latin-1") for n, v in answer.fields if n.lower() == b"retry-after"]
            limits, now = self.environment.limits, time.time()
            delay = retry_delay(probe.method, attempts, answer.failure, answer.status, values, limits, now, _jitter())
            too_long = answer.status == 503 and (retry_after(values, now) or 0.0) > limits.retry_after_cap
            if delay is None or too_long or delay > self.clock.left():
                break
            if answer.status in (429, 503):
                self._pacer.pause_until(asyncio.get_running_loop().time() + delay)
            else:
                await asyncio.sleep(delay)
        self._seq += 1
        unread = probe.form is not Form.PLAIN and probe.method in ("POST", "PUT", "PATCH")
        self._acted |= unread and answer.status is not None and 200 <= answer.status < 300
        seq = self._seq
        seen, served = await self._checked(probe, answer), await self._described(probe, answer)
        return self._keep(probe, answer, at, attempts, seq, seen, served)

    def _is_shut(self, probe: Probe, answer: WireAnswer) -> bool:
        """Closed on a method that nobody implements, while others are answered: no sign of a dead host (P14)."""
        foreign = probe.method in CONTROLS and probe.method not in self._answered
        return answer.failure in CLOSING and foreign and bool(self._answered)

    async def _described(self, probe: Probe, answer: WireAnswer) -> ServedSpec | None:
        """What it documents, where a description was asked for. A stop amid reading costs that, never the answer."""
        if self._describe is None or probe.purpose is not Purpose.SERVED_SPEC or answer.status is None:
            return None
        try:
            return await self._describe(answer)
        except (Exception, asyncio.CancelledError):
            return ServedSpec(problem="it was not read to the end")

    async def _checked(self, probe: Probe, answer: WireAnswer) -> tuple[str, ...]:
        """What response rules see. A stop or an error amid it costs the observations, never the answer."""
        if self._check is None or answer.status is None:
            return ()
        try:
            return await self._check(probe, answer)
        except (Exception, asyncio.CancelledError):
            return ()

    def _counted(self, status: int | None) -> int | None:
        """Once a control was answered amid 502, 503 and 504, those are answers of single paths, not of a dead host."""
        return None if self._reachable else status

    async def _ask(self, probe: Probe) -> WireAnswer:
        try:
            content = self.catalogue.content(probe, self.knowledge)
            fields = (*ACCEPT, *probe.fields)
            room = ROOM if probe.purpose is Purpose.SERVED_SPEC else None
            prepared = Prepared(probe.origin, probe.method, probe.target, fields, content, probe.anonymous, room)
            return await self.wire.probe(prepared)
        except Forbidden as refused:
            # The description asked for something that the guard does not let out: this probe alone is lost.
            return WireAnswer(failure=Failure.FORBIDDEN, detail=refused.what)
        except Exception as error:
            return WireAnswer(failure=Failure.INTERNAL, detail=type(error).__name__)

    def _keep(
        self, probe: Probe, answer: WireAnswer, at: datetime, attempts: int, seq: int, seen: tuple[str, ...],
        served: ServedSpec | None,
    ) -> Exchange:  # fmt: skip
        try:
            kept = observe(
                probe, answer, seq, at, attempts, self._redactor, observations=seen,
                keep_bodies=self.environment.keep_bodies, build_header=self.environment.build_header,
                build_pointer=self.environment.build_pointer, wanted=self._wanted(probe), served=served,
            )  # fmt: skip
        except Exception as error:
            failed = WireAnswer(failure=Failure.INTERNAL, detail=type(error).__name__)
            kept = observe(probe, failed, seq, at, attempts, self._redactor)
        self.record(kept)
        self._progress(self._seq)
        return kept

    def _wanted(self, probe: Probe) -> tuple[Wanted, ...]:
        """Objects that the answer to this probe may name."""
        plain = probe.purpose is Purpose.PATH and probe.method == "GET" and probe.form is Form.PLAIN
        return self.catalogue.wanted.get(probe.slot.subject, ()) if plain else ()

    async def _trial(self, wave: Sequence[Probe]) -> None:
        """After a pause, one probe that was answered before decides whether the environment is back (PROMISES P14)."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.clock.stopped.wait(), min(self._trial_pause, self.clock.left()))
        if self.clock.over:
            return
        well = [e.probe for e in self.knowledge.in_order() if e.answer and not is_down(None, e.status)]
        answer = await self._ask(well[-1] if well else wave[0])
        if self._trials >= MAX_TRIALS or self._breaker.record(answer.failure, answer.status):
            self._give_up()
        self._trials += 1
        self._reachable = True

    def _give_up(self) -> None:
        self.state = State.UNREACHABLE
        last = next((e for e in reversed(self.knowledge.in_order()) if e.failure or (e.status or 0) >= 500), None)
        seen = (last.failure or f"status {last.status}") if last else "no answer"
        answered = sum(e.answer is not None and not is_down(None, e.status) for e in self.knowledge.slots.values())
        after = f"it stopped answering after {answered} answers" if answered else "it never answered"
        self.why = f"{after} ({seen})"


def doubtful(knowledge: Knowledge, concurrency: int) -> frozenset[str]:
    """Ids of the last answers before an environment died: they may be those of a dying one (PROMISES P27).

    A pure function of the sequence: the answers in the window before the final run of failures that are not 2xx.
    """
    ordered = knowledge.in_order()
    end = len(ordered)
    while end and (ordered[end - 1].failure is not None or ordered[end - 1].status in (502, 503, 504)):
        end -= 1
    window = ordered[max(0, end - 2 * concurrency) : end]
    return frozenset(e.id for e in window if e.status is not None and not 200 <= e.status < 300)


def without(knowledge: Knowledge, ids: frozenset[str]) -> Knowledge:
    """Knowledge less those exchanges."""
    return Knowledge(knowledge.environment, {s: e for s, e in knowledge.slots.items() if e.id not in ids})
