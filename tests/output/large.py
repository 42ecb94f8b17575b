"""A big dummy report: many paths, three environments, drift on one cell in fifteen."""

from __future__ import annotations

from auditor.model.cell import Basis, Cell
from auditor.model.exchange import Exchange
from auditor.model.finding import Finding
from auditor.model.report import Promotion, Report
from tests.output.sample import CHAIN, Key, assemble, exchange, finding, known, result

FIELDS = [("Allow", "GET, HEAD, PUT"), ("Server", "gunicorn"), ("Content-Security-Policy", "default-src 'self'; " * 12)]


def large(paths: int) -> Report:
    """`paths` paths with five cells each in three environments; drift on every second path, each of its own cause."""
    names = [f"/group{i // 25:02d}/things{i:04d}/{{thingId}}" for i in range(paths)]
    documented = {p: ("GET", "PUT", "DELETE") if i % 2 else ("GET", "POST") for i, p in enumerate(names)}
    odd: dict[Key, Cell] = {}
    findings: list[Finding] = []
    exchanges: list[Exchange] = []
    for i, path in enumerate(names[::2]):
        method = documented[path][-1]
        own = [
            exchange(e, "OPTIONS", path, 200, [("Allow", "GET, HEAD, PUT"), ("Server", "gunicorn")], seq=i)
            for e in CHAIN
        ]
        exchanges += own
        odd.update(known(e, path, method, False, Basis.ADVERTISED, x.id) for e, x in zip(CHAIN[:2], own, strict=False))
        findings.append(
            finding(
                "documented-method-missing", path, method, dict.fromkeys(CHAIN[:2], "405, Allow: GET, HEAD, PUT"),
                title=f"{method} {path} is documented, but dev and stage refuse it",
                exchanges={e: (x.id,) for e, x in zip(CHAIN, own, strict=True)},
            )
        )  # fmt: skip
    results = [result(e, i) for i, e in enumerate(CHAIN)]
    hold = Promotion("stage", "prod", "hold", "promoting stage to prod would remove methods", len(names), 0)
    return assemble(results, odd, findings, promotions=[hold], exchanges=exchanges, paths=documented)
