"""Whose run is it? Titles, addresses and places; what a page takes of many runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from auditor.differ.output.site import grouping
from auditor.model.index import Head, Unread

START = datetime(2026, 11, 1, 3, 0, tzinfo=UTC)


def head(title: str, night: float, host: str = "a", place: str = "", id_: str = "", link: str | None = "x") -> Head:
    at = START + timedelta(days=night)
    return Head(place or f"{host}/{night}", link, id_ or f"{title}{host}{night}", at, title, frozenset({host}))


def sizes(*heads: Head) -> list[int]:
    return sorted(len(g) for g in grouping.services(heads))


def test_runs_of_one_title_at_one_address_are_one_service() -> None:
    assert sizes(*(head("Orders", n) for n in range(5)), head("Billing", 1)) == [1, 5]


def test_a_title_at_two_addresses_side_by_side_is_two_services() -> None:
    """Generators call every description alike: the failure of one must not be covered by the other's pass."""
    runs = [head("OpenAPI definition", n + shift, host) for n in range(4) for host, shift in (("a", 0.0), ("b", 0.1))]
    assert sizes(*runs) == [4, 4]
    names = grouping.named(grouping.services(runs))
    assert names == [("OpenAPI definition", "a"), ("OpenAPI definition", "b")]


def test_audits_of_other_environments_do_not_cover_each_other() -> None:
    """dev to stage holds, stage to prod is promoted a minute later: both are to be seen."""
    pairs = {name: frozenset(name.split(", ")) for name in ("dev, stage", "stage, prod")}
    runs = [
        Head(f"{night}/{i}", None, f"{night}{i}", START + timedelta(days=night, minutes=i), "Orders", urls, (name,))
        for night in range(3) for i, (name, urls) in enumerate(pairs.items())
    ]  # fmt: skip
    assert sizes(*runs) == [3, 3]
    assert sorted(hint for _, hint in grouping.named(grouping.services(runs))) == sorted(pairs)


def test_an_environment_that_is_added_makes_no_other_service() -> None:
    urls = [frozenset({"dev", "prod"}), frozenset({"dev", "stage", "prod"})]
    assert sizes(*(Head(f"{n}", None, f"{n}", START + timedelta(days=n), "Orders", urls[n > 3]) for n in range(8))) == [
        8
    ]


def test_a_service_that_moves_stays_one() -> None:
    assert sizes(*(head("Orders", n, "old") for n in range(4)), *(head("Orders", n, "new") for n in range(4, 8))) == [8]


def test_an_environment_that_moves_beside_another_service_of_that_title() -> None:
    urls = [frozenset({"prod", "old"}), frozenset({"prod", "new"})]
    moving = [Head(f"{n}", None, f"{n}", START + timedelta(days=n), "API", urls[n > 2]) for n in range(6)]
    assert sizes(*moving, *(head("API", n + 0.5, "other") for n in range(6))) == [6, 6]


def test_a_copy_of_a_run_counts_once_and_the_one_with_a_page_is_kept() -> None:
    copies = [
        head("Orders", 1, place=p, id_="same", link=link) for p, link in (("a", None), ("latest", "l"), ("z", "z"))
    ]
    ((kept,),) = grouping.services(copies)
    assert kept.place == "latest"


def test_the_newest_comes_first_whatever_the_folders_are_called() -> None:
    runs = [head("Orders", n, place=f"{9 - n}") for n in range(3)]
    assert [h.place for h in grouping.services(runs)[0]] == ["7", "8", "9"]


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("orders/2026-11-01", "orders/2026-11-20"),
        ("2026-11-01/orders", "2026-11-20/orders"),
        ("orders-20261101T030000Z-0a1b2c3d", "orders-20261120T030000Z-77ffee00"),
    ],
)
def test_places_of_one_service_have_one_shape(a: str, b: str) -> None:
    assert grouping.shape(a) == grouping.shape(b) != grouping.shape("billing/2026-11-01")


def test_what_cannot_be_read_belongs_to_whose_place_it_is_in() -> None:
    groups = grouping.services([*(head(t, n, t, f"{t}/2026-11-0{n}") for t in ("orders", "billing") for n in (1, 2)),
                                head("flat", 1, "flat", "1"), head("other", 1, "other", "2")])  # fmt: skip
    lost = [Unread(p, None, "is empty", START) for p in ("orders/2026-11-03", "3", "elsewhere/2026-11-03")]
    found = grouping.attributed(lost, groups)
    assert [None if u.beside is None else groups[u.beside][0].title for u in found] == ["orders", None, None]


def test_a_night_is_its_newest_run_and_old_nights_are_left_out() -> None:
    (group,) = grouping.services([head("Orders", n / 2) for n in range(20)])
    chosen = grouping.choose(group, START + timedelta(days=9, hours=13), 3)
    assert [h.finished.day for h in chosen.shown] == [10, 9, 8]
    assert all(h.finished.hour == 15 for h in chosen.shown)
    assert chosen.left == 17


def test_the_newest_two_nights_are_always_read() -> None:
    (group,) = grouping.services([head("Orders", n) for n in range(5)])
    chosen = grouping.choose(group, START + timedelta(days=400), 3)
    assert [h.finished.day for h in chosen.shown] == [5, 4]


def test_names_are_never_the_same_twice() -> None:
    nowhere = [Head(p, None, p, START, "API", frozenset()) for p in ("1", "2", "3")]
    names = grouping.named(grouping.services(nowhere))
    assert len(set(names)) == 3
