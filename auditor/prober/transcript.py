"""transcript.jsonl: every exchange, one line each, with a checksum (DESIGN §8).

A run directory can be judged again from it alone; the same lines give the same bytes.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any

from auditor.errors import TranscriptError
from auditor.model.environment import Origin
from auditor.model.exchange import Answer, BodyTrace, Exchange, Failure, Form, Probe, Purpose, ServedSpec, Slot

SCHEMA_VERSION = 1


def header_line() -> str:
    """The first line: which schema the rest follows."""
    return json.dumps({"transcript": "auditor", "schema_version": SCHEMA_VERSION}, separators=(",", ":")) + "\n"


def to_line(exchange: Exchange) -> str:
    """One exchange as a line: `{"sum": first 16 hex of SHA-256 over the canonical exchange, "exchange": {...}}`."""
    data = to_dict(exchange)
    return json.dumps({"sum": _checksum(data), "exchange": data}, separators=(",", ":"), sort_keys=True) + "\n"


def _checksum(data: dict[str, Any]) -> str:
    canonical = json.dumps(data, separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def to_dict(exchange: Exchange) -> dict[str, Any]:
    """Plain data of an exchange; enumerations as their text."""
    data = dataclasses.asdict(exchange)
    data["probe"]["origin"] = list(exchange.probe.origin)
    data["probe"]["form"] = data["probe"]["slot"].pop("form")
    if not data["probe"]["slot"]["variant"]:
        del data["probe"]["slot"]["variant"]  # few probes have one, and older readers know none
    if exchange.served is None:
        del data["served"]
    data["id"] = exchange.id
    return data


def read(lines: Iterable[str], name: str) -> Iterator[Exchange]:
    """Exchanges of a transcript's lines. A torn last line is tolerated (PROMISES P42); other damage is an error.

    Torn means: the text does not end with a line feed, so the last element of its split is not empty.
    """
    rows = list(lines)
    torn = bool(rows) and bool(rows[-1])
    rows = [line for line in rows if line]
    if not rows:
        raise TranscriptError("the transcript is empty", where=name, hint="run the audit again")
    _check_header(rows[0], name)
    for number, line in enumerate(rows[1:], start=2):
        try:
            row = json.loads(line)
            data = row["exchange"]
            if _checksum(data) != row["sum"]:
                raise ValueError("checksum")
            yield from_dict(data)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            if torn and number == len(rows):
                return
            raise TranscriptError(
                f"line {number} is damaged", where=name, hint="the run directory was changed; audit again"
            ) from error


def _check_header(line: str, name: str) -> None:
    try:
        head = json.loads(line)
        version = head["schema_version"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise TranscriptError("this is not a transcript of auditor", where=name) from error
    if version != SCHEMA_VERSION:
        raise TranscriptError(
            f"its schema version is {version!r}, this auditor reads {SCHEMA_VERSION}", where=name,
            hint="use the version of auditor that wrote it",
        )  # fmt: skip


def from_dict(data: dict[str, Any]) -> Exchange:
    """The exchange of `to_dict`'s data. KeyError, TypeError or ValueError where it is none."""
    p = data["probe"]
    slot = Slot(Purpose(p["slot"]["purpose"]), p["slot"]["method"], p["slot"]["subject"], p["slot"]["ordinal"],
                Form(p["form"]), p["slot"].get("variant", ""))  # fmt: skip
    scheme, host, port = p["origin"]
    probe = Probe(p["environment"], slot, Origin(scheme, host, port), p["target"], _pairs(p["fields"]),
                  p.get("media_type"))  # fmt: skip
    return Exchange(
        probe=probe, seq=data["seq"], at=data["at"], elapsed=data["elapsed"], attempts=data["attempts"],
        sent_fields=tuple((k, v) for k, v in data["sent_fields"]),
        answer=_answer(data["answer"]) if data["answer"] else None,
        failure=Failure(data["failure"]) if data["failure"] else None,
        detail=data["detail"], observations=tuple(data["observations"]), learnt=_pairs(data.get("learnt", [])),
        served=_served(data["served"]) if data.get("served") else None,
    )  # fmt: skip


def _served(data: dict[str, Any]) -> ServedSpec:
    return ServedSpec(data["problem"], data["version"], tuple(data["bases"]),
                      _pairs(data["operations"]), tuple(data["unread"]))  # fmt: skip


def _pairs(rows: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((k, v) for k, v in rows)


def _answer(a: dict[str, Any]) -> Answer:
    return Answer(
        status=a["status"], fields=tuple((k, v) for k, v in a["fields"]), body=BodyTrace(**a["body"]),
        http_version=a["http_version"], informational=tuple(a["informational"]), end=a["end"], notes=tuple(a["notes"]),
    )  # fmt: skip
