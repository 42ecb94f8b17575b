"""Small pictures: their numbers are right, their words say what they show, and none of them needs its colours."""

from __future__ import annotations

from dataclasses import replace

from auditor.differ.output import html
from auditor.differ.output.html_pictures import MAX_TALLIES, by_part, shares, since_bars
from auditor.model.night import Changes, Seen
from tests.output.pages import Page
from tests.output.rich import rich
from tests.output.sample import in_sync, one_environment


def test_shares_follow_one_another_and_leave_out_nothing() -> None:
    assert shares([("ok", 3), ("bad", 0), ("unk", 1)], 4) == (("ok", 0.0, 75.0), ("unk", 75.0, 25.0))
    assert shares([("ok", 0)], 0) == ()


def test_parts_are_ranked_by_drift_and_drawn_to_one_scale() -> None:
    paths = [("big", "agree")] * 6 + [("big", "drift")] * 2 + [("small", "drift")] * 3 + [("small", "open")]
    small, big = by_part(paths)
    assert (small.name, small.words) == ("small", "3 of 4 paths drift, 1 not judged in full")
    assert small.bars == (("bad", 0.0, 37.5), ("unk", 37.5, 12.5))
    assert (big.words, big.bars) == ("2 of 8 paths drift", (("bad", 0.0, 25.0), ("ok", 25.0, 75.0)))
    assert by_part([("only", "drift")]) == ()


def test_many_parts_become_one_and_lose_no_path() -> None:
    tallies = by_part([(f"part{i:02d}", "drift" if i % 2 else "agree") for i in range(40)])
    assert len(tallies) == MAX_TALLIES + 1
    assert tallies[-1].name == "28 others"
    assert tallies[-1].words == "8 of 28 paths drift"


def test_change_since_the_last_audit_is_counted_as_the_sentence_counts_it() -> None:
    assert since_bars(rich()) == ()
    gone = tuple(
        Seen(
            f"{i:012x}", "stage", "GET", "path-missing", f"/gone{i}", ("GET",), "error", "gone", "2026-11-01T00:00:00Z"
        )
        for i in range(3)
    )
    report = replace(rich(), since=Changes("before", "2026-11-19T02:14:00Z", fixed=gone))
    found = {t.name: t.words for t in since_bars(report)}
    page = Page(html.render(report))
    for name, n in found.items():
        assert f"{n} {name}" in page.text
    assert found["fixed"] == "3"


def test_every_picture_has_words_and_differs_in_more_than_colour() -> None:
    for report in (rich(), in_sync(), one_environment()):
        page = Page(html.render(report))
        pictures = page.all("svg")
        assert pictures
        assert all(p.attributes.get("aria-label") or p.attributes.get("aria-hidden") == "true" for p in pictures)
        heights: dict[str, set[str | None]] = {}
        for rect in page.all("rect"):
            heights.setdefault(str(rect.attributes["class"]), set()).add(rect.attributes["height"])
        own = [next(iter(h)) for h in heights.values()]
        assert all(len(h) == 1 for h in heights.values())
        assert len(set(own)) == len([c for c in heights if c != "no"]) or "no" in heights
