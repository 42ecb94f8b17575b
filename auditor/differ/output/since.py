"""What changed since an earlier report, in words: one sentence for every output, and one word for each finding."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from auditor.differ.output.kinds import KNOWN, NEW, RETURNED, UNSURE, counted
from auditor.differ.output.words import listing
from auditor.model.finding import Finding, Occurrence, Severity
from auditor.model.night import Changes, Seen
from auditor.model.report import Report

NAMED = 3
"""Findings of a kind that the sentence names; the rest is counted."""

_ORDER = (NEW, RETURNED, UNSURE, KNOWN)


@dataclass(frozen=True)
class News:
    """An earlier report, for asking what of a finding is news."""

    changed: Changes
    returned: frozenset[tuple[str, str, str]]

    @classmethod
    def of(cls, report: Report) -> News | None:
        """None where the run was compared with nothing."""
        changed = report.since
        return None if changed is None else cls(changed, frozenset(s.key for s in changed.returned))

    def _word(self, finding: Finding, o: Occurrence) -> str:
        if o.status == "new":
            return NEW
        if (finding.fingerprint, o.environment, o.method) in self.returned:
            return RETURNED
        return KNOWN if o.status == "known" else UNSURE

    def word(self, findings: Iterable[Finding]) -> str:
        """The most that is to be said of what nobody accepted: new, accepted no longer, not judged then, or known."""
        words = {self._word(f, o) for f in findings for o in f.occurrences if o.waived is None}
        return next((w for w in _ORDER if w in words), "")

    def counts(self, findings: Iterable[Finding]) -> bool:
        """Whether something of them counts for the exit code, by its level."""
        return self.word(findings) in (NEW, RETURNED)

    def where(self, findings: Iterable[Finding], word: str) -> list[str]:
        """The environments in which that is to be said, in order."""
        found = {o.environment: None for f in findings for o in f.occurrences
                 if o.waived is None and self._word(f, o) == word}  # fmt: skip
        return list(found)

    def standing(self, findings: Iterable[Finding]) -> str:
        """The word, and since when where it is known."""
        members = list(findings)
        word = self.word(members)
        first = min((o.first_seen for f in members for o in f.occurrences if o.first_seen), default="")
        return f"{word} since {first[:10]}" if word == KNOWN and first else word


def since_line(report: Report) -> str:
    """What changed as one line; empty where the run was compared with nothing."""
    when, what = since(report)
    return f"Since {when}: {what}" if what else ""


def since(report: Report) -> tuple[str, str]:
    """The moment of the earlier report, and what changed: counts, then by name what is new and what was fixed."""
    news, changed = News.of(report), report.since
    if news is None or changed is None:
        return "", ""
    words = {f.fingerprint: news.word([f]) for f in report.findings}
    found = [f"{counted(changed)}."]
    for word in (NEW, RETURNED, UNSURE):
        told = [f.title for f in report.findings
                if words[f.fingerprint] == word and f.severity is not Severity.INFO]  # fmt: skip
        found += _named(word, told)
    found += _named("fixed", fixed(changed.fixed))
    worst = Severity(report.fail_on).rank if report.fail_on in set(Severity) else -1
    spared = any(words[f.fingerprint] in (KNOWN, UNSURE) and f.severity.rank <= worst for f in report.findings)
    found += ["What was there before does not count for the exit code."] if spared else []
    return moment(changed.then_at), " ".join(found)


def _named(word: str, names: list[str]) -> list[str]:
    shown = [n.strip().rstrip(".") for n in names[:NAMED]]
    shown += [f"and {len(names) - NAMED:,} more"] if len(names) > NAMED else []
    return [f"{word[:1].upper()}{word[1:]}: {'; '.join(shown)}."] if shown else []


def fixed(seen: Iterable[Seen]) -> list[str]:
    """What is gone, a clause for each finding with the environments that it is gone from."""
    found: dict[str, list[Seen]] = {}
    for s in seen:
        found.setdefault(s.fingerprint, []).append(s)
    return [f"{operation(group[0])} in {listing([s.environment for s in group])} ({group[0].rule})"
            for group in found.values()]  # fmt: skip


def operation(s: Seen) -> str:
    """`GET /orders`, or what else it speaks of."""
    return " ".join(x for x in (s.method or ",".join(s.methods), s.path) if x) or "the whole environment"


def moment(text: str) -> str:
    """`2026-11-20 02:00 UTC`; the text itself where it is no moment."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    except ValueError:
        return text
