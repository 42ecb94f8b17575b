"""Hostile text made visible: nothing that a server or a description says may steer a terminal, a log or a reader."""

from __future__ import annotations

import re
import unicodedata

_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode general categories without a glyph of their own: controls, bidi and zero-width formats, lone surrogates,
private and unassigned code points, line and paragraph separators."""


_COMMAND = re.compile(r"(?<!\S):(?=:)|(?<=#)#(?=[A-Za-z]*\[)")
"""What CI systems read as a command: `::error` where a line begins, and any wrapping may begin one at a word;
`##vso[`, `##teamcity[` and `##[` anywhere."""


def _invisible(char: str) -> bool:
    if unicodedata.category(char) in _HIDDEN:
        return True
    code = ord(char)
    # Letters and marks by category, but drawn as nothing: fillers and variation selectors carry hidden text.
    return code in (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0) or (
        0x180B <= code <= 0x180F or 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF
    )


def _escaped(char: str) -> str:
    code = ord(char)
    if char in _SHORT:
        return _SHORT[char]
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def visible(text: str, limit: int | None = None) -> str:
    r"""`text` as one line in which every invisible character is an escape such as `\x1b` or `\u202e` (PROMISES P33).

    The same breaks up what a CI system would obey (P34).

    `limit` bounds the characters of the result; a longer one is cut and ends with an ellipsis.
    """
    if limit is not None and len(text) > limit:
        text, cut = text[:limit], True
    else:
        cut = False
    if not text.isascii() or not text.isprintable():
        text = "".join(_escaped(c) if _invisible(c) else c for c in text)
    if "::" in text or "##" in text:
        text = _COMMAND.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
    if limit is not None and (cut or len(text) > limit):
        text = text[: max(limit - 1, 0)] + "…"
    return text


def visible_lines(text: str) -> str:
    """Like `visible`, but keeps line feeds: for text shown as a block, never for a terminal or a log."""
    return "\n".join(visible(line) for line in text.replace("\r\n", "\n").replace("\t", "    ").split("\n"))
