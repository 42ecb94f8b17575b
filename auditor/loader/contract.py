"""A parsed description to a Contract: its dialect, servers and paths, or one sentence why it is of no use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from auditor.errors import DescriptionError
from auditor.loader.document import Document
from auditor.loader.notes import Notes, refuse
from auditor.loader.paths import Paths
from auditor.loader.refs import RefProblem, Resolver, shown_ref
from auditor.loader.security import security_schemes
from auditor.loader.servers import server_urls, swagger_urls
from auditor.loader.values import text_of
from auditor.model.contract import Contract, PathItem, SpecWarning

Dialect = Literal["2.0", "3.0", "3.1", "3.2"]

_GENERIC = frozenset({"openapi", "swagger", "api", "apis", "spec", "index", "schema", "api-docs", "main", "root", ""})
_KINDS = (
    ("asyncapi", "an AsyncAPI description", "auditor reads OpenAPI: describe the HTTP API"),
    ("swaggerVersion", "a Swagger 1.x description", "convert it to OpenAPI 3 first"),
    ("_postman_id", "a Postman collection", "export it as OpenAPI"),
    ("log", "a HAR recording", None),
    ("kind", "a Kubernetes object", None),
    ("$schema", "a JSON Schema", None),
)


def read_contract(resolver: Resolver, source: str, given: Mapping[str, object], strict: bool, notes: Notes) -> Contract:
    """Walk the root document of `resolver`. Raises DescriptionError where no operation is found."""
    document = resolver.root
    notes.take(document)
    dialect = _dialect(document, notes)
    root: dict[str, Any] = document.root
    nodes = _paths(document, notes, resolver)
    walk = Paths(resolver, notes, dialect, given)
    paths = _audited(walk.read(nodes, document))
    warn = lambda message: notes.add(message, document, "/servers" if dialect != "2.0" else None)  # noqa: E731
    servers = swagger_urls(root, warn) if dialect == "2.0" else server_urls(root.get("servers"), warn)
    schemes = security_schemes(resolver, notes, dialect == "2.0")
    resolver.closed = True
    for further in resolver.fresh:
        notes.take(further)
    warnings = notes.finish(source)
    if not paths:
        raise _no_operation(root, nodes, source, warnings)
    if strict and warnings:
        raise refuse(warnings, source)
    info = root.get("info")
    title, version = (info.get("title"), info.get("version")) if isinstance(info, dict) else (None, None)
    identity = contract_id(source)
    return Contract(
        identity, text_of(title) or identity, text_of(version) or "", source, dialect,
        tuple(d.identity for d in resolver.files), paths, servers, warnings, root,
        _unaudited(walk.templates, paths), schemes,
    )  # fmt: skip


def _audited(paths: tuple[PathItem, ...]) -> tuple[PathItem, ...]:
    """Without the paths that document nothing, each warned of: no method there could be called undocumented."""
    return tuple(p for p in paths if p.operations)


def _unaudited(templates: Iterable[str], paths: tuple[PathItem, ...]) -> tuple[str, ...]:
    """The templates of all other keys, so that no path that is invented ever hits one of them."""
    audited = {p.template for p in paths}
    return tuple([t for t in templates if t not in audited])


def _dialect(document: Document, notes: Notes) -> Dialect:
    """The version that the description states, or the nearest one with a warning."""
    root = document.root
    if not isinstance(root, dict):
        kind = {list: "a list", str: "plain text", type(None): "nothing"}.get(type(root), "a single value")
        raise DescriptionError(f"holds {kind}, not an OpenAPI description", where=document.file)
    key = "openapi" if "openapi" in root else "swagger"
    stated = text_of(root.get(key))
    if stated is None or not stated.strip():
        return _guessed(document, notes)
    stated = stated.strip()
    if stated.startswith("1."):
        raise DescriptionError(f"is Swagger {stated[:20]}", where=document.file, hint="convert it to OpenAPI 3 first")
    for dialect in ("2.0", "3.0", "3.1", "3.2"):
        if stated == dialect or stated.startswith(dialect + ".") or (stated == "2" and dialect == "2.0"):
            return dialect
    read: Dialect = "3.0" if stated == "3" else "3.2"
    notes.add(f"version {stated[:40]!r} is unknown: read as {read}", document, "/" + key, document.line(root, key))
    return read


def _guessed(document: Document, notes: Notes) -> Dialect:
    root = document.root
    paths = root.get("paths")
    if isinstance(paths, dict) and any(k.startswith("/") for k in paths):
        read: Dialect = "2.0" if "definitions" in root or "basePath" in root else "3.0"
        notes.add(f"has no `openapi` or `swagger` key: read as {read}", document, "")
        return read
    info = root.get("info")
    keys = set(root) | (set(info) if isinstance(info, dict) else set())
    if isinstance(root.get("item"), list):
        keys.add("_postman_id")
    for key, what, hint in _KINDS:
        if key in keys:
            raise DescriptionError(f"is {what}, not an OpenAPI description", where=document.file, hint=hint)
    found = ", ".join(repr(k[:40]) for k in list(root)[:8]) or "none"
    raise DescriptionError(f"has no `openapi` or `swagger` key; the keys found: {found}", where=document.file)


def _paths(document: Document, notes: Notes, resolver: Resolver) -> dict[str, Any]:
    """The `paths` mapping; a `$ref` in its place is in no standard, but followed."""
    root = document.root
    nodes = root.get("paths")
    if isinstance(nodes, dict) and isinstance(nodes.get("$ref"), str):
        try:
            found = resolver.follow(nodes["$ref"], document)
        except RefProblem as e:
            notes.add(
                f"`paths` `$ref` {shown_ref(nodes['$ref'])} {e}", document, "/paths", document.line(root, "paths")
            )
            return {k: v for k, v in nodes.items() if k != "$ref"}
        rest = {k: v for k, v in nodes.items() if k != "$ref"}
        return {**found.node, **rest} if isinstance(found.node, dict) else rest
    if nodes is not None and not isinstance(nodes, dict):
        notes.add("`paths` is not a mapping: ignored", document, "/paths", document.line(root, "paths"))
    if not isinstance(nodes, dict):
        return {}
    return nodes


def _no_operation(
    root: dict[str, Any], nodes: dict[str, Any], source: str, warnings: tuple[SpecWarning, ...]
) -> DescriptionError:
    if nodes:
        what = f"documents no operation that can be audited, under {len(nodes):,} path keys"
    elif root.get("webhooks"):
        what = "documents webhooks only: there is no path to audit"
    elif "paths" in root:
        what = "documents no path: `paths` is empty"
    else:
        what = "documents no path: it has no `paths`"
    hint = "; ".join(w.text[:300] for w in warnings[:3]) or None
    return DescriptionError(what, where=source, hint=hint)


def contract_id(source: str) -> str:
    """A short name from the file name of `source`; from its folder where the file name says nothing."""
    path = source.split(":", 2)[-1] if source.startswith("git:") else source.partition("?")[0]
    parts = [p for p in re.split(r"[/\\]", path) if p]
    stem = _stem(parts[-1]) if parts else ""
    if stem in _GENERIC and len(parts) > 1:
        above = re.sub(r"[^a-z0-9]+", "-", parts[-2].lower()).strip("-")
        stem = above or stem
    return stem or "api"


def _stem(name: str) -> str:
    lower = name.lower()
    for ending in (".yaml", ".yml", ".json"):
        lower = lower.removesuffix(ending)
    lower = re.sub(r"[._-](openapi|swagger)([._-]?[0-9.]+)?$", "", lower)
    return re.sub(r"[^a-z0-9]+", "-", lower).strip("-")[:60]
