"""What a rule is, and which rules there are: every module of `auditor.differ.rules` that declares a `RULE`."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

from auditor.errors import ConfigError
from auditor.model.contract import Location
from auditor.model.finding import Confidence, Fix, Occurrence, RootCause, Severity

if TYPE_CHECKING:
    from auditor.differ.view import View

Scope = Literal["run", "environment", "path", "cell"]


@dataclass(frozen=True, slots=True)
class Found:
    """What a rule's check yields: the part of a Finding that depends on what was seen.

    `severity` replaces the rule's default; `root_causes` replace the rule's general ones, `fixes` come before them.
    The first exchange of the first occurrence that speaks of the path is the one that `curl` repeats.
    """

    title: str
    symptom: str
    diagnosis: str
    confidence: Confidence
    occurrences: tuple[Occurrence, ...]
    cause: str
    path: str | None = None
    methods: tuple[str, ...] = ()
    severity: Severity | None = None
    root_causes: tuple[RootCause, ...] = ()
    fixes: tuple[Fix, ...] = ()
    location: Location | None = None
    owner: str | None = None
    alone: bool = False
    """Whether `fixes` are all that can help here: the evidence rules out what the rule advises in general."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A declared rule. `severity` is the default; `explanation` says the symptom in general.

    `source`: the section of an RFC or the object of OpenAPI that the rule stands on. `silenced_by`: ids of rules that,
    having fired for the same environment (and path, where both have one), leave this one nothing to say there.
    """

    id: str
    title: str
    severity: Severity
    scope: Scope
    source: str
    explanation: str
    root_causes: tuple[RootCause, ...]
    diagnosis: str
    fixes: tuple[Fix, ...]
    prevention: str
    check: Callable[[View], Iterator[Found]]
    silenced_by: tuple[str, ...] = ()
    compares: bool = False
    """It holds environments against one another: it can be judged only where all of them were."""


@cache
def rules() -> tuple[Rule, ...]:
    """All rules, by id."""
    from auditor.differ import rules as package

    modules = (importlib.import_module(m.name) for m in pkgutil.iter_modules(package.__path__, f"{package.__name__}."))
    return tuple(sorted((m.RULE for m in modules), key=lambda r: r.id))


def rule(id: str) -> Rule:  # noqa: A002 - the word of DESIGN and of the command line
    """The rule of that id; ConfigError names those that are nearly called so."""
    known = {r.id: r for r in rules()}
    if id in known:
        return known[id]
    near = difflib.get_close_matches(id, known, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else "`auditor rules` lists them all"
    raise ConfigError(f"no rule is called {id!r}", hint=hint)
