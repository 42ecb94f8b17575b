"""One `curl` line that repeats an exchange. It holds no secret, since exchanges hold none."""

from __future__ import annotations

import re
import shlex

from auditor.model.exchange import Exchange, Form

_OWN = frozenset({"host", "connection", "user-agent", "accept-encoding"})
"""Fields that curl sets itself, or that only name the sender."""
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_-]+\Z")


def curl_line(exchange: Exchange) -> str:
    """The request of `exchange` for a POSIX shell; `$STAGE_AUTHORIZATION` where a secret of stage was sent."""
    probe = exchange.probe
    words = ["curl", "-i", *_method(probe.method)]
    if probe.form is not Form.PLAIN:
        words += _content(probe.form)
    url = probe.origin.text + probe.target
    if any(c in url for c in "[]{}"):
        words.append("-g")
    if "/." in probe.target:
        words.append("--path-as-is")
    words.append(shlex.quote(url))
    for name, value in exchange.sent_fields:
        if name.lower() in _OWN and not (name.lower() == "host" and value != probe.origin.host_field):
            continue
        if (name.lower(), value) != ("accept", "*/*"):
            words += ["-H", _field(probe.environment, name, value)]
    return " ".join(words)


def _content(form: Form) -> list[str]:
    """One octet; where more were announced, curl waits for the answer as we did, and hangs up."""
    octet = ["--data-binary", "x" if form is Form.UNKNOWN_TYPE else "'{'"]
    return [*octet, "--max-time", "1"] if form is Form.UNFINISHED else octet


def _method(method: str) -> list[str]:
    if method == "GET":
        return []
    # `-X HEAD` would wait for a body that never comes.
    return ["--head"] if method == "HEAD" else ["-X", shlex.quote(method)]


def _field(environment: str, name: str, value: str | None) -> str:
    if value is None:
        variable = f'"${secret_name(environment, name)}"'
        # A field name may hold `$` and backquotes (RFC 9110 §5.6.2), which double quotes would let the shell run.
        return f'"{name}: {variable[1:]}' if _PLAIN_NAME.match(name) else shlex.quote(f"{name}: ") + variable
    # curl drops a field that ends in a colon, and sends it empty for a semicolon.
    return shlex.quote(f"{name}: {value}" if value else f"{name};")


def secret_name(environment: str, field: str) -> str:
    """The shell variable that stands for a secret: `STAGE_AUTHORIZATION`."""
    text = re.sub(r"[^A-Z0-9]+", "_", f"{environment}_{field}".upper())
    return f"_{text}" if text[:1].isdigit() else text
