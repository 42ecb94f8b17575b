"""`waivers` of auditor.yaml and of waivers.yaml: entries made into Waivers, mistakes told by key (DESIGN §7)."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Sequence
from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from auditor.errors import ConfigError
from auditor.model.globs import Glob
from auditor.model.methods import is_token
from auditor.model.waiver import NEEDS_METHOD, Waiver, waiver_glob

MAX_TEXT = 1000
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z", re.ASCII)
_WHOLE = ("run", "environment")


class WaiverConfig(BaseModel):
    """One entry of `waivers`."""

    model_config = ConfigDict(extra="forbid", strict=False)

    rule: str
    path: str | None = None
    method: str | None = None
    environments: list[str] = Field(min_length=1)
    reason: str
    owner: str
    expires: str
    ticket: str | None = None
    since: str | None = None


def waivers(entries: Sequence[WaiverConfig], known: Collection[str] = ()) -> tuple[Waiver, ...]:
    """The waivers of a file. `known`: environments that may be named; empty where that is not known. ConfigError."""
    return tuple(_waiver(entry, f"waivers.{i}", known) for i, entry in enumerate(entries))


def _waiver(entry: WaiverConfig, where: str, known: Collection[str]) -> Waiver:
    whole = _speaks_of_whole_environments(entry.rule, where)
    path, method = _place(entry, where, whole)
    if entry.rule == NEEDS_METHOD and method is None:
        raise ConfigError("is missing", where=f"{where}.method",
                          hint="one waiver for each method: to accept DELETE must never hide a later PUT")  # fmt: skip
    for name in entry.environments:
        if known and name not in known:
            near = difflib.get_close_matches(name, known, 1, 0.5)
            hint = f"did you mean {near[0]}?" if near else "one of " + ", ".join(known)
            raise ConfigError(f"{name[:80]!r} is no environment", where=f"{where}.environments", hint=hint)
    expires = day(entry.expires, f"{where}.expires")
    since = day(entry.since, f"{where}.since") if entry.since is not None else None
    if since is not None and since > expires:
        raise ConfigError("is later than `expires`", where=f"{where}.since", hint="the day it was accepted")
    return Waiver(
        entry.rule, path, method, tuple(dict.fromkeys(entry.environments)), told(entry.reason, f"{where}.reason"),
        told(entry.owner, f"{where}.owner"), expires,
        None if entry.ticket is None else told(entry.ticket, f"{where}.ticket"), since,
    )  # fmt: skip


def _speaks_of_whole_environments(id_: str, where: str) -> bool:
    from auditor.differ.catalogue import rule  # all rules, which only somebody with waivers needs here

    try:
        return rule(id_).scope in _WHOLE
    except ConfigError as error:
        raise ConfigError(error.what, where=f"{where}.rule", hint=error.hint) from None


def _place(entry: WaiverConfig, where: str, whole: bool) -> tuple[Glob | None, str | None]:
    method = entry.method
    if method is not None and (not is_token(method) or "*" in method):
        raise ConfigError(f"{method[:40]!r} is no method", where=f"{where}.method", hint="one method, such as DELETE")
    if method is not None and method.upper() in _USUAL:
        method = method.upper()
    if whole:
        for key, given in (("path", entry.path), ("method", method)):
            if given is not None:
                raise ConfigError(f"is of no use: {entry.rule} speaks of whole environments", where=f"{where}.{key}",
                                  hint="leave it out")  # fmt: skip
        return None, None
    if entry.path is None:
        raise ConfigError("is missing", where=f"{where}.path", hint="for example path: /legacy/**")
    try:
        glob, in_front = waiver_glob(entry.path)
    except ValueError as error:
        raise ConfigError(str(error), where=f"{where}.path", hint="for example path: /legacy/**") from None
    if in_front is not None and "*" in in_front:
        raise ConfigError(f"{in_front[:40]!r} is no method", where=f"{where}.path", hint="one method, such as DELETE")
    if method is not None and in_front not in (None, method):
        raise ConfigError(f"names {in_front}, `method` {method}", where=f"{where}.path", hint="name one of them")
    return glob, method or in_front


_USUAL = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"})


def day(text: str, where: str) -> date:
    """A day as YYYY-MM-DD. ConfigError where it is none."""
    try:
        if _DAY.match(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise ConfigError(f"{text[:40]!r} is no day", where=where, hint="year, month and day: 2027-01-31")


def told(text: str, where: str) -> str:
    """A text that says something. ConfigError where it is blank or a novel."""
    if not text.strip():
        raise ConfigError("must not be empty", where=where, hint="whoever reads the report needs it")
    if len(text) > MAX_TEXT:
        raise ConfigError(f"is longer than {MAX_TEXT:,} characters", where=where, hint="name a ticket instead")
    return text.strip()
