"""A report of any size that looks like a real one, for measuring and testing what renders it.

Resources of five shapes in a tag for each 40 paths; three environments, of which stage and prod were asked with safe
methods only, so that part of their writing operations is not judged. About one operation in 30 drifts, each for a
reason of its own; a gateway that blocks DELETE and 405 answers without `Allow` are one cause each, on many paths.
"""

from __future__ import annotations

from collections.abc import Iterator

from auditor.model.cell import Basis, Cell, Reason
from auditor.model.exchange import Exchange, Purpose
from auditor.model.finding import Confidence, Finding, Severity
from auditor.model.report import Change, Promotion, Report
from tests.output.sample import CHAIN, Key, assemble, exchange, finding, known, result, unknown

NOUNS = ("orders", "invoices", "shipments", "customers", "contracts", "meters", "tariffs", "payments", "sites", "users")
SHAPES = (
    ("/{noun}-{n}", ("GET", "POST")),
    ("/{noun}-{n}/{{{noun}Id}}", ("GET", "PUT", "PATCH", "DELETE")),
    ("/{noun}-{n}/{{{noun}Id}}/attachments", ("GET", "POST")),
    ("/{noun}-{n}/{{{noun}Id}}/attachments/{{attachmentId}}", ("GET", "DELETE")),
    ("/{noun}-{n}/{{{noun}Id}}/history", ("GET",)),
)
FIELDS = [
    ("Allow", "GET, HEAD, OPTIONS"), ("Server", "gunicorn"), ("Date", "Fri, 20 Nov 2026 02:14:00 GMT"),
    ("Content-Type", "application/json"), ("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'"),
    ("Strict-Transport-Security", "max-age=31536000"), ("X-Request-Id", None), ("Vary", "Accept, Origin"),
]  # fmt: skip
BLOCKED = "a gateway in front of prod refuses DELETE"


def paths_for(operations: int) -> dict[str, tuple[str, ...]]:
    """Paths with their documented methods, at least `operations` of them together."""
    found: dict[str, tuple[str, ...]] = {}
    for i in range(operations):
        template, methods = SHAPES[i % len(SHAPES)]
        n = i // len(SHAPES)
        found["/" + f"team-{i // 40:02d}" + template.format(noun=NOUNS[n % len(NOUNS)], n=n)] = methods
        operations -= len(methods)
        if operations <= 0:
            break
    return found


class _Drift:
    """Collects what is odd: cells, findings with their exchanges, and what promotion does with them."""

    def __init__(self) -> None:
        self.cells: dict[Key, Cell] = {}
        self.findings: list[Finding] = []
        self.exchanges: list[Exchange] = []
        self.changes: list[Change] = []

    def ask(self, environment: str, method: str, path: str, status: int) -> tuple[str, ...]:
        """Two exchanges, the one and its control, as findings rest on."""
        seq = len(self.exchanges)
        pair = [
            exchange(environment, method, path, status, FIELDS, seq=seq + 1),
            exchange(environment, "REPORT", path, 405, FIELDS, seq=seq + 2, purpose=Purpose.PATH),
        ]
        self.exchanges += pair
        return tuple(x.id for x in pair)

    def say(self, rule: str, path: str, method: str, where: dict[str, int], title: str, **more: object) -> str:
        asked = {e: self.ask(e, method or "GET", path, status) for e, status in where.items()}
        seen = {e: f"{status}, Allow: GET, HEAD, OPTIONS" for e, status in where.items()}
        owner = f"team-{path[6:8]}"
        made = finding(rule, path, method, seen, title=title, exchanges=asked, owner=owner, **more)  # type: ignore[arg-type]
        self.findings.append(made)
        return made.fingerprint


def big_report(operations: int) -> Report:
    """About `operations` documented operations in dev, stage and prod."""
    paths = paths_for(operations)
    drift = _Drift()
    for i, (path, method) in enumerate((p, m) for p, methods in paths.items() for m in methods):
        _one(drift, i, path, method)
    for i, path in enumerate(paths):
        if i % 40 == 7:
            seen = {"prod": 405}
            drift.say(
                "allow-missing", path, "", seen, f"405 on {path} comes without Allow in prod", cause="no Allow in prod",
                severity=Severity.WARNING,
            )  # fmt: skip
    counted = sum(map(len, paths.values()))
    unknowns = list(_unknown(drift))
    lost = sum(c.effect == "removes-documented" for c in drift.changes)
    hold = Promotion(
        "stage", "prod", "hold", f"with the build of stage, callers of prod would lose {lost} documented methods",
        counted - len(unknowns), len(unknowns), (*drift.changes, *unknowns),
    )  # fmt: skip
    promotions = [Promotion("dev", "stage", "promote", "nothing that callers of stage use changes", counted, 0), hold]
    results = [result(e, i, 9 * len(paths)) for i, e in enumerate(CHAIN)]
    return assemble(
        results, drift.cells, drift.findings, promotions=promotions, exchanges=drift.exchanges, paths=paths, exit_code=1
    )


def _one(drift: _Drift, i: int, path: str, method: str) -> None:
    if i % 60 == 11:
        title = f"{method} {path} is documented, but stage does not support it"
        drift.cells.update([known("stage", path, method, False, Basis.OBSERVED)])
        mark = drift.say("documented-method-missing", path, method, {"stage": 405}, title)
        drift.changes.append(Change(path, method, "removes-documented", mark))
    elif i % 90 == 31:
        extra = next(m for m in ("PATCH", "PUT", "DELETE", "POST") if (("stage", path, m) not in drift.cells))
        title = f"{extra} {path} is supported in stage, but not in the contract"
        drift.cells.update([known("stage", path, extra, True, Basis.ADVERTISED)])
        drift.say("undocumented-method-served", path, extra, {"stage": 200}, title, confidence=Confidence.MEDIUM)
    elif i % 50 == 23:
        title = f"GET {path} is refused in other words in dev and prod"
        seen = {"dev": 404, "prod": 405}
        drift.say("environments-disagree", path, method, seen, title, severity=Severity.INFO)
    elif method == "DELETE" and i % 8 == 5:
        drift.cells.update([known("prod", path, method, False, Basis.OBSERVED)])
        drift.say(
            "gateway-blocks-method", path, method, {"prod": 403}, f"The gateway of prod refuses DELETE {path}",
            cause=BLOCKED, confidence=Confidence.MEDIUM,
        )  # fmt: skip
    elif method in ("POST", "PUT", "PATCH", "DELETE") and i % 3 == 0:
        drift.cells.update(unknown(e, path, method, Reason.MODE_FORBIDS) for e in ("stage", "prod"))


def _unknown(drift: _Drift) -> Iterator[Change]:
    for (environment, path, method), cell in drift.cells.items():
        if environment == "prod" and cell.reason is not None:
            yield Change(path, method, "cannot-say")
