"""What search and filters of the page go by: for every path, operation and card the words and owners that belong to it.

The words stand in attributes, one line per finding, so that `get error` finds a path by one finding that is both.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from auditor.differ.output.cards import is_waived
from auditor.model.cell import Reason, Support
from auditor.model.finding import Finding, Severity
from auditor.model.report import Report
from auditor.model.templates import anonymous

_STATUS = re.compile(r"\b[1-5][0-9]{2}\b")


class Index:
    """Findings and owners by path; looked up while the page is drawn."""

    def __init__(self, report: Report, at_stake: frozenset[str] = frozenset()) -> None:
        self._at_stake = at_stake
        self._names = tuple(e.environment.name for e in report.environments)
        self._of_path: dict[str, list[Finding]] = {}
        self._by_mark: dict[str, list[Finding]] = {}
        self._owned: dict[str, dict[str, set[str]]] = {}
        for f in report.findings:
            self._by_mark.setdefault(f.fingerprint, []).append(f)
            if f.path is not None:
                self._of_path.setdefault(anonymous(f.path), []).append(f)
            elif f.rule == "auth-hides-methods":
                # It names no path, but the paths behind the wall are what it is about.
                walled = (c for c in report.cells if c.reason is Reason.AUTH_WALL and c.environment in f.environments)
                for path in dict.fromkeys(anonymous(c.path) for c in walled):
                    self._of_path.setdefault(path, []).append(f)
        self._lacking: dict[str, dict[str, set[str]]] = {}
        for c in report.cells:
            if c.support is Support.UNSUPPORTED and (c.environment, c.path, c.method) in report.documented:
                self._lacking.setdefault(anonymous(c.path), {}).setdefault(c.environment, set()).add(c.method)
        operations = ((item.template, o) for c in report.contracts for item in c.paths for o in item.operations)
        for path, o in operations:
            if o.owner:
                self._owned.setdefault(anonymous(path), {}).setdefault(o.method, set()).add(o.owner)
        named = {f.owner for f in report.findings if f.owner}
        named.update(name for methods in self._owned.values() for names in methods.values() for name in names)
        self.all_owners = tuple(sorted(named))

    def path(self, path: str) -> list[str]:
        """One line of words for each finding on a path."""
        return [f"{f.title} {words(f)}" for f in self._of_path.get(anonymous(path), ())]

    def spoken_of(self, paths: Iterable[str]) -> int:
        """On how many of `paths` there are findings, mere information included."""
        return sum(anonymous(path) in self._of_path for path in paths)

    def mark(self, fingerprint: str | None) -> list[str]:
        """The same for the findings of one fingerprint; nothing without one."""
        return [f"{f.title} {words(f)}" for f in self._by_mark.get(fingerprint or "", ())]

    def card(self, findings: Iterable[Finding]) -> list[str]:
        """The same for the findings of a card, with their paths."""
        return [f"{f.path or ''} {words(f)}" for f in findings]

    def owners(self, path: str, methods: Collection[str] | None = None) -> list[str]:
        """Who owns a path, or only these methods of it, as the description or a finding says."""
        owned = self._owned.get(anonymous(path), {})
        names = {n for m, found in owned.items() if methods is None or m in methods for n in found}
        for f in self._of_path.get(anonymous(path), ()):
            if f.owner and (methods is None or not f.methods or set(f.methods) & set(methods)):
                names.add(f.owner)
        return sorted(names)

    def card_owners(self, findings: Iterable[Finding]) -> list[str]:
        return sorted({f.owner for f in findings if f.owner})

    def positions(self, names: Collection[str]) -> str:
        """Positions of environments, `0 2`; of all where none is named."""
        return " ".join(str(i) for i, name in enumerate(self._names) if name in names or not names)

    def severe(self, findings: Collection[Finding]) -> tuple[tuple[str, str], ...]:
        """(attribute, positions) for environments with an error (x), a warning (w), what a promotion brings (b), and a
        documented method that is not supported (m); the first three not for what is accepted everywhere."""
        weighty = [f for f in findings if not is_waived(f)]
        found = (("x", [f for f in weighty if f.severity is Severity.ERROR]),
                 ("w", [f for f in weighty if f.severity is Severity.WARNING]),
                 ("b", [f for f in weighty if f.fingerprint in self._at_stake]))  # fmt: skip
        told = tuple((name, self.positions({e for f in own for e in f.environments})) for name, own in found if own)
        return (*told, *self._missing({e for f in findings for e in self._lacks(f)}))

    def _lacks(self, f: Finding) -> Iterator[str]:
        """Environments where a documented method that the finding is about is not supported."""
        lacking = self._lacking.get(anonymous(f.path), {}) if f.path is not None else {}
        return (e for e in f.environments if e in lacking and (not f.methods or lacking[e] & set(f.methods)))

    def _missing(self, names: Collection[str]) -> tuple[tuple[str, str], ...]:
        return (("m", self.positions(names)),) if names else ()

    def severe_on(self, path: str) -> tuple[tuple[str, str], ...]:
        """The same for a path: what its findings say, and the methods it lacks, whether or not a finding says so."""
        told = self.severe(self._of_path.get(anonymous(path), ()))
        return (*(row for row in told if row[0] != "m"), *self._missing(self._lacking.get(anonymous(path), {})))

    def severe_in(self, fingerprint: str | None) -> tuple[tuple[str, str], ...]:
        """The same for the findings of one fingerprint; nothing without one."""
        return self.severe(self._by_mark.get(fingerprint or "", ()))

    def drift(self, findings: Collection[Finding]) -> str:
        """Positions of the environments where an error or a warning is; empty for mere information."""
        weighty = [f for f in findings if f.severity is not Severity.INFO]
        return self.positions({e for f in weighty for e in f.environments}) if weighty else ""


def words(f: Finding) -> str:
    """What a finding can be found by, besides its path and title.

    Of what was seen only the status: an `Allow` names methods that the finding is not about.
    """
    seen = dict.fromkeys(status for o in f.occurrences for status in _STATUS.findall(o.detail))
    parts = (*seen, *f.methods, f.rule, f.severity, f.owner or "", *f.environments, "waived" if is_waived(f) else "")
    return " ".join(p for p in parts if p)
