"""GitHub annotations: the worst causes as workflow commands on standard output."""

from __future__ import annotations

from auditor.differ.output.cards import cards
from auditor.differ.output.escape import visible
from auditor.differ.output.located import Located, located, repository_path, statement
from auditor.differ.output.since import News
from auditor.differ.output.words import plural, sentence
from auditor.model.finding import Severity
from auditor.model.place import Place
from auditor.model.report import Report

MAX_ANNOTATIONS = 10
"""GitHub shows ten of a kind and step."""

MAX_TEXT = 400

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def render(report: Report) -> bytes:
    """One line per cause that is not waived, worst first; compared with an earlier report, of those that are new.

    Nothing where there is none.
    """
    places = {id(at.finding): at for at in located(report)}
    live = [c for c in cards(report) if not c.waived]
    news = News.of(report)
    shown = live if news is None else [c for c in live if news.counts(c.findings)]
    lines = [_annotation(places[id(c.lead)], len(c.findings) - 1, report.place) for c in shown[:MAX_ANNOTATIONS]]
    left = len(shown) - MAX_ANNOTATIONS
    more = [plural(left, "more cause")] if left > 0 else []
    old = len(live) - len(shown)
    more += [f"{plural(old, 'cause')} that {'is' if old == 1 else 'are'} not new"] if old else []
    if more:
        lines.append(f"::notice title=auditor::{' and '.join(more)}: see the report.")
    return "".join(f"{line}\n" for line in lines).encode("ascii")


def _annotation(at: Located, more: int, place: Place) -> str:
    f = at.finding
    lines = [sentence(_clean(text)) for text in statement(f)]
    lines += [f"Fix ({x.side}): {_clean(x.text)}" for x in f.fixes[:1]]
    lines += [f"{more:,} more of the same cause: see the report."] if more > 0 else []
    properties = {"file": _clean(repository_path(at.file, place)), "line": str(at.line), "title": _clean(f.rule)}
    given = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{_COMMANDS[f.severity]} {given}::{_data(chr(10).join(line for line in lines if line))}"


def _clean(text: str) -> str:
    """Visible ASCII: a command is one line whatever the runner's encoding, and holds no other."""
    plain = visible(text, MAX_TEXT).encode("ascii", "backslashreplace").decode("ascii")
    return plain.replace("::", ": :")


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
