"""Method allow-lists for gateways: one file each, all from the same AllowList (docs/gateways.md names the sources)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from textwrap import wrap
from types import MappingProxyType

from auditor.differ.output.gateways.allowlist import AllowList
from auditor.errors import UsageError


@dataclass(frozen=True, slots=True)
class Gateway:
    """One KIND of `--gateway`. `refuses`: with what it can refuse a method."""

    kind: str
    title: str
    refuses: str
    render: Callable[[AllowList], str]


def _later(kind: str) -> Callable[[AllowList], str]:
    def render(allowed: AllowList) -> str:
        made: str = import_module(f"{__name__}.{kind.replace('-', '_')}").render(allowed)
        return made

    return render


GATEWAYS: Mapping[str, Gateway] = MappingProxyType({
    kind: Gateway(kind, title, refuses, _later(kind))
    for kind, title, refuses in (
        ("nginx", "nginx 1.11 or newer", "405 with Allow"),
        ("apache", "Apache httpd 2.4.24 or newer", "405 with Allow"),
        ("haproxy", "HAProxy 2.2 or newer, built with PCRE", "405 with Allow"),
        ("caddy", "Caddy 2.5 or newer", "405 with Allow"),
        ("envoy", "Envoy 1.20 or newer", "405 with Allow"),
        ("istio", "Istio 1.15 or newer", "405 with Allow"),
        ("kong", "Kong Gateway 3", "405 with Allow"),
        ("aws-api-gateway", "AWS API Gateway, REST API", "405 with Allow"),
        ("aws-alb", "AWS Application Load Balancer", "405; it cannot send Allow"),
        ("aws-waf", "AWS WAF (v2)", "405 with Allow"),
        ("cloudflare", "Cloudflare WAF custom rules, Business plan or above", "405; it cannot send Allow"),
    )
})  # fmt: skip
"""By kind, as `auditor fix --gateway` knows them."""


def gateway(kind: str) -> Gateway:
    """The gateway of that kind. UsageError where it is unknown."""
    found = GATEWAYS.get(kind)
    if found is None:
        raise UsageError(f"{kind[:40]!r} is no gateway that is known", where="--gateway",
                         hint="one of " + ", ".join(GATEWAYS))  # fmt: skip
    return found


def commented(lines: tuple[str, ...]) -> str:
    """The lines as comments; a long one takes several, an indented one is a command and stays whole."""
    wrapped = (part for line in lines for part in ([line] if line[:1] in ("", " ") else wrap(line, 110)))
    return "".join(f"# {line}".rstrip() + "\n" for line in wrapped)
