"""Hosts that close the connection on a method they do not know, as small servers and some firewalls do. Pure."""

from __future__ import annotations

from auditor.model.exchange import Failure
from auditor.model.knowledge import Knowledge

CLOSING = frozenset({Failure.CLOSED, Failure.RESET})
SURE_AFTER = 3
"""Closed connections in a row before it is the method, and no accident of the network."""


def is_shut(knowledge: Knowledge, method: str) -> bool:
    """Whether `method` was only ever met with a closed connection, while others were answered."""
    own = [e for e in knowledge.slots.values() if e.probe.method == method]
    if len(own) < SURE_AFTER or any(e.failure not in CLOSING for e in own):
        return False
    return any(e.answer is not None for e in knowledge.slots.values())
