"""The head and foot of each printed page, as CSS: which report this is must not depend on the first sheet."""

from __future__ import annotations

from auditor.differ.output.escape import visible

MAX_HEAD = 90
"""Characters of a head on paper."""


def page_heads(verdict: str, title: str, foot: str) -> str:
    """`@page` with margin boxes (CSS Paged Media 3 §5). The first sheet has the title itself, and a foot only."""
    head = f"@top-left {{ content: {quoted(verdict)} }} @top-right {{ content: {quoted(title)} }}"
    feet = f'@bottom-left {{ content: {quoted(foot)} }} @bottom-right {{ content: counter(page) " / " counter(pages) }}'
    bare = "@top-left { content: none } @top-right { content: none }"
    return f"@page {{ {head} {feet} }}\n@page :first {{ {bare} }}\n"


def quoted(text: str) -> str:
    """A CSS string that cannot end early, nor its element: all but letters and digits is escaped (CSS Syntax §4)."""
    shown = visible(text, MAX_HEAD)
    return '"' + "".join(c if c.isascii() and (c.isalnum() or c == " ") else f"\\{ord(c):x} " for c in shown) + '"'
