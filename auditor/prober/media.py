"""Media types as far as a comparison needs them (RFC 9110 §8.3.1), and which are two names of one thing."""

from __future__ import annotations

import re
from typing import NamedTuple

_TOKEN = r"[A-Za-z0-9!#$&^_.+-]{1,80}"  # noqa: S105 - a token of the grammar
_TYPE = re.compile(rf"[ \t]*({_TOKEN})/({_TOKEN})[ \t]*(;.*)?\Z", re.DOTALL)
_RANGE = re.compile(rf"[ \t]*({_TOKEN}|\*)/({_TOKEN}|\*)[ \t]*(;.*)?\Z", re.DOTALL)
_CHARSET = re.compile(r""";[ \t]*charset[ \t]*=[ \t]*"?([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)

_SAME = (
    frozenset({"application/xml", "text/xml"}),
    frozenset({"application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml", "text/vnd.yaml"}),
    frozenset({"application/javascript", "text/javascript", "application/x-javascript"}),
    frozenset({"application/gzip", "application/x-gzip"}),
    frozenset({"image/jpeg", "image/jpg"}),
    frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"}),
)
_PLAIN_JSON = frozenset({"application/json", "text/json", "application/x-json", "application/problem+json"})


class MediaType(NamedTuple):
    """Lower-case `type/subtype`, or a range; `charset` where it is said."""

    essence: str
    charset: str | None = None

    @property
    def is_json(self) -> bool:
        return self.essence in _PLAIN_JSON or self.essence.endswith("+json")

    @property
    def is_range(self) -> bool:
        return self.essence.endswith("/*")


def parse(text: object, *, ranges: bool = False) -> MediaType | None:
    """A media type, or with `ranges` a range of them; None where the text is neither."""
    found = (_RANGE if ranges else _TYPE).match(text) if isinstance(text, str) else None
    if found is None or (found[1] == "*" and found[2] != "*"):
        return None
    charset = _CHARSET.search(found[3] or "")
    return MediaType(f"{found[1]}/{found[2]}".lower(), charset[1].lower() if charset else None)


def accepts(promised: MediaType, stated: MediaType) -> bool:
    """Whether an answer of type `stated` is one of type `promised`.

    Generous, since it is about drift and not about words: parameters do not count, plain JSON and any `+json` are one
    another, XML is XML, and `application/octet-stream` promises octets of whatever kind.
    """
    p, s = promised.essence, stated.essence
    if p == s or p in ("*/*", "application/octet-stream") or (promised.is_range and s.startswith(p[:-1])):
        return True
    if promised.is_json and stated.is_json and (p in _PLAIN_JSON or s in _PLAIN_JSON):
        return True
    if any(p in same and s in same for same in _SAME):
        return True
    return (p.endswith("+xml") and s in _SAME[0]) or (s.endswith("+xml") and p in _SAME[0])
