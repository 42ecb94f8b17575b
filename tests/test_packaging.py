"""What users install is complete: wheel, sdist, a wheel made from the sdist, an editable install."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 180
ASK = """
import json
from auditor.resources import data_dir
files = {n: sorted(p.relative_to(data_dir(n)).as_posix() for p in data_dir(n).rglob("*") if p.is_file())
         for n in ("templates", "sample_specs")}
import auditor
print(json.dumps({"files": files, "package": auditor.__file__}))
"""


def run(*command: str | Path, cwd: Path) -> str:
    """The standard output of a command; what it printed is the message if it fails."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def build(source: Path, kind: str, folder: Path) -> Path:
    run(sys.executable, "-m", "hatchling", "build", "--target", kind, "--directory", folder, cwd=source)
    [made] = folder.iterdir()
    return made


def contents(folder: Path) -> list[str]:
    """Files of a source folder that git does not ignore by their kind."""
    found = (file for file in folder.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
    return sorted(file.relative_to(folder).as_posix() for file in found)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, "wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, "sdist", tmp_path_factory.mktemp("sdist"))


def environment(folder: Path) -> Path:
    """The Python of a new virtual environment that finds our dependencies, but not our own installation of auditor."""
    run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=ROOT)
    [site] = (folder / "lib").glob("python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return folder / "bin" / "python"


def install(python: Path, *what: str | Path) -> None:
    offline = ("--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--ignore-installed")
    run(sys.executable, "-m", "pip", "--python", python, "install", *offline, *what, cwd=ROOT)


def ask(python: Path, folder: Path) -> dict[str, object]:
    answer: dict[str, object] = json.loads(run(python, "-I", "-c", ASK, cwd=folder))
    return answer


def assert_complete(answer: dict[str, object]) -> None:
    wanted = {name: contents(ROOT / name) for name in ("templates", "sample_specs")}
    assert all(wanted.values()), "a data folder of the source tree is empty"
    assert answer["files"] == wanted


def test_an_installed_wheel_holds_its_data(wheel: Path, tmp_path: Path) -> None:
    python = environment(tmp_path / "venv")
    install(python, wheel)
    answer = ask(python, tmp_path)
    assert_complete(answer)
    assert str(answer["package"]).startswith(str(tmp_path))
    assert "audit" in run(tmp_path / "venv" / "bin" / "auditor", "--help", cwd=tmp_path)


def test_an_editable_install_finds_its_data(tmp_path: Path) -> None:
    python = environment(tmp_path / "venv")
    install(python, "--editable", ROOT)
    answer = ask(python, tmp_path)
    assert_complete(answer)
    assert answer["package"] == str(ROOT / "auditor" / "__init__.py")


def test_a_wheel_can_be_made_from_the_sdist(wheel: Path, sdist: Path, tmp_path: Path) -> None:
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "source", filter="data")
    [source] = (tmp_path / "source").iterdir()
    again = build(source, "wheel", tmp_path / "wheel")
    assert zipfile.ZipFile(again).namelist() == zipfile.ZipFile(wheel).namelist()
    wanted = {"Makefile", "LICENSE", "CHANGELOG.md", "requirements", "tests", "action.yml", "deploy"}
    assert wanted <= {file.name for file in source.iterdir()}


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"auditor"}
    assert "auditor/py.typed" in names
    assert [name for name in names if name.startswith("auditor/") and name.endswith((".yml", ".pyc"))] == []
