"""Everything auditor raises on purpose.

::

    AuditorError
    ├── UsageError              wrong flags, config or secret: nothing was sent (exit 2)
    │   ├── ConfigError         auditor.yaml or a flag says something impossible
    │   └── SecretMissing       a ${NAME} that the environment does not hold
    ├── DescriptionError        no usable description: one clear sentence (exit 2)
    ├── OutputError             the output directory cannot be used (exit 2)
    ├── TranscriptError         a run directory cannot be read back (exit 2)
    └── Forbidden               the guard refused a request before a socket opened (a bug: exit 4)

A finding is never an error, and neither is a failed exchange: both are data.
"""

from __future__ import annotations

from collections.abc import Sequence


class AuditorError(Exception):
    """Base of all: what happened, where, and the next step.

    `what` is one sentence; `where` a file, pointer or flag; `hint` the next step for the reader; `listed` what the
    sentence announces, a line each.
    """

    exit_code = 2

    def __init__(
        self, what: str, *, where: str | None = None, hint: str | None = None, listed: Sequence[str] = ()
    ) -> None:
        super().__init__(what)
        self.listed = tuple(listed)
        self.what = what
        self.where = where
        self.hint = hint

    def lines(self) -> list[str]:
        """The message as printed: the sentence first, then the next step. Each line is still to be escaped."""
        head = f"{self.where}: {self.what}" if self.where else self.what
        found = [head, *(f"  {line}" for line in self.listed)]
        return found if self.hint is None else [*found, f"  next: {self.hint}"]


class UsageError(AuditorError):
    """The command was called in a way that cannot work."""


class ConfigError(UsageError):
    """auditor.yaml or a flag says something impossible."""


class SecretMissing(UsageError):
    """A `${NAME}` in a header is not set in the process environment; its value is never shown."""


class DescriptionError(AuditorError):
    """The description cannot be read, or holds no operation."""


class OutputError(AuditorError):
    """The output directory cannot be written, or another audit holds it."""


class TranscriptError(AuditorError):
    """A run directory is incomplete, damaged or of another schema."""


class Forbidden(AuditorError):
    """The guard refused a request; raised before any socket opens (PROMISES P1, P2, P5)."""

    exit_code = 4
