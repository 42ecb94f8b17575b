"""No secret survives in an Exchange, in whatever encoding a server reflects it (PROMISES P36, P37)."""

from __future__ import annotations

import base64
import html
import json
import urllib.parse
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from auditor.model.exchange import Exchange, Probe, Purpose, Slot
from auditor.prober import transcript
from auditor.prober.exchange_io import WireAnswer
from auditor.prober.observe import exchange
from auditor.prober.redact import Redactor, location_text
from tests.prober.worlds import ORIGIN

SOME = settings(max_examples=60)
AT = datetime(2026, 1, 1, tzinfo=UTC)

FORMS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "percent": lambda s: urllib.parse.quote(s, safe=""),
    "percent, lower case": lambda s: urllib.parse.quote(s, safe="").replace("%2F", "%2f").replace("%3D", "%3d"),
    "form": urllib.parse.quote_plus,
    "json": lambda s: json.dumps(s)[1:-1],
    "json, slashes escaped": lambda s: json.dumps(s)[1:-1].replace("/", "\\/"),
    "html": html.escape,
    "hex": lambda s: s.encode().hex(),
    "HEX": lambda s: s.encode().hex().upper(),
    "base64": lambda s: base64.b64encode(s.encode()).decode(),
    "base64 after one byte": lambda s: base64.b64encode(b":" + s.encode()).decode(),
    "base64 after two bytes": lambda s: base64.b64encode(b"u:" + s.encode() + b":x").decode(),
    "base64url": lambda s: base64.urlsafe_b64encode(s.encode()).decode().rstrip("="),
}
VISIBLE = st.characters(min_codepoint=0x21, max_codepoint=0x7E)
secrets = st.text(VISIBLE, min_size=6, max_size=40).map(lambda s: f"qZ7{s}").filter(lambda s: len(set(s)) > 6)
"""Marked, so that none is by chance a word of the transcript's own, such as `inform`."""


def core(text: str, form: str) -> str:
    """What of that form must not be found: base64's first and last groups depend on what stands beside them."""
    shown = FORMS[form](text)
    return shown.rstrip("=")[4:-4] if "base64" in form else shown


def observed(secret: str, reflected: str, status: int = 404, *, keep: bool = False) -> Exchange:
    """What is kept of an answer that says `reflected` wherever a server can say something."""
    line = reflected.encode("latin-1", "replace")
    answer = WireAnswer(
        status=status, http_version="1.1", end="complete",
        fields=[(b"Content-Type", b"application/json; x=" + line), (b"Location", b"http://h/" + line + b"?t=" + line),
                (b"Server", b"x " + line), (b"X-Echo", line), (b"Allow", b"GET, " + line), (line[:90], b"name"),
                (b"Set-Cookie", b"sid=" + line), (b"WWW-Authenticate", b"Bearer realm=" + line), (b"X-Build", line)],
        body=json.dumps({"you sent": reflected, reflected: 1}).encode() + reflected.encode(),
        sent=(("Authorization", secret), ("User-Agent", "auditor")), detail=f"after {reflected}",
    )  # fmt: skip
    probe = Probe("dev", Slot(Purpose.PATH, "GET", "/a"), ORIGIN, "/a")
    return exchange(probe, answer, 1, AT, 1, Redactor([secret]), keep_bodies=keep, build_header="X-Build")


@pytest.mark.parametrize("form", FORMS)
@SOME
@given(secrets)
@example("s3cr3t/+=&<>\"'")
def test_no_form_of_a_secret_is_kept(form: str, secret: str) -> None:
    kept = transcript.to_line(observed(secret, FORMS[form](secret)))
    plain = json.dumps(json.loads(kept), ensure_ascii=False)
    for gone in {core(secret, form), core(secret, form).lower()}:
        assert len(gone) < 4 or gone not in kept
        assert len(gone) < 4 or gone not in plain


@SOME
@given(secrets, st.sampled_from(sorted(FORMS)), st.sampled_from((200, 404, 500)), st.booleans())
def test_a_bearer_token_is_gone_without_its_scheme_too(token: str, form: str, status: int, keep: bool) -> None:
    kept = transcript.to_line(observed(f"Bearer {token}", FORMS[form](token), status, keep=keep))
    gone = core(token, form)
    assert len(gone) < 4 or gone not in json.dumps(json.loads(kept), ensure_ascii=False)


