"""The commands about reports that exist already: flags to calls, results to exit codes; they contact nobody."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from auditor import waiverfile
    from auditor.waiverfile import Entry

Report = Annotated[str, typer.Argument(metavar="REPORT", help="A report.json, or the folder that holds one.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why it is accepted.")]
Owner = Annotated[str, typer.Option("--owner", metavar="NAME", help="Who answers for it.")]
Expires = Annotated[str, typer.Option("--expires", metavar="DATE", help="The last day it holds, in UTC: 2027-01-31.")]
Ticket = Annotated[str | None, typer.Option("--ticket", metavar="ID", help="Where it is tracked.")]
Config = Annotated[
    str | None, typer.Option("--config", metavar="FILE", help="The auditor.yaml beside which waivers.yaml stands.")
]


def compare(
    a: Annotated[str, typer.Argument(metavar="A", help="The earlier report.json.")],
    b: Annotated[str, typer.Argument(metavar="B", help="The later report.json.")],
    as_json: Annotated[bool, typer.Option("--json", help="All lists in full, as JSON.")] = False,
) -> None:
    """Two reports: new, fixed, known, no longer judged. Exit 0; 1 where something is new or accepted no longer."""
    from auditor.differ import nights, past
    from auditor.differ.output import comparison

    changes = nights.changes(past.night(past.read(a)), past.night(past.read(b)))
    typer.echo(comparison.to_json(changes) if as_json else comparison.render(changes), nl=False)
    raise typer.Exit(int(comparison.counts_new(changes)))


def waive(
    fingerprint: Annotated[str, typer.Argument(metavar="FINGERPRINT", help="Of the finding, as the report names it.")],
    reason: Reason, owner: Owner, expires: Expires,
    env: Annotated[
        list[str] | None, typer.Option("--env", metavar="NAME", help="Only there (default: wherever it occurs).")
    ] = None,
    ticket: Ticket = None,
    report: Annotated[
        str, typer.Option("--report", metavar="REPORT", help="The report that holds the finding.")
    ] = "drift-report",
    config: Config = None,
) -> None:  # fmt: skip
    """Accept one finding until a day: appends an entry to waivers.yaml, and changes nothing else in it."""
    from auditor import waiverfile
    from auditor.differ import past

    entries = waiverfile.of_finding(past.read(report), fingerprint, env or (), _terms(reason, owner, expires, ticket))
    _append(config, entries)


def baseline(
    report: Report, reason: Reason, owner: Owner, expires: Expires, ticket: Ticket = None, config: Config = None
) -> None:
    """Accept all that stands today, until a day: appends an entry for each finding and method to waivers.yaml."""
    from auditor import waiverfile
    from auditor.differ import past
    from auditor.differ.output.escape import visible

    read = past.read(report)
    entries, left = waiverfile.of_report(read, _terms(reason, owner, expires, ticket))
    for finding in left:
        name = visible(f"{finding.rule} {finding.path}", 200)
        typer.echo(f"auditor: note: {name} is not accepted: write its waiver by hand", err=True)
    if not read.complete:
        typer.echo("auditor: note: the audit was incomplete: what it could not judge is not accepted", err=True)
    if entries:
        _append(config, entries)
    else:
        typer.echo("nothing to accept")


def _terms(reason: str, owner: str, expires: str, ticket: str | None) -> waiverfile.Terms:
    from datetime import UTC, datetime

    from auditor.waiverfile import Terms

    return Terms(reason, owner, expires, datetime.now(UTC).date(), ticket)


def _append(config: str | None, entries: list[Entry]) -> None:
    from auditor import configfile, waiverfile
    from auditor.differ.output.escape import visible

    found = Path(config) if config else configfile.find(Path.cwd())
    path = (found.parent if found else Path()) / configfile.WAIVERS
    added, left = waiverfile.append(path, entries)
    for note in left:
        typer.echo(f"auditor: note: {visible(note, 300)}", err=True)
    here = Path.cwd()
    shown = visible(str(path.relative_to(here) if path.is_relative_to(here) else path))
    typer.echo(f"{shown}: {added} waiver{'s' if added != 1 else ''} added; they count in the next audit")


def gate(
    report: Report,
    from_: Annotated[str, typer.Option("--from", metavar="NAME", help="The environment whose build is to go on.")],
    to: Annotated[str, typer.Option("--to", metavar="NAME", help="The environment it is to go to.")],
    max_age: Annotated[
        str | None,
        typer.Option("--max-age", metavar="TIME", help="Cannot say where the report is older (default: 24h): 90m, 7d."),
    ] = None,
    build: Annotated[
        str | None, typer.Option("--build", metavar="ID", help="Cannot say where the report is about another build.")
    ] = None,
    min_decided: Annotated[
        str | None, typer.Option("--min-decided", metavar="PCT", help="Cannot say where fewer could be compared.")
    ] = None,
    waiver_age: Annotated[
        str | None,
        typer.Option("--forbid-waivers-older-than", metavar="TIME", help="Hold where a waiver is older: 90d."),
    ] = None,
    forbid_faults: Annotated[
        bool, typer.Option("--forbid-faults", help="Hold where a fault comes along, though no method comes or goes.")
    ] = False,
    chat: Annotated[bool, typer.Option("--chat", help="Five lines for a chat.")] = False,
    ticket: Annotated[
        str | None, typer.Option("--ticket", metavar="FILE", help="Write Markdown for a change ticket, too.")
    ] = None,
) -> None:  # fmt: skip
    """May the build go on? Asks one report.json, and nobody else. Exit 0 promote, 1 hold, 3 cannot say."""
    from datetime import UTC, datetime

    from auditor.differ import gate as gates
    from auditor.differ import past
    from auditor.differ.output import ticket as words
    from auditor.parsing import percentage, period
    from auditor.rundir import check_output, digest, write_output

    _check_given({"--from": from_, "--to": to, "--build": build, "--ticket": ticket})
    policy = gates.Policy(
        from_, to, gates.MAX_AGE if max_age is None else period(max_age, "--max-age"), build,
        None if min_decided is None else percentage(min_decided, "--min-decided") / 100,
        None if waiver_age is None else period(waiver_age, "--forbid-waivers-older-than"),
        faults=not forbid_faults,
    )  # fmt: skip
    data = past.load(report)
    read = past.parse(data, report)
    if ticket is not None:
        check_output(ticket)
    decision = gates.decide(read, policy, datetime.now(UTC))
    if ticket is not None:
        write_output(ticket, words.ticket(decision, policy, read, digest(data)))
    typer.echo("\n".join(words.chat(decision, policy, read) if chat else words.lines(decision, policy)))
    raise typer.Exit(gates.EXITS[decision.verdict])


def notify(
    report: Report,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="REPORT.json", help="Last night's (default: what --new-since marked)."),
    ] = None,
    config: Annotated[
        str | None, typer.Option("--config", metavar="FILE", help="auditor.yaml to use instead of the nearest one.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would be told, and send nothing.")] = False,
) -> None:
    """Tell chats, mail or webhooks what is new; nothing where nothing is. Exit 0, or 3 where a delivery failed."""
    from auditor import delivery, notifying

    tonight, changed = notifying.compared(report, since)
    targets = notifying.targets(config, tonight, dry_run=dry_run)
    sends = [] if dry_run else delivery.prepared(targets)
    for line in notifying.notes(tonight, changed):
        typer.echo(f"auditor: note: {line}", err=True)
    failed = told = 0
    for i, target in enumerate(targets):
        message = notifying.message(tonight, changed, target.audience)
        if message is None:
            continue
        told += 1
        if dry_run:
            typer.echo(f"{target.name} would be told:\n\n{message.title}\n\n{message.text}\n")
        elif problem := sends[i](message):
            failed += 1
            typer.echo(f"auditor: {target.name}: not told: {problem}", err=True)
        else:
            typer.echo(f"{target.name}: told {message.summary}")
    if not told:
        typer.echo("nothing to tell")
    raise typer.Exit(3 if failed else 0)


def lock(
    run_dir: Annotated[Path, typer.Argument(metavar="RUN_DIR", help="The output directory of an audit.")],
    env: Annotated[str, typer.Option("--env", metavar="NAME", help="Which environment of the run.")],
    output: Annotated[
        str, typer.Option("--output", metavar="FILE", help="Where to write; - prints.")
    ] = "test_method_contract.py",
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """A pytest file that pins the methods of one environment as they are today. It sends safe requests only."""
    from auditor import run

    said = run.lock(run_dir, env, output, force=force)
    if said:
        typer.echo(said)


def _check_given(flags: Mapping[str, str | None]) -> None:
    """An empty text is what an unset shell variable leaves: it is nobody's build and no environment."""
    from auditor.errors import UsageError

    for flag, value in flags.items():
        if value is not None and not value.strip():
            raise UsageError("is empty", where=flag, hint="leave it out, or check the shell variable")


def register(app: typer.Typer) -> None:
    """Adds the commands to `auditor`."""
    for command in (compare, waive, baseline, gate, notify, lock):
        app.command()(command)
