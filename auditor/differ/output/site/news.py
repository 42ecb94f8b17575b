"""What is new in a service since the night before, in counts and by name. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from auditor.differ.output.language import number, tr
from auditor.differ.output.words import plural
from auditor.model.index import Service
from auditor.model.night import Changes, Seen

NAMED = 2
"""New findings that a row names; the rest is counted."""


@dataclass(frozen=True, slots=True)
class News:
    """`lines`: tone and words, the worst first. `errors`, `warnings`: how many are new, or accepted no longer."""

    lines: tuple[tuple[str, str], ...]
    named: tuple[str, ...] = ()
    more: int = 0
    errors: int = 0
    warnings: int = 0
    compared: bool = False


def news(service: Service) -> News:
    """Counts are of findings, not of their occurrences; infos are left out, as they are from every verdict."""
    if service.runs[0].brief is None:
        return News((("quiet", tr("cannot be compared")),))
    if service.since is None or service.changes is None:
        earlier = len(service.runs) > 1 or service.left
        return News((("quiet", tr("no earlier night to compare with") if earlier else tr("first run")),))
    changed = service.changes
    fresh = [*_counting(changed.new), *_counting(changed.returned)]
    errors = _titles(s for s in fresh if s.severity == "error")
    warnings = _titles(s for s in fresh if s.severity == "warning")
    lines = _lines(changed, len(errors), len(warnings))
    names = [*errors.values(), *warnings.values()]
    return News(
        tuple(lines) or (("quiet", tr("nothing new")),), tuple(names[:NAMED]), max(len(names) - NAMED, 0),
        len(errors), len(warnings), compared=True,
    )  # fmt: skip


def _lines(changed: Changes, errors: int, warnings: int) -> list[tuple[str, str]]:
    unsure = len(_titles(_counting(changed.unsure)))
    fixed = len(_titles(s for s in changed.fixed if s.severity in ("error", "warning")))
    gone = len(_titles(s for s in changed.unjudged if s.severity in ("error", "warning")))
    counted = (
        (errors, "bad", plural(errors, "new error")),
        (warnings, "warn", plural(warnings, "new warning")),
        (unsure, "unk", f"{number(unsure)} {tr('not judged then')}"),
        (gone, "unk", f"{number(gone)} {tr('not judged any more')}"),
        (fixed, "ok", f"{number(fixed)} {tr('fixed')}"),
    )
    return [(tone, words) for many, tone, words in counted if many]


def _counting(seen: Iterable[Seen]) -> list[Seen]:
    return [s for s in seen if not s.waived and s.severity in ("error", "warning")]


def _titles(seen: Iterable[Seen]) -> dict[str, str]:
    """One title for each finding."""
    return {s.fingerprint: s.title for s in seen}
