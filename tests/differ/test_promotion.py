"""What a promotion brings to callers of the next environment, and when to hold it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.differ.compare import compare
from auditor.differ.output.cards import Effect
from auditor.differ.output.promotion_view import effect_sentence
from auditor.differ.promotion import promotions
from auditor.differ.subject import Subject
from auditor.model.cell import Support
from auditor.model.report import EFFECTS, Promotion
from tests.differ.cases import subject

YES, NO, OPEN = "supported observed: r", "unsupported observed: r", "undetermined mode-forbids"
MARKS = {"+": YES, "-": NO, "?": OPEN}
SPEC = {"/a": ["GET", "POST", "PUT"], "/b": ["GET"]}


def step(stage: str, prod: str, **more: Any) -> Subject:
    """Cells of GET, POST, PUT, DELETE /a and GET, DELETE /b, one mark each: + - ? or a dot for none."""
    keys = ("GET /a", "POST /a", "PUT /a", "DELETE /a", "GET /b", "DELETE /b")

    def cells(marks: str) -> dict[str, str]:
        return {k: MARKS[m] for k, m in zip(keys, marks, strict=True) if m != "."}

    environments: dict[str, dict[str, Any]] = {"stage": {"cells": cells(stage)}, "prod": {"cells": cells(prod)}}
    for name, extra in more.pop("environments", {}).items():
        environments[name].update(extra)
    return subject({"spec": SPEC, "environments": environments, **more})


def judged(given_: Subject, **more: Any) -> Promotion:
    (found,) = promotions(given_, compare(given_), **more)
    return found


def changes(found: Promotion) -> list[str]:
    return [f"{c.effect} {c.method} {c.path}" for c in found.changes]


def test_nothing_changes() -> None:
    found = judged(step("+++-+-", "+++-+-"))
    assert (found.verdict, found.compared, found.not_compared, found.changes) == ("promote", 4, 0, ())
    assert found.because == (
        "with the build of stage, callers of prod would lose no documented method and gain no undocumented "
        "state-changing one, as far as both sides are decided; "
        "all 4 documented operations were compared"
    )


def test_a_removal_holds_and_names_its_finding() -> None:
    given_ = step("+-+-+-", "+++-+-")
    found = judged(given_)
    assert found.verdict == "hold"
    assert found.because == "with the build of stage, callers of prod would lose 1 documented method (POST /a)"
    assert changes(found) == ["removes-documented POST /a"]
    assert found.changes[0].fingerprint == next(f.fingerprint for f in compare(given_) if f.methods == ("POST",))


def test_an_undocumented_state_changing_method_holds() -> None:
    found = judged(step("++++++", "+++-+-"))
    assert found.because == (
        "with the build of stage, callers of prod would gain 2 undocumented state-changing methods "
        "(DELETE /a and DELETE /b)"
    )
    assert changes(found) == ["adds-undocumented DELETE /a", "adds-undocumented DELETE /b"]


def test_effects_are_ordered_by_harm() -> None:
    found = judged(step("-+--?-", "+----+"))
    assert changes(found) == [
        "removes-documented GET /a", "still-missing PUT /a", "removes-undocumented DELETE /b", "repairs POST /a",
        "cannot-say GET /b",
    ]  # fmt: skip
    assert [EFFECTS.index(c.effect) for c in found.changes] == sorted(EFFECTS.index(c.effect) for c in found.changes)


def test_a_new_operation_of_the_promoted_contract_is_no_repair() -> None:
    given_ = subject({
        "specs": {"next": {"/a": ["GET", "POST"]}, "now": {"/a": ["GET"]}},
        "environments": {"stage": {"spec": "next", "cells": {"GET /a": YES, "POST /a": YES}},
                         "prod": {"spec": "now", "cells": {"GET /a": YES, "POST /a": NO}}},
    })  # fmt: skip
    assert (judged(given_).verdict, changes(judged(given_))) == ("promote", ["adds-documented POST /a"])


def test_an_undocumented_get_does_not_hold() -> None:
    given_ = subject({"spec": {"/a": ["POST"]}, "environments": {
        "stage": {"cells": {"GET /a": YES, "POST /a": YES}}, "prod": {"cells": {"GET /a": NO, "POST /a": YES}},
    }})  # fmt: skip
    assert (judged(given_).verdict, changes(judged(given_))) == ("promote", ["adds-undocumented GET /a"])


def test_too_little_is_decided() -> None:
    found = judged(step("+??-?-", "++?-?-"))
    assert found.verdict == "cannot-say"
    assert found.because == (
        "only 1 of 4 documented operations is decided on both sides, and 50% are needed; "
        "callers of prod would lose none of 1 operation decided on both sides"
    )
    assert [c.split()[0] for c in changes(found)] == ["cannot-say"] * found.not_compared == ["cannot-say"] * 3
    assert judged(step("+??-?-", "++?-?-"), min_decided=0.25).verdict == "promote"


def test_an_unfinished_side_cannot_say_unless_harm_is_proven() -> None:
    unfinished = {"environments": {"stage": {"state": "deadline"}}}
    found = judged(step("+++-+-", "+++-+-", **unfinished))
    assert found.verdict == "cannot-say"
    assert found.because == (
        "stage did not finish (deadline); callers of prod would lose none of 4 operations decided on both sides"
    )
    assert judged(step("+-+-+-", "+++-+-", **unfinished)).verdict == "hold"


def test_a_wrong_address_proves_nothing_about_the_build() -> None:
    for facts, text in (
        ({"base_path_wrong": True}, "the base URL of stage is probably wrong"),
        ({"redirects_to": "https://stage.test"}, "stage redirects everything"),
    ):
        found = judged(step("------", "++++++", environments={"stage": {"facts": facts}}))
        assert found.verdict == "cannot-say"
        assert found.because.startswith(text)


def test_excluded_operations_are_not_counted() -> None:
    found = judged(step("+.+-+-", "+++-+-", environments={"stage": {"excluded": ["POST /a"]}}))
    assert (found.verdict, found.compared, found.not_compared, found.changes) == ("promote", 3, 0, ())


def test_nothing_in_common() -> None:
    found = judged(subject({"spec": {}, "environments": {"stage": {}, "prod": {}}}))
    assert (found.verdict, found.compared) == ("cannot-say", 0)


def test_a_shadowed_path_does_not_hold() -> None:
    shadowed = {"environments": {"stage": {"paths": {"/a": {"shadowed_by": "/{x}"}}}}}
    assert judged(step("++++++", "+++-++", **shadowed)).verdict == "promote"


def test_a_missing_path_is_a_removal_told_by_its_one_finding() -> None:
    inferred = "unsupported inferred: r"
    given_ = step("+++-.-", "+++-+-", environments={})
    gone = subject({"spec": SPEC, "environments": {
        "stage": {"paths": {"/b": {"routed": False}},
                  "cells": {**{f"{m} /a": YES for m in SPEC["/a"]}, "GET /b": inferred}},
        "prod": {"cells": {**{f"{m} /a": YES for m in SPEC["/a"]}, "GET /b": YES}},
    }})  # fmt: skip
    assert judged(given_).verdict == "promote"
    found = judged(gone)
    assert changes(found) == ["removes-documented GET /b"]
    assert found.changes[0].fingerprint == next(f.fingerprint for f in compare(gone) if f.rule == "path-missing")


def test_a_waived_removal_does_not_hold_and_is_counted() -> None:
    given_ = step("+-+-+-", "+++-+-")
    waived = [replace(f, occurrences=tuple(replace(o, waived={"reason": "r"}) for o in f.occurrences))
              for f in compare(given_)]  # fmt: skip
    (found,) = promotions(given_, waived)
    assert found.verdict == "promote"
    assert "would lose no documented method besides 1 waived and gain" in found.because
    (few,) = promotions(given_, waived, min_decided=1.1)
    assert few.because.endswith("callers of prod would lose 1, as waived, of 4 operations decided on both sides")


def test_a_gateways_doing_is_not_in_the_build() -> None:
    given_ = step("+-+-+-", "+++-+-")
    gateway = [replace(f, rule="gateway-blocks-method") for f in compare(given_)]
    (found,) = promotions(given_, gateway)
    assert (found.verdict, changes(found)) == ("promote", ["environment-only POST /a"])


def test_three_environments_have_two_arrows_in_promotion_order() -> None:
    given_ = subject({"spec": SPEC, "environments": {e: {} for e in ("dev", "stage", "prod")}})
    shuffled = replace(given_, environments=given_.environments[::-1])
    assert [(p.from_, p.to) for p in promotions(shuffled, ())] == [("dev", "stage"), ("stage", "prod")]
    assert promotions(replace(given_, environments=given_.environments[:1]), ()) == ()


marks = st.text("+-?", min_size=6, max_size=6)


@settings(max_examples=150)
@given(stage=marks, prod=marks, index=st.sampled_from((0, 1, 2, 4)), state=st.sampled_from(("complete", "deadline")))
def test_a_proven_removal_never_promotes(stage: str, prod: str, index: int, state: str) -> None:
    removed = stage[:index] + "-" + stage[index + 1 :]
    served = prod[:index] + "+" + prod[index + 1 :]
    given_ = step(removed, served, environments={"stage": {"state": state}})
    assert judged(given_).verdict == "hold"


@settings(max_examples=150)
@given(stage=marks, prod=marks)
def test_compared_and_not_compared_are_all_that_is_documented(stage: str, prod: str) -> None:
    given_ = step(stage, prod)
    found = judged(given_)
    assert found.compared + found.not_compared == 4
    decided = {(c.environment, c.path, c.method) for c in given_.cells if c.support is not Support.UNDETERMINED}
    both = [(p, m) for p, ms in SPEC.items() for m in ms if {("stage", p, m), ("prod", p, m)} <= decided]
    assert found.compared == len(both)


def test_nothing_decided_is_said_plainly() -> None:
    assert judged(step("??????", "++++++")).because == "none of 4 documented operations is decided on both sides"


def test_the_same_pair_read_the_other_way_round_swaps_loss_and_gain() -> None:
    more, fewer = "+++++-", "+-+-+-"
    forward, backward = judged(step(fewer, more)), judged(step(more, fewer))
    assert changes(forward) == ["removes-documented POST /a", "removes-undocumented DELETE /a"]
    assert forward.because == "with the build of stage, callers of prod would lose 1 documented method (POST /a)"
    assert changes(backward) == ["adds-undocumented DELETE /a", "repairs POST /a"]
    assert backward.because == (
        "with the build of stage, callers of prod would gain 1 undocumented state-changing method (DELETE /a)"
    )


def test_both_harms_are_one_sentence() -> None:
    found = judged(step("+-++++", "+++-+-"))
    assert found.because == (
        "with the build of stage, callers of prod would lose 1 documented method (POST /a) and gain 2 undocumented "
        "state-changing methods (DELETE /a and DELETE /b)"
    )


def test_a_repair_is_a_gain_and_named_by_the_finding_of_the_next_environment() -> None:
    given_ = step("+++-+-", "+-+-+-")
    found = judged(given_)
    assert (found.verdict, changes(found)) == ("promote", ["repairs POST /a"])
    assert "; they would gain 1 documented method, if the build is why prod lacks it; all 4" in found.because
    assert found.changes[0].fingerprint == next(f.fingerprint for f in compare(given_) if f.methods == ("POST",))


@given(effect=st.sampled_from(EFFECTS))
def test_every_effect_says_who_is_affected(effect: str) -> None:
    said = effect_sentence(Effect("dev", "stage", effect, 0))
    assert said.startswith("dev → stage: ")
    assert "callers of stage" in said or effect == "cannot-say"
    assert "{" not in said
