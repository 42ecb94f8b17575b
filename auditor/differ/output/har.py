"""HAR 1.2: every exchange as far as it is kept. What was redacted when it was stored is named, never invented."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, quote

from auditor import __version__
from auditor.differ.output.escape import visible, visible_lines
from auditor.differ.output.words import PURPOSES
from auditor.model.exchange import Answer, Exchange
from auditor.model.report import Report

NOT_KEPT = "value not kept"

MAX_TEXT = 4_000

_URI = ":/?#[]@!$&'()*+,;=%~"
"""What a URI may hold as it is (RFC 3986), besides letters, digits and `-._`."""

Fields = tuple[tuple[str, str | None], ...]


def render(report: Report) -> bytes:
    """In the order in which they were sent, in ASCII."""
    order = {r.environment.name: i for i, r in enumerate(report.environments)}
    exchanges = sorted(report.exchanges.values(), key=lambda x: (order.get(x.probe.environment, 0), x.seq, x.id))
    log = {
        "version": "1.2",
        "creator": {"name": "auditor", "version": __version__},
        "comment": f"Run {visible(report.run.id, 80)}. Redacted: credentials, most header values and most bodies are "
        "not kept.",
        "entries": [_entry(x) for x in exchanges],
    }
    return (json.dumps({"log": log}, indent=1, ensure_ascii=True, allow_nan=False) + "\n").encode("ascii")


def _entry(x: Exchange) -> dict[str, Any]:
    milliseconds = round(x.elapsed * 1000, 3)
    purpose = PURPOSES.get(x.probe.purpose, x.probe.purpose.value)
    return {
        "startedDateTime": x.at,
        "time": milliseconds,
        "request": _request(x),
        "response": _response(x.answer) if x.answer else _nothing(x),
        "cache": {},
        # Only the total was measured.
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "comment": f"{visible(x.probe.environment, 80)} #{x.seq}: {purpose}; id {x.id}",
    }


def _request(x: Exchange) -> dict[str, Any]:
    query = x.probe.target.partition("?")[2]
    url = x.probe.origin.text + x.probe.target
    given = parse_qsl(query, keep_blank_values=True, errors="backslashreplace")
    return {
        "method": _text(x.probe.method),
        "url": quote(url, safe=_URI, errors="replace"),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _headers(x.sent_fields),
        "queryString": [{"name": _text(name), "value": _text(value)} for name, value in given],
        "headersSize": -1,
        "bodySize": 0 if x.probe.media_type is None else -1,
    }


def _response(a: Answer) -> dict[str, Any]:
    content: dict[str, Any] = {"size": a.body.length, "mimeType": _text(a.body.media_type)}
    if a.body.text is not None:
        content["text"] = visible_lines(a.body.text)[:MAX_TEXT]
    elif a.body.shape:
        content["comment"] = f"not kept; its shape: {_text(a.body.shape)}"
    if a.end != "complete":
        content["comment"] = "; ".join(filter(None, (content.get("comment"), f"reading ended: {_text(a.end)}")))
    return {
        "status": a.status,
        "statusText": "",
        "httpVersion": f"HTTP/{_text(a.http_version)}",
        "cookies": [],
        "headers": _headers(a.fields),
        "content": content,
        "redirectURL": _text(a.value("Location") or ""),
        "headersSize": -1,
        "bodySize": a.body.length,
    }


def _nothing(x: Exchange) -> dict[str, Any]:
    """Status 0 is how browsers write a request that had no answer."""
    why = ": ".join(filter(None, (x.failure.value if x.failure else "", _text(x.detail))))
    return {
        "status": 0,
        "statusText": "",
        "httpVersion": "unknown",
        "cookies": [],
        "headers": [],
        "content": {"size": 0, "mimeType": ""},
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": -1,
        "comment": f"no answer: {why}",
    }


def _headers(fields: Fields) -> list[dict[str, str]]:
    return [
        {"name": _text(name), "value": "", "comment": NOT_KEPT}
        if value is None
        else {"name": _text(name), "value": _text(value)}
        for name, value in fields
    ]


def _text(text: str) -> str:
    return visible(text, MAX_TEXT)
