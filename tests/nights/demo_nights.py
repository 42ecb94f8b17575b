"""The demonstration service as it stands from night to night: real servers, whose deployments change in between."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from subprocess import CompletedProcess

from auditor.demo import serve
from auditor.demo.app import Application, Route, stamped
from auditor.demo.deployments import BASE, CARRIERS, STOCK, Deployment, as_documented, stage
from auditor.demo.shop import Shop
from tests.command import run_auditor


def candidate(build: str) -> Deployment:
    """The next release candidate: it lists the tracking of an order again, and no longer lists exports."""
    before = stage()
    fresh = as_documented(Shop(amount=lambda cents: cents / 100, stock=STOCK, carriers=CARRIERS))
    table = {
        **before.routes, "/orders/{order}/tracking": fresh["/orders/{order}/tracking"],
        "/exports": Route({"POST": fresh["/exports"].handlers["POST"]}),
    }  # fmt: skip
    return replace(before, answer=stamped(Application(BASE, table), build), routes=table)


class Team:
    """A repository with the demo's description, an auditor.yaml, and whoever works in it at night."""

    def __init__(self, folder: Path, servers: Sequence[serve.Server]) -> None:
        self.folder, self.servers = folder, {s.deployment.name: s for s in servers}
        spec = Path(serve.description()).resolve()
        (folder / "openapi.yaml").write_bytes(spec.read_bytes())
        config = {**serve.configuration(servers), "spec": "openapi.yaml"}
        (folder / "auditor.yaml").write_text(json.dumps(config, indent=1), encoding="utf-8")

    def run(self, *arguments: str) -> CompletedProcess[str]:
        return run_auditor(*arguments, cwd=self.folder, env={"GITHUB_WORKSPACE": "", "CI_PROJECT_DIR": ""})

    def deploy(self, deployment: Deployment) -> None:
        """Puts another build where one was: same address, next answer."""
        self.servers[deployment.name].deployment = deployment


@contextmanager
def team(folder: Path) -> Iterator[Team]:
    """The demo as it is, served until the block ends."""
    with serve.serving() as servers:
        yield Team(folder, servers)


TIMELESS = (
    (r"http://127\.0\.0\.1:\d+", "http://127.0.0.1:PORT"),
    (r"\b\d{8}T\d{6}Z-[0-9a-f]{8}\b", "RUN"),
    (r"\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "MOMENT"),
    (r"\b20(?!99)\d\d-\d\d-\d\d \d\d:\d\d UTC", "MOMENT"),
    (r"\b20(?!99)\d\d-\d\d-\d\d\b", "TODAY"),
    (r"\b[0-9a-f]{64}\b", "DIGEST"),
    (r"\b\d+ requests? in \d+(\.\d+)? (ms|s)\b", "N requests in TIME"),
    (r"\| \d+ \| \d+(\.\d+)? (ms|s) \|", "| N | TIME |"),
    (r"\b\d+ (s|min) old", "AGE old"),
)  # fmt: skip


def timeless(text: str) -> str:
    """`text` without what differs from run to run."""
    for pattern, name in TIMELESS:
        text = re.sub(pattern, name, text)
    return text
