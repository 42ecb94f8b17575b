"""What the run hands to the differ: contracts, cells, facts and exchanges, and which operations are documented."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from auditor.model.cell import Cell, Exclusion
from auditor.model.contract import Contract
from auditor.model.environment import Environment
from auditor.model.exchange import Exchange
from auditor.model.fact import Facts
from auditor.model.report import EnvironmentResult


@dataclass(frozen=True, slots=True)
class Subject:
    """Everything that is compared.

    `contracts` by id, `facts` by environment name, `exchanges` by id; `settings` by rule id: off, error, warning, info.
    """

    contracts: Mapping[str, Contract]
    environments: tuple[EnvironmentResult, ...]
    cells: tuple[Cell, ...]
    facts: Mapping[str, Facts]
    excluded: tuple[Exclusion, ...] = ()
    exchanges: Mapping[str, Exchange] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    layers: tuple[EnvironmentResult, ...] = ()
    """Deployments behind those of `environments`; no finding is about them."""
    layer_cells: tuple[Cell, ...] = ()

    @property
    def chain(self) -> tuple[EnvironmentResult, ...]:
        """The environments in promotion order."""
        return tuple(sorted(self.environments, key=lambda r: r.environment.position))

    def contract_of(self, environment: Environment) -> Contract:
        """The contract that `environment` is audited against; the only one where it names none."""
        if not environment.contract and len(self.contracts) == 1:
            return next(iter(self.contracts.values()))
        return self.contracts[environment.contract]


def documented(subject: Subject) -> frozenset[tuple[str, str, str]]:
    """Every documented operation × environment, as (environment, path template, method); excluded ones too."""
    return frozenset(
        (result.environment.name, item.template, operation.method)
        for result in subject.environments
        for item in subject.contract_of(result.environment).paths
        for operation in item.operations
    )
