"""`auditor compare`: two reports side by side, as text or as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from auditor.differ.output.escape import visible
from auditor.model.night import Changes, Seen

MAX_LISTED = 50
"""Lines of one list; the rest is counted, and in --json."""

_LISTS = (
    ("new", "new", "new: decided in both, and seen only now"),
    ("unsure", "not_judged_then", "seen now, not judged then"),
    ("fixed", "fixed", "fixed: decided in both, and seen only then"),
    ("unjudged", "not_judged", "seen then, not judged any more"),
    ("still", "still", "still there"),
)


def counts_new(changes: Changes) -> bool:
    """Whether something is new that nobody accepted."""
    return any(not s.waived for s in changes.new)


def to_json(changes: Changes) -> str:
    """All lists in full, as strict JSON in ASCII."""
    data: dict[str, Any] = {"since": changes.then, "since_finished_at": changes.then_at}
    for attribute, name, _ in _LISTS:
        data[name] = [_entry(s) for s in getattr(changes, attribute)]
    return json.dumps(data, indent=1, ensure_ascii=True, allow_nan=False).replace("\x7f", "\\u007f") + "\n"


def _entry(s: Seen) -> dict[str, Any]:
    return {
        "rule": s.rule, "path": s.path, "method": s.method, "environment": s.environment, "severity": s.severity,
        "waived": s.waived, "first_seen": s.first_seen, "fingerprint": s.fingerprint, "title": s.title,
    }  # fmt: skip


def render(changes: Changes) -> str:
    """The lists for people: a line each, what needs a look first."""
    lines = [
        f"Since {visible(changes.then_at, 40)}: "
        + ", ".join(f"{len(getattr(changes, a)):,} {n.replace('_', ' ')}" for a, n, _ in _LISTS)
    ]
    for attribute, _, heading in _LISTS:
        group: Sequence[Seen] = getattr(changes, attribute)
        if group:
            lines += ["", heading, *_listed(group)]
    return "\n".join(lines) + "\n"


def _listed(group: Sequence[Seen]) -> Iterator[str]:
    for s in group[:MAX_LISTED]:
        what = " ".join(x for x in (s.method or ",".join(s.methods), s.path) if x) or "the whole environment"
        waived = "  (waived)" if s.waived else ""
        since = f"  since {s.first_seen[:10]}"
        line = f"{s.severity:<7}  {s.rule}  {what}  {s.environment}{since}{waived}  {s.fingerprint}"
        yield "  " + visible(line, 300)
    if len(group) > MAX_LISTED:
        yield f"  and {len(group) - MAX_LISTED:,} more"
