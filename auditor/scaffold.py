"""What `auditor init` writes: a commented auditor.yaml made from a description and base URLs. Pure text from data."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from auditor.differ.output.escape import visible
from auditor.errors import OutputError, UsageError
from auditor.model.contract import Contract, PathItem
from auditor.model.globs import parse_glob
from auditor.model.templates import parameter_names
from auditor.nextstep import USUAL
from auditor.parsing import header_name
from auditor.prober.needed import is_action
from auditor.settings import Flags

PLACEHOLDER = "http://localhost:8080"
MAX_LINES = 60
"""Suggestions of one kind; a description with 10,000 paths still gives a file that can be read."""
_PLAIN_KEY = re.compile(r"(?!(?:true|false|yes|no|on|off|null|y|n)\Z)[A-Za-z][A-Za-z0-9_-]*\Z", re.IGNORECASE)


def inputs(spec: str | None, env: Sequence[str], folder: Path) -> Flags:
    """Flags that load the description: the usual file of `folder` where none is named. UsageError where there is none.

    Without `env` a stand-in names no deployment, because a contract is loaded for an environment.
    """
    found = spec or next((name for name in USUAL if (folder / name).is_file()), None)
    if found is None:
        raise UsageError("no description given, and none of the usual names here", hint="auditor init openapi.yaml")
    return Flags(spec=found, env=tuple(env) or (f"dev={PLACEHOLDER}",))


def starter(contract: Contract, spec: str, env: Sequence[str], out: str) -> str:
    """The text of auditor.yaml; `env` as given (`NAME=URL`), `out` where it will stand ('-': the current folder)."""
    parts = (
        _head(contract, _from(spec, out)), _environments(contract, env), _skips(contract), _values(contract), _rest(),
    )  # fmt: skip
    return "\n".join("".join(f"{line}\n" for line in part) for part in map(list, parts) if part)


def write(text: str, out: str) -> None:
    """A new file, never over an old one. OutputError where it exists or cannot be written."""
    try:
        with Path(out).open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise OutputError("exists already", where=out, hint="name another file with --out, or - to print") from None
    except OSError as error:
        raise OutputError(
            f"cannot be written: {error.strerror}", where=out, hint="name another file with --out, or - to print"
        ) from None


def check_free(out: str, hint: str = "name another file with --out, or - to print") -> None:
    """OutputError where `out` would overwrite something; asked before anything is read."""
    if out != "-" and os.path.lexists(out):
        raise OutputError("exists already", where=out, hint=hint)


def quoted(text: str) -> str:
    """`text` as a double-quoted YAML scalar on one line; also valid JSON for plain text."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() and ord(c) < 0x10000 else _escape(c) for c in escaped) + '"'


def _escape(char: str) -> str:
    code = ord(char)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _key(name: str) -> str:
    return name if _PLAIN_KEY.match(name) else quoted(name)


def _from(spec: str, out: str) -> str:
    """`spec` as it is called from the folder of `out`."""
    if spec == "-" or "://" in spec or spec.startswith("git:") or Path(spec).is_absolute() or out == "-":
        return spec
    return Path(os.path.relpath(spec, Path(out).parent)).as_posix()


def _head(contract: Contract, spec: str) -> Iterator[str]:
    yield "# What `auditor audit` and `auditor plan` read in this folder and below it. Every key: auditor config schema"
    yield ""
    size = f"{len(contract.paths)} paths, {contract.operations} operations"
    yield f"# {visible(contract.title, 80)} {visible(contract.version, 40)}: {size}"
    yield f"spec: {quoted(spec)}"


# --- environments ---


def _environments(contract: Contract, env: Sequence[str]) -> Iterator[str]:
    yield "# In promotion order. Nothing else is contacted, whatever the description says."
    yield "environments:"
    fields = _credentials(contract)
    given = [e.split("=", 1) for e in env]
    for name, url in given or [["dev", PLACEHOLDER + _base(contract)]]:
        yield f"  {_key(name)}:"
        yield f"    url: {quoted(url)}" + ("" if given else "      # put the base URL here")
        secret = f"${{{_variable(name)}_TOKEN}}"
        headers = ", ".join(f"{_key(field)}: {quoted(prefix + secret)}" for field, prefix in fields.items())
        yield f"    # headers: {{{headers}}}"
        yield "    # rate: 5/s"
        yield "    # mode: inert     # besides safe methods, unfinished requests that can change nothing: docs/inert.md"
        yield '    # cors_origin: "https://app.example.test"      # pages that call it from browsers: checks preflights'
    known = {url.rstrip("/") for _, url in given}
    rest = [s for s in contract.servers if _absolute(s) and s.rstrip("/") not in known][:MAX_LINES]
    if rest:
        yield "  # Servers that the description names:"
        yield from (f"  # server{i}: {{url: {quoted(s)}}}" for i, s in enumerate(rest, 1))


def _base(contract: Contract) -> str:
    """The path that the description's first server has: most deployments keep it."""
    try:
        path = urlsplit(contract.servers[0]).path.rstrip("/") if contract.servers else ""
    except ValueError:
        return ""
    return path if path.isascii() and re.fullmatch(r"(/[\w.~-]+)*", path) else ""


