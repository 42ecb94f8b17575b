"""The language of a page: every phrase is written in English in code and templates, and looked up by these words.

`templates/texts/<tag>.toml` holds the other languages. What has no translation is shown in English; a test holds the
files complete. Only the page speaks other languages: terminals, logs and files for programs stay English.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache

from auditor.resources import data_dir

LANGUAGES = ("en", "de")
"""BCP 47 tags of the languages there are, English first."""

_FORMS: Mapping[str, Callable[[int], int]] = {"en": lambda n: int(n != 1), "de": lambda n: int(n != 1)}
"""Which of its forms a number takes (Unicode CLDR, Language Plural Rules)."""

_GAP = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Language:
    """Phrases and plural forms by their English words. `separator` groups thousands, `question` precedes a clause."""

    tag: str = "en"
    separator: str = ","
    question: str = ""
    phrases: Mapping[str, str] = field(default_factory=dict)
    plurals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


ENGLISH = Language()
_NOW: ContextVar[Language] = ContextVar("language", default=ENGLISH)


@cache
def load(tag: str) -> Language:
    """A language by its tag; English for any that is not known."""
    if tag not in LANGUAGES or tag == "en":
        return ENGLISH
    with (data_dir("templates") / "texts" / f"{tag}.toml").open("rb") as file:
        data = tomllib.load(file)
    plurals = {key: tuple(forms) for key, forms in data["plurals"].items()}
    return Language(tag, data["separator"], data["question"], data["phrases"], plurals)


@contextmanager
def speaking(tag: str) -> Iterator[Language]:
    """Within it, `tr` and its like answer in that language."""
    token = _NOW.set(load(tag))
    try:
        yield _NOW.get()
    finally:
        _NOW.reset(token)


def spoken() -> str:
    """The tag of the language that is spoken now."""
    return _NOW.get().tag


def before_question() -> str:
    """What stands between "cannot say" and "whether"."""
    return _NOW.get().question


def number(n: int) -> str:
    """`1,204`, or as the language groups thousands."""
    return f"{n:,}".replace(",", _NOW.get().separator)


def tr(text: str, **gaps: object) -> str:
    """`text` in the language of the page, its `{gaps}` filled."""
    return _filled(_NOW.get().phrases.get(text, text), gaps)


def trn(n: int, one: str, many: str, **gaps: object) -> str:
    """The form for `n`, which fills the gap `{n}`."""
    now = _NOW.get()
    forms = now.plurals.get(one, (one, many))
    return _filled(forms[_FORMS[now.tag](n)], {"n": number(n), **gaps})


def _filled(text: str, gaps: Mapping[str, object]) -> str:
    """What fills a gap is never read for gaps itself: paths have braces."""
    return _GAP.sub(lambda found: str(gaps.get(found[1], found[0])), text) if gaps else text
