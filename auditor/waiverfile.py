"""Entries appended to waivers.yaml: the text that is there stays as it is, comments and all (DESIGN §6)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from auditor import configfile
from auditor.differ.output.escape import visible
from auditor.differ.past import PastFinding, PastOccurrence, PastReport
from auditor.errors import ConfigError, OutputError, UsageError
from auditor.loader import line_of, parse_config
from auditor.model.templates import anonymous
from auditor.model.waiver import NEEDS_METHOD, Waiver
from auditor.rundir import alone, write_atomically
from auditor.waiverconfig import WaiverConfig, day, told, waivers

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*\Z", re.ASCII)
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_KEYS = ("rule", "path", "method", "environments", "reason", "owner", "ticket", "since", "expires")

Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Terms:
    """What the operator says about what is accepted. `since` is today."""

    reason: str
    owner: str
    expires: str
    since: date
    ticket: str | None = None

    def checked(self) -> dict[str, Any]:
        """The keys of an entry. ConfigError naming the flag that is wrong."""
        last = day(self.expires, "--expires")
        if last < self.since:
            raise UsageError(f"{last} is over", where="--expires", hint="the last day it holds, in UTC")
        found: dict[str, Any] = {"reason": told(self.reason, "--reason"), "owner": told(self.owner, "--owner")}
        if self.ticket is not None:
            found["ticket"] = told(self.ticket, "--ticket")
        return {**found, "since": self.since.isoformat(), "expires": last.isoformat()}


def of_finding(report: PastReport, fingerprint: str, environments: Sequence[str], terms: Terms) -> list[Entry]:
    """The entries that accept one finding: in these environments, or wherever it is not accepted yet. UsageError."""
    found = next((f for f in report.findings if f.fingerprint == fingerprint), None)
    if found is None:
        raise UsageError(f"no finding of that report is called {fingerprint[:40]!r}", where="FINGERPRINT",
                         hint="report.json and report.html name the fingerprint of each finding")  # fmt: skip
    own = {o.environment for o in found.occurrences}
    for name in environments:
        if name not in own:
            raise UsageError(f"the finding does not occur in {name[:80]!r}", where="--env",
                             hint="one of " + ", ".join(sorted(own)))  # fmt: skip
    wanted = [o for o in found.occurrences if o.environment in (environments or own) and o.waived is None]
    if not wanted:
        raise UsageError("all of it is accepted already", where="FINGERPRINT", hint="the report names the waivers")
    entries = list(_entries(found, wanted, terms.checked()))
    if not entries:
        raise UsageError(_UNSAFE, where="FINGERPRINT", hint="write the waiver by hand")
    return entries


_UNSAFE = "its path or method would be read as a pattern for more than itself"


def of_report(report: PastReport, terms: Terms) -> tuple[list[Entry], list[PastFinding]]:
    """The entries that accept all that is not accepted yet, and the findings that no entry can name exactly."""
    checked = terms.checked()
    entries: list[Entry] = []
    left: list[PastFinding] = []
    for finding in report.findings:
        wanted = [o for o in finding.occurrences if o.waived is None]
        own = list(_entries(finding, wanted, checked))
        entries += own
        if wanted and not own:
            left.append(finding)
    return entries, left


def _entries(finding: PastFinding, wanted: Iterable[PastOccurrence], terms: dict[str, Any]) -> Iterator[Entry]:
    """An entry for each method, so that no later method is accepted along; none where it would cover more."""
    by_method: dict[str, list[str]] = {}
    for o in wanted:
        by_method.setdefault(o.method, []).append(o.environment)
    entries = []
    for method, names in by_method.items():
        place = {"path": finding.path, "method": method or None}
        head = {"rule": finding.rule, **{k: v for k, v in place.items() if v is not None}}
        entry = {**head, "environments": list(dict.fromkeys(names)), **terms}
        if not _exact(entry, finding):
            return
        entries.append({k: entry[k] for k in _KEYS if k in entry})
    yield from entries


def _exact(entry: Entry, finding: PastFinding) -> bool:
    """Whether an entry means this finding and nothing else: a star in a documented path would be a pattern."""
    path = anonymous(finding.path or "")
    if "*" in path or (finding.path is not None and not finding.path.startswith("/")):
        return False
    if finding.rule == NEEDS_METHOD and "method" not in entry:
        return False
    try:
        (one,) = waivers([WaiverConfig(**entry)])
    except (ConfigError, ValueError):
        return False
    methods = (entry["method"],) if "method" in entry else tuple(finding.methods)
    return all(one.covers(finding.rule, finding.path, name, methods) for name in entry["environments"])


def append(path: Path, entries: Sequence[Entry]) -> tuple[int, list[str]]:
    """Adds entries at the end of the file, which must then hold exactly the old ones and these. Errors leave it be.

    How many were added, and what of them was left out as it is accepted already, a sentence each. Two of these at once
    take turns, so that neither writes over what the other has added.
    """
    try:
        with alone(path):
            return _append(path, entries)
    except OSError as error:
        raise OutputError(f"cannot be written: {error.strerror}", where=str(path), hint="make it writable") from None


def _append(path: Path, entries: Sequence[Entry]) -> tuple[int, list[str]]:
    old, left = b"", list[str]()
    if path.is_symlink():
        raise OutputError("this is a symbolic link", where=str(path), hint="name the real file")
    if path.exists():
        old = path.read_bytes()
        if _has_content(old):
            entries, left = _not_yet(entries, configfile.load(path))
        if not entries:
            where, _, what = left[0].partition(": ")
            raise UsageError(what, where=where, hint="edit that entry: a second one would not count")
    new = _appended(old, entries)
    if new is None:
        raise UsageError("its list is not one that a text can be added to", where=str(path),
                         hint="write it as `waivers:` and one `- …` for each, at the end of the file")  # fmt: skip
    mode = path.stat().st_mode & 0o777 if path.exists() else None
    write_atomically(path, new)
    if mode is not None:
        path.chmod(mode)
    return len(entries), left


def _not_yet(entries: Sequence[Entry], file: configfile.ConfigFile) -> tuple[list[Entry], list[str]]:
    """The entries without what the file accepts already, and the entry that does: of two the first would count."""
    there = list(enumerate(file.waivers(())))
    wanted: list[Entry] = []
    left: list[str] = []
    for entry in entries:
        (new,) = waivers([WaiverConfig(**entry)])
        first = {e: next(((i, w) for i, w in there if _covers(w, entry, new, e)), None) for e in new.environments}
        for place in dict.fromkeys(x for x in first.values() if x is not None):
            line = line_of(file.raw, f"/waivers/{place[0]}")
            names = ", ".join(e for e, x in first.items() if x == place)
            what = " ".join(x for x in (new.rule, new.method, entry.get("path")) if x)
            left.append(f"{file.shown}{f':{line}' if line else ''}: {what} is accepted already in {names}: owner "
                        f"{place[1].owner}, until {place[1].expires}")  # fmt: skip
        if free := [e for e, x in first.items() if x is None]:
            wanted.append({**entry, "environments": free})
    return wanted, left


def _covers(there: Waiver, entry: Entry, new: Waiver, environment: str) -> bool:
    """Whether a waiver of the file accepts that, and has not ended."""
    if new.since is not None and there.expires < new.since:
        return False
    return there.covers(new.rule, entry.get("path"), environment, (new.method,) if new.method else ())


def _has_content(data: bytes) -> bool:
    lines = data.removeprefix(b"\xef\xbb\xbf").splitlines()
    return any(line.strip() and not line.lstrip().startswith(b"#") for line in lines)


def _appended(old: bytes, entries: Sequence[Entry]) -> bytes | None:
    """`old` and the entries behind it, in the indentation that the file has; None where that says something else."""
    before = _list(old) if _has_content(old) else []
    if before is None:
        return None
    end = b"\r\n" if b"\r\n" in old else b"\n"
    start = old if not old or old.endswith(b"\n") else old + end
    head = b"" if re.search(rb"^(?:\xef\xbb\xbf)?waivers\s*:", old, re.MULTILINE) else b"waivers:" + end
    for indent in ("  ", "", "    "):
        body = "".join(_block(e, indent) for e in entries).encode().replace(b"\n", end)
        new = start + head + body
        if _list(new) == [*before, *entries]:
            return new
    return None


def _list(data: bytes) -> list[Any] | None:
    try:
        found, warnings = parse_config(data, configfile.WAIVERS)
    except ConfigError:
        return None
    listed = found.get("waivers") or []
    return listed if isinstance(listed, list) and not warnings and set(found) <= {"waivers"} else None


def _block(entry: Entry, indent: str) -> str:
    lines = [f"{k}: {_list_text(v) if isinstance(v, list) else _scalar(v)}" for k, v in entry.items()]
    return "".join(f"{indent}{'- ' if i == 0 else '  '}{line}\n" for i, line in enumerate(lines))


def _list_text(values: Sequence[str]) -> str:
    return "[" + ", ".join(_scalar(v) for v in values) + "]"


def _scalar(text: str) -> str:
    """A YAML scalar that is this text and nothing else, on one line."""
    if (_PLAIN.match(text) and text.lower() not in _WORDS) or re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return text
    return '"' + "".join(_quoted(c) for c in text) + '"'


def _quoted(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    shown = visible(char)
    if shown == char:
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
