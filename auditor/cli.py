"""The command line: flags to Settings, results to exit codes; nothing else (DESIGN §6)."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from auditor import __version__, commands, fixcommand, sitecommand
from auditor.errors import AuditorError, DescriptionError, UsageError

app = typer.Typer(
    name="auditor", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Which HTTP methods does each documented path really serve? An audit that changes nothing while finding out.",
)  # fmt: skip


def _percentage(text: str) -> float:
    """A number from 0 to 100, refused in our own words."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 100:
        raise UsageError(f"{text[:40]!r} is no percentage", where="--min-decided", hint="a number from 0 to 100")
    return number


def _simultaneous(text: str) -> int:
    """A whole number from 1 to 64, refused in our own words."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= 64):
        raise UsageError(f"{text[:40]!r} is no number of requests", where="--concurrency", hint="from 1 to 64")
    return int(text)


Spec = Annotated[
    str | None, typer.Argument(help="OpenAPI or Swagger description: a file, a URL, '-', or git:REF:PATH.")
]
ConfigFile = Annotated[
    str | None, typer.Option("--config", metavar="FILE", help="auditor.yaml to use instead of the nearest one.")
]
Env = Annotated[list[str] | None, typer.Option("--env", metavar="NAME=URL", help="An environment, in promotion order.")]
Header = Annotated[
    list[str] | None,
    typer.Option("--header", metavar="[ENV:]NAME: VALUE", help="Credentials; write '${NAME}' for secrets."),
]
Mode = Annotated[
    str | None,
    typer.Option(
        "--mode",
        metavar="MODE",
        help="safe (default): only safe methods leave the process. inert: besides, "
        "POST, PUT, PATCH and DELETE as unfinished requests, only where they can change nothing.",
    ),
]
Out = Annotated[str | None, typer.Option("--out", metavar="DIR", help="Output directory (default: drift-report).")]
FormatFlag = Annotated[
    list[str] | None,
    typer.Option(
        "--format",
        metavar="KIND[=PATH]",
        help="Also: sarif, junit, markdown, github, gitlab, csv, har, "
        "prometheus. html and json are always written, text is printed.",
    ),
]
FailOn = Annotated[
    str | None, typer.Option("--fail-on", metavar="LEVEL", help="error (default), warning, info or never.")
]
MinDecided = Annotated[
    float | None,
    typer.Option("--min-decided", metavar="PCT", parser=_percentage, help="Exit 3 where fewer could be decided."),
]
Only = Annotated[
    list[str] | None, typer.Option("--only", metavar="GLOB", help="Audit only these: '/orders/**', 'GET /a/*'.")
]
Skip = Annotated[list[str] | None, typer.Option("--skip", metavar="GLOB", help="Never touch these.")]
Rate = Annotated[
    str | None, typer.Option("--rate", metavar="RATE", help="Requests per second and environment (default: 20/s).")
]
Concurrency = Annotated[
    int | None,
    typer.Option("--concurrency", metavar="N", parser=_simultaneous, help="Requests at once (default: 4)."),
]
Deadline = Annotated[
    str | None, typer.Option("--deadline", metavar="TIME", help="End of the whole run (default: 30m).")
]
RefRoot = Annotated[str | None, typer.Option("--ref-root", metavar="DIR", help="Folder that $ref may read from.")]
RemoteRefs = Annotated[
    list[str] | None, typer.Option("--allow-remote-refs", metavar="HOST", help="Fetch $ref from this host.")
]
NewSince = Annotated[
    str | None,
    typer.Option(
        "--new-since", metavar="REPORT.json", help="Only what is new, or accepted no longer, since then counts."
    ),
]
KeptLang = Annotated[
    str | None, typer.Option("--lang", metavar="TAG", help="Language of report.html: en, de (default: as the run had).")
]
Lang = Annotated[str | None, typer.Option("--lang", metavar="TAG", help="Language of report.html: en (default), de.")]
Strict = Annotated[bool, typer.Option("--strict", help="Warnings about the description are errors.")]


def _version(value: bool) -> None:
    if value:
        typer.echo(f"auditor {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


def _flags(**given: Any) -> Any:
    from auditor.settings import Flags

    lists = {k: tuple(v or ()) for k, v in given.items() if isinstance(v, list) or k in _LISTS}
    return Flags(**{**given, **lists})


_LISTS = frozenset({"env", "header", "format", "only", "skip", "allow_remote_refs"})


@app.command()
def audit(
    spec: Spec = None, config: ConfigFile = None, env: Env = None, header: Header = None, mode: Mode = None,
    out: Out = None, format: FormatFlag = None, fail_on: FailOn = None, min_decided: MinDecided = None,  # noqa: A002
    only: Only = None, skip: Skip = None, rate: Rate = None, concurrency: Concurrency = None, deadline: Deadline = None,
    ref_root: RefRoot = None, allow_remote_refs: RemoteRefs = None, strict: Strict = False, new_since: NewSince = None,
    lang: Lang = None,
) -> None:  # fmt: skip
    """Audit the environments and write the report. Exit 0 in sync, 1 drift, 2 wrong use, 3 incomplete."""
    from auditor import run
    from auditor.progress import Stderr

    flags = _flags(
        spec=spec, config=config, env=env, header=header, mode=mode, out=out, format=format, fail_on=fail_on,
        min_decided=min_decided, only=only, skip=skip, rate=rate, concurrency=concurrency, deadline=deadline,
        ref_root=ref_root, allow_remote_refs=allow_remote_refs, strict=strict, new_since=new_since, lang=lang,
    )  # fmt: skip
    with Stderr() as progress:
        settings = run.configure(flags)
        report = run.audit(settings, progress)
    _print_report(report)
    raise typer.Exit(report.run.exit_code)


@app.command()
def plan(
    spec: Spec = None, config: ConfigFile = None, env: Env = None, mode: Mode = None, only: Only = None,
    skip: Skip = None, ref_root: RefRoot = None, allow_remote_refs: RemoteRefs = None, strict: Strict = False,
) -> None:  # fmt: skip
    """Every request that may be sent, with purpose, safety class and upper bound. Sends nothing."""
    from auditor import planning, run
    from auditor.headers import Placeholders
    from auditor.progress import Stderr

    flags = _flags(spec=spec, config=config, env=env, header=None, mode=mode, format=None, only=only, skip=skip,
                   ref_root=ref_root, allow_remote_refs=allow_remote_refs, strict=strict)  # fmt: skip
    with Stderr() as progress:
        planned, _ = run.plan(run.configure(flags, Placeholders(os.environ)), progress.note)
    typer.echo(planning.render([(p.environment, p.catalogue) for p in planned]), nl=False)


@app.command()
def report(
    run_dir: Annotated[
        Path, typer.Argument(metavar="RUN_DIR", help="The output directory of a finished or interrupted audit.")
    ],
    format: FormatFlag = None, fail_on: FailOn = None, min_decided: MinDecided = None, lang: KeptLang = None,  # noqa: A002
) -> None:  # fmt: skip
    """Judge a finished or interrupted run again, offline, and render it anew."""
    from auditor import run

    result = run.rejudge(run_dir, _flags(format=format, fail_on=fail_on, min_decided=min_decided, lang=lang))
    _print_report(result)
    raise typer.Exit(result.run.exit_code)


@app.command()
def demo(
    out: Out = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the deployments serving until Ctrl-C: the report's curl lines work.")
    ] = False,
) -> None:
    """Audit three sample deployments that drifted apart, started here for the time it takes. Exit 1: it shows drift."""
    from auditor import run
    from auditor.demo import serve
    from auditor.progress import Stderr
    from auditor.settings import build, read_config

    with serve.serving() as servers:
        typer.echo(serve.introduction(servers, keep=keep))
        settings = build(_flags(out=out), read_config(serve.configuration(servers)), {}, "demo")
        with Stderr() as progress:
            result = run.audit(settings, progress)
        keep = keep and not run.interrupted(result)
        if keep:
            with serve.until_stopped() as stopped:
                _print_report(result)
                typer.echo(serve.closing(servers, keep=True))
                stopped.wait()
    if not keep:
        _print_report(result)
        typer.echo(serve.closing(servers))
    raise typer.Exit(result.run.exit_code)


@app.command()
def record(
    run_dir: Annotated[Path, typer.Argument(metavar="RUN_DIR", help="The output directory of an audit.")],
    env: Annotated[str | None, typer.Option("--env", metavar="NAME", help="Which environment of the run.")] = None,
    output: Annotated[str, typer.Option("--output", metavar="FILE", help="Where to write; - prints.")] = "-",
) -> None:
    """One environment's answers without address or secrets, with a place for the truth: a regression case."""
    from auditor import run

    run.record(run_dir, env, output)


