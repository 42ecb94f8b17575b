"""Every phrase that a report or the index of many may say: those in code and templates, and those put together."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

from jinja2 import nodes

from auditor.differ.output import html, kinds, matrix, promotion_view, words
from auditor.differ.output.language import Language, load
from auditor.differ.output.site import problems, standing
from auditor.model.finding import Confidence, Severity
from auditor.resources import data_dir

PACKAGE = Path(html.__file__).parent
TEMPLATES = [data_dir("templates") / name for name in ("report", "site")]

Found = tuple[frozenset[str], frozenset[tuple[str, str]]]


def needed() -> Found:
    """Phrases, and pairs of the forms that numbers take."""
    calls = [*_in_code(), *_in_templates()]
    phrases = {args[0] for name, args in calls if name in ("tr", "_") and args}
    pairs = {(args[0], args[1]) for name, args in calls if name in ("trn", "_n") and len(args) == 2}
    nouns = {args[0] for name, args in calls if name == "plural" and args}
    pairs |= {("{n} " + noun, "{n} " + noun + "s") for noun in nouns | {"error", "warning", "info", "waived finding"}}
    pairs |= {("{n} " + one, "{n} " + many) for one, many in promotion_view.NOUNS.values()}
    return frozenset(phrases | set(_of_lists())), frozenset(pairs)


def _of_lists() -> Iterator[str]:
    """Words of closed lists, which are looked up by a variable."""
    yield from (text for _, _, text in matrix.LEGEND)
    yield from (matrix.UNSAID, matrix.ACCEPTED)
    yield from kinds.KINDS
    yield from (text for text, _ in chain(words.STATES.values(), words.EFFECTS.values()))
    yield from (text for text, _ in promotion_view.VERDICTS.values())
    yield from chain(words.MODES.values(), words.REASONS.values(), words.BASES.values())
    yield from promotion_view._FOR_CALLERS.values()
    yield from (str(b) for b in words.BASES if b != "observed")
    yield from (str(s) for s in Severity)
    yield from (f"{c} confidence" for c in Confidence)
    yield from ("and", "supported", "not supported", "not judged")
    yield from words.MONTHS
    yield from problems.PROBLEMS
    yield from chain(standing.NAMES.values(), (name.lower() for name in standing.NAMES.values()))
    yield from standing.SEVERITY
    yield from (word.lower() for word in standing.SEVERITY if word not in standing.WORDS or word == "Cannot say")


def _in_code() -> Iterator[tuple[str, list[str]]]:
    for file in sorted([*PACKAGE.glob("*.py"), *(PACKAGE / "site").glob("*.py")]):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        constants = {
            t.id: n.value.value
            for n in ast.walk(tree)
            if isinstance(n, ast.Assign) and isinstance(n.value, ast.Constant) and isinstance(n.value.value, str)
            for t in n.targets
            if isinstance(t, ast.Name)
        }
        pairs = {
            t.id: [e.value for e in n.value.elts if isinstance(e, ast.Constant)]
            for n in ast.walk(tree)
            if isinstance(n, ast.Assign) and isinstance(n.value, ast.Tuple)
            for t in n.targets
            if isinstance(t, ast.Name)
        }
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            if node.func.id in ("tr", "trn") or (node.func.id == "plural" and _on_a_page(file)):
                texts: list[str] = []
                for a in node.args:
                    for part in ast.walk(a.value) if isinstance(a, ast.Starred) else [a]:
                        texts += _texts(part, constants, pairs)
                yield node.func.id, texts


PAGE_ONLY = frozenset({"page.py", "headline.py", "html_cards.py", "evidence.py", "matrix.py", "unjudged.py", "todo.py"})
"""Files whose counts stand on the page; those of other formats stay English."""


def _on_a_page(file: Path) -> bool:
    return file.parent.name == "site" or file.name in PAGE_ONLY


def _texts(node: ast.AST, constants: dict[str, str], pairs: dict[str, list[str]]) -> list[str]:
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, ast.Name):
        return [constants[node.id]] if node.id in constants else pairs.get(node.id, [])
    if isinstance(node, ast.IfExp):
        return [*_texts(node.body, constants, pairs), *_texts(node.orelse, constants, pairs)]
    return []


def _in_templates() -> Iterator[tuple[str, list[str]]]:
    env = html.environment(TEMPLATES[0])
    for file in sorted(file for folder in TEMPLATES for file in folder.glob("*.j2")):
        tree = env.parse(file.read_text(encoding="utf-8"))
        for call in tree.find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name in ("_", "_n"):
                yield call.node.name, [a.value for a in call.args if isinstance(a, nodes.Const)]
        for found in tree.find_all(nodes.Filter):
            if found.name == "plural":
                yield "plural", [a.value for a in found.args if isinstance(a, nodes.Const)]


def watching(tag: str) -> tuple[Language, set[str]]:
    """A language, and the set into which go the phrases that are asked of it and that it lacks."""
    missed: set[str] = set()

    class Watched(dict[str, Any]):
        def get(self, key: str, default: Any = None) -> Any:
            if key not in self:
                missed.add(key)
            return super().get(key, default)

    known = load(tag)
    return replace(known, phrases=Watched(known.phrases), plurals=Watched(known.plurals)), missed
