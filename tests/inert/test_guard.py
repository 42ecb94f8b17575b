"""The guard asks again: whatever a planner gone wrong hands down dies before a socket opens, counted at a server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest

from auditor.errors import Forbidden
from auditor.model.contract import RequestBody
from auditor.model.environment import Environment, Mode, Origin
from auditor.model.exchange import Answer, BodyTrace, Exchange, Failure, Form, Probe, Purpose, Slot
from auditor.prober.content import Content
from auditor.prober.harmless import Clearance, Proof
from auditor.prober.phantom import Filled, Filling, Phantom
from auditor.prober.transport import Prepared, Wire
from tests.wire.servers import Server, says, serve

NUMBER, PATH = "1500000001", "/v1/books/1500000001"
NONCE = "0123456789abcdef"
BODY = RequestBody(True, ("application/json",), True)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serve(says(b"HTTP/1.1 405 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")) as running:
        yield running


def inert(server: Server, **changes: object) -> Environment:
    return server.environment(mode=Mode.INERT, url=server.origin.text + "/v1", base_path="/v1", **changes)


def got(origin: Origin, status: int, target: str = PATH, method: str = "GET", **more: object) -> Exchange:
    slot = Slot(Purpose.ABSENT, method, "/books/{id}", 0, more.pop("form", Form.PLAIN))  # type: ignore[arg-type]
    answer = Answer(status, (), BodyTrace(9, "application/json", "s", "s", str(more.pop("masked", "object"))), **more)  # type: ignore[arg-type]
    return Exchange(Probe("dev", slot, origin, target), 1, "2026-01-01T00:00:00.000Z", 0.01, 1, answer=answer)


def proof(server: Server, absent: Exchange | None = None, known: Exchange | None = None) -> Proof:
    return Proof(absent or got(server.origin, 404), known or got(server.origin, 200, "/v1/books/1"))


def clearance(server: Server, method: str = "DELETE", **changes: object) -> Clearance:
    """DELETE of a book whose number GET showed to be nobody's."""
    book = Phantom("/books/{id}", PATH, (Filled("id", Filling.ABSENT, True, True, PATH),))
    return replace(
        Clearance(method, Form.UNFINISHED, PATH, book, proofs={PATH: proof(server)}, origin=server.origin), **changes
    )  # type: ignore[arg-type]


def send(environment: Environment, method: str, target: str, asked: Clearance | None, **prepared: object) -> Wire:
    wire = Wire(environment, user_agent="test")

    async def once() -> None:
        content = Content(asked, 0.6) if asked else None
        fields = prepared.pop("fields", ())
        origin = prepared.pop("origin", environment.origin)
        try:
            await wire.probe(Prepared(origin, method, target, fields, content))  # type: ignore[arg-type]
        finally:
            await wire.close()

    asyncio.run(once())
    return wire


def refused(server: Server, environment: Environment, method: str, target: str, asked: Clearance | None,
            **prepared: object) -> None:  # fmt: skip
    before = server.connections
    with pytest.raises(Forbidden):
        send(environment, method, target, asked, **prepared)
    assert server.connections == before


def test_what_the_rule_allows_goes_out(server: Server) -> None:
    """Otherwise the refusals below would show nothing."""
    before = server.connections
    wire = send(inert(server), "DELETE", PATH, clearance(server))
    assert (server.connections, wire.sent_total, wire.sent_state_changing) == (before + 1, 1, 1)
    assert server.received[-1].startswith(b"DELETE " + PATH.encode() + b" HTTP/1.1\r\n")
    wire = send(inert(server), "PATCH", PATH + "?q=1", clearance(server, "PATCH"))
    assert (server.connections, wire.sent_state_changing) == (before + 2, 1)


