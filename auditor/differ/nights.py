"""Since last time: what is new, fixed, still there, and not judged any more (DESIGN §8). Pure.

`new` only where the cell was decided then, `fixed` only where it is decided now. What a night cannot judge it
remembers for the next, so that an environment that was down hides neither old drift nor new.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from auditor.differ.subject import Subject
from auditor.model.cell import Support
from auditor.model.environment import State
from auditor.model.finding import Finding
from auditor.model.night import Changes, Night, Seen
from auditor.model.templates import anonymous


def night(findings: Iterable[Finding], subject: Subject, id_: str, finished_at: str, rules: tuple[str, ...]) -> Night:
    """This run as a night."""
    seen = [
        Seen(f.fingerprint, o.environment, o.method, f.rule, f.path, f.methods, str(f.severity), f.title,
             o.first_seen or finished_at, o.waived is not None, f.owner)
        for f in findings for o in f.occurrences
    ]  # fmt: skip
    cells = subject.cells
    described = {(c.environment, anonymous(c.path)) for c in cells}
    described |= {(x.environment, anonymous(x.path)) for x in subject.excluded}
    return Night(
        id_, finished_at, tuple(r.environment.name for r in subject.environments),
        tuple(r.environment.name for r in subject.environments if r.state is State.COMPLETE), tuple(seen),
        tuple((c.environment, anonymous(c.path), c.method) for c in cells if c.support is not Support.UNDETERMINED),
        tuple(sorted(described)), rules,
    )  # fmt: skip


@dataclass(frozen=True)
class _Judged:
    """What a night could judge, for looking up."""

    night: Night
    complete: frozenset[str]
    decided: frozenset[tuple[str, str, str]]
    described: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, night: Night, *, with_memory: bool) -> _Judged:
        memory = night.decided_before if with_memory else ()
        return cls(night, frozenset(night.complete), frozenset((*night.decided, *memory)), frozenset(night.described))

    def ran(self, rule: str) -> bool:
        return self.night.rules is None or rule in self.night.rules

    def could(self, seen: Seen) -> bool:
        """Whether this night would have seen it, had it been there."""
        name = seen.environment
        if not self.ran(seen.rule):
            return False
        if seen.path is None:
            return name in self.complete
        path = anonymous(seen.path)
        methods = (seen.method,) if seen.method else seen.methods
        due = [(name, path, m) for m in methods if (name, path, m) in self.decided]
        if due and len(due) == len(methods):
            return True
        cells = {m for e, p, m in self.decided if (e, p) == (name, path)}
        # A rule about a path as a whole may name a method that has no cell, such as that of the control.
        return not seen.method and bool(cells) and not any(m in _CELLS for m in methods)

    def knew(self, seen: Seen) -> bool:
        return seen.path is None or (seen.environment, anonymous(seen.path)) in self.described


_CELLS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})


def changes(then: Night, now: Night) -> Changes:
    """Two nights compared, the later one second."""
    before, after = _Judged.of(then, with_memory=True), _Judged.of(now, with_memory=False)
    known = {s.key: s for s in (*then.remembered, *then.seen)}
    found: dict[str, list[Seen]] = {"new": [], "still": [], "unsure": [], "fixed": [], "unjudged": []}
    for seen in now.seen:
        if seen.key in known:
            found["still"].append(replace(seen, first_seen=known[seen.key].first_seen))
        else:
            found["new" if _is_new(seen, before) else "unsure"].append(seen)
    here = {s.key for s in now.seen}
    for seen in known.values():
        if seen.key not in here:
            found["fixed" if after.could(seen) else "unjudged"].append(seen)
    lists = {k: tuple(v) for k, v in found.items()}
    return Changes(
        then.id, then.finished_at, **lists,
        decided_before=tuple(p for p in sorted(before.decided - after.decided) if _may_return(p[0], p[1], after)),
        complete_before=tuple(sorted(before.complete - after.complete)),
    )  # fmt: skip


def _is_new(seen: Seen, before: _Judged) -> bool:
    """Decided then and not found; or on a path that nobody had described then, so that nothing could drift there."""
    if before.could(seen):
        return True
    return before.ran(seen.rule) and seen.environment in before.complete and not before.knew(seen)


def _may_return(environment: str, path: str, after: _Judged) -> bool:
    """What is no longer described is forgotten; what was not looked at is not."""
    return environment not in after.night.environments or (environment, path) in after.described


def remembered(changed: Changes, now: Night) -> tuple[Seen, ...]:
    """What tomorrow must still know of, though it could not be judged tonight."""
    after = _Judged.of(now, with_memory=False)
    return tuple(
        s for s in changed.unjudged
        if s.path is None or _may_return(s.environment, anonymous(s.path), after)
    )  # fmt: skip


def marked(findings: Iterable[Finding], changed: Changes) -> tuple[Finding, ...]:
    """The findings with `status` and `first_seen` on each occurrence; no status where it was not judged then."""
    status: dict[tuple[str, str, str], tuple[str | None, str]] = {}
    for word, group in (("new", changed.new), ("known", changed.still), (None, changed.unsure)):
        status.update({s.key: (word, s.first_seen) for s in group})
    return tuple(
        replace(f, occurrences=tuple(
            replace(o, status=status[key][0], first_seen=status[key][1])
            for o in f.occurrences for key in [(f.fingerprint, o.environment, o.method)]
        ))
        for f in findings
    )  # fmt: skip
