r"""Halves of UTF-16 surrogate pairs: `\ud800` alone is no character, and no output could be encoded with it."""

from __future__ import annotations

import re

_SUSPECT = re.compile(r"\\(?:u|U0000)[dD][89a-fA-F]")
_PAIR = r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_HALF = r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
_JSON = re.compile(rf"(\\\\|{_PAIR})|{_HALF}")
_YAML = re.compile(rf"(\\\\|{_PAIR})|{_HALF}|\\U0000[dD][89a-fA-F][0-9a-fA-F]{{2}}")
_RAW = re.compile("[\ud800-\udfff]")

NOTE = "half of a surrogate pair is no character: replaced by U+FFFD"


def mend_surrogates(text: str, yaml: bool = False) -> tuple[str, int | None]:
    r"""`text` with U+FFFD for every escape without a partner, and the place of the first one, or None.

    `yaml`: its reader knows no pairs, so they become the character that they mean; `\U0000d800` is an escape, too.
    """
    if _SUSPECT.search(text) is None:
        return text, None
    first: int | None = None

    def mend(m: re.Match[str]) -> str:
        nonlocal first
        pair = m.group(1)
        if pair is None:
            first = m.start() if first is None else first
            return "\\ufffd"
        if not yaml or pair == "\\\\":
            return str(pair)
        return chr(0x10000 + ((int(pair[2:6], 16) & 0x3FF) << 10) + (int(pair[8:], 16) & 0x3FF))

    return (_YAML if yaml else _JSON).sub(mend, text), first


def encodable(text: str) -> str:
    """A file name for output: Python keeps bytes that are not UTF-8 as lone surrogates."""
    return text if text.isascii() else _RAW.sub("\ufffd", text)
