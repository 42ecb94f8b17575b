"""Spellings near to a documented path, for "did you mean": few, pure, and only under what all documented paths share.

An unknown path can have effects, so a guess is a harmless one or none (DESIGN §4).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from auditor.model.templates import Segment, split_template

MOST = 5
"""Spellings of one path."""
_VERSION = re.compile(r"v[0-9]{1,3}(?:\.[0-9]{1,3})?\Z")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORD = re.compile(r"[A-Za-z]{3,40}\Z")


@dataclass(frozen=True, slots=True)
class Spelling:
    """Another spelling of a documented path: as a template, as a target, and an unknown path of the same form."""

    template: str
    path: str
    unknown: str


def around(
    template: str, documented: Collection[str], base: str, shared: int, path: Callable[[str], str | None],
    nonce: str,
) -> tuple[Spelling, ...]:  # fmt: skip
    """The spellings that may be asked: under the literal segments that all documented paths share and
    such that `path` gives a target for them and for an unknown path of the same form.
    """
    found = []
    for other in spellings(template, documented, base):
        texts = other.split("/")[1:]
        if texts[:shared] != template.split("/")[1:][:shared]:
            continue
        last = max((i for i, t in enumerate(texts) if t and "{" not in t and i >= shared), default=None)
        near = path(other)
        unknown = path(_with(texts, last, nonce)) if last is not None else None
        if near is not None and unknown is not None:
            found.append(Spelling(other, near, unknown))
    return tuple(found[:MOST])


def spellings(template: str, documented: Iterable[str], base: str) -> tuple[str, ...]:
    """Other templates that the same resource may be served under, the likeliest first; parameters stay as they are."""
    segments = split_template(template)
    found: dict[str, None] = {}
    for other in _spelled(template, segments, documented, base):
        if other not in (template, "/") and other.startswith("/"):
            found.setdefault(other, None)
    return tuple(found)


def _spelled(
    template: str, segments: tuple[Segment, ...], documented: Iterable[str], base: str
) -> Iterator[str]:  # fmt: skip
    texts = [s.text for s in segments]
    literal = [i for i, s in enumerate(segments) if s.is_literal and s.text]
    yield template.rstrip("/") if template.endswith("/") else template + "/"
    for i in reversed(literal[-2:]):
        yield _with(texts, i, _other_number(texts[i]))
    for change in (str.lower, _dashed, lambda t: t.replace("_", "-"), lambda t: t.replace("-", "_")):
        yield "/" + "/".join(change(t) if i in literal else t for i, t in enumerate(texts))
    for tail in _tails(base):
        if template.startswith(tail + "/"):
            yield template[len(tail) :]
    versions = dict.fromkeys(s for t in documented for s in t.split("/")[1:2] if _VERSION.match(s))
    if _VERSION.match(texts[0]):
        yield "/" + "/".join(texts[1:])
        yield from (_with(texts, 0, v) for v in versions)
    else:
        yield from (f"/{v}{template}" for v in versions)


def _with(texts: list[str], index: int, text: str) -> str:
    return "/" + "/".join([*texts[:index], text, *texts[index + 1 :]])


def _dashed(text: str) -> str:
    return _HUMP.sub("-", text).lower()


def _tails(base: str) -> list[str]:
    """`/api/v1` → `/api/v1` and `/v1`: what a description may have written into its paths, too."""
    parts = [p for p in base.split("/") if p]
    return ["/" + "/".join(parts[i:]) for i in range(len(parts))]


def _other_number(word: str) -> str:
    """`books` for `book`, and the other way round: English, as far as a rule goes."""
    if not _WORD.match(word):
        return word
    if re.search(r"(?:ss|x|z|ch|sh)es\Z", word):
        return word[:-2]
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith("s") and not word.endswith("ss"):
        return word[:-1]
    if re.search(r"[^aeiou]y\Z", word):
        return word[:-1] + "ies"
    return word + ("es" if re.search(r"(?:s|x|z|ch|sh)\Z", word) else "s")
