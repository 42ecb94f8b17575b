"""What would let more be compared: each operation counts once, and the line leads to the finding that says why."""

from __future__ import annotations

from auditor.differ.output.todo_compare import comparing
from auditor.model.cell import Reason
from auditor.model.report import Change, Promotion, Report
from tests.output.sample import CHAIN, Key, assemble, finding, result, unknown

OPEN = (
    ("stage", "/orders", "POST", Reason.MODE_FORBIDS),
    ("prod", "/orders", "POST", Reason.AUTH_WALL),
    ("stage", "/orders", "GET", Reason.AUTH_WALL),
    ("prod", "/orders/{orderId}", "PUT", Reason.RATE_LIMITED),
)


def _report(*found: object) -> tuple[Report, Promotion]:
    cells: dict[Key, object] = dict(unknown(e, path, m, reason) for e, path, m, reason in OPEN)
    changes = tuple(Change(p, m, "cannot-say") for p, m in dict.fromkeys((p, m) for _, p, m, _ in OPEN))
    promotion = Promotion("stage", "prod", "hold", "because", 10, len(changes), changes)
    chain = [result(e, i) for i, e in enumerate(CHAIN)]
    return assemble(chain, cells, list(found), promotions=[promotion]), promotion  # type: ignore[arg-type]


def test_each_operation_counts_once_where_it_is_still_open() -> None:
    tasks = comparing(*_report())
    assert [(t.what, t.why) for t in tasks] == [
        ("2 operations", "asked for credentials in stage and prod"),
        ("`PUT /orders/{orderId}`", "rate limited in prod"),
    ]
    assert all(t.tag == ("unk", "not judged") for t in tasks)
    assert all(t.fingerprint is None for t in tasks)


def test_a_wall_leads_to_its_finding_and_names_who_gives_credentials() -> None:
    wall = finding("auth-hides-methods", None, "", {"stage": "401", "prod": "401"}, title="a wall")
    first = comparing(*_report(wall))[0]
    assert (first.fingerprint, first.owner) == (wall.fingerprint, "whoever runs the audit")
    elsewhere = finding("auth-hides-methods", None, "", {"dev": "401"}, title="a wall")
    assert comparing(*_report(elsewhere))[0].fingerprint is None