def test_safe_mode(server: Server) -> None:
    safe = replace(inert(server), mode=Mode.SAFE)
    refused(server, safe, "DELETE", PATH, clearance(server))
    refused(server, safe, "REPORT", PATH, clearance(server, "REPORT"))
    refused(server, replace(safe, inert_forms=("unfinished", "broken-json")), "DELETE", PATH, clearance(server))


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "PURGE", "LOCK", "CONNECT", "get", "PRI"])
def test_no_clearance(server: Server, method: str) -> None:
    refused(server, inert(server), method, PATH, None)


@pytest.mark.parametrize(
    "target", ["/v1/books/1", "/v1/books", PATH + "/", PATH + "/reviews", PATH.upper(), "/v1/cache"]
)
def test_another_target_than_the_one_that_was_cleared(server: Server, target: str) -> None:
    refused(server, inert(server), "DELETE", target, clearance(server))


@pytest.mark.parametrize("method", ["PATCH", "PUT", "POST", "GET", "delete", "REPORT"])
def test_another_method_than_the_one_that_was_cleared(server: Server, method: str) -> None:
    refused(server, inert(server), method, PATH, clearance(server))


@pytest.mark.parametrize("method", ["POST", "PUT", "PURGE", "LOCK", "GET", "MKCOL", "BIND"])
def test_absence_clears_patch_and_delete_only(server: Server, method: str) -> None:
    refused(server, inert(server), method, PATH, clearance(server, method))


@pytest.mark.parametrize("form", [Form.PLAIN, Form.BROKEN_JSON, Form.UNKNOWN_TYPE])
def test_another_form(server: Server, form: Form) -> None:
    media_type = "application/vnd.auditor.unread" if form is Form.UNKNOWN_TYPE else "application/json"
    refused(server, inert(server), "DELETE", PATH, clearance(server, form=form, media_type=media_type))


def test_an_opted_in_form_keeps_to_the_rule(server: Server) -> None:
    opted = inert(server, inert_forms=("broken-json", "unknown-type"))
    send(opted, "DELETE", PATH, clearance(server, form=Form.BROKEN_JSON))
    refused(server, opted, "DELETE", PATH, clearance(server, form=Form.BROKEN_JSON, proofs={}))
    refused(server, opted, "DELETE", PATH, clearance(server, form=Form.UNKNOWN_TYPE))
    unread = {"form": Form.UNKNOWN_TYPE, "media_type": "application/vnd.auditor.unread", "body": BODY}
    send(opted, "DELETE", PATH, clearance(server, **unread))
    refused(server, opted, "PUT", PATH, clearance(server, "PUT", **unread))


def proofs(server: Server) -> dict[str, dict[str, Proof]]:
    here, there = server.origin, Origin("http", "127.0.0.1", 9)
    made = {
        "another target": proof(server, got(here, 404, "/v1/books/1500000002")),
        "the collection": proof(server, got(here, 404, "/v1/books")),
        "another method": proof(server, got(here, 404, method="HEAD")),
        "a state-changing method": proof(server, got(here, 404, method="DELETE")),
        "a GET with content": proof(server, got(here, 404, form=Form.UNFINISHED)),
        "another origin": proof(server, got(there, 404)),
        "both of another origin": proof(server, got(there, 404), got(there, 200, "/v1/books/1")),
        "a witness of another origin": proof(server, None, got(there, 200, "/v1/books/1")),
        "an object that exists": proof(server, got(here, 200)),
        "a redirect": proof(server, got(here, 302)),
        "a gate": proof(server, got(here, 403)),
        "a broken server": proof(server, got(here, 500)),
        "an answer cut short": proof(server, got(here, 404, end="cut")),
        "the unknown path's own 404": proof(server, None, got(here, 404, "/v1/zq")),
        "a witness that is no GET": proof(server, None, got(here, 200, "/v1/books/1", "OPTIONS")),
    }
    failed = replace(got(here, 404), answer=None, failure=Failure.CLOSED)
    return {
        "none at all": {},
        "for another object": {"/v1/books/1": proof(server)},
        "no answer": {PATH: proof(server, failed)},
        **{why: {PATH: p} for why, p in made.items()},
    }


