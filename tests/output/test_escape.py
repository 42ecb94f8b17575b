from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.differ.output.escape import visible, visible_lines


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain /orders/{id}", "plain /orders/{id}"),
        ("naïve 注文 🙂", "naïve 注文 🙂"),
        ("a\x1b[31mb", r"a\x1b[31mb"),
        ("a\nb\rc\td", r"a\nb\rc\td"),
        ("\x7f\x9b\x85", r"\x7f\x9b\x85"),
        ("user\u202egnp.exe", r"user\u202egnp.exe"),
        ("\u2066\u2069\u200e\u061c", r"\u2066\u2069\u200e\u061c"),
        ("a\u200bb\ufeff\u00ad", r"a\u200bb\ufeff\xad"),
        ("\u2028\u2029", r"\u2028\u2029"),
        ("\U000e0041\U000e0100", r"\U000e0041\U000e0100"),
        ("\u3164\ufe0f", r"\u3164\ufe0f"),
        ("\ud800", r"\ud800"),
    ],
)
def test_what_cannot_be_seen_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_a_limit_cuts_and_says_so() -> None:
    assert visible("abcdef", 4) == "abc…"
    assert visible("abcd", 4) == "abcd"
    assert len(visible("\x1b" * 100, 10)) == 10


def test_a_block_keeps_its_lines_only() -> None:
    assert visible_lines("a\r\nb\tc\x1b\u2028d") == "a\nb    c\\x1b\\u2028d"


@given(st.text(st.characters(), max_size=60))
def test_no_text_leaves_its_line_or_hides(text: str) -> None:
    shown = visible(text)
    assert not {unicodedata.category(c) for c in shown} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert len(shown.splitlines()) <= 1
    shown.encode("utf-8")
    assert visible(shown) == shown
