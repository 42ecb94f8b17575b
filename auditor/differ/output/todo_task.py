"""One line of what is to be done: what, why, who, and the first step."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from auditor.differ.evidence import place
from auditor.differ.output.words import sentence
from auditor.model.finding import Finding
from auditor.model.report import Report


@dataclass(frozen=True, slots=True)
class Task:
    """One cause. `what` may hold code in backticks; `why` is what it does; `fix` and `owner` as the finding says.

    With a `fingerprint` it leads to a finding. `tag`: tone and words of what it does to a promotion, if there is one.
    """

    what: str
    why: str = ""
    owner: str = ""
    fix: str = ""
    fingerprint: str | None = None
    tag: tuple[str, str] = ("", "")


def fix_of(finding: Finding) -> str:
    """The first fix with the side that can do it, or nothing.

    The card says where in the file, and has the example: it is about another path, which confuses whoever decides.
    """
    first = finding.fixes[0] if finding.fixes else None
    if first is None:
        return ""
    said = first.text.removeprefix(f"{place(finding.location)}: ").partition(": `")[0]
    return f"{first.side.capitalize()}: {sentence(said)}"


def operation(finding: Finding, report: Report) -> str:
    """What a finding is about as code; its title where it is about no path."""
    if finding.path is None:
        return finding.title
    methods = finding.methods or _documented(finding.path, report)
    return f"`{', '.join(methods)} {finding.path}`".replace("` ", "`")


def _documented(path: str, report: Report) -> Iterable[str]:
    return sorted({m for _, p, m in report.documented if p == path})
