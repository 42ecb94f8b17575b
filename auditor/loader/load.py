"""The front door of the loader: file, bytes or commit in, Contract out; nothing is sent, nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from auditor.errors import ConfigError, DescriptionError
from auditor.loader.contract import read_contract
from auditor.loader.document import gc_off, parse, read_capped
from auditor.loader.git import Commit
from auditor.loader.notes import Notes
from auditor.loader.refs import Folder, NoFiles, Reader, RefProblem, Resolver, version_control_root
from auditor.loader.surrogates import encodable
from auditor.model.contract import Contract, SpecWarning


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """How to read a description.

    `ref_root`: the folder that references may not leave. `remote_refs`: URL without fragment → bytes that the caller
    fetched. `strict`: any warning is a DescriptionError. `values`: from auditor.yaml, name → value, or path template →
    {name: value}.
    """

    ref_root: Path | None = None
    remote_refs: Mapping[str, bytes] = field(default_factory=dict)
    allowed_remote_hosts: frozenset[str] = frozenset()
    strict: bool = False
    values: Mapping[str, object] = field(default_factory=dict)


_DEFAULT = LoadOptions()


def load_file(path: Path, options: LoadOptions = _DEFAULT) -> Contract:
    """Read the description at `path` and what it refers to inside the jail.

    Raises DescriptionError (one sentence) where it cannot be read or holds no operation, RemoteRefNeeded where an
    allowed remote reference is not in `options.remote_refs`.
    """
    shown = encodable(str(path))
    try:
        with path.open("rb") as f:
            data = read_capped(f)
    except (OSError, ValueError) as e:
        why = getattr(e, "strerror", None) or str(e)
        raise DescriptionError(f"cannot be read: {why}", where=shown) from None
    real = path.parent.resolve() / path.name
    root = options.ref_root or version_control_root(real.parent) or real.parent
    reader = Folder(root, str(path.parent), str(real.parent))
    return _load(data, shown, str(real), reader, options)


def load_bytes(data: bytes, source: str, options: LoadOptions = _DEFAULT, base_dir: Path | None = None) -> Contract:
    """Read a description that is already here (`-`, a URL); without `base_dir` no file reference is followed.

    References relative to a URL `source` are remote references. Raises as `load_file`.
    """
    source = encodable(source)
    if source.startswith(("http://", "https://")):
        return _load(data, source, source.partition("#")[0], NoFiles(), options, remote=True)
    if base_dir is None:
        return _load(data, source, None, NoFiles(), options)
    real = base_dir.resolve()
    root = options.ref_root or version_control_root(real) or real
    return _load(data, source, str(real / "-"), Folder(root, str(base_dir), str(real)), options)


def load_git(spec: str, options: LoadOptions = _DEFAULT, folder: Path | None = None) -> Contract:
    """Read `git:REF:PATH`; references are read from the same commit. `folder`: where git runs (the current one).

    Raises as `load_file`.
    """
    shown = encodable(spec)
    ref, _, path = spec.removeprefix("git:").partition(":")
    if not ref or not path:
        raise DescriptionError("is not git:REF:PATH", where=shown, hint="for example git:HEAD:openapi.yaml")
    commit = Commit(ref, folder)
    try:
        identity = commit.locate(None, commit.root_path(path))
        data = commit.read(identity)
    except RefProblem as e:
        raise DescriptionError(
            f"{path!r} {e}", where=shown, hint="PATH counts from the top of the repository"
        ) from None
    return _load(data, shown, identity, commit, options)


def _load(
    data: bytes, source: str, base: str | None, reader: Reader, options: LoadOptions, remote: bool = False
) -> Contract:
    with gc_off():
        document = parse(data, source, base)
        document.remote = remote
        resolver = Resolver(document, reader, options.remote_refs, options.allowed_remote_hosts, len(data))
        return read_contract(resolver, source, options.values, options.strict, Notes(options.strict))


def parse_config(data: bytes, name: str) -> tuple[dict[str, Any], list[SpecWarning]]:
    """auditor.yaml by the rules of descriptions: `off` is text, keys are text, duplicate keys are warned of.

    An empty file is an empty mapping. Raises ConfigError where it cannot be read or is no mapping.
    """
    if not data.strip():
        return {}, []
    try:
        with gc_off():
            document = parse(data, name)
    except DescriptionError as e:
        raise ConfigError(e.what, where=e.where, hint=e.hint) from None
    if document.root is None:
        return {}, []
    if not isinstance(document.root, dict):
        raise ConfigError("holds no mapping of settings", where=name)
    return document.root, [SpecWarning(message, name, None, line) for line, message in document.tree.notes]
