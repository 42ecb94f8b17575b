"""The tables of the README that come from the program; `python -m tests.readme_tables` writes them anew.

A table stands between `<!-- table: NAME -->` and `<!-- end -->`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import typer.main

from auditor import configschema
from auditor.cli import app
from auditor.differ.catalogue import rules
from auditor.differ.output import FORMATS
from auditor.model.cell import REMEDIES

README = Path(__file__).resolve().parent.parent / "README.md"
_TABLE = re.compile(r"(<!-- table: ([a-z-]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def table(*rows: tuple[str, ...]) -> str:
    """A Markdown table; the first row is its head."""
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]]) + "\n"


def rules_table() -> str:
    """Every rule of the catalogue."""
    found = ((f"`{r.id}`", str(r.severity), r.title, r.source) for r in rules())
    return table(("rule", "level", "says", "stands on"), *found)


def reasons_table() -> str:
    """Every reason for not judging, and what to do about it."""
    return table(("reason", "what would settle it"), *((f"`{r}`", text) for r, text in REMEDIES.items()))


def options_table() -> str:
    """The options of `auditor audit`."""
    return table(("option", "meaning"), *((f"`{name}`", text) for name, text in _options("audit")))


def commands_table() -> str:
    """Every command; groups with their commands."""
    return table(("command", "does"), *((f"`auditor {name}`", text) for name, text in _commands(_root(), "")))


def formats_table() -> str:
    """What `--format` knows, and where it goes without a PATH."""
    places = {f.kind: f"`{f.filename}`" if f.filename else "standard output" for f in FORMATS.values()}
    return table(("KIND", "goes to", "is"), *((f"`{f.kind}`", places[f.kind], f.about) for f in FORMATS.values()))


def keys_table() -> str:
    """Every key of auditor.yaml, from its schema."""
    return table(("key", "type", "default", "meaning"), *_keys())


TABLES: dict[str, Callable[[], str]] = {
    "rules": rules_table,
    "reasons": reasons_table,
    "options": options_table,
    "commands": commands_table,
    "formats": formats_table,
    "keys": keys_table,
}


def found(text: str) -> dict[str, str]:
    """Name → table as the README has it."""
    return {match[2]: match[3] for match in _TABLE.finditer(text)}


def rewritten(text: str) -> str:
    """The README with every table as the program says it."""
    return _TABLE.sub(lambda m: m[1] + TABLES[m[2]]() + m[4], text)


def _root() -> Any:
    """The command as click sees it: newer typers carry a click of their own, so no class of it is named here."""
    return typer.main.get_command(app)


def _commands(group: Any, prefix: str) -> Iterator[tuple[str, str]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{prefix}{name} ")
        else:
            yield prefix + name, (command.help or "").split("\n\n")[0]


def _options(command: str) -> Iterator[tuple[str, str]]:
    for option in _root().commands[command].params:
        if option.param_type_name == "option":
            value = "" if option.is_flag else f" {option.metavar or option.name.upper()}"
            yield option.opts[0] + value + (" …" if option.multiple else ""), option.help or ""


def _keys() -> Iterator[tuple[str, str, str, str]]:
    schema = configschema.schema()
    secret, environment = schema["$defs"]["SecretSource"], schema["$defs"]["EnvironmentConfig"]
    build = schema["$defs"]["BuildConfig"]
    places = ((schema, ""), (environment, "environments.*."), (build, "environments.*.build."),
              (secret, "environments.*.headers.*."))  # fmt: skip
    lists = ((schema["$defs"]["WaiverConfig"], "waivers.*."), (schema["$defs"]["NotifyConfig"], "notify.*."))
    for place, prefix in (*places, *lists):
        for name, node in place["properties"].items():
            required = name in place.get("required", ())
            default = "(required)" if required else _default(node)
            yield f"`{prefix}{name}`", _type(node), default, node["description"]


def _default(node: dict[str, Any]) -> str:
    value = node.get("default")
    return "" if value in (None, "", {}, []) else f"`{'false' if value is False else value}`"


def _type(node: dict[str, Any]) -> str:
    if "enum" in node and len(node["enum"]) > 8:
        return "rule"
    if "enum" in node:
        return ", ".join(map(str, node["enum"]))
    if "anyOf" in node:
        return " or ".join(t for t in map(_type, node["anyOf"]) if t != "null")
    kind = str(node.get("type", "object"))  # a reference to a mapping
    return {"array": "list", "object": "mapping", "string": "text"}.get(kind, kind)


if __name__ == "__main__":
    README.write_text(rewritten(README.read_text(encoding="utf-8")), encoding="utf-8")
