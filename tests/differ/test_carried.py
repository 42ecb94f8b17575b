"""Which faults a promotion carries along: the build's doing, not met in the next environment yet, and not accepted."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from auditor.differ.carried import comes_along


@dataclass
class Met:
    environment: str
    waived: object | None = None


@dataclass
class Broken:
    rule: str
    severity: str
    occurrences: tuple[Met, ...]


STAGE, PROD, DEV = Met("stage"), Met("prod"), Met("dev")
CASES = {
    "broken in the promoted environment alone": (Broken("server-error", "error", (STAGE,)), True),
    "and in an earlier one": (Broken("response-mismatch", "warning", (DEV, STAGE)), True),
    "met in the next one already": (Broken("server-error", "error", (STAGE, PROD)), False),
    "met there and accepted there": (Broken("server-error", "error", (STAGE, Met("prod", "until May"))), False),
    "accepted where it is promoted": (Broken("server-error", "error", (Met("stage", "until May"),)), False),
    "accepted elsewhere": (Broken("server-error", "error", (STAGE, Met("dev", "until May"))), True),
    "not in the promoted environment": (Broken("server-error", "error", (DEV,)), False),
    "for information": (Broken("undocumented-status", "info", (STAGE,)), False),
    "a method that is missing is no fault but a change": (
        Broken("documented-method-missing", "error", (STAGE,)),
        False,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_comes_along(case: str) -> None:
    fault, expected = CASES[case]
    assert comes_along(fault, "stage", "prod") is expected
