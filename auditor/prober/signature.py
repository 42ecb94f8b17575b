"""Shapes instead of bodies: what two answers must share to count as the same answer.

Made at receive time, because bodies are not stored (DESIGN §8). Masking follows DIALECTS §1.15: stacks shuffle keys,
stamp request ids, and quote the path and method they refuse.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
import urllib.parse
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from auditor.model.exchange import Answer, BodyTrace

MAX_SHAPE = 2048
MAX_MASKED = 4096
MAX_DECODED = 64 * 1024

VOLATILE_FIELDS = frozenset({
    "date", "content-length", "connection", "keep-alive", "x-request-id", "x-amzn-requestid", "x-varnish", "age", "via",
    "x-runtime", "etag", "set-cookie", "x-cache", "x-cache-lookup", "transfer-encoding", "location", "allow", "vary",
    "last-modified", "expires", "cf-ray", "cf-cache-status", "x-correlation-id", "x-trace-id", "traceparent",
    "server-timing", "x-response-time", "x-process-time", "retry-after", "x-cache-hits", "x-served-by", "x-timer",
    "x-amz-apigw-id", "x-amz-cf-id", "x-amz-cf-pop", "x-envoy-upstream-service-time", "x-ratelimit-limit",
    "x-ratelimit-remaining", "x-ratelimit-reset", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset",
    "cache-status", "x-cache-status", "x-proxy-cache", "accept-ranges", "report-to", "nel", "alt-svc",
})  # fmt: skip
"""Field names that come and go without meaning anything about routing."""

IDENTITY_FIELDS = ("server", "x-powered-by", "x-aspnet-version", "x-generator")

_UUID = re.compile(r"[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}")
_METHOD = re.compile(
    r"\b(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|REPORT|SEARCH|PROPFIND|QUERY|TRACE)\b", re.IGNORECASE
)
_COMMENT = re.compile(r"<!--.{0,4096}?-->", re.DOTALL)
_LONG_HEX = re.compile(r"\b[0-9a-fA-F]{16,}\b")
_DIGITS = re.compile(r"\d+")
_TAG = re.compile(r"<\s*(/?[a-zA-Z][a-zA-Z0-9-]{0,20})")
_PASSWORD = re.compile(rb"""type\s{0,3}=\s{0,3}["']?password""", re.IGNORECASE)


def decode_body(raw: bytes, encoding: str | None) -> bytes | None:
    """The content without its content coding, at most 64 kB of it; None where the coding is not understood (P16)."""
    coding = (encoding or "identity").strip().lower()
    if coding in ("", "identity"):
        return raw[:MAX_DECODED]
    if coding in ("gzip", "x-gzip", "deflate"):
        try:
            return zlib.decompressobj(wbits=47 if "gzip" in coding else 15).decompress(raw, MAX_DECODED)
        except zlib.error:
            return None
    return None


