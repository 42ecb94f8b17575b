"""One deployment, its origin, and what we may do to it."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class Mode(StrEnum):
    """What may leave the process (DESIGN §1); a mode includes those before it."""

    SAFE = "safe"
    """Safe methods only (RFC 9110 §9.2.1)."""
    INERT = "inert"
    """Besides, state-changing methods as unfinished requests, under the safety rule (prober/harmless)."""


class State(StrEnum):
    """How an environment's audit ended."""

    COMPLETE = "complete"
    UNREACHABLE = "unreachable"
    INTERRUPTED = "interrupted"
    LOGIN_REFUSED = "login-refused"
    DEADLINE = "deadline"
    BUDGET = "budget"


class Origin(NamedTuple):
    """RFC 6454 origin: lower-case scheme and host (no brackets), integer port."""

    scheme: str
    host: str
    port: int

    @property
    def text(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        default = {"http": 80, "https": 443}[self.scheme]
        return f"{self.scheme}://{host}" + ("" if self.port == default else f":{self.port}")

    @property
    def host_field(self) -> str:
        """The value of the Host field (RFC 9110 §7.2)."""
        return self.text.split("://", 1)[1]

    @property
    def is_loopback(self) -> bool:
        if self.host == "localhost" or self.host.endswith(".localhost"):
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one environment (PROMISES P10-P17); seconds and requests per second."""

    rate: float = 20.0
    concurrency: int = 4
    connect_timeout: float = 5.0
    probe_timeout: float = 15.0
    retries: int = 2
    repeat: int = 2
    """How often a probe that a finding rests on is sent again, in search of instances that differ."""
    retry_after_cap: float = 60.0


@dataclass(frozen=True, slots=True)
class Environment:
    """One deployment. `url` has no trailing slash; `base_path` is its path ('' or '/v1').

    `headers` hold credentials: they are attached inside the transport, to `origin` only, and never leave in any output.
    """

    name: str
    url: str
    origin: Origin
    base_path: str
    mode: Mode = Mode.SAFE
    position: int = 0
    inert_forms: tuple[str, ...] = ()
    """Complete forms that the operator lets out besides the unfinished request (model/exchange.Form), `inert` only."""
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    limits: Limits = Limits()
    allow_plaintext: bool = False
    ca_file: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    proxy: str | None = None
    host: str | None = None
    keep_bodies: bool = False
    behind: str | None = None
    """Of a layer: the environment, or the layer, that stands in front of it (DESIGN §1)."""
    contract: str = ""
    """Id of the Contract that this environment is audited against."""
    servers: tuple[tuple[str, Origin, str], ...] = ()
    """Mapped servers: (documented server URL, origin, base path)."""
    build_header: str | None = None
    """The response field that names the build."""
    build_url: str | None = None
    """Request target that names the build, on its own origin; where that is JSON, at `build_pointer` (RFC 6901)."""
    build_pointer: str | None = None
    served_spec: str | None = None
    """Request target of the description that the deployment serves, on its own origin (not below the base path)."""
    cors_origin: str | None = None
    """The origin whose pages call this API from browsers, serialised (RFC 6454 §6.2); None: nobody asks about CORS."""
    resume_max_age: float = 3600.0

    @property
    def origins(self) -> frozenset[Origin]:
        """Every origin the operator configured for this environment: nothing else is ever contacted (P5)."""
        return frozenset({self.origin, *(o for _, o, _ in self.servers)})
