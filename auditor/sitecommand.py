"""`auditor site`: flags to one call, its result to lines; it contacts nobody."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def site(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder below which audits write, in whatever layout.")
    ],
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Where to write (default: DIR/index.html).")
    ] = None,
    nights: Annotated[
        str | None, typer.Option("--nights", metavar="N", help="How many nights to show of each service (default: 60).")
    ] = None,
    max_age: Annotated[
        str | None,
        typer.Option("--max-age", metavar="TIME", help="What is older is not judged (default: 26h): 90m, 7d."),
    ] = None,
    lang: Annotated[
        str | None, typer.Option("--lang", metavar="TAG", help="Language of the page: en (default), de.")
    ] = None,
) -> None:  # fmt: skip
    """One page over many runs: what holds, what could not be judged, what is new; each night, with its report."""
    from datetime import UTC, datetime

    from auditor import siting
    from auditor.differ.output.escape import visible
    from auditor.languagechoice import language
    from auditor.parsing import count, period

    limit = siting.MAX_AGE if max_age is None else period(max_age, "--max-age")
    shown = siting.NIGHTS if nights is None else count(nights, "--nights", 400)
    built = siting.build(folder, output, shown, limit, datetime.now(UTC), language(lang))
    for note in built.notes:
        typer.echo(f"auditor: note: {visible(note, 300)}", err=True)
    typer.echo(f"{visible(str(built.output))}: {built.line}")


def register(app: typer.Typer) -> None:
    """Adds the command to `auditor`."""
    app.command()(site)
