"""docs/stacks.md, written from the stacks themselves; `python -m tests.stacks_page` writes it anew.

Which fixes were tried is what tests/fix/test_applied.py does: it types them into a service or a gateway that runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from auditor.differ.stacks import ASPECTS, Stack, stacks
from tests.fix.drifts import SERVICES
from tests.fix.edges import EDGES

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "stacks.md"
WORDS = {
    "serve": "to serve a method", "drop": "to serve one no longer", "pass": "to let a method pass",
    "allow": "to answer 405 with `Allow`", "slash": "redirects", "head": "HEAD", "options": "OPTIONS", "cors": "CORS",
    "trace": "TRACE", "cache": "a cached refusal",
}  # fmt: skip
HEAD = (
    "# What to type on which stack\n\n"
    "From `auditor/differ/stacks/`, a file per stack; written by `python -m tests.stacks_page`. A finding shows the "
    "lines of the stack whose marks\nthe answers bear; `auditor explain 405` shows all. Each stack names the "
    "documentation that its facts are from.\n\n"
    "**Tried** means: a small service, or a gateway's configuration, that had drifted was started and audited; what "
    "the line says\nbetween backticks was typed; the same audit then found it clean (tests/fix/test_applied.py). The "
    "others are from the documentation alone.\n"
)
_REQUIREMENTS, _PACKAGES, _GO = (
    "requirements/test.txt",
    "tests/servers/node/package-lock.json",
    "tests/fix/apps/go/go.mod",
)
PINNED = {
    "flask": (_REQUIREMENTS, r"(?m)^flask==(\S+)"), "django": (_REQUIREMENTS, r"(?m)^django==(\S+)"),
    "fastapi": (_REQUIREMENTS, r"(?m)^fastapi==(\S+)"),
    "django-rest-framework": (_REQUIREMENTS, r"(?m)^djangorestframework==(\S+)"),
    "express": (_PACKAGES, r'"node_modules/express": \{\s*"version": "([^"]+)'),
    "fastify": (_PACKAGES, r'"node_modules/fastify": \{\s*"version": "([^"]+)'),
    "gin": (_GO, r"/gin v(\S+)"), "chi": (_GO, r"/chi/v5 v(\S+)"),
    "spring": ("tests/servers/java/pom.xml", r"spring-boot-starter-parent</artifactId>\s*<version>([^<]+)"),
}  # fmt: skip
INSTALLED = {"go-net-http": "1.26", "nginx": "1.22", "haproxy": "2.6", "apache": "2.4", "caddy": "2.6"}
"""Programs of the system: those that the fixes were last tried on."""


def page() -> str:
    """The whole page."""
    return HEAD + "".join(f"\n{line}\n" for stack in stacks() for line in _stack(stack))


def tried() -> dict[str, list[str]]:
    """By stack: the aspects whose text was typed."""
    found: dict[str, dict[str, None]] = {}
    for one in (*SERVICES, *EDGES):
        for drift in one.drifts:
            aspect = ASPECTS[drift.rule]
            if drift.edits:
                found.setdefault(one.stack, {})[aspect] = None
    return {stack: [a for a in WORDS if a in aspects] for stack, aspects in found.items()}


def version(stack: str) -> str:
    """The version that the fixes were tried on."""
    if stack in INSTALLED:
        return INSTALLED[stack]
    path, pattern = PINNED[stack]
    found = re.search(pattern, (ROOT / path).read_text(encoding="utf-8"))
    assert found, (stack, path)
    return found[1]


def _stack(stack: Stack) -> Iterator[str]:
    yield f"## {stack.name}"
    rows = [*((WORDS[aspect], text) for aspect, text in stack.fixes.items()), ("its routes", stack.routes),
            ("in the logs", stack.logs), ("405 is called", f"`{stack.symbol}`"), ("source", stack.source)]  # fmt: skip
    if stack.id in tried():
        aspects = ", ".join(WORDS[a] for a in tried()[stack.id])
        rows.append((f"tried on {version(stack.id)}", aspects))
    yield "\n".join(f"- **{head}**: {text}" for head, text in rows)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
