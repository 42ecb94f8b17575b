"""The httpx face of the wire, and the fetching of descriptions."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from auditor.errors import DescriptionError, Forbidden
from auditor.prober import download, guard
from auditor.prober.download import fetch
from auditor.prober.transport import Wire, WireTransport

from .helpers import AGENT, run
from .servers import QUICK, endless, says, serve, silent

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def through_client(environment, method="GET", url=None, **options):
    async def work():
        transport = WireTransport(Wire(environment, user_agent=AGENT))
        async with httpx.AsyncClient(transport=transport, trust_env=False, follow_redirects=True) as client:
            return await client.request(method, url or environment.url + "/a?b=c", **options)

    return run(work())


def test_httpx_face():
    with serve(says(OK)) as server:
        response = through_client(server.environment(headers=(("Authorization", "s3cret"),)))
    assert (response.status_code, response.text) == (200, "ok")
    assert response.extensions["wire"].end == "complete"
    head = server.received[0]
    assert head.startswith(b"GET /a?b=c HTTP/1.1\r\n")
    assert head.count(b"User-Agent") == head.count(b"Host") == head.count(b"Connection: close") == 1
    assert b"keep-alive" not in head
    assert b"Authorization: s3cret" in head


@pytest.mark.parametrize("location", [b"http://other.test/", b"javascript:x", b"http://[::1/", b"/b", b"\xff"])
def test_httpx_face_follows_no_redirect(location):
    with serve(says(b"HTTP/1.1 302 F\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n")) as server:
        assert through_client(server.environment()).status_code == 302
    assert server.connections == 1


def test_httpx_face_decodes_nothing():
    with serve(says(b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\nok")) as server:
        response = through_client(server.environment())
    assert response.content == b"ok"
    assert (b"Content-Encoding", b"br") in response.extensions["wire"].fields


async def pieces():
    yield b"x"


@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("POST", {}),
        ("DELETE", {}),
        ("GET", {"content": b"x"}),
        ("QUERY", {"json": {}}),
        ("GET", {"content": pieces()}),
    ],
)
def test_httpx_face_asks_the_guard(method, options):
    with serve(says(OK)) as server, pytest.raises(Forbidden):
        through_client(server.environment(), method, **options)
    assert server.connections == 0


def test_httpx_face_has_one_origin():
    with serve(says(OK)) as server, serve(says(OK)) as other, pytest.raises(Forbidden):
        through_client(server.environment(), url=other.origin.text)
    assert other.connections == 0


@pytest.mark.parametrize(
    ("handler", "error"),
    [(silent, httpx.ReadTimeout), (says(), httpx.ReadError), (says(b"SSH-2.0"), httpx.RemoteProtocolError)],
    ids=["silent", "closed", "banner"],
)
def test_httpx_face_raises_what_httpx_users_catch(handler, error):
    with serve(handler) as server, pytest.raises(error) as caught:
        through_client(server.environment())
    assert "SSH" not in str(caught.value)


def test_httpx_face_asterisk():
    with serve(says(OK)) as server:
        through_client(server.environment(), "OPTIONS", extensions={"target": b"*"})
    assert server.received[0].startswith(b"OPTIONS * ")


def get(url, **options):
    return run(fetch(url, user_agent=AGENT, timeout=1.5, **options))


def says_content(content, fields=b""):
    return says(b"HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n" % (fields, len(content)), content)


def test_fetch():
    content = b"x" * 3_000_000
    with serve(says_content(content)) as server:
        assert get(server.origin.text + "/api/sp\u00e9c.yaml?v=1#/x", headers=[("X-Key", "s3cret")]) == content
    head = server.received[0]
    assert head.startswith(b"GET /api/sp%C3%A9c.yaml?v=1 HTTP/1.1\r\n")
    assert b"X-Key: s3cret\r\n" in head
    assert b"Accept-Encoding: identity\r\n" in head


def test_fetch_names_the_target_of_a_redirect_and_goes_nowhere():
    with serve(says(OK)) as other:
        location = other.origin.text.encode() + b"/spec.yaml?token=s3cret\x1b"
        with (
            serve(says(b"HTTP/1.1 301 M\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n")) as server,
            pytest.raises(DescriptionError) as caught,
        ):
            get(server.origin.text)
        assert other.connections == 0
    text = "\n".join(caught.value.lines())
    assert f"redirects to {other.origin.text}/spec.yaml;" in text
    assert "s3cret" not in text


@pytest.mark.parametrize(
    ("handler", "words"),
    [
        (says(b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"), "answered 404"),
        (says_content(b"x" * 2001), "larger than 2000"),
        (endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 4096), "larger than 2000"),
        (endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x", 0.05), "in time"),
        (silent, "no answer in time"),
        (says(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"), "not complete"),
        (says_content(b"x", b"Content-Encoding: gzip\r\n"), "compressed"),
        (says(b"\x1b]0;pwned\x07"), "not HTTP"),
    ],
    ids=["404", "too-large", "endless", "trickle", "silent", "cut", "gzip", "garbage"],
)
def test_fetch_says_why_not(handler, words):
    with serve(handler) as server, pytest.raises(DescriptionError) as caught:
        get(server.origin.text + "/spec?token=s3cret", max_bytes=2000)
    text = "\n".join(caught.value.lines())
    assert words in text
    assert "s3cret" not in text
    assert text.isprintable() or "\n" in text


@pytest.mark.parametrize(
    "url", ["ftp://h/x", "file:///etc/passwd", "ftp://h:21/", "http://", "http://h:x/", "http://u:s3cret@h/", "h/x", "http://[::1/"]
)  # fmt: skip
def test_fetch_takes_http_urls_only(url):
    with pytest.raises(DescriptionError) as caught:
        get(url)
    assert "s3cret" not in "\n".join(caught.value.lines())


def test_fetch_sends_no_credentials_in_plain_text():
    with pytest.raises(DescriptionError, match="credentials"):
        get("http://api.example.test/spec.yaml", headers=[("Authorization", "s3cret")])


def test_fetch_refuses_private_addresses():
    with serve(says(OK)) as server:
        for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"):
            with pytest.raises(DescriptionError):
                get(f"http://{host}:{server.port}/", forbid_private=True)
    assert server.connections == 0


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("127.0.0.1", False), ("10.0.0.1", False), ("169.254.169.254", False), ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False), ("::1", False), ("fe80::1", False), ("fd00::1", False), ("::ffff:10.0.0.1", False),
        ("2002:7f00:1::", False), ("224.0.0.1", False), ("ff0e::1", False), ("8.8.8.8", True),
        ("2606:4700::1111", True),
    ],
)  # fmt: skip
def test_what_a_public_address_is(address, public):
    import ipaddress

    assert guard.is_public(ipaddress.ip_address(address)) == public


def test_parse_of_urls():
    assert download.parse("https://Example.TEST/a%20b c")[0].text == "https://example.test"
    assert download.parse("https://Example.TEST/a%20b c")[1] == "/a%20b%20c"
    assert download.parse("http://b\u00fccher.test:8080")[0].text == "http://xn--bcher-kva.test:8080"
    assert download.parse("http://h/a?x=y#z")[2] == "http://h/a"


def test_the_wire_of_a_fetch_is_closed():
    async def work(url):
        before = len(asyncio.all_tasks())
        await fetch(url, user_agent=AGENT)
        return len(asyncio.all_tasks()) - before

    with serve(says(OK)) as server:
        assert run(work(server.origin.text)) == 0
    assert QUICK.retries == 0
