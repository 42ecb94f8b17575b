"""The table that findings speak from, against the clients themselves; and the page against the table."""

from __future__ import annotations

import json

import pytest

from auditor.differ import clients
from tests.needs import LEFT_OUT, in_ci
from tests.redirects import measure as table
from tests.redirects.measure import KINDS, PAIRS, STATUSES, Kind, differences

KEPT = {client["name"]: client for client in table.read()["clients"]}


@pytest.mark.parametrize("kind", [pytest.param(k, marks=pytest.mark.needs(*k.needs), id=k.name) for k in KINDS])
def test_the_client_does_what_the_table_says(kind: Kind) -> None:
    kept = KEPT[kind.name]
    found = list(differences(kind, kept["sends"], table.measure(kind)))
    if found and kind.version() != kept["version"] and not in_ci():
        pytest.skip(f"{LEFT_OUT}{kind.product} {kept['version']}, in which the table was measured: {found[0]}")
    assert found == []
    assert table.follows_unasked(kind) == kept["follows_unasked"]


def test_every_client_is_in_the_table_and_the_page_is_made_of_it() -> None:
    assert list(KEPT) == [kind.name for kind in KINDS]
    assert table.DATA.read_text(encoding="utf-8") == table.as_data(table.read())
    assert table.PAGE.read_text(encoding="utf-8") == table.page(table.read())
    assert [c.name for c in clients.clients()] == list(KEPT)


def test_what_the_table_says_in_words() -> None:
    """What DESIGN §9 says of the two that most people know."""
    assert "httpx" in clients.changed_by("PUT", 302)
    assert "httpx" not in clients.changed_by("PUT", 301)
    assert clients.kept_by("POST", 301) == ()
    assert "curl -L -X" in clients.emptied_by("POST", 301)
    assert clients.stopped_by("POST", 308) == ("Java HttpURLConnection", "urllib")
    assert [s for s in range(300, 309) if clients.is_measured(s)] == list(STATUSES)
    assert clients.changed_by("LOCK", 303) == clients.changed_by("REPORT", 303) != ()
    for method, status in PAIRS:
        by = (clients.changed_by, clients.emptied_by, clients.stopped_by, clients.kept_by)
        named = [name for which in by for name in which(method, status)]
        able = [c["name"] for c in KEPT.values() if method in c["sends"][str(status)]]
        assert sorted(named) == sorted(able), (method, status)


def test_a_difference_is_told() -> None:
    kind = next(k for k in KINDS if k.name == "httpx")
    other = json.loads(json.dumps(KEPT["httpx"]["sends"]))
    other["301"]["POST"] = "POST"
    [told] = differences(kind, KEPT["httpx"]["sends"], other)
    assert told.startswith("httpx ")
    assert told.endswith(": POST 301: POST, and the table says GET")
