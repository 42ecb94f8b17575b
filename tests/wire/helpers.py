"""Short ways to send a probe in a test."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from auditor.model.environment import Environment, Origin
from auditor.prober.transport import Prepared, Wire, WireAnswer

T = TypeVar("T")
AGENT = "auditor/test (run 0)"
HANG = 20.0
"""Seconds after which a test counts as hung; far above every configured limit."""


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(asyncio.wait_for(work, HANG))


async def probe(
    environment: Environment,
    method: str = "GET",
    target: str = "/",
    fields: tuple[tuple[str, str], ...] = (),
    origin: Origin | None = None,
) -> WireAnswer:
    wire = Wire(environment, user_agent=AGENT)
    try:
        return await wire.probe(Prepared(origin or environment.origin, method, target, fields))
    finally:
        await wire.close()


def ask(environment: Environment, method: str = "GET", target: str = "/", **more: Any) -> WireAnswer:
    return run(probe(environment, method, target, **more))
