"""The description that a deployment serves, held against the audited one: operations that only one of them has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from auditor.differ.subject import Subject
from auditor.differ.view import EnvironmentView, PathView
from auditor.model.exchange import ServedSpec
from auditor.model.methods import IMPLICIT, method_order
from auditor.model.templates import anonymous

MAX_TEMPLATE = 500
"""Characters of a template that an exchange keeps (prober/observe)."""

Keys = dict[tuple[str, str], str]
"""(whole path without parameter names, method) → `DELETE /orders/{id}` as its description writes it."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What two descriptions of one deployment disagree about, each operation as `DELETE /orders/{id}`."""

    only_audited: tuple[str, ...]
    only_served: tuple[str, ...]
    shared: int
    base: str
    """Below which the paths of the served one were found to lie."""


def difference(environment: EnvironmentView) -> Difference | None:
    """Both compared; None where none was asked for, or it could not be read.

    Whole paths are compared: the two may cut them differently into a server's path and a template. HEAD, OPTIONS and
    TRACE are left out, as frameworks bring them along.
    """
    served = environment.facts.served
    if served is None or served.problem:
        return None
    audited, base = _audited(environment), _base(environment, served)
    there = _keys(base, served.operations)
    unread = {anonymous(base + t[:MAX_TEMPLATE]) for t in served.unread}
    unaudited = {anonymous(_own_base(environment) + t[:MAX_TEMPLATE]) for t in environment.contract.unaudited}
    return Difference(
        _sorted(shown for key, shown in audited.items() if key not in there and key[0] not in unread),
        _sorted(shown for key, shown in there.items() if key not in audited and key[0] not in unaudited),
        len(audited.keys() & there.keys()), base,
    )  # fmt: skip


def unread_descriptions(subject: Subject) -> tuple[str, ...]:
    """A sentence for each served description that was asked for and could not be compared."""
    return tuple(
        f"{r.environment.name}: the description that it serves at {r.environment.served_spec} is not compared: "
        f"{served.problem}"
        for r in (*subject.chain, *subject.layers)
        for served in [subject.facts[r.environment.name].environment.served] if served is not None and served.problem
    )  # fmt: skip


def lists(path: PathView, method: str) -> bool | None:
    """Whether the deployment's own description documents this operation; None where that is not known."""
    environment, served = path.environment, path.environment.facts.served
    if served is None or served.problem:
        return None
    base = _base(environment, served)
    whole = anonymous(_own_base(environment) + path.template[:MAX_TEMPLATE])
    there = _keys(base, served.operations)
    unread = any(whole == anonymous(base + t[:MAX_TEMPLATE]) for t in served.unread)
    if unread or not there.keys() & _audited(environment).keys():
        return None
    return (whole, method) in there


def _audited(environment: EnvironmentView) -> Keys:
    operations = ((p.template, o.method) for p in environment.contract.paths for o in p.operations)
    return _keys(_own_base(environment), operations)


def _own_base(environment: EnvironmentView) -> str:
    return environment.result.environment.base_path


def _base(environment: EnvironmentView, served: ServedSpec) -> str:
    """Under which base the served paths are most often the audited ones: its servers' own, the origin, or ours.

    A gateway may add or take away a prefix that the service knows nothing of.
    """
    audited = _audited(environment)
    bases = dict.fromkeys((*served.bases, "", _own_base(environment)))
    return max(bases, key=lambda b: len(audited.keys() & _keys(b, served.operations).keys()))


def _keys(base: str, operations: Iterable[tuple[str, str]]) -> Keys:
    return {
        (anonymous(base + template[:MAX_TEMPLATE]), method): f"{method} {template}"
        for template, method in operations if method not in IMPLICIT
    }  # fmt: skip


def _sorted(shown: Iterable[str]) -> tuple[str, ...]:
    def order(name: str) -> tuple[object, ...]:
        method, _, template = name.partition(" ")
        return template, method_order(method)

    return tuple(sorted(shown, key=order))
