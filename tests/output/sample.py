"""Dummy reports that every format is tested on. Invented data; digests and fingerprints follow from it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from auditor.model.cell import Basis, Cell, Exclusion, Reason, Support
from auditor.model.contract import Contract, Location, Operation, PathItem, SpecFile, SpecWarning
from auditor.model.environment import Environment, Origin, State
from auditor.model.exchange import Answer, BodyTrace, Exchange, Failure, Probe, Purpose, Slot
from auditor.model.finding import Confidence, Finding, Fix, Occurrence, RootCause, Severity, Side, fingerprint
from auditor.model.methods import CORE
from auditor.model.report import EnvironmentResult, Promotion, Report, RunInfo, Totals

PATHS: dict[str, tuple[str, ...]] = {
    "/orders": ("GET", "POST"),
    "/orders/count": ("GET",),
    "/orders/{orderId}": ("GET", "PUT", "DELETE"),
    "/orders/{orderId}/refunds": ("GET", "POST"),
    "/carts/{cartId}": ("GET", "PUT", "DELETE"),
    "/carts/{cartId}/items": ("GET", "POST"),
    "/catalogue": ("GET", "HEAD"),
    "/catalogue/{sku}": ("GET",),
    "/admin/metrics": ("GET",),
    "/exports/{exportId}": ("GET",),
    "/legacy/prices": ("GET",),
}

URLS = {
    "dev": Origin("https", "orders.dev.example.test", 443),
    "stage": Origin("https", "orders.stage.example.test", 443),
    "prod": Origin("https", "api.example.test", 443),
}

Key = tuple[str, str, str]


def contract(paths: dict[str, tuple[str, ...]] = PATHS) -> Contract:
    items = tuple(
        PathItem(p, p, Location("orders.yaml", f"/paths/{i}", 10 + i), tuple(_operation(p, m, i) for m in methods))
        for i, (p, methods) in enumerate(paths.items())
    )
    files = (SpecFile("orders.yaml", hashlib.sha256(b"orders").hexdigest()),)
    odd = SpecWarning("duplicate key `summary`, the last one counts", "orders.yaml", "/paths/~1orders/get", 14)
    return Contract("orders", "Orders API", "2.3.1", "sample_specs/orders.yaml", "3.1", files, items, warnings=(odd,))


def _operation(path: str, method: str, line: int) -> Operation:
    at = Location("orders.yaml", f"/paths/{path.replace('/', '~1')}/{method.lower()}", 20 + line)
    return Operation(method, at, tags=(path.split("/")[1],))


def environment(name: str, position: int) -> Environment:
    origin = URLS[name]
    return Environment(name, origin.text + "/v1", origin, "/v1", position=position, contract="orders")


def exchange(
    name: str,
    method: str,
    path: str,
    status: int | None = 200,
    fields: Sequence[tuple[str, str | None]] = (),
    *,
    purpose: Purpose = Purpose.PATH,
    seq: int = 1,
    failure: Failure | None = None,
    body: BodyTrace | None = None,
) -> Exchange:
    """One exchange; `failure` instead of an answer where status is None."""
    target = "/v1" + path.replace("{", "").replace("}", "-1042")
    probe = Probe(name, Slot(purpose, method, path), URLS[name], target, (("Accept", "*/*"),))
    trace = body or BodyTrace(48, "application/json", hashlib.sha256(path.encode()).hexdigest(), '{"error": string}')
    answer = Answer(status, tuple(fields), trace) if status is not None else None
    sent = (("Host", probe.origin.host_field), ("Accept", "*/*"), ("Authorization", None))
    return Exchange(
        probe,
        seq,
        f"2026-11-20T02:14:{seq % 60:02d}.120Z",
        0.012,
        1,
        sent,
        answer,
        failure,
        "connection refused" if failure else "",
        (),
    )


def finding(
    rule: str,
    path: str | None,
    method: str,
    seen: dict[str, str],
    severity: Severity = Severity.ERROR,
    *,
    title: str,
    exchanges: dict[str, tuple[str, ...]] | None = None,
    cause: str = "",
    owner: str | None = None,
    confidence: Confidence = Confidence.HIGH,
    waived: dict[str, str] | None = None,
    status: str | None = None,
) -> Finding:
    """A finding with all five parts; `seen` gives the detail per environment."""
    mark = fingerprint(rule, path, method)
    occurrences = tuple(
        Occurrence(
            e, method, (exchanges or {}).get(e, ()), d, status, waived, "2026-11-17" if status == "known" else None
        )
        for e, d in seen.items()
    )
    return Finding(
        rule,
        severity,
        confidence,
        path,
        (method,) if method else (),
        tuple(seen),
        cause or mark,
        occurrences,
        title,
        symptom=f"A caller of `{method or 'any method'} {path or ''}` sees: {'; '.join(seen.values())}.",
        root_causes=(
            RootCause(Confidence.HIGH, "The build 8f21c0d no longer routes it; the application itself refuses."),
            RootCause(Confidence.LOW, "The method is switched off by configuration."),
        ),
        diagnosis="It was answered exactly like `REPORT`, which nobody implements; a `GET` reached the handler.",
        fixes=(
            Fix(Side.SERVICE, "easy", "Restore the route, or add `delete` to the methods of the view."),
            Fix(Side.CONTRACT, "medium", "If the removal is meant, deprecate the operation first."),
        ),
        prevention="Run the audit against stage before each promotion.",
        curl=f'curl -i -X {method or "GET"} {URLS["stage"].text}/v1{path or "/"} -H "Authorization: $STAGE_TOKEN"',
        fingerprint=mark,
        location=Location("orders.yaml", f"/paths/{(path or '').replace('/', '~1')}", 31) if path else None,
        owner=owner,
    )


def matrix(names: Sequence[str], odd: dict[Key, Cell], paths: dict[str, tuple[str, ...]] = PATHS) -> tuple[Cell, ...]:
    """Cells where documented is supported and the rest is not, but for those in `odd`."""
    cells = []
    for e in names:
        for p, documented in paths.items():
            for m in dict.fromkeys((*CORE, *documented)):
                support = Support.SUPPORTED if m in documented else Support.UNSUPPORTED
                basis = Basis.OBSERVED if m in ("GET", "HEAD") else Basis.ADVERTISED
                cells.append(odd.get((e, p, m)) or Cell(e, p, m, support, basis, None, "Allow was found honest"))
    return tuple(cells)


def unknown(e: str, p: str, m: str, reason: Reason, *exchanges: str) -> tuple[Key, Cell]:
    return (e, p, m), Cell(e, p, m, Support.UNDETERMINED, None, reason, f"rule for {reason}", exchanges)


def known(e: str, p: str, m: str, supported: bool, basis: Basis = Basis.OBSERVED, *exchanges: str) -> tuple[Key, Cell]:
    support = Support.SUPPORTED if supported else Support.UNSUPPORTED
    return (e, p, m), Cell(e, p, m, support, basis, None, "the answer equals the control's", exchanges)


def totals(
    cells: Sequence[Cell],
    documented: frozenset[Key],
    excluded: Sequence[Exclusion],
    findings: Sequence[Finding],
    requests: int,
) -> Totals:
    """Sums that add up (DESIGN §4)."""
    of = [c for c in cells if (c.environment, c.path, c.method) in documented]
    count = {s: sum(c.support is s for c in of) for s in Support}
    live = [f for f in findings if not all(o.waived for o in f.occurrences)]
    level = {s: sum(f.severity is s for f in live) for s in Severity}
    return Totals(
        len(documented),
        count[Support.SUPPORTED],
        count[Support.UNSUPPORTED],
        count[Support.UNDETERMINED],
        len(excluded),
        level[Severity.ERROR],
        level[Severity.WARNING],
        level[Severity.INFO],
        len(findings) - len(live),
        requests,
        0,
    )


def assemble(
    results: Sequence[EnvironmentResult],
    odd: dict[Key, Cell],
    findings: Sequence[Finding] = (),
    *,
    promotions: Sequence[Promotion] = (),
    exchanges: Sequence[Exchange] = (),
    excluded: Sequence[Exclusion] = (),
    because: Sequence[str] = (),
    exit_code: int = 0,
    paths: dict[str, tuple[str, ...]] = PATHS,
    notes: Sequence[str] = (),
) -> Report:
    names = [r.environment.name for r in results]
    gone = {(x.environment, x.path, x.method) for x in excluded}
    cells = tuple(c for c in matrix(names, odd, paths) if (c.environment, c.path, c.method) not in gone)
    documented = frozenset((e, p, m) for e in names for p, ms in paths.items() for m in ms)
    return Report(
        run=RunInfo("5c1e09ab", "2026-11-20T02:14:00Z", "2026-11-20T02:14:38Z", exit_code, "seed"),
        complete=not because,
        incomplete_because=tuple(because),
        contracts=(contract(paths),),
        environments=tuple(results),
        cells=cells,
        excluded=tuple(excluded),
        findings=tuple(findings),
        promotions=tuple(promotions),
        totals=totals(cells, documented, excluded, findings, sum(r.requests for r in results)),
        documented=documented,
        exchanges={x.id: x for x in exchanges},
        notes=tuple(notes),
        settings=(("mode", "safe", "default"), ("out", "drift-report", "default"), ("prod.rate", "5/s", "config")),
        rules_run=("base-path-wrong", "path-missing", "documented-method-missing", "undocumented-method-served"),
    )


def result(
    name: str,
    position: int,
    requests: int = 143,
    decided: float | None = 0.94,
    state: State = State.COMPLETE,
    why: str = "",
    build: str | None = "8f21c0d",
) -> EnvironmentResult:
    return EnvironmentResult(environment(name, position), state, requests, 0, decided, 38.2, build, why)


CHAIN = ("dev", "stage", "prod")


def in_sync() -> Report:
    """Two environments, everything decided, nothing to say."""
    results = [result("stage", 0, decided=1.0), result("prod", 1, 139, 1.0, build="77aa901")]
    because = "no documented operation is removed and no undocumented one is added"
    return assemble(results, {}, promotions=[Promotion("stage", "prod", "promote", because, 20, 0)])


def undecided() -> Report:
    """An auth wall before everything: complete, and nothing known."""
    odd = dict(
        unknown(e, p, m, Reason.AUTH_WALL) for e in ("stage", "prod") for p, ms in PATHS.items() for m in (*CORE, *ms)
    )
    results = [result("stage", 0, 40, 0.0), result("prod", 1, 40, 0.0)]
    because = "none of the 20 documented operations was decided on both sides"
    report = assemble(results, odd, promotions=[Promotion("stage", "prod", "cannot-say", because, 0, 20)], exit_code=3)
    return replace(
        report, complete=False, incomplete_because=("none of prod's documented operations could be decided",)
    )


def one_environment() -> Report:
    """One environment with one undocumented method."""
    path = "/catalogue/{sku}"
    x = exchange("prod", "OPTIONS", path, 204, [("Allow", "GET, PATCH")], seq=7)
    f = finding(
        "undocumented-method-served",
        path,
        "PATCH",
        {"prod": "204, Allow: GET, PATCH"},
        title="PATCH /catalogue/{sku} is supported in prod, but not in the contract",
        exchanges={"prod": (x.id,)},
    )
    odd = dict([known("prod", path, "PATCH", True, Basis.ADVERTISED, x.id)])
    return assemble([result("prod", 0, 61, 1.0, build=None)], odd, [f], exchanges=[x], exit_code=1)
