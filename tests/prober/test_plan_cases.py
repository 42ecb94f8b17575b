"""Plans of single descriptions that the arbitrary ones of test_plan.py rarely meet."""

from __future__ import annotations

from collections import Counter

from auditor.evaluation import Scope
from auditor.model.contract import Contract, Location, Operation, Parameter, PathItem
from auditor.model.environment import Environment
from auditor.model.exchange import Probe, Purpose
from auditor.model.globs import parse_glob
from auditor.model.templates import Matcher, parameter_names
from auditor.prober import guard
from auditor.settings import Exclude
from tests.prober.worlds import ORIGIN, UPLOADS, Plan

HERE = Location("openapi.json", "/paths")


def plan(
    *paths: tuple[str, str], skip: tuple[str, ...] = (), base: str = "", server: dict[str, str] | None = None,
) -> Plan:  # fmt: skip
    """The plan of paths with their methods; `server` by path."""
    items = [
        PathItem(t, t, HERE, tuple(Operation(m, HERE, server=(server or {}).get(t)) for m in methods.split()), (t,), {},
                 tuple(Parameter(n, "path", True, "string") for n in parameter_names(t)))
        for t, methods in paths
    ]  # fmt: skip
    contract = Contract("spec", "t", "1", "openapi.json", "3.1", (), tuple(items))
    mapped = (("https://uploads.example.test", UPLOADS, "/u"),)
    here = Environment("dev", ORIGIN.text + base, ORIGIN, base, contract="spec", servers=mapped)
    return Plan(contract, here, Scope(tuple(Exclude(parse_glob(s), "--skip") for s in skip)))


def probes(of: Plan, *purposes: Purpose) -> list[Probe]:
    return [c.probe for c in of.catalogue.candidates if c.probe.purpose in purposes]


def twice(of: Plan) -> list[object]:
    counts = Counter(c.probe.slot for c in of.catalogue.candidates)
    return [slot for slot, n in counts.items() if n > 1]


def test_a_guess_at_the_base_path_asks_its_control_once() -> None:
    assert twice(plan(("/a", "GET"), ("/b", "GET"))) == []


def test_where_every_control_method_is_documented_none_is_asked_twice() -> None:
    assert twice(plan(("/a", "GET REPORT SEARCH PROPFIND"))) == []


def test_a_guess_at_the_base_path_is_made_from_paths_below_it_only() -> None:
    """A path that lives on another server has another base; cutting ours off leaves no path."""
    of = plan(("/", "GET"), ("/a", "GET"), base="/v1", server={"/": "https://uploads.example.test"})
    for probe in probes(of, Purpose.BASE):
        guard.check(of.environment, probe.method, probe.origin, probe.target, probe.fields)
        assert probe.origin == ORIGIN


def test_dot_segments_are_never_sent() -> None:
    of = plan(("/..", "GET"), ("/a/../b", "GET"), ("/./c", "GET"), base="/v1")
    assert [p for p in probes(of, *Purpose) if {".", ".."} & set(p.target.split("/"))] == []


def test_a_shadow_is_a_path_that_the_shadowing_template_matches() -> None:
    of = plan(("/{+rest}/", "GET"), ("/a/a/", "GET"))
    for probe in probes(of, Purpose.SHADOW):
        assert Matcher(["/{+rest}/"]).matches(probe.target)


def test_a_skipped_get_is_not_sent_where_nobody_documented_it_either() -> None:
    of = plan(("/a", "POST"), ("/b", "GET"), skip=("GET /a",))
    assert [p for p in probes(of, *Purpose) if p.target.rstrip("/") == "/a"] == []


def test_an_excluded_get_is_not_in_the_plan() -> None:
    of = plan(("/a", "GET HEAD POST"), ("/b", "GET"), skip=("GET /a",))
    assert [p for p in probes(of, Purpose.PATH) if p.target == "/a"] == []


def test_nothing_is_sent_beside_an_excluded_get_with_other_values() -> None:
    of = plan(("/n/{id}", "GET POST"), ("/b", "GET"), skip=("GET /n/{id}",))
    assert [p for p in probes(of, Purpose.ALTERNATE, Purpose.TWIN, Purpose.SHADOW, Purpose.DEEPER)
            if p.target.startswith("/n/")] == []  # fmt: skip


def test_a_skipped_template_is_not_met_by_the_value_invented_for_another() -> None:
    """`--skip '/users/{id}'`: what `/users/me` would be compared with is a user, too."""
    of = plan(("/users/{id}", "GET DELETE"), ("/users/me", "GET"), ("/b", "GET"), skip=("/users/{id}",))
    users = Matcher(["/users/{id}"])
    hit = [p for p in probes(of, *Purpose) if p.target.partition("?")[0] != "/users/me" and users.matches(p.target)]
    assert hit == []


def test_a_skipped_path_is_not_met_by_the_slash_twin_of_another() -> None:
    of = plan(("/a", "GET"), ("/{id}/", "GET"), ("/b", "GET"), skip=("/{id}/",))
    assert [p for p in probes(of, Purpose.TWIN) if Matcher(["/{id}/"]).matches(p.target)] == []
