"""Did a cache answer? As far as it says so itself."""

from __future__ import annotations

from auditor.model.exchange import Answer


def from_cache(answer: Answer) -> bool:
    """A cache says that it answered from its store (RFC 9111 §5.1, RFC 9211)."""
    age = answer.value("age") or ""
    words = f"{answer.value('x-cache') or ''} {answer.value('cache-status') or ''}".lower()
    return (age.isdigit() and int(age) > 0) or "hit" in words.replace("cache-hits", "")
