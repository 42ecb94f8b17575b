"""Flags and auditor.yaml made into Settings: checked once, trusted afterwards (DESIGN §6, §7)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from auditor import mistakes, notifyconfig
from auditor.buildconfig import build_source
from auditor.configmodel import Config, EnvironmentConfig
from auditor.differ.output import FORMATS
from auditor.errors import ConfigError, UsageError
from auditor.headers import header_flags, secret_value
from auditor.languagechoice import language
from auditor.layering import layered
from auditor.model.environment import Environment, Limits, Origin
from auditor.model.exchange import COMPLETE_FORMS
from auditor.model.globs import Glob, parse_glob
from auditor.model.night import Night
from auditor.model.waiver import Waiver
from auditor.modes import effective_mode, not_raised
from auditor.parsing import (
    VARIABLE,
    cors_origin,
    duration,
    expand,
    header_name,
    parse_rate,
    parse_url,
    public,
    served_target,
)
from auditor.waiverconfig import waivers

SEVERITIES = ("error", "warning", "info")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")


@dataclass(frozen=True, slots=True)
class Flags:
    """What the command line says; None and () where it says nothing."""

    spec: str | None = None
    config: str | None = None
    env: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    mode: str | None = None
    out: str | None = None
    format: tuple[str, ...] = ()
    fail_on: str | None = None
    min_decided: float | None = None
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    rate: str | None = None
    concurrency: int | None = None
    deadline: str | None = None
    ref_root: str | None = None
    allow_remote_refs: tuple[str, ...] = ()
    strict: bool = False
    seed: str | None = None
    new_since: str | None = None
    lang: str | None = None


@dataclass(frozen=True, slots=True)
class Exclude:
    """One --skip or --only pattern, and where it was written."""

    glob: Glob
    by: str


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a run needs. `specs`: description source by environment name; `deadline` in seconds, shares 0 to 1."""

    specs: Mapping[str, str]
    environments: tuple[Environment, ...]
    layers: tuple[Environment, ...] = ()
    """What stands behind an environment: audited like one, but outside the promotion chain."""
    skip: tuple[Exclude, ...] = ()
    only: tuple[Exclude, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    rules: Mapping[str, str] = field(default_factory=dict)
    waivers: tuple[Waiver, ...] = ()
    since: Night | None = None
    fail_on: str = "error"
    lang: str = "en"
    min_decided: float = 0.0
    promotion_min_decided: float = 0.5
    deadline: float = 1800.0
    out: Path = Path("drift-report")
    formats: tuple[tuple[str, str | None], ...] = ()
    ref_root: str | None = None
    allow_remote_refs: tuple[str, ...] = ()
    strict: bool = False
    seed: str | None = None
    notes: tuple[str, ...] = ()
    config: str = "auditor.yaml"
    """The name of the configuration file, for notes."""
    shown: tuple[tuple[str, str, str], ...] = ()
    """(name, value without secrets, origin) for the appendix of the report."""


def read_config(data: Mapping[str, Any]) -> Config:
    """auditor.yaml as a Config. ConfigError naming the key, what is wrong, and never a value that may be secret."""
    try:
        return Config.model_validate(dict(data))
    except ValidationError as error:
        raise mistakes.explained(error, data) from None


def build(flags: Flags, config: Config, environ: Mapping[str, str], config_name: str = "auditor.yaml") -> Settings:
    """Flags over config over defaults. UsageError and its kin where they cannot work; nothing is sent before this."""
    notes: list[str] = []
    _check_given(flags)
    chain, behind = layered(_environments(flags, config), config.environments)
    raw = [*chain, *behind]
    headers = header_flags(flags.header, [n for n, _ in raw], environ, notes)
    servers = tuple((u, *parse_url(t, f"servers.{u}")) for u, t in config.servers.items())
    environments = tuple(
        _environment(i, n, c, flags, headers.get(n, ()) + headers.get("", ()), environ, servers)
        for i, (n, c) in enumerate(chain)
    )
    # A layer inherits no credentials: a header field that names no environment is for those at the edge.
    layers = tuple(_environment(i, n, c, flags, headers.get(n, ()), environ, servers)
                   for i, (n, c) in enumerate(behind, len(chain)))  # fmt: skip
    notes += not_raised(raw, flags.mode, flags.env)
    own = dict(raw)
    specs = {n: _spec(n, own) or flags.spec or config.spec or "" for n, _ in raw}
    for name, spec in specs.items():
        if not spec:
            raise UsageError(f"no description for {name}", hint="auditor audit openapi.yaml --env NAME=URL")
    fail_on = flags.fail_on or config.fail_on or "error"
    if fail_on not in (*SEVERITIES, "never"):
        where = "--fail-on" if flags.fail_on else "fail_on"
        raise UsageError(f"{fail_on!r} is no level", where=where, hint="one of error, warning, info, never")
    minimum = flags.min_decided if flags.min_decided is not None else config.min_decided
    if minimum is not None and not 0 <= minimum <= 100:
        raise UsageError(f"{minimum} is no percentage", where="--min-decided", hint="a number from 0 to 100")
    promotion = config.promotion_min_decided
    _check_notify(config, specs)
    return Settings(
        specs=specs, environments=environments, layers=layers,
        skip=_excludes(flags.skip, "--skip") + _excludes(config.skip, f"{config_name} skip", "skip"),
        only=_excludes(flags.only, "--only") + _excludes(config.only, f"{config_name} only", "only"),
        values=config.values, rules=_rules(config.rules), fail_on=fail_on,
        lang=language(flags.lang, config.lang),
        waivers=waivers(config.waivers, [*config.environments, *specs] if config.environments else ()),
        min_decided=(minimum or 0.0) / 100, promotion_min_decided=0.5 if promotion is None else promotion / 100,
        deadline=_deadline(flags, config),
        out=Path(flags.out or config.out or "drift-report"), formats=output_formats(flags.format),
        ref_root=flags.ref_root, allow_remote_refs=flags.allow_remote_refs, strict=flags.strict,
        seed=flags.seed, notes=tuple(notes), config=config_name,
        shown=_shown(flags, config, config_name, environments + layers),
    )  # fmt: skip


def _spec(name: str, known: Mapping[str, EnvironmentConfig]) -> str | None:
    """Its own description, else that of what it stands behind."""
    config = known[name]
    return config.spec or (_spec(config.behind, known) if config.behind else None)


def _check_notify(config: Config, named: Iterable[str]) -> None:
    """Whoever is told by `auditor notify` at the end of the night learns of a mistake at its beginning."""
    known = notifyconfig.places(config.environments)
    notifyconfig.check(config.notify, [*known, *(n for n in named if n not in config.environments)] if known else ())


def _deadline(flags: Flags, config: Config) -> float:
    if flags.deadline is not None:
        return duration(flags.deadline, "--deadline")
    return 1800.0 if config.deadline is None else duration(config.deadline, "deadline")


def _check_given(flags: Flags) -> None:
    """An empty text is what an unset shell variable leaves; to take the default instead could audit another thing."""
    for name in ("spec", "config", "mode", "out", "fail_on", "rate", "deadline", "ref_root", "new_since", "lang"):
        if getattr(flags, name) == "":
            where = "SPEC" if name == "spec" else "--" + name.replace("_", "-")
            raise UsageError("is empty", where=where, hint="leave it out for the default, or check the shell variable")
    if flags.ref_root is not None and not Path(flags.ref_root).is_dir():
        raise UsageError(f"{flags.ref_root!r} is no folder", where="--ref-root", hint="the folder that $ref may read")


def _environments(flags: Flags, config: Config) -> list[tuple[str, EnvironmentConfig]]:
    """Environments in promotion order: those of --env where given, completed by what the config says of them."""
    if not flags.env:
        if not config.environments:
            raise UsageError(
                "no environment given", hint="add --env prod=https://api.example.test/v1, or run auditor init SPEC"
            )
        return [(_name(n, "environments"), c) for n, c in config.environments.items()]
    found: dict[str, EnvironmentConfig] = {}
    for text in flags.env:
        name, separator, url = text.partition("=")
        if not separator or not url:
            raise UsageError(f"{public(text)!r} names no URL", where="--env", hint="--env NAME=URL")
        if _name(name, "--env") in found:
            raise UsageError(f"{name} is given twice", where="--env", hint="give each environment a name of its own")
        known = config.environments.get(name)
        found[name] = known.model_copy(update={"url": url}) if known else EnvironmentConfig.model_validate({"url": url})
    return list(found.items())


def _name(name: str, where: str) -> str:
    if not _NAME.match(name):
        raise UsageError(
            f"{name[:80]!r} is no environment name", where=where, hint="letters, digits, . _ - (at most 64)"
        )
    return name


def _environment(
    position: int, name: str, config: EnvironmentConfig, flags: Flags, extra: tuple[tuple[str, str], ...],
    environ: Mapping[str, str], servers: tuple[tuple[str, Origin, str], ...],
) -> Environment:  # fmt: skip
    where = f"environments.{name}"
    given_as = f"--env {name}" if flags.env else f"{where}.url"
    # What came out of a variable may be a secret in the wrong place.
    shown = config.url if VARIABLE.search(config.url) else None
    origin, base = parse_url(expand(config.url, environ, given_as), given_as, shown)
    given_here = config.headers.items()
    fixed = tuple((header_name(k, where), secret_value(v, environ, f"{where}.headers.{k}")) for k, v in given_here)
    given = {k.lower() for k, _ in extra}
    mode = effective_mode(name, flags.mode, flags.env, config)
    defaults = Limits()
    rate, rate_at = (flags.rate, "--rate") if flags.rate is not None else (config.rate, f"{where}.rate")
    timeouts = {"connect_timeout": config.connect_timeout, "probe_timeout": config.probe_timeout}
    seconds = {k: duration(v, f"{where}.{k}") for k, v in timeouts.items() if v is not None}
    limits = Limits(
        rate=parse_rate(rate, rate_at) if rate is not None else defaults.rate,
        concurrency=flags.concurrency or config.concurrency or defaults.concurrency,
        connect_timeout=seconds.get("connect_timeout", defaults.connect_timeout),
        probe_timeout=seconds.get("probe_timeout", defaults.probe_timeout),
        retries=defaults.retries if config.retries is None else config.retries,
        repeat=defaults.repeat if config.repeat is None else config.repeat,
    )
    if (fixed or extra) and origin.scheme == "http" and not origin.is_loopback and not config.allow_plaintext:
        raise ConfigError("its header fields would go over plain http to another machine", where=given_as,
                          hint="use https, or say allow_plaintext: true for this environment")  # fmt: skip
    named = build_source(config.build, f"{where}.build")
    return Environment(
        name=name, url=origin.text + base, origin=origin, base_path=base, mode=mode, position=position,
        inert_forms=_forms(config.inert_forms, f"environments.{name}.inert_forms"),
        headers=tuple((k, v) for k, v in fixed if k.lower() not in given) + extra, limits=limits,
        allow_plaintext=config.allow_plaintext, ca_file=config.ca_file, client_cert=config.client_cert,
        client_key=config.client_key, proxy=expand(config.proxy, environ, f"{where}.proxy") if config.proxy else None,
        host=config.host, behind=config.behind, keep_bodies=config.keep_bodies, servers=servers,
        build_header=named.header, build_url=named.url, build_pointer=named.pointer,
        served_spec=served_target(config.served_spec, f"{where}.served_spec"),
        cors_origin=_cors_origin(config.cors_origin, f"{where}.cors_origin", [*config.headers, *given]),
    )  # fmt: skip


def _cors_origin(text: str | None, where: str, given: Sequence[str]) -> str | None:
    """The origin that preflights name, as a browser would write it."""
    if text is None:
        return None
    if "origin" in {name.lower() for name in given}:
        raise ConfigError("Origin is given among the header fields, too", where=where, hint="leave one of them out")
    return cors_origin(text, where)


def _forms(texts: Sequence[str], where: str) -> tuple[str, ...]:
    """The forms that the operator lets out besides the unfinished request."""
    for text in texts:
        if text not in COMPLETE_FORMS:
            raise ConfigError(f"{text[:40]!r} is no form", where=where, hint="one of " + ", ".join(COMPLETE_FORMS))
    return tuple(f for f in COMPLETE_FORMS if f in texts)


def _excludes(patterns: Sequence[str], by: str, key: str | None = None) -> tuple[Exclude, ...]:
    """`by` is how the report calls them; `key` the list of auditor.yaml that they stand in."""
    found = []
    for i, pattern in enumerate(patterns):
        try:
            found.append(Exclude(parse_glob(pattern), f"{by} {pattern!r}"))
        except ValueError as error:
            where = f"{key}.{i}" if key else by
            raise ConfigError(str(error), where=where, hint="for example '/admin/**' or 'GET /a/*'") from None
    return tuple(found)


def _rules(rules: Mapping[str, str]) -> dict[str, str]:
    for rule, level in rules.items():
        if level not in (*SEVERITIES, "off"):
            raise ConfigError(f"{level!r} is no level", where=f"rules.{rule}", hint="off, info, warning or error")
    return dict(rules)


def output_formats(texts: Sequence[str]) -> tuple[tuple[str, str | None], ...]:
    """What --format asks for: (kind, path or None). UsageError where a kind is not known."""
    found = []
    for text in texts:
        kind, separator, path = text.partition("=")
        if kind not in FORMATS or (separator and not path):
            raise UsageError(
                f"{text!r} is no format", where="--format", hint="KIND[=PATH], KIND one of " + ", ".join(FORMATS)
            )
        found.append((kind, path or None))
    return tuple(found)


def _shown(
    flags: Flags, config: Config, name: str, environments: tuple[Environment, ...]
) -> tuple[tuple[str, str, str], ...]:
    rows = []
    for key in ("fail_on", "min_decided", "deadline", "out"):
        flag, set_ = getattr(flags, key), getattr(config, key)
        origin = "flag" if flag is not None else name if set_ is not None else "default"
        default = {"fail_on": "error", "min_decided": "0", "deadline": "30m", "out": "drift-report"}[key]
        rows.append(
            (key.replace("_", "-"), str(flag if flag is not None else set_ if set_ is not None else default), origin)
        )
    for e in environments:
        names = ", ".join(k for k, _ in e.headers) or "none"
        limits = f"{e.limits.rate:g}/s, {e.limits.concurrency} at once"
        rows.append((f"{e.name}", f"mode {e.mode}, {limits}, header fields given: {names}", "flag or config"))
    return tuple(rows)


def environ() -> Mapping[str, str]:
    """The process environment, read once."""
    return dict(os.environ)
