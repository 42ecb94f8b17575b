"""By which marks an answer is known to come from a cache, and by which it is not."""

from __future__ import annotations

import pytest

from auditor.model.exchange import Answer
from auditor.prober.cached import age_of, from_cache

FROM_STORE = [
    ("Age", "37"), ("X-Cache", "HIT"), ("X-Cache", "MISS, HIT"), ("X-Cache", "HIT from proxy.example.test"),
    ("X-Cache", "Hit from cloudfront"), ("X-Cache", "TCP_MEM_HIT from a23-1 (AkamaiGHost)"), ("X-Cache", "hit (3)"),
    ("X-Cache-Status", "HIT"), ("X-Cache-Status", "STALE"), ("X-Proxy-Cache", "UPDATING"), ("CF-Cache-Status", "HIT"),
    ("X-Varnish", "32770 3"), ("Cache-Status", "edge; hit; ttl=9"), ("Cache-Status", 'inner; fwd=miss, "edge"; hit'),
]  # fmt: skip
NOT = [
    ("Age", "0"), ("Age", "-1"), ("Age", "soon"), ("Age", "9" * 40), ("X-Cache", "MISS"), ("X-Cache", ""),
    ("X-Cache", "MISS from hit.example.test"), ("X-Cache", "RefreshHit from cloudfront"), ("X-Cache", "hit-for-pass"),
    ("X-Cache", "HITMISS"), ("X-Cache", "TCP_REFRESH_HIT from a23-1"), ("X-Cache-Status", "REVALIDATED"),
    ("X-Cache-Status", "EXPIRED"), ("CF-Cache-Status", "DYNAMIC"), ("X-Varnish", "32770"), ("X-Cache-Hits", "3"),
    ("Cache-Status", "edge; fwd=stale; stored"), ("Cache-Status", "edge; hit=?0"), ("Cache-Status", '"a; hit"'),
    ("Cache-Status", "edge;; hit"), ("Cache-Status", 'edge; hit; detail="' + "x" * 300), ("Cache-Status", "\x00; hit"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), FROM_STORE)
def test_a_mark_of_the_store(name: str, value: str) -> None:
    assert from_cache(Answer(405, ((name.lower(), value),))).startswith(f"{name}: ")


@pytest.mark.parametrize(("name", "value"), NOT)
def test_no_mark_of_the_store(name: str, value: str) -> None:
    assert from_cache(Answer(405, ((name, value),))) == ""


def test_several_lines_of_a_field_are_one_list_and_several_marks_are_all_told() -> None:
    answer = Answer(200, (("X-Cache", "MISS"), ("X-Cache", "HIT"), ("Age", "7"), ("Server", "edge")))
    assert from_cache(answer) == "Age: 7, X-Cache: MISS, HIT"
    assert age_of(answer) == 7
    assert age_of(Answer(200)) is None
