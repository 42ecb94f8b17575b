"""The JSON Schema (2020-12) of auditor.yaml: from the model that reads it, with what only words and rules can say."""

from __future__ import annotations

import json
from typing import Any

from auditor.configmodel import Config
from auditor.differ.catalogue import rules
from auditor.differ.output.language import LANGUAGES
from auditor.model.environment import Limits, Mode
from auditor.model.notice import WHEN
from auditor.model.waiver import NEEDS_METHOD
from auditor.notifyconfig import SECONDS
from auditor.settings import SEVERITIES

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_RATE = r"^\s*[0-9]+(\.[0-9]+)?\s*(/\s*(s|m|h))?\s*$"
_DURATION = r"^\s*[0-9]+(\.[0-9]+)?\s*(ms|s|m|h)?\s*$"
_TARGET = r"^/([!-\"$-.0-~][!-\"$-~]*)?$"
_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"

WORDS: dict[str, str] = {
    "spec": "the description: a file (meant from the folder of auditor.yaml), a URL, - or git:REF:PATH",
    "skip": "patterns of what is never sent: [METHOD ]/path, with * within a segment and ** across",
    "only": "patterns of what is audited; everything else is left out",
    "environments": "the deployments by name, in promotion order",
    "servers": "where servers of single paths live: URL as documented to URL to audit (without credentials)",
    "values": "values that exist, for path, query and header parameters: by name, or below a path by name",
    "rules": "the level of a rule, or off",
    "waivers": "drift that is accepted until a day; also in waivers.yaml beside auditor.yaml",
    "waivers.*.rule": "the rule that is not to count",
    "waivers.*.path": "pattern of the paths, as in skip; names of parameters do not count. Not for rules that speak "
    "of whole environments",
    "waivers.*.method": "the method; required for undocumented methods, else all methods where it is left out",
    "waivers.*.environments": "the environments where it is accepted",
    "waivers.*.reason": "why it is accepted",
    "waivers.*.owner": "who answers for it",
    "waivers.*.expires": "the last day it holds, in UTC: 2027-01-31",
    "waivers.*.ticket": "where it is tracked",
    "waivers.*.since": "the day it was accepted, which auditor gate --forbid-waivers-older-than asks for",
    "notify": "who is told about finished reports by auditor notify",
    "notify.*.url": "a service that apprise knows; ${NAME} is read from the environment. Needs auditor[notify]",
    "notify.*.webhook": "an http(s) URL that takes a JSON POST (docs/notify.md); ${NAME} is read from the environment",
    "notify.*.when": "what is told: new-error, incomplete, fixed; all three where it is left out",
    "notify.*.owners": "only findings of these owners",
    "notify.*.environments": "only what happens in these environments",
    "notify.*.timeout": "limit of one delivery with all it takes: 15s",
    "fail_on": "the lowest level that makes the exit code 1",
    "min_decided": "percent of the documented operations; exit code 3 where fewer could be decided",
    "promotion_min_decided": "percent decided on both sides, below which only a proven harm is said of a promotion",
    "deadline": "end of the whole run: 30m",
    "out": "output directory, meant from the current folder",
    "lang": "language of report.html; what rules say stays English",
    "environments.*.url": "base URL; every documented path is appended to it; ${NAME} is read from the environment",
    "environments.*.mode": "safe: only safe methods are sent; inert: POST, PUT, PATCH and DELETE, too, as unfinished "
    "requests, only where they can change nothing",
    "environments.*.inert_forms": "whole requests that inert mode may send besides: broken-json (wrote on 2 of 82 "
    "measured stacks), unknown-type (only to objects that do not exist; a PUT-like "
    "upsert behind PATCH would store it)",
    "environments.*.spec": "its own description, where builds differ",
    "environments.*.headers": "header fields to send to this origin only: text with ${NAME}, or a file or a command",
    "environments.*.rate": "requests per second: 5/s, 90/m",
    "environments.*.concurrency": "requests at once",
    "environments.*.connect_timeout": "limit of connecting: 5s",
    "environments.*.probe_timeout": "limit of one request with all it reads: 15s",
    "environments.*.retries": "repetitions after a failed connection, a reset, 429 or 503",
    "environments.*.repeat": "how often a probe that a finding rests on is sent again, up to four times as often where "
    "the answers differ (instances behind a balancer); 0: never",
    "environments.*.allow_plaintext": "allow header fields of `headers` over http to a host that is not loopback",
    "environments.*.ca_file": "certificate authorities (PEM) to trust instead of the system's",
    "environments.*.client_cert": "client certificate (PEM), for this origin only",
    "environments.*.client_key": "its private key (PEM)",
    "environments.*.proxy": "http or https proxy, ${NAME} allowed; variables such as HTTPS_PROXY are not read",
    "environments.*.behind": "makes it a layer: the origin behind the gateway of that environment (or layer), asked to "
    "learn who refuses; it stands outside the promotion chain and inherits no credentials",
    "environments.*.host": "name for the Host field and for TLS, where the URL holds an address",
    "environments.*.keep_bodies": "keep the text of successful answers, too (at most 2 kB, redacted)",
    "environments.*.served_spec": "where it serves its own description, compared with the audited one: a path of its "
    "origin (not below the base path), such as /openapi.json; at most 2 MB",
    "environments.*.cors_origin": "the origin of pages that call this API from browsers: https://app.example.test; its "
    "CORS preflights are then held against what is supported",
    "environments.*.build": "what names the build that runs there: {header: X-Build-Id}, or {url: /version, pointer: "
    "/commit}",
    "environments.*.build.header": "a field of the responses",
    "environments.*.build.url": "a path of its origin (not below the base path), asked with GET and answered with one "
    "line of text or with JSON",
    "environments.*.build.pointer": "where in the JSON it stands (RFC 6901)",
    "environments.*.headers.*.file": "file that holds the secret, meant from the current folder",
    "environments.*.headers.*.command": "command that prints the secret, as a list; no shell",
    "environments.*.headers.*.prefix": "text before the secret, such as 'Bearer '",
}
"""What each key means, by its path; `*` stands for a name of the operator's choice."""

