"""`Deprecation` (RFC 9745) and `Sunset` (RFC 8594): what an answer says about the end of what it answers for."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from auditor.model.exchange import Exchange
from auditor.model.fact import Lifecycle
from auditor.prober.observe import timestamp

_DATE = re.compile(r"@(-?[0-9]{1,15})\s*(?:;.*)?\Z")
_PLAIN_TRUE, _PLAIN_FALSE = ("true", "?1", "1", "yes"), ("false", "?0", "0", "no")
"""What drafts before RFC 9745 allowed in place of a date, and what some frameworks send."""
_MOST = 60
_UNSET = re.compile(r"(?<![+\-0-9])0[0-9]{3}\b")
_FIRST_YEAR = 1990
"""HTTP is not older: an earlier date is a mistake, and not one to build a statement on."""


class Deprecation(NamedTuple):
    """What a `Deprecation` field says: whether anything, since when, and whether a date or a yes could be read."""

    said: bool
    since: str | None = None
    readable: bool = True


def lifecycle(sent: Exchange) -> Lifecycle | None:
    """What the answer says; None where it has neither field, or only says that nothing is deprecated."""
    answer = sent.answer
    if answer is None or not answer.whole:
        return None
    value, end = answer.value("deprecation"), answer.value("sunset")
    said = read_deprecation(value) if value is not None else Deprecation(False)
    sunset = http_date(end) if end is not None else None
    if not said.said and sunset is None:
        return None
    return Lifecycle(
        sent.id, answer.status, sent.at, deprecation=(value or "").strip()[:_MOST] if said.said else "",
        since=said.since, readable=said.readable, sunset=sunset,
    )  # fmt: skip


def read_deprecation(value: str) -> Deprecation:
    """RFC 9745's Date (`@1688169599`), else what its drafts had: `true` or an HTTP-date."""
    value = value.strip()
    dated = _DATE.match(value)
    if dated:
        try:
            return Deprecation(True, timestamp(datetime.fromtimestamp(int(dated[1]), UTC)))
        except (ValueError, OverflowError, OSError):
            return Deprecation(True, readable=False)
    if value.lower() in _PLAIN_FALSE:
        return Deprecation(False)
    if value.lower() in _PLAIN_TRUE:
        return Deprecation(True)
    since = http_date(value)
    return Deprecation(True, since, readable=since is not None)


def http_date(value: str) -> str | None:
    """An HTTP-date in any of its three forms (RFC 9110 §5.6.7) as UTC ISO 8601; None where it is none."""
    value = value.strip()
    if len(value) > _MOST or not re.match(r"[A-Z][a-z]{2,8},? ", value) or _UNSET.search(value):
        return None  # the year 0001 is what an unset date looks like, and is read as 2001
    try:
        found = parsedate_to_datetime(value)
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        return timestamp(found) if found.year >= _FIRST_YEAR else None
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
