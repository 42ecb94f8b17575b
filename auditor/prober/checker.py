"""Starts the conformance worker, asks it, and ends it when it takes too long.

The one place of the prober that starts a program (PROMISES P2): this Python, with the module of the worker and with
nothing of our process environment but where to find modules, so that no secret is handed on.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import pickle
import sys
from collections.abc import Awaitable, Callable
from typing import Any

BODY_SECONDS = 2.0
START_SECONDS = 20.0
MAX_STARTS = 4
MAX_REPLY = 256 * 1024

_KEPT = ("SYSTEMROOT", "PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONHOME", "TMPDIR", "TEMP", "TMP")

Resolve = Callable[[str, str], Awaitable[tuple[str, Any] | None]]
"""(file, `$ref`) to the file it leads to and the node there, or None where that may not be read."""


class Checker:
    """One worker for all environments of a run, started when first asked; jobs go one after the other."""

    def __init__(self, *, seconds: float = BODY_SECONDS, start_seconds: float = START_SECONDS) -> None:
        self._seconds, self._start_seconds = seconds, start_seconds
        self._process: asyncio.subprocess.Process | None = None
        self._lock = asyncio.Lock()
        self.starts = 0

    async def check(self, job: dict[str, Any], resolve: Resolve) -> dict[str, Any]:
        """The worker's answer to a job, or `{"unchecked": reason}`; see conformance_worker for both."""
        packed = _packed(job)
        if packed is None:
            return {"unchecked": "recursion"}
        async with self._lock:
            try:
                if not await self._running():
                    return {"unchecked": "worker"}
                return await self._ask(packed, resolve)
            except TimeoutError:
                await self._end()
                return {"unchecked": "time"}
            except (OSError, EOFError, ValueError):
                await self._end()
                return {"unchecked": "worker"}
            except asyncio.CancelledError:
                await self._end()  # amid a job: nobody knows what it would answer next
                raise

    async def close(self) -> None:
        """Ends the worker, if there is one."""
        await self._end()

    async def _running(self) -> bool:
        if self._process is not None and self._process.returncode is None:
            return True
        await self._end()
        if self.starts >= MAX_STARTS:
            return False
        self.starts += 1
        modules = os.pathsep.join(p for p in sys.path if p)
        kept = {n: os.environ[n] for n in _KEPT if n in os.environ}
        # -P: the current folder, which may hold anybody's files, is no place to import from.
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "auditor.prober.conformance_worker",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            env={**kept, "PYTHONPATH": modules, "PYTHONHASHSEED": "0"},
        )  # fmt: skip
        try:
            async with asyncio.timeout(self._start_seconds):
                await self._receive()
        except TimeoutError:
            await self._end()
            return False
        return True

    async def _ask(self, message: bytes, resolve: Resolve) -> dict[str, Any]:
        """Sends a job and answers what the worker needs; only the worker's own time counts."""
        clock = asyncio.get_running_loop().time
        left = self._seconds
        while True:
            started = clock()
            async with asyncio.timeout(left):
                await self._send(message)
                reply = await self._receive()
            left -= clock() - started
            if "need" not in reply:
                return reply
            message = _packed(await resolve(*reply["need"])) or _NOTHING

    async def _send(self, data: bytes) -> None:
        sink = self._process.stdin if self._process else None
        if sink is None:
            raise EOFError
        sink.write(len(data).to_bytes(4, "big") + data)
        await sink.drain()

    async def _receive(self) -> dict[str, Any]:
        source = self._process.stdout if self._process else None
        if source is None:
            raise EOFError
        length = int.from_bytes(await source.readexactly(4), "big")
        if length > MAX_REPLY:
            raise ValueError("a reply longer than any we understand")
        reply: dict[str, Any] = json.loads(await source.readexactly(length))
        return reply

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        with contextlib.suppress(OSError):
            await process.communicate()


def _packed(message: Any) -> bytes | None:
    """The octets of plain data, what aliases share written once; None where it nests too deep."""
    try:
        return pickle.dumps(message, protocol=5)
    except RecursionError:
        return None


_NOTHING = pickle.dumps(None)