def _parse_json(text: str) -> Any:
    """The JSON value, or the text itself where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _skeleton(value: Any, budget: list[int], depth: int = 0) -> Any:
    """Keys and types of a JSON value; arrays keep the shape of their first element."""
    budget[0] -= 1
    if budget[0] < 0 or depth > 12:
        return "…"
    if isinstance(value, dict):
        return {str(k)[:60]: _skeleton(value[k], budget, depth + 1) for k in sorted(value, key=str)[:60]}
    if isinstance(value, list):
        return [_skeleton(v, budget, depth + 1) for v in value[:1]]
    return {bool: "boolean", int: "number", float: "number", str: "string", type(None): "null"}[type(value)]


def shape_of(text: str, media_type: str) -> str:
    """The canonical skeleton of a body: JSON keys and types, or the HTML tag sequence; at most 2 kB."""
    value = _parse_json(text)
    if isinstance(value, dict | list):
        return json.dumps(_skeleton(value, [400]), separators=(",", ":"), ensure_ascii=True)[:MAX_SHAPE]
    if "html" in media_type or text.lstrip()[:1] == "<":
        return " ".join(m.lower() for m in _TAG.findall(text)[:200])[:MAX_SHAPE]
    return "text" if text.strip() else ""


def _echoes(target: str) -> list[str]:
    """How a server may quote the request target: raw, decoded, HTML-escaped, each segment."""
    path = target.split("?", 1)[0]
    plain = urllib.parse.unquote(path)
    pieces = {path, plain, target, *(s for s in (*path.split("/"), *plain.split("/")) if len(s) > 2)}
    pieces |= {html.escape(p) for p in pieces} | {p.replace("/", "\\/") for p in pieces}
    return sorted(pieces - {"/", ""}, key=len, reverse=True)


def mask(text: str, target: str) -> str:
    """The canonical text with echoes of the request, method names, ids, digits and comments masked."""
    value = _parse_json(text)
    if isinstance(value, dict | list):
        text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    elif text.startswith("{"):
        text = ",".join(sorted(text.strip("{}").split(",")))
    for piece in _echoes(target):
        text = text.replace(piece, "~")
    text = _UUID.sub("U", _METHOD.sub("M", _COMMENT.sub("", text)))
    text = re.sub(r"(?:~/?)+", "~", _LONG_HEX.sub("X", text))
    return _DIGITS.sub("0", text)[:MAX_MASKED]


def trace_body(
    raw: bytes, media_type: str, encoding: str | None, target: str, text: Callable[[str], str | None],
    redact: Callable[[str], str] = lambda text: text,
) -> BodyTrace:  # fmt: skip
    """What is kept of a body. `redact` comes before anything is shortened; `text` says what of it is kept as text."""
    content = decode_body(raw, encoding)
    plain = redact(content.decode("utf-8", "replace")) if content is not None else ""
    masked = mask(plain, target) if content is not None else f"undecoded:{encoding}"
    return BodyTrace(
        length=len(raw),
        media_type=media_type,
        sha256=hashlib.sha256(raw).hexdigest() if raw else "",
        shape=shape_of(plain, media_type),
        masked=hashlib.sha256(masked.encode("utf-8", "replace")).hexdigest()[:16] if masked else "",
        text=text(plain) if plain else None,
        login_form=bool(content and _PASSWORD.search(content)),
    )


@dataclass(frozen=True, slots=True)
class Signature:
    """Status, media type, body and the set of field names that do not vary."""

    status: int
    media_type: str
    body: str
    names: frozenset[str]

    @property
    def core(self) -> tuple[int, str, str]:
        """Without the field names: enough where the method differs (a 405 adds fields of its own)."""
        return self.status, self.media_type, self.body


def signature(answer: Answer, *, by_shape: bool = False, ignore: frozenset[str] = frozenset()) -> Signature:
    """The signature of an answer; `by_shape` where this deployment's bodies vary from one answer to the next."""
    body = answer.body.shape if by_shape else answer.body.masked
    return Signature(answer.status, answer.body.media_type, body, answer.names - VOLATILE_FIELDS - ignore)


def identity(answer: Answer) -> tuple[str, ...]:
    """Who answered, as far as it says: the server identity fields."""
    return tuple(f"{n}:{answer.value(n)}" for n in IDENTITY_FIELDS if answer.value(n))


_GATEWAY_PAGE = re.compile(
    r"<center>(?:nginx|openresty|tengine)\b|Request forbidden by administrative rules|"
    r"You don't have permission to access this resource", re.IGNORECASE,
)  # fmt: skip


def is_gateway_page(answer: Answer) -> bool:
    """The refusal page that nginx, HAProxy or Apache httpd writes by itself."""
    return _GATEWAY_PAGE.search(answer.body.text or "") is not None


_FILE_MISSING = re.compile(
    r"<center>(?:<h1>)?404 Not Found(?:</h1>)?</center>\s*<hr><center>(?:nginx|openresty|tengine)\b|"
    r"<p>The requested URL(?: \S+)? was not found on this server\.", re.IGNORECASE,
)  # fmt: skip


def is_missing_file(answer: Answer) -> bool:
    """The 404 that nginx or Apache httpd writes by itself: it looked for a file, and no handler was asked.

    Their file handlers refuse other methods with 405 and an Allow whether or not the file is there
    (httpd's default_handler, ngx_http_static_module): neither vouches for the path.
    """
    return answer.status == 404 and _FILE_MISSING.search(answer.body.text or "") is not None
