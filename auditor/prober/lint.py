"""Notes on a raw response head, taken when it arrives: h11 reads some oddities silently (TRANSPORT §5)."""

from __future__ import annotations

import re

_CONTROLS = bytes(c for c in range(32) if c not in b"\t\r\n") + b"\x7f"
_VERSIONS = (b"HTTP/1.1 ", b"HTTP/1.0 ", b"HTTP/1.1\r", b"HTTP/1.0\r")
_LENGTH = re.compile(rb"^content-length[ \t]*:([^\r\n]*)", re.MULTILINE)
_CODING = re.compile(rb"^transfer-encoding[ \t]*:", re.MULTILINE)
_STATUS = re.compile(rb"HTTP/(\d\.\d) (\d{3})(?=[ \r\n])")
_FIELD = re.compile(rb"^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):([^\r\n]*)\r?\n", re.MULTILINE)

UNSOUND = frozenset({"cl-and-te", "duplicate-cl"})
"""Notes after which nobody can say where the content ends."""


def lint(head: bytes | bytearray) -> list[str]:
    """What is odd about a head, from status line to blank line, in a fixed order and each at most once.

    `cl-and-te`, `duplicate-cl` (RFC 9112 §6.3), `bare-lf`, `control-bytes` (§2.2), `obs-fold` (§5.2),
    `version` (neither 1.0 nor 1.1).
    """
    # Counting fixed octets: this runs for every answer, and expressions cost several times as much.
    notes = _framing(head.lower())
    pairs = head.count(b"\r\n")
    if head.count(b"\n") != pairs:
        notes.append("bare-lf")
    if b"\n " in head or b"\n\t" in head:
        notes.append("obs-fold")
    if len(head.translate(None, _CONTROLS)) != len(head) or head.count(b"\r", 0, -1) > pairs:
        notes.append("control-bytes")
    if not head.startswith(_VERSIONS):
        notes.append("version")
    return notes


def _framing(head: bytes | bytearray) -> list[str]:
    at = head.find(b"\ncontent-length")
    if at < 0:
        return []
    notes = []
    lengths = _LENGTH.findall(head, at)
    if b"\ntransfer-encoding" in head and _CODING.search(head) and lengths:
        notes.append("cl-and-te")
    if len(lengths) > 1 or any(b"," in v for v in lengths):
        notes.append("duplicate-cl")
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
