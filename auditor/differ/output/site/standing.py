"""How a service stands by its newest run: only a complete run of late that says so itself is a pass. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from auditor.differ.gate import AHEAD, span
from auditor.differ.output.words import listing, sentence
from auditor.model.index import Brief, Service

HOLD, UNJUDGED, CARE, GOOD = "hold", "unjudged", "care", "good"
ORDER = (HOLD, UNJUDGED, CARE, GOOD)
TONES = {HOLD: "bad", UNJUDGED: "unk", CARE: "warn", GOOD: "ok"}
NAMES = {HOLD: "Hold", UNJUDGED: "Not judged", CARE: "Promote with care", GOOD: "Promote or in sync"}
WORDS = ("Promote with care", "Promote", "Hold", "Drifts", "In sync", "Cannot say")
"""What a headline begins with (output/headline.py), the longer one first."""


class Standing(NamedTuple):
    """`group`: one of ORDER. `word`: what is said of it; `why`: one sentence, empty where the word says it all."""

    group: str
    word: str
    why: str
    fresh: bool = True
    """Whether the newest run that can be read tells of today."""

    @property
    def tone(self) -> str:
        return TONES[self.group]


def standing(service: Service, now: datetime, max_age: timedelta) -> Standing:
    """Of the newest run. What is too old, unfinished or unreadable is not judged, whatever it said."""
    newest = service.runs[0]
    age = now - newest.head.finished
    if newest.brief is None:
        why = sentence(f"the report.json of the last run {newest.problem}") + _last_word(service)
        return Standing(UNJUDGED, "Unreadable", why, fresh=False)
    later = [u for u in service.unread if u.modified > newest.head.finished]
    if later:
        why = sentence(f"a later run cannot be read: {later[-1].place}/report.json {later[-1].why}")
        return Standing(UNJUDGED, "Unreadable", why + _last_word(service), fresh=False)
    said = verdict(newest.brief)
    if age < -AHEAD:
        return Standing(UNJUDGED, "Wrong clock", f"The last run ends {span(-age)} from now.", fresh=False)
    if age > max_age:
        why = f"The last run is {span(age)} old. It said: {newest.brief.headline or said.word}"
        return Standing(UNJUDGED, "Stale", why, fresh=False)
    return said


def verdict(brief: Brief) -> Standing:
    """What a run says for itself."""
    word = next((w for w in WORDS if brief.headline.startswith(w)), "")
    names = [e.name for e in brief.environments]
    rest = sentence(brief.headline.removeprefix(word).lstrip(": "), names)
    arrow, because = brief.arrow or (None, "")
    because = sentence(because, names)
    if arrow == "hold" or word in ("Hold", "Drifts"):
        ended = "" if brief.complete else " The audit did not finish."
        return Standing(
            HOLD, word if word in ("Hold", "Drifts") else "Hold", ((because if arrow == "hold" else "") or rest) + ended
        )
    if not brief.complete or brief.exit_code not in (0, 1):
        why = sentence(listing(brief.because, 3), names)
        return Standing(UNJUDGED, "Incomplete", why or "The audit did not finish.")
    if arrow not in (None, "promote") or word in ("", "Cannot say"):
        why = (because if arrow == "cannot-say" else "") or rest
        return Standing(UNJUDGED, "Cannot say", why if word else "The report holds no verdict of its own.")
    if word == "Promote with care":
        return Standing(CARE, word, rest)
    if (word == "In sync") != (arrow is None):  # the words of one environment and the arrow of several
        return Standing(UNJUDGED, "Cannot say", "The report contradicts itself.")
    return Standing(GOOD, word, "")


def _last_word(service: Service) -> str:
    """What the last readable run said, and when."""
    found = next((r for r in service.runs if r.brief is not None), None)
    if found is None or found.brief is None:
        return ""
    return f" On {found.head.finished:%Y-%m-%d} it said: {found.brief.headline or 'nothing'}"
