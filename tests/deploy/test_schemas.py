"""Each file fits the published schema of its consumer, and a slip in it is seen."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.command import ROOT

BUILT_IN = {
    "action.yml": ("vendor.github-actions",),
    "deploy/github/nightly.yml": ("vendor.github-workflows",),
    "deploy/gitlab/auditor.gitlab-ci.yml": ("vendor.gitlab-ci", "--data-transform", "gitlab-ci"),
}
SLIPS = {
    "action.yml": ("using: composite", "using: compost"),
    "deploy/github/nightly.yml": ("runs-on:", "run-on:"),
    "deploy/gitlab/auditor.gitlab-ci.yml": ("when: always\n    expire_in", "when: allways\n    expire_in"),
}
CRONJOB = ROOT / "deploy" / "kubernetes" / "cronjob.yaml"
KUBERNETES = json.loads((Path(__file__).parent / "schemas" / "kubernetes-1.37.json").read_text(encoding="utf-8"))
KINDS = {("batch/v1", "CronJob"): "io.k8s.api.batch.v1.CronJob",
         ("v1", "PersistentVolumeClaim"): "io.k8s.api.core.v1.PersistentVolumeClaim"}  # fmt: skip


def check(name: str, file: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", *BUILT_IN[name], str(file)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("name", BUILT_IN)
def test_it_fits_its_schema(name: str) -> None:
    done = check(name, ROOT / name)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_slip_does_not_fit(name: str, tmp_path: Path) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert SLIPS[name][0] in text
    (tmp_path / "slip.yml").write_text(text.replace(*SLIPS[name]), encoding="utf-8")
    assert check(name, tmp_path / "slip.yml").returncode == 1


def kubernetes(text: str) -> list[str]:
    """What of the objects in a file the API would refuse to decode."""
    found = []
    for thing in yaml.safe_load_all(text):
        kind = KINDS[thing["apiVersion"], thing["kind"]]
        schema: dict[str, Any] = {**KUBERNETES, "$ref": f"#/$defs/{kind}"}
        found += [f"{e.json_path}: {e.message}" for e in jsonschema.Draft202012Validator(schema).iter_errors(thing)]
    return found


def test_the_objects_of_kubernetes_fit_theirs() -> None:
    text = CRONJOB.read_text(encoding="utf-8")
    assert len(list(yaml.safe_load_all(text))) == 2
    assert kubernetes(text) == []


@pytest.mark.parametrize(
    "slip",
    [
        ("backoffLimit: 0", "backOffLimit: 0"), ("readOnlyRootFilesystem: true", "readOnlyRootFileSystem: true"),
        ("backoffLimit: 0", "backoffLimit: none"), ("secretKeyRef", "secretRef"), ("claimName", "name"),
    ],
)  # fmt: skip
def test_a_slip_in_an_object_is_seen(slip: tuple[str, str]) -> None:
    text = CRONJOB.read_text(encoding="utf-8")
    assert slip[0] in text
    assert kubernetes(text.replace(*slip)) != []
