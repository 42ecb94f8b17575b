"""Probes and exchanges: what we may send, and what happened on the wire. Redacted at birth."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from auditor.model.environment import Origin


class Purpose(StrEnum):
    """Why a probe is sent."""

    SIBLING = "sibling"
    """An unknown path beside documented ones: what this deployment answers where nothing is routed."""
    PATH = "path"
    """The documented path itself."""
    TWIN = "twin"
    """The path with its trailing slash added or taken away."""
    DEEPER = "deeper"
    """An unknown path below a templated one: served by the same back end, but routed nowhere."""
    SHADOW = "shadow"
    """Another value where a literal segment stands that a template also matches."""
    ALTERNATE = "alternate"
    """The control method on a templated path with values of other types: is it the value that is not routed?"""
    ABSENT = "absent"
    """The documented path with an object that cannot exist: does the other one really exist?"""
    PHANTOM = "phantom"
    """The documented path with every object in it absent: where a state-changing method can meet nothing."""
    BASE = "base"
    """A guess at the right base path, only where the configured one serves nothing."""
    ANONYMOUS = "anonymous"
    """The documented path without credentials: are they asked for?"""
    ANONYMOUS_SIBLING = "anonymous-sibling"
    """An unknown path without credentials: what everybody is answered who gives none."""
    SERVED_SPEC = "served-spec"
    """The description that the deployment itself serves, where the operator says where."""
    BUILD = "build"
    """The address that names the build which runs there; asked beside all paths, and about none of them."""
    HEAD = "head"
    """HEAD on a path that serves GET, where nobody documented it."""
    HEAD_UNKNOWN = "head-unknown"
    """HEAD on an unknown path: is a 404 to HEAD this host's word for a method that it does not serve?"""
    PREFLIGHT = "preflight"
    """A CORS preflight of a documented path; the slot's variant is the method that it asks for."""
    PREFLIGHT_UNKNOWN = "preflight-unknown"
    """The same preflight on an unknown path: does the answer depend on the path at all?"""
    TRACE = "trace"
    """Is a request sent back to whoever sent it?"""
    VARIED = "varied"
    """A path that a cache answered for, with a query parameter that nobody knows: the cache has nothing stored."""
    NEAR = "near"
    """A path spelled nearly like a documented one that is missing: is that what is served? The variant spells it."""
    NEAR_UNKNOWN = "near-unknown"
    """An unknown path of the same form as a near one that is served."""
    REPEAT = "repeat"
    """The probe that a verdict rests on, sent again later: do all instances answer alike?"""


ANONYMOUS: frozenset[Purpose] = frozenset({
    Purpose.ANONYMOUS, Purpose.ANONYMOUS_SIBLING, Purpose.PREFLIGHT, Purpose.PREFLIGHT_UNKNOWN, Purpose.TRACE,
})  # fmt: skip
"""Purposes whose probes carry none of the credentials: a browser's preflight has none, and TRACE sends all back."""

SURVEYS: frozenset[Purpose] = ANONYMOUS | {
    Purpose.SERVED_SPEC, Purpose.BUILD, Purpose.HEAD, Purpose.HEAD_UNKNOWN, Purpose.VARIED, Purpose.REPEAT,
    Purpose.NEAR, Purpose.NEAR_UNKNOWN,
}  # fmt: skip
"""Purposes of what is asked beside the paths (prober/surveys, build_id): calibration does not look at them."""


class Form(StrEnum):
    """How much of a request is sent. All but `plain` exist in `inert` mode only."""

    PLAIN = "plain"
    """A whole request without content."""
    UNFINISHED = "unfinished"
    """JSON declared, 16 octets announced, one sent; then we listen, and hang up (DIALECTS: stalljson)."""
    BROKEN_JSON = "broken-json"
    """A whole request whose content is declared JSON and is none: `{`. An opt-in."""
    UNKNOWN_TYPE = "unknown-type"
    """A whole request with one octet of a media type nobody reads. An opt-in, for absent objects alone."""


COMPLETE_FORMS = (Form.BROKEN_JSON, Form.UNKNOWN_TYPE)
"""Forms that are whole requests: each has a measured risk, so each is opted into per environment."""


class Failure(StrEnum):
    """Why there is no answer. A closed list; never text of the server (PROMISES P21, P28)."""

    DNS = "dns"
    REFUSED = "refused"
    CONNECT_TIMEOUT = "connect-timeout"
    TLS = "tls"
    RESET = "reset"
    CLOSED = "closed"
    """Zero bytes, then an orderly close."""
    CUT = "cut"
    """Some bytes of a head, then a close."""
    DEADLINE = "deadline"
    PROTOCOL = "protocol"
    """What came is not HTTP/1.1: becomes `malformed-answer`, never a status."""
    PROXY_REFUSED = "proxy-refused"
    TOO_MANY_1XX = "too-many-1xx"
    CANCELLED = "cancelled"
    SILENT = "silent"
    """An unfinished request was held open, and no octet came back; `elapsed` says for how long."""
    FORBIDDEN = "forbidden"
    INTERNAL = "internal"

    @property
    def is_transport(self) -> bool:
        """Counts towards the circuit breaker: the deployment could not be reached (PROMISES P14)."""
        return self in _TRANSPORT


