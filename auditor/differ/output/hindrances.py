"""What stood in the way of a judgement in a whole environment: an Allow that lied, credentials that were refused."""

from __future__ import annotations

from auditor.differ.evidence import carries_credentials
from auditor.differ.output.words import listing
from auditor.model.cell import Cell, Reason
from auditor.model.report import Report


def doubted(report: Report) -> list[str]:
    """Why no Allow of an environment was used for what safe mode does not send, a clause for each such reason."""
    where: dict[str, list[str]] = {}
    for e in report.environments:
        name, known = e.environment.name, report.facts.get(e.environment.name)
        seen = known is not None and any(p.allow for p in known.paths.values())
        doubt = known.environment.allow_doubt if known and seen and not known.environment.allow_trusted else ""
        if doubt and any(doubt in c.why for c in _open(report, name, Reason.MODE_FORBIDS)):
            where.setdefault(doubt, []).append(name)
    lied = {e for f in report.findings if f.rule == "allow-wrong" for e in f.environments}
    return [
        f"no Allow of {listing(names)} is believed: {doubt}{' (allow-wrong)' if lied & set(names) else ''}"
        for doubt, names in where.items()
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


def _open(report: Report, environment: str, reason: Reason) -> list[Cell]:
    of = (c for c in report.cells if c.environment == environment and c.reason is reason)
    return [c for c in of if (c.environment, c.path, c.method) in report.documented]
