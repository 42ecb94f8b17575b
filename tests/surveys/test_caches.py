"""A cache that outlives a deployment: nginx and Varnish in front of the shop, whose build changes behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.surveys.audited import Audit, audit, rejudged
from tests.surveys.deployments import STORES, free_port, get, nginx, shop, varnish

Front = Callable[[int], AbstractContextManager[int]]
CACHES = ("refusal-from-cache", "cache-differs-from-origin")
DRIFT = ("documented-method-missing", "path-missing", "undocumented-method-served", "gateway-blocks-method")


def storing(upstream: int) -> AbstractContextManager[int]:
    """nginx with a cache for everything."""
    return nginx(upstream, more=STORES)


FRONTS = [
    pytest.param(storing, marks=pytest.mark.needs("nginx"), id="nginx"),
    pytest.param(varnish, marks=pytest.mark.needs("varnishd"), id="varnish"),
]
NGINX = pytest.mark.needs("nginx")


@contextmanager
def cached(front: Front, first: str, then: str, *options: str) -> Iterator[int]:
    """A cache that was filled while the first build was deployed; the other one answers behind it now."""
    with ExitStack() as stack:
        upstream = free_port()
        with shop(first, *options, port=upstream):
            port = stack.enter_context(front(upstream))
            statuses = {path: get(port, path)[0] for path in ("/reports", "/about")}
            assert statuses == ({"/reports": 405, "/about": 404} if first == "old" else dict.fromkeys(statuses, 200))
        stack.enter_context(shop(then, *options, port=upstream))
        assert {path: get(port, path)[0] for path in statuses} == statuses, "the cache answers"
        yield port


@pytest.mark.parametrize("options", [(), ("bare",)], ids=["with Allow", "without Allow"])
@pytest.mark.parametrize("front", FRONTS)
def test_a_refusal_that_outlives_its_build_is_the_caches_and_not_the_services(
    front: Front, options: tuple[str, ...], tmp_path: Path
) -> None:
    with cached(front, "old", "new", *options) as port:
        found = audit(tmp_path, port)
    assert found.told(*CACHES) == {("cache-differs-from-origin", p, "GET") for p in ("/reports", "/about")}
    assert not found.told(*DRIFT)
    assert found.cell("GET", "/reports") == found.cell("GET", "/about") == "supported"
    assert found.wrong("new") == []
    said = found.finding("cache-differs-from-origin", "/reports")
    sent = [e["status"] for e in exchanges(found, said)]
    assert sent == [405, 200, 200], "the finding shows what the cache said, and twice what the service says"
    assert said["confidence"] == "high"
    assert said["root_causes"][0]["text"].startswith("The refusal")
    # One for each of the two, one more each to be sure, and both controls once.
    assert found.sent["varied"] == 6


def exchanges(found: Audit, finding: dict[str, object]) -> list[dict[str, int]]:
    import json

    wanted = finding["occurrences"][0]["exchanges"]  # type: ignore[index]
    lines = (found.folder / "out" / "transcript.jsonl").read_text(encoding="utf-8").splitlines()[1:]
    by_id = {e["id"]: e for e in (json.loads(line)["exchange"] for line in lines)}
    return [by_id[i]["answer"] for i in wanted]


@pytest.mark.parametrize("front", FRONTS)
def test_a_refusal_that_the_service_would_give_too_may_outlive_the_mending(front: Front, tmp_path: Path) -> None:
    with cached(front, "old", "old", "bare") as port:
        found = audit(tmp_path, port)
    assert found.told(*CACHES) == {("refusal-from-cache", p, "GET") for p in ("/reports", "/about")}
    assert found.told("documented-method-missing", "path-missing") >= {("documented-method-missing", "/reports", "GET")}
    assert found.cell("GET", "/reports") == "unsupported"
    assert found.wrong("old") == []
    assert found.sent["varied"] == 2, "what is the same once is not asked twice"


@pytest.mark.parametrize("front", FRONTS)
def test_a_success_that_outlives_its_build_hides_the_loss_of_a_method(front: Front, tmp_path: Path) -> None:
    with cached(front, "new", "old", "bare") as port:
        found = audit(tmp_path, port)
    assert found.told(*CACHES) == {("cache-differs-from-origin", p, "GET") for p in ("/reports", "/about")}
    assert found.cell("GET", "/reports") == "unsupported"
    assert found.wrong("old") == []


@NGINX
def test_without_a_cache_nothing_is_said_of_caches_and_nothing_is_asked(tmp_path: Path) -> None:
    with shop("old") as upstream, nginx(upstream) as port:
        get(port, "/reports")
        found = audit(tmp_path, port)
    assert not found.told(*CACHES)
    assert found.sent["varied"] == 0
    assert found.cell("GET", "/reports") == "unsupported"


@NGINX
def test_a_cache_that_gives_what_the_service_gives_is_left_alone(tmp_path: Path) -> None:
    with cached(storing, "new", "new") as port:
        found = audit(tmp_path, port)
    assert not found.told(*CACHES)
    assert found.wrong("new") == []
    assert found.sent["varied"] == 2


@NGINX
def test_a_service_that_minds_the_parameter_is_asked_once_and_its_cell_stays_open(tmp_path: Path) -> None:
    with cached(storing, "old", "new", "bare", "strict") as port:
        found = audit(tmp_path, port)
    assert found.sent["varied"] == 1
    assert found.cell("GET", "/reports") == found.cell("GET", "/about") == "gateway-answered"
    assert found.told(*CACHES) == {("refusal-from-cache", p, "GET") for p in ("/reports", "/about")}
    assert "could not be asked" in found.finding("refusal-from-cache", "/reports")["diagnosis"]
    assert not found.told(*DRIFT)


@NGINX
def test_a_cache_that_keys_without_the_query_leaves_the_cell_open(tmp_path: Path) -> None:
    def blunt(upstream: int) -> AbstractContextManager[int]:
        return nginx(upstream, more=f"{STORES} proxy_cache_key $uri;")

    with cached(blunt, "old", "new", "bare") as port:
        found = audit(tmp_path, port)
    assert found.cell("GET", "/reports") == "gateway-answered"
    assert found.told(*CACHES) == {("refusal-from-cache", p, "GET") for p in ("/reports", "/about")}
    assert not found.told(*DRIFT)


@NGINX
def test_the_run_directory_is_enough_to_judge_again(tmp_path: Path) -> None:
    with cached(storing, "old", "new", "bare") as port:
        found = audit(tmp_path, port)
    again = rejudged(found)
    assert (again["cells"], again["findings"]) == (found.report["cells"], found.report["findings"])
