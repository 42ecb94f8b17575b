"""Did you mean? What is served under a spelling near to a path that is missing, in words."""

from __future__ import annotations

from collections.abc import Iterable

from auditor.differ.evidence import listed, place
from auditor.differ.likely import high
from auditor.differ.view import PathView
from auditor.model.fact import Near
from auditor.model.finding import Fix, RootCause, Side


def near(path: PathView) -> Near | None:
    """What was seen, where no documented method of the path is supported."""
    return None if any(c.supported for c in path.documented) else path.facts.near


def question(paths: Iterable[PathView]) -> str:
    """`Did you mean /books? In dev GET /v1/books is answered 200.`; empty where nothing near is served."""
    found: dict[str, list[str]] = {}
    for path, seen in _seen(paths):
        text = f"Did you mean {seen.template}? GET {seen.target} is answered {seen.status}"
        found.setdefault(text, []).append(path.environment.name)
    return " ".join(f"{text} in {listed(where)}." for text, where in found.items())


def exchanges(path: PathView) -> tuple[str, ...]:
    """The evidence: the near path, and the unknown one of its form."""
    seen = near(path)
    return seen.exchanges if seen else ()


def cause(paths: Iterable[PathView]) -> RootCause | None:
    """The likeliest one, where something near is served."""
    told = {seen.template: path.template for path, seen in _seen(paths)}
    for there, here in told.items():
        return high(f"The code routes {there}, and the description says {here}: one of them is misspelt.", Side.SERVICE)
    return None


def fixes(paths: Iterable[PathView]) -> tuple[Fix, ...]:
    """Both ways out: callers of the description, and callers of the code, may be many."""
    for path, seen in _seen(paths):
        return (
            Fix(Side.SERVICE, "easy", f"Route {path.template}, too, or in place of {seen.template}."),
            Fix(Side.CONTRACT, "easy", f"{place(path.location)}: write {seen.template}, if that is what is meant."),
        )
    return ()


def _seen(paths: Iterable[PathView]) -> list[tuple[PathView, Near]]:
    return [(p, seen) for p in paths for seen in [near(p)] if seen is not None]
