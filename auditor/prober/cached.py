"""Did a cache answer in place of the origin? Read from what caches write into their answers; no field, no statement."""

from __future__ import annotations

import re

from auditor.model.exchange import Answer

_CUSTOMS = ("X-Cache", "X-Cache-Status", "X-Proxy-Cache", "CF-Cache-Status")
"""Fields that name what became of the request, in the words of nginx, Varnish, Squid and content delivery networks."""
_SPEAKING = frozenset(n.lower() for n in (*_CUSTOMS, "Age", "X-Varnish", "Cache-Status"))
_WORD = re.compile(r"[a-z_]+")
_NO_HIT = re.compile(r"hit[-_ ]?(?:for|miss|pass)")
"""Varnish's decision not to store: the request is passed on."""
_FROM_STORE = frozenset({"hit", "stale", "updating"})
_TWO_IDS = re.compile(r"\s*[0-9]+\s+[0-9]+\s*\Z")
_MOST = 80


def from_cache(answer: Answer) -> str:
    """The fields by which a cache says that it answered from its store, `Age: 37, X-Cache: HIT`; empty if none does.

    Revalidated is not stored: the origin was asked, and said that its answer still holds.
    """
    if not any(name.lower() in _SPEAKING for name, _ in answer.fields):
        return ""
    signs = [f"Age: {v.strip()}" for v in answer.values("age")[:1] if _is_old(v)]
    said = ((name, ", ".join(answer.values(name)).strip()) for name in _CUSTOMS)
    signs += [f"{name}: {value[:_MOST]}" for name, value in said if _is_hit(value)]
    # The second id is that of the request which brought the answer into Varnish's store.
    signs += [f"X-Varnish: {v.strip()[:_MOST]}" for v in answer.values("x-varnish")[:1] if _TWO_IDS.match(v)]
    status = ", ".join(answer.values("cache-status"))
    if status and _reports_hit(status):
        signs.append(f"Cache-Status: {status[:_MOST]}")
    return ", ".join(signs)


def age_of(answer: Answer) -> int | None:
    """Seconds since the origin gave or confirmed the answer (RFC 9111 §5.1), where the cache says so."""
    value = (answer.value("age") or "").strip()
    return int(value) if _is_old(value) else None


def _is_old(value: str) -> bool:
    """More than nothing: some caches write `Age: 0` on answers that they have just fetched."""
    value = value.strip()
    return value.isascii() and value.isdigit() and len(value) <= 10 and int(value) > 0


def _is_hit(value: str) -> bool:
    """Whether any hop says so: `HIT`, `MISS, HIT`, `HIT from edge`, `TCP_MEM_HIT`, `Hit from cloudfront`, `STALE`."""
    for hop in value.lower().split(","):
        said = re.split(r"\bfrom\b", hop)[0]  # what follows is a host's name
        words = _WORD.findall(_NO_HIT.sub("", said))
        squid = any(w.startswith("tcp_") and w.endswith("_hit") and "refresh" not in w for w in words)
        if squid or _FROM_STORE & set(words):
            return True
    return False


def _reports_hit(value: str) -> bool:
    """RFC 9211 §2.1: a member with `hit` was not passed on. What is no such list says nothing (RFC 9651 §4.2)."""
    from http_sf import parse  # only where a cache speaks at all

    try:
        members = parse(value.encode("latin-1", "replace"), tltype="list")
    except ValueError:
        return False
    return isinstance(members, list) and any(isinstance(m, tuple) and m[1].get("hit") is True for m in members)
