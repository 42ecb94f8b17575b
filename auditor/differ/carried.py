"""Faults that a build carries along when it is promoted: no method comes or goes, and yet something breaks. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

CARRIED = frozenset({
    "server-error", "response-mismatch", "undocumented-status", "redirect-changes-method",
    "security-not-enforced", "security-undocumented", "preflight-omits-method",
})  # fmt: skip
"""Rules about how a method answers, and whom: promoting a build brings its answers along, though no method comes or
goes."""


class Where(Protocol):
    """An occurrence, of this run or read back."""

    @property
    def environment(self) -> str: ...
    @property
    def waived(self) -> object | None: ...


class Fault(Protocol):
    """A finding, of this run or read back."""

    @property
    def rule(self) -> str: ...
    @property
    def severity(self) -> str: ...
    @property
    def occurrences(self) -> Sequence[Where]: ...


def comes_along(fault: Fault, from_: str, to: str) -> bool:
    """Whether callers of `to` would meet a fault that they do not have yet.

    By occurrence: what is accepted in the promoted environment is accepted, whatever is said of the finding elsewhere.
    """
    if fault.severity == "info" or fault.rule not in CARRIED:
        return False
    met = {o.environment for o in fault.occurrences}
    return to not in met and any(o.environment == from_ and o.waived is None for o in fault.occurrences)