@app.command()
def rules() -> None:
    """The catalogue of rules."""
    from auditor.differ.catalogue import rules as catalogue

    for rule in catalogue():
        typer.echo(f"{rule.id:28} {rule.severity:8} {rule.title}")


@app.command()
def explain(
    rule_id: Annotated[
        str, typer.Argument(metavar="RULE|405", help="A rule id, as `auditor rules` lists them, or the status 405.")
    ],
) -> None:
    """What a rule, or a 405, means: symptom, root causes, diagnosis, fixes for each stack, prevention, source."""
    from auditor import explaining
    from auditor.differ.catalogue import rule

    typer.echo(explaining.status() if rule_id == explaining.STATUS else explaining.explain(rule(rule_id)), nl=False)


@app.command()
def init(
    spec: Spec = None, env: Env = None,
    out: Annotated[str, typer.Option("--out", metavar="FILE", help="Where to write; - prints.")] = "auditor.yaml",
) -> None:  # fmt: skip
    """Write a commented auditor.yaml from a description and base URLs. Contacts no environment, overwrites nothing."""
    from auditor import run, scaffold
    from auditor.configmodel import Config
    from auditor.headers import Placeholders
    from auditor.settings import build

    scaffold.check_free(out)
    flags = scaffold.inputs(spec, env or (), Path.cwd())
    contracts, _ = run.load_contracts(build(flags, Config(), Placeholders(os.environ)))
    text = scaffold.starter(next(iter(contracts.values())), flags.spec or "", env or (), out)
    if out == "-":
        typer.echo(text, nl=False)
    else:
        scaffold.write(text, out)
        typer.echo(f"wrote {out}; next: auditor plan")