@SOME
@given(
    st.text(st.characters(categories=["Ll", "Nd"], max_codepoint=127), min_size=6, max_size=20)
    .map(lambda s: f"qz7{s}")
    .filter(lambda s: len(set(s)) > 6)
)
def test_basic_credentials_are_gone_decoded_too(password: str) -> None:
    secret = "Basic " + base64.b64encode(f"reader:{password}".encode()).decode()
    assert password not in transcript.to_line(observed(secret, password))


LONG = "k3y-" + "0123456789abcdef" * 6


@pytest.mark.parametrize("body", [
    pytest.param(json.dumps({LONG: 1})), pytest.param(f"<{LONG}>"),
    pytest.param(LONG * 81 + LONG[:50]), "x" * 8150 + LONG, f"<p>{LONG}</p>",
], ids=["key", "tag", "many", "edge", "text"])  # fmt: skip
@pytest.mark.parametrize("media", [b"application/json", b"text/html"])
def test_not_even_the_beginning_of_a_long_secret_is_kept(body: str, media: bytes) -> None:
    """What is shortened is redacted first: half of a secret is a secret."""
    probe = Probe("dev", Slot(Purpose.PATH, "GET", "/a"), ORIGIN, "/a")
    wire = WireAnswer(status=404, end="complete", fields=[(b"Content-Type", media)], body=body.encode())
    assert LONG[:16] not in transcript.to_line(exchange(probe, wire, 1, AT, 1, Redactor([LONG])))


@pytest.mark.parametrize(("name", "value"), [
    pytest.param("WWW-Authenticate", LONG),
    ("Location", f"/{LONG}"), ("Content-Type", LONG), ("Server", "x" * 250 + LONG),
    ("Allow", "A" * 290 + LONG), ("X" * 90 + LONG, "1"),
    pytest.param("Location", "/0123456789abcdef?x#y"),
])  # fmt: skip
def test_not_even_the_beginning_of_a_long_secret_is_kept_of_a_field(name: str, value: str) -> None:
    probe = Probe("dev", Slot(Purpose.PATH, "GET", "/a"), ORIGIN, "/a")
    wire = WireAnswer(status=404, end="complete", fields=[(name.encode(), value.encode())])
    kept = transcript.to_line(exchange(probe, wire, 1, AT, 1, Redactor([LONG, "0123456789abcdef?x#y"])))
    assert LONG[:16] not in kept
    assert "0123456789abcdef" not in kept


def test_a_cookie_header_is_gone_value_by_value() -> None:
    kept = transcript.to_line(observed("sid=abcdef123456; theme=plain-theme", "abcdef123456"))
    assert "abcdef123456" not in kept


@SOME
@given(st.text(VISIBLE, min_size=8, max_size=60).filter(lambda s: len(set(s)) > 5))
def test_what_a_2xx_body_says_is_not_kept(text: str) -> None:
    """Of values only the shape is stored, unless the operator asks for more."""
    body = json.dumps({"name": text, "list": [text]}).encode()
    probe = Probe("dev", Slot(Purpose.PATH, "GET", "/a"), ORIGIN, "/a")
    wire = WireAnswer(status=200, end="complete", fields=[(b"Content-Type", b"application/json")], body=body)
    kept = exchange(probe, wire, 1, AT, 1, Redactor([]))
    assert kept.answer is not None
    assert kept.answer.body.text is None
    assert kept.answer.body.shape == '{"list":["string"],"name":"string"}'


def test_query_user_information_and_fragment_of_a_location_are_not_kept() -> None:
    assert location_text("https://u:p@h.example.test/a?token=1#x") == "https://h.example.test/a"
    assert location_text(" /a?x=1 ") == "/a"


@pytest.mark.parametrize("text", [
    'token=abcd1234efgh', '"access_token": "abcd1234efgh"', "Bearer abcd1234efgh",
    "eyJhbGciOiJIUzI1NiJ9.abcd1234efgh.x",
    "session: abcd1234efgh", "http://h/a?key=abcd1234efgh",
])  # fmt: skip
def test_what_looks_like_a_token_is_masked_in_error_text(text: str) -> None:
    assert "abcd1234efgh" not in Redactor([]).body_text(f"<p>{text}</p>")
