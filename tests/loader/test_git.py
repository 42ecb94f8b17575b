"""`git:REF:PATH`: one commit, its references from the same commit, and nothing outside."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from auditor.errors import DescriptionError
from auditor.loader import load_git
from tests.loader.helpers import HEAD, OK, documented, messages

pytestmark = pytest.mark.needs("git")


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.test", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, timeout=30)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose work tree says something else than its commit."""
    folder = tmp_path / "repo"
    (folder / "api").mkdir(parents=True)
    (folder / "api/openapi.yaml").write_text(
        f"{HEAD}paths:\n  /a: {{$ref: ../item.yaml}}\n  /b: {{get: {OK}}}\n  /c: {{$ref: ../../outside.yaml}}\n"
    )
    (folder / "item.yaml").write_text("get: {operationId: committed}\n")
    (tmp_path / "outside.yaml").write_text("get: {}\n")
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    (folder / "item.yaml").write_text("delete: {}\n")
    return folder


def test_a_commit_is_read_whole(repository: Path) -> None:
    contract = load_git("git:HEAD:api/openapi.yaml", folder=repository)
    assert documented(contract) == {("GET", "/a"), ("GET", "/b")}
    assert [f.path for f in contract.files] == ["git:HEAD:api/openapi.yaml", "git:HEAD:item.yaml"]
    assert "outside the repository" in messages(contract)
    assert contract.id == "api"
    assert documented(load_git("git:HEAD:./openapi.yaml", folder=repository / "api")) == documented(contract)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("git:HEAD:missing.yaml", "names no file"),
        ("git:HEAD:api", "names no file"),
        ("git:HEAD:../x", "outside the repository"),
        ("git:nowhere:api/openapi.yaml", "knows no commit"),
        ("git:--output=stolen:api/openapi.yaml", "not git:REF:PATH"),
        ("git:HEAD", "not git:REF:PATH"),
        ("git::x", "not git:REF:PATH"),
    ],
)
def test_what_cannot_be_read(repository: Path, spec: str, words: str) -> None:
    with pytest.raises(DescriptionError, match=words):
        load_git(spec, folder=repository)
    assert not (repository / "stolen").exists()


def test_outside_of_a_repository(tmp_path: Path) -> None:
    with pytest.raises(DescriptionError, match="knows no commit"):
        load_git("git:HEAD:x.yaml", folder=tmp_path)
