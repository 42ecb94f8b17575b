"""Conservation (DESIGN §4): every documented operation × environment is in exactly one of four sums."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from auditor.differ.subject import Subject, documented
from auditor.model.cell import Cell, Support
from auditor.model.finding import Finding, Severity
from auditor.model.report import Totals

Key = tuple[str, str, str]


def totals(subject: Subject, findings: Iterable[Finding]) -> Totals:
    """The counts of a run. The four sums always add up: an operation that nothing tells of is undetermined.

    A finding counts as waived when all its occurrences are, and then not by its severity. Requests are those sent.
    """
    cells, excluded = _cells(subject), _excluded(subject)
    ends = Counter(_end(key, cells, excluded) for key in documented(subject))
    everything = list(findings)
    live = [f for f in everything if not _waived(f)]
    severities = Counter(f.severity for f in live)
    return Totals(
        documented=sum(ends.values()),
        supported=ends[Support.SUPPORTED],
        unsupported=ends[Support.UNSUPPORTED],
        undetermined=ends[Support.UNDETERMINED],
        excluded=ends[None],
        errors=severities[Severity.ERROR],
        warnings=severities[Severity.WARNING],
        infos=severities[Severity.INFO],
        waived=len(everything) - len(live),
        requests=sum(e.requests for e in (*subject.environments, *subject.layers)),
        state_changing_requests=sum(e.state_changing_requests for e in (*subject.environments, *subject.layers)),
    )


def _waived(finding: Finding) -> bool:
    return bool(finding.occurrences) and all(o.waived is not None for o in finding.occurrences)


def _cells(subject: Subject) -> dict[Key, Cell]:
    return {_key(c): c for c in subject.cells}


def _excluded(subject: Subject) -> frozenset[Key]:
    return frozenset((x.environment, x.path, x.method) for x in subject.excluded)


def _key(cell: Cell) -> Key:
    return cell.environment, cell.path, cell.method


def _end(key: Key, cells: dict[Key, Cell], excluded: frozenset[Key]) -> Support | None:
    """How a documented operation ended; None: excluded."""
    if key in excluded:
        return None
    return cells[key].support if key in cells else Support.UNDETERMINED


def conserved(subject: Subject) -> list[str]:
    """What does not add up, as sentences; empty when every documented operation ended exactly once."""
    return [*_lost(subject), *_repeated(subject), *_malformed(subject)]


def _lost(subject: Subject) -> Iterator[str]:
    cells, excluded = _cells(subject), _excluded(subject)
    for key in sorted(documented(subject)):
        environment, path, method = key
        if key not in cells and key not in excluded:
            yield f"{method} {path} is documented, but {environment} has neither a cell nor an exclusion for it."
        if key in cells and key in excluded:
            yield f"{method} {path} is excluded in {environment}, and yet it has a cell."


def _repeated(subject: Subject) -> Iterator[str]:
    for (environment, path, method), times in sorted(Counter(map(_key, subject.cells)).items()):
        if times > 1:
            yield f"{method} {path} has {times} cells in {environment}."


def _malformed(subject: Subject) -> Iterator[str]:
    known = {e.environment.name for e in subject.environments}
    for cell in sorted(subject.cells, key=_key):
        name = f"{cell.method} {cell.path} in {cell.environment}"
        if cell.environment not in known:
            yield f"{name} has a cell, but there is no such environment."
        decided = cell.support is not Support.UNDETERMINED
        if decided and (cell.basis is None or cell.reason is not None):
            yield f"{name} is {cell.support}, so it needs a basis and no reason."
        if not decided and (cell.basis is not None or cell.reason is None):
            yield f"{name} is undetermined, so it needs a reason and no basis."


def decided_share(subject: Subject, environment_name: str) -> float | None:
    """Share (0 to 1) of the documented operations of an environment that were decided; None where none counts.

    Excluded operations are left out. So are HEAD, OPTIONS and TRACE that a framework adds by itself: they are not
    documented; where the description names them they count like any other.
    """
    cells, excluded = _cells(subject), _excluded(subject)
    due = [k for k in documented(subject) if k[0] == environment_name and k not in excluded]
    decided = sum(_end(k, cells, excluded) is not Support.UNDETERMINED for k in due)
    return decided / len(due) if due else None
