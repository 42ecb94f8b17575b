"""Layers: who refuses, the gateway or the service? Real gateways in front of a real application, each asked itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.command import run_auditor
from tests.servers import Server, start
from tests.servers.bookshop import SPEC

REFUSING = [
    pytest.param("nginx-limit-flask", marks=pytest.mark.needs("nginx")),
    pytest.param("haproxy-deny-bookshop", marks=pytest.mark.needs("haproxy")),
    pytest.param("haproxy-405-bookshop", marks=pytest.mark.needs("haproxy")),
]
BLOCKED = {("DELETE", "/books/{bookId}"), ("PATCH", "/authors/{slug}")}
"""What these gateways refuse of what is documented and served behind them."""


@contextmanager
def serving(name: str) -> Iterator[Server]:
    with start(name) as server:
        yield server


def audit(folder: Path, environments: str, *more: str, code: int) -> dict[str, Any]:
    """The report of one audit of the bookshop with these environments."""
    (folder / "auditor.yaml").write_text(f"environments:\n{environments}", encoding="utf-8")
    done = run_auditor("audit", str(SPEC), "--config", "auditor.yaml", *more, cwd=folder)
    assert done.returncode == code, done.stdout + done.stderr
    report: dict[str, Any] = json.loads((folder / "drift-report/report.json").read_text(encoding="utf-8"))
    return report


def told(report: dict[str, Any], rule: str) -> dict[tuple[str, str], dict[str, Any]]:
    return {(f["methods"][0], f["path"]): f for f in report["findings"] if f["rule"] == rule}


@pytest.mark.parametrize("name", REFUSING)
def test_the_gateway_is_named_where_the_service_behind_it_supports_the_method(name: str, tmp_path: Path) -> None:
    with serving(name) as edge:
        assert edge.behind is not None
        report = audit(
            tmp_path, f"  prod: {{url: '{edge.url}', mode: inert}}\n"
            f"  origin: {{url: '{edge.behind.url}', mode: inert, behind: prod}}\n", code=1,
        )  # fmt: skip
        assert edge.changes() == []
    blocked = told(report, "gateway-blocks-method")
    assert set(blocked) == BLOCKED
    for finding in blocked.values():
        assert finding["confidence"] in ("high", "medium")
        assert "The gateway of prod refuses" in finding["title"]
        assert finding["root_causes"][0]["likelihood"] == "high"
        assert finding["fixes"][0]["side"] == "gateway"
    assert len({f["cause"] for f in blocked.values()}) == 1, "one cause is shown once"
    assert not BLOCKED & set(told(report, "documented-method-missing"))
    # What the service itself lacks stays the service's, and says that the layer was asked.
    missing = told(report, "documented-method-missing")[("PUT", "/books/{bookId}")]
    assert "origin, asked directly, refuses it, too" in missing["root_causes"][0]["text"]
    assert [e["behind"] for e in report["environments"]] == [None, "prod"]
    assert {c["environment"] for c in report["cells"]} == {"prod"}
    assert {c["environment"] for c in report["layers"]} == {"origin"}


@pytest.mark.parametrize("name", REFUSING)
def test_without_a_layer_the_gateways_own_error_page_says_so_at_low_confidence(name: str, tmp_path: Path) -> None:
    with serving(name) as edge:
        report = audit(tmp_path, f"  prod: {{url: '{edge.url}', mode: inert}}\n", code=1)
    blocked = told(report, "gateway-blocks-method")
    assert set(blocked) == BLOCKED
    assert {f["confidence"] for f in blocked.values()} == {"low"}
    page = "nginx" if name.startswith("nginx") else "HAProxy"
    assert all(f"an error page of {page}" in f["symptom"] for f in blocked.values())


@pytest.mark.needs("nginx", "haproxy")
@pytest.mark.parametrize("name", ["nginx-flask", "haproxy-bookshop"])
def test_a_gateway_that_passes_everything_is_never_blamed(name: str, tmp_path: Path) -> None:
    with serving(name) as edge:
        assert edge.behind is not None
        report = audit(
            tmp_path, f"  prod: {{url: '{edge.url}', mode: inert}}\n"
            f"  origin: {{url: '{edge.behind.url}', mode: inert, behind: prod}}\n", code=1,
        )  # fmt: skip
    assert told(report, "gateway-blocks-method") == {}
    assert told(report, "documented-method-missing")


@pytest.mark.needs("nginx")
def test_a_path_that_the_gateway_does_not_pass_on_is_its_doing(tmp_path: Path) -> None:
    with start("nginx-locations-bookshop", dropped=["/books"]) as edge:
        assert edge.behind is not None
        report = audit(
            tmp_path, f"  prod: {{url: '{edge.url}'}}\n  origin: {{url: '{edge.behind.url}', behind: prod}}\n", code=1
        )
    blocked = told(report, "gateway-blocks-method")
    assert set(blocked) == {("GET", "/books"), ("POST", "/books")}
    assert all("does not pass /books on" in f["title"] for f in blocked.values())
    assert len({f["cause"] for f in blocked.values()}) == 1
    assert "/books" not in {path for _, path in told(report, "path-missing")}


@pytest.mark.needs("apache2")
def test_a_path_that_the_edge_hides_and_the_layer_behind_lacks_is_told(tmp_path: Path) -> None:
    lost = "/books/{bookId}/reviews"
    with serving("apache-allow-bookshop") as edge:
        assert edge.behind is not None
        assert not edge.behind.truth[lost]
        alone = audit(tmp_path, f"  prod: {{url: '{edge.url}'}}\n", code=0)
        report = audit(
            tmp_path, f"  prod: {{url: '{edge.url}'}}\n  origin: {{url: '{edge.behind.url}', behind: prod}}\n", code=1
        )
    assert lost not in {path for _, path in told(alone, "path-missing")}
    found = told(report, "path-missing")["GET", lost]
    assert (found["confidence"], found["environments"]) == ("medium", ["prod"])
    assert "Asked directly, origin has no such path" in found["symptom"]
    assert not [f for f in found["fixes"] if "AllowMethods" in f["text"]], "a list of methods adds no path"


@pytest.mark.needs("nginx", "haproxy")
def test_over_three_layers_the_boundary_is_named(tmp_path: Path) -> None:
    with start("nginx-limit-flask") as inner:
        assert inner.behind is not None
        known = {path: sorted(methods) for path, methods in inner.truth.items()}
        with start("haproxy-bookshop", upstream=f"127.0.0.1:{inner.port}", upstream_truth=known) as edge:
            report = audit(
                tmp_path, f"  prod: {{url: '{edge.url}', mode: inert}}\n"
                f"  mesh: {{url: '{inner.url}', mode: inert, behind: prod}}\n"
                f"  app: {{url: '{inner.behind.url}', mode: inert, behind: mesh}}\n", code=1,
            )  # fmt: skip
        assert inner.changes() == []
    blocked = told(report, "gateway-blocks-method")
    assert set(blocked) == BLOCKED
    assert blocked["DELETE", "/books/{bookId}"]["title"] == (
        "mesh refuses DELETE /books/{bookId}; app, behind it, supports it"
    )
    assert len({f["cause"] for f in blocked.values()}) == 1


@pytest.mark.needs("nginx")
def test_edge_and_layer_have_certificates_and_names_of_their_own(tmp_path: Path) -> None:
    def certificate(name: str) -> tuple[Path, Path]:
        authority = trustme.CA()
        trusted, own = tmp_path / f"{name}.ca.pem", tmp_path / f"{name}.pem"
        authority.cert_pem.write_to_path(trusted)
        authority.issue_cert(name).private_key_and_cert_chain_pem.write_to_path(own)
        return trusted, own

    (edge_ca, edge_own), (inner_ca, inner_own) = certificate("api.example.test"), certificate("app.internal.test")
    with start("nginx-flask", certificate=str(inner_own)) as inner:
        assert inner.behind is not None
        service = {"upstream": f"127.0.0.1:{inner.behind.port}",
                   "upstream_truth": {p: sorted(m) for p, m in inner.behind.truth.items()}}  # fmt: skip
        with start("nginx-limit-flask", certificate=str(edge_own), **service) as edge:
            prod = f"{{url: 'https://127.0.0.1:{edge.port}/v1', host: api.example.test, ca_file: '{edge_ca}', "
            app = f"{{url: 'https://127.0.0.1:{inner.port}/v1', host: app.internal.test, ca_file: '{inner_ca}', "
            report = audit(tmp_path, f"  prod: {prod}mode: inert}}\n  app: {app}mode: inert, behind: prod}}\n", code=1)
            swapped = app.replace(str(inner_ca), str(edge_ca))
            distrusted = audit(
                tmp_path, f"  prod: {prod}mode: inert}}\n  app: {swapped}mode: inert, behind: prod}}\n", code=1
            )
    assert set(told(report, "gateway-blocks-method")) == BLOCKED
    # A certificate of another authority is no layer that was asked: nothing is said about what stands behind.
    assert {e["name"]: e["state"] for e in distrusted["environments"]} == {"prod": "complete", "app": "unreachable"}
    assert all(f["confidence"] == "low" for f in told(distrusted, "gateway-blocks-method").values())


@pytest.mark.needs("nginx")
def test_what_an_error_page_suggests_lifts_no_hold(tmp_path: Path) -> None:
    """Without the layer it may be the build of stage that lost the methods: they stay removals."""
    with start("nginx-limit-flask") as edge:
        assert edge.behind is not None
        report = audit(
            tmp_path, f"  stage: {{url: '{edge.url}', mode: inert}}\n"
            f"  prod: {{url: '{edge.behind.url}', mode: inert}}\n", code=1,
        )  # fmt: skip
    (promotion,) = report["promotions"]
    effects = {(c["method"], c["path"]): (c["effect"], c["fingerprint"]) for c in promotion["changes"]}
    blocked = told(report, "gateway-blocks-method")
    assert {effects[b] for b in BLOCKED} == {("removes-documented", blocked[b]["fingerprint"]) for b in BLOCKED}
    assert promotion["verdict"] == "hold"


@pytest.mark.needs("nginx")
def test_a_promotion_takes_a_gateways_refusal_for_what_it_is(tmp_path: Path) -> None:
    with serving("nginx-limit-flask") as edge:
        assert edge.behind is not None
        origin = edge.behind.url
        report = audit(
            tmp_path, f"  stage: {{url: '{edge.url}', mode: inert}}\n  prod: {{url: '{origin}', mode: inert}}\n"
            f"  stage-origin: {{url: '{origin}', mode: inert, behind: stage}}\n", code=1,
        )  # fmt: skip
    (promotion,) = report["promotions"]
    effects = {(c["method"], c["path"]): c["effect"] for c in promotion["changes"]}
    assert {effects[b] for b in BLOCKED} == {"environment-only"}
    assert promotion["verdict"] != "hold"


def test_a_layer_that_is_down_leaves_the_verdict_and_makes_the_audit_incomplete(tmp_path: Path) -> None:
    with start("flask-bookshop") as server:
        report = audit(
            tmp_path, f"  prod: {{url: '{server.url}'}}\n  origin: {{url: 'http://127.0.0.1:9/v1', behind: prod}}\n",
            "--fail-on", "never", code=3,
        )  # fmt: skip
    assert report["incomplete_because"] == ["origin, behind prod: it never answered: connection refused at 127.0.0.1:9"]
    assert [e["state"] for e in report["environments"]] == ["complete", "unreachable"]


def test_credentials_without_a_name_stay_at_the_edge(tmp_path: Path) -> None:
    with start("flask-bookshop") as edge, start("flask-bookshop") as origin:
        audit(
            tmp_path, f"  prod: {{url: '{edge.url}'}}\n  origin: {{url: '{origin.url}', behind: prod}}\n",
            "--header", "X-Key: for-the-edge-only", "--header", "origin:X-Inner: for-the-layer", code=1,
        )  # fmt: skip
        transcript = (tmp_path / "drift-report/transcript.jsonl").read_text(encoding="utf-8")
    sent: dict[str, set[str]] = {}
    for line in transcript.splitlines()[1:]:
        exchange = json.loads(line)["exchange"]
        names = {name.lower() for name, _ in exchange["sent_fields"]}
        sent.setdefault(exchange["probe"]["environment"], set()).update(names)
    assert "x-key" in sent["prod"]
    assert "x-key" not in sent["origin"]
    assert "x-inner" in sent["origin"]
    assert "x-inner" not in sent["prod"]


@pytest.mark.parametrize(
    ("environments", "where", "says"),
    [
        ("  a: {url: 'http://127.0.0.1:9', behind: nobody}\n", "auditor.yaml:2", "no environment"),
        ("  a: {url: 'http://127.0.0.1:9', behind: b}\n  b: {url: 'http://127.0.0.1:9', behind: a}\n", "auditor.yaml",
         "circle"),
        ("  a: {url: 'http://127.0.0.1:9', behind: a}\n", "auditor.yaml:2", "circle"),
    ],
)  # fmt: skip
def test_a_layer_must_stand_behind_something(environments: str, where: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "auditor.yaml").write_text(f"environments:\n{environments}", encoding="utf-8")
    done = run_auditor("audit", str(SPEC), "--config", "auditor.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert where in done.stderr
    assert says in done.stderr
    assert not (tmp_path / "drift-report").exists()
