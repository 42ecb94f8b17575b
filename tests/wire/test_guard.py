"""Nothing leaves that may not: counted at the server's socket, not in our own log."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import Forbidden
from auditor.model.environment import Environment, Origin
from auditor.model.methods import SAFE
from auditor.prober import guard
from auditor.prober.transport import Prepared, Wire

from .helpers import AGENT, ask, run
from .servers import QUICK, says, serve

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
SECRET = (("Authorization", "Bearer s3cret"), ("X-Api-Key", "k3y"))

FORBIDDEN_METHODS = ["POST", "PUT", "PATCH", "DELETE", "CONNECT", "PRI", "get", "PURGE", "LOCK", "GET ", "", "GET\r\n"]

FORBIDDEN_TARGETS = [
    "", "x", "http://other/x", "@other/x", "*", "/a b", "/a\r\nX: y", "/\u00e9", "/a#b", "/\x00", "/\x7f",
    "/a?_method=DELETE", "/a?b=1&_METHOD=PUT", "/a?%5Fmethod=DELETE", "/a?b;_method=x", "/a?.method=x", "/a?+_method=x",
    "/a?X-HTTP-Method-Override=DELETE", "/a?_method[]=x", "/a?_method[a]=x", "/a?%20_method=x", "/a?[method=x",
]  # fmt: skip

FORBIDDEN_FIELDS = [
    ("X-HTTP-Method-Override", "DELETE"), ("x-http-method", "PUT"), ("X-Method-Override", "PUT"),
    ("X_HTTP_Method_Override", "PUT"), ("X-Original-URL", "/admin"), ("Host", "other"), ("content-length", "5"),
    ("Transfer-Encoding", "chunked"), ("Authorization", "x"), ("Proxy-Authorization", "x"),
    ("Connection", "keep-alive"),
    ("Expect", "100-continue"), ("Upgrade", "h2c"), ("User-Agent", "x"), ("x-api-key", "theirs"), ("A", "b\r\nC: d"),
    ("A", "b\nc"), ("A", "\x00"), ("A b", "c"), ("A:", "c"), ("", "c"), ("A", " b"),
]  # fmt: skip


def refused(server, **request):
    environment = server.environment(headers=SECRET)
    wire = Wire(environment, user_agent=AGENT)
    prepared = Prepared(**{"origin": environment.origin, "method": "GET", "target": "/", **request})
    with pytest.raises(Forbidden):
        run(wire.probe(prepared))
    assert (wire.sent_total, wire.sent_state_changing) == (0, 0)


@pytest.fixture(scope="module")
def untouched():
    """A server that nothing may reach while the module's refusals are tried."""
    with serve(says(OK)) as server:
        yield server
        assert server.connections == 0


@pytest.mark.parametrize("method", FORBIDDEN_METHODS)
def test_method(untouched, method):
    refused(untouched, method=method)
    assert untouched.connections == 0


@pytest.mark.parametrize("target", FORBIDDEN_TARGETS)
def test_target(untouched, target):
    refused(untouched, target=target)
    assert untouched.connections == 0


@pytest.mark.parametrize("field", FORBIDDEN_FIELDS, ids=lambda f: repr(f[0]) + repr(f[1]))
def test_field(untouched, field):
    refused(untouched, fields=(field,))
    assert untouched.connections == 0


def test_trace_carries_no_cookie(untouched):
    refused(untouched, method="TRACE", fields=(("Cookie", "a=b"),))


def test_other_origin_is_never_connected(untouched):
    with serve(says(OK)) as other:
        for origin in (
            other.origin,
            other.origin._replace(host="localhost"),
            untouched.origin._replace(scheme="https"),
        ):
            refused(untouched, origin=origin)
        assert other.connections == 0
    assert untouched.connections == 0


@pytest.mark.parametrize("port", [0, -1, 65536, 65536 + 80])
def test_port_out_of_range(port):
    """A port beyond 65535 would wrap around to another service in some resolvers."""
    origin = Origin("http", "127.0.0.1", port)
    environment = Environment("dev", "http://127.0.0.1", origin, "", limits=QUICK)
    with pytest.raises(Forbidden):
        ask(environment)


def test_every_probe_asks_the_guard(monkeypatch):
    """Without the guard's consent no octet leaves: the server's counter stays at 0 whatever the request."""
    asked = []

    def refuse(*request, **more):
        asked.append(request[1])
        raise Forbidden("no")

    monkeypatch.setattr(guard, "check", refuse)
    with serve(says(OK)) as server:
        for method in ("GET", "OPTIONS", "DELETE"):
            with pytest.raises(Forbidden):
                ask(server.environment(), method)
        assert server.connections == 0
    assert asked == ["GET", "OPTIONS", "DELETE"]


