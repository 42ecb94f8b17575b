"""Why a report.json cannot be read, in the language of the page: readers say it in English. Pure."""

from __future__ import annotations

import re

from auditor.differ.output.language import tr

PROBLEMS = (
    "is empty",
    "is no JSON",
    "is cut off",
    "is damaged at {key}",
    "is larger than 128 MB",
    "cannot be opened: {reason}",
    "has schema version unknown, and this auditor reads {own}: audit again",
    "has schema version {theirs}, and this auditor reads {own}: audit again",
    "has schema version {theirs}, and this auditor reads {own}: update auditor",
)
"""All of them (differ/brief.py, siting.py), with gaps for what differs."""

_PATTERNS = [(p, re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.*)", re.escape(p)), re.DOTALL)) for p in PROBLEMS]


def problem(text: str) -> str:
    """The same in the language of the page; what is no known problem stays as it is."""
    for phrase, pattern in _PATTERNS:
        if found := pattern.fullmatch(text):
            return tr(phrase, **found.groupdict())
    return text
