"""Both modes about the stacks of the zoo: nothing that it says is wrong, and nothing is harmed."""

from __future__ import annotations

import pytest

from tests.accuracy.measure import OUT_OF_SCOPE, measure_running, params
from tests.servers import ALL, start

MAX_REQUESTS = {"bookshop": 80, "workshop": 145}
HIDDEN_FILTER = "haproxy-deny"
"""It refuses DELETE and PATCH and nothing else, while the service's own Allow passes: no safe request meets it."""
TRUTHFUL = [name for name, stack in ALL.items() if stack.knowable and name not in OUT_OF_SCOPE]


@pytest.mark.parametrize("name", params(TRUTHFUL))
def test_no_verdict_is_wrong_and_nothing_is_harmed(name: str) -> None:
    with start(name) as server:
        score = measure_running(ALL[name], server, "safe")
        assert score.state_changing == 0
        assert score.writes == 0
        assert score.entered == 0
        # The hook acts on any method, GET too: that is a fault of the stack, and the audit asks it once.
        assert score.safe_writes <= (ALL[name].api == "workshop")
        assert score.requests <= MAX_REQUESTS[ALL[name].api]
        if name.startswith(HIDDEN_FILTER):
            assert {w.method for w in score.wrong} == {"DELETE", "PATCH"}
            pytest.xfail("a filter that refuses only what safe mode never sends cannot be seen by it")
        assert not score.wrong, "\n".join(map(str, score.wrong))


INERT = [name for name in TRUTHFUL if name in {
    "gin-workshop", "axum-workshop", "spring-workshop", "fastapi-workshop", "express-workshop", "drf-session-workshop",
    "nginx-locations-workshop", "haproxy-deny-workshop", "apache-limit-bookshop", "koa-workshop", "gin-bookshop",
}]  # fmt: skip
"""Every way of answering; `make accuracy` takes all of them."""


@pytest.mark.parametrize("name", params(INERT))
def test_inert_mode_is_not_wrong_either_and_changes_nothing(name: str) -> None:
    with start(name) as server:
        score = measure_running(ALL[name], server, "inert")
        assert not score.wrong, "\n".join(map(str, score.wrong))
        assert score.writes == 0
        assert score.safe_writes <= 2 * (ALL[name].api == "workshop")
        assert score.requests <= {"bookshop": 120, "workshop": 165}[ALL[name].api]


def test_a_verdict_against_the_route_table_counts_as_wrong() -> None:
    with start("drf-bookshop") as server:
        server.truth["/books"] ^= {"GET", "PUT"}
        score = measure_running(ALL["drf-bookshop"], server, "safe")
        assert [(w.method, w.path, w.said.partition(" ")[0]) for w in score.wrong] == [
            ("GET", "/books", "supported"),
            ("PUT", "/books", "unsupported"),
        ]
        assert (score.right, score.undetermined) == (43, 0)
        assert score.requests == len(server.received())
