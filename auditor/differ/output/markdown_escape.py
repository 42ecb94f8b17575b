"""Hostile text in Markdown: whatever is not plain words stands in a code span, where nothing is read as markup.

Neither HTML nor links, references, emphasis, table cells, @mentions or issue numbers can come of it.
"""

from __future__ import annotations

import re

from auditor.differ.output.escape import visible

_RUNS = re.compile("`+")

_SPAN = re.compile(r"(?<!`)`([^`]+)`(?!`)|(?<!\S)(--[a-z-]+ '[^'`]+')")
"""A code span of the text's own, or an option with its quoted value."""

_PLAIN = re.compile(r"\(?[A-Za-z0-9]+(?:[-'’][A-Za-z0-9]+|[.,][0-9]+)*['’]?\)?[,;:?!]*|[–—·→%&]|\(?[0-9]+%\)?[,;:]?")
"""A token that Markdown gives no meaning to, a trailing full stop aside."""

_BRACKETED = re.compile(r"(\(?)(.*?)(\)?[.,;:]?)", re.DOTALL)
"""Punctuation around a word stays outside its code span."""

_REFERENCE = re.compile(r"\(?(?:gh-[0-9]|[0-9a-f]{7,}\b)", re.IGNORECASE)
"""What GitHub makes a link to an issue or a commit of."""


def code(text: str, limit: int = 300) -> str:
    """`text` as one code span that nothing in it can end; a pipe, which ends a table cell even there, is an escape."""
    shown = visible(text, limit).replace("|", r"\x7c")
    if not shown.strip():
        return "` `"
    fence = "`" * (max((len(run) for run in _RUNS.findall(shown)), default=0) + 1)
    pad = " " if "`" in (shown[0], shown[-1]) or (shown[0] == shown[-1] == " ") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def prose(text: str, limit: int = 600) -> str:
    """A sentence: its own code spans kept, plain words as they are, every other word as a code span."""
    shown = visible(text, limit)
    parts = []
    end = 0
    for span in _SPAN.finditer(shown):
        parts += [_words(shown[end : span.start()]), code(span[1] or span[2])]
        end = span.end()
    return "".join([*parts, _words(shown[end:])])


def _words(text: str) -> str:
    return "".join(part if part == " " else _word(part) for part in re.split("( )", text) if part)


def _word(word: str) -> str:
    if _PLAIN.fullmatch(word.removesuffix(".")) and not _REFERENCE.match(word):
        return "&amp;" if word == "&" else word
    opened, core, closed = _BRACKETED.fullmatch(word).groups()  # type: ignore[union-attr]
    if "(" in core and closed.startswith(")"):
        core, closed = f"{core})", closed[1:]
    return f"{opened}{code(core) if core else ''}{closed}"
