"""What an overlay must not do: hit another node, break a reference, or change what another path says (issue 7)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from auditor.differ.output.overlay.targets import Targets, normalized
from tests.fix.flows import Routes, apply, audit, findings, fix, overlays, read, service
from tests.fix.test_overlay import EACH_TOOL, valid

OPERATION = "{responses: {'200': {description: OK}}}"
HEAD = """openapi: 3.1.0
info: {title: Cases, version: '1'}
paths:
  /steady:
    get: {op}
    post: {op}
  /calm:
    get: {op}
    put: {op}
"""
STEADY = {"/steady": ["GET", "POST"], "/calm": ["GET", "PUT"]}
"""Paths in sync, whose Allow differ: such hosts are believed."""


def write(folder: Path, paths: str, **files: str) -> None:
    """A description with these paths after the steady ones, each `{op}` an operation; `files` stand beside it."""
    (folder / "api.yaml").write_text((HEAD + paths).replace("{op}", OPERATION), encoding="utf-8")
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text.replace("{op}", OPERATION), encoding="utf-8")


def actions(folder: Path, routes: Routes, status: Mapping[str, int] | None = None) -> tuple[list[Any], str]:
    """The actions that `auditor fix` writes for this service, and what it says on stderr."""
    with service({**STEADY, **routes}, status=status) as url:
        audit(folder, "api.yaml", f"prod={url}")
    said = fix(folder, "--env", "prod", "--overlay", "new.overlay.yaml")
    found = overlays(folder).values()
    for one in found:
        valid(one)
    return [a for o in found for a in o["actions"]], said.stderr


def targets(made: Sequence[Any]) -> list[tuple[str, str]]:
    return [(a["target"], "remove" if a.get("remove") else " ".join(a["update"])) for a in made]


# --- every target is one node ---


@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40).map(lambda t: "/" + t),
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=8).map(lambda t: "/" + t), max_size=4),
    st.sampled_from(["get", "post", "x-'\"]"]),
)
def test_a_target_hits_exactly_its_node(template: str, others: list[str], method: str) -> None:
    wanted: dict[str, Any] = {"responses": {}}
    paths: dict[str, Any] = {other: {method: {"other": True}} for other in others}
    paths[template] = {method: wanted, "parameters": [{"get": {}}]}
    document = {"paths": paths, "webhooks": {template: {method: {}}}}
    target = normalized(("paths", template, method), document)
    hits = Targets({"a.yaml": document}).hits(target, "a.yaml")
    # The library refuses the escapes of other control characters: then no action is written at all.
    odd = any(c < " " and c not in "\b\t\n\f\r" for c in template)
    assert len(hits) == (0 if odd else 1)
    assert all(h is wanted for h in hits)


def test_a_list_is_indexed() -> None:
    document = {"items": [{"get": {}}, {"get": {"x": 1}}]}
    target = normalized(("items", "1", "get"), document)
    assert target == "$['items'][1]['get']"
    assert Targets({"f": document}).hits(target, "f") == [{"x": 1}]


def test_what_is_no_jsonpath_hits_nothing() -> None:
    assert Targets({"f": {"a": 1}}).hits("$['a", "f") == []


@EACH_TOOL
def test_hostile_path_keys(tmp_path: Path, tool: str) -> None:
    """Quotes, brackets, wildcards and filters in a path key are text, for a foreign tool as well."""
    keys = ["/it's", "/a['x']", "/$..*", "/@.b (@)", "/back\\slash", '/double"quote', "/ümläut/😀", "/trailing "]
    paths = {k: {m: {"responses": {"200": {"description": "OK"}}} for m in ("get", "delete")} for k in keys}
    for key, methods in STEADY.items():
        paths[key] = {m.lower(): {"responses": {"200": {"description": "OK"}}} for m in methods}
    description = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": paths}
    (tmp_path / "api.json").write_text(json.dumps(description))
    with service({**STEADY, **{k: ["GET", "PATCH"] for k in keys}}) as url:
        run = audit(tmp_path, "api.json", f"prod={url}")
        fix(tmp_path, "--env", "prod", "--overlay", "new.overlay.json")
        apply(tmp_path, tool)
        again = audit(tmp_path, "api.json", f"prod={url}", out="again")
    before, after = findings(run, "prod"), findings(again, "prod")
    assert {p for r, p, _ in before if r == "documented-method-missing"} == set(keys)
    assert not [f for f in after if f[0] in ("documented-method-missing", "undocumented-method-served")]
    new = read(tmp_path / "api.json")["paths"]
    assert {k: set(v) for k, v in new.items() if k not in STEADY} == {k: {"get", "patch"} for k in keys}


# --- what else hangs on a node ---


def test_a_yaml_alias_is_left(tmp_path: Path) -> None:
    """Written once, it stands in two places: tools differ in what happens to the other one."""
    write(tmp_path, "  /a: &item\n    get: {op}\n    delete: {op}\n  /b: *item\n")
    made, said = actions(tmp_path, {"/a": ["GET", "PATCH"], "/b": ["GET", "DELETE"]})
    assert made == []
    assert "DELETE /a: it is written once and stands in several places (a YAML alias or merge key)" in said
    assert "PATCH /a: its path item is written once" in said


def test_a_merge_key_is_left(tmp_path: Path) -> None:
    write(tmp_path, "  /a: &item\n    get: {op}\n    delete: {op}\n  /b:\n    <<: *item\n    post: {op}\n")
    made, said = actions(tmp_path, {"/a": ["GET", "DELETE"], "/b": ["GET", "POST"]})
    assert made == []
    assert "DELETE /b: it is written once" in said


SHARED = "  /a: {$ref: '#/components/pathItems/both'}\n  /b: {$ref: '#/components/pathItems/both'}\n"
BOTH = "components:\n  pathItems:\n    both:\n      get: {op}\n      delete: {op}\n"


def test_a_shared_path_item_is_left_where_its_paths_differ(tmp_path: Path) -> None:
    write(tmp_path, SHARED + BOTH)
    made, said = actions(tmp_path, {"/a": ["GET", "PATCH"], "/b": ["GET", "DELETE"]})
    assert made == []
    assert "DELETE /a: its path item is also that of /b, which is served differently: split it first" in said
    assert "PATCH /a: its path item is also that of /b" in said


def test_a_shared_path_item_is_changed_once_where_its_paths_agree(tmp_path: Path) -> None:
    write(tmp_path, SHARED + BOTH)
    made, said = actions(tmp_path, {"/a": ["GET", "PATCH"], "/b": ["GET", "PATCH"]})
    item = "$['components']['pathItems']['both']"
    assert sorted(targets(made)) == [(item, "patch"), (f"{item}['delete']", "remove")]
    assert all("/a in prod" in a["description"] and "/b in prod" in a["description"] for a in made)
    assert said == ""


def test_a_path_item_that_a_webhook_uses_is_left(tmp_path: Path) -> None:
    write(tmp_path, SHARED.splitlines()[0] + "\n" + BOTH + "webhooks:\n  w: {$ref: '#/components/pathItems/both'}\n")
    made, said = actions(tmp_path, {"/a": ["GET", "PATCH"]})
    assert made == []
    assert "its path item is also used elsewhere in the description: split it first" in said


def test_what_others_refer_to_is_left(tmp_path: Path) -> None:
    """A response that another operation takes over by reference, and a path item that another path is."""
    write(tmp_path, "  /a:\n    get: {op}\n    delete: {op}\n"
                    "  /b:\n    get:\n      responses: {'200': {$ref: '#/paths/~1a/delete/responses/200'}}\n"
                    "  /c:\n    get: {op}\n    put: {op}\n")  # fmt: skip
    made, said = actions(tmp_path, {"/a": ["GET", "POST"], "/b": ["GET", "POST"], "/c": ["GET", "POST"]})
    assert ("$['paths']['/c']['put']", "remove") in targets(made)
    assert not [t for t in targets(made) if t[1] == "remove" and "/a" in t[0]]
    assert "DELETE /a: api.yaml #/paths/~1b/get/responses/200 refers to it" in said


def test_what_only_refers_from_what_goes_too_is_removed(tmp_path: Path) -> None:
    write(tmp_path, "  /gone:\n    get: {op}\n    put: {op}\n"
                    "  /away: {$ref: '#/paths/~1gone'}\n")  # fmt: skip
    made, _ = actions(tmp_path, {})
    assert sorted(targets(made)) == [("$['paths']['/away']", "remove"), ("$['paths']['/gone']", "remove")]


# --- what goes with an operation ---


def test_a_path_stays_where_it_serves_something_else(tmp_path: Path) -> None:
    write(tmp_path, "  /a:\n    put: {op}\n    delete: {op}\n")
    made, _ = actions(tmp_path, {"/a": ["GET", "POST"]})
    assert {t for t, change in targets(made) if change == "remove"} == {
        "$['paths']['/a']['put']", "$['paths']['/a']['delete']",
    }  # fmt: skip


def test_nothing_but_an_empty_path_is_removed_whole(tmp_path: Path) -> None:
    """The path answers (OPTIONS names no method of the contract's), but serves nothing that is documented or told."""
    write(tmp_path, "  /a:\n    parameters: []\n    put: {op}\n    delete: {op}\n  /b:\n    x-mine: 1\n    put: {op}\n")
    routes = {"/a": ["MKCOL", "LOCK"], "/b": ["MKCOL", "LOCK"]}
    made, _ = actions(tmp_path, routes)
    assert targets(made) == [
        ("$['paths']['/a']['put']", "remove"), ("$['paths']['/a']", "remove"), ("$['paths']['/b']['put']", "remove"),
    ]  # fmt: skip
    assert "nothing else is left of the path, so the path is removed" in made[1]["description"]


@EACH_TOOL
def test_every_key_of_a_path_goes(tmp_path: Path, tool: str) -> None:
    """Keys that differ in their query are one path: none of them may keep documenting it."""
    write(tmp_path, "  /gone?a=1:\n    get: {op}\n  /gone?b=1:\n    get: {op}\n"
                    "  /here?a=1:\n    get: {op}\n    put: {op}\n  /here?b=1:\n    put: {op}\n"
                    "    get: {op}\n")  # fmt: skip
    with service({**STEADY, "/here": ["GET", "PATCH"]}) as url:
        audit(tmp_path, "api.yaml", f"prod={url}")
        fix(tmp_path, "--env", "prod", "--overlay", "new.overlay.yaml")
        apply(tmp_path, tool)
        again = audit(tmp_path, "api.yaml", f"prod={url}", out="again")
    assert set(read(tmp_path / "api.yaml")["paths"]) == {*STEADY, "/here?a=1", "/here?b=1"}
    assert not [f for f in findings(again, "prod") if f[0] in ("path-missing", "documented-method-missing")]


# --- skeletons ---


def test_a_skeleton_declares_the_parameters_that_its_siblings_declare(tmp_path: Path) -> None:
    write(tmp_path, "  /things/{id}/{other}:\n    post:\n      parameters:\n"
                    "        - {$ref: '#/components/parameters/id'}\n"
                    "        - {name: other, in: path, required: true, schema: {type: integer, example: 1}}\n"
                    "        - {name: q, in: query, schema: {type: string}}\n"
                    "      responses: {'200': {description: OK}}\n"
                    "components:\n  parameters:\n"
                    "    id: {name: id, in: path, required: true, schema: {type: string},\n"
                    "         example: blue-mug}\n")  # fmt: skip
    made, _ = actions(tmp_path, {"/things/{id}/{other}": ["GET", "POST"]})
    (action,) = made
    assert action["update"]["get"]["parameters"] == [
        {"$ref": "#/components/parameters/id"},
        {"name": "other", "in": "path", "required": True, "schema": {"type": "integer", "example": 1}},
    ]
    assert action["update"]["get"]["responses"] == {"200": {"description": "OK", "content": {"application/json": {}}}}


def test_what_nobody_declares_is_declared_as_text(tmp_path: Path) -> None:
    write(tmp_path, "  /things/{id}:\n    post: {op}\n")
    made, _ = actions(tmp_path, {"/things/{id}": ["GET", "POST"]})
    assert made[0]["update"]["get"]["parameters"] == [
        {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    ]


def test_what_fails_is_not_promised(tmp_path: Path) -> None:
    write(tmp_path, "  /broken:\n    post: {op}\n")
    made, said = actions(tmp_path, {"/broken": ["GET", "POST"]}, status={"/v1/broken": 500})
    assert made == []
    assert "GET /broken: it answers 500: describe it when it works" in said


def test_what_is_open_to_all_says_so(tmp_path: Path) -> None:
    """Where the description demands credentials of every operation, a skeleton would demand them, too."""
    root = "security: [{key: []}]\ncomponents: {securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}}\n"
    write(tmp_path, "  /open:\n    post: {op}\n" + root)
    made, _ = actions(tmp_path, {"/open": ["GET", "POST"]})
    assert [a["update"]["get"]["security"] for a in made] == [[]]
    (tmp_path / "new.overlay.yaml").unlink()
    with service({**STEADY, "/open": ["GET", "POST"]}) as url:
        audit(tmp_path, "api.yaml", f"prod={url}", arguments=("--header", "X-Key: sesame"))
    fix(tmp_path, "--env", "prod", "--overlay", "new.overlay.yaml")
    (overlay,) = overlays(tmp_path).values()
    assert "security" not in overlay["actions"][0]["update"]["get"], "credentials were sent: nobody knows"
