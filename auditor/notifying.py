"""`auditor notify`: from two reports and auditor.yaml to what each target is told. Sends nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from auditor import configfile, notifyconfig
from auditor.differ import notices, past
from auditor.differ.notices import Since
from auditor.differ.output import notice as words
from auditor.differ.output.notice import Message
from auditor.differ.output.words import plural
from auditor.differ.past import PastReport
from auditor.errors import ConfigError, UsageError
from auditor.model.notice import Audience
from auditor.notifyconfig import Target

_HINT = 'add notify: [{webhook: "https://hooks.example.test/${HOOK}"}] to auditor.yaml'


def compared(report: str, last: str | None) -> tuple[PastReport, Since | None]:
    """Tonight's report, and what changed since the last one. UsageError where one of them cannot be used."""
    for path, where in ((report, "REPORT"), (last, "--since")):
        if path == "":
            raise UsageError("is empty", where=where, hint="name a report.json, or check the shell variable")
    tonight = past.read(report)
    earlier = past.read(last) if last is not None else None
    if earlier is not None and earlier.run.id == tonight.run.id:
        raise UsageError("is the run of REPORT itself", where="--since",
                         hint="keep the last report.json before the audit replaces it")  # fmt: skip
    return tonight, notices.since(tonight, earlier)


def targets(config: str | None, tonight: PastReport, *, dry_run: bool) -> tuple[Target, ...]:
    """The targets of the auditor.yaml that applies; a dry run needs no secret. ConfigError with file, line and key."""
    path = Path(config) if config is not None else configfile.find(Path.cwd())
    if path is None:
        raise UsageError("nobody is to be told: there is no auditor.yaml", hint=_HINT)
    file = configfile.load(path)
    found = file.config()
    if not found.notify:
        raise ConfigError("names nobody who is to be told", where=f"{file.shown}: notify", hint=_HINT)
    known = dict.fromkeys((*notifyconfig.places(found.environments), *(e.name for e in tonight.environments)))
    try:
        return notifyconfig.targets(found.notify, tuple(known), None if dry_run else os.environ)
    except UsageError as error:
        raise file.located(error) from None


def notes(tonight: PastReport, changed: Since | None) -> Iterator[str]:
    """What is not told, though a reader might expect it."""
    if changed is None:
        yield ("compared with no earlier report (--since, or audit --new-since): "
               "every error is told, and nothing as fixed")  # fmt: skip
    elif unsure := notices.unsure_errors(tonight, changed):
        yield f"{plural(unsure, 'error')} could not be judged last time: not told as new, see the report"


def message(tonight: PastReport, changed: Since | None, audience: Audience) -> Message | None:
    """What this audience is told; None where there is nothing."""
    found = notices.notice(tonight, changed, audience)
    return words.message(found, tonight) if found is not None else None
