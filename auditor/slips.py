"""Slips of the operator that no single setting shows: patterns and values without a match, an environment given twice.

A misspelt --skip would leave out nothing, and nobody would see it: it must not pass in silence.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from auditor.errors import UsageError
from auditor.evaluation import Scope
from auditor.model.contract import Contract
from auditor.model.environment import Environment
from auditor.model.methods import REGISTERED, is_safe
from auditor.model.templates import Matcher, parameter_names
from auditor.settings import Exclude, Settings


def notes(settings: Settings, contracts: Mapping[str, Contract]) -> list[str]:
    """All notes on slips of the pen. UsageError where one must not pass."""
    scope = Scope(settings.skip, settings.only)
    same = _same_place((*settings.environments, *settings.layers))
    return [
        *settings.notes,
        *same,
        *unmatched(contracts, scope),
        *unused_values(contracts, settings.values, settings.config),
    ]


def _same_place(environments: Sequence[Environment]) -> list[str]:
    """A note for each environment that is an earlier one once more: a copied line compares a deployment with itself."""
    names: dict[tuple[str, str | None, str | None], str] = {}
    notes = []
    for e in environments:
        first = names.setdefault((e.url, e.host, e.proxy), e.name)
        if first != e.name:
            notes.append(f"{first} and {e.name} have the same URL {e.url}: one deployment is compared with itself")
    return notes


def unmatched(contracts: Mapping[str, Contract], scope: Scope) -> list[str]:
    """Notes on patterns of the config that match nothing.

    UsageError for such a flag, for a method that does not exist, and where nothing is left.
    """
    paths = [(p, o) for c in contracts.values() for p in c.paths for o in p.operations]
    matchers = [Matcher(p.template for p in c.paths) for c in contracts.values()]
    notes = []
    _check_methods((*scope.skip, *scope.only), {o.method for _, o in paths})
    for pattern in (*scope.skip, *scope.only):
        anywhere = replace(pattern.glob, method=None)
        if any(anywhere.matches(t) for p, _ in paths for t in (p.template, p.key)):
            continue
        meant = next((t for m in matchers for t in m.matches(pattern.glob.path)), None)
        if meant is not None:
            _check_place(pattern, meant)
            continue
        near = difflib.get_close_matches(pattern.glob.path, [p.template for p, _ in paths], 1, 0.5)
        if pattern.by.startswith("--"):
            hint = f"did you mean {near[0]}?" if near else "auditor plan lists the paths"
            raise UsageError("the pattern matches no documented operation", where=pattern.by, hint=hint)
        notes.append(f"{pattern.by} matches no documented operation" + (f"; did you mean {near[0]}?" if near else ""))
    if paths and all(scope.excluded(p, o) for p, o in paths):
        raise UsageError("every documented operation is left out", hint="loosen --skip and --only")
    return notes


def _check_methods(given: Iterable[Exclude], documented: set[str]) -> None:
    """A method that is neither registered nor documented is a typing error, wherever it stands."""
    known = REGISTERED | {m.upper() for m in documented}
    for pattern in given:
        method = pattern.glob.method
        if method is not None and method not in known:
            near = difflib.get_close_matches(method, sorted(known), 1, 0.6)
            guess = f"did you mean '{near[0]} {pattern.glob.path}'?" if near else ""
            hint = guess or f"without a method the pattern covers all of them: '{pattern.glob.path}'"
            raise UsageError(f"{method[:40]} is no registered method, nor a documented one",
                             where=pattern.by, hint=hint)  # fmt: skip


def _check_place(pattern: Exclude, meant: str) -> None:
    """With a safe method a pattern is held against paths as documented: one that names a concrete URL does nothing."""
    method = pattern.glob.method
    if method is not None and is_safe(method):
        raise UsageError("with a method, a pattern names the path as documented", where=pattern.by,
                         hint=f"did you mean '{method} {meant}'?")  # fmt: skip


def unused_values(contracts: Mapping[str, Contract], values: Mapping[str, Any], file: str) -> list[str]:
    """Notes on `values` of the config that no contract has a parameter or a path for: a typo leaves paths unjudged."""
    if not values:
        return []
    names: dict[str, set[str]] = {}
    for item in (i for c in contracts.values() for i in c.paths):
        own = {p.name for o in item.operations for p in o.parameters} | {p.name for p in item.parameters}
        for path in (item.template, item.key, *item.keys):
            names.setdefault(path, set()).update(own, parameter_names(item.template))
    everywhere = set().union(*names.values())
    notes = []
    for key, value in values.items():
        known, what = (set(names), "path") if key.startswith("/") else (everywhere, "parameter")
        notes += _unused(f"{file} values.{key}", key, known, what)
        if key in names and isinstance(value, Mapping):
            notes += [
                n for name in value for n in _unused(f"{file} values.{key}.{name}", name, names[key], "parameter there")
            ]
    return notes


def _unused(where: str, name: str, known: set[str], what: str) -> list[str]:
    if name in known:
        return []
    near = difflib.get_close_matches(name, sorted(known), 1, 0.5)
    return [f"{where} names no documented {what}" + (f"; did you mean {near[0]}?" if near else "")]
