"""The whole result of a run, as every output format renders it."""

from __future__ import annotations

from dataclasses import dataclass, field

from auditor.model.cell import Cell, Exclusion
from auditor.model.contract import Contract
from auditor.model.environment import Environment, State
from auditor.model.exchange import Exchange
from auditor.model.fact import Facts
from auditor.model.finding import Finding
from auditor.model.night import Changes, Seen
from auditor.model.place import NOWHERE, Place

EFFECTS = (
    "removes-documented", "adds-undocumented", "still-missing", "removes-undocumented", "repairs", "adds-documented",
    "environment-only", "cannot-say",
)  # fmt: skip
"""What promoting does to callers of the next environment, worst first (DESIGN §8)."""


@dataclass(frozen=True, slots=True)
class Change:
    """One method that promotion changes; `effect` is one of EFFECTS."""

    path: str
    method: str
    effect: str
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True)
class Promotion:
    """What changes for callers of `to` if the build of `from_` is promoted. `verdict`: promote, hold, cannot-say."""

    from_: str
    to: str
    verdict: str
    because: str
    compared: int
    not_compared: int
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class EnvironmentResult:
    """How one environment's audit went. `decided`: share of 0 to 1, None where nothing counts; `seconds`: wall time."""

    environment: Environment
    state: State
    requests: int
    state_changing_requests: int
    decided: float | None
    seconds: float
    build: str | None = None
    why: str = ""
    """One sentence where the state is not complete."""
    build_note: str = ""
    """Why the build is not known, where somebody asked for it."""


@dataclass(frozen=True, slots=True)
class RunInfo:
    """Which run this is. Times are UTC ISO 8601; names and nonces come from `seed`."""

    id: str
    started_at: str
    finished_at: str
    exit_code: int
    seed: str = ""


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts of documented operations × environments, of findings and of requests; see DESIGN §4, conservation."""

    documented: int
    supported: int
    unsupported: int
    undetermined: int
    excluded: int
    errors: int
    warnings: int
    infos: int
    waived: int
    requests: int
    state_changing_requests: int


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a format needs. `exchanges` are by id; `documented` holds (environment, path, method)."""

    run: RunInfo
    complete: bool
    incomplete_because: tuple[str, ...]
    contracts: tuple[Contract, ...]
    environments: tuple[EnvironmentResult, ...]
    """The promotion chain; what stands behind one of them is in `layers`."""
    cells: tuple[Cell, ...]
    excluded: tuple[Exclusion, ...]
    findings: tuple[Finding, ...]
    promotions: tuple[Promotion, ...]
    totals: Totals
    documented: frozenset[tuple[str, str, str]] = frozenset()
    exchanges: dict[str, Exchange] = field(default_factory=dict)
    facts: dict[str, Facts] = field(default_factory=dict)
    fail_on: str = "error"
    language: str = "en"
    """Which language its page speaks (BCP 47)."""
    notes: tuple[str, ...] = ()
    """Hints about the run as a whole: at most one is printed."""
    settings: tuple[tuple[str, str, str], ...] = ()
    """(name, value without secrets, origin): flag, config, default."""
    rules_run: tuple[str, ...] = ()
    since: Changes | None = None
    """What changed since the report that the run was compared with."""
    remembered: tuple[Seen, ...] = ()
    """Of what was seen then and not judged now: what a next run must still know of."""
    layers: tuple[EnvironmentResult, ...] = ()
    layer_cells: tuple[Cell, ...] = ()
    place: Place = NOWHERE
    """Where it was started, for formats that hang findings on files of a repository."""
    waiver_notes: tuple[str, ...] = ()
    """Waivers that ended, end soon or accept nothing any more."""
    possible_writes: tuple[str, ...] = ()
    """Requests without their content that were answered as if something had been done: somebody has to look."""
    remarks: tuple[str, ...] = ()
    """What was asked for beside verdicts and could not be had, such as a description that the deployment serves."""
