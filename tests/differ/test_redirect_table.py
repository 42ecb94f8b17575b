"""The table of redirect-changes-method against the clients themselves, over loopback."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from auditor.differ.rules.redirect_changes_method import CLIENTS, changed_by
from tests.differ.wire import Wire, wire
from tests.needs import find

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
STATUSES = (301, 302, 303, 307, 308)
EVERY = [(m, s) for m in METHODS for s in STATUSES]


def expected(client: str) -> list[str]:
    assert client in CLIENTS
    return ["GET" if client in changed_by(m, s) else m for m, s in EVERY]


def arrived(seen: Wire) -> list[str]:
    return [method for method, path, _ in seen.requests if path == "/t"]


def test_httpx() -> None:
    with wire() as seen, httpx.Client(follow_redirects=True, trust_env=False) as client:
        for method, status in EVERY:
            client.request(method, f"{seen.url}/r/{status}")
        assert arrived(seen) == expected("httpx (follow_redirects=True)")


@pytest.mark.needs("curl")
@pytest.mark.parametrize(
    ("method", "flags"), [("GET", []), ("HEAD", ["--head"]), ("POST", ["-d", "x"]), ("PUT", ["-T", "body"])]
)
def test_curl(method: str, flags: list[str], tmp_path: Path) -> None:
    (tmp_path / "body").write_text("x")
    with wire() as seen:
        for status in STATUSES:
            command = ["curl", "-q", "-s", "-L", "-o", "/dev/null", *flags, f"{seen.url}/r/{status}"]
            subprocess.run(command, check=True, timeout=30, cwd=tmp_path)
        assert arrived(seen) == ["GET" if "curl -L" in changed_by(method, s) else method for s in STATUSES]


FETCH = """
const [url, every] = [process.argv[1], JSON.parse(process.argv[2])];
(async () => { for (const [method, status] of every) await fetch(`${url}/r/${status}`, {method}); })();
"""


@pytest.mark.needs("node")
def test_fetch() -> None:
    node = shutil.which("node")
    assert node
    with wire() as seen:
        subprocess.run([node, "-e", FETCH, seen.url, json.dumps(EVERY)], check=True, timeout=60)
        assert arrived(seen) == expected("browsers (fetch)")


GO = """
package main

import (
	"net/http"
	"os"
	"strings"
)

func main() {
	for _, pair := range os.Args[2:] {
		method, status, _ := strings.Cut(pair, " ")
		request, _ := http.NewRequest(method, os.Args[1]+"/r/"+status, nil)
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			panic(err)
		}
		answer.Body.Close()
	}
}
"""


@pytest.mark.needs("go")
def test_go(tmp_path: Path) -> None:
    source = tmp_path / "main.go"
    source.write_text(GO)
    go = find("go")
    assert go
    with wire() as seen:
        pairs = [f"{m} {s}" for m, s in EVERY]
        subprocess.run([go, "run", str(source), seen.url, *pairs], check=True, timeout=120)
        assert arrived(seen) == expected("Go net/http")
