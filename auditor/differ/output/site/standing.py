"""How a service stands by its newest run: only a complete run of late that says so itself is a pass. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from auditor.differ.gate import AHEAD, span
from auditor.differ.output.language import speaking, tr
from auditor.differ.output.site.problems import problem
from auditor.differ.output.words import listing, sentence
from auditor.model.index import Brief, Service

HOLD, UNJUDGED, CARE, GOOD = "hold", "unjudged", "care", "good"
ORDER = (HOLD, UNJUDGED, CARE, GOOD)
TONES = {HOLD: "bad", UNJUDGED: "unk", CARE: "warn", GOOD: "ok"}
NAMES = {HOLD: "Hold", UNJUDGED: "Not judged", CARE: "Promote with care", GOOD: "Promote or in sync"}
WORDS = ("Promote with care", "Promote", "Hold", "Drifts", "In sync", "Cannot say")
"""What a headline begins with (output/headline.py), the longer one first."""


SEVERITY = ("Promote", "In sync", "Promote with care", "Stale", "Wrong clock", "Unreadable", "Cannot say",
            "Incomplete", "Drifts", "Hold")  # fmt: skip
"""Every word that a standing has, the worst last: a sorted table goes by it."""


class Said(NamedTuple):
    """A part of why. `quoted`: in the words of the report, which are English."""

    text: str
    quoted: bool = False


class Standing(NamedTuple):
    """`group`: one of ORDER. `word`: one of SEVERITY; `said`: why, empty where the word says it all."""

    group: str
    word: str
    said: tuple[Said, ...] = ()
    fresh: bool = True
    """Whether the newest run that can be read tells of today."""

    @property
    def tone(self) -> str:
        return TONES[self.group]

    @property
    def why(self) -> str:
        """All of it in a row."""
        return " ".join(s.text for s in self.said)


def standing(service: Service, now: datetime, max_age: timedelta) -> Standing:
    """Of the newest run. What is too old, unfinished or unreadable is not judged, whatever it said."""
    newest = service.runs[0]
    age = now - newest.head.finished
    if newest.brief is None:
        why = tr("the report.json of the last run {why}", why=problem(newest.problem))
        return Standing(UNJUDGED, "Unreadable", (Said(sentence(why)), *_last_word(service)), fresh=False)
    later = [u for u in service.unread if u.modified > newest.head.finished]
    if later:
        file = f"{later[-1].place}/report.json"
        why = tr("a later run cannot be read: {file} {why}", file=file, why=problem(later[-1].why))
        return Standing(UNJUDGED, "Unreadable", (Said(sentence(why)), *_last_word(service)), fresh=False)
    found = verdict(newest.brief)
    if age < -AHEAD:
        ahead = tr("The last run ends {span} from now.", span=span(-age))
        return Standing(UNJUDGED, "Wrong clock", (Said(ahead),), fresh=False)
    if age > max_age:
        old = Said(tr("The last run is {span} old. It said:", span=span(age)))
        told = Said(newest.brief.headline, quoted=True) if newest.brief.headline else Said(tr(found.word))
        return Standing(UNJUDGED, "Stale", (old, told), fresh=False)
    return found


def verdict(brief: Brief) -> Standing:
    """What a run says for itself."""
    word = next((w for w in WORDS if brief.headline.startswith(w)), "")
    names = [e.name for e in brief.environments]
    rest = sentence(brief.headline.removeprefix(word).lstrip(": "), names)
    arrow, because = brief.arrow or (None, "")
    because = sentence(because, names)
    if arrow == "hold" or word in ("Hold", "Drifts"):
        why = _quote((because if arrow == "hold" else "") or rest)
        ended = () if brief.complete else (Said(tr("The audit did not finish.")),)
        return Standing(HOLD, word if word in ("Hold", "Drifts") else "Hold", why + ended)
    if not brief.complete or brief.exit_code not in (0, 1):
        with speaking("en"):
            why = _quote(sentence(listing(brief.because, 3), names))
        return Standing(UNJUDGED, "Incomplete", why or (Said(tr("The audit did not finish.")),))
    if arrow not in (None, "promote") or word in ("", "Cannot say"):
        why = _quote((because if arrow == "cannot-say" else "") or rest)
        return Standing(UNJUDGED, "Cannot say", why if word else (Said(tr("The report holds no verdict of its own.")),))
    if word == "Promote with care":
        return Standing(CARE, word, _quote(rest))
    if (word == "In sync") != (arrow is None):  # the words of one environment and the arrow of several
        return Standing(UNJUDGED, "Cannot say", (Said(tr("The report contradicts itself.")),))
    return Standing(GOOD, word)


def _quote(text: str) -> tuple[Said, ...]:
    return (Said(text, quoted=True),) if text else ()


def _last_word(service: Service) -> tuple[Said, ...]:
    """What the last readable run said, and when."""
    found = next((r for r in service.runs if r.brief is not None), None)
    if found is None or found.brief is None:
        return ()
    when = Said(tr("On {day} it said:", day=f"{found.head.finished:%Y-%m-%d}"))
    return when, *(_quote(found.brief.headline) or (Said(tr("nothing")),))
