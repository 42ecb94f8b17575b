"""Hostile text for chats: nobody is called by it, and it links nowhere, whatever markup the chat reads.

`visible` and `plain` see to terminals and CI systems (PROMISES P33, P34); this sees to people who are told.
"""

from __future__ import annotations

import re

from auditor.differ.output.escape import visible

MAX_LINE = 400
_CALLS = str.maketrans({"<": "‹", ">": "›", "@": "＠", "`": "'", "&": "＆"})
"""What calls people and begins links and entities, even in a code span: Slack's <!channel>, @here, &lt;."""

_MARKUP = str.maketrans({"[": "(", "]": ")", "*": "∗", "_": "＿", "~": "∼", "#": "＃", "|": "¦"})
_HOST = re.compile(r"(?<=[^\W_])\.(?=[^\W\d_]{2})")
"""The dot of a name such as evil.example, which many chats make a link of without any scheme."""
_PAIRS = re.compile("[:](?=:)|[#](?=#)")


def plain(text: str, limit: int) -> str:
    """One visible line that no CI system takes for a command (PROMISES P33, P34)."""
    return _PAIRS.sub(r"\g<0> ", visible(text, limit))


def unlinked(text: str) -> str:
    """`text` without a beginning of an address that would be made a link."""
    return text.replace("://", ": //").replace("www.", "www .")


def uncalled(text: str, limit: int = MAX_LINE) -> str:
    """One line for a code span or a sentence in Markdown: nobody is called, nothing is linked."""
    return _HOST.sub("·", unlinked(plain(text, limit).translate(_CALLS)))


def inert(text: str, limit: int = MAX_LINE) -> str:
    """One line that is only text in every chat, whether it reads Markdown or not."""
    return uncalled(text, limit).translate(_MARKUP)
