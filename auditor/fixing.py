"""`auditor fix`: what the findings of a finished run ask of the contract, or the contract of a gateway.

Nobody is contacted: the run directory, and the files of the description as the run recorded them, are all that is read.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from auditor import archive
from auditor.archive import Past
from auditor.differ.output.gateways import gateway
from auditor.differ.output.gateways.allowlist import allow_list
from auditor.differ.output.overlay import document
from auditor.differ.output.overlay.actions import Asked, Left, actions, asked
from auditor.differ.output.overlay.nodes import Nodes
from auditor.errors import DescriptionError, OutputError, UsageError
from auditor.evaluation import evaluate
from auditor.loader import Reread, git_bytes
from auditor.model.contract import Contract, SpecFile
from auditor.model.environment import Environment
from auditor.rundir import check_output, digest, write_output

FILES = frozenset({"report.json", "report.html", "run.json"})
"""What may be named instead of the run directory that holds it."""
MAX_COPY = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Written:
    """An overlay that was written: where, for which file of the description, and with how many actions."""

    path: str
    file: str
    actions: int


@dataclass(frozen=True, slots=True)
class Fixed:
    """What `auditor fix --overlay` did. `left`: findings that no action could be written for."""

    environment: str
    written: tuple[Written, ...]
    asked: Asked
    left: tuple[Left, ...] = ()


@dataclass(frozen=True, slots=True)
class _Copy:
    """A file of the description as found today; `path` None where it is no file here."""

    data: bytes
    path: Path | None


def opened(run: Path, name: str | None) -> tuple[Past, Environment, Contract]:
    """The run, and one environment of it with its contract. UsageError, or TranscriptError where it is damaged."""
    past = archive.read(folder_of(run))
    environments = sorted((a.environment for a in past.audited), key=lambda e: e.behind is not None)
    names = ", ".join(e.name for e in environments)
    if name is None and sum(e.behind is None for e in environments) > 1:
        raise UsageError("the run holds several environments", where="--env", hint=f"one of {names}")
    found = next((e for e in environments if name in (None, e.name)), None)
    if found is None:
        raise UsageError(f"{(name or '')[:80]!r} is no environment of this run", where="--env", hint=f"one of {names}")
    return past, found, past.contracts[found.contract]


def folder_of(run: Path) -> Path:
    """The run directory, or the one that holds the report that was named."""
    return run.parent if run.name in FILES and not run.is_dir() else run


def overlay(run: Path, name: str | None, output: str, copies: Sequence[str] = ()) -> Fixed:
    """Writes the overlays that make the description say what the environment serves. Errors leave nothing behind."""
    if output == "-" or not Path(output).name:
        raise UsageError("names no file", where="--overlay", hint="such as prod.overlay.yaml")
    past, environment, contract = opened(run, name)
    if environment.behind is not None:
        raise UsageError(f"{environment.name!r} stands behind another environment: no finding is about it",
                         where="--env", hint=f"name {environment.behind}")  # fmt: skip
    report = evaluate(past.audited, past.contracts, past.scope, past.policy, past.info)
    wanted = asked(report, environment.name)
    if not wanted.wanted:
        return Fixed(environment.name, (), wanted)
    found = _found(contract, folder_of(run), copies)
    description = Reread(contract.files[0].path, {name: copy.data for name, copy in found.items()})
    made, left = actions(report, environment.name, contract, Nodes(description))
    overlays, nameless = document.overlays(made, environment.name, description)
    paths = dict(zip([o.file for o in overlays], _names(output, contract, [o.file for o in overlays]), strict=True))
    _check(paths.values())
    for one in overlays:
        to = paths[one.file]
        extends = _extends(one.file, found[one.file].path, Path(to))
        data = document.data(one, contract, environment.name, past.info.id, extends)
        write_output(to, document.text(data, to.lower().endswith(".json")))
    written = tuple(Written(paths[o.file], o.file, len(o.actions)) for o in overlays)
    return Fixed(environment.name, written, wanted, (*left, *nameless))


def methods(run: Path, name: str | None, kind: str, cors: bool) -> str:
    """The method allow-list that the contract of an environment demands, as configuration of a gateway."""
    known = gateway(kind)
    past, environment, contract = opened(run, name)
    return known.render(allow_list(contract, environment, past.info.id, cors or environment.cors_origin is not None))


# --- the files of the description ---


def _found(contract: Contract, run: Path, copies: Sequence[str]) -> dict[str, _Copy]:
    """Every file of the description with the content that was audited. DescriptionError where one differs or lacks."""
    given = [_Copy(_read(Path(c), "--spec"), Path(c)) for c in copies]
    by_digest = {digest(c.data): c for c in given}
    return {f.path: by_digest.get(f.sha256) or _own(f, run) for f in contract.files}


def _own(file: SpecFile, run: Path) -> _Copy:
    changed = False
    for copy in _candidates(file.path, run):
        if digest(copy.data) == file.sha256:
            return copy
        changed = True
    if changed:
        raise DescriptionError("changed since the audit: its places may not be what they were", where=file.path,
                               hint="audit again, or name a copy as it was audited: --spec FILE")  # fmt: skip
    raise DescriptionError(
        "is not to be found here",
        where=file.path,
        hint="run this where the audit ran, or name a copy as it was audited: --spec FILE",
    )


def _candidates(name: str, run: Path) -> Iterator[_Copy]:
    """The file as it is today: meant from here, or from a folder above the run directory."""
    if name.startswith("git:"):
        data = git_bytes(name)
        if data is not None:
            yield _Copy(data, None)
        return
    if name.startswith(("http://", "https://")):
        return
    for folder in dict.fromkeys((Path(), *run.absolute().parents)):
        path = folder / name
        if path.is_file():
            yield _Copy(_read(path, str(path)), path)


def _read(path: Path, where: str) -> bytes:
    try:
        if not path.is_file() or path.stat().st_size > MAX_COPY:
            raise UsageError("is no file that can be read", where=where, hint=f"{path}: name a plain file")
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", where=where,
                         hint="name a file that can be read") from None  # fmt: skip


# --- the files that are written ---


def _names(output: str, contract: Contract, files: Sequence[str]) -> list[str]:
    """`--overlay` itself for the description; for each further file a name beside it that tells which one it is for."""
    root, stem = contract.files[0].path, Path(output)
    base = os.path.dirname(root)  # noqa: PTH120 - also of a URL and of git:REF:PATH
    ending = "".join(stem.suffixes[-2:]) if stem.suffixes[-2:-1] == [".overlay"] else stem.suffix
    taken, found = {output}, []
    for file in files:
        if file == root:
            found.append(output)
            continue
        own = file.removeprefix(base + "/") if base else file
        part = re.sub(r"[^A-Za-z0-9_]+", "-", re.sub(r"\.(ya?ml|json)$", "", own)).strip("-")[-80:] or "part"
        name, number = str(stem.with_name(f"{stem.name.removesuffix(ending)}.{part}{ending}")), 2
        while name in taken:
            name = str(stem.with_name(f"{stem.name.removesuffix(ending)}.{part}-{number}{ending}"))
            number += 1
        taken.add(name)
        found.append(name)
    return found


def _check(paths: Iterable[str]) -> None:
    """An overlay may have been written on by hand, so none is overwritten."""
    for path in paths:
        if Path(path).exists() or Path(path).is_symlink():
            raise OutputError("exists already", where=path, hint="name another --overlay, or remove it")
    for path in paths:
        check_output(path)


def _extends(file: str, path: Path | None, output: Path) -> str | None:
    """A URI reference from the overlay to what it is for; None where that has no address."""
    if path is None:
        return file if file.startswith(("http://", "https://")) else None
    relative = os.path.relpath(path.absolute(), output.absolute().parent)
    return quote(relative.replace(os.sep, "/"))
