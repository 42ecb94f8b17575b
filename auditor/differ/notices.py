"""What is worth telling about a finished report: errors that are new, an unfinished audit, what was fixed. Pure.

New and fixed are what `--new-since` and `auditor compare` decide (nights.py); nothing is decided anew here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from auditor.differ import nights, past
from auditor.differ.past import PastFinding, PastReport
from auditor.model.finding import Severity
from auditor.model.methods import method_order
from auditor.model.night import Seen
from auditor.model.notice import FIXED, INCOMPLETE, NEW_ERROR, Audience
from auditor.model.waiver import utc_day

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Since:
    """The earlier night: its run, when it ended, and what changed. `unsure`: seen now, and not judged then."""

    id: str
    finished_at: str
    new: frozenset[Key]
    fixed: tuple[Seen, ...]
    unsure: frozenset[Key] = frozenset()


@dataclass(frozen=True, slots=True)
class Entry:
    """One finding, in the environments and with the methods that it is told for."""

    rule: str
    severity: str
    owner: str | None
    environments: tuple[str, ...]
    methods: tuple[str, ...]
    path: str | None
    title: str
    fingerprint: str
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """What one audience is told. `since` is None where the report was compared with no earlier one."""

    new: tuple[Entry, ...]
    fixed: tuple[Entry, ...]
    incomplete: tuple[str, ...]
    when: tuple[str, ...]
    """Which of the things that it asked for happened."""
    since: Since | None


def since(tonight: PastReport, last: PastReport | None) -> Since | None:
    """What changed since `last`; without it, since the report that tonight's was compared with; None without both."""
    if last is not None:
        changed = nights.changes(past.night(last), past.night(tonight))
        new, unsure = frozenset(s.key for s in changed.new), frozenset(s.key for s in changed.unsure)
        new |= frozenset(_ended(tonight, last.run.finished_at))
        return Since(last.run.id, last.run.finished_at, new, changed.fixed, unsure)
    if tonight.since is None:
        return None
    marked = [(o.status, (f.fingerprint, o.environment, o.method)) for f in tonight.findings for o in f.occurrences]
    new, unsure = (frozenset(key for status, key in marked if status == word) for word in ("new", None))
    new |= frozenset(_ended(tonight, tonight.since.finished_at))
    return Since(tonight.since.id, tonight.since.finished_at, new, tuple(s.seen for s in tonight.since.fixed), unsure)


def _ended(tonight: PastReport, then: str) -> Iterator[Key]:
    """What was still accepted on the day of the earlier night, and is not any more: it is told once, as what is new."""
    for f in tonight.findings:
        for o in f.occurrences:
            if o.lapsed is not None and o.lapsed.get("expires", "") >= utc_day(then).isoformat():
                yield f.fingerprint, o.environment, o.method


def notice(report: PastReport, changed: Since | None, audience: Audience) -> Notice | None:
    """What `audience` is to be told; None where nothing of what it asked for happened."""
    new = tuple(_errors(report, audience, None if changed is None else changed.new))
    fixed = tuple(_fixed(changed.fixed, audience)) if changed is not None else ()
    incomplete = _incomplete(report, audience)
    happened = {NEW_ERROR: new, INCOMPLETE: incomplete, FIXED: fixed}
    when = tuple(word for word in audience.when if happened[word])
    if not when:
        return None
    return Notice(new if NEW_ERROR in when else (), fixed if FIXED in when else (), incomplete, when, changed)


def unsure_errors(report: PastReport, changed: Since) -> int:
    """How many errors are seen now that could not be judged then: they are neither new nor known."""
    everybody = Audience()
    return len(list(_errors(report, everybody, changed.unsure)))


def _errors(report: PastReport, audience: Audience, keys: frozenset[Key] | None) -> Iterator[Entry]:
    """The unwaived errors with these keys; all of them where that is None."""
    for f in report.findings:
        if f.severity != Severity.ERROR or not audience.hears(f.owner):
            continue
        told = [
            o for o in f.occurrences
            if o.waived is None and audience.watches(o.environment)
            and (keys is None or (f.fingerprint, o.environment, o.method) in keys)
        ]  # fmt: skip
        if told:
            methods = {o.method for o in told if o.method} or set(f.methods)
            yield _entry(f, (o.environment for o in told), methods)


def _entry(f: PastFinding, environments: Iterable[str], methods: Iterable[str]) -> Entry:
    return Entry(f.rule, f.severity, f.owner, tuple(dict.fromkeys(environments)),
                 tuple(sorted(methods, key=method_order)), f.path, f.title, f.fingerprint, f.cause)  # fmt: skip


def _fixed(seen: Iterable[Seen], audience: Audience) -> list[Entry]:
    """Worst first; one entry for a finding that is gone in several environments."""
    found: dict[str, Entry] = {}
    for s in seen:
        if not audience.hears(s.owner) or not audience.watches(s.environment):
            continue
        methods = (s.method,) if s.method else s.methods
        entry = found.get(s.fingerprint)
        if entry is None:
            entry = Entry(s.rule, s.severity, s.owner, (), methods, s.path, s.title, s.fingerprint)
        environments = tuple(dict.fromkeys((*entry.environments, s.environment)))
        found[s.fingerprint] = replace(entry, environments=environments)
    order = [str(severity) for severity in Severity]
    return sorted(found.values(), key=lambda e: order.index(e.severity) if e.severity in order else len(order))


def _incomplete(report: PastReport, audience: Audience) -> tuple[str, ...]:
    """Why the audit did not finish, as far as that concerns environments of the audience; what names none does."""
    if report.complete:
        return ()
    names = {e.name for e in report.environments}
    because = report.incomplete_because or ["it was stopped before its end"]
    told = ((text.partition(": ")[0], text) for text in because)
    return tuple(text for name, text in told if name not in names or audience.watches(name))
