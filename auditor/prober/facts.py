"""Facts: what else the exchanges show about a path and about the deployment. No opinion (DESIGN §1)."""

from __future__ import annotations

from dataclasses import replace

from auditor.model.cell import Reason
from auditor.model.environment import Environment
from auditor.model.exchange import Answer, Exchange, Purpose, ServedSpec, ids
from auditor.model.fact import EnvironmentFacts, Facts, PathFacts, Redirect, Refusal
from auditor.model.redirection import kind
from auditor.prober import build_id
from auditor.prober.access import Visitors
from auditor.prober.allowance import fixed_allow
from auditor.prober.cached import from_cache
from auditor.prober.calibrate import GATES, REFUSED, Calibration
from auditor.prober.echo import ECHO
from auditor.prober.headless import head_answer
from auditor.prober.judge import judge_method
from auditor.prober.lifecycle import lifecycle
from auditor.prober.near import near
from auditor.prober.needed import nothing_routed
from auditor.prober.preflight import Preflights
from auditor.prober.repeats import varying
from auditor.prober.routing import not_routed
from auditor.prober.signature import identity
from auditor.prober.stored import stored_facts
from auditor.prober.targets import Target
from auditor.prober.trust import allow_of


def facts(c: Calibration, environment: Environment, seen: Calibration | None = None) -> Facts:
    """All facts of one environment; `seen` is what was answered before the origin took the place of caches."""
    stored, repeated = stored_facts(seen or c), varying(c, environment.build_header)
    own: dict[str, dict[str, Exchange]] = {}
    for slot, exchange in c.knowledge.slots.items():
        if slot.purpose is Purpose.PATH and slot.ordinal == 0:
            own.setdefault(slot.subject, {})[slot.method] = exchange
    visitors = Visitors(c, environment)
    paths = {t.template: replace(_path(c, environment, visitors, t, own.get(t.template, {})),
                                 stored=tuple(stored.get(t.template, ())), varying=tuple(repeated.get(t.template, ())))
             for t in c.targets}  # fmt: skip
    whole = _environment(c, environment)
    if environment.cors_origin is not None:
        known = Preflights.of(environment.cors_origin, c.targets)
        paths |= {t.template: replace(paths[t.template], preflights=known.known(c, t)) for t in known.paths}
        whole = replace(whole, preflight=known.fixed(c))
    return Facts(whole, paths)


def _environment(c: Calibration, environment: Environment) -> EnvironmentFacts:
    controls = [e for s, e in sorted(c.knowledge.slots.items()) if s.purpose is Purpose.SIBLING and s.ordinal == 0]
    if c.catch_all:
        controls.sort(key=lambda e: not (e.status is not None and 200 <= e.status < 300))
    likely, proof = likely_base(c)
    wrong = not c.alive and not c.catch_all and not c.auth_wall and nothing_routed(c) and len(_asked(c)) >= 2
    place = c.redirects_to
    spec = next((e for s, e in c.knowledge.slots.items() if s.purpose is Purpose.SERVED_SPEC), None)
    build, unknown = build_id.build(c.knowledge, environment)
    return EnvironmentFacts(
        environment=environment.name, catch_all=c.catch_all, auth_wall=c.auth_wall,
        allow_trusted=c.allow_trust.trusted, allow_doubt="" if c.allow_trust.trusted else c.allow_trust.why,
        base_path_wrong=wrong, likely_base=likely if wrong else None,
        redirects_to=place.text(environment) if place else None, redirect_status=place.status if place else None,
        build=build, build_note=unknown, exchanges=ids([*proof, *controls[:3]]),
        served=_served(spec), served_exchange=spec.id if spec else "",
        trace=_trace(c), fixed_allow=fixed_allow(c),
    )  # fmt: skip


def _served(sent: Exchange | None) -> ServedSpec | None:
    """What the deployment's own description documents, or why that is not known."""
    if sent is None or sent.served is not None:
        return sent.served if sent else None
    return ServedSpec(problem=f"it could not be fetched ({sent.failure})" if sent.failure else "it was not read")


def _trace(c: Calibration) -> str | None:
    """The exchange in which TRACE sent our own request back."""
    sent = (e for s, e in c.knowledge.slots.items() if s.purpose is Purpose.TRACE and e.answer)
    return next((e.id for e in sent if e.answer and ECHO in e.answer.notes), None)


def _asked(c: Calibration) -> list[Target]:
    return [t for t in c.targets if c.on_path(t, "GET") or c.on_path(t, c.control)]


def likely_base(c: Calibration) -> tuple[str | None, list[Exchange]]:
    """Another base path under which a documented path answers 2xx and an unknown one does not, with its exchanges."""
    for slot, exchange in sorted(c.knowledge.slots.items()):
        if slot.purpose is not Purpose.BASE or slot.subject.endswith("|sibling"):
            continue
        base = slot.subject.partition("|")[0]
        control = c.exchange(Purpose.BASE, "GET", f"{base}|sibling")
        got, unknown = exchange.answer, control.answer if control else None
        if got and unknown and 200 <= got.status < 300 and not 200 <= unknown.status < 300:
            return base or "/", [exchange, *([control] if control else [])]
    return None, []


def _path(
    c: Calibration, environment: Environment, visitors: Visitors, target: Target, own: dict[str, Exchange]
) -> PathFacts:
    answered = {m: (e, e.answer) for m, e in sorted(own.items()) if e.answer is not None and e.answer.whole}
    missing = not_routed(c, target)
    allow = {m: a for m, (_, answer) in answered.items() for a in [allow_of(answer)] if a is not None}
    gates = [a for _, a in answered.values() if a.status in GATES]
    return PathFacts(
        environment=environment.name, path=target.template,
        routed=False if missing else _routed(c, target),
        statuses={m: a.status for m, (_, a) in answered.items()},
        exchanges={m: e.id for m, (e, _) in answered.items()},
        refusals=tuple(Refusal(m, a.status, allow_of(a), e.id, bool(from_cache(a)))
                       for m, (e, a) in answered.items() if a.status in REFUSED),
        redirects=tuple(r for m, (e, a) in answered.items() for r in [_redirect(target, m, a, e)] if r),
        allow=allow, auth=bool(gates) and judge_method(c, target, "GET").reason is Reason.AUTH_WALL,
        responder=next((identity(a)[0].partition(":")[2] for _, a in answered.values() if identity(a)), ""),
        observations={m: e.observations for m, e in own.items() if e.observations},
        shadowed_by=target.shadowed_by if target.shadow_fits else None, unfilled=target.unfilled,
        access=visitors.access(target),
        lifecycle={m: said for m, e in sorted(own.items()) for said in [lifecycle(e)] if said is not None},
        head=head_answer(c, target), near=near(c, target),
    )  # fmt: skip


def _routed(c: Calibration, target: Target) -> bool | None:
    return True if c.good(target) or c.routed_by_refusal(target) else None


def _redirect(target: Target, method: str, answer: Answer, sent: Exchange) -> Redirect | None:
    location = answer.value("location")
    if not 300 <= answer.status < 400 or answer.status == 304 or not location:
        return None
    asked = sent.probe.target.partition("?")[0]
    return Redirect(method, answer.status, location, kind(location, target.origin, asked), sent.id)
