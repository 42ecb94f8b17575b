"""Workflow commands as GitHub's runner reads them from a log, written after `ActionCommand.cs` of actions/runner."""

from __future__ import annotations

from collections.abc import Iterator

REGISTERED = frozenset({
    "add-mask", "add-matcher", "add-path", "debug", "echo", "endgroup", "error", "group", "internal-set-repo-path",
    "notice", "remove-matcher", "save-state", "set-env", "set-output", "stop-commands", "warning",
})  # fmt: skip


def executed(log: str) -> Iterator[tuple[str, str]]:
    """(command, data) of every line that the runner would obey; none between stop-commands and its token."""
    token: str | None = None
    for line in log.splitlines():
        found = _parse(line, REGISTERED if token is None else frozenset({token}))
        if found is None:
            continue
        name, data = found
        if token is not None:
            token = None
            continue
        if name == "stop-commands":
            token = data
        yield found


def _parse(line: str, known: frozenset[str]) -> tuple[str, str] | None:
    """`::name properties::data` at the start of a line, or the older `##[name properties]data` anywhere in it."""
    text = line.lstrip()
    if text.startswith("::") and (end := text.find("::", 2)) >= 0:
        name = text[2:end].partition(" ")[0]
        if name in known:
            return name, text[end + 2 :]
    start = line.find("##[")
    end = line.find("]", start)
    if start >= 0 and end >= 0:
        name = line[start + 3 : end].partition(" ")[0]
        if name in known:
            return name, line[end + 1 :]
    return None
