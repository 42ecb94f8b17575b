"""Conservation: nothing documented is ever lost from the sums."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.differ.compare import compare
from auditor.differ.subject import Subject, documented
from auditor.differ.totals import conserved, decided_share, totals
from auditor.model.cell import Basis, Cell, Exclusion, Reason, Support
from tests.differ.cases import subject

SPEC = {"/orders": ["GET", "POST", "OPTIONS"], "/orders/{id}": ["GET", "DELETE"]}
ENVIRONMENTS = ("dev", "prod")
PATHS = (*SPEC, "/orders/{key}", "/ghost")


def empty() -> Subject:
    return subject({"spec": SPEC, "environments": {e: {} for e in ENVIRONMENTS}})


def cell(environment: str, path: str, method: str, support: Support) -> Cell:
    decided = support is not Support.UNDETERMINED
    basis, reason = (Basis.OBSERVED, None) if decided else (None, Reason.NO_EVIDENCE)
    return Cell(environment, path, method, support, basis, reason, "why")


places = st.tuples(
    st.sampled_from((*ENVIRONMENTS, "elsewhere")),
    st.sampled_from(PATHS),
    st.sampled_from(("GET", "POST", "DELETE", "OPTIONS", "PURGE")),
)
cells = st.lists(st.tuples(places, st.sampled_from(Support)), max_size=30).map(
    lambda drawn: tuple(cell(*place, support) for place, support in drawn)
)
exclusions = st.lists(places, max_size=6).map(lambda ps: tuple(Exclusion(*p, by="config", why="skip") for p in ps))


@settings(max_examples=200)
@given(cells=cells, excluded=exclusions)
def test_the_sums_always_add_up(cells: tuple[Cell, ...], excluded: tuple[Exclusion, ...]) -> None:
    given_ = replace(empty(), cells=cells, excluded=excluded)
    sums = totals(given_, compare(given_))
    assert sums.documented == len(documented(given_)) == 10
    assert sums.supported + sums.unsupported + sums.undetermined + sums.excluded == sums.documented


@settings(max_examples=200)
@given(cells=cells, excluded=exclusions)
def test_what_is_lost_or_told_twice_is_always_named(cells: tuple[Cell, ...], excluded: tuple[Exclusion, ...]) -> None:
    given_ = replace(empty(), cells=cells, excluded=excluded)
    have = [(c.environment, c.path, c.method) for c in cells]
    left_out = {(x.environment, x.path, x.method) for x in excluded}
    once = len(have) == len(set(have)) and all(k[0] in ENVIRONMENTS for k in have)
    each = all((k in have) != (k in left_out) for k in documented(given_))
    assert (conserved(given_) == []) == (once and each)


def whole(support: Support) -> Subject:
    given_ = empty()
    return replace(given_, cells=tuple(cell(*key, support) for key in sorted(documented(given_))))


def test_a_whole_run_is_conserved() -> None:
    given_ = whole(Support.SUPPORTED)
    assert conserved(given_) == []
    assert totals(given_, ()).supported == 10
    assert decided_share(given_, "dev") == 1.0


def test_sentences_name_method_path_and_environment() -> None:
    given_ = whole(Support.SUPPORTED)
    lost = replace(given_, cells=given_.cells[1:])
    name = f"{given_.cells[0].method} {given_.cells[0].path}"
    assert conserved(lost) == [f"{name} is documented, but dev has neither a cell nor an exclusion for it."]
    assert (totals(lost, ()).supported, totals(lost, ()).undetermined) == (9, 1)
    assert decided_share(lost, "dev") == 4 / 5
    twice = replace(given_, cells=(*given_.cells, given_.cells[0]))
    assert conserved(twice) == [f"{name} has 2 cells in dev."]


def test_a_cell_without_its_basis_or_reason_is_named() -> None:
    given_ = whole(Support.UNDETERMINED)
    bad = (replace(given_.cells[0], reason=None), replace(given_.cells[1], basis=Basis.OBSERVED), *given_.cells[2:])
    assert len(conserved(replace(given_, cells=bad))) == 2
    decided = replace(given_.cells[0], support=Support.SUPPORTED)
    assert len(conserved(replace(given_, cells=(decided, *given_.cells[1:])))) == 1


def test_the_share_leaves_excluded_operations_out() -> None:
    given_ = whole(Support.UNDETERMINED)
    assert decided_share(given_, "dev") == 0.0
    one, *rest = given_.cells
    half = replace(one, support=Support.SUPPORTED, basis=Basis.OBSERVED, reason=None)
    assert decided_share(replace(given_, cells=(half, *rest)), "dev") == 1 / 5
    out = tuple(Exclusion(*k, by="config", why="skip") for k in documented(given_) if k[0] == "dev")
    assert decided_share(replace(given_, cells=(), excluded=out), "dev") is None
    assert decided_share(replace(given_, cells=(half, *rest), excluded=out[1:]), "dev") in (0.0, 1.0)


def test_a_finding_is_waived_when_all_its_occurrences_are() -> None:
    given_ = subject({
        "spec": {"/orders": ["GET"]},
        "environments": {e: {"cells": {"GET /orders": "unsupported observed: r"}} for e in ENVIRONMENTS},
    })  # fmt: skip
    (found,) = compare(given_)
    first, second = (replace(o, waived={"reason": "migration"}) for o in found.occurrences)
    half = replace(found, occurrences=(first, found.occurrences[1]))
    full = replace(found, occurrences=(first, second))
    assert (totals(given_, [half]).errors, totals(given_, [half]).waived) == (1, 0)
    assert (totals(given_, [full]).errors, totals(given_, [full]).waived) == (0, 1)
