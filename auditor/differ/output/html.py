"""`report.html`: one file that reads from top to bottom, also where scripts and styles are blocked.

Nothing a server or a description says can act in it: every expression is made visible (`escape.visible`) and then
escaped by Jinja; no link is made from such text; the policy in the page allows its own style and script only, by hash.
"""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from auditor import __version__
from auditor.differ.output import report_json
from auditor.differ.output.escape import visible, visible_lines
from auditor.differ.output.evidence import Block
from auditor.differ.output.html_paper import page_heads
from auditor.differ.output.html_words import path, prose
from auditor.differ.output.language import number, speaking, spoken, tr, trn
from auditor.differ.output.page import moment, page
from auditor.differ.output.words import listing, plural, sentence
from auditor.model.report import Report
from auditor.resources import data_dir

MAX_DATA = 2_000_000
"""Bytes of machine data in the page; with more it is left to report.json, and the page says so."""


def render(report: Report) -> bytes:
    """The whole page in UTF-8, in the report's language. The same report gives the same bytes."""
    with speaking(report.language):
        return _render(report)


def _render(report: Report) -> bytes:
    folder = data_dir("templates") / "report"
    css, script = asset(folder / "report.css"), asset(folder / "report.js")
    data, shown = _inert(report), page(report)
    css += page_heads(shown.head.line, shown.eyebrow[0], f"{shown.when} · run {report.run.id}")
    html = environment(folder).get_template("page.html.j2").render(
        page=shown,
        css=Markup(css),  # noqa: S704 - our own file, and strings whose every delimiter is an escape
        script=Markup(script),  # noqa: S704 - our own file
        policy=policy(css, script),
        data=Markup(data) if len(data) <= MAX_DATA else None,  # noqa: S704 - every delimiter is an escape
        data_size=len(data),
        version=__version__,
        language=spoken(),
    )  # fmt: skip
    return html.encode("utf-8")


def environment(folder: Path) -> Environment:
    """Jinja with autoescape for every template: its own choice by file ending would leave `.j2` unescaped (P29)."""
    env = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    env.filters.update(
        prose=prose, path=path, plural=plural, listing=listing, sentence=sentence, moment=moment, number=number
    )
    env.globals.update({"_": tr, "_n": trn, "foreign": _foreign})
    return env


def _foreign() -> Markup:
    """Marks what a rule, a server or a description says, where the page speaks another language (WCAG 3.1.2)."""
    return Markup("") if spoken() == "en" else Markup(' lang="en"')


def _shown(value: Any) -> Any:
    """What every `{{ expression }}` passes through before it is escaped."""
    if isinstance(value, Markup):
        return value
    if isinstance(value, Block):
        return visible_lines(value)
    if value is None:
        return ""
    return visible(str(value))


def asset(file: Path) -> str:
    """A style or a script of ours, which cannot end the element it is put into."""
    text = file.read_text(encoding="utf-8")
    if "</s" in text.lower():
        raise ValueError(f"{file.name} must not hold the end of the element it is put into")
    return text


def policy(css: str, script: str) -> str:
    """The Content-Security-Policy: nothing is fetched, and only our own two elements apply (CSP3 §8.4, hashes)."""
    style_hash, script_hash = (
        "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'" for text in (css, script)
    )
    return f"default-src 'none'; style-src {style_hash}; script-src {script_hash}; base-uri 'none'; form-action 'none'"


def _inert(report: Report) -> str:
    """The report as JSON that cannot end its element or begin a comment in it (PROMISES P30)."""
    text = json.dumps(report_json.to_dict(report), separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e").replace("\x7f", "\\u007f")
