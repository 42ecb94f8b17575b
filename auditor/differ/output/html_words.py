"""Text of the page that is more than a word: paths that break where they may, code in sentences, what `curl` needs."""

from __future__ import annotations

import re
from collections.abc import Iterable

from markupsafe import Markup, escape

from auditor.differ.output.escape import visible
from auditor.differ.output.language import tr
from auditor.differ.output.words import listing
from auditor.model.report import Report

MAX_PATH = 96
"""Characters of a path in a table."""

MAX_WORD = 160
"""Characters without a space in a sentence: more can only be a path or a value, and is in the evidence in full."""

MAX_UNBROKEN = 48
"""Characters of an operation in a sentence that need not be broken on a wide screen."""

_OPTION = re.compile(r"(--[a-z][a-z-]*)")
"""An option of a command: a browser may break a line between its hyphens."""

_SECRET = re.compile(r""": (?:'")?\$([A-Z_][A-Z0-9_]*)\"""")
"""A variable that stands for a field value, as `differ.curl` writes it."""


def middle(text: str, limit: int) -> str:
    """`text` in at most `limit` characters: a longer one loses its middle, since both ends tell paths apart."""
    if len(text) <= limit:
        return text
    head = (limit - 1) * 2 // 3
    return f"{text[:head]}…{text[len(text) - (limit - 1 - head) :]}"


def path(text: str) -> Markup:
    """A path that breaks only behind a slash and between `}{`; cut in its middle where it is very long."""
    full = visible(text)
    parts = re.split(r"(?<=/)(?=.)|(?<=\})(?=\{)", middle(full, MAX_PATH))
    made = Markup("<wbr>").join(escape(p) for p in parts)
    return made if len(full) <= MAX_PATH else Markup('<span class="cut" title="{}">{}</span>').format(full, made)


def prose(text: str) -> Markup:
    """A sentence in which `backticks` set code; the text itself can only ever be text."""
    parts = visible(text).split("`")
    if len(parts) % 2 == 0:
        return _plain("`".join(parts))
    made = (_code(p) if i % 2 else _plain(p) for i, p in enumerate(parts))
    return Markup("").join(made)


def _code(text: str) -> Markup:
    """Short code stays on one line where there is room."""
    if len(text) <= MAX_UNBROKEN:
        return Markup('<code class="nb">{}</code>').format(text)
    return Markup("<code>{}</code>").format(_plain(text))


def _plain(text: str) -> Markup:
    words = re.split(r"( +)", text) if len(text) > MAX_WORD else [text]
    return Markup("").join(_word(w) for w in words)


def _word(text: str) -> Markup:
    if len(text) > MAX_WORD:
        return Markup('<span class="cut" title="{}">{}</span>').format(text, middle(text, MAX_WORD))
    pieces = _OPTION.split(text)
    return Markup("").join(
        Markup('<span class="opt">{}</span>').format(p) if i % 2 else p for i, p in enumerate(pieces)
    )


def coded(text: str, report: Report) -> str:
    """`text` with every operation of the promotions in backticks, so that all of them are set alike."""
    known = {f"{c.method} {c.path}" for p in report.promotions for c in p.changes if "`" not in c.path}
    return quoted(text, known)


def quoted(text: str, operations: Iterable[str]) -> str:
    """`text` with backticks around each of `operations` that it names and that has none yet."""
    named = sorted((o for o in operations if o in text), key=len, reverse=True)
    if not named:
        return text
    pattern = "|".join(re.escape(o) for o in named)
    return re.sub(rf"(?<!`)(?:{pattern})(?![\w/{{`-])", lambda found: f"`{found[0]}`", text)


def secret_note(curl: str) -> str:
    """What to set before a `curl` line works; empty where it needs nothing."""
    names = list(dict.fromkeys(_SECRET.findall(curl)))
    if not names:
        return ""
    example = ", e.g. 'Bearer …'" if any(n.endswith("AUTHORIZATION") for n in names) else ""
    return tr("Set {names} to the whole field value{example}.", names=listing(names), example=example)