def test_no_state_changing_method_arrives():
    """The guard that is really there: only what is safe reaches the server, and the counters agree with it."""
    methods = sorted(SAFE | {"POST", "PUT", "PATCH", "DELETE", "CONNECT", "LINK", "MOVE", "MKCOL"})
    with serve(says(OK)) as server:
        environment = server.environment(headers=SECRET)
        wire = Wire(environment, user_agent=AGENT)

        async def all_of_them():
            for method in methods:
                try:
                    await wire.probe(Prepared(environment.origin, method, "/"))
                except Forbidden:
                    continue

        run(all_of_them())
    arrived = [head.split()[0].decode() for head in server.received]
    assert set(arrived) == SAFE - {"PRI"}
    assert (wire.sent_total, wire.sent_state_changing) == (len(arrived), 0)


def test_options_asterisk():
    with serve(says(OK)) as server:
        assert ask(server.environment(), "OPTIONS", "*").status == 200
    assert server.received[0].startswith(b"OPTIONS * HTTP/1.1\r\n")


def test_odd_but_legal_path_stays_on_the_origin():
    with serve(says(OK)) as server:
        for target in ("//other/x", "/@other/x", "/a?url=http://other/", "/a?_method_id=1&method=x"):
            assert ask(server.environment(), target=target).status == 200
    assert [h.split()[1] for h in server.received] == [
        b"//other/x",
        b"/@other/x",
        b"/a?url=http://other/",
        b"/a?_method_id=1&method=x",
    ]


def test_credentials_go_to_the_configured_origin_only():
    """A mapped server is contacted, but bare; TRACE is bare everywhere (P1, P6)."""
    with serve(says(OK)) as own, serve(says(OK)) as mapped:
        environment = own.environment(headers=SECRET, servers=(("https://files.test", mapped.origin, ""),))
        ask(environment)
        ask(environment, origin=mapped.origin)
        ask(environment, "TRACE")
    assert [b"s3cret" in h for h in own.received] == [True, False]
    assert [b"s3cret" in h or b"k3y" in h for h in mapped.received] == [False]


@pytest.mark.parametrize(
    ("url", "allow", "proxy", "expected"),
    [
        ("https://api.example.test", False, None, True),
        ("http://api.example.test", False, None, False),
        ("http://api.example.test", True, None, True),
        ("http://10.0.0.1", False, None, False),
        ("http://127.0.0.1", False, None, True),
        ("http://localhost", False, None, True),
        ("http://[::1]", False, None, True),
        ("http://localhost.example.test", False, None, False),
        ("http://127.0.0.1", False, "http://proxy.example.test:3128", False),
        ("http://127.0.0.1", False, "http://127.0.0.1:3128", True),
        ("https://api.example.test", False, "http://proxy.example.test:3128", True),
    ],
)
def test_credentials_and_plain_text(url, allow, proxy, expected):
    scheme, host = url.split("://")
    origin = Origin(scheme, host.strip("[]"), 443 if scheme == "https" else 80)
    environment = Environment("dev", url, origin, "", headers=SECRET, allow_plaintext=allow, proxy=proxy)
    assert guard.credentials_for(environment, origin) == (SECRET if expected else ())


def test_secret_with_line_break_is_refused_without_being_quoted(untouched):
    environment = untouched.environment(headers=(("Authorization", "Bearer s3cret\r\nX: y"),))
    with pytest.raises(Forbidden) as caught:
        ask(environment)
    assert "s3cret" not in str(caught.value) + str(caught.value.where)
    assert untouched.connections == 0


def test_loopback_name_must_mean_loopback():
    """`x.localhost` may have credentials in plain text; a resolver that points it elsewhere gets nothing."""
    wire = Wire(Environment("dev", "", Origin("http", "x.localhost", 80), ""), user_agent=AGENT)
    with pytest.raises(Exception, match="another machine"):
        wire._check_addresses("x.localhost", ["127.0.0.1", "192.0.2.1"])


@given(st.text(max_size=8), st.text(max_size=12))
def test_accepted_fields_stay_on_one_line(name, value):
    try:
        guard.check_field(name, value)
    except Forbidden:
        return
    line = f"{name}: {value}"
    assert name
    assert line.isprintable() or not set(line) & set("\r\n\0")
    assert not {"\r", "\n", "\0", "\x7f"} & set(line)


@given(st.text(max_size=20))
def test_accepted_targets_are_one_word(target):
    environment = Environment("dev", "", Origin("http", "h", 80), "")
    try:
        guard.check(environment, "GET", environment.origin, target, ())
    except Forbidden:
        return
    assert target.startswith("/")
    assert len(target.split()) == 1
    assert target.isascii()
    assert "#" not in target
