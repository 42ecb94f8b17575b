"""docs/stacks.md, written from the stacks themselves; `python -m tests.stacks_page` writes it anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from auditor.differ.stacks import Stack, stacks

PAGE = Path(__file__).resolve().parent.parent / "docs" / "stacks.md"
WORDS = {
    "serve": "to serve a method", "drop": "to serve one no longer", "pass": "to let a method pass",
    "allow": "to answer 405 with `Allow`", "slash": "redirects", "head": "HEAD", "options": "OPTIONS", "cors": "CORS",
    "trace": "TRACE", "cache": "a cached refusal",
}  # fmt: skip
HEAD = (
    "# What to type on which stack\n\n"
    "From `auditor/differ/stacks/`, a file per stack; written by `python -m tests.stacks_page`. A finding shows the "
    "lines of the stack whose marks\nthe answers bear; `auditor explain 405` shows all. Each stack names the "
    "documentation that its facts are from.\n"
)


def page() -> str:
    """The whole page."""
    return HEAD + "".join(f"\n{line}\n" for stack in stacks() for line in _stack(stack))


def _stack(stack: Stack) -> Iterator[str]:
    yield f"## {stack.name}"
    rows = [*((WORDS[aspect], text) for aspect, text in stack.fixes.items()), ("its routes", stack.routes),
            ("in the logs", stack.logs), ("405 is called", f"`{stack.symbol}`"), ("source", stack.source)]  # fmt: skip
    yield "\n".join(f"- **{head}**: {text}" for head, text in rows)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
