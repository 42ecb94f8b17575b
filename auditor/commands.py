"""The commands about reports that exist already: flags to calls, results to exit codes; they contact nobody."""

from __future__ import annotations

from typing import Annotated

import typer

Report = Annotated[str, typer.Argument(metavar="REPORT", help="A report.json, or the folder that holds one.")]


def compare(
    a: Annotated[str, typer.Argument(metavar="A", help="The earlier report.json.")],
    b: Annotated[str, typer.Argument(metavar="B", help="The later report.json.")],
    as_json: Annotated[bool, typer.Option("--json", help="All lists in full, as JSON.")] = False,
) -> None:
    """Two reports: new, fixed, still there, not judged any more. Exit 0, or 1 where something is new and not waived."""
    from auditor.differ import nights, past
    from auditor.differ.output import comparison

    changes = nights.changes(past.night(past.read(a)), past.night(past.read(b)))
    typer.echo(comparison.to_json(changes) if as_json else comparison.render(changes), nl=False)
    raise typer.Exit(int(comparison.counts_new(changes)))


def register(app: typer.Typer) -> None:
    """Adds the commands to `auditor`."""
    for command in (compare,):
        app.command()(command)
