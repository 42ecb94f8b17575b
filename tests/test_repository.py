"""What must hold for the files of the repository themselves."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILE_LINES = 350
FUNCTION_LINES = 55
LOCKS = ("test.txt", "runtime.txt", "build.txt")
# Written in pieces, so that this file does not hold what it looks for.
REGISTRIES = re.compile(
    "|".join(
        re.escape(host)
        for host in (
            "files.python" + "hosted.org",
            "py" + "pi.org/simple",
            "registry.npm" + "js.org",
            "registry.yarn" + "pkg.com",
            "proxy.go" + "lang.org",
            "deb.deb" + "ian.org",
        )
    )
)
MACHINE_PATHS = re.compile(r"(?<![\w.{}/-])/(?:home|Users|root|work|mnt|__w)/[a-z.][\w.-]*/")
UNFINISHED = re.compile("|".join(("NotImplemented" + "Error", r"\bTO" + r"DO\b", r"\bFIX" + r"ME\b", r"\bXX" + r"X\b")))


def tracked() -> list[Path]:
    """Every file under version control that is text; in an unpacked sdist every file."""
    if (ROOT / ".git").exists():
        command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"]
        listing = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        files = [ROOT / name for name in listing.split("\0") if name]
    else:
        files = [file for file in ROOT.rglob("*") if not {".venv", "node_modules"} & set(file.parts)]
    return [file for file in files if file.is_file() and b"\0" not in file.read_bytes()[:8000]]


def lines_matching(pattern: re.Pattern[str], files: list[Path]) -> list[str]:
    return [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()[:120]}"
        for file in files
        for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if pattern.search(line)
    ]


def product() -> Iterator[tuple[Path, ast.Module]]:
    for file in sorted((ROOT / "auditor").rglob("*.py")):
        yield file.relative_to(ROOT), ast.parse(file.read_text(encoding="utf-8"))


def too_long(file: Path, tree: ast.Module, lines: int) -> Iterator[str]:
    if lines > FILE_LINES:
        yield f"{file}: {lines} lines"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            length = node.end_lineno - node.lineno + 1
            if length > FUNCTION_LINES:
                yield f"{file}:{node.lineno} {node.name}: {length} lines"


def undocumented(file: Path, tree: ast.Module) -> Iterator[str]:
    """Public modules, classes and functions without a docstring; an empty `__init__.py` needs none.

    A rule's `check` is described by its module: id, source and meaning are there.
    """
    rule = file.parent.name == "rules"
    if tree.body and not ast.get_docstring(tree):
        yield f"{file}: module"
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            private = node.name.startswith("_") or (rule and node.name == "check")
            if not private and not ast.get_docstring(node):
                yield f"{file}:{node.lineno} {node.name}"


@pytest.mark.needs("git")
def test_no_registry_is_named() -> None:
    assert lines_matching(REGISTRIES, tracked()) == []


@pytest.mark.needs("git")
def test_no_path_of_a_machine_is_named() -> None:
    here = re.compile(
        "|".join(re.escape(f"{place}/") for place in (ROOT, ROOT.parent) if len(place.parts) > 2) or "(?!)"
    )
    assert lines_matching(MACHINE_PATHS, tracked()) == []
    assert lines_matching(here, tracked()) == []


@pytest.mark.needs("git")
def test_nothing_is_marked_as_unfinished() -> None:
    assert lines_matching(UNFINISHED, [file for file in tracked() if file.suffix != ".json"]) == []


@pytest.mark.parametrize("name", LOCKS)
def test_python_requirements_are_pinned_by_hash_and_name_no_index(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*-(?!-hash)", text, re.MULTILINE), "an option of pip, such as an index"
    pins = [entry for entry in re.split(r"\n(?=\S)", text) if not entry.startswith("#")]
    assert pins
    assert [pin.splitlines()[0] for pin in pins if "==" not in pin or "--hash=sha256:" not in pin] == []


def locked(name: str) -> set[str]:
    """NAME==VERSION of every pin."""
    return set(re.findall(r"^[\w.-]+==[^\s;]+", (ROOT / "requirements" / name).read_text(), re.MULTILINE))


def test_every_requirement_of_the_package_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

    def missing(wanted: list[str], *files: str) -> set[str]:
        names = {re.split(r"[<>=~!\[; ]", requirement)[0].lower() for requirement in wanted}
        return names - {pin.partition("==")[0] for name in files for pin in locked(name)}

    needed, build = project["project"]["dependencies"], project["build-system"]["requires"]
    assert missing([*needed, *build], "test.txt") == set()
    assert missing(needed, "runtime.txt") == set()
    assert missing(build, "build.txt") == set()


def test_what_users_install_is_what_was_tested() -> None:
    assert (locked("runtime.txt") | locked("build.txt")) - locked("test.txt") == set()


def test_node_packages_are_pinned_by_hash_and_name_no_registry() -> None:
    lock = json.loads((ROOT / "tests" / "servers" / "node" / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    assert [name for name, entry in packages.items() if "integrity" not in entry or "resolved" in entry] == []


def test_files_and_functions_stay_short() -> None:
    found = [
        text for file, tree in product() for text in too_long(file, tree, len((ROOT / file).read_bytes().splitlines()))
    ]
    assert found == []


def test_everything_public_has_a_docstring() -> None:
    assert [text for file, tree in product() for text in undocumented(file, tree)] == []


def test_the_checks_can_fail() -> None:
    long = ast.parse("def f():\n" + "    pass\n" * FUNCTION_LINES)
    assert list(too_long(Path("a.py"), long, FILE_LINES + 1)) == ["a.py: 351 lines", "a.py:1 f: 56 lines"]
    bare = ast.parse("def shown(): ...\nclass Shown: ...\ndef _hidden(): ...")
    assert list(undocumented(Path("a.py"), bare)) == ["a.py: module", "a.py:1 shown", "a.py:2 Shown"]
    assert REGISTRIES.search("https://registry.npm" + "js.org/express")
    assert MACHINE_PATHS.search("see /ho" + "me/kim/src/auditor")
    assert not MACHINE_PATHS.search("GET /users/home/1")
    assert UNFINISHED.search("# TO" + "DO: later")
