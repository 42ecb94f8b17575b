"""The worker's life: off the event loop, ended when it takes too long, without secrets, and missed by nobody."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from auditor.model.environment import Environment, Origin
from auditor.model.exchange import Exchange, Probe, Purpose, Slot
from auditor.prober import checker as module
from auditor.prober.campaign import Campaign, Clock
from auditor.prober.candidates import Catalogue
from auditor.prober.checker import MAX_STARTS, Checker
from auditor.prober.exchange_io import Prepared, WireAnswer

ENDLESS = {"type": "string", "pattern": "^(a+)+$"}


def job(schema: Any, body: bytes = b"{}") -> dict[str, Any]:
    return {"library": 1, "dialect": "3.1", "schema_dialect": None, "file": "f", "schema": schema, "body": body,
            "charset": None}  # fmt: skip


async def nothing(file: str, ref: str) -> None:
    """Knows no reference."""


SLOW = job(ENDLESS, b'"' + b"a" * 64 + b'!"')


def test_other_work_goes_on_while_a_body_is_checked() -> None:
    order: list[str] = []

    async def run() -> None:
        checker = Checker(seconds=0.5)

        async def check() -> None:
            assert await checker.check(SLOW, nothing) == {"unchecked": "time"}
            order.append("check")

        async def probe() -> None:
            for _ in range(20):
                await asyncio.sleep(0)
            order.append("probe")

        try:
            await asyncio.gather(check(), probe())
        finally:
            await checker.close()

    asyncio.run(run())
    assert order == ["probe", "check"]


def test_after_an_endless_body_the_next_one_is_checked_by_a_new_worker() -> None:
    async def run() -> list[Any]:
        checker = Checker(seconds=0.5)
        try:
            first = await checker.check(SLOW, nothing)
            checker._seconds = 60.0  # a busy machine may take its time
            return [first, await checker.check(job({"type": "array"}), nothing), checker.starts]
        finally:
            await checker.close()

    assert asyncio.run(run()) == [{"unchecked": "time"}, {"errors": [["", "type", "array object"]]}, 2]


def test_a_worker_that_dies_is_replaced_a_few_times() -> None:
    async def run() -> list[Any]:
        checker = Checker()
        answers = []
        try:
            for _ in range(MAX_STARTS + 1):
                answers.append(await checker.check(job({"type": "array"}), nothing))
                if checker._process is not None:
                    checker._process.kill()
                    await checker._process.wait()
            return answers
        finally:
            await checker.close()

    answers = asyncio.run(run())
    assert answers == [{"errors": [["", "type", "array object"]]}] * MAX_STARTS + [{"unchecked": "worker"}]


@pytest.mark.parametrize("program", ["/nowhere/python", "/bin/false", "/bin/cat"])
def test_a_worker_that_cannot_start_costs_the_checks_only(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", program)

    async def run() -> Any:
        checker = Checker(start_seconds=1.0)
        try:
            return await checker.check(job({"type": "array"}), nothing)
        finally:
            await checker.close()

    assert asyncio.run(run()) == {"unchecked": "worker"}


def test_a_stop_ends_the_worker() -> None:
    async def run() -> int:
        checker = Checker(seconds=30.0)
        await checker.check(job({}), nothing)
        assert checker._process is not None
        pid = checker._process.pid
        task = asyncio.create_task(checker.check(SLOW, nothing))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert checker._process is None
        return pid

    pid = asyncio.run(run())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_the_worker_gets_no_secret_and_no_module_of_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "jsonschema.py").write_text("raise SystemExit('imported from the current folder')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOKEN", "opensesame")
    seen: dict[str, Any] = {}
    start = asyncio.create_subprocess_exec

    async def spy(*arguments: Any, **more: Any) -> Any:
        seen.update(more, arguments=arguments)
        return await start(*arguments, **more)

    monkeypatch.setattr(module.asyncio, "create_subprocess_exec", spy)

    async def run() -> Any:
        checker = Checker()
        try:
            return await checker.check(job({"type": "array"}), nothing)
        finally:
            await checker.close()

    assert asyncio.run(run()) == {"errors": [["", "type", "array object"]]}
    assert "opensesame" not in repr(seen)
    assert str(tmp_path) not in seen["env"]["PYTHONPATH"].split(os.pathsep)


HERE = Origin("http", "127.0.0.1", 80)


class Answering:
    """A wire on which every request is answered 200."""

    sent_total = 0
    sent_state_changing = 0

    async def probe(self, prepared: Prepared) -> WireAnswer:
        return WireAnswer(status=200, end="complete")


async def one_probe(check: Callable[[Clock], Awaitable[tuple[str, ...]]]) -> list[tuple[int | None, tuple[str, ...]]]:
    """Sends one probe in a campaign with that check: the status and observations that its knowledge holds."""
    clock = Clock(asyncio.get_running_loop().time() + 60)
    environment = Environment("dev", HERE.text, HERE, "")
    recorded: list[Exchange] = []
    campaign = Campaign(environment, Catalogue(environment, ()), Answering(), clock, recorded.append, budget=9,
                        check=lambda probe, answer: check(clock))  # fmt: skip
    await campaign._send_wave([Probe("dev", Slot(Purpose.PATH, "GET", "/x"), HERE, "/x")])
    assert recorded == campaign.knowledge.in_order()
    return [(e.status, e.observations) for e in recorded]


def test_an_answer_whose_check_is_stopped_is_kept() -> None:
    async def check(clock: Clock) -> tuple[str, ...]:
        clock.stopped.set()
        await asyncio.sleep(3600)
        return ("status 200 documented 201",)

    assert asyncio.run(one_probe(check)) == [(200, ())]


def test_an_answer_whose_check_fails_is_kept() -> None:
    async def check(clock: Clock) -> tuple[str, ...]:
        raise KeyError("x")

    assert asyncio.run(one_probe(check)) == [(200, ())]


def test_what_the_check_says_is_bounded() -> None:
    async def check(clock: Clock) -> tuple[str, ...]:
        return ("body /" + "a" * 500 + " type",)

    ((_, (text,)),) = asyncio.run(one_probe(check))
    assert len(text) == 200
