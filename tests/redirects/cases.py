"""Real deployments that redirect, and what the three rules must say about each; test_rules.py holds them to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

CHANGES, ON_PATH, WHOLE = "redirect-changes-method", "redirect-on-path", "environment-redirects"
RULES = (CHANGES, ON_PATH, WHOLE)
POST = ("POST",)
Said = dict[tuple[str, str | None, tuple[str, ...]], str]
"""Rule, path and methods, and how the first root cause begins."""
FRAMEWORK, REWRITE = "The framework adds or removes", "A rewrite rule of a gateway"
SCHEME, UPGRADE, LOGIN = "The base URL has the scheme http", "A gateway moves callers from http", "A log-in layer"
TWO_WAYS, BY_METHOD = "A gateway and the framework behind it", "A rule that looks at the method sends POST"


@dataclass(frozen=True)
class Case:
    """One deployment. `here`: the option of the gateway that makes it redirect; `behind`: what it stands before."""

    name: str
    stack: str
    said: Said
    mode: str = "safe"
    options: dict[str, Any] = field(default_factory=dict)
    behind: str | None = None
    words: str = ""
    """What the first symptom must say, in part."""


def nginx(name: str, said: Said, words: str = "", **more: Any) -> Case:
    given = {k: more.pop(k) for k in ("mode", "behind") if k in more}
    return Case(f"nginx {name}", "nginx-flask", said, options=more, words=words, **given)


def haproxy(name: str, rules: str, said: Said, words: str = "", **more: Any) -> Case:
    return Case(f"haproxy {name}", "haproxy-bookshop", said, options={"rules": rules}, words=words, **more)


def apache(name: str, rules: str, said: Said, words: str = "", **more: Any) -> Case:
    options = {"rules": rules, "refused": [], "by": ""}
    return Case(f"apache {name}", "apache-limit-bookshop", said, options=options, words=words, **more)


FOLDER = "{folder}"
FIRES = [
    # Frameworks that add a slash: /orders is documented, /orders/ is served.
    Case("django 301", "drf-bookshop", {(CHANGES, "/orders", POST): FRAMEWORK}, words="would be redirected"),
    Case("aiohttp 301 for POST alone", "aiohttp-bookshop", {(CHANGES, "/orders", POST): FRAMEWORK}, "inert",
         words="Not redirected there: GET (404)"),
    Case("express 301", "express-bookshop", {(CHANGES, "/orders", POST): FRAMEWORK}),
    Case("starlette 307", "starlette-bookshop", {(ON_PATH, "/orders", POST): FRAMEWORK},
         words="the same path with a slash at its end, not documented"),
    Case("fastapi 307", "fastapi-bookshop", {(ON_PATH, "/orders", POST): FRAMEWORK}, words="urllib does not follow"),
    Case("axum 308", "axum-bookshop", {(ON_PATH, "/orders", POST): FRAMEWORK}, words="HttpURLConnection and urllib do"),
    Case("flask 308 for POST alone", "flask-bookshop", {(ON_PATH, "/orders", POST): FRAMEWORK}, "inert"),
    Case("gin 307 for POST alone", "gin-bookshop", {(ON_PATH, "/orders", POST): FRAMEWORK}, "inert"),
    # nginx
    nginx("everything to https, 308", {(WHOLE, None, ()): SCHEME}, "308 to https://127.0.0.1/v1. The method is kept.",
          here="return 308 https://$host$request_uri;"),
    nginx("everything to https, 301", {(WHOLE, None, ()): SCHEME}, "clients send GET in place of POST",
          here="return 301 https://$host$request_uri;"),
    nginx("everything to a log-in", {(WHOLE, None, ()): LOGIN}, here="return 302 /login;"),
    nginx("everything below another prefix", {(WHOLE, None, ()): "The service moved"}, "/v2. On 301",
          here="rewrite ^/v1/(.*)$ /v2/$1 permanent;"),
    nginx("everything to itself", {(WHOLE, None, ()): "The service sets a cookie"}, here="return 302 $request_uri;"),
    nginx("one path to another host", {(CHANGES, "/search", POST): "A gateway moves callers to another host"},
          "on another origin, https://search.example.test.",
          server="location /v1/search { return 301 https://search.example.test$request_uri; }"),
    nginx("one path to a documented one", {(ON_PATH, "/health", ("GET",)): "The path was moved"},
          "documented as /books.", server="location = /v1/health { return 301 /v1/books; }"),
    nginx("one path to a log-in", {(ON_PATH, "/books", ("GET", "POST")): LOGIN,
                                   (ON_PATH, "/books/{bookId}", ("GET", "PUT", "DELETE")): LOGIN,
                                   (ON_PATH, "/books/{bookId}/reviews", ("GET", "POST")): LOGIN}, "like a log-in",
          server="location /v1/books { return 302 /accounts/login/?next=$request_uri; }"),
    nginx("POST alone to a page", {(CHANGES, "/books", POST): BY_METHOD,
                                   (CHANGES, "/orders", POST): "The path was moved"}, mode="inert",
          here="if ($request_method = POST) { return 302 /thanks.html; }"),
    nginx("a folder of files", {(ON_PATH, "/health", ("GET",)): FRAMEWORK}, "The method is kept. The target",
          server=f"location /v1/health {{ root {FOLDER}; }}"),
    nginx("takes away the slash that Django adds", {(CHANGES, "/orders", POST): TWO_WAYS}, "redirects back: a loop",
          here="rewrite ^(/.+)/$ $1 permanent;", behind="drf-bookshop"),
    # HAProxy
    haproxy("everything to https", "http-request redirect scheme https code 301 if !{ ssl_fc }",
            {(WHOLE, None, ()): SCHEME}),
    haproxy("all but GET to https", "http-request redirect scheme https code 308 if !{ ssl_fc } !{ method GET HEAD }",
            {(ON_PATH, p, POST): UPGRADE for p in ("/books", "/orders", "/search")}, "https on the same host, same",
            mode="inert"),
    # Apache
    apache("adds a slash", "RewriteEngine On\nRewriteRule ^/v1/(search|cache)$ /v1/$1/ [R=301,L]",
           {(CHANGES, "/search", POST): REWRITE, (CHANGES, "/cache", ("DELETE",)): REWRITE}),
    apache("a folder of files", f"Alias /v1/health {FOLDER}/v1/health\nProxyPass /v1/health !\n"
           f"<Directory {FOLDER}>\nRequire all granted\nDirectoryIndex index.json\n</Directory>",
           {(ON_PATH, "/health", ("GET",)): FRAMEWORK}),
    apache("leaves the inner address", "ProxyPreserveHost Off",
           {(ON_PATH, "/orders", POST): "The service writes its own address"}, behind="starlette-bookshop"),
]  # fmt: skip
SILENT = [
    Case("flask 308 for POST alone", "flask-bookshop", {}), Case("gin 307 for POST alone", "gin-bookshop", {}),
    Case("spring", "spring-bookshop", {}), Case("go net/http", "go-bookshop", {}),
    nginx("passes all on", {}), haproxy("passes all on", "", {}), apache("passes all on", "", {}),
    # What the redirect spares may be any method: nothing is known of those that were not sent.
    nginx("all but GET and POST to a page", {}, here="if ($request_method !~ ^(GET|POST)$) { return 302 /sorry; }"),
    haproxy("all but GET to https", "http-request redirect scheme https code 301 if !{ ssl_fc } !{ method GET }", {}),
]  # fmt: skip
