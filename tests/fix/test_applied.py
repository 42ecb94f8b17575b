"""On stacks that run here: a finding, its fix typed as the text says, and an audit that is clean of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.differ.catalogue import rule
from auditor.explaining import explain
from tests.fix.applied import Found, edge, service
from tests.fix.drifts import SERVICES, Deployment
from tests.fix.edges import EDGES, Edge
from tests.fix.edits import BY_ID, Drift
from tests.fix.gateways import NEEDS
from tests.needs import LEFT_OUT, in_ci
from tests.servers import builds

EACH_SERVICE = [pytest.param(s, id=s.name or s.stack, marks=pytest.mark.needs(*s.needs)) for s in SERVICES]
EACH_EDGE = [pytest.param(e, id=f"{e.stack}-{i}", marks=pytest.mark.needs(NEEDS.get(e.stack, e.stack)))
             for i, e in enumerate(EDGES)]  # fmt: skip


def test_there_are_eight_services_and_four_gateways() -> None:
    assert len({s.stack for s in SERVICES}) >= 8
    assert len({e.stack for e in EDGES}) >= 4


@pytest.mark.parametrize("one", [*EACH_SERVICE, *EACH_EDGE])
def test_what_is_typed_stands_in_the_text(one: Deployment | Edge) -> None:
    for drift in one.drifts:
        for e in drift.edits:
            assert e.follows(one.says(drift.rule)), (e, one.says(drift.rule))


@pytest.mark.parametrize("one", EACH_SERVICE)
def test_a_service_is_clean_when_it_is_mended(tmp_path: Path, one: Deployment) -> None:
    try:
        before, after = service(tmp_path, one)
    except builds.NotBuilt as error:
        (pytest.fail if in_ci() else pytest.skip)(f"{LEFT_OUT}what {one.source} is built with: {error}")
    _drifted(one, before)
    assert set(after) == set()


@pytest.mark.parametrize("one", EACH_EDGE)
def test_a_gateway_is_clean_when_it_is_mended(tmp_path: Path, one: Edge) -> None:
    before, after = edge(tmp_path, one)
    _drifted(one, {k: f for k, f in before.items() if k[0] not in one.stays})
    assert {k[0] for k in after} <= set(one.stays)
    assert {k[0] for k in after} <= {k[0] for k in before}


def _drifted(one: Deployment | Edge, found: Found) -> None:
    """Exactly the drifts are found, and each says what to type on this very stack."""
    wanted = {_key(d): d for d in one.drifts if not d.hidden}
    assert set(found) == set(wanted)
    stack = BY_ID[one.stack]
    for key, drift in wanted.items():
        text = one.says(drift.rule)
        if drift.told:
            assert f"{stack.name}: {text}" in [f["text"] for f in found[key]["fixes"]], key
        else:
            assert f"{stack.name}: {text}" in " ".join(explain(rule(drift.rule)).split())


def _key(drift: Drift) -> tuple[str, str | None, str]:
    return drift.rule, drift.path, drift.methods
