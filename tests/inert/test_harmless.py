"""Never harm: whatever the description says and the deployment answers, nothing leaves that DESIGN §5 forbids.

The oracle is a second statement of that section (`oracle.Law`), made from the description and the exchanges alone.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from auditor.evaluation import Scope, plan_environment
from auditor.loader import absent_value
from auditor.model.contract import Contract, Operation, Parameter, PathItem, RequestBody, Value
from auditor.model.environment import Environment, Mode
from auditor.model.exchange import COMPLETE_FORMS, Exchange, Failure, Form, Probe, Purpose, Slot
from auditor.model.globs import parse_glob
from auditor.model.methods import SAFE
from auditor.prober import guard
from auditor.prober.harmless import Clearance, Proof, objection
from auditor.prober.phantom import phantom
from auditor.settings import Exclude
from tests.inert import worlds
from tests.inert.oracle import CHANGING, UNREAD, Law
from tests.inert.worlds import AT, HERE, ORIGIN, Dice, World, drive, plain

SOME = settings(max_examples=250, phases=(Phase.explicit, Phase.generate))
FEW = settings(SOME, max_examples=60)
seeds = st.integers(0, 2**40)
INERT = Environment("dev", ORIGIN.text, ORIGIN, "", Mode.INERT, contract="spec")
JSON = RequestBody(True, ("application/json",), True)


def test_what_leaves_is_what_the_law_allows() -> None:
    sent: Counter[tuple[str, str, str]] = Counter()

    @SOME
    @given(seeds)
    def check(seed: int) -> None:
        dice = Dice(seed)
        contract, environment, scope = worlds.contract(dice), worlds.environment(dice), worlds.scope(dice)
        law = Law(contract, environment, scope)
        for asked in drive(contract, environment, scope, worlds.world(dice)):
            p = asked.probe
            assert law.breach(p, asked.known.in_order()) is None, p
            guard.check(environment, p.method, p.origin, p.target, p.fields, asked.content)
            sent[p.form, p.purpose, p.method] += 1

    check()
    # A law that nothing tests is never broken: each part of it had its chances.
    for method in CHANGING:
        for form in (Form.UNFINISHED, Form.BROKEN_JSON):
            own = sum(n for (f, purpose, m), n in sent.items() if (f, m) == (form, method) and purpose != "sibling")
            assert own >= 5, (form, method)
        assert sent[Form.UNFINISHED, Purpose.SIBLING, method] > 10
    assert sent[Form.UNKNOWN_TYPE, Purpose.ABSENT, "DELETE"] > 5
    for purpose in (Purpose.HEAD, Purpose.HEAD_UNKNOWN, Purpose.PREFLIGHT, Purpose.TRACE):
        assert sum(n for (_, p, _), n in sent.items() if p is purpose) > 5, purpose
    assert sum(n for (_, purpose, m), n in sent.items() if purpose == "twin" and m in CHANGING) >= 2


@FEW
@given(seeds)
def test_safe_mode_never_yields_a_state_changing_method(seed: int) -> None:
    dice = Dice(seed)
    contract, scope = worlds.contract(dice), worlds.scope(dice)
    environment = replace(worlds.environment(dice), mode=Mode.SAFE, inert_forms=tuple(map(str, COMPLETE_FORMS)))
    catalogue = plan_environment(contract, environment, scope, "seed")[0]
    assert {c.probe.method for c in catalogue.candidates} <= SAFE - {"PRI"}
    assert {c.probe.form for c in catalogue.candidates} <= {Form.PLAIN}
    every = list(drive(contract, environment, scope, worlds.world(dice)))
    assert all(asked.content is None for asked in every)
    assert {asked.probe.method for asked in every} <= SAFE - {"PRI"}
    assert sum(asked.probe.method == "TRACE" for asked in every) <= 1


@FEW
@given(seeds)
def test_content_is_one_octet_of_json_or_of_the_opted_in_type(seed: int) -> None:
    dice = Dice(seed)
    contract, environment, scope = worlds.contract(dice), worlds.environment(dice), worlds.scope(dice)
    for asked in drive(contract, environment, scope, worlds.world(dice)):
        if asked.content is None:
            assert asked.probe.form is Form.PLAIN
            continue
        (name, stated), (length, announced) = asked.content.fields
        assert (name, length) == ("Content-Type", "Content-Length")
        assert not {"octet-stream", "multipart", ";", ","} & {stated.partition("/")[0], *stated}
        if asked.probe.form is Form.UNKNOWN_TYPE:
            assert (stated, asked.content.octets, announced) == (UNREAD, b"x", "1")
            continue
        assert stated == "application/json" or stated.endswith("+json")
        assert (asked.content.octets, announced) == (b"{", "16" if asked.probe.form is Form.UNFINISHED else "1")
        assert not asked.probe.fields or "if-match" not in {n.lower() for n, _ in asked.probe.fields}


@FEW
@given(seeds)
def test_values_of_the_description_never_end_a_delete_or_patch_by_rule_a(seed: int) -> None:
    """Said apart from the oracle: no example, enum member, boolean, version or tenant is the object of a DELETE."""
    dice = Dice(seed)
    contract, environment = worlds.contract(dice), replace(worlds.environment(dice), mode=Mode.INERT)
    real = {v.text for item in contract.paths for v in item.values.values()}
    real |= {t for i in contract.paths for p in i.path_parameters.values() for t in p.enum} | {"true", "false"}
    for asked in drive(contract, environment, Scope(), worlds.world(dice)):
        p = asked.probe
        if p.form is not Form.PLAIN and p.method == "DELETE" and p.purpose is not Purpose.SIBLING:
            last = p.target.rstrip("/").rsplit("/", 1)[-1]
            assert last not in real
            assert last not in {"42", "tolkien", "0123456789abcdef99"}, "a value that the deployment named"
            assert p.slot.subject.endswith("}")


# --- the three clauses, one condition at a time -----------------------------------------------------------------------


def exchange(method: str, target: str, status: int | None, word: str = "no object", **probe: object) -> Exchange:
    slot = Slot(Purpose.PATH, method, target, 0, probe.pop("form", Form.PLAIN))  # type: ignore[arg-type]
    sent = Probe("dev", slot, probe.pop("origin", ORIGIN), target)  # type: ignore[arg-type]
    if status is None:
        return Exchange(sent, 1, AT, 0.0, 1, failure=Failure.SILENT)
    return Exchange(sent, 1, AT, 0.0, 1, answer=replace(plain(status, word), **probe))  # type: ignore[arg-type]


def asked(
    method: str, template: str, kinds: dict[str, tuple[str | None, str | None, tuple[str, ...]]] | None = None, *,
    body: RequestBody | None = None, absent: tuple[str, ...] = (), values: dict[str, str] | None = None, **more: object,
) -> Clearance:  # fmt: skip
    """The clearance of a method on the phantom of a template. `absent`: prefixes, with `~` for a value, proven."""
    parameters = tuple(Parameter(n, "path", True, *k) for n, k in (kinds or {}).items())
    known = {n: Value(t, "example") for n, t in (values or {}).items()}
    item = PathItem(template, template, HERE, (Operation(method, HERE),), (template,), known, parameters)
    made = phantom(
        item, item.values, lambda i, n, nonce: absent_value(i.path_parameters.get(n), nonce),
        lambda where: "0123456789abcdef", lambda path: path,
    )  # fmt: skip
    assert made is not None
    proven = {f.prefix: Proof(exchange("GET", f.prefix, 404), exchange("GET", "/x", 200)) for f in made.filled
              if f.name in absent}  # fmt: skip
    return replace(Clearance(method, Form.UNFINISHED, made.path, made, "", body, proofs=proven, origin=ORIGIN), **more)  # type: ignore[arg-type]


NUMBER, TEXT, UUID = ("integer", None, ()), ("string", None, ()), ("string", "uuid", ())
ENUM, YES_NO, DATE = ("string", None, ("a", "b")), ("boolean", None, ()), ("string", "byte", ())
NO_PROPERTY = RequestBody(True, ("application/json",), False)
OPTIONAL = RequestBody(False, ("application/json",), True)
AB = "/a/{x}/b/{y}"

ALLOWED = [
    asked("DELETE", "/a/{x}", {"x": TEXT}),
    asked("DELETE", "/a/{x}", {"x": UUID}),
    asked("PATCH", "/a/{x}", {"x": NUMBER}, absent=("x",)),
    asked("DELETE", "/{tenant}/a/{x}", {"tenant": TEXT, "x": TEXT}, values={"tenant": "acme"}),
    asked("DELETE", AB, {"x": NUMBER, "y": TEXT}),
    asked("POST", "/a", body=JSON),
    asked("PUT", "/a/{x}", {"x": TEXT}, body=JSON),
    asked("PUT", "/a/{x}", {"x": NUMBER}, body=JSON, absent=("x",)),
    asked("POST", "/a/{x}/go", {"x": ENUM}, body=JSON, values={"x": "a"}),
    asked("POST", "/{version}/a", body=JSON, values={"version": "v1"}),
    asked("PATCH", "/a", body=JSON),
    asked("PATCH", "/a/{x}/b", {"x": NUMBER}, absent=("x",)),
    asked("PATCH", "/a/{x}/b", {"x": TEXT}, absent=("x",)),
    asked("PATCH", AB, {"x": NUMBER, "y": ENUM}, absent=("x",), values={"y": "a"}),
]
REFUSED = [
    ("a literal end", asked("DELETE", "/a")),
    ("a literal end below an object", asked("DELETE", "/a/{x}/b", {"x": TEXT}, absent=("x",))),
    ("a part of a segment", asked("DELETE", "/a/{x}.json", {"x": TEXT})),
    ("a part of a segment, proven", asked("DELETE", "/a/v{x}", {"x": NUMBER}, absent=("x",))),
    ("an action on an object", asked("DELETE", "/a/{x}:purge", {"x": TEXT})),
    ("many segments", asked("DELETE", "/a/{x*}", {"x": TEXT})),
    ("a number that nobody proved absent", asked("DELETE", "/a/{x}", {"x": NUMBER})),
    ("an earlier number proven, not the last", asked("DELETE", AB, {"x": NUMBER, "y": NUMBER}, absent=("x",))),
    ("an enum", asked("DELETE", "/a/{x}", {"x": ENUM}, values={"x": "a"}, absent=("x",))),
    ("a boolean", asked("PATCH", "/a/{x}", {"x": YES_NO}, values={"x": "true"}, absent=("x",))),
    ("a version", asked("DELETE", "/a/{version}", values={"version": "1"}, absent=("version",))),
    ("an API version", asked("DELETE", "/a/{apiVersion}", values={"apiVersion": "1"})),
    ("a tenant", asked("DELETE", "/a/{tenant-id}", values={"tenant-id": "acme"})),
    ("a slash after the object", asked("DELETE", "/a/{x}/", {"x": TEXT})),
    ("content saves no DELETE", asked("DELETE", "/a", body=JSON)),
    ("nothing documented", asked("POST", "/a")),
    ("PUT of an absent name creates it", asked("PUT", "/a/{x}", {"x": TEXT}, absent=("x",))),
    ("POST to an absent object", asked("POST", "/a/{x}", {"x": TEXT}, absent=("x",))),
    ("POST below an absent object", asked("POST", "/a/{x}/b", {"x": NUMBER}, absent=("x",))),
    ("PUT below an absent object", asked("PUT", "/a/{x}/b", {"x": NUMBER}, absent=("x",))),
    ("content is optional", asked("POST", "/a", body=OPTIONAL)),
    ("no property is demanded", asked("POST", "/a", body=NO_PROPERTY)),
    ("an object that may exist", asked("POST", "/a/{x}/b", {"x": NUMBER}, body=JSON)),
    ("one object of two may exist", asked("PUT", AB, {"x": NUMBER, "y": NUMBER}, body=JSON, absent=("y",))),
    ("PATCH of a literal", asked("PATCH", "/a")),
    ("PATCH below an object that may exist", asked("PATCH", "/a/{x}/b", {"x": NUMBER})),
    ("PATCH below a random name is no proof", asked("PATCH", "/a/{x}/b", {"x": TEXT})),
    ("PURGE", asked("PURGE", "/a/{x}", {"x": TEXT})),
    ("LOCK", asked("LOCK", "/a", body=JSON)),
    ("lower case", asked("delete", "/a/{x}", {"x": TEXT})),
    ("CONNECT", asked("CONNECT", "/a", body=JSON)),
    ("GET with content", asked("GET", "/a", body=JSON)),
    ("another path", asked("DELETE", "/a/{x}", {"x": TEXT}, target="/a/1")),
    ("plain", asked("DELETE", "/a/{x}", {"x": TEXT}, form=Form.PLAIN)),
    ("a form nobody opted into", asked("DELETE", "/a/{x}", {"x": TEXT}, form=Form.BROKEN_JSON)),
    ("a streamed type", asked("PUT", "/a/{x}", {"x": TEXT}, body=JSON, media_type="application/octet-stream")),
    ("a file", asked("POST", "/a", body=JSON, media_type="multipart/form-data")),
    ("text", asked("POST", "/a", body=JSON, media_type="text/json")),
    ("no type", asked("POST", "/a", body=JSON, media_type="")),
    ("a short nonce", Clearance("POST", Form.UNFINISHED, "/zq12345678", nonce="12345678")),
    ("another nonce", Clearance("POST", Form.UNFINISHED, "/a", nonce="0123456789abcdef")),
    ("no nonce", Clearance("DELETE", Form.UNFINISHED, "/a")),
]  # fmt: skip


@pytest.mark.parametrize("clearance", ALLOWED, ids=lambda c: f"{c.method} {c.phantom.template}")
def test_allowed(clearance: Clearance) -> None:
    assert objection(INERT, clearance) is None
    assert objection(replace(INERT, mode=Mode.SAFE), clearance) is not None


@pytest.mark.parametrize(("why", "clearance"), REFUSED, ids=[w for w, _ in REFUSED])
def test_refused(why: str, clearance: Clearance) -> None:
    assert objection(INERT, clearance) is not None


@pytest.mark.parametrize(
    ("clearance", "allowed"),
    [
        (asked("DELETE", "/a/{x}", {"x": TEXT}), True),
        (asked("PATCH", "/a/{x}", {"x": NUMBER}, absent=("x",)), True),
        (asked("PUT", "/a/{x}", {"x": TEXT}, body=JSON), False),
        (asked("POST", "/a", body=JSON), False),
        (asked("PATCH", "/a/{x}/b", {"x": NUMBER}, absent=("x",)), False),
    ],
)
def test_the_unknown_type_is_for_absent_objects_alone(clearance: Clearance, allowed: bool) -> None:
    opted = replace(INERT, inert_forms=(Form.UNKNOWN_TYPE,))
    changed = replace(clearance, form=Form.UNKNOWN_TYPE, media_type=UNREAD)
    assert (objection(opted, changed) is None) is allowed
    assert objection(opted, replace(changed, media_type="application/json")) is not None
    assert objection(INERT, changed) is not None


# --- proofs -----------------------------------------------------------------------------------------------------------

MINE = asked("DELETE", "/a/{x}", {"x": NUMBER}, absent=("x",))
AT_X = MINE.target
GOOD = exchange("GET", "/a/1", 200, "an object")
ELSEWHERE = ORIGIN._replace(port=9)
PROOFS = [
    ("404, and another is served", Proof(exchange("GET", AT_X, 404), GOOD), True),
    ("410", Proof(exchange("GET", AT_X, 410), GOOD), True),
    ("404 with a query", Proof(exchange("GET", AT_X + "?q=1", 404), GOOD), True),
    ("404 unlike an unknown path's", Proof(exchange("GET", AT_X, 404), exchange("GET", "/zq", 404, "no route")), True),
    ("404 like an unknown path's", Proof(exchange("GET", AT_X, 404), exchange("GET", "/zq", 404)), False),
    ("another target", Proof(exchange("GET", "/a/2", 404), GOOD), False),
    ("the target's beginning", Proof(exchange("GET", "/a", 404), GOOD), False),
    ("another method", Proof(exchange("HEAD", AT_X, 404), GOOD), False),
    ("the control method", Proof(exchange("REPORT", AT_X, 404), GOOD), False),
    ("an unfinished GET", Proof(exchange("GET", AT_X, 404, form=Form.UNFINISHED), GOOD), False),
    *[(f"GET got {s}", Proof(exchange("GET", AT_X, s), GOOD), False) for s in (200, 204, 301, 401, 403, 405, 429, 500)],
    ("no answer", Proof(exchange("GET", AT_X, None), GOOD), False),
    ("an answer cut short", Proof(exchange("GET", AT_X, 404, end="cut"), GOOD), False),
    ("a witness cut short", Proof(exchange("GET", AT_X, 404), exchange("GET", "/a/1", 200, end="cut")), False),
    ("a witness without answer", Proof(exchange("GET", AT_X, 404), exchange("GET", "/a/1", None)), False),
    ("a witness of another method", Proof(exchange("GET", AT_X, 404), exchange("HEAD", "/a/1", 200)), False),
    ("a witness that asks for credentials", Proof(exchange("GET", AT_X, 404), exchange("GET", "/a/1", 401)), False),
    ("from another origin", Proof(exchange("GET", AT_X, 404, origin=ELSEWHERE), GOOD), False),
]  # fmt: skip


@pytest.mark.parametrize(("why", "proof", "holds"), PROOFS, ids=[w for w, _, _ in PROOFS])
def test_proofs(why: str, proof: Proof, holds: bool) -> None:
    assert (objection(INERT, replace(MINE, proofs={AT_X: proof})) is None) is holds


def test_a_proof_under_another_target_proves_nothing() -> None:
    proof = Proof(exchange("GET", AT_X, 404), GOOD)
    assert objection(INERT, replace(MINE, proofs={"/a/2": proof})) is not None
    assert objection(INERT, replace(MINE, proofs={})) is not None


# --- what the operator left out ---------------------------------------------------------------------------------------


def deployed(*items: PathItem) -> Contract:
    return Contract("spec", "t", "1", "openapi.json", "3.1", (), items)


def item(template: str, *operations: Operation, values: dict[str, Value] | None = None, enum: str = "") -> PathItem:
    names = [p.split("}")[0] for p in template.split("{")[1:]]
    parameters = tuple(
        Parameter(n, "path", True, "string", None, (enum,) if enum and n == "kind" else ()) for n in names
    )
    return PathItem(template, template, HERE, operations, (template,), values or {}, parameters)


def op(method: str, **more: object) -> Operation:
    return Operation(method, HERE, request_body=JSON, **more)  # type: ignore[arg-type]


OPEN = World((), 1, 10**9, 404, (plain(404, "no object"),))


def state_changing(contract: Contract, scope: Scope | None = None, world: World = OPEN) -> set[tuple[str, str]]:
    sent = [a.probe for a in drive(contract, INERT, scope or Scope(), world) if a.probe.form is not Form.PLAIN]
    return {(p.method, p.slot.subject) for p in sent if p.method in CHANGING and p.purpose != "sibling"}


BOOK = item("/books/{id}", op("GET"), op("PUT"), values={"id": Value("1", "config")})
BOOKS = item("/books", op("GET"), op("POST"))
EVERY = {("PUT", "/books/{id}"), ("PATCH", "/books/{id}"), ("DELETE", "/books/{id}"), ("POST", "/books")}


def test_undocumented_methods_are_sent_where_nobody_left_them_out() -> None:
    assert state_changing(deployed(BOOK, BOOKS)) == EVERY


@pytest.mark.parametrize(
    ("skip", "gone"),
    [
        ("DELETE /books/{id}", {("DELETE", "/books/{id}")}),
        ("DELETE /**", {("DELETE", "/books/{id}")}),
        ("PATCH /books/*", {("PATCH", "/books/{id}")}),
        ("/books/*", {e for e in EVERY if e[1] == "/books/{id}"}),
        ("POST /books", {("POST", "/books")}),
    ],
)
def test_skip_holds_for_undocumented_methods(skip: str, gone: set[tuple[str, str]]) -> None:
    scope = Scope((Exclude(parse_glob(skip), "--skip"),))
    assert state_changing(deployed(BOOK, BOOKS), scope) == EVERY - gone


def test_only_holds_for_undocumented_methods() -> None:
    def only(*patterns: str) -> Scope:
        return Scope(only=tuple(Exclude(parse_glob(p), "--only") for p in patterns))

    contract = deployed(BOOK, BOOKS)
    assert state_changing(contract, only("GET /**", "DELETE /**")) == {("DELETE", "/books/{id}")}
    assert state_changing(contract, only("/books")) == {("POST", "/books")}


def test_x_auditor_on_one_operation_keeps_undocumented_methods_off_its_path() -> None:
    guarded = item("/books/{id}", op("GET"), op("PUT", skip="delicate"), values={"id": Value("1", "config")})
    assert state_changing(deployed(guarded, BOOKS)) == {("POST", "/books")}


@pytest.mark.parametrize("guarded", [op("DELETE", skip="delicate"), op("DELETE")], ids=["x-auditor", "--skip"])
def test_a_path_that_two_templates_share_is_left_alone_by_both(guarded: Operation) -> None:
    """`/{kind}/{id}` with the kind `books` is `/books/{id}`: what is left out there is left out here."""
    book = item("/books/{id}", op("GET"), guarded, values={"id": Value("1", "config")})
    any_kind = item("/{kind}/{id}", op("GET"), op("DELETE"),
                    values={"kind": Value("books", "enum"), "id": Value("1", "config")}, enum="books")  # fmt: skip
    other = item("/authors/{id}", op("GET"), op("DELETE"), values={"id": Value("1", "config")})
    scope = Scope(() if guarded.skip else (Exclude(parse_glob("DELETE /books/{id}"), "--skip"),))
    steady = replace(OPEN, salt=2)
    free = state_changing(deployed(replace(book, operations=(op("GET"), op("DELETE"))), any_kind, other), None, steady)
    assert {t for m, t in free if m == "DELETE"} == {"/authors/{id}", "/books/{id}", "/{kind}/{id}"}
    sent = state_changing(deployed(book, any_kind, other), scope, steady)
    assert {t for m, t in sent if m == "DELETE"} == {"/authors/{id}"}


def test_a_skipped_slash_twin_is_left_alone() -> None:
    orders = item("/orders", op("GET"), op("POST"))
    moved = World((), next(s for s in range(99) if worlds._number(s, "/orders") % 5 == 0), 10**9, 404, OPEN.writes)
    assert ("POST", "/orders") in state_changing(deployed(orders, BOOK), world=moved)
    scope = Scope((Exclude(parse_glob("POST /orders/"), "--skip"),))
    assert ("POST", "/orders") not in state_changing(deployed(orders, BOOK), scope, moved)


def test_content_that_is_no_json_clears_nothing() -> None:
    """The rule asks itself; it does not take the loader's word."""
    for types in (("multipart/form-data",), ("application/octet-stream", "text/json"), ()):
        assert objection(INERT, asked("POST", "/a", body=RequestBody(True, types, True))) is not None


def test_json_is_announced_where_it_is_one_of_several_documented_types() -> None:
    several = RequestBody(True, ("multipart/form-data", "application/vnd.acme+json; v=1", "application/json"), True)
    books = item("/books", op("GET"), Operation("POST", HERE, request_body=several))
    sent = [a.probe for a in drive(deployed(BOOK, books), INERT, Scope(), OPEN) if a.probe.slot.subject == "/books"]
    assert {p.media_type for p in sent if p.method == "POST"} == {"application/vnd.acme+json"}
