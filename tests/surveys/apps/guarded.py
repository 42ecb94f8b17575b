"""What the guarded services have in common: their data, their callers, and a journal that knows who gave credentials.

| path | documented | really |
|---|---|---|
| /status | open | open |
| /metrics | open | asks for credentials: `security-undocumented` |
| /orders | guarded | guarded |
| /invoices | guarded | open: `security-not-enforced` |
| /docs | guarded | an HTML page for everybody: no access |
| /session | guarded | 200 for everybody, who is told in JSON that nobody is logged in: no access |
| /admin | guarded | 403 to all but the administrator |
| /vault | guarded | 404 to all but the administrator, as if there were none; 401 to nobody in particular |
| /legacy | guarded | guarded; a Deprecation and a Sunset that has passed |
"""

from __future__ import annotations

from typing import Any

ROLES = {"Bearer viewer": "viewer", "Bearer admin": "admin"}
ORDERS = [{"id": 1, "customer": "Ursula", "lines": 3}, {"id": 2, "customer": "Octavia", "lines": 1}]
INVOICES = [{"number": "R-17", "customer": "Ursula", "total": 12.5}]
PAGE = "<!doctype html><title>Docs</title><h1>How to use this service</h1><p>Ask for a token.</p>"
LIFE = {"Deprecation": "@1688169599", "Sunset": "Sat, 31 Dec 2022 23:59:59 GMT"}


def session(role: str | None) -> dict[str, Any]:
    """Who is logged in, said with 200 in either case."""
    return {"code": 0, "message": f"logged in as {role}"} if role else {"code": 401, "message": "log in first"}
