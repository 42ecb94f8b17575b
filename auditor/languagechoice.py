"""Which language the page speaks: a flag over auditor.yaml over English."""

from __future__ import annotations

from auditor.differ.output.language import LANGUAGES
from auditor.errors import UsageError


def language(flag: str | None, key: str | None = None) -> str:
    """A language that the page speaks. UsageError for any other."""
    tag = flag or key or "en"
    if tag not in LANGUAGES:
        where = "--lang" if flag else "lang"
        raise UsageError(f"{tag!r} is no language of the report", where=where, hint="one of " + ", ".join(LANGUAGES))
    return tag
