"""What else the exchanges show about a path or an environment. Facts hold no opinion; rules do."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from auditor.model.exchange import ServedSpec
from auditor.model.methods import Allow


@dataclass(frozen=True, slots=True)
class Redirect:
    """A 3xx answer of a documented path. `kind`: slash, scheme, host, path. `target`: origin and path, no query."""

    method: str
    status: int
    target: str
    kind: str
    exchange: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """How a method was refused: with which status, and with which `Allow` (None: no such field)."""

    method: str
    status: int
    allow: Allow | None
    exchange: str
    cached: bool = False


class Reached(StrEnum):
    """How far a caller without credentials comes."""

    SAME = "same"
    """To the very answer that credentials get."""
    ALIKE = "alike"
    """To a 2xx of the same shape as with credentials."""
    SERVED = "served"
    """To a 2xx of the path's own; no credentials were given to compare it with."""
    CACHED = "cached"
    """To one of these, out of a cache."""
    REFUSED = "refused"
    """401 or 403."""
    OTHER = "other"
    """Anything else, such as a page for everybody: it says nothing about access."""


@dataclass(frozen=True, slots=True)
class Access:
    """What a path answers to `method` without credentials.

    `status` is that answer's, `given` that of the same request with credentials (None: none were given). `wall`: an
    unknown path is refused in the same way. `exchanges`: the one without credentials, then what it is held against.
    """

    method: str
    reached: Reached
    status: int
    given: int | None
    exchanges: tuple[str, ...]
    wall: bool = False
    asks_for: str = ""
    """The authentication scheme that `WWW-Authenticate` names."""


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """What an answer says about the end of what it answers for; times are UTC ISO 8601, dates without a time.

    `deprecation`: the value as sent, "" where there is none; `since` is its date where it has one that can be read.
    `sunset`: the moment from which the resource is to be gone (RFC 8594), None where there is none or no date in it.
    `at`: when it was asked.
    """

    exchange: str
    status: int
    at: str
    deprecation: str = ""
    since: str | None = None
    readable: bool = True
    sunset: str | None = None


STORED_REFUSALS = frozenset({404, 405, 410, 501})
"""Refusals that a cache may store though nobody told it to (RFC 9110 §15.1)."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An answer that came from a cache. `by`: the fields that say so; `age` in seconds, where it is told.

    `origin_status`: what the origin answers now, asked past the cache; None where that could not be had for sure.
    """

    method: str
    status: int
    by: str
    age: int | None
    exchange: str
    origin_status: int | None = None
    origin_exchanges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Share:
    """One of the answers that a probe got, sent several times: how often, and what only these answers carry."""

    answer: str
    count: int
    exchanges: tuple[str, ...]
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Varying:
    """A probe that was sent `asked` times and answered in more than one way.

    `noise`: statuses and failures among them that count for nothing. `turned`: the answers changed once, and for good.
    """

    method: str
    shares: tuple[Share, ...]
    asked: int
    noise: tuple[str, ...] = ()
    turned: bool = False


@dataclass(frozen=True, slots=True)
class Preflight:
    """What a CORS preflight was answered: may pages of the configured origin send `method` here (Fetch: CORS protocol)?

    `admitted`: Access-Control-Allow-Origin lets the origin in. `promised`: a browser would go on and send the method.
    `listed`: what Access-Control-Allow-Methods names.
    """

    method: str
    status: int
    admitted: bool
    promised: bool
    listed: tuple[str, ...]
    exchange: str


@dataclass(frozen=True, slots=True)
class FixedPreflight:
    """Preflights whose list is the same whatever is asked, and so says nothing about a path.

    `any_path`: an unknown path is answered the same. `any_method`: a method that nobody implements is promised, too.
    Where neither holds, an unknown path is sent the same list, but not with a success.
    """

    promised: tuple[str, ...]
    """What it was seen to promise, `*` for any method."""
    any_path: bool
    any_method: bool
    exchanges: tuple[str, ...]
    """The controls that show it, with what they are compared with."""

    @property
    def speaks_for_all(self) -> bool:
        """Whether a path that was not asked would be answered in the same way."""
        return self.any_path or self.any_method


@dataclass(frozen=True, slots=True)
class HeadAnswer:
    """HEAD beside a GET that is answered 2xx. `refused`: as a method that is not served."""

    status: int
    refused: bool
    exchanges: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Near:
    """A path spelled nearly like this one, which is missing: `template` as the description would write it, `target`
    as it was asked. It is served, and an unknown path of its form is not.
    """

    template: str
    target: str
    status: int
    exchanges: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PathFacts:
    """Facts about one documented path in one environment.

    `routed`: True, False, or None where unknown. `allow`: what OPTIONS or a 405 claims (method that was sent → Allow).
    `statuses`: what safe methods were answered, by method. `responder`: server identity, e.g. "nginx".
    """

    environment: str
    path: str
    routed: bool | None = None
    statuses: dict[str, int] = field(default_factory=dict)
    exchanges: dict[str, str] = field(default_factory=dict)
    """Exchange id by method, of the path's own probes."""
    refusals: tuple[Refusal, ...] = ()
    redirects: tuple[Redirect, ...] = ()
    allow: dict[str, Allow] = field(default_factory=dict)
    auth: bool = False
    """An authentication layer answered in place of the router."""
    responder: str = ""
    observations: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Response-rule observations by method."""
    shadowed_by: str | None = None
    unfilled: frozenset[str] = frozenset()
    """Methods whose required query or header parameters could not be filled: response rules stay silent."""
    access: Access | None = None
    lifecycle: dict[str, Lifecycle] = field(default_factory=dict)
    """By method, where the answer carries `Deprecation` or `Sunset`."""
    preflights: tuple[Preflight, ...] = ()
    head: HeadAnswer | None = None
    stored: tuple[Stored, ...] = ()
    """Answers of caches to documented GET and HEAD; `statuses` and `refusals` hold the origin's in their place."""
    varying: tuple[Varying, ...] = ()
    near: Near | None = None


@dataclass(frozen=True, slots=True)
class FixedAllow:
    """One `Allow` for every path that was asked, and for a path that does not exist."""

    allow: Allow
    paths: int
    exchanges: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EnvironmentFacts:
    """Facts about one environment.

    `allow_trusted`: whether calibration found this host's `Allow` honest; `allow_doubt` says why not.
    `base_path_wrong`: every documented path answered like one that does not exist; `likely_base`: one seen to work.
    `redirects_to`: where everything redirects, or None.
    """

    environment: str
    catch_all: bool = False
    auth_wall: bool = False
    allow_trusted: bool = False
    allow_doubt: str = ""
    base_path_wrong: bool = False
    likely_base: str | None = None
    redirects_to: str | None = None
    redirect_status: int | None = None
    build: str | None = None
    build_note: str = ""
    """Why the build is not known, where somebody asked for it."""
    preflight: FixedPreflight | None = None
    trace: str | None = None
    """The exchange in which TRACE sent our own request back."""
    fixed_allow: FixedAllow | None = None
    exchanges: tuple[str, ...] = ()
    """The control exchanges that show it."""
    served: ServedSpec | None = None
    """What the description that it serves documents, where one was asked for."""
    served_exchange: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """All facts of one environment; `paths` by template."""

    environment: EnvironmentFacts
    paths: dict[str, PathFacts] = field(default_factory=dict)
