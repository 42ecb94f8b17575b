"""auditor.yaml: found, read, and everything wrong with it said with file and line (DESIGN §6)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from auditor.configmodel import Config
from auditor.errors import ConfigError, UsageError
from auditor.loader import line_of, parse_config
from auditor.model.waiver import Waiver
from auditor.settings import Settings, read_config
from auditor.waiverconfig import waivers

NAMES = ("auditor.yaml", "auditor.yml")
WAIVERS = "waivers.yaml"
MAX_OCTETS = 4 * 1024 * 1024
_BROKEN = re.compile(r"is broken(?: at line \d+, column \d+)?: ")
_SHOWN_LINE = re.compile(r" in ['\"].*\Z", re.DOTALL)
_QUOTED = re.compile(r"'[^\w\s']'|(['\"`]).{3,}?\1")
_ALIAS = re.compile(r"alias \*'.*?'(?= )")
_REPAIR = re.compile(r": (?:read as .*|read all the same|the last one wins)\Z")
_HINT = "auditor.yaml holds settings in YAML; auditor init OPENAPI.yaml --out - shows one"


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """One configuration file: its name as shown, its bytes and its data."""

    path: Path
    shown: str
    raw: bytes
    data: Mapping[str, Any]

    def config(self) -> Config:
        """The settings. ConfigError with file, line and key."""
        try:
            config = read_config(self.data)
        except ConfigError as error:
            raise self.located(error) from None
        return _beside(config, self.path.parent)

    def waivers(self, known: Sequence[str]) -> tuple[Waiver, ...]:
        """The waivers, where the file is a waivers.yaml. ConfigError with file, line and key."""
        try:
            for key in self.data:
                if key != "waivers":
                    hint = "one list, called waivers; settings belong into auditor.yaml"
                    raise ConfigError("is no known key", where=str(key), hint=hint)
            return waivers(read_config({"waivers": self.data.get("waivers") or []}).waivers, known)
        except ConfigError as error:
            raise self.located(error) from None

    def located(self, error: UsageError) -> UsageError:
        """`error` with the file and line of the key that its `where` names; as it was, where that is no key of ours."""
        pointer = self._pointer(error.where or "")
        if pointer is not None:
            line = line_of(self.raw, pointer)
            error.where = f"{self.shown}:{line}: {error.where}" if line else f"{self.shown}: {error.where}"
        return error

    def _pointer(self, where: str) -> str | None:
        """The JSON pointer of `environments.dev.rate`; of what is there, where the last key is missing."""
        here: Any = self.data
        pointer = ""
        while where:
            keys = [str(i) for i in range(len(here))] if isinstance(here, list) else []
            keys = list(here) if isinstance(here, Mapping) else keys
            fitting = [k for k in keys if where == k or where.startswith(f"{k}.")]
            if not fitting:
                break
            key = max(fitting, key=len)  # names of environments may hold dots
            pointer += "/" + key.replace("~", "~0").replace("/", "~1")
            here, where = here[int(key)] if isinstance(here, list) else here[key], where[len(key) + 1 :]
        return pointer or None


def find(start: Path) -> Path | None:
    """The nearest auditor.yaml, searched upwards to the repository root."""
    for folder in (start, *start.parents):
        for name in NAMES:
            if (folder / name).is_file():
                return folder / name
        if (folder / ".git").exists():
            return None
    return None


def load(path: Path) -> ConfigFile:
    """The file as data. ConfigError where it cannot be read, or is something else than settings."""
    shown = _near(path)
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_OCTETS + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "this is no file name"
        raise ConfigError(f"the configuration file cannot be read: {why}", where=shown,
                          hint="check --config, or write one: auditor init OPENAPI.yaml") from None  # fmt: skip
    _check_kind(raw, shown)
    try:
        data, warnings = parse_config(raw, shown)
    except ConfigError as error:
        raise _syntax(error, shown) from None
    if warnings:
        line = f":{warnings[0].line}" if warnings[0].line else ""
        what = _REPAIR.sub("", _ALIAS.sub("an alias", warnings[0].message))
        raise ConfigError(f"the configuration file is not plain YAML: {what}", where=shown + line,
                          hint="correct that place: settings are not guessed")  # fmt: skip
    return ConfigFile(path, shown, raw, data)


def with_waivers(settings: Settings, file: ConfigFile | None) -> Settings:
    """`settings` with those of waivers.yaml beside auditor.yaml, or here where there is none."""
    beside = (file.path.parent if file else Path()) / WAIVERS
    if not beside.is_file():
        return settings
    configured = file.data.get("environments") if file else None
    known = [*configured, *settings.specs] if configured else ()
    return replace(settings, waivers=settings.waivers + load(beside).waivers(known))


def _check_kind(raw: bytes, shown: str) -> None:
    """What is plainly no settings is called what it is, rather than by the first character that YAML stumbles over."""
    head = raw[:1000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if len(raw) > MAX_OCTETS:
        raise ConfigError("is larger than 4 MB: no configuration file", where=shown, hint=_HINT)
    if head.startswith((b"<!doctype", b"<html", b"<")):
        kind = "an HTML page" if head.startswith((b"<!doctype html", b"<html")) else "XML or HTML"
        raise ConfigError(f"is {kind}, no configuration file", where=shown, hint=_HINT)
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):  # UTF-16 as some editors write it
        return
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            "is no UTF-8 text, and so no configuration file", where=f"{shown}:{line}", hint=_HINT
        ) from None
    odd = re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", text)
    if odd:
        line = text.count("\n", 0, odd.start()) + 1
        raise ConfigError("holds control characters: a binary file, no configuration file",
                          where=f"{shown}:{line}", hint=_HINT)  # fmt: skip


def _syntax(error: ConfigError, shown: str) -> ConfigError:
    """The loader speaks of descriptions, and shows the line: this one may hold a secret."""
    if error.what == "holds no mapping of settings":
        return ConfigError("the configuration file holds no keys with values, but a list or a single value",
                           where=shown, hint="begin with a key, such as  spec: openapi.yaml")  # fmt: skip
    what = _SHOWN_LINE.sub("", _BROKEN.sub("", error.what))
    what = _QUOTED.sub(lambda m: "…" if m[1] else m[0], what)  # a sign that YAML expects is no value
    return ConfigError(f"the configuration file is no valid YAML: {what}", where=error.where or shown,
                       hint="correct that line; values with : # { [ or * need quotes")  # fmt: skip


def _beside(config: Config, folder: Path) -> Config:
    """File names in the config are meant from its own folder; reports name them from ours, as CI systems do."""

    def local(spec: str | None) -> str | None:
        if spec is None or spec == "-" or "://" in spec or spec.startswith("git:") or Path(spec).is_absolute():
            return spec
        return _near(folder / spec)

    environments = {n: e.model_copy(update={"spec": local(e.spec)}) for n, e in config.environments.items()}
    return config.model_copy(update={"spec": local(config.spec), "environments": environments})


def _near(path: Path) -> str:
    """`path` from the current folder where it is below that, else as it is."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
