"""Golden cases: a Subject from a small JSON text, and findings as text.

::

    {"about": "one sentence: what is special",
     "spec": {"/orders/{id}": ["GET", "PUT"]},            or "specs": {"now": {…}, "next": {…}}
     "settings": {"allow-missing": "off"}, "schemes": {"bearer": "http"},
     "environments": {"stage": {
        "spec": "now", "state": "complete", "url": "http://stage.test/v1",
        "behind": "prod",                                 makes it a layer
        "facts": {"auth_wall": true},                     fields of EnvironmentFacts; `exchanges` by the names below
        "exchanges": {"ctl": "REPORT /v1/orders/7 for /orders/{id} -> 405; Allow: GET",
                      "sib": "REPORT /v1/nothing -> 404",    without `for`: an unknown sibling
                      "try": "GET /v2/orders as base -> 200",
                      "del": "DELETE /v1/orders/x for /orders/{id} -> 403; page: <center>nginx</center>",
                      "all": "GET /orders as anonymous for /orders -> 200",
                      "pre": "OPTIONS /v1/orders as preflight DELETE for /orders -> 204"},      as prober reads it
        "paths": {"/orders/{id}": {"routed": true}},      fields of PathFacts that the exchanges do not show, and
                                                          `kinds` of redirects by method (slash if not given);
                  "/orders": {"access": "same all get"}   Reached, the exchange without credentials, that with them,
                                                          an unknown path's; `wall` where that is refused alike
                                                          `head` by the names of its exchanges, its own first
        "cors_origin": "http://app.test",
                                                          exchanges in `stored` and `varying` by name
        "cells": {"PUT /orders/{id}": "unsupported observed ctl sib: refused like REPORT",
                  "GET /orders/{id}": "undetermined auth-wall"},
        "excluded": ["DELETE /orders/{id}"]}}}

Statuses, Allow, refusals (405, 501), redirects, Deprecation and Sunset of a path come from its exchanges. An operation
may be an object:
`{"method": "GET", "statuses": ["302"], "owner": "orders", "deprecated": true, "values": {"id": "schema"}}`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from auditor.differ.subject import Subject
from auditor.model.cell import Basis, Cell, Exclusion, Reason, Support
from auditor.model.contract import Contract, Location, Operation, PathItem, SecurityScheme, Value
from auditor.model.environment import Environment, Origin, State
from auditor.model.exchange import Answer, BodyTrace, Exchange, Form, Probe, Purpose, ServedSpec, Slot
from auditor.model.fact import (
    Access,
    EnvironmentFacts,
    Facts,
    FixedAllow,
    FixedPreflight,
    HeadAnswer,
    PathFacts,
    Reached,
    Redirect,
    Refusal,
    Share,
    Stored,
    Varying,
)
from auditor.model.finding import Finding
from auditor.model.methods import parse_allow
from auditor.model.report import EnvironmentResult
from auditor.prober.lifecycle import lifecycle
from auditor.prober.preflight import read

GOLDEN = Path(__file__).parent.parent / "golden" / "rules"


def read_case(path: Path) -> Subject:
    return subject(json.loads(path.read_text(encoding="utf-8")))


def subject(case: Mapping[str, Any]) -> Subject:
    specs = case.get("specs") or {"spec": case["spec"]}
    schemes = tuple(SecurityScheme(n, kind) for n, kind in case.get("schemes", {}).items())
    contracts = {name: replace(contract(name, paths), security_schemes=schemes) for name, paths in specs.items()}
    exchanges: dict[str, Exchange] = {}
    results, cells, facts, excluded = [], [], {}, []
    layers, behind = [], []
    for position, (name, given) in enumerate(case["environments"].items()):
        environment = _environment(name, given, position, given.get("spec", next(iter(contracts))))
        by_name = {n: _exchange(environment, len(exchanges) + i, t)
                   for i, (n, t) in enumerate(given.get("exchanges", {}).items())}  # fmt: skip
        exchanges.update({e.id: e for e in by_name.values()})
        state = State(given.get("state", "complete"))
        layer = environment.behind is not None
        (layers if layer else results).append(EnvironmentResult(environment, state, len(by_name), 0, None, 1.0))
        own = [_cell(name, where, text, by_name) for where, text in given.get("cells", {}).items()]
        (behind if layer else cells).extend(own)
        facts[name] = _facts(name, given, by_name)
        excluded += [_exclusion(name, where) for where in given.get("excluded", [])]
    return Subject(contracts, tuple(results), tuple(cells), facts, tuple(excluded), exchanges,
                   case.get("settings", {}), tuple(layers), tuple(behind))  # fmt: skip


def contract(name: str, paths: Mapping[str, Any]) -> Contract:
    items = tuple(_item(name, template, given, line * 10) for line, (template, given) in enumerate(paths.items(), 1))
    return Contract(name, f"{name} API", "1.0", f"{name}.yaml", "3.1", (), items)


def _item(name: str, template: str, given: list[Any], line: int) -> PathItem:
    pointer = "/paths/" + template.replace("~", "~0").replace("/", "~1")
    operations = tuple(_operation(name, pointer, g, line + i) for i, g in enumerate(given, 1))
    return PathItem(template, template, Location(f"{name}.yaml", pointer, line), operations)


def _operation(name: str, pointer: str, given: Any, line: int) -> Operation:
    more = dict(given) if isinstance(given, dict) else {"method": given}
    method = more.pop("method")
    values = {n: Value("1", source) for n, source in more.pop("values", {}).items()}
    lists: dict[str, Any] = {k: _tuples(v) for k, v in more.items()}
    return Operation(method, Location(f"{name}.yaml", f"{pointer}/{method.lower()}", line), values=values, **lists)


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _environment(name: str, given: Mapping[str, Any], position: int, spec: str) -> Environment:
    url = given.get("url", f"http://{name}.test")
    parts = urlsplit(url)
    origin = Origin(parts.scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}[parts.scheme])
    more = {"behind": given.get("behind"), "cors_origin": given.get("cors_origin")}
    return Environment(name, url, origin, parts.path, position=position, contract=spec, **more)


def _exchange(environment: Environment, seq: int, text: str) -> Exchange:
    request, _, response = text.partition(" -> ")
    line, _, template = request.partition(" for ")
    method, _, target = line.partition(" ")
    status, *fields = response.split("; ")
    target, _, media_type = target.partition(" announcing ")
    target, _, other = target.partition(" as ")
    other, _, variant = other.partition(" ")
    purpose = Purpose(other) if other else Purpose.PATH if template else Purpose.SIBLING
    # Whatever announces content is an unfinished request; each of a case needs a slot of its own.
    ordinal, form = (seq, Form.UNFINISHED) if media_type else (0, Form.PLAIN)
    ordinal = seq if purpose in (Purpose.VARIED, Purpose.REPEAT) else ordinal
    slot = Slot(purpose, method, template or target, ordinal, form, variant)
    probe = Probe(environment.name, slot, environment.origin, target, media_type=media_type or None)
    pairs = tuple((n, v.strip()) for n, _, v in (f.partition(":") for f in fields))
    page = next((v for n, v in pairs if n == "page"), None)
    body = BodyTrace(len(page), "text/html", masked=page, text=page) if page else BodyTrace()
    pairs = tuple(p for p in pairs if p[0] != "page")
    return Exchange(probe, seq, "2026-11-20T02:14:09.000Z", 0.01, 1, (("Host", environment.origin.host_field),),
                    Answer(int(status), pairs, body))  # fmt: skip


def _cell(environment: str, where: str, text: str, by_name: Mapping[str, Exchange]) -> Cell:
    method, _, path = where.partition(" ")
    head, _, why = text.partition(": ")
    support, how, *names = head.split()
    undetermined = support == Support.UNDETERMINED
    basis, reason = (None, Reason(how)) if undetermined else (Basis(how), None)
    ids = tuple(by_name[n].id for n in names)
    return Cell(environment, path, method, Support(support), basis, reason, why, ids)


def _exclusion(environment: str, where: str) -> Exclusion:
    method, _, path = where.partition(" ")
    return Exclusion(environment, path, method, "config", "skip")


def _facts(name: str, given: Mapping[str, Any], by_name: Mapping[str, Exchange]) -> Facts:
    whole = dict(given.get("facts", {}))
    controls = tuple(by_name[n].id for n in whole.pop("exchanges", []))
    for key, kind in (("preflight", FixedPreflight), ("fixed_allow", FixedAllow)):
        if key in whole:
            whole[key] = kind(**_named(whole[key], by_name))
    if "trace" in whole:
        whole["trace"] = by_name[whole["trace"]].id
    own = [e for e in by_name.values() if e.probe.purpose is Purpose.PATH]
    templates = dict.fromkeys([*given.get("paths", {}), *(e.probe.slot.subject for e in own)])
    paths = {t: _path_facts(name, t, [e for e in own if e.probe.slot.subject == t], given, by_name) for t in templates}
    for template, facts in paths.items():
        asked = (e for e in by_name.values() if e.probe.purpose is Purpose.PREFLIGHT)
        answers = (read(given.get("cors_origin", ""), e.probe.slot.variant, e) for e in asked
                   if e.probe.slot.subject == template)  # fmt: skip
        head = given.get("paths", {}).get(template, {}).get("head")
        paths[template] = replace(facts, preflights=tuple(a for a in answers if a), head=_head(head, by_name))
    served = whole.pop("served", None)
    if served is not None:
        whole["served"] = ServedSpec(**{k: _tuples(v) for k, v in served.items()})
        whole["served_exchange"] = next(e.id for e in by_name.values() if e.probe.purpose is Purpose.SERVED_SPEC)
    return Facts(EnvironmentFacts(name, exchanges=controls, **whole), paths)


def _named(given: Mapping[str, Any], by_name: Mapping[str, Exchange]) -> dict[str, Any]:
    """A fact from JSON: exchanges by name, an Allow as text."""
    found = {k: tuple(v) if isinstance(v, list) else v for k, v in given.items()}
    found["exchanges"] = tuple(by_name[n].id for n in given["exchanges"])
    return found | ({"allow": parse_allow([given["allow"]])} if "allow" in given else {})


def _head(names: list[str] | None, by_name: Mapping[str, Exchange]) -> HeadAnswer | None:
    if not names:
        return None
    status = by_name[names[0]].status or 0
    return HeadAnswer(status, status >= 400, tuple(by_name[n].id for n in names))


def _access(text: str, by_name: Mapping[str, Exchange]) -> Access:
    """`same all get`, `refused all get sib wall`."""
    reached, *names = text.split()
    sent = [by_name[n] for n in names if n != "wall"]
    given = sent[1].status if len(sent) > 1 and sent[1].probe.purpose is Purpose.PATH else None
    return Access("GET", Reached(reached), sent[0].status or 0, given, tuple(e.id for e in sent), "wall" in names)


def _path_facts(
    name: str, template: str, own: list[Exchange], given: Mapping[str, Any], by_name: Mapping[str, Exchange]
) -> PathFacts:
    more = dict(given.get("paths", {}).get(template, {}))
    answers = [(e, e.answer) for e in own if e.answer is not None]
    allow = {e.probe.method: a for e, answer in answers if (a := parse_allow(answer.values("Allow"))) is not None}
    refusals = tuple(Refusal(e.probe.method, a.status, allow.get(e.probe.method), e.id)
                     for e, a in answers if a.status in (405, 501))  # fmt: skip
    kinds = more.pop("kinds", {})
    more.pop("head", None)
    redirects = tuple(
        Redirect(e.probe.method, a.status, a.value("Location") or "", kinds.get(e.probe.method, "slash"), e.id)
        for e, a in answers if 300 <= a.status < 400
    )  # fmt: skip
    if "access" in more:
        more["access"] = _access(more["access"], by_name)
    more["lifecycle"] = {e.probe.method: said for e in own for said in [lifecycle(e)] if said is not None}
    more["unfilled"] = frozenset(more.get("unfilled", ()))
    more["stored"] = tuple(_stored(s, by_name) for s in more.get("stored", ()))
    more["varying"] = tuple(_varying(v, by_name) for v in more.get("varying", ()))
    return PathFacts(
        name, template, statuses={e.probe.method: a.status for e, a in answers}, refusals=refusals,
        exchanges={e.probe.method: e.id for e in own}, redirects=redirects, allow=allow, **more,
    )  # fmt: skip


def _stored(given: Mapping[str, Any], by_name: Mapping[str, Exchange]) -> Stored:
    said = tuple(by_name[n].id for n in given.get("origin", []))
    sent = by_name[given["exchange"]]
    return Stored(sent.probe.method, sent.status or 0, given["by"], given.get("age"), sent.id,
                  by_name[given["origin"][0]].status if said else None, said)  # fmt: skip


def _varying(given: Mapping[str, Any], by_name: Mapping[str, Exchange]) -> Varying:
    shares = tuple(Share(s["answer"], len(s["exchanges"]), tuple(by_name[n].id for n in s["exchanges"]),
                         tuple(s.get("marks", ()))) for s in given["shares"])  # fmt: skip
    noise = tuple(given.get("noise", ()))
    return Varying(
        given["method"], shares, sum(s.count for s in shares) + len(noise), noise, given.get("turned", False)
    )


def as_text(findings: Iterable[Finding], rule: str) -> str:
    """What `rule` says in full, and what the others say in a line each."""
    every = list(findings)
    said = [_in_full(f) for f in every if f.rule == rule]
    others = [f"also: {f.severity} {f.rule}: {f.title}" for f in every if f.rule != rule]
    return "\n".join([*(said or [f"{rule} is silent.\n"]), *others]).rstrip() + "\n"


def _in_full(finding: Finding) -> str:
    place = finding.location
    where = f"{place.file}:{place.line} {place.pointer}" if place else "-"
    return "\n".join([
        f"{finding.severity} {finding.rule} ({finding.confidence} confidence) {finding.fingerprint}",
        f"  {finding.title}",
        f"  path {finding.path or '-'}, methods {', '.join(finding.methods) or '-'}, owner {finding.owner or '-'}",
        f"  cause {finding.cause}, location {where}",
        *(f"  in {o.environment} {o.method or '-'}: {o.detail}" for o in finding.occurrences),
        f"symptom: {finding.symptom}",
        *(f"root cause, {c.likelihood}: {c.text}" for c in finding.root_causes),
        f"diagnosis: {finding.diagnosis}",
        *(f"fix, {f.side}, {f.effort}: {f.text}" for f in finding.fixes),
        f"prevention: {finding.prevention}",
        f"curl: {finding.curl or '-'}",
        "",
    ])  # fmt: skip
