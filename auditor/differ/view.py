"""The model that rules read: environments, their paths and cells, joined with contract, facts and exchanges.

Paths are joined by their anonymous form: `/a/{x}` and `/a/{y}` are one resource, in one contract and across two.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from auditor.differ.subject import Subject
from auditor.model.cell import Basis, Cell, Support
from auditor.model.contract import Contract, Location, Operation, PathItem
from auditor.model.environment import State
from auditor.model.exchange import Exchange
from auditor.model.fact import EnvironmentFacts, Facts, PathFacts, Refusal
from auditor.model.methods import method_order
from auditor.model.report import EnvironmentResult
from auditor.model.templates import anonymous

Silenced = frozenset[tuple[str, str | None]]
"""(environment, anonymous path) pairs that a rule may not speak about; path None: the whole environment."""

Told = frozenset[tuple[str, str, str]]
"""(environment, anonymous path, method): cells that another rule about cells has told of."""


@dataclass(frozen=True, slots=True, eq=False)
class EnvironmentView:
    """One deployment: how its audit ended, what its contract says, what is known about it as a whole."""

    result: EnvironmentResult
    contract: Contract
    facts: EnvironmentFacts
    exchanges: Mapping[str, Exchange]
    paths: dict[str, PathView] = field(default_factory=dict)
    """By anonymous template, documented ones first."""
    tally: dict[tuple[str, bool], Counter[Support]] = field(default_factory=dict)
    """By method and whether it is documented: how often it is supported or not, on documented paths that are routed."""

    @property
    def name(self) -> str:
        return self.result.environment.name

    @property
    def complete(self) -> bool:
        return self.result.state is State.COMPLETE

    @property
    def comparable(self) -> bool:
        """Its answers are the service's own: no wall, fallback, redirect or wrong base path stands in front of all."""
        facts = self.facts
        return self.complete and not (
            facts.auth_wall or facts.catch_all or facts.base_path_wrong or facts.redirects_to is not None
        )

    def found(self, ids: Iterable[str]) -> tuple[Exchange, ...]:
        """The exchanges of these ids, as far as they were kept."""
        return tuple(self.exchanges[i] for i in ids if i in self.exchanges)


@dataclass(frozen=True, slots=True, eq=False)
class PathView:
    """One path in one environment. `items`: the documented paths of this anonymous form; empty if none is."""

    environment: EnvironmentView
    key: str
    template: str
    items: tuple[PathItem, ...]
    facts: PathFacts
    cells: dict[str, CellView] = field(default_factory=dict)
    """By method, in the usual order."""

    def operation(self, method: str) -> Operation | None:
        return next((o for item in self.items if (o := item.operation(method)) is not None), None)

    @property
    def methods(self) -> tuple[str, ...]:
        """The documented methods, in the usual order."""
        return tuple(sorted({m for item in self.items for m in item.methods}, key=method_order))

    @property
    def documented(self) -> tuple[CellView, ...]:
        """The cells of documented methods; excluded operations have none."""
        return tuple(c for c in self.cells.values() if c.documented)

    @property
    def is_templated(self) -> bool:
        return "{" in self.key

    @property
    def location(self) -> Location | None:
        return self.items[0].location if self.items else None

    @property
    def owner(self) -> str | None:
        return next((o.owner for item in self.items for o in item.operations if o.owner), None)

    def refusal(self, method: str) -> Refusal | None:
        return next((r for r in self.facts.refusals if r.method == method), None)

    def exchange(self, method: str) -> tuple[str, ...]:
        """Id of the path's own exchange for `method`, if there was one."""
        return tuple(i for m, i in self.facts.exchanges.items() if m == method)


@dataclass(frozen=True, slots=True, eq=False)
class CellView:
    """One cell, and everything that is known around it."""

    cell: Cell
    path: PathView

    @property
    def method(self) -> str:
        return self.cell.method

    @property
    def environment(self) -> EnvironmentView:
        return self.path.environment

    @property
    def operation(self) -> Operation | None:
        return self.path.operation(self.method)

    @property
    def documented(self) -> bool:
        return self.operation is not None

    @property
    def supported(self) -> bool:
        return self.cell.support is Support.SUPPORTED

    @property
    def unsupported(self) -> bool:
        return self.cell.support is Support.UNSUPPORTED

    @property
    def decided(self) -> bool:
        return self.cell.support is not Support.UNDETERMINED

    @property
    def observed(self) -> bool:
        return self.cell.basis is Basis.OBSERVED

    @property
    def name(self) -> str:
        """`DELETE /orders/{id}`."""
        return f"{self.method} {self.path.template}"

    @property
    def location(self) -> Location | None:
        return self.operation.location if self.operation else self.path.location

    @property
    def owner(self) -> str | None:
        return (self.operation.owner if self.operation else None) or self.path.owner

    @property
    def refusal(self) -> Refusal | None:
        return self.path.refusal(self.method)

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        return self.environment.found(self.cell.exchanges)

    @property
    def status(self) -> int | None:
        """What the method itself was answered on this path; None where it was not sent, or that told nothing."""
        refusal = self.refusal
        told = self.exchanges if self.cell.basis is not Basis.ADVERTISED else ()
        own = next((e.status for e in told if e.probe.method == self.method), None)
        return refusal.status if refusal else self.path.facts.statuses.get(self.method, own)


