"""`notify` of auditor.yaml: who is told about finished reports; mistakes told by key, addresses never (DESIGN §7)."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from auditor.errors import ConfigError
from auditor.model.environment import Origin
from auditor.model.notice import WHEN, Audience
from auditor.parsing import VARIABLE, duration, expand
from auditor.waiverconfig import told

SECONDS = 15.0
MAX_SECONDS = 300.0
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,30})://")


class NotifyConfig(BaseModel):
    """One entry of `notify`."""

    model_config = ConfigDict(extra="forbid", strict=False)

    url: str | None = None
    webhook: str | None = None
    when: list[str] = Field(default_factory=lambda: list(WHEN), min_length=1)
    owners: list[str] | None = Field(default=None, min_length=1)
    environments: list[str] | None = Field(default=None, min_length=1)
    timeout: str | float | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """Where a message goes. `key`: `notify.0.url`; `seconds`: all the time it may take. The address is a secret."""

    key: str
    address: str = field(repr=False)
    audience: Audience
    seconds: float = SECONDS

    @property
    def is_webhook(self) -> bool:
        return self.key.endswith(".webhook")

    @property
    def name(self) -> str:
        """Its place in auditor.yaml and the scheme of its address, all that may be shown: `notify.0 (slack)`."""
        scheme = _SCHEME.match(self.address)
        kind = scheme[1].lower() if scheme else "unknown scheme"
        return f"{self.key.rpartition('.')[0]} ({kind}{' webhook' if self.is_webhook else ''})"


class Layered(Protocol):
    """An entry of `environments`, as far as it is asked here."""

    @property
    def behind(self) -> str | None: ...


def places(environments: Mapping[str, Layered]) -> list[str]:
    """The environments that anything can happen in: findings are never about layers."""
    return [name for name, environment in environments.items() if environment.behind is None]


def check(entries: Sequence[NotifyConfig], known: Collection[str] = ()) -> None:
    """What can be said without a secret. `known`: environments that may be named; empty where that is not known."""
    for i, entry in enumerate(entries):
        where = f"notify.{i}"
        if (entry.url is None) == (entry.webhook is None):
            raise ConfigError("needs exactly one of url and webhook", where=where,
                              hint="url: for a service that apprise knows, webhook: for a plain JSON POST")  # fmt: skip
        for j, word in enumerate(entry.when):
            if word not in WHEN:
                raise ConfigError(f"{word[:40]!r} is nothing to tell of", where=f"{where}.when.{j}",
                                  hint="one of " + ", ".join(WHEN))  # fmt: skip
        for j, owner in enumerate(entry.owners or ()):
            told(owner, f"{where}.owners.{j}")
        for j, name in enumerate(entry.environments or ()):
            if known and name not in known:
                near = difflib.get_close_matches(name, known, 1, 0.5)
                hint = f"did you mean {near[0]}?" if near else "one of " + ", ".join(known)
                raise ConfigError(f"{name[:80]!r} is no environment", where=f"{where}.environments.{j}", hint=hint)
        _seconds(entry, where)


def targets(
    entries: Sequence[NotifyConfig], known: Collection[str], environ: Mapping[str, str] | None
) -> tuple[Target, ...]:
    """The targets with their secrets; without them where `environ` is None. ConfigError or SecretMissing by key."""
    check(entries, known)
    return tuple(_target(entry, f"notify.{i}", environ) for i, entry in enumerate(entries))


def _target(entry: NotifyConfig, where: str, environ: Mapping[str, str] | None) -> Target:
    key, text = ("webhook", entry.webhook) if entry.webhook is not None else ("url", entry.url or "")
    key = f"{where}.{key}"
    address = text if environ is None else expand(text, environ, key)
    if environ is not None and entry.webhook is not None:
        _check_webhook(address, key, secret=VARIABLE.search(text) is not None)
    elif environ is not None and not _SCHEME.match(address):
        raise ConfigError("is no URL of a service", where=key, hint='for example url: "slack://${SLACK_TOKENS}"')
    owners = None if entry.owners is None else tuple(owner.strip() for owner in entry.owners)
    environments = None if entry.environments is None else tuple(entry.environments)
    audience = Audience(tuple(w for w in WHEN if w in entry.when), owners, environments)
    return Target(key, address, audience, _seconds(entry, where))


def _seconds(entry: NotifyConfig, where: str) -> float:
    if entry.timeout is None:
        return SECONDS
    seconds = duration(entry.timeout, f"{where}.timeout")
    if seconds > MAX_SECONDS:
        raise ConfigError(f"is longer than {MAX_SECONDS:g} s", where=f"{where}.timeout", hint="for example 15s")
    return seconds


def _check_webhook(address: str, where: str, *, secret: bool) -> None:
    """An http(s) URL; no secret goes in plain text to another machine (PROMISES P6)."""
    hint = 'for example webhook: "https://hooks.example.test/${HOOK}"'
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ConfigError("is no URL", where=where, hint=hint) from None
    if parts.scheme not in ("http", "https") or not host or port == 0:
        raise ConfigError("is no http(s) URL", where=where, hint=hint)
    if any(ord(c) <= 0x20 or ord(c) == 0x7F for c in address):
        raise ConfigError("holds a space or control character", where=where, hint="percent-encode it: %20")
    local = Origin(parts.scheme, host, port or 80).is_loopback
    if parts.scheme == "http" and not local and (secret or "@" in parts.netloc):
        raise ConfigError("its secret would go over plain http to another machine", where=where, hint="use https")
