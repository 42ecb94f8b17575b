"""A recording of one environment: its answers without its address or secrets, with a place for the truth. Pure.

Every false verdict becomes a regression case: record the run, write into `truth` what is really served, replay it.
The probes are rows of one recorded deployment (class, path, method, variant, status, headers, body, ms, error); beside
them stands the exchange itself, so that another version of auditor can judge it again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

from auditor import __version__
from auditor.archive import Past, bare
from auditor.errors import TranscriptError, UsageError
from auditor.evaluation import Audited, Policy, evaluate, knowledge_of
from auditor.model.contract import Contract, Location
from auditor.model.environment import Environment, Origin, State
from auditor.model.exchange import Exchange, Failure, Form, Purpose
from auditor.model.report import Report, RunInfo
from auditor.prober import transcript

SCHEMA_VERSION = 1
ORIGIN = Origin("http", "recorded.invalid", 80)
PAGES = "https://app.example.test"
VARIANTS = {Form.PLAIN: "plain", Form.UNFINISHED: "stalljson-bare", Form.BROKEN_JSON: "badjson-bare",
            Form.UNKNOWN_TYPE: "inert1-bare"}  # fmt: skip
"""How a recording calls a form, `-bare`: without If-Match."""


@dataclass(frozen=True, slots=True)
class Recording:
    """What a recording file holds, ready to be judged. `truth`: methods really served, by path; None where unsaid."""

    name: str
    audited: Audited
    contract: Contract
    info: RunInfo
    truth: Mapping[str, frozenset[str] | None]


def record(past: Past, report: Report, name: str | None) -> dict[str, Any]:
    """The recording of one environment as plain data. UsageError where the run has no such environment."""
    names = [a.environment.name for a in past.audited]
    if name is None and len(names) > 1:
        raise UsageError("the run holds several environments", where="--env", hint="one of " + ", ".join(names))
    one = next((a for a in past.audited if name in (None, a.environment.name)), None)
    if one is None:
        raise UsageError(f"{name!r} is no environment of this run", where="--env", hint="one of " + ", ".join(names))
    contract = _nameless(past.contracts[one.environment.contract])
    paths = [p.template for p in contract.paths]
    cells = [c for c in report.cells if c.environment == one.environment.name]
    return {
        "schema_version": SCHEMA_VERSION, "stack": one.environment.name,
        "title": "what answers here: framework, server, gateway", "upstream": None, "emulation": False,
        "token": bool(one.environment.headers),
        "truth": {
            "how": "fill in what each path really serves, from the server's own route table; null: not known",
            "served": dict.fromkeys(paths), "drift": [], "notes": {}, "unknowable": None,
        },
        "said": {p: {c.method: f"{c.support}: {c.why}" for c in cells if c.path == p} for p in paths},
        "auditor": {
            "version": __version__, "seed": past.info.seed, "state": one.state,
            "environment": TypeAdapter(Environment).dump_python(_public(one.environment, contract), mode="json"),
            "contract": TypeAdapter(Contract).dump_python(bare(contract), mode="json"),
        },
        "probes": [_row(_moved(e, one.environment.cors_origin)) for e in one.knowledge.in_order()
                   if e.probe.purpose is not Purpose.BUILD],
    }  # fmt: skip


def _nameless(contract: Contract) -> Contract:
    """Without the places it came from: files by their last name, no servers."""
    files = tuple(replace(f, path=_last(f.path)) for f in contract.files)
    paths = tuple(
        replace(p, location=_placed(p.location),
                operations=tuple(replace(o, location=_placed(o.location), server=None) for o in p.operations))
        for p in contract.paths
    )  # fmt: skip
    return replace(contract, id="recorded", source="recorded", files=files, paths=paths, servers=(), warnings=())


def _placed(location: Location) -> Location:
    return replace(location, file=_last(location.file))


def _last(path: str) -> str:
    return path.replace("\\", "/").rsplit("/", 1)[-1]


def _public(environment: Environment, contract: Contract) -> Environment:
    return replace(
        environment, url=ORIGIN.text + environment.base_path, origin=ORIGIN, headers=(), proxy=None, host=None,
        ca_file=None, client_key=None, servers=(), contract=contract.id, build_header=None,
        client_cert=None if environment.client_cert is None else "given",
        build_url=None, build_pointer=None, behind=None, cors_origin=environment.cors_origin and PAGES,
    )  # fmt: skip


def _moved(exchange: Exchange, pages: str | None) -> Exchange:
    """As if it had happened elsewhere: no answer says where this was."""
    own, answer = exchange.probe.origin, exchange.answer

    def hide(text: str | None) -> str | None:
        if text is not None and pages is not None:
            text = text.replace(pages, PAGES)
        return text if text is None else text.replace(own.host_field, ORIGIN.host).replace(own.host, ORIGIN.host)

    if answer is not None:
        body = replace(answer.body, text=hide(answer.body.text))
        answer = replace(answer, fields=tuple((n, hide(v)) for n, v in answer.fields), body=body)
    sent = tuple((n, hide(v)) for n, v in exchange.sent_fields)
    asked = tuple((n, hide(v) or v) for n, v in exchange.probe.fields)
    probe = replace(exchange.probe, origin=ORIGIN, fields=asked)
    return replace(exchange, probe=probe, answer=answer, sent_fields=sent)


def _row(exchange: Exchange) -> dict[str, Any]:
    probe, answer = exchange.probe, exchange.answer
    error = "timeout" if exchange.failure is Failure.SILENT else str(exchange.failure or "")
    fields = [[n, v] for n, v in answer.fields if n.lower() != "location" and v is not None] if answer else []
    return {
        "class": str(probe.purpose), "path": probe.target, "method": probe.method, "variant": VARIANTS[probe.form],
        "interim": list(answer.informational) if answer else [], "status": answer.status if answer else 0,
        "headers": fields, "body": (answer.body.text or "")[:300] if answer else "",
        "ms": round(exchange.elapsed * 1000), "error": error, "exchange": transcript.to_dict(exchange),
    }  # fmt: skip


def load(data: Any, where: str) -> Recording:
    """A recording's data. TranscriptError where it is damaged or of another schema."""
    try:
        if data["schema_version"] != SCHEMA_VERSION:
            raise TranscriptError("it was recorded by another version of auditor", where=where, hint="record it again")
        own = data["auditor"]
        environment = TypeAdapter(Environment).validate_python(own["environment"])
        exchanges = [transcript.from_dict(row["exchange"]) for row in data["probes"]]
        times = [e.at for e in exchanges] or ["1970-01-01T00:00:00.000Z"]
        first, last = min(times), max(times)
        audited = Audited(environment, knowledge_of(environment.name, exchanges), State(own["state"]), "",
                          len(exchanges), 0, 0.0)  # fmt: skip
        truth = {str(p): None if m is None else frozenset(map(str, m)) for p, m in data["truth"]["served"].items()}
        contract = TypeAdapter(Contract).validate_python(own["contract"])
        return Recording(str(data["stack"]), audited, contract, RunInfo("", first, last, 0, own["seed"]), truth)
    except (KeyError, TypeError, ValueError, AttributeError, ValidationError) as error:
        hint = "see auditor record --help"
        raise TranscriptError("this is no recording of auditor", where=where, hint=hint) from error


def rejudge(recording: Recording) -> Report:
    """What this version of auditor says about the recorded answers."""
    from auditor.evaluation import Scope

    contracts = {recording.contract.id: recording.contract}
    return evaluate([recording.audited], contracts, Scope(), Policy({}), recording.info)


def contradictions(recording: Recording, report: Report) -> Sequence[str]:
    """Verdicts that the truth contradicts, a line each."""
    found = []
    for cell in report.cells:
        served = recording.truth.get(cell.path)
        if served is not None and cell.basis is not None and (cell.support == "supported") != (cell.method in served):
            found.append(f"{cell.method} {cell.path}: {cell.support} ({cell.basis}): {cell.why}")
    return found
