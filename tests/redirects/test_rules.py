"""The three rules about redirects on real servers and gateways: where they fire, and that they are silent elsewhere.

Every case holds against all redirect findings of the audit: what is not listed must not be said.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from auditor.model.finding import Finding
from tests.accuracy.measure import audit, tools
from tests.conftest import Serve
from tests.redirects.cases import CHANGES, FIRES, FOLDER, POST, RULES, SILENT, Case
from tests.servers import ALL, Server, start


def params(cases: list[Case]) -> list[Any]:
    return [pytest.param(c, id=c.name, marks=pytest.mark.needs(*tools(ALL[c.stack]))) for c in cases]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Files that any user may read: Apache gives up root's rights."""
    with tempfile.TemporaryDirectory(prefix="files-") as name:
        inner = Path(name, "v1", "health")
        inner.mkdir(parents=True)
        (inner / "index.json").write_text('{"status": "up"}', encoding="utf-8")
        for place in (Path(name), inner.parent, inner):
            place.chmod(0o755)
        yield Path(name)


def deployed(case: Case, folder: Path, resources: ExitStack) -> Server:
    options = {k: v.replace(FOLDER, str(folder)) if isinstance(v, str) else v for k, v in case.options.items()}
    if case.behind:
        inner = resources.enter_context(start(case.behind))
        known = {path: sorted(methods) for path, methods in inner.truth.items()}
        options |= {"upstream": f"127.0.0.1:{inner.port}", "upstream_truth": known}
    return resources.enter_context(start(case.stack, **options))


def told(findings: tuple[Finding, ...]) -> dict[tuple[str, str | None, tuple[str, ...]], Finding]:
    return {(f.rule, f.path, f.methods): f for f in findings}


@pytest.mark.parametrize("case", params(FIRES))
def test_a_rule_fires_and_names_the_cause(case: Case, folder: Path) -> None:
    with ExitStack() as resources:
        server = deployed(case, folder, resources)
        report = audit(ALL[case.stack], server, case.mode)
        assert server.writes() == 0
    found = {key: f for key, f in told(report.findings).items() if f.rule in RULES}
    assert set(found) == set(case.said)
    first = {key: f.root_causes[0] for key, f in found.items()}
    assert {key: cause.text[: len(case.said[key])] for key, cause in first.items()} == case.said
    assert {cause.likelihood.value for cause in first.values()} == {"high"}
    assert case.words in next(iter(found.values())).symptom
    post = [f for f in found.values() if f.rule == CHANGES and f.methods == POST]
    assert {f.severity.value for f in post} <= {"error"}


@pytest.mark.parametrize("case", params(SILENT))
def test_no_rule_fires_where_nothing_documented_is_redirected(case: Case, folder: Path) -> None:
    with ExitStack() as resources:
        report = audit(ALL[case.stack], deployed(case, folder, resources), case.mode)
    assert [f.title for f in report.findings if f.rule in RULES] == []
    assert any(c.support.value == "supported" for c in report.cells)


SLASH = "rewrite ^(/v1/(?:books|search|cache))$ $1/ permanent;"


@pytest.mark.needs("nginx")
def test_one_setting_is_one_cause_and_other_paths_are_told_as_before(serve: Serve) -> None:
    stack = ALL["nginx-flask"]
    plain = told(audit(stack, serve("nginx-flask"), "safe").findings)
    with start("nginx-flask", here=SLASH) as server:
        found = told(audit(stack, server, "safe").findings)
    touched = {"/books", "/search", "/cache"}
    assert {key for key in found if key[1] not in touched} == {key for key in plain if key[1] not in touched}
    redirects = [f for f in found.values() if f.rule in RULES]
    assert {f.path for f in redirects} == touched
    assert {f.cause for f in redirects} == {"redirect:slash,added,301,nginx-flask"}


@pytest.mark.needs("nginx")
def test_two_rules_are_two_causes(serve: Serve) -> None:
    rules = "location = /v1/health { return 301 /up; } location = /v1/cache { return 301 /flush; }"
    with start("nginx-flask", server=rules) as server:
        found = [f for f in audit(ALL["nginx-flask"], server, "safe").findings if f.rule in RULES]
    assert {(f.path, f.cause) for f in found} == {("/health", "redirect:path,/up,301,nginx-flask")}
