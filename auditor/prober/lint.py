"""Notes on a raw response head, taken when it arrives: h11 reads some oddities silently (TRANSPORT §5)."""

from __future__ import annotations

import re

_BARE_LF = re.compile(rb"(?<!\r)\n")
_FOLD = re.compile(rb"\n[ \t]")
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n|\Z)")
_VERSION = re.compile(rb"HTTP/1\.[01](?![0-9.])")
_LENGTH = re.compile(rb"^content-length[ \t]*:([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_CODING = re.compile(rb"^transfer-encoding[ \t]*:", re.IGNORECASE | re.MULTILINE)
_STATUS = re.compile(rb"HTTP/(\d\.\d) (\d{3})(?=[ \r\n])")
_FIELD = re.compile(rb"^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):([^\r\n]*)\r?\n", re.MULTILINE)

UNSOUND = frozenset({"cl-and-te", "duplicate-cl"})
"""Notes after which nobody can say where the content ends."""


def lint(head: bytes) -> list[str]:
    """What is odd about a head, from status line to blank line, in a fixed order and each at most once.

    `cl-and-te`, `duplicate-cl` (RFC 9112 §6.3), `bare-lf`, `control-bytes` (§2.2), `obs-fold` (§5.2),
    `version` (neither 1.0 nor 1.1).
    """
    notes = []
    lengths = _LENGTH.findall(head)
    if lengths and _CODING.search(head):
        notes.append("cl-and-te")
    if len(lengths) > 1 or any(b"," in v for v in lengths):
        notes.append("duplicate-cl")
    if _BARE_LF.search(head):
        notes.append("bare-lf")
    if _FOLD.search(head):
        notes.append("obs-fold")
    if _CONTROL.search(head):
        notes.append("control-bytes")
    if not _VERSION.match(head):
        notes.append("version")
    return notes


def salvage(head: bytes, fields: int) -> tuple[int, str, list[tuple[bytes, bytes]]] | None:
    """Final status, HTTP version and the first whole fields of a head that outgrew the limit.

    None where no valid final status line was read: then there is no answer.
    """
    line = _STATUS.match(head)
    if line is None or int(line[2]) < 200:
        return None
    found = [(m[1], m[2].strip(b" \t")) for m, _ in zip(_FIELD.finditer(head), range(fields), strict=False)]
    return int(line[2]), line[1].decode(), found
