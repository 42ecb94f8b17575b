"""Expressions of GitHub Actions, evaluated by GitHub's own library (npm `@actions/expressions`)."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

from tests import needs
from tests.command import ROOT

SCRIPT = ROOT / "tests" / "servers" / "node" / "expressions.mjs"
_PLACE = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_STATUS = re.compile(r"\b(?:always|success|failure|cancelled)\s*\(")
SECONDS = 60

Contexts = Mapping[str, Any]


def filled(texts: Mapping[str, Any], contexts: Contexts) -> dict[str, str]:
    """`texts` with the value of every `${{ }}`, as `env`, `with` and outputs have them."""
    written = {name: _scalar(value) for name, value in texts.items()}
    places = [m[1] for text in written.values() for m in _PLACE.finditer(text)]
    values = iter(_evaluate(places, contexts))
    return {name: _PLACE.sub(lambda _: next(values), text) for name, text in written.items()}


def holds(condition: Any, contexts: Contexts, failed: bool) -> bool:
    """Whether a step with this `if` runs; one that asks for no status runs only where nothing failed."""
    if condition is None:
        return not failed
    text = _PLACE.sub(r"\1", _scalar(condition))
    asked = text if _STATUS.search(text) else f"success() && ({text})"
    return _evaluate([f"!!({asked})"], contexts, failed) == ["true"]


def _scalar(value: Any) -> str:
    """A YAML scalar as the runner reads it."""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _evaluate(expressions: Sequence[str], contexts: Contexts, failed: bool = False) -> list[str]:
    if not expressions:
        return []
    done = subprocess.run(
        [needs.find("node") or "node", str(SCRIPT)],
        input=json.dumps({"contexts": contexts, "failed": failed, "expressions": expressions}),
        capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{expressions}\n{done.stderr}"
    values: list[str] = json.loads(done.stdout)
    return values
