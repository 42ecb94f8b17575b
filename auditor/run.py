"""Load, probe, judge, compare, write: the only place where loader, prober and differ meet."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from auditor import __version__, archive, configfile, nextstep, outputs, scaffold, slips, unreachable
from auditor.configmodel import Config
from auditor.differ import past
from auditor.differ.catalogue import rule
from auditor.errors import ConfigError, DescriptionError, UsageError
from auditor.evaluation import Audited, Policy, Scope, evaluate, plan_environment
from auditor.languagechoice import language
from auditor.loader import LoadOptions, RemoteRefNeeded, load_bytes, load_file, load_git
from auditor.model.contract import Contract
from auditor.model.environment import Environment, State
from auditor.model.exchange import Exchange
from auditor.model.report import Report, RunInfo
from auditor.prober import transcript
from auditor.prober.campaign import Campaign, Clock
from auditor.prober.candidates import Catalogue
from auditor.prober.checker import Checker
from auditor.prober.conformance import Conformance
from auditor.prober.download import fetch
from auditor.prober.library import Library
from auditor.prober.observe import timestamp
from auditor.prober.transport import Wire
from auditor.rundir import RunDirectory, digest, to_json, write_output
from auditor.served import described
from auditor.settings import SEVERITIES, Flags, Settings, build, environ, output_formats
from auditor.shelf import shelf_of
from auditor.workplace import workplace

MAX_REMOTE_REFS = 200
MAX_WARNINGS = 10
USER_AGENT = f"auditor/{__version__}"


class Progress(Protocol):
    """What the caller may show while probes go out."""

    def start(self, environment: str, upper_bound: int) -> None: ...
    def advance(self, environment: str, done: int) -> None: ...
    def finish(self, environment: str, state: str, requests: int) -> None: ...
    def note(self, text: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Planned:
    """What `auditor plan` shows of one environment."""

    environment: Environment
    catalogue: Catalogue


def configure(flags: Flags, environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from flags and the auditor.yaml that applies. UsageError, ConfigError or SecretMissing where wrong."""
    if flags.spec and Path(flags.spec).name in configfile.NAMES:
        raise UsageError("holds settings, and is no description", where=flags.spec,
                         hint=f"auditor audit --config {flags.spec}")  # fmt: skip
    path = Path(flags.config) if flags.config else configfile.find(Path.cwd())
    file = configfile.load(path) if path is not None else None
    try:
        settings = build(
            flags, file.config() if file else Config(), environ() if environment is None else environment,
            path.name if path else "auditor.yaml",
        )  # fmt: skip
        for id_ in settings.rules:
            _known_rule(id_)
    except UsageError as error:
        raise (file.located(error) if file else error) from None
    return replace(configfile.with_waivers(settings, file), since=past.since(flags.new_since))


def _known_rule(id_: str) -> None:
    try:
        rule(id_)
    except ConfigError as error:
        raise ConfigError(error.what, where=f"rules.{id_}", hint=error.hint) from None


# --- load ---


def load_contracts(settings: Settings) -> tuple[dict[str, Contract], Settings]:
    """Every description once, and the settings with each environment's contract named. DescriptionError if unusable."""
    by_source: dict[str, Contract] = {}
    contracts: dict[str, Contract] = {}
    environments = []
    for e in (*settings.environments, *settings.layers):
        source = settings.specs[e.name]
        if source not in by_source:
            try:
                contract = _load(source, settings)
            except DescriptionError as error:
                error.hint = error.hint or nextstep.for_description(source)
                raise
            while contract.id in contracts:
                contract = replace(contract, id=contract.id + "+")
            by_source[source] = contracts[contract.id] = contract
        environments.append(replace(e, contract=by_source[source].id))
    chain = len(settings.environments)
    return contracts, replace(settings, environments=tuple(environments[:chain]), layers=tuple(environments[chain:]))


def _load(source: str, settings: Settings) -> Contract:
    options = LoadOptions(
        ref_root=Path(settings.ref_root) if settings.ref_root else None, strict=settings.strict,
        allowed_remote_hosts=frozenset(settings.allow_remote_refs), values=settings.values,
    )  # fmt: skip
    data: bytes | None = None
    if source == "-":
        data = sys.stdin.buffer.read()
    elif source.startswith(("http://", "https://")):
        data = asyncio.run(fetch(source, user_agent=USER_AGENT))
    remote: dict[str, bytes] = {}
    while True:
        try:
            full = replace(options, remote_refs=remote)
            if data is not None:
                return load_bytes(data, "standard input" if source == "-" else source, full)
            return load_git(source, full) if source.startswith("git:") else load_file(Path(source), full)
        except RemoteRefNeeded as needed:
            if needed.url in remote or len(remote) >= MAX_REMOTE_REFS:
                raise DescriptionError("too many remote references", where=needed.url) from None
            remote[needed.url] = asyncio.run(fetch(needed.url, user_agent=USER_AGENT, forbid_private=True))


