"""Layers: which of the configured environments stand behind another, and which of these are audited. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

from auditor.configmodel import EnvironmentConfig
from auditor.errors import ConfigError

Named = tuple[str, EnvironmentConfig]


def layered(raw: Sequence[Named], configured: Mapping[str, EnvironmentConfig]) -> tuple[list[Named], list[Named]]:
    """(the promotion chain, its layers): of `raw`, what is to be audited, and what stands behind that in the config.

    ConfigError where `behind` names nothing, or goes round in a circle, or nothing is left to be in front.
    """
    known = {**configured, **dict(raw)}
    chain = [(n, c) for n, c in raw if c.behind is None]
    fronts = {n for n, _ in chain}
    found = [(n, c) for n, c in known.items() if c.behind is not None and _front(n, known) in fronts]
    for name, config in raw:
        if config.behind is not None and _front(name, known) not in fronts:
            raise ConfigError(f"{config.behind} is not audited", where=f"environments.{name}.behind",
                              hint=f"--env {config.behind}=URL")  # fmt: skip
    if not chain:
        raise ConfigError("every environment stands behind another", where="environments",
                          hint="leave `behind` out where callers come in")  # fmt: skip
    return chain, found


def _front(name: str, known: Mapping[str, EnvironmentConfig]) -> str:
    """The environment at the edge, in front of this layer and of those between."""
    passed = [name]
    while (behind := known[passed[-1]].behind) is not None:
        where = f"environments.{passed[-1]}.behind"
        if behind not in known:
            near = difflib.get_close_matches(behind, known, n=1)
            hint = f"did you mean {near[0]}?" if near else "the name of the environment in front"
            raise ConfigError(f"{behind[:64]!r} is no environment", where=where, hint=hint)
        if behind in passed:
            raise ConfigError("goes round in a circle", where=where, hint="name the environment in front")
        passed.append(behind)
    return passed[-1]
