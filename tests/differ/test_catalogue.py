"""The catalogue: every rule is complete, and its id is final."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from auditor.differ.catalogue import Rule, rule, rules
from auditor.errors import ConfigError
from auditor.explaining import explain
from auditor.model.finding import Severity

FINAL = {
    "allow-missing": "warning", "allow-wrong": "warning", "auth-hides-methods": "info", "base-path-wrong": "error",
    "catch-all": "warning", "documented-method-missing": "error", "environment-redirects": "warning",
    "environments-disagree": "info", "path-missing": "error", "redirect-changes-method": "warning",
    "gateway-blocks-method": "error", "head-not-supported": "info", "options-unanswered": "info",
    "preflight-omits-method": "warning", "preflight-promises-too-much": "info", "trace-enabled": "warning",
    "media-type-decides-method": "warning", "redirect-on-path": "info", "response-mismatch": "warning",
    "server-error": "error",
    "undocumented-method-served": "warning", "undocumented-status": "warning", "wrong-refusal-status": "info",
}  # fmt: skip
"""Ids and default severities of DESIGN §9: waivers, fingerprints and configurations hold them."""


def test_ids_and_default_severities_are_those_that_others_rely_on() -> None:
    assert FINAL.items() <= {r.id: r.severity.value for r in rules()}.items()


def test_ids_are_sorted_unique_and_name_their_file() -> None:
    ids = [r.id for r in rules()]
    assert ids == sorted(set(ids))
    assert [r.check.__module__.rsplit(".", 1)[1] for r in rules()] == [i.replace("-", "_") for i in ids]


@pytest.mark.parametrize("each", rules(), ids=lambda r: r.id)
def test_texts_are_complete(each: Rule) -> None:
    assert len(each.root_causes) >= 2
    ranks = [c.likelihood.rank for c in each.root_causes]
    assert ranks == sorted(ranks), "most likely first"
    assert each.fixes
    assert {f.effort for f in each.fixes} <= {"easy", "medium", "hard"}
    sentences = [each.explanation, each.diagnosis, each.prevention, *(c.text for c in each.root_causes)]
    assert all(len(s) > 20 and s.endswith(".") for s in sentences)
    assert each.source.startswith(("RFC ", "OpenAPI ", "Fetch, "))
    assert each.title
    assert isinstance(each.severity, Severity)


PARTS = ("Symptom", "Root causes", "Diagnosis", "Fixes", "Prevention", "In the logs", "Source")


def _parts(text: str) -> dict[str, str]:
    """Part of an explanation → its text, as one line."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines()[3:]:
        if line and not line.startswith(" "):
            found[line] = []
        elif line:
            next(reversed(found.values())).append(line.strip())
    return {head: " ".join(lines) for head, lines in found.items()}


@pytest.mark.parametrize("each", rules(), ids=lambda r: r.id)
def test_explain_has_every_part_in_order_and_each_is_a_sentence(each: Rule) -> None:
    found = _parts(explain(each))
    assert tuple(p for p in found if p not in ("Silent where", "On your stack")) == PARTS
    for part in PARTS[:-1]:
        items = re.split(r"(?:^|\s)- (?=[a-z]+(?:, [a-z]+)?: )", found[part])
        for item in filter(None, items):
            said = re.sub(r"^[a-z]+(?:, [a-z]+)?: ", "", item)
            assert len(said.split()) >= 4, (part, said)
            assert said[0].isupper() or said.startswith("`"), (part, said)
            assert said.endswith("."), (part, said)


def test_what_silences_a_rule_is_a_rule() -> None:
    ids = {r.id for r in rules()}
    assert {s for r in rules() for s in r.silenced_by} <= ids


def test_an_unknown_id_names_its_neighbours() -> None:
    assert rule("path-missing").scope == "path"
    with pytest.raises(ConfigError) as error:
        rule("allow-mising")
    assert "allow-missing" in str(error.value.hint)
    with pytest.raises(ConfigError) as error:
        rule("zzz")
    assert "auditor rules" in str(error.value.hint)


def test_the_catalogue_needs_nothing_heavy() -> None:
    code = "import sys; from auditor.differ.catalogue import rules; rules(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"jinja2", "httpx", "openapi_core", "yaml", "socket", "asyncio"} & set(done.stdout.split())
