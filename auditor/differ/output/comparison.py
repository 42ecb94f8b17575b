"""`auditor compare`: two reports side by side, as text or as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from auditor.differ.output.escape import visible
from auditor.differ.output.kinds import (
    ACCEPTED,
    FIXED,
    GONE,
    KNOWN,
    NEW,
    RETURNED,
    UNSURE,
    Kind,
    counted,
    kinds,
)
from auditor.differ.output.since import moment, operation
from auditor.model.night import Changes, Seen

MAX_LISTED = 50
"""Lines of one list; the rest is counted, and in --json."""

_HEADINGS = {
    NEW: "new: seen only now",
    RETURNED: "accepted no longer: seen then, too, but with a waiver",
    UNSURE: "not judged then: neither new nor known",
    GONE: "not judged any more: seen then, and neither fixed nor there now",
    FIXED: "fixed: seen only then, and decided now",
    KNOWN: "known: seen then, too",
    ACCEPTED: "accepted: there now, with a waiver",
}
_LISTS = {"new": "new", "returned": "returned", "unsure": "not_judged_then", "fixed": "fixed",
          "unjudged": "not_judged", "still": "still"}  # fmt: skip
"""Attribute of Changes, and key in JSON."""


def counts_new(changes: Changes) -> bool:
    """Whether something is new that nobody accepts, or that nobody accepts any longer."""
    return bool(changes.returned) or any(not s.waived for s in changes.new)


def to_json(changes: Changes) -> str:
    """All lists in full, each occurrence in one of them, as strict JSON in ASCII."""
    data: dict[str, Any] = {"since": changes.then, "since_finished_at": changes.then_at}
    again = {s.key for s in changes.returned}
    for attribute, name in _LISTS.items():
        seen = getattr(changes, attribute)
        data[name] = [_entry(s) for s in seen if attribute != "still" or s.key not in again]
    return json.dumps(data, indent=1, ensure_ascii=True, allow_nan=False).replace("\x7f", "\\u007f") + "\n"


def _entry(s: Seen) -> dict[str, Any]:
    return {
        "rule": s.rule, "path": s.path, "method": s.method, "environment": s.environment, "severity": s.severity,
        "waived": s.waived, "first_seen": s.first_seen, "fingerprint": s.fingerprint, "title": s.title,
    }  # fmt: skip


def render(changes: Changes) -> str:
    """The lists for people: a line for each finding, what needs a look first."""
    lines = [f"Since {visible(moment(changes.then_at), 40)}: {counted(changes)}"]
    for word, group in kinds(changes).items():
        lines += ["", _HEADINGS[word], *_listed(group)]
    return "\n".join(lines) + "\n"


def _listed(group: Sequence[Kind]) -> Iterator[str]:
    for kind in group[:MAX_LISTED]:
        s = kind.own[0]
        since = "" if kind.word == NEW else f"  seen since {min(o.first_seen for o in kind.own)[:10]}"
        others = "; ".join(f"{word} in {_places(seen)}" for word, seen in kind.others)
        line = f"{s.severity:<7}  {s.rule}  {operation(s)}  {_places(kind.own)}{since}"
        yield "  " + visible(f"{line}{f'  ({others})' if others else ''}  {s.fingerprint}", 300)
    if len(group) > MAX_LISTED:
        yield f"  and {len(group) - MAX_LISTED:,} more"


def _places(seen: Iterable[Seen]) -> str:
    return ", ".join(dict.fromkeys(s.environment for s in seen))
