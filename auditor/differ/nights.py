"""Since last time: what is new, fixed, still there, and not judged any more (DESIGN §8). Pure.

`new` only where the cell was decided then, or was not there at all; `fixed` only where it is decided now. What a night
cannot judge it remembers for the next, so that an environment that was down hides neither old drift nor new.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from auditor.differ.judged import Judged
from auditor.differ.subject import Subject, documented
from auditor.model.cell import Support
from auditor.model.environment import State
from auditor.model.finding import Finding
from auditor.model.night import Changes, Night, Seen
from auditor.model.templates import anonymous


def night(findings: Iterable[Finding], subject: Subject, id_: str, finished_at: str, rules: tuple[str, ...]) -> Night:
    """This run as a night."""
    seen = [
        Seen(f.fingerprint, o.environment, o.method, f.rule, f.path, f.methods, str(f.severity), f.title,
             o.first_seen or finished_at, o.waived is not None, f.owner, o.lapsed is not None)
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
        documented=tuple(sorted((e, anonymous(p), m) for e, p, m in documented(subject))),
    )  # fmt: skip


def changes(then: Night, now: Night) -> Changes:
    """Two nights compared, the later one second."""
    before, after = Judged.of(then, with_memory=True), Judged.of(now, with_memory=False)
    known = {s.key: s for s in (*then.remembered, *then.seen)}
    found: dict[str, list[Seen]] = {k: [] for k in ("new", "still", "unsure", "fixed", "unjudged", "returned")}
    together = _together(now.seen)
    for seen in now.seen:
        since = known[seen.key].first_seen if seen.key in known else before.missing_since(seen)
        if since is not None:
            found["still"].append(replace(seen, first_seen=since))
            accepted = seen.key in known and known[seen.key].waived
            if not seen.waived and (seen.lapsed or accepted):
                found["returned"].append(found["still"][-1])
        else:
            found["new" if _is_new(seen, before, after, together) else "unsure"].append(seen)
    here = {s.key for s in now.seen}
    together = _together(known.values())
    for seen in (s for s in known.values() if s.key not in here):
        gone = after.could(seen, together[seen.fingerprint]) and after.missing_since(seen) is None
        found["fixed" if gone else "unjudged"].append(seen)
    lists = {k: tuple(v) for k, v in found.items()}
    return Changes(
        then.id, then.finished_at, **lists,
        decided_before=tuple(p for p in sorted(before.decided - after.decided) if _may_return(p[0], p[1], after)),
        described_before=tuple(p for p in sorted(before.described) if p[0] not in now.environments),
        complete_before=tuple(sorted(before.complete - after.complete)),
    )  # fmt: skip


def _together(group: Iterable[Seen]) -> dict[str, tuple[str, ...]]:
    """The environments that each finding speaks of."""
    found: dict[str, dict[str, None]] = {}
    for s in group:
        found.setdefault(s.fingerprint, {})[s.environment] = None
    return {k: tuple(v) for k, v in found.items()}


def _is_new(seen: Seen, before: Judged, after: Judged, together: Mapping[str, tuple[str, ...]]) -> bool:
    """Decided then and not found; or about what was not there to be judged then: an environment, a path or an operation
    that somebody has added since. What was there and could not be judged is no news."""
    if before.could(seen, together[seen.fingerprint]):
        return True
    if not before.ran(seen.rule) or before.silenced(seen):
        return False
    return seen.environment not in before.environments or before.described_otherwise(seen, after)


def _may_return(environment: str, path: str, after: Judged) -> bool:
    """What is no longer described is forgotten; what was not looked at is not."""
    return environment not in after.night.environments or (environment, path) in after.described


def remembered(changed: Changes, now: Night) -> tuple[Seen, ...]:
    """What tomorrow must still know of, though it could not be judged tonight."""
    after = Judged.of(now, with_memory=False)
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
