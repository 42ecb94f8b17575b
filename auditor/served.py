"""Reading a description that a deployment serves: the prober hands in what came, the loader reads it, a list remains.

Reading happens in a thread of its own, which no end of the run has to wait for.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

from auditor.errors import DescriptionError
from auditor.loader import load_bytes
from auditor.model.contract import Contract
from auditor.model.exchange import ServedSpec
from auditor.prober.download import content
from auditor.prober.exchange_io import WireAnswer
from auditor.prober.surveys.served_spec import MAX_OCTETS

MAX_OPERATIONS = 20_000
MAX_BASES = 10
SOURCE = "served description"
"""No URL and no file: whatever it refers to outside itself is not followed."""
T = TypeVar("T")


async def described(answer: WireAnswer) -> ServedSpec:
    """What the description in `answer` documents, or why it cannot be told; never raises for what came."""
    try:
        data = content(answer, SOURCE, MAX_OCTETS)
    except DescriptionError as error:
        return ServedSpec(problem=error.what)
    return await _aside(lambda: read(data))


def read(data: bytes) -> ServedSpec:
    """The list of what a description documents."""
    try:
        contract = load_bytes(data, SOURCE)
    except DescriptionError:
        # The loader's sentence may quote what it stumbled over, and that is a successful answer's content.
        return ServedSpec(problem="what it serves there is no OpenAPI description that can be read")
    if contract.operations > MAX_OPERATIONS:
        return ServedSpec(problem=f"it documents more than {MAX_OPERATIONS:,} operations")
    return ServedSpec(
        version=contract.version, bases=_bases(contract), unread=contract.unaudited,
        operations=tuple((p.template, o.method) for p in contract.paths for o in p.operations),
    )  # fmt: skip


def _bases(contract: Contract) -> tuple[str, ...]:
    """Paths of its servers; none where it names none."""
    found: dict[str, None] = {}
    for server in contract.servers[:MAX_BASES]:
        with contextlib.suppress(ValueError):
            found["/" + path if (path := urlsplit(server).path.strip("/")) else ""] = None
    return tuple(found)


async def _aside(work: Callable[[], T]) -> T:
    """`work` in a daemon thread: a hostile description may take seconds, and the end of a run does not wait for it."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if not done.done():
            if error is not None:
                done.set_exception(error)
            else:
                done.set_result(result)  # type: ignore[arg-type]  # one of the two is set

    def run() -> None:
        result, failure = None, None
        try:
            result = work()
        except Exception as error:
            failure = error
        with contextlib.suppress(RuntimeError):  # the loop may be gone
            loop.call_soon_threadsafe(settle, result, failure)

    threading.Thread(target=run, name="served description", daemon=True).start()
    return await done