DEFAULTS: dict[str, Any] = {
    "fail_on": "error", "min_decided": 0, "promotion_min_decided": 50, "deadline": "30m", "out": "drift-report",
    "lang": "en",
    "notify.*.timeout": f"{SECONDS:g}s", "environments.*.mode": "safe", "environments.*.rate": f"{Limits().rate:g}/s",
    "environments.*.concurrency": Limits().concurrency, "environments.*.retries": Limits().retries,
    "environments.*.repeat": Limits().repeat,
    "environments.*.connect_timeout": f"{Limits().connect_timeout:g}s",
    "environments.*.probe_timeout": f"{Limits().probe_timeout:g}s",
}  # fmt: skip
"""What holds where neither auditor.yaml nor a flag says anything."""

_SCALAR = {"type": ["string", "number", "boolean"]}


def schema() -> dict[str, Any]:
    """The schema as plain data. A key that the model gains is in it at once, with the model's own description."""
    found: dict[str, Any] = _without_titles(Config.model_json_schema())
    definitions = found.get("$defs", {})
    environment, secret = definitions["EnvironmentConfig"], definitions["SecretSource"]
    waiver, target, build = (definitions[n] for n in ("WaiverConfig", "NotifyConfig", "BuildConfig"))
    places = ((found, ""), (environment, "environments.*."), (build, "environments.*.build."),
              (secret, "environments.*.headers.*."))  # fmt: skip
    for place, prefix in (*places, (waiver, "waivers.*."), (target, "notify.*.")):
        for name, node in place["properties"].items():
            _complete(node, prefix + name)
    _restrict(found["properties"], environment["properties"], secret, build)
    _restrict_waiver(waiver)
    _restrict_target(target)
    head = {"$schema": DIALECT, "title": "auditor.yaml", "description": "What auditor reads beside its flags."}
    return {**head, **{k: v for k, v in found.items() if k not in head}}


def text() -> str:
    """The schema as indented JSON, one line feed at the end."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _without_titles(node: Any) -> Any:
    """Titles made from key names say nothing; a key called `title` would be a mapping, not a text."""
    if isinstance(node, dict):
        return {k: _without_titles(v) for k, v in node.items() if not (k == "title" and isinstance(v, str))}
    return [_without_titles(v) for v in node] if isinstance(node, list) else node


def _complete(node: dict[str, Any], key: str) -> None:
    if key in WORDS:
        node["description"] = WORDS[key]
    if key in DEFAULTS:
        node["default"] = DEFAULTS[key]
    elif node.get("default") is None:
        node.pop("default", None)


def _restrict(top: dict[str, Any], environment: dict[str, Any], secret: dict[str, Any], build: dict[str, Any]) -> None:
    """What `settings` and `run` check after the model."""
    _text(top["fail_on"])["enum"] = [*SEVERITIES, "never"]
    _text(top["lang"])["enum"] = list(LANGUAGES)
    _text(environment["mode"])["enum"] = [str(m) for m in Mode]
    _text(top["deadline"])["pattern"] = _DURATION
    _text(environment["rate"])["pattern"] = _RATE
    for name in ("connect_timeout", "probe_timeout"):
        _text(environment[name])["pattern"] = _DURATION
    _text(environment["served_spec"])["pattern"] = _TARGET
    top["environments"]["propertyNames"] = {"pattern": _NAME}
    top["values"]["additionalProperties"] = {
        "anyOf": [_SCALAR, {"type": "array", "items": _SCALAR}, {"type": "object", "additionalProperties": _SCALAR}]
    }
    top["rules"].update(
        additionalProperties=False,
        properties={r.id: {"enum": ["off", *reversed(SEVERITIES)], "description": r.title} for r in rules()},
    )
    build.update(oneOf=[{"required": ["header"]}, {"required": ["url"]}], dependentRequired={"pointer": ["url"]})
    _text(build["properties"]["url"])["pattern"] = r"^/([^/?#\\\s][^?#\\\s]*)?$"
    _text(build["properties"]["pointer"])["pattern"] = "^(/([^~/]|~[01])*)*$"
    secret["oneOf"] = [{"required": ["file"]}, {"required": ["command"]}]


def _restrict_waiver(waiver: dict[str, Any]) -> None:
    """What `waiverconfig` checks after the model."""
    waiver["properties"]["rule"]["enum"] = [r.id for r in rules()]
    for name in ("expires", "since"):
        _text(waiver["properties"][name])["pattern"] = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
    waiver["if"] = {"properties": {"rule": {"const": NEEDS_METHOD}}}
    waiver["then"] = {"anyOf": [{"required": ["method"]}, {"properties": {"path": {"pattern": r"^\s*[^\s/]+\s"}}}]}


def _restrict_target(target: dict[str, Any]) -> None:
    """What `notifyconfig` checks after the model."""
    target["properties"]["when"]["items"]["enum"] = list(WHEN)
    _text(target["properties"]["timeout"])["pattern"] = _DURATION
    target["oneOf"] = [{"required": ["url"]}, {"required": ["webhook"]}]


def _text(node: dict[str, Any]) -> dict[str, Any]:
    """The alternative of `node` that is a text."""
    return next((n for n in node.get("anyOf", ()) if n.get("type") == "string"), node)
