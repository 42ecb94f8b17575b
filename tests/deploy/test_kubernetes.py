"""The CronJob: its command in the image's confinement, night after night, on a ConfigMap as pods see it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from auditor.demo import serve
from tests.command import ROOT
from tests.deploy import project
from tests.deploy.image import Image, built, run, running

CRONJOB = next(
    thing for thing in yaml.safe_load_all((ROOT / "deploy" / "kubernetes" / "cronjob.yaml").read_text(encoding="utf-8"))
    if thing["kind"] == "CronJob"
)["spec"]  # fmt: skip
JOB = CRONJOB["jobTemplate"]["spec"]
POD = JOB["template"]["spec"]
[CONTAINER] = POD["containers"]
COMMAND = [*CONTAINER["command"], *CONTAINER["args"]]
LOST = ("path-missing", "/carriers", "prod")


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[serve.Server, ...]]:
    with serve.serving() as found:
        yield found


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    with built() as made:
        yield made


@pytest.fixture
def pod(image: Image, servers: tuple[serve.Server, ...]) -> Image:
    """The image with an empty volume, and the ConfigMap as the kubelet lays it out: links through ..data."""
    for place in ("/out", "/etc/auditor"):
        shutil.rmtree(image.place(place), ignore_errors=True)
        image.place(place).mkdir(parents=True)
    config = image.place("/etc/auditor")
    (stamped := config / "..2026_01_31_03_17_00.1").mkdir()
    project.configure(stamped, servers)
    description = yaml.safe_load((stamped / "openapi.yaml").read_text(encoding="utf-8"))
    part = {"carriers": description["paths"]["/carriers"], "components": description["components"]}
    (stamped / "carriers.json").write_text(json.dumps(part))
    description["paths"]["/carriers"] = {"$ref": "carriers.json#/carriers"}
    (stamped / "openapi.yaml").write_text(json.dumps(description))
    (config / "..data").symlink_to(stamped.name)
    for file in stamped.iterdir():
        (config / file.name).symlink_to(f"..data/{file.name}")
    return image


def variables() -> dict[str, str]:
    """The container's environment, its secrets looked up."""
    secrets = {("auditor", "STAGE_TOKEN"): project.SECRET}
    found = {}
    for one in CONTAINER["env"]:
        ref = one["valueFrom"]["secretKeyRef"]
        found[one["name"]] = secrets[ref["name"], ref["key"]]
    return found


def report(pod: Image) -> Path:
    return pod.place("/out/report.json")


def test_nights_one_after_the_other(pod: Image, servers: tuple[serve.Server, ...]) -> None:
    prod = servers[2]
    code, text = run(pod, COMMAND, variables())
    assert code == 1, text
    assert set().union(*project.statuses(report(pod)).values()) == {None}
    code, text = run(pod, COMMAND, variables())
    assert code == 0, text
    assert set().union(*project.statuses(report(pod)).values()) == {"known"}
    with project.changed(prod, project.without(prod.deployment, "/carriers")):
        assert run(pod, COMMAND, variables())[0] == 1
        assert {k for k, s in project.statuses(report(pod)).items() if "new" in s} == {LOST}
    with project.changed(prod, project.down(prod.deployment)):
        assert run(pod, COMMAND, variables())[0] == 3
    before = report(pod).read_bytes()
    assert run(pod, COMMAND)[0] == 2, "without its secret"
    assert report(pod).read_bytes() == before
    assert project.SECRET.encode() not in b"".join(f.read_bytes() for f in pod.place("/out").iterdir())


def test_a_pod_that_is_ended_leaves_what_it_knows(pod: Image, servers: tuple[serve.Server, ...]) -> None:
    config = pod.place("/etc/auditor/..data/auditor.yaml")
    settings = json.loads(config.read_text())
    for environment in settings["environments"].values():
        environment["rate"] = "4/s"
    config.write_text(json.dumps(settings))
    enough = sum(s.requests for s in servers) + 12
    with running(pod, COMMAND, variables()) as process:
        until = time.monotonic() + 60
        while sum(s.requests for s in servers) < enough and time.monotonic() < until:
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        text, _ = process.communicate(timeout=POD["terminationGracePeriodSeconds"])
    assert process.returncode in (1, 3), text
    states = {e["state"] for e in json.loads(report(pod).read_text())["environments"]}
    assert states == {"interrupted"}
    assert not any(f.name.startswith(".auditor") for f in pod.place("/out").iterdir())


# --- what holds the pod ---


def test_the_job_ends_after_the_audit_and_is_not_repeated() -> None:
    deadline = next(word for word in COMMAND[-1].split() if word.startswith("--deadline="))
    seconds = int(deadline.removeprefix("--deadline=").removesuffix("m")) * 60
    assert seconds + 60 <= JOB["activeDeadlineSeconds"] <= seconds + 600
    assert (JOB["backoffLimit"], POD["restartPolicy"], CRONJOB["concurrencyPolicy"]) == (0, "Never", "Forbid")


def test_it_meets_the_restricted_pod_security_standard() -> None:
    """Profile `restricted` of Kubernetes' Pod Security Standards, and read-only besides."""
    whole, own = POD["securityContext"], CONTAINER["securityContext"]
    assert whole["runAsNonRoot"] is True
    assert whole["runAsUser"] == whole["fsGroup"] == 65532
    assert whole["seccompProfile"] == {"type": "RuntimeDefault"}
    assert own == {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
    assert {kind for volume in POD["volumes"] for kind in volume if kind != "name"} == {
        "configMap", "emptyDir", "persistentVolumeClaim",
    }  # fmt: skip
    assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers"} & POD.keys()
    assert POD["automountServiceAccountToken"] is False


def test_what_it_names_is_there() -> None:
    claims = [
        thing["metadata"]["name"]
        for thing in yaml.safe_load_all((ROOT / "deploy" / "kubernetes" / "cronjob.yaml").read_text(encoding="utf-8"))
        if thing["kind"] == "PersistentVolumeClaim"
    ]
    volumes: dict[str, Any] = {v["name"]: v for v in POD["volumes"]}
    mounts = {m["name"]: m["mountPath"] for m in CONTAINER["volumeMounts"]}
    assert mounts == {"config": "/etc/auditor", "out": "/out", "tmp": "/tmp"}
    assert [volumes["out"]["persistentVolumeClaim"]["claimName"]] == claims
    assert set(mounts) == set(volumes)
    assert os.path.commonpath([*mounts.values()]) == "/"
