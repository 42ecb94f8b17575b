"""A report in which every free text that a server, a description or a file had a hand in is hostile."""

from __future__ import annotations

import dataclasses
from enum import Enum
from typing import Any, TypeVar

from auditor.model.environment import Origin
from auditor.model.report import Report
from tests.output.rich import rich

T = TypeVar("T")

MARKUP = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'><a href='javascript:alert(3)'>&amp;</script>"
CONTROLS = "\x1b]0;owned\x07\x1b[2J\x9b31m\r\n::error::x\x00\x7f\u202egnp\u2066\u200b\ufeff\u2028\u2029\U000e0041"
HOSTILE = f"{{{{7*7}}}}{{% raw %}}`{MARKUP}`{CONTROLS}"

INJECTIONS = (
    HOSTILE,
    "x" * 10_000,
    "]]>&lt;!--<![CDATA[ ]]><failure/>\x00\x0b\ufffe\uffff",
    "\n::error file=a::b\r\n##vso[task.complete]\n##teamcity[x]\n::set-output name=a::b%0A::warning::x",
    "|a|b|\\|c\n|---|\n| ``` |`` ` |\n# head\n[l](http://evil.example) ![i](//evil.example/x) <http://evil.example>",
    " @octocat @team/all #12 GH-12 o/r#1 deadbeef0 www.evil.example http://evil.example a@evil.example **b** _i_ ~~s~~",
    " =cmd()|' /C calc'!A0 \"quoted\", \"'\t+1 -1 @SUM(A1)",
    '\\" } 1\nauditor_run_complete 7\n# HELP x\\n',
    "{0} {{1}} [x](1) %41 ../../../etc/passwd ?a=b&c=%zz#f",
)
"""One for each reader that may be talked into something."""

PROSE = frozenset({"title", "symptom", "diagnosis", "text", "because", "why", "prevention", "curl", "detail"})
"""Fields that may hold even a lone surrogate; names and paths are hashed before they get here."""

KEPT = frozenset(
    {"fingerprint", "effect", "verdict", "effort", "id", "at", "started_at", "finished_at", "status", "end"}
)
"""Words of closed lists, digests and times: ours, never from outside."""


def hostile(text: str = HOSTILE) -> Report:
    """The rich report with `text` behind every other text; names stay distinct, so all the joins still hold."""
    report = rich()
    changed: Report = _poison(report, "", text)
    by_id = {x.id: x for x in changed.exchanges.values()}
    ids = dict(zip(report.exchanges, by_id, strict=True))
    return dataclasses.replace(_renamed(changed, ids, text), exchanges=by_id, fail_on="info")


def _poison(value: Any, name: str, text: str) -> Any:
    if name in KEPT or isinstance(value, Enum | Origin | bool) or value is None:
        return value
    if isinstance(value, str):
        return value + text + ("\ud800" if name in PROSE else "")
    if isinstance(value, tuple | frozenset):
        return type(value)(_poison(v, "", text) for v in value)
    if isinstance(value, dict):
        return {k: _poison(v, str(k), text) for k, v in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: _poison(getattr(value, f.name), f.name, text) for f in dataclasses.fields(value) if f.init}
        return dataclasses.replace(value, **fields)
    return value


def _renamed(value: Any, ids: dict[str, str], text: str) -> Any:
    """Exchange ids are hashes of what was poisoned: point the references at the new ones."""
    poisoned = {old + text: new for old, new in ids.items()}

    def walk(v: Any) -> Any:
        if isinstance(v, Enum):
            return v
        if isinstance(v, str):
            return poisoned.get(v, v)
        if isinstance(v, tuple) and not hasattr(v, "_fields"):
            return tuple(walk(x) for x in v)
        if dataclasses.is_dataclass(v) and not isinstance(v, type) and hasattr(v, "exchanges"):
            return dataclasses.replace(v, exchanges=walk(v.exchanges))
        return v

    return dataclasses.replace(
        value,
        cells=tuple(walk(c) for c in value.cells),
        findings=tuple(
            dataclasses.replace(f, occurrences=tuple(walk(o) for o in f.occurrences)) for f in value.findings
        ),
    )
