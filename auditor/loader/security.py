"""Security Requirement and Security Scheme Objects (OpenAPI §4.27, §4.30; Swagger 2.0: Security Definitions)."""

from __future__ import annotations

from typing import Any

from auditor.loader.notes import Notes
from auditor.loader.refs import RefProblem, Resolver, escape, shown_ref
from auditor.model.contract import SecurityScheme

MAX_ALTERNATIVES = 50
MAX_SCHEMES = 200

Requirement = tuple[bool | None, tuple[tuple[str, ...], ...]]
"""Whether credentials are demanded, and the alternatives by the names of their schemes."""


def requirement(security: Any) -> Requirement:
    """What a `security` list demands: `[]` and an empty alternative demand nothing, a missing list says nothing."""
    if type(security) is not list:
        return None, ()
    if len(security) == 1 and type(security[0]) is dict:
        only = tuple(security[0])
        return (True, (only[:MAX_SCHEMES],)) if only else (False, ((),))
    alternatives = tuple([tuple(a)[:MAX_SCHEMES] for a in security[:MAX_ALTERNATIVES] if type(a) is dict])
    return bool(security) and not any(alternative == {} for alternative in security), alternatives


def security_schemes(resolver: Resolver, notes: Notes, swagger: bool) -> tuple[SecurityScheme, ...]:
    """The schemes that the root document declares. One whose `$ref` leads nowhere is warned of and left out."""
    root = resolver.root.root
    components = root.get("components")
    place = "/securityDefinitions" if swagger else "/components/securitySchemes"
    holder = root if swagger else components if isinstance(components, dict) else {}
    declared = holder.get("securityDefinitions" if swagger else "securitySchemes")
    found = []
    for name, node in list(declared.items())[:MAX_SCHEMES] if isinstance(declared, dict) else ():
        if isinstance(node, dict) and "$ref" in node:
            try:
                node = resolver.follow(node["$ref"], resolver.root).node
            except RefProblem as e:
                message = f"security scheme {name[:80]!r} `$ref` {shown_ref(node['$ref'])} {e}: it is unknown"
                notes.add(message, resolver.root, f"{place}/{escape(name)}")
                continue
        if isinstance(node, dict):
            found.append(_scheme(name, node))
    return tuple(found)


def _scheme(name: str, node: dict[str, Any]) -> SecurityScheme:
    kind, where, field, scheme = (_text(node.get(key)) for key in ("type", "in", "name", "scheme"))
    if kind == "basic":  # Swagger 2.0
        return SecurityScheme(name, "http", scheme="basic")
    if kind == "apiKey":
        return SecurityScheme(name, kind, where, field)
    return SecurityScheme(name, kind, scheme=scheme.lower())


def _text(value: Any) -> str:
    return value[:200] if isinstance(value, str) else ""
