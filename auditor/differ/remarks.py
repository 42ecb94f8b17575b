"""What was asked for beside verdicts and could not be had: a sentence each."""

from __future__ import annotations

from auditor.differ.served import unread_descriptions
from auditor.differ.subject import Subject


def remarks(subject: Subject) -> tuple[str, ...]:
    """Descriptions that are served and could not be read, builds that are not known."""
    everywhere = (*subject.chain, *subject.layers)
    builds = (f"{r.environment.name}: its build is not known: {r.build_note}" for r in everywhere if r.build_note)
    return (*unread_descriptions(subject), *builds)
