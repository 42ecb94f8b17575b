"""Why an environment counts as unreachable, in words that name the place."""

from __future__ import annotations

from auditor.model.environment import Environment
from auditor.model.exchange import Exchange, Failure
from auditor.model.knowledge import Knowledge
from auditor.prober.pace import is_down
from auditor.prober.proxy import parse

_REFUSED = "the connection was refused"
_HANDSHAKE = "the TLS handshake failed"


def because(environment: Environment, knowledge: Knowledge) -> str:
    """One clause: whether it ever answered, and what happened last, where. A pure function of what was kept."""
    ordered = knowledge.in_order()
    last = next((e for e in reversed(ordered) if is_down(e.failure, e.status)), None)
    answered = sum(e.answer is not None and not is_down(None, e.status) for e in ordered)
    after = f"it stopped answering after {answered} answers" if answered else "it never answered"
    return f"{after}: {_happened(environment, last)}" if last else after


def _happened(environment: Environment, last: Exchange) -> str:
    _, host, port = last.probe.origin
    if environment.proxy:
        host, port, *_ = parse(environment.proxy)
    at = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    place = f"the proxy {at}" if environment.proxy else at
    match last.failure:
        case None:
            return f"status {last.status} from {last.probe.origin.host}:{last.probe.origin.port}"
        case Failure.REFUSED:
            refused = last.detail in ("", _REFUSED)
            return f"connection refused at {place}" if refused else f"{last.detail} to {place}"
        case Failure.DNS:
            return f"the name {host} was not found" if "resolve" in last.detail else f"{last.detail}: {host}"
        case Failure.TLS:
            plain = last.detail.startswith(_HANDSHAKE)
            return f"TLS failed at {place}: " + ("is it plain http?" if plain else last.detail)
        case Failure.CONNECT_TIMEOUT:
            return f"no connection to {place} in time"
        case Failure.RESET | Failure.CLOSED:
            return f"{place} closed the connection without an answer"
        case Failure.DEADLINE:
            return f"no answer from {place} in time"
    return f"{last.detail or last.failure} at {place}"
