"""Server Objects (OpenAPI §4.6) and Swagger 2.0 `schemes`, `host`, `basePath` to URLs."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from auditor.loader.values import text_of

_VARIABLE = re.compile(r"\{([^{}]*)\}")

Warn = Callable[[str], None]


def server_urls(servers: Any, warn: Warn) -> tuple[str, ...]:
    """The URLs of a `servers` list with variables filled by their default, else the first of their enum.

    A variable that cannot be filled stays as written, with a warning. May be relative.
    """
    if servers is None:
        return ()
    if not isinstance(servers, list):
        warn("`servers` is not a list: ignored")
        return ()
    urls: list[str] = []
    for server in servers[:1000]:
        url = server.get("url") if isinstance(server, dict) else None
        if isinstance(url, str):
            urls.append(_filled(url.strip(), server.get("variables"), warn) if "{" in url else url.strip())
        else:
            warn("a server without a `url` is ignored")
    return tuple(urls)


def _filled(url: str, variables: Any, warn: Warn) -> str:
    known = variables if isinstance(variables, dict) else {}

    def value(m: re.Match[str]) -> str:
        variable = known.get(m.group(1))
        if isinstance(variable, dict):
            enum = variable.get("enum")
            default = variable.get("default")
            if default is None and isinstance(enum, list) and enum:
                default = enum[0]
            text = text_of(default)
            if text is not None:
                return text
        warn(f"server variable {m.group(1)[:80]!r} has no default: left as it is")
        return m.group()

    return _VARIABLE.sub(value, url)


def swagger_urls(root: dict[str, Any], warn: Warn) -> tuple[str, ...]:
    """Swagger 2.0: one URL per scheme; without a host the base path alone, without schemes https.

    A trailing slash of `basePath` goes: every path key begins with one.
    """
    base = root.get("basePath")
    if base is not None and not isinstance(base, str):
        warn("`basePath` is not text: ignored")
    base = base.strip().rstrip("/") if isinstance(base, str) else ""
    if base and not base.startswith("/"):
        base = "/" + base
    host = root.get("host")
    if not isinstance(host, str) or not host.strip():
        return (base or "/",) if "basePath" in root else ()
    schemes = root.get("schemes")
    named = [s for s in schemes if isinstance(s, str)] if isinstance(schemes, list) else []
    return tuple(f"{scheme}://{host.strip().rstrip('/')}{base}" for scheme in dict.fromkeys(named) or ["https"])