commands.register(app)
fixcommand.register(app)
sitecommand.register(app)
config_app = typer.Typer(no_args_is_help=True, help="About auditor.yaml.")
app.add_typer(config_app, name="config")


@config_app.command("schema")
def config_schema() -> None:
    """The JSON Schema (2020-12) of auditor.yaml, for editors and checks."""
    from auditor import configschema

    typer.echo(configschema.text(), nl=False)


def _print_report(result: Any) -> None:
    """The text report to stdout, with colour only where somebody looks."""
    from auditor import invoked
    from auditor.differ.output import text

    color = sys.stdout.isatty() or bool(os.environ.get("FORCE_COLOR"))
    width = min(max(_columns(), 60), 140)
    shown = text.render(
        result, color=color and not os.environ.get("NO_COLOR"), width=width, command=invoked.command() or "auditor"
    )
    typer.echo(shown, nl=False)


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns
    except (OSError, ValueError):
        return 100


def main() -> None:
    """Runs the command; an expected error is a sentence and its exit code, never a traceback."""
    from auditor.differ.output.escape import visible

    try:
        code = app(standalone_mode=False)
        if code == 130:  # how typer reports Ctrl-C
            raise KeyboardInterrupt
        sys.exit(code)
    except AuditorError as error:
        before = isinstance(error, UsageError | DescriptionError) and sys.argv[1:2] == ["audit"]
        _complain([visible(line) for line in error.lines()], "nothing was sent" if before else None)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(4)
    except (KeyboardInterrupt, typer.Abort):
        _complain(["stopped"], None)
        sys.exit(3)
    except Exception as error:
        code = getattr(error, "exit_code", None)
        if code is not None and hasattr(error, "format_message"):
            if error.format_message().strip():
                command = getattr(getattr(error, "ctx", None), "command_path", "") or "auditor"
                _complain([visible(error.format_message())], f"see {command} --help")
            sys.exit(2)
        if os.environ.get("AUDITOR_DEBUG"):
            raise
        _complain([f"internal error: {type(error).__name__}"], "set AUDITOR_DEBUG=1 to see where; please report it")
        sys.exit(4)


def _complain(lines: list[str], tail: str | None) -> None:
    for i, line in enumerate(lines):
        print(f"auditor: {line}" if i == 0 else line, file=sys.stderr)  # noqa: T201
    if tail:
        print(f"  ({tail})", file=sys.stderr)  # noqa: T201
