"""Header fields with credentials: from flags, text, files and commands; for one environment or for all."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field

from auditor.errors import ConfigError, UsageError
from auditor.parsing import VARIABLE, expand, header_name, header_value
from auditor.secret import read_secret


class SecretSource(BaseModel):
    """A header value that is read from a file or a command when the audit starts."""

    model_config = ConfigDict(extra="forbid")

    file: str | None = None
    command: list[str] | None = Field(default=None, min_length=1)
    prefix: str = Field(default="", description="text before the secret, such as 'Bearer '")


class Placeholders(Mapping[str, str]):
    """The process environment, with a stand-in for every secret that is not set: for plans, which send nothing."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def __getitem__(self, name: str) -> str:
        return self._environ.get(name) or "not-set"

    def __iter__(self) -> Iterator[str]:
        return iter(self._environ)

    def __len__(self) -> int:
        return len(self._environ)


def secret_value(value: str | SecretSource, environ: Mapping[str, str], where: str) -> str:
    """A header value from text, file or command; checked, and never shown in an error (PROMISES P35)."""
    if isinstance(value, str):
        return header_value(expand(value, environ, where), where)
    if (value.file is None) == (value.command is None):
        raise ConfigError(
            "a secret needs exactly one of file and command", where=where, hint="{file: PATH} or {command: [...]}"
        )
    if isinstance(environ, Placeholders):
        return "not-set"
    return header_value(value.prefix + read_secret(value.file, value.command, where), where)


def header_flags(
    texts: Sequence[str], names: Sequence[str], environ: Mapping[str, str], notes: list[str]
) -> dict[str, tuple[tuple[str, str], ...]]:
    """--header values by environment name; '' for those that go to all."""
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for text in texts:
        scope = ""
        _check_scope(text, names)
        head, separator, rest = text.partition(":")
        if separator and head in names and ":" in rest:
            scope, (head, separator, rest) = head, rest.partition(":")
        if not separator:
            raise UsageError("a header needs a name and a value", where="--header", hint="--header 'NAME: VALUE'")
        if rest.strip() and not VARIABLE.search(rest):
            notes.append(f"--header {head.strip()}: the value stands in the process list; prefer '${{NAME}}'")
        value = header_value(expand(rest.strip(), environ, "--header"), "--header")
        found[scope] = (*found.get(scope, ()), (header_name(head.strip(), "--header"), value))
    return found


def _check_scope(text: str, names: Sequence[str]) -> None:
    """`prdo:Authorization: …`: a mistyped environment must not send the secret to all of them."""
    match = re.match(r"([^:\s]+):[A-Za-z][A-Za-z0-9-]*:\s", text)
    if match and match.group(1) not in names:
        near = difflib.get_close_matches(match.group(1), names, 1)
        hint = f"did you mean {near[0]!r}?" if near else "one of " + ", ".join(names)
        raise UsageError(f"no environment {match.group(1)[:40]!r}", where="--header", hint=hint)
