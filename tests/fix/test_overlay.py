"""`auditor fix --overlay`: applied by a foreign tool, the new contract is in sync where the old one was not."""

from __future__ import annotations

import json
import shutil
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.command import ROOT, run_auditor
from tests.conftest import Serve
from tests.e2e.audits import VALUES
from tests.fix.flows import TOOLS, apply, audit, findings, fix, overlays, service
from tests.servers.bookshop import SPEC

MENDABLE = {"path-missing", "documented-method-missing", "undocumented-method-served"}
EACH_TOOL = pytest.mark.parametrize(
    "tool", [pytest.param(t, marks=pytest.mark.needs("node", t) if t == "openapi-format" else ()) for t in TOOLS]
)
SHOP = {
    "/products": ["GET", "POST"],
    "/products/featured": ["GET"],
    "/products/{productId}": ["GET", "DELETE"],
    "/baskets": ["GET", "POST"],
    "/baskets/{basketId}": ["GET", "PATCH"],
    "/baskets/{basketId}/items/{position}": ["PATCH", "PUT"],
}
"""sample_specs/shop with other methods than it documents: in the description and in both files of path items."""


def valid(overlay: Any) -> None:
    """Checks a document against the JSON Schema of Overlay 1.0.0."""
    schema = yaml.safe_load(files("oas_patch.schema").joinpath("overlay_schema_1.0.0.yml").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(overlay)


def mended(folder: Path, spec: str, url: str, tool: str, overlay: str = "new.overlay.yaml") -> None:
    """Audit, fix, apply, audit: what an action names is gone, and nothing else has changed."""
    before = audit(folder, spec, f"prod={url}")
    old = findings(before, "prod")
    assert {rule for rule, _, _ in old} >= {"documented-method-missing", "undocumented-method-served"}, old
    fix(folder, "--env", "prod", "--overlay", overlay)
    named = " ".join(a["description"] for o in overlays(folder).values() for a in o["actions"])
    answered = {(f["rule"], f["path"], tuple(f["methods"])) for f in before.report["findings"]
                if f["fingerprint"] in named}  # fmt: skip
    assert answered == {f for f in old if f[0] in MENDABLE}
    for one in overlays(folder).values():
        valid(one)
    apply(folder, tool)
    new = findings(audit(folder, spec, f"prod={url}", out="again"), "prod")
    assert new & answered == set()
    assert new - old == set(), "a contract that says what is served asks nothing new"


@EACH_TOOL
def test_yaml(serve: Serve, tmp_path: Path, tool: str) -> None:
    shutil.copy(SPEC, tmp_path / "openapi.yaml")
    (tmp_path / "auditor.yaml").write_text(json.dumps({"values": VALUES}))
    mended(tmp_path, "openapi.yaml", serve("flask-bookshop").url, tool)


@EACH_TOOL
def test_json(serve: Serve, tmp_path: Path, tool: str) -> None:
    (tmp_path / "api.json").write_text(json.dumps(yaml.safe_load(SPEC.read_text("utf-8")), indent=1))
    (tmp_path / "auditor.yaml").write_text(json.dumps({"values": VALUES}))
    mended(tmp_path, "api.json", serve("flask-bookshop").url, tool, "new.overlay.json")


@EACH_TOOL
@pytest.mark.parametrize("as_json", [False, True])
def test_several_files(tmp_path: Path, tool: str, as_json: bool) -> None:
    shutil.copytree(ROOT / "sample_specs" / "shop", tmp_path / "shop")
    if as_json:
        for path in (tmp_path / "shop").rglob("*.yaml"):
            text = json.dumps(yaml.safe_load(path.read_text("utf-8"))).replace(".yaml", ".json")
            path.with_suffix(".json").write_text(text)
            path.unlink()
    end = "json" if as_json else "yaml"
    with service(SHOP, "/api") as url:
        mended(tmp_path, f"shop/openapi.{end}", url, tool, f"new.overlay.{end}")
    assert set(overlays(tmp_path)) == {f"shop/{n}.{end}" for n in ("openapi", "paths/product", "paths/products")}
    assert {p.name for p in tmp_path.glob("*.overlay.*")} == {
        f"new{n}.overlay.{end}" for n in ("", ".paths-product", ".paths-products")
    }


@EACH_TOOL
def test_swagger(tmp_path: Path, tool: str) -> None:
    shutil.copy(ROOT / "sample_specs" / "inventory.swagger.json", tmp_path)
    description = json.loads((tmp_path / "inventory.swagger.json").read_text("utf-8"))
    routes: dict[str, list[str]] = {
        path: [m.upper() for m in item if m in ("get", "put", "post", "delete", "patch")]
        for path, item in description["paths"].items()
    }
    first = next(p for p, m in routes.items() if "GET" not in m) if any(
        "GET" not in m for m in routes.values()) else None  # fmt: skip
    for path, methods in routes.items():
        if path == first or len(methods) > 1:
            methods[:] = [*methods[1:], "GET", "DELETE"] if path == first else [*methods[:-1], "PATCH"]
    with service({p: sorted(set(m)) for p, m in routes.items()}, description["basePath"]) as url:
        mended(tmp_path, "inventory.swagger.json", url, tool)


@EACH_TOOL
def test_the_demo(tmp_path: Path, tool: str) -> None:
    """Its three environments are gone when the overlay is made: the run directory is enough."""
    shutil.copy(ROOT / "sample_specs" / "demo-orders.openapi.yaml", tmp_path)
    assert run_auditor("demo", cwd=tmp_path).returncode == 1
    for environment in ("dev", "stage", "prod"):
        copy = tmp_path / environment
        copy.mkdir()
        spec = shutil.copy(tmp_path / "demo-orders.openapi.yaml", copy)
        fix(tmp_path, "--env", environment, "--overlay", f"{environment}/new.overlay.yaml", "--spec", str(spec),
            run="drift-report")  # fmt: skip
        apply(copy, tool)
