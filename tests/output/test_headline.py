from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.differ.output.headline import headline
from auditor.model.finding import Finding, Occurrence
from auditor.model.report import Promotion, Report
from tests.output.rich import rich
from tests.output.sample import in_sync, one_environment, undecided


def single(report: Report) -> Report:
    return replace(report, promotions=(), environments=report.environments[:1])


def fault_in(*environments: str, accepted: tuple[str, ...] = ()) -> Finding:
    occurrences = tuple(
        Occurrence(e, "GET", waived={"reason": "known"} if e in accepted else None) for e in environments
    )
    title = f"GET /health fails in {' and '.join(environments)}"
    return replace(rich().findings[0], rule="server-error", title=title, environments=environments,
                   occurrences=occurrences)  # fmt: skip


def test_hold_names_what_callers_lose() -> None:
    head = headline(rich())
    assert (head.word, head.sentence, head.tone) == ("Hold", "do not promote stage to prod", "bad")
    assert "Callers of prod would lose `DELETE /orders/{orderId}`" in head.lede
    assert "prod stopped answering" in head.caveat


def test_what_the_verdict_names_is_not_said_twice() -> None:
    report = rich()
    why = "stage -> prod would remove DELETE /orders/{orderId} and add PATCH /orders/{orderId}"
    last = replace(report.promotions[-1], because=why)
    lede = headline(replace(report, promotions=(last,))).lede
    left_out = "1 more operation was left out of this audit."
    assert lede == f"{why}. 16 of 19 operations could be compared, 3 could not. {left_out}"


def test_promote() -> None:
    head = headline(in_sync())
    assert (head.word, head.sentence, head.tone, head.caveat) == ("Promote", "stage can be promoted to prod", "ok", "")


def test_a_fault_that_comes_along_is_said_in_the_headline() -> None:
    report = in_sync()
    fault = fault_in("stage")
    head = headline(replace(report, findings=(fault,)))
    assert (head.word, head.tone) == ("Promote with care", "warn")
    assert head.sentence == "stage can be promoted to prod, but brings 1 fault along"
    assert "GET /health fails in stage." in head.lede
    assert headline(replace(report, findings=(fault_in("stage", "prod"),))).word == "Promote"


@pytest.mark.parametrize(
    ("places", "accepted", "word"),
    [
        (("stage",), ("stage",), "Promote"),
        (("dev", "stage"), ("stage",), "Promote"),  # what dev still has is no matter of this arrow
        (("dev", "stage"), ("dev",), "Promote with care"),
        (("dev",), (), "Promote"),
        (("stage", "prod"), ("prod",), "Promote"),
    ],
)
def test_a_fault_accepted_where_it_would_come_from_does_not_decide(
    places: tuple[str, ...], accepted: tuple[str, ...], word: str
) -> None:
    assert headline(replace(in_sync(), findings=(fault_in(*places, accepted=accepted),))).word == word


def test_the_last_arrow_speaks() -> None:
    report = in_sync()
    hold = Promotion("dev", "stage", "hold", "it removes one", 20, 0)
    assert headline(replace(report, promotions=(hold, *report.promotions))).word == "Promote"
    assert headline(replace(report, promotions=(*report.promotions, hold))).word == "Hold"


def test_cannot_say() -> None:
    head = headline(undecided())
    assert (head.word, head.tone) == ("Cannot say", "unk")
    assert "whether stage can be promoted to prod" in head.sentence


@pytest.mark.parametrize("sample", [in_sync(), single(in_sync())])
def test_an_incomplete_audit_never_looks_like_a_pass(sample: Report) -> None:
    head = headline(replace(sample, complete=False, incomplete_because=("the deadline came first",)))
    assert (head.word, head.tone) == ("Cannot say", "unk")
    assert head.caveat == "The audit is incomplete: the deadline came first."


def test_an_incomplete_audit_without_a_reason_still_says_so() -> None:
    assert "incomplete" in headline(replace(in_sync(), complete=False)).caveat


def test_one_environment() -> None:
    assert headline(one_environment()).word == "Drifts"
    assert headline(single(in_sync())).word == "In sync"
    assert headline(single(undecided())).word == "Cannot say"


def test_what_was_left_out_is_counted_apart_from_what_was_decided() -> None:
    report = one_environment()
    skipped = replace(rich().excluded[0], environment="prod", path="/catalogue", method="HEAD")
    totals = replace(report.totals, supported=report.totals.supported - 1, excluded=1)
    lede = headline(replace(report, excluded=(skipped,), totals=totals)).lede
    assert lede.endswith("18 of 18 documented operations (100%) were decided. 1 more operation was left out of this "
                         "audit.")  # fmt: skip


def test_titles_are_sentences_of_their_own() -> None:
    report = one_environment()
    f = report.findings[0]
    three = tuple(replace(f, title=t) for t in ("GET /a is documented, but", "prod lacks it", "no more"))
    assert headline(replace(report, findings=three)).lede.startswith(
        "GET /a is documented, but. prod lacks it. There is 1 more."
    )


def test_a_wrong_base_is_not_called_drift() -> None:
    report = one_environment()
    wrong = replace(report.findings[0], rule="base-path-wrong", title="The base URL of prod is probably wrong")
    head = headline(replace(report, findings=(wrong, report.findings[0])))
    assert head.line == "Cannot say whether prod agrees with the description: the base path is probably wrong."
    assert head.lede.endswith(wrong.fixes[0].text)
    assert head.tone == "bad"


def test_waived_drift_is_no_drift_but_is_said() -> None:
    report = one_environment()
    accepted = replace(
        report.findings[0],
        occurrences=tuple(replace(o, waived={"reason": "x"}) for o in report.findings[0].occurrences),
    )
    head = headline(replace(report, findings=(accepted,), totals=replace(report.totals, errors=0, waived=1)))
    assert head.word == "In sync"
    assert "1 waived finding" in head.lede


def test_nothing_documented_is_not_in_sync() -> None:
    report = single(in_sync())
    t = replace(report.totals, documented=0, supported=0)
    assert headline(replace(report, totals=t)).word == "Cannot say"
