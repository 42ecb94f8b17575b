"""The curl line: run by a shell, it sends what was sent, and nothing of it is run."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.differ.curl import curl_line, secret_name
from auditor.model.environment import Origin
from auditor.model.exchange import Answer, Exchange, Probe, Purpose, Slot
from tests.differ.wire import Wire, wire

Fields = tuple[tuple[str, str | None], ...]


def exchange(method: str, target: str, fields: Fields = (), port: int = 80, environment: str = "stage") -> Exchange:
    probe = Probe(environment, Slot(Purpose.PATH, method, target), Origin("http", "127.0.0.1", port), target)
    return Exchange(probe, 0, "2026-11-20T00:00:00.000Z", 0.1, 1, fields, Answer(200))


def test_a_get_is_short() -> None:
    fields: Fields = (("Host", "127.0.0.1"), ("User-Agent", "auditor"), ("Accept", "*/*"), ("Connection", "close"))
    assert curl_line(exchange("GET", "/orders/7", fields)) == "curl -i http://127.0.0.1/orders/7"


def test_a_secret_is_a_variable_named_after_environment_and_field() -> None:
    line = curl_line(exchange("REPORT", "/orders", (("Authorization", None),)))
    assert line == 'curl -i -X REPORT http://127.0.0.1/orders -H "Authorization: $STAGE_AUTHORIZATION"'
    assert secret_name("1-prod.eu", "X-Api-Key") == "_1_PROD_EU_X_API_KEY"


def test_head_does_not_wait_for_a_body() -> None:
    assert curl_line(exchange("HEAD", "/orders")) == "curl -i --head http://127.0.0.1/orders"


def test_another_host_field_is_kept() -> None:
    assert "-H 'Host: api.example.test'" in curl_line(exchange("GET", "/", (("Host", "api.example.test"),)))


def run(line: str, folder: Path, **variables: str) -> None:
    quiet = line.replace("curl -i", "curl -q -s -i", 1)
    environment = {"PATH": "/usr/bin:/bin:/usr/local/bin", **variables}
    subprocess.run(["/bin/sh", "-c", quiet], cwd=folder, env=environment, check=True, timeout=30, capture_output=True)


def sent(seen: Wire) -> tuple[str, str, dict[str, str]]:
    method, target, fields = seen.requests[-1]
    return method, target, dict(fields)


@pytest.mark.needs("curl")
def test_what_the_line_sends_is_what_was_sent(tmp_path: Path) -> None:
    fields: Fields = (("Accept", "application/json; q='1'"), ("X-Empty", ""), ("Authorization", None))
    target = "/a/../b/{x}/%20;$(touch%20x)'\"?q=[1]&r=`id`"
    with wire() as seen:
        run(curl_line(exchange("REPORT", target, fields, seen.port)), tmp_path, STAGE_AUTHORIZATION="Bearer t$x`id`")
        method, path, arrived = sent(seen)
    assert (method, path) == ("REPORT", target)
    assert arrived["Accept"] == "application/json; q='1'"
    assert arrived["X-Empty"] == ""
    assert arrived["Authorization"] == "Bearer t$x`id`"


@pytest.mark.needs("curl")
def test_a_field_name_is_not_run(tmp_path: Path) -> None:
    names = ("X-`touch`", "X-$HOME", "X-'q", "X-!a")
    with wire() as seen:
        line = curl_line(exchange("GET", "/", tuple((n, None) for n in names), seen.port))
        run(line, tmp_path, **{secret_name("stage", n): "s" for n in names})
        _, _, arrived = sent(seen)
    assert {n: arrived.get(n) for n in names} == dict.fromkeys(names, "s")


words = st.text(st.characters(codec="ascii", exclude_characters="\x00\n\r"), max_size=12)


@settings(max_examples=60)
@given(text=words, name=st.text("abcXYZ0-`$'!#&|~^", min_size=1, max_size=8), method=st.sampled_from(["GET", "a'b`$"]))
def test_a_shell_reads_back_the_same_words(text: str, name: str, method: str) -> None:
    line = curl_line(exchange(method, f"/{text}", ((f"X{name}", text), (f"Y{name}", None))))
    script = "curl() { printf '%s\\000' \"$@\"; }\n" + line
    done = subprocess.run(["/bin/sh", "-c", script], env={}, capture_output=True, check=True)
    assert not done.stderr
    got = done.stdout.decode().split("\0")[:-1]
    assert f"http://127.0.0.1/{text}" in got
    assert (f"X{name}: {text}" if text else f"X{name};") in got
    assert f"Y{name}: " in got
    assert method == "GET" or method in got
