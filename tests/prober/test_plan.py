"""What may be sent, for arbitrary descriptions: safe methods, the operator's origins, nothing that was left out."""

from __future__ import annotations

from collections import Counter
from urllib.parse import urlsplit

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from auditor.evaluation import Scope
from auditor.model.exchange import Purpose
from auditor.model.methods import SAFE
from auditor.model.templates import Matcher, split_template
from auditor.prober import guard
from auditor.prober.candidates import Candidate
from auditor.prober.targets import Target, shared_prefix
from tests.prober.worlds import Plan, plans

SOME = settings(max_examples=100)
UNSHRUNK = settings(SOME, phases=(Phase.generate,))
INVENTED = (Purpose.SIBLING, Purpose.DEEPER, Purpose.SHADOW, Purpose.ALTERNATE, Purpose.TWIN)
everything = st.just(Scope())


def of(plan: Plan, *purposes: Purpose) -> list[Candidate]:
    return [c for c in plan.catalogue.candidates if c.probe.purpose in purposes]


def own(plan: Plan, candidate: Candidate) -> Target:
    """The target a candidate of a path belongs to."""
    (target,) = [t for t in plan.targets if t.template == candidate.probe.slot.subject]
    return target


@SOME
@given(plans())
def test_every_candidate_passes_the_guard(plan: Plan) -> None:
    for candidate in plan.catalogue.candidates:
        p = candidate.probe
        guard.check(plan.environment, p.method, p.origin, p.target, p.fields)


@SOME
@given(plans())
def test_only_safe_methods_and_only_configured_origins(plan: Plan) -> None:
    assert {c.probe.method for c in plan.catalogue.candidates} <= SAFE - {"PRI"}
    assert all(c.probe.anonymous for c in plan.catalogue.candidates if c.probe.method == "TRACE")
    assert {c.probe.origin for c in plan.catalogue.candidates} <= plan.environment.origins


@UNSHRUNK
@given(plans())
def test_the_upper_bound_counts_candidates_and_no_slot_is_asked_twice(plan: Plan) -> None:
    shared = Counter(c.quota for c in plan.catalogue.candidates)
    bounds = [n if quota is None else min(n, quota.most) for quota, n in shared.items()]
    assert plan.catalogue.upper_bound == sum(bounds) + plan.catalogue.again.most
    counts = Counter(c.probe.slot for c in plan.catalogue.candidates)
    assert set(counts.values()) <= {1}


@UNSHRUNK
@given(plans())
def test_a_target_is_one_line_of_visible_ascii_that_no_client_would_change(plan: Plan) -> None:
    for candidate in plan.catalogue.candidates:
        target = candidate.probe.target
        assert target.isascii()
        assert target.isprintable()
        assert " " not in target
        assert not {".", ".."} & set(urlsplit("http://h" + target).path.split("/"))


@SOME
@given(plans())
def test_unknown_paths_match_no_template_and_stay_beside_the_documented_ones(plan: Plan) -> None:
    matcher = Matcher(p.template for p in plan.contract.paths)
    prefix = shared_prefix([split_template(p.template) for p in plan.contract.paths])
    for candidate in of(plan, Purpose.SIBLING, Purpose.DEEPER):
        local = plan.local(candidate.probe.target)
        assert matcher.matches(local) == []
        assert tuple(local.lstrip("/").split("/"))[: len(prefix)] == prefix


@UNSHRUNK
@given(plans(scope=everything))
def test_a_shadow_is_matched_by_the_shadowing_template_and_by_nothing_literal(plan: Plan) -> None:
    matcher = Matcher(p.template for p in plan.contract.paths)
    for candidate in of(plan, Purpose.SHADOW):
        target = own(plan, candidate)
        found = matcher.matches(plan.local(candidate.probe.target))
        assert target.shadowed_by in found
        assert target.template not in found
        assert all("{" in t for t in found)


@SOME
@given(plans())
def test_nothing_goes_to_a_path_that_a_skip_pattern_covers(plan: Plan) -> None:
    for candidate in of(plan, *INVENTED, Purpose.PATH):
        path = candidate.probe.target.partition("?")[0]
        assert not plan.scope.untouchable(plan.local(path)), candidate.probe


@UNSHRUNK
@given(plans())
def test_no_excluded_method_is_sent_to_its_own_path(plan: Plan) -> None:
    for candidate in of(plan, Purpose.PATH):
        target = own(plan, candidate)
        assert candidate.probe.method not in target.excluded
        assert not target.excluded & {"GET", "HEAD"}
        assert not target.untouchable


@UNSHRUNK
@given(plans())
def test_no_invented_path_hits_a_template_that_was_left_out(plan: Plan) -> None:
    """`--skip '/users/{id}'` covers every user, also the one that is invented to compare `/users/me` with."""
    left_out = {t.template for t in plan.targets if t.untouchable or t.excluded & {"GET", "HEAD"}}
    matcher = Matcher(p.template for p in plan.contract.paths)
    for candidate in of(plan, *INVENTED):
        hit = set(matcher.matches(plan.local(candidate.probe.target)))
        assert not hit & left_out, candidate.probe


@SOME
@given(plans())
def test_the_plan_is_the_same_each_time(plan: Plan) -> None:
    again = Plan(plan.contract, plan.environment, plan.scope)
    assert [c.probe for c in again.catalogue.candidates] == [c.probe for c in plan.catalogue.candidates]
    assert again.targets == plan.targets
