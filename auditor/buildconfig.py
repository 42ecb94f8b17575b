"""`build` of an environment in auditor.yaml: which field or address names the build that runs there (DESIGN §7)."""

from __future__ import annotations

import re
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from auditor.errors import ConfigError
from auditor.model.methods import is_token
from auditor.prober.request_target import has_dot_segments, visible_ascii

MAX_PATH = 1000
_POINTER = re.compile(r"(?:/(?:[^~/]|~[01])*)*\Z")
_EXAMPLE = "{header: X-Build-Id}, or {url: /version, pointer: /commit}"


class BuildConfig(BaseModel):
    """A response field, or an address on the environment's own origin."""

    model_config = ConfigDict(extra="forbid", strict=False)

    header: str | None = None
    url: str | None = None
    pointer: str | None = None


class BuildSource(NamedTuple):
    """Where the build is read. `url`: a request target on the environment's origin."""

    header: str | None = None
    url: str | None = None
    pointer: str | None = None


def build_source(config: BuildConfig | None, where: str) -> BuildSource:
    """The checked source; an empty one without `config`. ConfigError where it could not work."""
    if config is None:
        return BuildSource()
    if (config.header is None) == (config.url is None):
        what = "names neither header nor url" if config.header is None else "names a header and a url"
        raise ConfigError(what, where=where, hint=_EXAMPLE)
    if config.header is not None and not is_token(config.header):
        raise ConfigError("is no name of a field", where=f"{where}.header", hint="for example header: X-Build-Id")
    if config.pointer is not None:
        if config.url is None:
            raise ConfigError("is for a url, and there is none", where=f"{where}.pointer", hint=_EXAMPLE)
        if not _POINTER.match(config.pointer):
            raise ConfigError("is no JSON pointer", where=f"{where}.pointer",
                              hint="for example pointer: /commit, or /git/commit/id (RFC 6901)")  # fmt: skip
    return BuildSource(config.header, None if config.url is None else _path(config.url, f"{where}.url"), config.pointer)


def _path(text: str, where: str) -> str:
    """A path on the origin: whoever names another host, a query or a way upwards means something else."""
    hint = "a path on the environment's own origin: /version"
    if not text.startswith("/") or text.startswith("//"):
        raise ConfigError("is no path", where=where, hint=hint)
    if re.search(r"[?#\\\s]", text) or not text.isprintable() or len(text) > MAX_PATH:
        raise ConfigError("holds more than a path", where=where, hint=hint)
    if has_dot_segments(text):
        raise ConfigError("holds . or .. as a segment", where=where, hint=hint)
    return visible_ascii(text)
