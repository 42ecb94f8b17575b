"""What one night could judge, for looking up: pure. What it could not, it must neither call new nor fixed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from auditor.differ.catalogue import Rule, rules
from auditor.model.night import Night, Place, Seen
from auditor.model.templates import anonymous

MISSING = frozenset({"path-missing", "documented-method-missing", "gateway-blocks-method"})
"""Rules that say the same of a method in their own words: one that takes over from another is no news."""

ASTRAY = frozenset({"base-path-wrong", "environment-redirects"})
"""Rules that say that the requests did not reach the service: nothing was judged of it there."""

_CELLS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True)
class Judged:
    """A night, its knowledge in sets; with its memory also what earlier nights could judge and it could not."""

    night: Night
    complete: frozenset[str]
    decided: frozenset[Place]
    methods: Mapping[tuple[str, str], frozenset[str]]
    """The decided methods, by environment and path."""
    described: frozenset[tuple[str, str]]
    environments: frozenset[str]
    """Those that were configured then, or before."""
    documented: frozenset[Place]
    missing: Mapping[Place, str]
    """Since when a method has been told to be missing, by whichever rule."""
    told: Mapping[tuple[str, str], tuple[tuple[str | None, str], ...]]
    """(path or None, method) of what was told, by environment and rule."""

    @classmethod
    def of(cls, night: Night, *, with_memory: bool) -> Judged:
        """The lookups of a night."""
        astray = {s.environment for s in night.seen if s.rule in ASTRAY}
        decided = {p for p in night.decided if p[0] not in astray}.union(night.decided_before if with_memory else ())
        methods: dict[tuple[str, str], set[str]] = {}
        for name, path, method in decided:
            methods.setdefault((name, path), set()).add(method)
        described = frozenset((*night.described, *(night.described_before if with_memory else ())))
        seen = (*night.remembered, *night.seen) if with_memory else night.seen
        told: dict[tuple[str, str], list[tuple[str | None, str]]] = {}
        for s in night.seen:
            told.setdefault((s.environment, s.rule), []).append((_path(s), s.method))
        return cls(
            night, frozenset(night.complete), frozenset(decided),
            {k: frozenset(v) for k, v in methods.items()}, described,
            frozenset(night.environments).union(name for name, _ in described), frozenset(night.documented),
            {p: s.first_seen for s in seen if s.rule in MISSING for p in places(s)},
            {k: tuple(v) for k, v in told.items()},
        )  # fmt: skip

    def ran(self, rule: str) -> bool:
        """Whether the rule was on, as far as that is known."""
        return self.night.rules is None or rule in self.night.rules

    def could(self, seen: Seen, together: Iterable[str]) -> bool:
        """Whether this night would have seen it, had it been there. `together`: what its rule compared."""
        if not self.ran(seen.rule) or self.silenced(seen):
            return False
        return all(self._could(seen, name) for name in (together if _compares(seen.rule) else (seen.environment,)))

    def _could(self, seen: Seen, name: str) -> bool:
        path = _path(seen)
        if path is None:
            return name in self.complete
        methods = (seen.method,) if seen.method else seen.methods
        due = [(name, path, m) for m in methods if (name, path, m) in self.decided]
        if due and len(due) == len(methods):
            return True
        # A rule about a path as a whole may name a method that has no cell, such as that of the control.
        return not seen.method and (name, path) in self.methods and not any(m in _CELLS for m in methods)

    def silenced(self, seen: Seen) -> bool:
        """Whether another rule has told of that place in its stead (Rule.silenced_by): then it was not judged."""
        rule = _known().get(seen.rule)
        if rule is None:
            return False
        others = (_known()[i] for i in rule.silenced_by if i in _known() and not {i, rule.id} <= MISSING)
        return any(self._has_told(other, rule, seen) for other in others)

    def _has_told(self, other: Rule, rule: Rule, seen: Seen) -> bool:
        whole, cells = rule.scope in ("run", "environment"), rule.scope == other.scope == "cell"
        return any(
            path is None or whole or (path == _path(seen) and (not cells or method == seen.method))
            for path, method in self.told.get((seen.environment, other.id), ())
        )

    def missing_since(self, seen: Seen) -> str | None:
        """Since when all that it says has been known, where it says that methods are missing."""
        moments = [self.missing.get(p) for p in places(seen)] if seen.rule in MISSING else [None]
        known = [m for m in moments if m is not None]
        return min(known) if known and len(known) == len(moments) else None

    def described_otherwise(self, seen: Seen, now: Judged) -> bool:
        """Whether it speaks of what the description said nothing of then, or said otherwise: so it cannot be old."""
        path = _path(seen)
        if path is None:
            return False
        if (seen.environment, path) not in self.described:
            return True
        if seen.environment not in self.night.environments:
            return False
        return bool(places(seen)) and all((p in self.documented) != (p in now.documented) for p in places(seen))


def places(seen: Seen) -> list[Place]:
    """The cells that it speaks of."""
    methods = (seen.method,) if seen.method else seen.methods
    return [(seen.environment, _path(seen) or "", m) for m in methods]


def _path(seen: Seen) -> str | None:
    return None if seen.path is None else anonymous(seen.path)


@cache
def _known() -> Mapping[str, Rule]:
    return {r.id: r for r in rules()}


def _compares(rule: str) -> bool:
    return rule in _known() and _known()[rule].compares
