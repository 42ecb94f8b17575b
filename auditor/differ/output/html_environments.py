"""The environments of the page: how each one's audit went, in numbers that add up, and a bar that shows them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from auditor.differ.output.html_pictures import Bars, shares
from auditor.differ.output.language import number, tr, trn
from auditor.differ.output.words import MODES, STATES, percent
from auditor.model.cell import Support
from auditor.model.environment import State
from auditor.model.report import EnvironmentResult, Report


@dataclass(frozen=True, slots=True)
class EnvironmentView:
    """One environment's row in the band; `bars` are (tone, start, width) in percent of its documented operations.

    `state`: how its audit ended, unless it came to its end. `numbers`: how many documented operations are supported,
    not supported, not judged and left out, which adds up; `counts` says so in words. `extra`: methods that are
    supported without being documented.
    """

    result: EnvironmentResult
    state: str
    tone: str
    mode: str
    decided: str
    counts: str
    extra: int
    numbers: tuple[int, int, int, int]
    bars: Bars
    documented: int


def sums(documented: int, supported: int, unsupported: int, undetermined: int, excluded: int) -> str:
    """Counts of documented operations, which add up."""
    counts = ((supported, tr("supported")), (unsupported, tr("not supported")), (undetermined, tr("not judged")))
    parts = [f"{number(n)} {words}" for n, words in counts]
    parts += [f"{number(excluded)} {tr('left out')}"] * bool(excluded)
    return trn(documented, "{parts} of {n} documented operation", "{parts} of {n} documented operations",
                parts=" · ".join(parts))  # fmt: skip


def undocumented(report: Report) -> set[tuple[str, str | None, str]]:
    """Undocumented methods that are supported, by environment and path; accepted ones, too."""
    found = (f for f in report.findings if f.rule == "undocumented-method-served")
    return {(o.environment, f.path, o.method) for f in found for o in f.occurrences}


def environment_view(e: EnvironmentResult, report: Report) -> EnvironmentView:
    """One environment with its numbers."""
    name = e.environment.name
    support = Counter(
        c.support for c in report.cells if c.environment == name and (name, c.path, c.method) in report.documented
    )
    excluded = sum(x.environment == name for x in report.excluded)
    documented = sum(where == name for where, _, _ in report.documented)
    numbers = support[Support.SUPPORTED], support[Support.UNSUPPORTED], support[Support.UNDETERMINED], excluded
    bars = shares(list(zip(("ok", "bad", "unk", "no"), numbers, strict=True)), documented)
    extra = sum(where == name for where, _, _ in undocumented(report))
    # That an audit came to its end is no news, and would be read as health.
    state, tone = ("", "") if e.state is State.COMPLETE else STATES.get(e.state, (str(e.state), "unk"))
    mode = tr(MODES.get(e.environment.mode, str(e.environment.mode)))
    return EnvironmentView(
        e, tr(state) if state else "", tone, mode, percent(e.decided), sums(documented, *numbers),
        extra, numbers, bars, documented,
    )  # fmt: skip
