"""run.json and contract.json: what a run directory holds beside the transcript, without secrets (DESIGN §8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from auditor import __version__
from auditor.errors import TranscriptError
from auditor.evaluation import Audited, Policy, Scope, knowledge_of
from auditor.model.contract import Contract
from auditor.model.environment import Environment, State
from auditor.model.globs import parse_glob
from auditor.model.place import Place
from auditor.model.report import Report, RunInfo
from auditor.prober import transcript
from auditor.rundir import digest, read_json, to_json
from auditor.settings import Exclude

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Past:
    """A run as read back from its directory."""

    info: RunInfo
    audited: list[Audited]
    contracts: Mapping[str, Contract]
    scope: Scope
    policy: Policy
    settings: tuple[tuple[str, str, str], ...]
    transcript_digest: str
    place: Place
    outputs: Mapping[str, str]
    """Digests of the files that --format asked for, by name."""


def files(
    report: Report, audited: list[Audited], scope: Scope, policy: Policy, transcript_digest: str,
    outputs: Mapping[str, str],
) -> dict[str, bytes]:  # fmt: skip
    """The bytes of run.json and contract.json."""
    contracts = TypeAdapter(list[Contract]).dump_python([bare(c) for c in report.contracts], mode="json")
    contract_bytes = to_json({"schema_version": SCHEMA_VERSION, "contracts": contracts})
    run: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "id": report.run.id,
        "seed": report.run.seed,
        "auditor_version": __version__,
        "started_at": report.run.started_at,
        "finished_at": report.run.finished_at,
        "exit_code": report.run.exit_code,
        "incomplete_because": list(report.incomplete_because),
        "digests": {"contract.json": digest(contract_bytes), "transcript.jsonl": transcript_digest},
        "place": {"folder": report.place.folder, "roots": list(report.place.roots)},
        "outputs": dict(sorted(outputs.items())),
        "environments": [_environment(a) for a in audited],
        "skip": [[e.glob.text, e.by] for e in scope.skip],
        "only": [[e.glob.text, e.by] for e in scope.only],
        "policy": TypeAdapter(Policy).dump_python(policy, mode="json"),
        "settings": [list(s) for s in report.settings],
    }
    run["digests"]["run.json"] = _own_digest(run)
    return {"contract.json": contract_bytes, "run.json": to_json(run)}


def _own_digest(run: Mapping[str, Any]) -> str:
    """The digest of run.json without this one: a state that was edited must not turn what failed into a pass."""
    others = {k: v for k, v in run["digests"].items() if k != "run.json"}
    return digest(to_json({**run, "digests": others}))


def bare(contract: Contract) -> Contract:
    """Without raw nodes of the description: they are for response checks at receive time only."""
    paths = tuple(replace(p, operations=tuple(replace(o, node=None) for o in p.operations)) for p in contract.paths)
    return replace(contract, paths=paths, document=None)


def _environment(one: Audited) -> dict[str, Any]:
    """An environment and how it ended; header fields by name only."""
    public = replace(one.environment, headers=tuple((k, "") for k, _ in one.environment.headers), proxy=None)
    return {
        "environment": TypeAdapter(Environment).dump_python(public, mode="json"),
        "state": one.state,
        "why": one.why,
        "requests": one.requests,
        "state_changing_requests": one.state_changing_requests,
        "seconds": one.seconds,
    }


def read(folder: Path) -> Past:
    """A run directory as data. TranscriptError where a file is missing, damaged or of another schema."""
    run, stored = read_json(folder / "run.json"), read_json(folder / "contract.json")
    try:
        for data in (run, stored):
            if data["schema_version"] != SCHEMA_VERSION:
                raise TranscriptError(
                    "it was written by another version of auditor", where=str(folder), hint="audit again"
                )
        if run["digests"].get("run.json", _own_digest(run)) != _own_digest(run):  # older runs hold none
            raise TranscriptError("run.json was changed", where=str(folder), hint="audit again")
        if digest(to_json(stored)) != run["digests"]["contract.json"]:
            raise TranscriptError("contract.json was changed", where=str(folder), hint="audit again")
        contracts = TypeAdapter(list[Contract]).validate_python(stored["contracts"])
        return Past(
            info=RunInfo(run["id"], run["started_at"], run["finished_at"], run["exit_code"], run["seed"]),
            audited=_audited(folder, run["environments"], run["digests"]["transcript.jsonl"]),
            contracts={c.id: c for c in contracts},
            scope=Scope(_excludes(run["skip"]), _excludes(run["only"])),
            policy=TypeAdapter(Policy).validate_python(run["policy"]),
            settings=tuple((a, b, c) for a, b, c in run["settings"]),
            transcript_digest=run["digests"]["transcript.jsonl"],
            place=TypeAdapter(Place).validate_python(run.get("place", {})),
            outputs={str(k): str(v) for k, v in run.get("outputs", {}).items()},
        )
    except (KeyError, TypeError, ValueError, ValidationError) as error:
        raise TranscriptError("run.json or contract.json is damaged", where=str(folder), hint="audit again") from error


def _excludes(rows: list[list[str]]) -> tuple[Exclude, ...]:
    return tuple(Exclude(parse_glob(text), by) for text, by in rows)


def _audited(folder: Path, rows: list[dict[str, Any]], transcript_digest: str) -> list[Audited]:
    name = folder / "transcript.jsonl"
    try:
        data = name.read_bytes()
    except OSError:
        raise TranscriptError("transcript.jsonl cannot be read", where=str(folder), hint="audit again") from None
    if digest(data) != transcript_digest:
        # Half a transcript would judge what was never looked at as never asked: refuse rather than guess.
        raise TranscriptError("transcript.jsonl was changed", where=str(folder), hint="audit again")
    exchanges = list(transcript.read(data.decode("utf-8", "replace").split("\n"), str(name)))
    found = []
    for row in rows:
        environment = TypeAdapter(Environment).validate_python(row["environment"])
        own = [e for e in exchanges if e.probe.environment == environment.name]
        found.append(Audited(environment, knowledge_of(environment.name, own), State(row["state"]), row["why"],
                             row["requests"], row["state_changing_requests"], row["seconds"]))  # fmt: skip
    return found