# --- plan ---


def plan(settings: Settings, note: Callable[[str], object]) -> tuple[list[Planned], dict[str, Contract]]:
    """Every request that may be sent, per environment; sends nothing but the fetch of a description given as URL."""
    contracts, settings = load_contracts(settings)
    scope, seed = Scope(settings.skip, settings.only), settings.seed or "plan"
    for text in slips.notes(settings, contracts):
        note(text)
    everything = (*settings.environments, *settings.layers)
    planned = [Planned(e, plan_environment(contracts[e.contract], e, scope, seed)[0]) for e in everything]
    return planned, contracts


# --- audit ---


def audit(settings: Settings, progress: Progress) -> Report:
    """A whole run, written to its directory. Errors of use are raised before anything is sent."""
    contracts, settings = load_contracts(settings)
    started = datetime.now(UTC)
    seed = settings.seed or secrets.token_hex(8)
    run_id = f"{started:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
    scope = Scope(settings.skip, settings.only)
    notes = slips.notes(settings, contracts)
    for note in (*_warnings(contracts), *notes):
        progress.note(note)
    outputs.check(settings.formats)
    with RunDirectory(settings.out, run_id, timestamp(started)) as folder:
        with folder.open("transcript.jsonl") as lines:
            lines.write(transcript.header_line())
            audited = asyncio.run(_probe_all(settings, contracts, scope, seed, run_id, progress, lines.write))
        info = RunInfo(run_id, timestamp(started), timestamp(datetime.now(UTC)), 0, seed)
        policy = policy_of(settings)
        report = evaluate(audited, contracts, scope, policy, info, settings.shown, workplace(environ(), Path.cwd()))
        written = outputs.stage(folder, report, settings.formats)
        store(folder, report, audited, scope, policy, digest(folder.staged("transcript.jsonl")), written)
        replaced = interrupted(report) and (settings.out / "report.json").is_file()
        own, others = outputs.leftovers(settings.out, written)
        folder.publish(own)
    for name in others:
        progress.note(f"{settings.out / name} is not of this run, and was left as it is")
    if replaced:
        gave_way = f"the earlier report in {settings.out} gave way to this incomplete one"
        progress.note(f"{gave_way}; --out DIR keeps them apart")
    outputs.write(report, settings.formats)
    return report


def _warnings(contracts: Mapping[str, Contract]) -> list[str]:
    """What was odd about the descriptions: the first of it, and how much more the report holds."""
    found = [w.text for c in contracts.values() for w in c.warnings]
    rest = [f"{len(found) - MAX_WARNINGS} more warnings about the description: see the report"]
    return found[:MAX_WARNINGS] + (rest if len(found) > MAX_WARNINGS else [])


def policy_of(settings: Settings) -> Policy:
    """What of the settings turns findings into an exit code."""
    return Policy(settings.rules, settings.fail_on, settings.min_decided, settings.promotion_min_decided,
                  settings.waivers, settings.since, settings.lang)  # fmt: skip


def store(
    folder: RunDirectory, report: Report, audited: list[Audited], scope: Scope, policy: Policy, transcript_digest: str,
    written: Mapping[str, str],
) -> None:  # fmt: skip
    """run.json and contract.json: with the transcript, what a run can be judged from again."""
    for name, data in archive.files(report, audited, scope, policy, transcript_digest, written).items():
        folder.stage(name, data)


async def _probe_all(
    settings: Settings, contracts: Mapping[str, Contract], scope: Scope, seed: str, run_id: str, progress: Progress,
    write: Callable[[str], object],
) -> list[Audited]:  # fmt: skip
    """All environments at once; each has its own rate, breaker and budget, and the run one deadline."""
    loop = asyncio.get_running_loop()
    clock = Clock(loop.time() + settings.deadline)
    checker = Checker()
    libraries = {c.id: Library(c, shelf_of(c.source, settings.ref_root)) for c in contracts.values()}
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(checker.close)
        for number in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(RuntimeError, ValueError):
                loop.add_signal_handler(number, clock.stopped.set)
                stack.callback(loop.remove_signal_handler, number)
        tasks = [
            _probe_one(e, contracts[e.contract], scope, seed, run_id, clock, progress, write,
                       Conformance(contracts[e.contract], libraries[e.contract], checker, credentials=bool(e.headers)))
            for e in (*settings.environments, *settings.layers)
        ]  # fmt: skip
        return list(await asyncio.gather(*tasks))


