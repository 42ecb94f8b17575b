"""The zoo: more stacks, most of them with either API of the catalogue. `ALL` is these and the catalogue's."""

from __future__ import annotations

import shutil
from typing import Any

from tests.servers import bookshop, workshop
from tests.servers.apps.api import table
from tests.servers.catalogue import BOTH, HERE, STACKS, Stack, python


def _apis(name: str, title: str, module: str, *apis: str, **more: Any) -> list[Stack]:
    """One stack per API, from a module that can do both."""
    options = more.pop("options", {})
    return [
        Stack(f"{name}-{api}", title, python(module), api=api, options={**options, "api": api}, **more) for api in apis
    ]


def _javascript(name: str, title: str, script: str, *apis: str, **more: Any) -> list[Stack]:
    options = more.pop("options", {})

    def command(_interpreter: str) -> list[str]:
        return [shutil.which("node") or "node", str(HERE / "node" / script)]

    return [
        Stack(f"{name}-{api}", title, command, ("node", name), api=api, options={**table(api), **options}, **more)
        for api in apis
    ]


def _gateway(name: str, title: str, program: str, *apis: str, **options: Any) -> list[Stack]:
    """A gateway in front of Flask."""
    module = {"apache2": "apache"}.get(program, program)
    bases = {"bookshop": bookshop.BASE, "workshop": workshop.BASE}
    return [
        Stack(f"{name}-{api}", title, python(module), (program,), behind=f"flask-{api}", api=api, logs_late=True,
              options={**options, "base": bases[api]})
        for api in apis
    ]  # fmt: skip


REFUSED = ["DELETE", "PATCH"]
BEARER = ("Authorization: Bearer sesame",)
ZOO: dict[str, Stack] = {
    stack.name: stack
    for stack in (
        *_apis("flask", "Flask on Werkzeug", "flask_api", "workshop"),
        *_apis("fastapi", "FastAPI on uvicorn, content checked first", "fastapi_api", "workshop", numbers_only=False),
        *_apis("starlette", "Starlette on uvicorn", "starlette_api", "workshop"),
        *_apis("aiohttp", "aiohttp", "aiohttp_api", "workshop"),
        *_apis("drf", "Django REST framework", "drf_api", "workshop"),
        *_apis("drf-session", "Django REST framework: session cookie, CSRF token asked before the method", "drf_api",
               *BOTH, options={"login": "session"}, credentials=("Cookie: sessionid=sesame",)),
        *_apis("drf-token", "Django REST framework: token", "drf_api", *BOTH, options={"login": "token"},
               credentials=("Authorization: Token sesame",)),
        *_apis("tornado", "Tornado: 405 without Allow", "tornado_api", *BOTH),
        *_apis("falcon", "Falcon: honest Allow, OPTIONS by itself", "falcon_api", *BOTH),
        *_javascript("express4", "Express 4: a wrong method is a 404", "express_api.mjs", *BOTH,
                     options={"version": 4}),
        *_javascript("express", "Express 5: a wrong method is a 404", "express_api.mjs", "workshop",
                     options={"version": 5}, numbers_only=False),
        *_javascript("fastify", "Fastify: a wrong method is a 404, content checked first", "fastify_api.mjs", *BOTH),
        *_javascript("koa", "Koa with allowedMethods(): 405 with Allow, 501", "koa_api.mjs", *BOTH, numbers_only=False),
        *_gateway("nginx", "nginx passes everything on", "nginx", "workshop"),
        *_gateway("nginx-limit", "nginx refuses DELETE and PATCH with 403", "nginx", "workshop", refused=REFUSED),
        *_gateway("nginx-locations", "nginx answers unknown paths itself", "nginx", *BOTH, locations=True),
        *_gateway("haproxy", "HAProxy passes everything on", "haproxy", *BOTH),
        *_gateway("haproxy-405", "HAProxy passes a list of methods, 405 for the rest", "haproxy", *BOTH,
                  refused=REFUSED, listed=True),
        *_gateway("haproxy-deny", "HAProxy refuses DELETE and PATCH alone, with 405", "haproxy", *BOTH,
                  refused=REFUSED),
        *_gateway("apache-limit", "Apache refuses DELETE and PATCH with 403 (LimitExcept)", "apache2", *BOTH,
                  refused=REFUSED, by="LimitExcept"),
        *_gateway("apache-allow", "Apache refuses DELETE and PATCH with 405 (AllowMethods)", "apache2", *BOTH,
                  refused=REFUSED, by="AllowMethods"),
        *_apis("spa", "a page for every unknown path", "odd.spa", "workshop"),
        *_apis("auth-first", "401 for everything without credentials", "odd.auth_first", "workshop",
               credentials=BEARER),
        *_apis("rate-limited", "429 after so many requests a second", "odd.rate_limited", "workshop",
               options={"limit": 40}),
    )
}  # fmt: skip
ALL: dict[str, Stack] = {**STACKS, **ZOO}
