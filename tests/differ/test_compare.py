"""compare: settings, silence, order, and joining paths across environments and contracts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.differ.catalogue import rules
from auditor.differ.compare import compare
from auditor.differ.subject import Subject
from auditor.model.fact import EnvironmentFacts
from auditor.model.finding import Finding
from tests.differ.cases import GOLDEN, read_case, subject

MISSING = "unsupported inferred get"
CASES = sorted(GOLDEN.glob("*/*.json"))


def two_missing(**more: Any) -> Subject:
    return subject({
        "spec": {"/orders": ["GET", "POST"]},
        "environments": {"stage": {
            "exchanges": {"get": "GET /orders for /orders -> 404"},
            "paths": {"/orders": {"routed": False}},
            "cells": {"GET /orders": MISSING, "POST /orders": MISSING},
        }},
        **more,
    })  # fmt: skip


def said(findings: tuple[Finding, ...]) -> list[str]:
    return [f"{f.severity} {f.rule} {','.join(f.methods)}" for f in findings]


def test_one_missing_path_is_one_finding() -> None:
    assert said(compare(two_missing())) == ["error path-missing GET,POST"]


def test_a_rule_that_is_off_neither_speaks_nor_silences() -> None:
    found = compare(two_missing(settings={"path-missing": "off"}))
    assert said(found) == ["error documented-method-missing GET", "error documented-method-missing POST"]


def test_a_setting_replaces_the_severity() -> None:
    assert said(compare(two_missing(settings={"path-missing": "info"}))) == ["info path-missing GET,POST"]
    served = {
        "spec": {"/orders": ["GET"]}, "settings": {"undocumented-method-served": "info"},
        "environments": {"stage": {"cells": {"DELETE /orders": "supported observed: routed"}}},
    }  # fmt: skip
    assert said(compare(subject(served))) == ["info undocumented-method-served DELETE"]


def test_a_missing_path_silences_its_own_environment_only() -> None:
    case = {
        "spec": {"/orders": ["GET"]},
        "environments": {
            "dev": {"paths": {"/orders": {"routed": False}}, "cells": {"GET /orders": MISSING.replace(" get", "")}},
            "stage": {
                "paths": {"/orders": {"routed": True}},
                "cells": {"GET /orders": "unsupported observed: refused"},
            },
        },
    }
    found = compare(subject(case))
    assert {f.rule: f.environments for f in found} == {
        "path-missing": ("dev",), "documented-method-missing": ("stage",),
    }  # fmt: skip


def test_a_parameter_with_another_name_is_the_same_path_in_another_contract() -> None:
    case = {
        "specs": {"now": {"/orders/{id}": ["DELETE"]}, "next": {"/orders/{orderId}": ["DELETE"]}},
        "environments": {
            "dev": {"spec": "next", "cells": {"DELETE /orders/{orderId}": "unsupported observed: refused"}},
            "prod": {"spec": "now", "cells": {"DELETE /orders/{id}": "unsupported observed: refused"}},
        },
    }
    (found,) = compare(subject(case))
    assert found.environments == ("dev", "prod")
    assert found.path == "/orders/{orderId}"
    assert found.location is not None
    assert found.location.file == "next.yaml"


def test_a_method_is_judged_by_the_contract_of_its_own_environment() -> None:
    case = {
        "specs": {"now": {"/orders": ["GET"]}, "next": {"/orders": ["GET", "PATCH"]}},
        "environments": {
            "dev": {"spec": "next", "cells": {"PATCH /orders": "supported advertised: named"}},
            "prod": {"spec": "now", "cells": {"PATCH /orders": "supported advertised: named"}},
        },
    }
    (found,) = compare(subject(case))
    assert (found.rule, found.environments) == ("undocumented-method-served", ("prod",))


def test_undetermined_cells_make_no_drift() -> None:
    cells = {f"{m} /orders": "undetermined unreachable" for m in ("GET", "POST", "DELETE")}
    case = {
        "spec": {"/orders": ["GET", "POST"]},
        "environments": {s: {"state": s, "cells": cells} for s in ("unreachable", "deadline", "interrupted")},
    }
    assert compare(subject(case)) == ()


def test_the_finding_of_one_environment_rule_lists_all_environments() -> None:
    case = {
        "spec": {"/orders": ["GET"]},
        "environments": {n: {"facts": {"catch_all": True}, "cells": {}} for n in ("dev", "stage")},
    }
    (found,) = compare(subject(case))
    assert (found.rule, found.environments, found.path) == ("catch-all", ("dev", "stage"), None)


def test_worst_first_and_whole_environments_before_paths() -> None:
    case = {
        "spec": {"/b": ["GET"], "/a": ["GET"]},
        "environments": {"stage": {
            "facts": {"catch_all": True},
            "exchanges": {"ctl": "REPORT /a for /a -> 405"},
            "cells": {"GET /b": "unsupported observed: r", "GET /a": "unsupported observed: r",
                      "PUT /a": "supported observed: r"},
        }},
    }  # fmt: skip
    assert [f"{f.rule} {f.path or '-'}" for f in compare(subject(case))] == [
        "documented-method-missing /a", "undocumented-method-served /a", "documented-method-missing /b", "catch-all -",
        "allow-missing /a",
    ]  # fmt: skip


def test_fingerprints_are_unique_in_every_case() -> None:
    for path in CASES:
        prints = [f.fingerprint for f in compare(read_case(path))]
        assert len(prints) == len(set(prints)), path


def test_every_finding_is_whole() -> None:
    for finding in (f for path in CASES for f in compare(read_case(path))):
        assert finding.symptom.endswith(".")
        assert finding.title
        assert len(finding.root_causes) >= 2
        assert finding.environments == tuple(dict.fromkeys(o.environment for o in finding.occurrences))
        assert all(o.detail for o in finding.occurrences)
        assert "  " not in finding.symptom + finding.diagnosis
        assert finding.diagnosis == finding.diagnosis.strip() != ""


@settings(max_examples=40)
@given(data=st.data(), path=st.sampled_from(CASES))
def test_the_order_of_cells_and_facts_does_not_matter(data: st.DataObject, path: Any) -> None:
    case = read_case(path)
    cells = tuple(data.draw(st.permutations(case.cells)))
    facts = dict(data.draw(st.permutations(list(case.facts.items()))))
    assert compare(replace(case, cells=cells, facts=facts)) == compare(case)


def test_every_rule_can_be_turned_off() -> None:
    off = {r.id: "off" for r in rules()}
    assert all(compare(replace(read_case(path), settings=off)) == () for path in CASES)


def causes(spec: dict[str, list[str]], cells: dict[str, str]) -> list[str]:
    return [f.cause for f in compare(subject({"spec": spec, "environments": {"stage": {"cells": cells}}}))]


def test_a_method_refused_on_every_path_that_documents_it_has_one_cause() -> None:
    spec = {"/a": ["DELETE"], "/b": ["DELETE"], "/c": ["GET"]}
    refused = {"DELETE /a": "unsupported observed: r", "DELETE /b": "unsupported observed: r"}
    assert causes(spec, refused) == ["documented-method-missing:stage:DELETE"] * 2
    assert causes({**spec, "/d": ["DELETE"]}, {**refused, "DELETE /d": "supported observed: r"}) == [
        "documented-method-missing:stage:DELETE /a", "documented-method-missing:stage:DELETE /b",
    ]  # fmt: skip


def test_the_likelier_root_cause_of_a_blanket_refusal_is_a_gateway() -> None:
    case = {"spec": {"/a": ["DELETE"], "/b": ["DELETE"]}, "environments": {
        "stage": {"cells": {f"DELETE /{p}": "unsupported observed: r" for p in "ab"}}}}  # fmt: skip
    likely = [c.text for c in compare(subject(case))[0].root_causes if c.likelihood == "high"]
    assert any("none of the 2 paths" in text for text in likely)


def test_of_two_twins_the_one_that_documents_a_method_speaks_for_it() -> None:
    case = {
        "spec": {"/a/{x}": ["PUT"], "/a/{y}": ["GET"]},
        "environments": {"stage": {"cells": {
            "GET /a/{x}": "undetermined no-known-object", "GET /a/{y}": "unsupported observed: r",
            "PUT /a/{x}": "supported observed: r", "PUT /a/{y}": "undetermined no-known-object",
        }}},
    }  # fmt: skip
    (found,) = compare(subject(case))
    assert (found.rule, found.methods) == ("documented-method-missing", ("GET",))


def test_a_rule_on_environments_is_silenced_by_one_on_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    quiet = tuple(replace(r, silenced_by=("path-missing",)) if r.id == "catch-all" else r for r in rules())
    case = two_missing()
    facts = {"stage": replace(case.facts["stage"], environment=EnvironmentFacts("stage", catch_all=True))}
    both = replace(case, facts=facts)
    assert [f.rule for f in compare(both)] == ["path-missing", "catch-all"]
    monkeypatch.setattr("auditor.differ.compare.rules", lambda: quiet)
    assert [f.rule for f in compare(both)] == ["path-missing"]


def test_a_missing_path_is_no_witness_for_a_blanket_refusal() -> None:
    case = {"spec": {"/a": ["DELETE"], "/b": ["DELETE"]}, "environments": {"stage": {
        "paths": {"/b": {"routed": False}},
        "cells": {"DELETE /a": "unsupported observed: r", "DELETE /b": "unsupported inferred: r"},
    }}}  # fmt: skip
    assert [f.cause for f in compare(subject(case))] == [
        "documented-method-missing:stage:DELETE /a", "path-missing:stage",
    ]  # fmt: skip


def test_a_404_is_no_wrong_refusal_where_the_path_may_not_exist() -> None:
    case = {"spec": {"/orders": ["POST"]}, "environments": {"stage": {
        "exchanges": {"get": "GET /orders for /orders -> 404"}, "paths": {"/orders": {"routed": None}},
        "cells": {"GET /orders": "unsupported observed get: r", "POST /orders": "undetermined mode-forbids"},
    }}}  # fmt: skip
    assert compare(subject(case)) == ()
    case["environments"]["stage"]["cells"]["POST /orders"] = "supported advertised: r"  # type: ignore[index]
    assert [f.rule for f in compare(subject(case))] == ["wrong-refusal-status"]


def test_redirects_to_differ_are_told_once() -> None:
    def redirects(status: int) -> dict[str, Any]:
        return {
            "exchanges": {
                m: f"{m} /orders for /orders -> {status}; Location: /orders/" for m in ("GET", "REPORT")
            },
            "cells": {"GET /orders": "unsupported observed GET: redirects to /orders/"},
        }  # fmt: skip

    case = {"spec": {"/orders": ["POST"]}, "environments": {"dev": redirects(301), "prod": redirects(307)}}
    (found,) = [f for f in compare(subject(case)) if f.rule == "environments-disagree"]
    assert [o.detail for o in found.occurrences] == [
        "GET is redirected (301, slash)", "GET is redirected (307, slash)",
    ]  # fmt: skip


def test_the_same_allow_in_another_order_reads_the_same() -> None:
    case = {"spec": {"/orders": ["PUT"]}, "environments": {
        name: {"exchanges": {"o": f"OPTIONS /orders for /orders -> 200; Allow: {allow}"},
               "cells": {"PUT /orders": "unsupported advertised o: r"}}
        for name, allow in (("dev", "POST, GET"), ("prod", "GET, POST"))
    }}  # fmt: skip
    assert compare(subject(case))[0].symptom.endswith("do not support it: not in Allow: GET, POST.")
