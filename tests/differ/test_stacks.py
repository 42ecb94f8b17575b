"""Stacks: every file is complete, real servers are known by their own answers, and nobody is taken for another."""

from __future__ import annotations

import http.client

import pytest

from auditor.differ.advice import MOST, fixes
from auditor.differ.stacks import ASPECTS, Stack, stacks
from auditor.explaining import SYMBOLS, status
from auditor.model.exchange import Answer, BodyTrace
from auditor.model.finding import Fix, Side
from tests import stacks_page
from tests.command import run_auditor
from tests.servers import Server, start

WANTED = {
    "django-rest-framework", "django", "fastapi", "flask", "express", "fastify", "nestjs", "rails", "spring",
    "aspnet-core", "go-net-http", "gin", "chi", "symfony", "laravel", "axum", "actix", "nginx", "apache", "haproxy",
    "envoy", "kong", "caddy", "aws-api-gateway", "aws-alb", "cloudflare",
}  # fmt: skip


def test_the_stacks_are_all_there_and_named_after_their_files() -> None:
    assert {s.id for s in stacks()} == WANTED


@pytest.mark.parametrize("stack", stacks(), ids=lambda s: s.id)
def test_every_text_is_there_and_can_be_typed(stack: Stack) -> None:
    needed = {"serve", "drop", "allow"} if stack.side is Side.SERVICE else {"pass", "drop", "allow"}
    assert needed <= set(stack.fixes) <= set(ASPECTS.values())
    for text in stack.fixes.values():
        assert text.endswith("."), text
        assert text[0].isupper() or text[0] == "`", text
        assert text.count("`") % 2 == 0, text
    assert any("`" in text for text in stack.fixes.values())
    assert all(len(text) > 3 for text in (stack.symbol, stack.routes, stack.logs))
    assert "." in stack.source, "the documentation is named"


def test_explain_405_has_every_part_and_every_symbol(tmp_path: pytest.TempPathFactory) -> None:
    text = status()
    heads = [line for line in text.splitlines()[3:] if line and not line.startswith(" ")]
    assert heads == ["Symptom", "Root causes", "Diagnosis", "Fixes", "Prevention", "In the logs", "Source",
                     "In your language", "On your stack"]  # fmt: skip
    for symbol in (
        "http.StatusMethodNotAllowed", ":method_not_allowed", "Response::HTTP_METHOD_NOT_ALLOWED",
        "HTTPStatus.METHOD_NOT_ALLOWED", "HttpStatusCode.MethodNotAllowed", "StatusCode::METHOD_NOT_ALLOWED",
        "HTTP_BAD_METHOD", "SC_METHOD_NOT_ALLOWED",
    ):  # fmt: skip
        assert symbol in text
    assert "Angular" in dict(SYMBOLS)
    assert all(stack.name in text for stack in stacks())
    done = run_auditor("explain", "405", cwd=str(tmp_path))
    assert (done.returncode, done.stdout, done.stderr) == (0, text, "")


def asked(server: Server, method: str, path: str) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        text = answer.read(2048).decode("utf-8", "replace")
        fields = tuple(answer.getheaders())
        return Answer(answer.status, fields, BodyTrace(len(text), text=text if answer.status >= 400 else None))
    finally:
        connection.close()


def seen(server: Server) -> set[str]:
    """What the server is known by: an unknown path, a method nobody implements, and a good answer."""
    base = "/v1"
    answers = [asked(server, m, base + p) for m, p in (("GET", "/nowhere"), ("REPORT", "/books"), ("GET", "/books"))]
    return {s.id for s in stacks() if s.seen_in(answers)}


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("flask-bookshop", {"flask"}),
        ("fastapi-bookshop", {"fastapi"}),
        ("starlette-bookshop", {"fastapi"}),
        ("drf-bookshop", {"django-rest-framework"}),
        ("aiohttp-bookshop", set()),
        ("http-server-bookshop", set()),
        pytest.param("express-bookshop", {"express"}, marks=pytest.mark.needs("node", "express")),
        pytest.param("fastify-bookshop", {"fastify"}, marks=pytest.mark.needs("node", "fastify")),
        pytest.param("nginx-limit-flask", {"nginx", "flask"}, marks=pytest.mark.needs("nginx")),
        pytest.param("haproxy-405-bookshop", {"haproxy", "flask"}, marks=pytest.mark.needs("haproxy")),
        pytest.param("apache-limit-bookshop", {"apache", "flask"}, marks=pytest.mark.needs("apache2")),
        pytest.param("go-bookshop", {"go-net-http"}, marks=pytest.mark.needs("go")),
    ],
)
def test_a_real_server_is_known_by_its_own_answers(name: str, known: set[str]) -> None:
    with start(name) as server:
        assert seen(server) <= known | {"django"}
        assert known <= seen(server)


def test_what_to_type_takes_the_place_of_general_advice_on_that_side_only() -> None:
    by_id = {s.id: s for s in stacks()}
    general = (Fix(Side.SERVICE, "medium", "Route it."), Fix(Side.GATEWAY, "easy", "Let it pass."))
    known = {"prod": (by_id["flask"],), "dev": ()}
    told = fixes("documented-method-missing", general, ["prod", "dev"], known)
    assert [f.side for f in told] == [Side.SERVICE, Side.GATEWAY]
    assert told[0].text.startswith("Flask: Name the method at the route")
    assert told[1] is general[1]
    assert fixes("documented-method-missing", general, ["dev"], known) == general
    assert fixes("server-error", general, ["prod"], known) == general
    many = {"prod": tuple(s for s in stacks() if s.side is Side.GATEWAY)}
    assert sum(f.side is Side.GATEWAY for f in fixes("gateway-blocks-method", general, ["prod"], many)) == MOST


def test_the_page_says_what_the_stacks_say() -> None:
    assert stacks_page.PAGE.read_text(encoding="utf-8") == stacks_page.page(), "python -m tests.stacks_page"
