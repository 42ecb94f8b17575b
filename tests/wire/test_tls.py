"""TLS is always verified, by name, and a broken one is a class of failure with words of our own (P9)."""

from __future__ import annotations

import asyncio
import datetime
import ssl

import pytest
import trustme

from auditor.errors import ConfigError
from auditor.model.exchange import Failure
from auditor.prober.transport import Prepared, Wire

from .helpers import AGENT, ask, run
from .servers import reset, says, serve, silent, then

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    made = trustme.CA()
    made.path = str(tmp_path_factory.mktemp("ca") / "ca.pem")
    made.cert_pem.write_to_path(made.path)
    return made


def context_for(authority, *names, **more) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names, **more).configure_cert(context)
    return context


def test_verified_with_the_ca_file(authority):
    with serve(says(OK), tls=context_for(authority, "127.0.0.1")) as server:
        answer = ask(server.environment(ca_file=authority.path))
    assert (answer.status, answer.body, answer.end) == (200, b"ok", "complete")


def test_expired(authority):
    past = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    with serve(says(OK), tls=context_for(authority, "127.0.0.1", not_after=past)) as server:
        answer = ask(server.environment(ca_file=authority.path))
    assert (answer.failure, answer.detail) == (Failure.TLS, "the certificate has expired")


def test_unknown_issuer_and_the_systems_own_store(authority):
    """Neither another CA file nor what the system trusts knows this issuer; nothing of the request is sent."""
    other = trustme.CA()
    with (
        serve(says(OK), tls=context_for(authority, "127.0.0.1")) as server,
        other.cert_pem.tempfile() as path,
    ):
        for ca_file in (path, None):
            answer = ask(server.environment(ca_file=ca_file, headers=(("Authorization", "s3cret"),)))
            assert answer.failure == Failure.TLS
            assert "certificate" in answer.detail
    assert server.received == []


def test_wrong_host(authority):
    with serve(says(OK), tls=context_for(authority, "other.test")) as server:
        answer = ask(server.environment(ca_file=authority.path))
    assert (answer.failure, answer.detail) == (Failure.TLS, "the certificate is for another address")


def test_sni_and_host_of_a_layer(authority):
    """`host` names the service behind an address: certificate and Host field are of that name."""
    seen = []
    context = context_for(authority, "api.example.test")
    context.sni_callback = lambda _sock, name, _context: seen.append(name)
    with serve(says(OK), tls=context) as server:
        right = ask(server.environment(ca_file=authority.path, host="api.example.test"))
        wrong = ask(server.environment(ca_file=authority.path, host="www.example.test"))
    assert right.status == 200
    assert (wrong.failure, wrong.detail) == (Failure.TLS, "the certificate is for another host name")
    assert seen == ["api.example.test", "www.example.test"]
    assert b"\r\nHost: api.example.test\r\n" in server.received[0]


@pytest.mark.parametrize(
    ("handler", "failure"),
    [
        (says(b"HTTP/1.1 400 This is plain\r\n\r\n"), Failure.TLS),
        (silent, Failure.CONNECT_TIMEOUT),
        (reset, Failure.RESET),
        (says(), Failure.RESET),
    ],
    ids=["plain", "hang", "reset", "close"],
)
def test_no_tls_there(authority, handler, failure, caplog):
    with serve(handler, greet=True) as server:
        environment = server.environment(ca_file=authority.path)
        origin = server.origin._replace(scheme="https")
        from dataclasses import replace

        answer = ask(replace(environment, origin=origin))
    assert answer.failure == failure
    assert caplog.records == []


def test_reset_and_close_inside_tls(authority, caplog):
    context = context_for(authority, "127.0.0.1")
    for handler, failure in ((reset, Failure.RESET), (says(), Failure.CLOSED)):
        with serve(handler, tls=context) as server:
            assert ask(server.environment(ca_file=authority.path)).failure == failure
    cut = then(says(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok"))
    with serve(cut, tls=context) as server:
        answer = ask(server.environment(ca_file=authority.path))
    assert (answer.status, answer.end) == (200, "cut")
    assert caplog.records == []


def test_client_certificate_goes_to_the_own_origin_only(authority, tmp_path):
    """A mapped server that asks for one sees none."""
    certificate = authority.issue_cert("client.test")
    certificate.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "client.pem"))
    peers = []

    def handler(sock):
        peers.append(bool(sock.getpeercert()))
        says(OK)(sock)

    context = context_for(authority, "127.0.0.1")
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_OPTIONAL
    with serve(handler, tls=context) as own, serve(handler, tls=context) as mapped:
        environment = own.environment(
            ca_file=authority.path,
            client_cert=str(tmp_path / "client.pem"),
            servers=(("https://files.test", mapped.origin, ""),),
        )
        assert ask(environment).status == 200
        assert ask(environment, origin=mapped.origin).status == 200
    assert peers == [True, False]


@pytest.mark.parametrize("key", ["ca_file", "client_cert"])
def test_unusable_files_are_told_before_anything_is_sent(key, tmp_path):
    from .servers import Server

    bad = tmp_path / "bad.pem"
    bad.write_text("no certificate")
    for path in (str(bad), str(tmp_path / "missing.pem")):
        with pytest.raises(ConfigError) as caught:
            Wire(Server(1, "https").environment(**{key: path}), user_agent=AGENT)
        assert caught.value.where == path


def test_sessions_are_resumed_per_origin_and_name(authority):
    """The second handshake with one origin and name is short; another name starts afresh."""
    reused = []

    def handler(sock):
        reused.append(sock.session_reused)
        says(OK)(sock)

    async def two(environment):
        wire = Wire(environment, user_agent=AGENT)
        return [(await wire.probe(Prepared(environment.origin, "GET", "/"))).status for _ in range(3)]

    context = context_for(authority, "127.0.0.1", "a.test")
    with serve(handler, tls=context) as server:
        assert run(two(server.environment(ca_file=authority.path))) == [200] * 3
        assert run(two(server.environment(ca_file=authority.path, host="a.test"))) == [200] * 3
    assert reused == [False, True, True] * 2


def test_the_systems_store_resumes_too(authority, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", authority.path)
    reused = []

    def handler(sock):
        reused.append(sock.session_reused)
        says(OK)(sock)

    async def two(environment):
        wire = Wire(environment, user_agent=AGENT)
        return [(await wire.probe(Prepared(environment.origin, "GET", "/"))).status for _ in range(2)]

    with serve(handler, tls=context_for(authority, "127.0.0.1")) as server:
        assert run(two(server.environment())) == [200, 200]
    assert reused[0] is False
    import platform

    assert reused[1] is (platform.system() not in ("Windows", "Darwin"))


def test_parallel_first_handshakes(authority):
    async def many(environment):
        wire = Wire(environment, user_agent=AGENT)
        prepared = Prepared(environment.origin, "GET", "/")
        return {(await a).status for a in [asyncio.create_task(wire.probe(prepared)) for _ in range(20)]}

    with serve(says(OK), tls=context_for(authority, "127.0.0.1")) as server:
        assert run(many(server.environment(ca_file=authority.path))) == {200}


def test_a_name_that_tls_cannot_speak_of(authority):
    with serve(says(OK), tls=context_for(authority, "127.0.0.1")) as server:
        answer = ask(server.environment(ca_file=authority.path, host=".test"))
    assert answer.failure == Failure.INTERNAL


def test_tls_1_2(authority):
    context = context_for(authority, "127.0.0.1")
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with serve(says(OK), tls=context) as server:
        assert ask(server.environment(ca_file=authority.path)).status == 200