def _absolute(server: str) -> bool:
    return server.startswith(("http://", "https://")) and not {"{", "}"} & set(server)


def _variable(name: str) -> str:
    return re.sub(r"\W", "_", name, flags=re.ASCII).upper() if name[:1].isalpha() else f"ENV_{name.upper()}"


def _credentials(contract: Contract) -> dict[str, str]:
    """Field → text before the secret, for what the description's security schemes ask for; else a bearer token."""
    document: Any = contract.document if isinstance(contract.document, Mapping) else {}
    components = document.get("components")
    schemes = components.get("securitySchemes") if isinstance(components, Mapping) else None
    schemes = schemes or document.get("securityDefinitions")
    found: dict[str, str] = {}
    for scheme in list(schemes.values())[:20] if isinstance(schemes, Mapping) else ():
        known = _credential(scheme)
        if known is not None:
            found.setdefault(*known)
    return found or {"Authorization": "Bearer "}


def _credential(scheme: Any) -> tuple[str, str] | None:
    if not isinstance(scheme, Mapping):
        return None
    kind, name = str(scheme.get("type")), str(scheme.get("scheme")).lower()
    if kind == "apiKey" and scheme.get("in") == "header":
        try:
            return header_name(str(scheme.get("name")), "headers"), ""
        except UsageError:
            return None
    if kind == "basic" or (kind == "http" and name == "basic"):
        return "Authorization", "Basic "
    if kind in ("http", "oauth2", "openIdConnect"):
        return "Authorization", "Bearer "
    return None


# --- what is left out ---


def _skips(contract: Contract) -> Iterator[str]:
    """Live entries only where a GET would be sent to what looks like an action: never harm comes first."""
    actions = [item for item in contract.paths if is_action(item.template) and _pattern(item)]
    sent = [i for i in actions if {"GET", "HEAD"} & set(i.methods)]
    quiet = [i for i in actions if i not in sent]
    yield "# Never sent, by any method: [METHOD ]/path, * within a segment, ** across."
    if sent:
        yield "# These look like actions, and GET is documented. Take out what is harmless to call."
        yield "skip:"
        yield from (f"  - {quoted(i.template)}" for i in sent)
    else:
        yield "# skip:"
    if quiet:
        yield "# These look like actions. No GET is documented, so none is sent even without an entry here."
        yield from (f"#   - {quoted(i.template)}" for i in quiet[:MAX_LINES])
    if not actions:
        yield '#   - "/admin/**"'


def _pattern(item: PathItem) -> bool:
    try:
        return parse_glob(item.template).matches(item.template)
    except ValueError:
        return False


# --- values ---


def _values(contract: Contract) -> Iterator[str]:
    lines = [*_path_values(contract), *_unfilled(contract)]
    if not lines:
        return
    yield "# Values that exist in every environment. Without one, a 404 may mean a missing object, and is not judged."
    yield "# values:"
    yield from lines[:MAX_LINES]
    if len(lines) > MAX_LINES:
        yield f"#   and {len(lines) - MAX_LINES} more"


def _path_values(contract: Contract) -> Iterator[str]:
    """By name where a name stands behind one prefix only, else below each path."""
    places: dict[str, dict[str, list[PathItem]]] = {}
    for item in contract.paths:
        for name in parameter_names(item.template):
            prefix = item.template.partition("{" + name)[0]
            places.setdefault(name, {}).setdefault(prefix, []).append(item)
    for name, prefixes in places.items():
        if len(prefixes) == 1:
            items = next(iter(prefixes.values()))
            yield f"#   {_key(name)}: {_known(items[0], name)}      # {_where(items)}{_source(items[0], name)}"
            continue
        for items in prefixes.values():
            for item in items:
                entry = f"{quoted(item.template)}: {{{_key(name)}: {_known(item, name)}}}"
                yield f"#   {entry}{_source(item, name, '      #')}"


def _known(item: PathItem, name: str) -> str:
    found = item.values.get(name)
    return quoted(found.text) if found else '""'


def _where(items: Sequence[PathItem]) -> str:
    more = f" and {len(items) - 2} more" if len(items) > 2 else ""
    return visible(", ".join(i.template for i in items[:2]), 120) + more


def _source(item: PathItem, name: str, before: str = ":") -> str:
    found = item.values.get(name)
    if found is None:
        return f"{before} the description gives none"
    made_up = "made up from the type: put one that exists"
    words = {"schema": made_up, "example": "from an example", "default": "the default", "enum": "the first of a list"}
    return f"{before} {words.get(found.source, f'from {found.source}')}"


def _unfilled(contract: Contract) -> Iterator[str]:
    """Required query and header parameters without any value."""
    for item in contract.paths:
        for operation in item.operations:
            for name in operation.unfilled:
                where = f"{operation.method} {visible(item.template, 100)}"
                yield f'#   {_key(name)}: ""      # required by {where}: the description gives none'


def _rest() -> Iterator[str]:
    yield "# fail_on: error            # or warning, info, never: the lowest level that makes the exit code 1"
    yield "# min_decided: 50           # percent: exit code 3 where fewer operations could be decided"
    yield "# rules: {allow-missing: off}      # or info, warning, error; `auditor rules` lists them all"
