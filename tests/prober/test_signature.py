"""When two answers count as the same: echoes, numbers, ids, key order and comments do not matter, words do."""

from __future__ import annotations

import gzip
import html
import json
import random
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.model.exchange import Answer, BodyTrace
from auditor.prober.signature import (
    MAX_DECODED,
    MAX_SHAPE,
    decode_body,
    identity,
    mask,
    shape_of,
    signature,
    trace_body,
)

SOME = settings(max_examples=80)
METHODS = ("GET", "HEAD", "OPTIONS", "REPORT", "SEARCH", "PROPFIND", "QUERY", "POST", "PUT", "PATCH", "DELETE")
segments = st.text(st.characters(categories=["Ll"], max_codepoint=127), min_size=3, max_size=12)
paths = st.lists(segments, min_size=1, max_size=3).map(lambda s: "/zq" + "/zq".join(s))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=4), max_leaves=8,
)  # fmt: skip
PAGES = (
    "Cannot {method} {path}", '{{"error": "no route for {method} {path}"}}',
    "<h1>{path}</h1><!-- {n} --> was not found",
    '{{"path": "{path}", "id": {n}}}', "request 7f1e0000-0000-4000-8000-0000{n:08d}: {path} is unknown",
)  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
@SOME
@given(paths, paths, st.sampled_from(METHODS), st.sampled_from(METHODS), st.integers(0, 10**7), st.integers(0, 10**7))
def test_an_echo_of_the_request_is_masked(page: str, a: str, b: str, m1: str, m2: str, n1: int, n2: int) -> None:
    first = mask(page.format(method=m1, path=a, n=n1), a)
    again = mask(page.format(method=m2, path=b, n=n2), b)
    assert first == again


@SOME
@given(paths, segments)
def test_an_escaped_echo_is_masked_like_a_plain_one(path: str, odd: str) -> None:
    target = f"{path}/{odd}'&x"
    assert mask(f"no {html.escape(target)} here", target) == mask(f"no {target} here", target)


@SOME
@given(st.dictionaries(st.text(max_size=6), json_values, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_the_order_of_json_keys_does_not_matter(value: dict[str, object], chance: random.Random) -> None:
    rows = list(value.items())
    chance.shuffle(rows)
    one, other = json.dumps(value), json.dumps(dict(rows), indent=1)
    assert mask(one, "/zqpath") == mask(other, "/zqpath")
    assert shape_of(one, "application/json") == shape_of(other, "application/json")


@pytest.mark.parametrize(("a", "b"), [
    ("no such book", "no such route"), ('{"error": "book"}', '{"error": "route"}'), ("<h1>a</h1>", "<h1>b</h1>"),
])  # fmt: skip
def test_words_do_matter(a: str, b: str) -> None:
    assert mask(a, "/x") != mask(b, "/x")


@SOME
@given(st.binary(max_size=2000), st.sampled_from((None, "gzip", "deflate", "br", "identity", "nonsense")),
       st.sampled_from(("application/json", "text/html", "")))  # fmt: skip
def test_any_octets_become_a_bounded_trace(raw: bytes, coding: str | None, media: str) -> None:
    trace = trace_body(raw, media, coding, "/a", lambda text: None)
    assert trace.length == len(raw)
    assert len(trace.shape) <= MAX_SHAPE
    assert trace.text is None


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
def test_decoding_is_bounded(pack: object) -> None:
    assert callable(pack)
    coding = "gzip" if pack is gzip.compress else "deflate"
    bomb = pack(b"a" * 50_000_000)
    content = decode_body(bomb, coding)
    assert content is not None
    assert len(content) == MAX_DECODED


def test_deep_json_is_no_crash() -> None:
    deep = "[" * 30_000
    assert trace_body(deep.encode(), "application/json", None, "/a", lambda text: None).length == 30_000
    assert len(shape_of("[" * 500 + "]" * 500, "application/json")) <= MAX_SHAPE


@SOME
@given(st.sampled_from(("Date", "X-Request-Id", "Set-Cookie", "Allow", "ETag", "Age", "Vary")), st.text(max_size=9))
def test_fields_that_come_and_go_are_no_part_of_a_signature(name: str, value: str) -> None:
    body = BodyTrace(1, "text/plain", "x", "x", "x")
    assert signature(Answer(404, ((name, value),), body)) == signature(Answer(404, (), body))


def test_a_field_of_its_own_tells_two_answers_apart_but_not_their_cores() -> None:
    body = BodyTrace(1, "text/plain", "x", "x", "x")
    a, b = signature(Answer(404, (("X-Handler", None),), body)), signature(Answer(404, (), body))
    assert a != b
    assert a.core == b.core
    assert signature(Answer(404, (("X-Handler", None),), body), ignore=frozenset({"x-handler"})) == b


def test_a_volatile_host_is_compared_by_shape() -> None:
    one, two = BodyTrace(1, "text/html", "a", "html p", "1"), BodyTrace(2, "text/html", "b", "html p", "2")
    assert signature(Answer(404, (), one)) != signature(Answer(404, (), two))
    assert signature(Answer(404, (), one), by_shape=True) == signature(Answer(404, (), two), by_shape=True)


def test_identity_is_what_the_server_says_of_itself() -> None:
    assert identity(Answer(200, (("Server", "nginx"), ("X-Powered-By", "Express")))) == (
        "server:nginx", "x-powered-by:Express",
    )  # fmt: skip
    assert identity(Answer(200, (("Server", None),))) == ()