KINDS = [
    "none at all", "for another object", "no answer", "another target", "the collection", "another method",
    "a state-changing method", "a GET with content", "another origin", "both of another origin",
    "a witness of another origin",
    "an object that exists", "a redirect", "a gate", "a broken server", "an answer cut short",
    "the unknown path's own 404", "a witness that is no GET",
]  # fmt: skip


@pytest.mark.parametrize("why", KINDS)
def test_a_proof_that_proves_nothing(server: Server, why: str) -> None:
    wrong = proofs(server)
    assert set(wrong) == set(KINDS)
    refused(server, inert(server), "DELETE", PATH, clearance(server, proofs=wrong[why]))


def test_documented_content(server: Server) -> None:
    books = Phantom("/books", "/v1/books")
    asked = clearance(server, "POST", target="/v1/books", phantom=books, body=BODY, proofs={})
    send(inert(server), "POST", "/v1/books", asked)
    for body in (None, replace(BODY, required=False), replace(BODY, demands_property=False)):
        refused(server, inert(server), "POST", "/v1/books", replace(asked, body=body))
    for media_type in ("application/octet-stream", "multipart/form-data", "text/plain", "application/json\r\nX: y", ""):
        refused(server, inert(server), "POST", "/v1/books", replace(asked, media_type=media_type))


def test_an_unknown_path_needs_64_random_bits_in_it(server: Server) -> None:
    asked = Clearance("PUT", Form.UNFINISHED, f"/v1/zq{NONCE}", nonce=NONCE, origin=server.origin)
    send(inert(server), "PUT", f"/v1/zq{NONCE}", asked)
    for nonce, target in (("", "/v1/books"), (NONCE, "/v1/books"), (NONCE[:8], f"/v1/zq{NONCE}")):
        refused(server, inert(server), "PUT", target, replace(asked, nonce=nonce, target=target))


def test_the_planner_cannot_set_the_content_type_itself(server: Server) -> None:
    for name in ("Content-Type", "content-type", "Content-Length", "Transfer-Encoding", "Expect"):
        refused(server, inert(server), "DELETE", PATH, clearance(server), fields=((name, "text/plain"),))


def test_another_origin_than_the_operators(server: Server) -> None:
    other = Origin("http", "127.0.0.1", 9)
    refused(server, inert(server), "DELETE", PATH, clearance(server), origin=other)
    refused(server, inert(server), "DELETE", PATH, clearance(server, origin=other), origin=other)
    # A second server of the operator's own: what is known of the one clears nothing on the other.
    mapped = inert(server, servers=(("https://uploads.example.test", other, "/v1"),))
    refused(server, mapped, "DELETE", PATH, clearance(server), origin=other)
    refused(server, mapped, "DELETE", PATH, clearance(server, origin=other), origin=other)


def test_the_path_must_be_made_of_the_objects_that_were_judged(server: Server) -> None:
    """A clearance whose parts do not fit together: the proof is of one book, the request of another."""
    book = Filled("id", Filling.ABSENT, True, True, PATH)
    other = Phantom("/books/{id}", "/v1/books/1", (book,))
    refused(server, inert(server), "DELETE", "/v1/books/1", clearance(server, target="/v1/books/1", phantom=other))
    random = Phantom("/books/{id}", "/v1/books/1", (replace(book, filling=Filling.RANDOM, prefix="/v1/books/1"),))
    refused(server, inert(server), "DELETE", "/v1/books/1",
            clearance(server, target="/v1/books/1", phantom=random, proofs={}))  # fmt: skip
    below = Phantom("/books/{id}/pages", "/v1/books/1/pages", (replace(book, last=False),))
    refused(server, inert(server), "PATCH", below.path, clearance(server, "PATCH", target=below.path, phantom=below))
