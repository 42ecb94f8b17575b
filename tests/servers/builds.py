"""Servers that must be compiled: built once per version of their sources, and kept in the temporary directory.

What a build fetches comes from the registries that its tools are set up for. The standard library's Go server fetches
nothing.
"""

from __future__ import annotations

import fcntl
import functools
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
PATH = os.pathsep.join(
    (os.environ.get("PATH", os.defpath), "/usr/local/go/bin", str(Path("~/.cargo/bin").expanduser()))
)
CACHE = Path(tempfile.gettempdir()) / f"auditor-test-servers-{os.getuid()}"
SECONDS = 900
OWN = "target"
"""Where cargo and Maven put what they make when they are run by hand."""


class NotBuilt(Exception):
    """A server could not be built; the text says why in a phrase."""


@dataclass(frozen=True, slots=True)
class Build:
    """How to compile one server."""

    folder: str
    tools: tuple[str, ...]
    make: Callable[[Path, Path], None]
    """From a copy of the sources into a folder."""
    command: Callable[[Path], list[str]]
    """What starts it, from the folder that it was built into."""


def tool(name: str) -> str | None:
    """The path of a program."""
    return shutil.which(name, path=PATH)


def command(name: str) -> list[str]:
    """The command line that starts the server `name`; it is built first if it has to be. NotBuilt."""
    build = BUILDS[name]
    return build.command(_built(name, build))


@functools.cache
def why_not(name: str) -> str | None:
    """Why the server `name` cannot be had here, as a phrase; None: it is built."""
    build = BUILDS[name]
    missing = [needed for needed in build.tools if tool(needed) is None]
    if missing:
        return f"{name} (needs {', '.join(missing)}, not on PATH)"
    try:
        _built(name, build)
    except NotBuilt as error:
        return f"{name} (cannot be built: {error})"
    return None


def _built(name: str, build: Build) -> Path:
    sources = HERE / build.folder
    files = sorted(path for path in sources.rglob("*") if path.is_file() and OWN not in path.parts)
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.relative_to(sources)}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    CACHE.mkdir(mode=0o700, exist_ok=True)
    kept = CACHE / f"{name}-{digest.hexdigest()[:12]}"
    # Two test processes would compile the same at once, on the same two cores.
    with (CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            with tempfile.TemporaryDirectory(dir=CACHE) as folder:
                copy, into = Path(folder) / "sources", Path(folder) / "built"
                shutil.copytree(sources, copy, ignore=shutil.ignore_patterns(OWN))
                into.mkdir()
                build.make(copy, into)
                into.rename(kept)
    return kept


def run(arguments: list[str], folder: Path, **settings: str) -> str:
    """What a step of a build printed. NotBuilt, with the line that looks like the reason."""
    environment = {**os.environ, "PATH": PATH, **settings}
    try:
        done = subprocess.run(
            arguments, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise NotBuilt(f"{arguments[0]} took more than {SECONDS} s") from error
    if done.returncode:
        said = [line.strip() for line in (done.stderr + done.stdout).splitlines() if line.strip()] or [
            "it says nothing"
        ]
        raise NotBuilt(next((line for line in said if "error" in line.lower()), said[-1])[:300])
    return done.stdout


def _go(package: str, **settings: str) -> Callable[[Path, Path], None]:
    local = {"GOFLAGS": "-mod=readonly -buildvcs=false", "GOTOOLCHAIN": "local", **settings}

    def make(sources: Path, into: Path) -> None:
        run(["go", "build", "-o", str(into / "server"), f"./{package}"], sources, **local)

    return make


def _cargo(sources: Path, into: Path) -> None:
    """The lock file in the repository names no registry: cargo itself says here which one it uses."""
    lock = sources / "Cargo.lock"
    locked = lock.read_text(encoding="utf-8")
    lock.unlink()
    described = json.loads(run(["cargo", "metadata", "--no-deps", "--offline", "--format-version", "1"], sources))
    source = described["packages"][0]["dependencies"][0]["source"]
    lock.write_text(locked.replace("\nchecksum = ", f'\nsource = "{source}"\nchecksum = '), encoding="utf-8")
    run(["cargo", "build", "--locked", "--target-dir", str(sources / OWN)], sources)
    (sources / OWN / "debug" / "auditor-test-server").rename(into / "server")


def _maven(sources: Path, into: Path) -> None:
    goals = ["compiler:compile", "dependency:copy-dependencies", "-DincludeScope=runtime"]
    run(["mvn", "--batch-mode", "--no-transfer-progress", "--quiet", *goals], sources)
    (sources / OWN / "classes").rename(into / "classes")
    (sources / OWN / "dependency").rename(into / "libraries")


def _binary(folder: Path) -> list[str]:
    return [str(folder / "server")]


def _java(folder: Path) -> list[str]:
    quick_start = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-Xmx128m"]
    return [tool("java") or "java", *quick_start, "-cp", f"{folder}/classes:{folder}/libraries/*", "servers.Main"]


BUILDS: Mapping[str, Build] = {
    "go": Build("go", ("go",), _go("nethttp", GOPROXY="off"), _binary),
    "gin": Build("go", ("go",), _go("gin"), _binary),
    "axum": Build("rust", ("cargo",), _cargo, _binary),
    "spring": Build("java", ("java", "javac", "mvn"), _maven, _java),
}
