"""Objects that exist, from the collections' own answers: what is taken, what never is, and that waiting pays."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.evaluation import Scope, plan_environment
from auditor.model.contract import Contract, Operation, Parameter, PathItem, Value
from auditor.model.environment import Environment, Mode
from auditor.model.exchange import Form, Probe, Purpose, Slot
from auditor.model.knowledge import Knowledge, learn
from auditor.prober.exchange_io import WireAnswer
from auditor.prober.harvest import MAX_ITEMS, Wanted, donors, harvest, learnt
from auditor.prober.observe import exchange as observe
from auditor.prober.redact import Redactor
from tests.command import run_auditor
from tests.conftest import Serve
from tests.e2e.audits import audit
from tests.inert.worlds import HERE, ORIGIN
from tests.prober.audits import run
from tests.prober.raw import Raw, http, said, serve

SOME = settings(max_examples=150)
BOOK = Wanted("books/{}", ("bookId",), "books", Parameter("bookId", "path", True, "integer"))
SLUG = Wanted("books/{}", ("slug",), "books", Parameter("slug", "path", True, "string"))
ANY = Wanted("books/{}", ("id",), "books")


def taken(value: Any, want: Wanted = ANY) -> str | None:
    found = harvest(json.dumps(value).encode(), None, (want,))
    assert len(found) <= 1
    return found[0][1] if found else None


# --- where a value is looked for --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        [{"id": 7}],
        {"items": [{"id": 7}]},
        {"data": [{"id": 7}], "links": {"next": "/books?page=2"}},
        {"results": [{"ID": 7}], "count": 1},
        {"books": [{"id": 7}], "items": [{"id": 8}]},
        {"Books": [{"bookId": 7}]},
        {"whatever": [{"id": 7}], "page": 1},
        [{"book_id": 7, "id": 8}],
        [{"book-id": 7}],
        [{}, {"id": 7}],
        [{"id": None}, {"id": 7}],
        [{"id": True}, {"id": 7}],
        [7],
        ["x", 7],
    ],
)
def test_lists_and_names_of_all_usual_kinds(value: Any) -> None:
    assert taken(value, BOOK) == "7"


@pytest.mark.parametrize(
    "value",
    [
        {}, [], None, 7, "7", True, {"id": 7}, {"items": {}}, {"items": []}, [[7]], [[{"id": 7}]], [{"id": 7.0}],
        [{"id": [7]}], [{"id": {"id": 7}}], [{"price": 7}], [{"parentId": 7}], {"a": [{"id": 7}], "b": [{"id": 8}]},
        {"data": {"items": [{"id": 7}]}}, [{"x": 1}] * MAX_ITEMS + [{"id": 7}],
    ],
)  # fmt: skip
def test_what_is_no_list_of_objects_names_nothing(value: Any) -> None:
    assert taken(value, BOOK) is None


@pytest.mark.parametrize("text", ["a/b", "..", ".", "", " ", "a b", "a?b", "a#b", "a%2fb", "é", "-a", "_a", "a\nb",
                                  "a\x00", "x" * 65, "{id}", "*", "a;b", "https://x.test/", "\u202ea"])  # fmt: skip
def test_hostile_values_are_left(text: str) -> None:
    assert taken([{"slug": text}], SLUG) is None
    assert taken([{"slug": text}, {"slug": "good-one"}], SLUG) == "good-one"


def test_values_must_fit_the_type() -> None:
    assert taken([{"id": "abc"}], BOOK) is None
    uuid = Wanted("books/{}", ("id",), "books", Parameter("id", "path", True, "string", "uuid"))
    assert taken([{"id": 7}], uuid) is None
    assert taken([{"id": "3f2504e0-4f89-41d3-9a0c-0305e82c3301"}], uuid) == "3f2504e0-4f89-41d3-9a0c-0305e82c3301"


KEYS = st.one_of(st.sampled_from(("id", "items", "data", "slug", "bookId")), st.text(max_size=9))
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=80)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)  # fmt: skip


@SOME
@given(values)
def test_whatever_the_answer_holds_one_short_plain_word_is_taken_or_nothing(value: Any) -> None:
    for want in (BOOK, SLUG, ANY):
        text = taken(value, want)
        if text is not None:
            assert text.replace("-", "").replace("_", "").isalnum()
            assert text.isascii()
            assert len(text) <= 64
            assert f'"{text}"' in json.dumps(value) or text in json.dumps(value)


@SOME
@given(st.binary(max_size=300), st.sampled_from((None, "gzip", "br", "deflate", "identity")))
def test_octets_that_are_no_json_name_nothing_and_break_nothing(octets: bytes, encoding: str | None) -> None:
    for place, text in harvest(octets, encoding, (BOOK, SLUG)):
        assert place == "books/{}"
        assert len(text) <= 64


@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000, b'{"items":' * 5000, b'[{"id": 1' + b"0" * 60_000 + b"}]", b"[{\"id\": NaN}]", b"\xff\xfe[\x00"],
    ids=["nested lists", "nested objects", "a huge number", "NaN", "UTF-16"],
)  # fmt: skip
def test_bounded(body: bytes) -> None:
    assert harvest(body, None, (BOOK, SLUG)) == ()


# --- what is kept -----------------------------------------------------------------------------------------------------


def kept(
    body: str, status: int = 200, secrets: tuple[str, ...] = (), end: str = "complete"
) -> tuple[tuple[str, str], ...]:
    answer = WireAnswer(status=status, body=body.encode(), end=end, fields=[(b"Content-Type", b"application/json")])
    probe = Probe("dev", Slot(Purpose.PATH, "GET", "/books"), ORIGIN, "/books")
    want = Wanted("books/{}", ("token", "id"), "books", Parameter("token", "path", True, "string"))
    return observe(probe, answer, 1, datetime.now(UTC), 1, Redactor(secrets), wanted=(want,)).learnt


def test_an_answer_is_learnt_from_if_it_is_2xx_and_whole() -> None:
    body = '[{"id": "seven"}]'
    assert kept(body) == (("books/{}", "seven"),)
    for status in (301, 401, 404, 500):
        assert kept(body, status) == ()
    assert kept(body, end="cut") == ()


@pytest.mark.parametrize(
    "secret",
    [
        "s3cr3t-token-of-ours",
        "eyJhbGciOiJIUzI1NiJ9-eyJzdWIiOiIxIn0-abcdefghijk",
        "AKIAIOSFODNN7EXAMPLE",
        "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    ],
)
def test_what_looks_like_a_secret_is_not_kept(secret: str) -> None:
    found = kept(json.dumps([{"token": secret}]), secrets=("Bearer s3cr3t-token-of-ours",))
    text = Redactor(("Bearer s3cr3t-token-of-ours",)).text(secret)
    assert found == () or text == secret, "the redactor knows it, so it must not be kept"
    assert kept('[{"token": "s3cr3t-token-of-ours"}]', secrets=("Bearer s3cr3t-token-of-ours",)) == ()


def test_nothing_else_of_the_answer_is_stored(tmp_path: Path) -> None:
    private = "Jane-Roe-of-12-Elm-Street"
    table = {("*", "*"): http(404, said("no")), ("GET", "/people/jr"): http(200, json.dumps({"name": private})),
             ("GET", "/people"): http(200, json.dumps([{"id": "jr", "name": private, "key": private}]))}  # fmt: skip
    with serve(table) as server:
        run(tmp_path, server.url, {"/people": "get", "/people/{id}": "get patch"})
        assert server.seen["GET", "/people/jr"] >= 1
    stored = b"".join(p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file())
    assert private.encode() not in stored
    assert b'"jr"' in stored


# --- who names what ---------------------------------------------------------------------------------------------------


def item(template: str, *methods: str, kinds: dict[str, tuple[str, ...] | str] | None = None, **more: Any) -> PathItem:
    parameters = []
    for piece in template.split("{")[1:]:
        name = piece.split("}")[0]
        kind = (kinds or {}).get(name, "string")
        parameters.append(Parameter(name, "path", True, kind if isinstance(kind, str) else "string", None,
                                    () if isinstance(kind, str) else kind))  # fmt: skip
    operations = tuple(Operation(m, HERE) for m in methods)
    return PathItem(template, template, HERE, operations, (template,), more.get("values", {}), tuple(parameters))


def contract(*items: PathItem) -> Contract:
    return Contract("spec", "t", "1", "openapi.json", "3.1", (), items)


def names(*items: PathItem) -> dict[str, list[str]]:
    return {
        t: [w.place for w in wanted] for t, wanted in donors(contract(*items), lambda i: "GET" in i.methods).items()
    }


def test_the_parameter_right_below_a_collection() -> None:
    assert names(item("/books", "GET"), item("/books/{id}", "GET")) == {"/books": ["books/{}"]}
    assert names(item("/books/", "GET"), item("/books/{id}", "GET")) == {"/books/": ["books/{}"]}
    nested = names(item("/a", "GET"), item("/a/{x}/b", "GET"), item("/a/{x}/b/{y}", "GET"))
    assert nested == {"/a": ["a/{}"], "/a/{x}/b": ["a/{}/b/{}"]}


@pytest.mark.parametrize(
    "below",
    [
        item("/books/{kind}", "GET", kinds={"kind": ("new", "old")}),
        item("/books/{is}", "GET", kinds={"is": "boolean"}),
        item("/books/{version}", "GET"),
        item("/books/{tenantId}", "GET"),
        item("/books/{id}.json", "GET"),
        item("/books/{path*}", "GET"),
        item("/books/new", "GET"),
    ],
    ids=lambda i: i.template,
)
def test_closed_and_partial_parameters_are_never_filled(below: PathItem) -> None:
    assert names(item("/books", "GET"), below) == {}


def test_a_collection_without_get_names_nothing() -> None:
    assert names(item("/books", "POST"), item("/books/{id}", "GET")) == {}


# --- waiting for it ---------------------------------------------------------------------------------------------------

BOOKS = contract(item("/books", "GET"), item("/books/{id}", "GET", "PATCH"), item("/other", "GET"))
DEV = Environment("dev", ORIGIN.text, ORIGIN, "", Mode.INERT, contract="spec")


def test_paths_wait_for_the_collection_that_may_name_their_object() -> None:
    catalogue = plan_environment(BOOKS, DEV, Scope(), "seed")[0]
    first = catalogue.needed(Knowledge("dev"))
    assert "/books/{id}" not in {p.slot.subject for p in first}
    knowledge, seq = Knowledge("dev"), 0
    for _ in range(20):
        wave = catalogue.needed(knowledge)
        asked = [p for p in wave if p.slot == Slot(Purpose.PATH, "GET", "/books")]
        exchanges = []
        for probe in wave:
            seq += 1
            body = b'[{"id": "tolkien"}]' if probe in asked else b"{}"
            status = 404 if probe.purpose is Purpose.SIBLING else 200
            answer = WireAnswer(status=status, body=body, end="complete")
            wanted = catalogue.wanted.get(probe.slot.subject, ()) if probe in asked else ()
            exchanges.append(observe(probe, answer, seq, datetime.now(UTC), 1, Redactor(()), wanted=wanted))
        knowledge = learn(knowledge, exchanges)
        catalogue = catalogue.after(knowledge)
        if asked:
            break
    assert learnt(knowledge) == {"books/{}": "tolkien"}
    (target,) = [t for t in catalogue.targets if t.template == "/books/{id}"]
    assert target.path == "/books/tolkien"
    assert target.phantom is not None
    assert "tolkien" not in target.phantom.path
    assert {p.target for p in catalogue.needed(knowledge) if p.slot.subject == "/books/{id}"} <= {"/books/tolkien"}


def test_the_operators_own_value_is_not_replaced_and_nobody_waits_for_another() -> None:
    given_ = contract(item("/books", "GET"), item("/books/{id}", "GET", values={"id": Value("mine", "config")}))
    _, targets = plan_environment(given_, DEV, Scope(), "seed")
    assert {t.path for t in targets if t.template == "/books/{id}"} == {"/books/mine"}
    assert [t.donors for t in targets if t.template == "/books/{id}"] == [()]


def test_a_learnt_object_is_met_by_safe_methods_only(tmp_path: Path) -> None:
    with serve(shop()) as server:
        run(tmp_path, server.url, {"/books": "get post", "/books/{id}": "get put patch delete"}, mode="inert")
        met = {m for m, t in server.seen if t == "/books/tolkien"}
    assert "GET" in met
    assert not met & {"POST", "PUT", "PATCH", "DELETE"}
    assert {m for m, t in server.seen if t.startswith("/books/zq")} >= {"PATCH", "DELETE"}


def shop() -> dict[tuple[str, str], Any]:
    return {
        ("*", "*"): http(404, said("no route")), ("GET", "/books"): http(200, '{"items": [{"id": "tolkien"}]}'),
        ("*", "/books/*"): http(404, said("no book")), ("GET", "/books/tolkien"): http(200, '{"id": "tolkien"}'),
    }  # fmt: skip


def test_the_hostile_name_of_a_collection_moves_no_request(tmp_path: Path) -> None:
    bad = [{"id": "../admin"}, {"id": "a?_method=DELETE"}, {"id": "//else.example.test/"}]
    table = {**shop(), ("GET", "/books"): http(200, json.dumps(bad))}
    server: Raw
    with serve(table) as server:
        run(tmp_path, server.url, {"/books": "get", "/books/{id}": "get patch"}, mode="inert")
    assert not [t for _, t in server.seen if "admin" in t or "_method" in t or "else" in t]


# --- judged again -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["flask-bookshop", "nginx-limit-flask"])
@pytest.mark.needs("nginx")
def test_judged_again_offline_the_report_has_the_same_bytes(name: str, serve: Serve, tmp_path: Path) -> None:
    """What was learnt, cleared and awaited is all in the run directory."""
    server = serve(name)
    done = audit(tmp_path, f"dev={server.url}", arguments=("--mode", "inert"))
    before = (done.out / "report.json").read_bytes()
    seen = len(server.received())
    assert b'"learnt":[["' in (done.out / "transcript.jsonl").read_bytes()
    copy = tmp_path / "copy"
    shutil.copytree(done.out, copy)
    again = run_auditor("report", str(copy), cwd=tmp_path)
    assert again.returncode == done.code, again.stderr
    assert (copy / "report.json").read_bytes() == before
    assert len(server.received()) == seen
    forms = {json.loads(x)["exchange"]["probe"]["form"] for x in
             (copy / "transcript.jsonl").read_text(encoding="utf-8").splitlines()[1:]}  # fmt: skip
    assert forms >= {str(Form.PLAIN), str(Form.UNFINISHED)}
