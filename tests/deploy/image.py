"""deploy/Containerfile without a container engine: its steps run in a folder, its command as a stranger there.

What an engine would fetch is ours: the base image is this machine's Python, the locked packages are those of the
tests. The absolute paths of the file are moved below the folder, which is open to other users: pytest's own are not.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests import needs
from tests.command import ROOT
from tests.deploy import project

FILE = ROOT / "deploy" / "Containerfile"
SECONDS = 180
_VARIABLE = re.compile(r"\$\{?(\w+)\}?")
_READ_ONLY = """
set -e
tmp=$1 out=$2 packages=$3; shift 3
mount --make-rprivate /
case "$packages" in "$tmp"/*) mount --bind "$packages" /mnt ;; *) packages= ;; esac
mount --bind "$out" "$out"
while read -r _ _ _ _ place _; do
  case "$place" in
    "$out"|/proc|/proc/*|/sys|/sys/*|/dev/pts|/dev/mqueue) ;;
    *) mount -o remount,bind,ro "$place" 2>/dev/null || true ;;
  esac
done < /proc/self/mountinfo
mount -t tmpfs -o mode=1777 tmpfs "$tmp"
if [ "$packages" ]; then mkdir -p "$packages"; mount --no-mtab --move /mnt "$packages"; fi
cd "$PWD"    # the folder that we are in was that of the mount below
exec setpriv --reuid="$AS_USER" --regid="$AS_USER" --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs \\
  -- "$@"
"""
"""Everything read-only but /proc and the like, `$out`, and a `$tmp` that is empty but for the packages, should they be
there; then the command as that user."""


def instructions(text: str) -> list[tuple[str, str]]:
    """(INSTRUCTION, rest) of a container file, its comments gone and its continued lines joined."""
    plain = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE)
    joined = re.sub(r"\\\n\s*", " ", plain)
    return [(line.split(None, 1)[0], line.split(None, 1)[1].strip()) for line in joined.splitlines() if line.strip()]


@dataclass
class Image:
    """What was built: the last stage's settings, and where its absolute paths are."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)
    user: int = 0
    workdir: str = "/"
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)

    def place(self, path: str) -> Path:
        """Where an absolute path of the image is on this machine."""
        return self.folder / path.lstrip("/")

    def moved(self, text: str) -> str:
        """A text of the image with its own paths moved below the folder."""
        return re.sub(r"(?<![\w./-])/(?=(?:opt/auditor|src|out|etc/auditor)\b)", f"{self.folder}/", text)


@contextmanager
def built() -> Iterator[Image]:
    """The image, until the block ends."""
    folder = Path(tempfile.mkdtemp(prefix="auditor-image-", dir="/var/tmp"))
    try:
        folder.chmod(0o755)
        image = Image(folder)
        _build(image, instructions(FILE.read_text(encoding="utf-8")))
        yield image
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _build(image: Image, lines: Sequence[tuple[str, str]]) -> None:
    context = project.sources(image.folder / "context")
    tools = image.folder / "bin"
    for name in ("python", "python3"):
        project.offline_python(tools, name, base=interpreter())
    image.place("/opt").mkdir()
    known: dict[str, str] = {}
    for word, rest in lines:
        text = _VARIABLE.sub(lambda m: known.get(m[1], m[0]), rest)
        if word == "ARG":
            name, _, value = text.partition("=")
            known[name] = value
        elif word == "FROM":
            image.env, image.workdir, image.user = {}, "/", 0
        elif word == "WORKDIR":
            image.workdir = text
            image.place(text).mkdir(parents=True, exist_ok=True)
        elif word == "COPY" and not text.startswith("--from="):
            *sources, target = text.split()
            _copy([context / s for s in sources], image.place(image.workdir) / target)
        elif word == "RUN":
            _run(image, text, tools)
        elif word == "ENV":
            pairs = [pair.partition("=") for pair in shlex.split(text)]
            image.env = {name: image.moved(value) for name, _, value in pairs}
        elif word == "USER":
            image.user = int(text.partition(":")[0])
        elif word in ("ENTRYPOINT", "CMD"):
            setattr(image, {"ENTRYPOINT": "entrypoint", "CMD": "command"}[word], json.loads(text))
    image.env["PATH"] = image.env["PATH"].replace("$PATH", "/usr/local/bin:/usr/bin:/bin")
    shutil.rmtree(context)
    shutil.rmtree(image.place("/src"))


def _copy(sources: Sequence[Path], target: Path) -> None:
    """COPY: the content of a folder, or files into one."""
    for source in sources:
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        else:
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)


def _run(image: Image, script: str, tools: Path) -> None:
    if os.geteuid() != 0:  # only root may give a folder away
        script = re.sub(r" -[og] \d+", "", script)
    done = subprocess.run(
        ["/bin/sh", "-c", image.moved(script)], cwd=image.place(image.workdir),
        env={"PATH": f"{tools}:/usr/bin:/bin", "PIP_NO_INDEX": "1", "HOME": str(image.folder)},
        capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"


# --- who runs it ---


def interpreter() -> str:
    """A Python of our version that other users may run, too: not every home is open to them. Else: left out."""
    names = (os.path.realpath(sys.executable), f"/usr/local/bin/python{_version()}", f"/usr/bin/python{_version()}")
    if os.geteuid() != 0:
        return names[0]
    packages = sysconfig.get_path("purelib")
    for name in names:
        ask = [name, "-c", f"import os, sys; os.listdir({packages!r}); print(*sys.version_info[:2], sep='.')"]
        try:
            seen = subprocess.run(ask, user=65532, group=65532, extra_groups=[], capture_output=True, text=True,
                                  timeout=60, check=False, cwd="/")  # fmt: skip
        except OSError:
            continue
        if seen.stdout.strip() == _version():
            return name
    phrase = f"a Python {_version()} and a virtual environment that users other than root may read"
    if needs.in_ci():
        pytest.fail(f"needs {phrase}", pytrace=False)
    pytest.skip(needs.LEFT_OUT + phrase)


def _version() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def namespaces() -> bool:
    """Whether this machine lets us make mounts of our own: containers without privileges do not."""
    if os.geteuid() != 0 or not (shutil.which("unshare") and shutil.which("setpriv")):
        return False
    asked = ["unshare", "--mount", "sh", "-c", "mount --make-rprivate / && mount -t tmpfs tmpfs /mnt"]
    return subprocess.run(asked, capture_output=True, timeout=60, check=False).returncode == 0


@contextmanager
def running(
    image: Image, command: Sequence[str], env: Mapping[str, str] | None = None, out: str = "/out"
) -> Iterator[subprocess.Popen[str]]:
    """The command in the image's environment, as its user if we may change to it; where the system allows it, on mounts
    that are all read-only but `out` and an empty /tmp. Else the user owns nothing but `out`.
    """
    own = {**image.env, **(env or {})}
    words = [image.moved(word) for word in command]
    words[0] = shutil.which(words[0], path=own["PATH"]) or words[0]
    how: dict[str, object] = {"cwd": image.place(image.workdir), "env": own}
    if os.geteuid() == 0:
        os.chown(image.place(out), image.user, image.user)
        if namespaces():
            fixed = ["/tmp", str(image.place(out)), sysconfig.get_path("purelib")]
            words = ["unshare", "--mount", "sh", "-c", _READ_ONLY, "sh", *fixed, *words]
            how["env"] = {**own, "AS_USER": str(image.user)}
        else:
            how |= {"user": image.user, "group": image.user, "extra_groups": []}
    with closed(image) if os.geteuid() != 0 else _nothing():
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   text=True, **how)  # type: ignore[call-overload]  # fmt: skip
        with process:
            try:
                yield process
            finally:
                process.kill()


@contextmanager
def _nothing() -> Iterator[None]:
    yield


@contextmanager
def closed(image: Image) -> Iterator[None]:
    """Where we are no root, the tree is ours: it is closed by its modes for the time."""
    places = [p for p in (image.folder, *image.place("/opt").rglob("*"), image.place("/opt")) if not p.is_symlink()]
    before = {p: p.stat().st_mode for p in places}
    for p in places:
        p.chmod(before[p] & ~0o222)
    try:
        yield
    finally:
        for p in places:
            p.chmod(before[p])


def run(
    image: Image, command: Sequence[str], env: Mapping[str, str] | None = None, out: str = "/out"
) -> tuple[int, str]:
    """Exit code and output of a command that was waited for."""
    with running(image, command, env, out) as process:
        text, _ = process.communicate(timeout=SECONDS)
    return process.returncode, text