async def _probe_one(
    environment: Environment, contract: Contract, scope: Scope, seed: str, run_id: str, clock: Clock,
    progress: Progress, write: Callable[[str], object], check: Conformance,
) -> Audited:  # fmt: skip
    catalogue, _ = plan_environment(contract, environment, scope, seed)
    wire = Wire(environment, user_agent=f"{USER_AGENT} (run {run_id})")

    def record(exchange: Exchange) -> None:
        write(transcript.to_line(exchange))

    campaign = Campaign(environment, catalogue, wire, clock, record, check=check, describe=described,
                        progress=lambda done: progress.advance(environment.name, done))  # fmt: skip
    progress.start(environment.name, catalogue.upper_bound)
    try:
        await campaign.run()
    finally:
        await wire.close()
    progress.finish(environment.name, campaign.state, wire.sent_total)
    if check.note:
        progress.note(f"{environment.name}: {check.note}")
    why = campaign.why
    if campaign.state is State.UNREACHABLE:
        why = unreachable.because(environment, campaign.knowledge)
    return Audited(environment, campaign.knowledge, campaign.state, why, wire.sent_total,
                   wire.sent_state_changing, round(campaign.seconds, 3))  # fmt: skip


# --- report: judge again ---


def rejudge(folder: Path, settings: Flags) -> Report:
    """Judges a run directory again, offline, and renders it anew. TranscriptError where it cannot be read."""
    if settings.fail_on not in (None, *SEVERITIES, "never"):
        raise UsageError(
            f"{settings.fail_on!r} is no level", where="--fail-on", hint="one of error, warning, info, never"
        )
    if settings.min_decided is not None and not 0 <= settings.min_decided <= 100:
        raise UsageError(f"{settings.min_decided} is no percentage", where="--min-decided", hint="0 to 100")
    formats = output_formats(settings.format)
    past = archive.read(folder)
    outputs.check(formats)
    policy = past.policy
    if settings.fail_on is not None:
        policy = replace(policy, fail_on=settings.fail_on)
    if settings.min_decided is not None:
        policy = replace(policy, min_decided=settings.min_decided / 100)
    if settings.lang is not None:
        policy = replace(policy, lang=language(settings.lang))
    rows = tuple((n, str(folder) if n == "out" else value, origin) for n, value, origin in past.settings)
    report = evaluate(past.audited, past.contracts, past.scope, policy, past.info, rows, past.place)
    with RunDirectory(folder, past.info.id, past.info.started_at) as held:
        # What the run has written beside the report is rendered anew with it: one folder, one judgement.
        again = [(kind, None) for kind in outputs.written(folder, past.outputs)]
        written = outputs.stage(held, report, [*formats, *again])
        store(held, report, past.audited, past.scope, policy, past.transcript_digest, written)
        held.publish(outputs.leftovers(folder, written)[0])
    outputs.write(report, formats)
    return report


def record(folder: Path, environment: str | None, output: str) -> None:
    """Writes one environment of a run as a recording. TranscriptError where the run cannot be read."""
    from auditor import recording

    past = archive.read(folder)
    report = evaluate(past.audited, past.contracts, past.scope, past.policy, past.info)
    data = to_json(recording.record(past, report, environment))
    if output == "-":
        sys.stdout.buffer.write(data)
    else:
        write_output(output, data)


def lock(folder: Path, environment: str, output: str, *, force: bool = False) -> str:
    """Writes a pytest file that pins an environment's methods; says what comes next. TranscriptError, UsageError."""
    from auditor.differ.output import lock as locked

    past = archive.read(folder)
    report = evaluate(past.audited, past.contracts, past.scope, past.policy, past.info)
    text = locked.lock(report, environment, Path(output).name if output != "-" else "test_method_contract.py")
    if output == "-":
        sys.stdout.write(text)
        return ""
    if not force and Path(output).is_file():  # it may have been edited
        scaffold.check_free(output, "name another file with --output, or give --force")
    write_output(output, text.encode())
    return f"wrote {output}; next: pytest {output}"


def interrupted(report: Report) -> bool:
    """Whether a signal ended the run."""
    return any(r.state is State.INTERRUPTED for r in report.environments)


__all__ = ["Planned", "Progress", "UsageError", "audit", "configure", "interrupted", "plan", "rejudge"]
