"""Redaction at birth: no secret enters an Exchange (PROMISES P36, P37)."""

from __future__ import annotations

import base64
import html
import json
import re
import urllib.parse
from collections.abc import Iterable

from auditor.model.redirection import LONGEST

KEPT_FIELDS = frozenset({
    "allow", "content-type", "content-length", "content-encoding", "transfer-encoding", "connection", "location",
    "server", "via", "age", "cache-control", "x-cache", "cache-status", "retry-after", "www-authenticate", "vary",
    "date", "access-control-allow-methods", "access-control-allow-origin", "access-control-allow-headers",
    "access-control-allow-credentials",
    "deprecation", "sunset", "x-powered-by", "x-amzn-errortype", "x-aspnet-version", "x-generator",
    "cf-cache-status", "x-cache-status", "x-proxy-cache", "x-varnish", "x-served-by", "x-backend", "x-backend-server",
    "x-instance", "x-instance-id", "x-version", "x-app-version", "x-build", "x-build-id", "x-release",
})  # fmt: skip
"""Response fields kept by value; of all others only the name is kept."""

KEPT_REQUEST_FIELDS = frozenset({
    "host", "user-agent", "accept", "accept-encoding", "connection", "content-length", "content-type", "origin",
    "access-control-request-method", "cache-control",
})  # fmt: skip

MAX_VALUE = LONGEST
MAX_LIST = 2048
"""Of a list of methods more is kept: one that is cut off would look like one that is not there."""
LISTS = frozenset({"allow", "access-control-allow-methods"})
MAX_TEXT = 2048
MASK = "[redacted]"
MIN_PIECE = 8

_TOKENISH = re.compile(
    r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_.-]{8,}"
    r"|(?i:(?:bearer|basic|token)\s+[A-Za-z0-9+/._~=-]{8,})"
    r"""|(?i:["']?(?:access_token|refresh_token|id_token|api_?key|secret|password|session(?:id)?|csrf\w{0,20}|token)["']?"""
    r"""\s{0,3}[:=]\s{0,3}["']?)[^\s"'&<>,;]{4,}"""
)  # fmt: skip
_QUERY = re.compile(r"\?[^\s\"'<>]*")
_CREDENTIAL_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}")


class Redactor:
    """Replaces every form of the known secrets; made once per environment from its header values."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets for piece in _pieces(secret) for form in _forms(piece)}
        ordered = sorted(forms, key=len, reverse=True)
        self._forms = [f.lower() for f in ordered]
        self._pattern = re.compile("|".join(re.escape(f) for f in ordered), re.IGNORECASE) if ordered else None

    def text(self, text: str) -> str:
        """`text` without any known secret, in whatever encoding it was reflected; nor one that its end cuts off."""
        return self._without_tail(self._pattern.sub(MASK, text)) if self._pattern else text

    def _without_tail(self, text: str) -> str:
        """A body is read up to a limit, which may fall in the middle of a secret."""
        end = text[-MIN_PIECE:].lower()
        for form in (f for f in self._forms if len(end) == MIN_PIECE and end in f):
            for length in range(min(len(form) - 1, len(text)), MIN_PIECE - 1, -1):
                if text[-length:].lower() == form[:length]:
                    return text[:-length] + MASK
        return text

    def holds_secret(self, text: str) -> bool:
        return bool(self._pattern and self._pattern.search(text))

    def body_text(self, text: str) -> str:
        """Text of an error body: known secrets, token-like runs and query strings removed; at most 2 kB."""
        return self.text(_QUERY.sub("?…", _TOKENISH.sub(MASK, self.text(text))))[:MAX_TEXT]

    def response_field(self, name: str, value: str) -> str | None:
        """The value to keep of a response field, or None: keep the name only."""
        lowered = name.lower()
        if lowered not in KEPT_FIELDS:
            return None
        value = self.text(value)  # before anything is cut: half a secret is one, too
        if lowered == "location":
            value = location_text(value)
        elif lowered == "www-authenticate":
            scheme = _CREDENTIAL_SCHEME.match(value.strip())
            value = scheme.group() if scheme else ""
        return value[: MAX_LIST if lowered in LISTS else MAX_VALUE]

    def request_field(self, name: str, value: str) -> str | None:
        return self.text(value)[:MAX_VALUE] if name.lower() in KEPT_REQUEST_FIELDS else None


def location_text(value: str) -> str:
    """A Location as kept: origin and path; user information, query and fragment removed (PROMISES P7, P37)."""
    head = re.split(r"[?#]", value.strip(), maxsplit=1)[0]
    return re.sub(r"(?<=[/\\]{2})[^/\\]*@", "", head)


def _pieces(secret: str) -> set[str]:
    """The whole field value, and its credential part: `Bearer abc` also leaks as `abc`; Basic also as user:password."""
    secret = secret.strip()
    pieces = {secret, *(p for p in secret.split() if len(p) >= 6)}
    pieces |= {v.strip() for p in secret.split(";") if "=" in p for v in [p.split("=", 1)[1]] if len(v.strip()) >= 6}
    if secret.lower().startswith("basic "):
        try:
            plain = base64.b64decode(secret[6:], validate=True).decode("utf-8")
        except ValueError:
            plain = ""
        pieces |= {plain, *(p for p in plain.split(":", 1) if len(p) >= 4)}
    scheme = re.compile(r"(?:bearer|basic|token|digest|apikey|negotiate)\Z", re.IGNORECASE)
    return {p for p in pieces if len(p) >= 4 and not scheme.match(p)}


def _forms(text: str) -> set[str]:
    """Plain, percent, JSON, HTML, hex and base64 (at each of the three alignments)."""
    raw = text.encode("utf-8", "replace")
    forms = {text, urllib.parse.quote(text, safe=""), urllib.parse.quote_plus(text), html.escape(text),
             json.dumps(text)[1:-1], json.dumps(text)[1:-1].replace("/", "\\/"), raw.hex()}  # fmt: skip
    for pad in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            encoded = encode(b"\0" * pad + raw).decode().rstrip("=")
            # The first characters depend on what stands before, the last on what follows.
            inner = encoded[(0, 2, 3)[pad] : len(encoded) - 1]
            forms.add(inner)
    return {f for f in forms if len(f) >= 4}