class View:
    """What one rule may speak about: everything, less what the finding of another rule has silenced."""

    def __init__(
        self, environments: tuple[EnvironmentView, ...], silenced: Silenced = frozenset(),
        told: Told = frozenset(), layers: tuple[EnvironmentView, ...] = (),
    ) -> None:  # fmt: skip
        self._all = environments
        self._silenced = silenced
        self._told = told
        self._layers = layers

    @classmethod
    def of(cls, subject: Subject) -> View:
        behind = replace(subject, cells=subject.layer_cells)
        layers = tuple(_environment(behind, r) for r in subject.layers)
        return cls(tuple(_environment(subject, r) for r in subject.chain), layers=layers)

    def without(self, silenced: Silenced, told: Told = frozenset()) -> View:
        return View(self._all, silenced, told, self._layers)

    def behind(self, environment: EnvironmentView) -> tuple[EnvironmentView, ...]:
        """The layers right behind an environment, or behind another layer."""
        return tuple(v for v in self._layers if v.result.environment.behind == environment.name)

    @property
    def environments(self) -> tuple[EnvironmentView, ...]:
        return tuple(e for e in self._all if (e.name, None) not in self._silenced)

    def paths(self) -> Iterator[tuple[PathView, ...]]:
        """Each path once, with its view in every environment that knows it."""
        for key in dict.fromkeys(k for e in self._all for k in e.paths):
            known = [e.paths[key] for e in self.environments if key in e.paths]
            spoken = tuple(p for p in known if (p.environment.name, key) not in self._silenced)
            if spoken:
                yield spoken

    def cells(self) -> Iterator[tuple[CellView, ...]]:
        """Each (path, method) once, with its cell in every environment that has one."""
        for places in self.paths():
            methods = {m for p in places for m in p.cells}
            for method in sorted(methods, key=method_order):
                cells = [p.cells[method] for p in places if method in p.cells]
                spoken = tuple(c for c in cells if (c.environment.name, c.path.key, method) not in self._told)
                if spoken:
                    yield spoken

    def everywhere(self, cell: CellView) -> tuple[CellView, ...]:
        """The same cell in every environment, silenced or not: for root causes only."""
        found = (e.paths[cell.path.key].cells.get(cell.method) for e in self._all if cell.path.key in e.paths)
        return tuple(c for c in found if c is not None)


def _environment(subject: Subject, result: EnvironmentResult) -> EnvironmentView:
    name = result.environment.name
    facts = subject.facts.get(name, Facts(EnvironmentFacts(name)))
    contract = subject.contract_of(result.environment)
    view = EnvironmentView(result, contract, facts.environment, subject.exchanges)
    cells = sorted((c for c in subject.cells if c.environment == name), key=lambda c: (method_order(c.method), c.path))
    items: dict[str, list[PathItem]] = {}
    for item in contract.paths:
        items.setdefault(anonymous(item.template), []).append(item)
    twins = {anonymous(t): f for t, f in reversed(facts.paths.items())}
    for template in [i.template for i in contract.paths] + sorted({*facts.paths, *(c.path for c in cells)}):
        key = anonymous(template)
        if key not in view.paths:
            known = twins.get(key, PathFacts(name, template))
            view.paths[key] = PathView(view, key, template, tuple(items.get(key, ())), known)
    for cell in cells:
        path = view.paths[anonymous(cell.path)]
        if cell.method not in path.cells or _documents(path, cell):
            path.cells[cell.method] = CellView(cell, path)
    _count(view)
    return view


def _count(view: EnvironmentView) -> None:
    routed = (p for p in view.paths.values() if p.items and p.facts.routed is not False)
    for cell in (c for p in routed for c in p.cells.values() if c.decided):
        view.tally.setdefault((cell.method, cell.documented), Counter())[cell.cell.support] += 1


def _documents(path: PathView, cell: Cell) -> bool:
    """Whether the very template of this cell documents its method: then it speaks for its twins."""
    return any(i.template == cell.path and i.operation(cell.method) for i in path.items)
