"""Which mode an environment is audited in, where flag and configuration both may say so (DESIGN §6)."""

from __future__ import annotations

from collections.abc import Sequence

from auditor.configmodel import EnvironmentConfig
from auditor.errors import UsageError
from auditor.model.environment import Mode


def effective_mode(name: str, flag: str | None, given: Sequence[str], config: EnvironmentConfig) -> Mode:
    """Where --mode and config both give one, the lower one wins; the flag alone raises only what --env gave.

    `given`: the values of --env, NAME=URL.
    """
    asked, own = _mode(flag, "--mode"), _mode(config.mode, f"environments.{name}.mode")
    if asked is None or own is not None:
        return min((m for m in (asked, own) if m is not None), key=list(Mode).index, default=Mode.SAFE)
    by_flag = any(text.partition("=")[0] == name for text in given)
    return asked if by_flag else Mode.SAFE


def not_raised(
    raw: Sequence[tuple[str, EnvironmentConfig]], flag: str | None, given: Sequence[str]
) -> list[str]:  # fmt: skip
    """A --mode that has no effect must not go unsaid: whoever gave it would take the run for one of that mode."""
    asked = _mode(flag, "--mode")
    kept = [name for name, config in raw if asked and effective_mode(name, flag, given, config) is not asked]
    if asked is None or not kept:
        return []
    return [f"--mode {asked} leaves {', '.join(kept)} as the configuration has it: "
            f"write mode: {asked} there to raise it"]  # fmt: skip


def _mode(text: str | None, where: str) -> Mode | None:
    if text is None:
        return None
    try:
        return Mode(text)
    except ValueError:
        raise UsageError(f"{text[:40]!r} is no mode", where=where, hint="one of " + ", ".join(Mode)) from None
