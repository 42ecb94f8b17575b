"""What stood in the way of a judgement in a whole environment: an Allow that lied, credentials that were refused."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from auditor.differ.evidence import carries_credentials
from auditor.differ.output.words import listing
from auditor.model.cell import Cell, Reason
from auditor.model.environment import State
from auditor.model.finding import Finding
from auditor.model.report import Report

_EARLY = frozenset({State.INTERRUPTED, State.DEADLINE, State.BUDGET})


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why no Allow of these environments was used for what safe mode does not send. `lies`: the finding that tells it,
    where there is one."""

    environments: tuple[str, ...]
    text: str
    lies: Finding | None

    def blocks(self, cell: Cell) -> bool:
        """Whether it is why a cell is open."""
        return cell.environment in self.environments and cell.reason is Reason.MODE_FORBIDS and self.text in cell.why


def doubts(report: Report) -> list[Doubt]:
    """One for each such reason."""
    where: dict[str, list[str]] = {}
    for e in report.environments:
        name, known = e.environment.name, report.facts.get(e.environment.name)
        seen = known is not None and any(p.allow for p in known.paths.values())
        doubt = known.environment.allow_doubt if known and seen and not known.environment.allow_trusted else ""
        if doubt and any(doubt in c.why for c in _open(report, name, Reason.MODE_FORBIDS)):
            where.setdefault(doubt, []).append(name)
    return [Doubt(tuple(names), doubt, _lie(report, names, doubt)) for doubt, names in where.items()]


def _lie(report: Report, names: list[str], doubt: str) -> Finding | None:
    """The finding about the Allow that is doubted: that of the path the doubt names, else any of the environment."""
    told = [f for f in report.findings if f.rule == "allow-wrong" and set(f.environments) & set(names)]
    return next((f for f in told if f.path and f.path in doubt), told[0] if told else None)


def doubted(report: Report) -> list[str]:
    """The same in words, a clause each."""
    return [
        f"no Allow of {listing(d.environments)} is believed: {d.text}{' (allow-wrong)' if d.lies else ''}"
        for d in doubts(report)
    ]


def refused(report: Report) -> list[str]:
    """`the credentials given for dev were refused (401 on /me)`, for each environment where none got through."""
    found = []
    for e in report.environments:
        name = e.environment.name
        cells = _open(report, name, Reason.AUTH_WALL)
        sent = [(c.path, x) for c in cells for i in c.exchanges if (x := report.exchanges.get(i)) and x.status]
        walls = [(path, x.status) for path, x in sent if x.status in (401, 403)]
        if walls and all(carries_credentials(x) for _, x in sent):
            found.append(f"the credentials given for {name} were refused ({walls[0][1]} on {walls[0][0]})")
    return found


def ended_early(report: Report) -> str:
    """What to do first where an audit was stopped, or ran out of time, and left cells open for that; else nothing."""
    ended = {e.environment.name for e in report.environments if e.state in _EARLY}
    cells = (c for c in report.cells if c.environment in ended and c.reason is Reason.NOT_REACHED)
    remedies = Counter(c.remedy for c in cells if c.remedy)
    return remedies.most_common(1)[0][0] if remedies else ""


def _open(report: Report, environment: str, reason: Reason) -> list[Cell]:
    of = (c for c in report.cells if c.environment == environment and c.reason is reason)
    return [c for c in of if (c.environment, c.path, c.method) in report.documented]
