"""One case in which each rule fires, and one in which it stays silent, against the text it is expected to say."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

from auditor.differ.catalogue import rules
from auditor.differ.compare import compare
from tests.differ.cases import GOLDEN, as_text, read_case

RULES = [r.id for r in rules()]


@pytest.mark.parametrize("kind", ["fires", "silent"])
@pytest.mark.parametrize("rule", RULES)
def test_rule_says_what_is_expected(rule: str, kind: str) -> None:
    folder = GOLDEN / rule
    findings = compare(read_case(folder / f"{kind}.json"))
    assert any(f.rule == rule for f in findings) == (kind == "fires")
    _same(folder / f"{kind}.txt", as_text(findings, rule))


def _same(expected: Path, actual: str) -> None:
    wanted = expected.read_text(encoding="utf-8") if expected.exists() else ""
    if wanted == actual:
        return
    saved = expected.with_suffix(".txt.actual")
    saved.write_text(actual, encoding="utf-8")
    diff = difflib.unified_diff(wanted.splitlines(), actual.splitlines(), expected.name, saved.name, lineterm="")
    pytest.fail("\n".join([*diff, f"To accept it: mv {saved.name} {expected.name}"]), pytrace=False)


def test_every_rule_has_both_cases_and_no_case_lacks_a_rule() -> None:
    complete = {f.name for f in GOLDEN.iterdir() if {"fires.json", "silent.json"} <= {c.name for c in f.iterdir()}}
    assert complete == set(RULES) == {f.name for f in GOLDEN.iterdir()}