_TRANSPORT = frozenset({
    Failure.DNS, Failure.REFUSED, Failure.CONNECT_TIMEOUT, Failure.TLS, Failure.RESET, Failure.CLOSED, Failure.DEADLINE,
    Failure.PROXY_REFUSED,
})  # fmt: skip


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """What a probe wants to know; knowledge is indexed by it.

    `subject` is a path template, for SIBLING, BASE, SERVED_SPEC and what is asked of an unknown path a target.
    """

    purpose: Purpose
    method: str
    subject: str
    ordinal: int = 0
    form: Form = Form.PLAIN
    variant: str = ""
    """What else tells it from its like, where the purpose asks for more than one: the method that a preflight names."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One request that we may send, and why.

    `target` is the origin-form request target (RFC 9112 §3.2.1): ASCII, percent-encoded, begins with `/`.
    `fields` are the header fields that the description asks for; credentials are added by the transport.
    """

    environment: str
    slot: Slot
    origin: Origin
    target: str
    fields: tuple[tuple[str, str], ...] = ()
    media_type: str | None = None
    """What the content is declared to be; None with a plain request."""

    @property
    def method(self) -> str:
        return self.slot.method

    @property
    def purpose(self) -> Purpose:
        return self.slot.purpose

    @property
    def form(self) -> Form:
        return self.slot.form

    @property
    def anonymous(self) -> bool:
        """Sent without the environment's credentials."""
        return self.slot.purpose in ANONYMOUS

    @property
    def id(self) -> str:
        """Stable across runs with the same seed: hash of environment, purpose, method, target, form, ordinal."""
        parts = (self.environment, self.purpose, self.method, self.origin.text + self.target, self.form,
                 self.slot.subject, str(self.slot.ordinal), *filter(None, [self.slot.variant]))  # fmt: skip
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class BodyTrace:
    """What is kept of a body (DESIGN §8). `length` counts the raw bytes seen (at most 64 kB).

    `shape`: canonical skeleton, keys and types, values replaced (JSON) or the tag sequence (HTML); at most 2 kB.
    `masked`: SHA-256 (16 hex) of the canonical body with echoes of the request, digits and ids masked.
    `text`: redacted text of 4xx and 5xx answers only, at most 2 kB.
    """

    length: int = 0
    media_type: str = ""
    sha256: str = ""
    shape: str = ""
    masked: str = ""
    text: str | None = None
    login_form: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """A status line and what came with it.

    `fields` keep order, duplicates and case of names; the value is None where only the name is kept.
    `end`: complete, capped, cut, reset, deadline, protocol, header-limit. Only complete and capped support a verdict.
    """

    status: int
    fields: tuple[tuple[str, str | None], ...] = ()
    body: BodyTrace = BodyTrace()
    http_version: str = "1.1"
    informational: tuple[int, ...] = ()
    end: str = "complete"
    notes: tuple[str, ...] = ()

    def values(self, name: str) -> list[str]:
        """All kept values of a field, in order (RFC 9110 §5.2)."""
        name = name.lower()
        return [v for k, v in self.fields if v is not None and k.lower() == name]

    def value(self, name: str) -> str | None:
        """The first kept value of a field."""
        return next(iter(self.values(name)), None)

    def has(self, name: str) -> bool:
        name = name.lower()
        return any(k.lower() == name for k, _ in self.fields)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(k.lower() for k, _ in self.fields)

    @property
    def whole(self) -> bool:
        """Whether it may carry a verdict; another end is evidence only (TRANSPORT §6)."""
        return self.end in ("complete", "capped", "header-limit")


@dataclass(frozen=True, slots=True)
class ServedSpec:
    """What a description that the deployment serves documents; read when it arrives, for its content is not kept.

    `problem` says why it could not be read, in our own words. `bases` are the paths of its servers, `operations` pairs
    of template and method, `unread` templates whose operations stand in files that were not followed.
    """

    problem: str = ""
    version: str = ""
    bases: tuple[str, ...] = ()
    operations: tuple[tuple[str, str], ...] = ()
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Exchange:
    """What happened for one probe: exactly one of `answer` and `failure` is set.

    `at` is UTC ISO 8601 with milliseconds, `elapsed` seconds, `attempts` counts requests sent for it (0: none left).
    """

    probe: Probe
    seq: int
    at: str
    elapsed: float
    attempts: int
    sent_fields: tuple[tuple[str, str | None], ...] = ()
    answer: Answer | None = None
    failure: Failure | None = None
    detail: str = ""
    observations: tuple[str, ...] = ()
    """What response rules saw at receive time (prober/conformance); empty without them."""
    learnt: tuple[tuple[str, str], ...] = ()
    """(place, value) of objects that the answer named: a place is a path up to its parameter, nameless (harvest)."""
    served: ServedSpec | None = None
    """What the answer describes, where a description was asked for."""

    @property
    def id(self) -> str:
        return self.probe.id

    @property
    def status(self) -> int | None:
        return self.answer.status if self.answer else None


def ids(exchanges: Iterable[Exchange | None]) -> tuple[str, ...]:
    """Ids of the exchanges that exist, in order, without repeats."""
    return tuple(dict.fromkeys(e.id for e in exchanges if e is not None))
