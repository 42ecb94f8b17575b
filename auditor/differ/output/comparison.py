"""`auditor compare`: two reports side by side, as text or as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from auditor.differ.output.escape import visible
from auditor.differ.output.since import moment, operation
from auditor.model.night import Changes, Seen

MAX_LISTED = 50
"""Lines of one list; the rest is counted, and in --json."""

_LISTS = (
    ("new", "new", "new", "new: seen only now"),
    ("returned", "returned", "accepted no longer", "accepted no longer: seen then, too, but with a waiver"),
    ("unsure", "not_judged_then", "not judged then", "not judged then: neither new nor known"),
    ("fixed", "fixed", "fixed", "fixed: seen only then, and decided now"),
    (
        "unjudged",
        "not_judged",
        "not judged any more",
        "not judged any more: seen then, and neither fixed nor there now",
    ),
    ("still", "still", "still there", "still there"),
)
"""Attribute of Changes, key in JSON, words for a count, and heading."""


def counts_new(changes: Changes) -> bool:
    """Whether something is new that nobody accepts, or that nobody accepts any longer."""
    return bool(changes.returned) or any(not s.waived for s in changes.new)


def to_json(changes: Changes) -> str:
    """All lists in full, as strict JSON in ASCII."""
    data: dict[str, Any] = {"since": changes.then, "since_finished_at": changes.then_at}
    for attribute, name, _, _ in _LISTS:
        data[name] = [_entry(s) for s in getattr(changes, attribute)]
    return json.dumps(data, indent=1, ensure_ascii=True, allow_nan=False).replace("\x7f", "\\u007f") + "\n"


def _entry(s: Seen) -> dict[str, Any]:
    return {
        "rule": s.rule, "path": s.path, "method": s.method, "environment": s.environment, "severity": s.severity,
        "waived": s.waived, "first_seen": s.first_seen, "fingerprint": s.fingerprint, "title": s.title,
    }  # fmt: skip


def render(changes: Changes) -> str:
    """The lists for people: a line for each finding, what needs a look first."""
    groups = [(words, heading, _by_finding(getattr(changes, attribute))) for attribute, _, words, heading in _LISTS]
    told = [f"{len(group):,} {words}" for words, _, group in groups if group or words == "new"]
    lines = [f"Since {visible(moment(changes.then_at), 40)}: {', '.join(told)}"]
    for words, heading, group in groups:
        if group:
            lines += ["", heading, *_listed(group, dated=words != "new")]
    return "\n".join(lines) + "\n"


def _by_finding(group: Sequence[Seen]) -> list[list[Seen]]:
    found: dict[str, list[Seen]] = {}
    for s in group:
        found.setdefault(s.fingerprint, []).append(s)
    return list(found.values())


def _listed(groups: Sequence[Sequence[Seen]], *, dated: bool) -> Iterator[str]:
    for group in groups[:MAX_LISTED]:
        s = group[0]
        waived = [g.environment for g in group if g.waived]
        accepted = (
            "" if not waived else "  (waived)" if len(waived) == len(group) else f"  ({', '.join(waived)} waived)"
        )
        since = f"  seen since {min(g.first_seen for g in group)[:10]}" if dated else ""
        places = ", ".join(dict.fromkeys(g.environment for g in group))
        line = f"{s.severity:<7}  {s.rule}  {operation(s)}  {places}{since}{accepted}  {s.fingerprint}"
        yield "  " + visible(line, 300)
    if len(groups) > MAX_LISTED:
        yield f"  and {len(groups) - MAX_LISTED:,} more"
