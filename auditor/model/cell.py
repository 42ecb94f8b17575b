"""Cells: what the exchanges show about (environment, path, method); never looks at the contract."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Support(StrEnum):
    """Whether a method is served; never whether it should be."""

    SUPPORTED = "supported"
    UNSUPPORTED = "unsupported"
    UNDETERMINED = "undetermined"


class Basis(StrEnum):
    """What a verdict rests on."""

    OBSERVED = "observed"
    """The method itself was sent, and routed or refused."""
    ADVERTISED = "advertised"
    """By an `Allow` that calibration found honest."""
    INFERRED = "inferred"
    """The path itself is not routed, shown by safe methods."""


class Reason(StrEnum):
    """Why a cell is undetermined: the closed list of DESIGN §4."""

    AUTH_WALL = "auth-wall"
    CATCH_ALL = "catch-all"
    NO_KNOWN_OBJECT = "no-known-object"
    NO_CONTROL = "no-control"
    NO_HARMLESS_PROBE = "no-harmless-probe"
    NO_EVIDENCE = "no-evidence"
    MODE_FORBIDS = "mode-forbids"
    GATEWAY_ANSWERED = "gateway-answered"
    CONFLICTING_ANSWERS = "conflicting-answers"
    UNSTABLE = "unstable"
    MALFORMED_ANSWER = "malformed-answer"
    RATE_LIMITED = "rate-limited"
    UNREACHABLE = "unreachable"
    NOT_REACHED = "not-reached"
    REDIRECTED_ELSEWHERE = "redirected-elsewhere"
    OTHER_SERVER = "other-server"

    @property
    def remedy(self) -> str:
        return REMEDIES[self]


REMEDIES: dict[Reason, str] = {
    Reason.AUTH_WALL: "give credentials for this environment: --header 'ENV:Authorization: Bearer ${TOKEN}'",
    Reason.CATCH_ALL: "audit the service itself instead of the host whose fallback answers every path",
    Reason.NO_KNOWN_OBJECT: "give a value that exists: values: {NAME: ...} in auditor.yaml",
    Reason.NO_CONTROL: "no path can be invented that no template matches; compare the server's own route table",
    Reason.NO_HARMLESS_PROBE: "read the server's route table: no request that is sure to be harmless could tell",
    Reason.NO_EVIDENCE: "none of the answers told this path from one that does not exist; see the evidence",
    Reason.MODE_FORBIDS: "safe mode sends no such method, and no Allow that can be trusted tells; "
                         "--mode inert may, or an honest Allow with the service's 405",
    Reason.GATEWAY_ANSWERED: "a gateway or cache answered, not the service; audit again past it, or when it is up",
    Reason.CONFLICTING_ANSWERS: "two pieces of evidence disagree; see both exchanges",
    Reason.UNSTABLE: "the same probe was answered differently; audit again when the deployment is steady",
    Reason.MALFORMED_ANSWER: "what came back was not valid HTTP; see the exchange",
    Reason.RATE_LIMITED: "lower --rate, or ask for a higher limit for this client",
    Reason.UNREACHABLE: "the environment does not answer; check it, then audit again",
    Reason.NOT_REACHED: "the deadline or budget ended first; raise --deadline or narrow with --only",
    Reason.REDIRECTED_ELSEWHERE: "the path redirects to another place; audit that place with --env NAME=URL",
    Reason.OTHER_SERVER: "the description puts this operation on another server; map it under servers: in auditor.yaml",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cell:
    """The unit of knowledge. `basis` is set unless undetermined; `reason` and `remedy` only then.

    `exchanges` are the ids of the exchanges that the verdict rests on; `why` is one sentence that names the rule used.
    """

    environment: str
    path: str
    method: str
    support: Support
    basis: Basis | None
    reason: Reason | None
    why: str
    exchanges: tuple[str, ...] = ()
    remedy_text: str | None = None

    @property
    def remedy(self) -> str | None:
        return self.remedy_text or (self.reason.remedy if self.reason else None)


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A documented operation that is not probed: who said so, and why."""

    environment: str
    path: str
    method: str
    by: str
    why: str
