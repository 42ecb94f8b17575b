"""`auditor fix`: flags to calls, results to lines; it contacts nobody."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from auditor.fixing import Fixed


def fix(
    run_dir: Annotated[Path, typer.Argument(metavar="RUN", help="The output directory of an audit, or its report.")],
    env: Annotated[
        str | None, typer.Option("--env", metavar="NAME", help="Which environment of the run.")
    ] = None,
    overlay: Annotated[
        str | None,
        typer.Option("--overlay", metavar="FILE", help="Write an OpenAPI Overlay 1.0.0 (JSON or YAML, by its ending): "
                     "applied, the contract says what that environment serves."),
    ] = None,
    gateway: Annotated[
        str | None,
        typer.Option(
            "--gateway",
            metavar="KIND",
            help="Print the method allow-list that the contract demands: nginx, apache, haproxy, caddy, envoy, istio, "
            "kong, aws-api-gateway, aws-alb, aws-waf, cloudflare.",
        ),
    ] = None,
    cors: Annotated[
        bool,
        typer.Option("--cors", help="With --gateway: OPTIONS passes everywhere, for preflights of browsers; it does so "
                     "anyway where cors_origin is configured."),
    ] = False,
    spec: Annotated[
        list[str] | None,
        typer.Option("--spec", metavar="FILE", help="A copy of a file of the description, as it was audited."),
    ] = None,
) -> None:  # fmt: skip
    """Mend the contract (an overlay that says what one environment serves), or a gateway (the contract's methods)."""
    from auditor import fixing
    from auditor.errors import UsageError

    if (overlay is None) == (gateway is None):
        raise UsageError("needs either --overlay FILE or --gateway KIND", where="fix", hint="see auditor fix --help")
    if overlay is not None:
        _tell(fixing.overlay(run_dir, env, overlay, spec or ()))
    elif gateway is not None:
        typer.echo(fixing.methods(run_dir, env, gateway, cors), nl=False)


def _tell(done: Fixed) -> None:
    """What was written, and on stderr what was left and why."""
    from auditor.differ.output.escape import visible

    for one in done.written:
        number = f"{one.actions} action{'s' if one.actions != 1 else ''}"
        typer.echo(f"{visible(one.path)}: {number} for {visible(one.file)}")
    if not done.written:
        typer.echo(f"{visible(done.environment)}: nothing to do: no finding there asks for another contract")
    for left in done.left:
        name = f"{left.finding.fingerprint} {','.join(left.finding.methods)} {left.finding.path}"
        typer.echo(f"auditor: note: left: {visible(name, 200)}: {visible(left.why, 300)}", err=True)
    if done.asked.waived:
        what = "that is" if done.asked.waived == 1 else "that are"
        typer.echo(f"auditor: note: left: {done.asked.waived} {what} waived", err=True)
    if done.asked.others:
        typer.echo(f"auditor: note: {done.asked.others} more findings of {visible(done.environment)} are not the "
                   "contract's to answer", err=True)  # fmt: skip


def register(app: typer.Typer) -> None:
    """Adds the command to `auditor`."""
    app.command()(fix)
