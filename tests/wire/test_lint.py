"""Notes on raw heads, and what is saved of one that outgrew its limit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.prober.lint import lint, salvage

LINE = b"HTTP/1.1 200 OK\r\n"
NAMES = ["cl-and-te", "duplicate-cl", "bare-lf", "obs-fold", "control-bytes", "version"]


@pytest.mark.parametrize(
    ("head", "notes"),
    [
        (LINE + b"A: b\r\nContent-Length: 5\r\n\r\n", []),
        (LINE + b"A: \xe9\tb\r\n\r\n", []),
        (LINE + b"X-Content-Length: 1\r\nContent-Length: 5\r\n\r\n", []),
        (LINE + b"content-LENGTH: 5\r\ntransfer-encoding: chunked\r\n\r\n", ["cl-and-te"]),
        (LINE + b"Content-Length: 5, 5\r\n\r\n", ["duplicate-cl"]),
        (LINE + b"Content-Length: 5\r\nA: b\r\ncontent-length: 5\r\n\r\n", ["duplicate-cl"]),
        (LINE + b"A: b\n\r\n", ["bare-lf"]),
        (LINE + b"A: b\r\n\tc\r\n\r\n", ["obs-fold"]),
        (LINE + b"A: b\rc\r\n\r\n", ["control-bytes"]),
        (LINE + b"A: \x7f\r\n\r\n", ["control-bytes"]),
        (b"HTTP/1.0 200 OK\r\n\r\n", []),
        (b"HTTP/1.2 200 OK\r\n\r\n", ["version"]),
        (b"HTTP/3.0 200 OK\r\n\r\n", ["version"]),
    ],
)
def test_notes(head, notes):
    assert lint(head) == notes


@given(st.binary(max_size=300))
def test_notes_are_from_the_list_in_order(head):
    notes = lint(head)
    assert notes == [n for n in NAMES if n in notes]


@given(st.lists(st.tuples(st.sampled_from([b"A", b"b-C", b"X1"]), st.sampled_from([b"", b"v", b"v w"])), max_size=20))
def test_clean_heads_have_no_notes(fields):
    head = LINE + b"".join(n + b": " + v + b"\r\n" for n, v in fields) + b"\r\n"
    assert lint(head) == []
    assert salvage(head, 100) == (200, "1.1", fields)


def test_salvage_takes_no_half_field_and_no_informational_status():
    assert salvage(LINE + b"A: b\r\nC: d", 9) == (200, "1.1", [(b"A", b"b")])
    assert salvage(LINE + b"A: b\r\nC: d\r\n", 1) == (200, "1.1", [(b"A", b"b")])
    assert salvage(b"HTTP/1.1 103 E\r\nA: b\r\n", 9) is None
    assert salvage(b"HTTP/1.1 20", 9) is None
    assert salvage(b"HTTP/1.1 2000 OK\r\n", 9) is None


@pytest.mark.parametrize("filler", [b" ", b"\t", b"A", b":", b"\r", b"\n", b"A: b\r\n", b"A:", b"\r\n "])
def test_hostile_fillers_take_linear_time(filler):
    """Each must end at once for 64 kB; a quadratic expression would hang here for minutes."""
    head = LINE + (filler * 65536)[:65536]
    lint(head)
    salvage(head, 256)
