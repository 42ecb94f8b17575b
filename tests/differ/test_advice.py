"""What a reader does first is right: fixes follow causes, a lie's cost is told, refused credentials are not lacking."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from auditor.differ.compare import compare
from auditor.differ.subject import Subject
from auditor.model.finding import Finding, Side
from tests.differ.cases import subject

SPEC = {"/a": ["GET", "DELETE"], "/b": ["GET", "DELETE"]}
SERVED = {f"{m} {p}": "supported observed: r" for p, ms in SPEC.items() for m in ms}


def case(environments: dict[str, Any], spec: dict[str, Any] | None = None) -> Subject:
    return subject({"spec": spec or SPEC, "environments": environments})


def said(rule: str, given: Subject) -> Finding:
    return next(f for f in compare(given) if f.rule == rule)


def only(rule: str, environments: dict[str, Any], spec: dict[str, Any] | None = None) -> Finding:
    return said(rule, case(environments, spec))


def sides(finding: Finding) -> list[str]:
    return [f.side for f in finding.fixes]


def test_what_a_gateway_refuses_is_mended_at_the_gateway_and_dropped_from_the_contract_last() -> None:
    prod = {"cells": {**SERVED, "DELETE /a": "unsupported advertised: r", "DELETE /b": "unsupported advertised: r"}}
    found = only("documented-method-missing", {"dev": {"cells": SERVED}, "prod": prod})
    assert found.root_causes[0].text.startswith("A gateway")
    assert sides(found) == [Side.GATEWAY, Side.SERVICE, Side.CONTRACT]


def test_what_another_build_lacks_is_mended_in_the_service() -> None:
    prod = {"cells": {**SERVED, "GET /a": "unsupported observed: r"}}
    found = only("documented-method-missing", {"dev": {"cells": SERVED}, "prod": prod})
    assert sides(found) == [Side.SERVICE, Side.GATEWAY, Side.CONTRACT]


def test_a_removal_that_may_be_meant_still_breaks_the_callers_of_the_others() -> None:
    spec = {"/a": [{"method": "GET", "deprecated": True}]}
    prod = {"cells": {"GET /a": "unsupported observed: r"}}
    found = only("documented-method-missing", {"dev": {"cells": {"GET /a": SERVED["GET /a"]}}, "prod": prod}, spec)
    assert sides(found)[-1] == Side.CONTRACT


def test_what_no_environment_serves_is_a_matter_of_the_contract() -> None:
    found = only("documented-method-missing", {"prod": {"cells": {**SERVED, "GET /a": "unsupported observed: r"}}})
    assert sides(found)[0] == Side.CONTRACT


def test_a_path_that_others_have_is_not_dropped_first() -> None:
    gone = {"paths": {"/a": {"routed": False}}, "cells": {f"{m} /a": "unsupported inferred: r" for m in SPEC["/a"]}}
    assert sides(only("path-missing", {"dev": gone, "prod": {"cells": SERVED}}))[-1] == Side.CONTRACT


def test_all_builds_are_named_or_none() -> None:
    def prod(build: str | None) -> str:
        cells = {**SERVED, "GET /a": "unsupported observed: r"}
        places = {"dev": {"cells": SERVED, "facts": {"build": "3"}}, "stage": {"cells": cells, "facts": {"build": "2"}},
                  "prod": {"cells": SERVED, "facts": {"build": build}}}  # fmt: skip
        return only("documented-method-missing", places).root_causes[0].text

    assert "than dev and prod (build 2, not 3 or 1)" in prod("1")
    assert "(build" not in prod(None)


def test_one_allow_is_given_in_one_order() -> None:
    prod = {"exchanges": {"o": "OPTIONS /a for /a -> 204; Allow: GET, DELETE, HEAD, PUT"},
            "cells": {"PUT /a": "supported advertised o: named in Allow: GET, DELETE, HEAD, PUT"}}  # fmt: skip
    assert only("undocumented-method-served", {"prod": prod}).diagnosis.count("Allow: GET, HEAD, PUT, DELETE") == 2


def lying(doubt: str) -> str:
    why = f"safe mode does not send it, and {doubt}"
    prod = {"facts": {"allow_doubt": doubt},
            "exchanges": {"c": "REPORT /a for /a -> 405; Allow: DELETE", "g": "GET /a for /a -> 200"},
            "cells": {**SERVED, "GET /a": "supported observed g: r", "DELETE /b": f"undetermined mode-forbids: {why}",
                      "DELETE /a": "undetermined mode-forbids: no such thing"}}  # fmt: skip
    return only("allow-wrong", {"prod": prod}).symptom


def test_a_lie_that_costs_verdicts_says_so() -> None:
    symptom = lying("GET /a is served, but its Allow does not name GET")
    assert symptom.endswith("Therefore no Allow of prod is believed, and 1 documented operation stays not judged.")


def test_a_lie_about_another_path_is_not_blamed_on_this_one() -> None:
    assert "Therefore" not in lying("GET /a/b is served, but its Allow does not name GET")
    assert "Therefore" not in lying("a path that does not exist is answered with an Allow, too")


def test_a_wrong_base_counts_what_was_asked_and_repeats_what_failed() -> None:
    prod = {"url": "http://prod.test/v1",
            "facts": {"base_path_wrong": True, "likely_base": "/api", "exchanges": ["guess", "sib"]},
            "exchanges": {"guess": "GET /api/a as base -> 200", "sib": "GET /v1/zz -> 404",
                          "get": "GET /v1/a for /a -> 404"}}  # fmt: skip
    found = only("base-path-wrong", {"prod": prod})
    assert "the one path asked (1 not asked) was not found under http://prod.test/v1" in found.symptom
    assert found.curl == "curl -i http://prod.test/v1/a"
    unasked = {**prod, "facts": {**prod["facts"], "exchanges": ["guess", "sib"]}}
    unasked["exchanges"] = {k: v for k, v in prod["exchanges"].items() if k != "get"}
    assert only("base-path-wrong", {"prod": unasked}).curl == "curl -i http://prod.test/v1/zz"


def test_a_path_that_was_skipped_was_not_looked_for() -> None:
    spec = {p: ["GET"] for p in ("/a", "/b", "/c")}
    prod = {"facts": {"base_path_wrong": True}, "exchanges": {x: f"GET /{x} for /{x} -> 404" for x in "ab"}}
    assert "none of 2 paths asked (1 not asked) was found" in only("base-path-wrong", {"prod": prod}, spec).symptom


def walled(*sent: tuple[str, str | None]) -> Finding:
    prod = {"exchanges": {"g": "GET /a for /a -> 401"}, "paths": {"/a": {"auth": True}},
            "cells": {"GET /a": "undetermined auth-wall g: r"}}  # fmt: skip
    given = case({"prod": prod})
    return said("auth-hides-methods", replace(given, exchanges={
        i: replace(x, sent_fields=(*x.sent_fields, *sent)) for i, x in given.exchanges.items()
    }))  # fmt: skip


def test_credentials_that_were_given_are_refused_not_lacking() -> None:
    found = walled(("Authorization", None))
    assert "The credentials given for prod were refused (401 on /a). Other credentials" in found.diagnosis
    assert found.root_causes[0].text.startswith("The credentials that were given are expired")
    assert found.fixes[0].text.startswith("Renew the credentials given")


def test_a_tenant_is_no_credential() -> None:
    found = walled(("X-Tenant", None))
    assert "refused" not in found.diagnosis
    assert found.fixes[0].text.startswith("--header")
