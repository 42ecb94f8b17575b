"""Root causes follow the evidence: who answered the refusal, on how many paths, under which build, and where else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from auditor.differ.compare import compare
from auditor.model.exchange import BodyTrace
from auditor.model.finding import Finding
from tests.differ.cases import subject

SPEC = {"/a": ["GET", "DELETE"], "/b": ["GET", "DELETE"]}
SERVED = {f"{m} {p}": "supported observed: r" for p, ms in SPEC.items() for m in ms}
OWN = "Server: shop; X-Build: 7"


def only(rule: str, environments: dict[str, Any], spec: dict[str, Any] | None = None) -> Finding:
    found = [f for f in compare(subject({"spec": spec or SPEC, "environments": environments})) if f.rule == rule]
    assert found
    return found[0]


def causes(finding: Finding) -> list[str]:
    return [f"{c.likelihood} {c.text}" for c in finding.root_causes]


def refusing(answer: str, *, everywhere: bool = False, build: str | None = None) -> dict[str, Any]:
    """GET /a is refused with `answer`, where the service itself answers as `OWN` says."""
    cells = {**SERVED, "GET /a": "unsupported observed no: refused"}
    if everywhere:
        cells["GET /b"] = "unsupported observed no: refused"
    exchanges = {"no": f"GET /a for /a -> {answer}", "ok": f"OPTIONS /b for /b -> 200; {OWN}",
                 "ctl": f"REPORT /b for /b -> 404; {OWN}"}  # fmt: skip
    return {"cells": cells, "exchanges": exchanges, "facts": {"build": build}}


def missing(prod: dict[str, Any], build: str | None = None) -> list[str]:
    dev = {"cells": SERVED, "facts": {"build": build}}
    return causes(only("documented-method-missing", {"dev": dev, "prod": prod}))


def test_one_path_refused_as_the_service_refuses_is_the_build() -> None:
    first, *others = missing(refusing(f"405; {OWN}"))
    assert first.startswith("high prod runs another build or other settings than dev")
    assert others[0].startswith("low A gateway")
    assert "carries x-build" in others[0]


@pytest.mark.parametrize(("answer", "why"), [
    ("405; Server: edge; X-Build: 7", "comes from edge, and what is served from shop"),
    ("405; X-Build: 7", "comes from an unnamed server"),
    ("405; Server: shop", "lacks x-build"),
])  # fmt: skip
def test_a_refusal_that_is_not_the_services_own_is_a_gateways(answer: str, why: str) -> None:
    first, second, *_ = missing(refusing(answer))
    assert first.startswith("high A gateway or firewall in front of prod")
    assert why in first
    assert second.startswith("medium prod runs another build")


def test_a_method_refused_on_every_path_that_others_serve_is_a_gateways() -> None:
    cells = {**SERVED, "DELETE /a": "unsupported advertised: a", "DELETE /b": "unsupported advertised: a"}
    first, second, *_ = missing({"cells": cells})
    assert first == (
        "high A gateway or firewall in front of prod refuses the method: DELETE is supported on none of the 2 paths "
        "that document it there."
    )
    assert second.startswith("medium prod runs another build")


def test_equal_evidence_is_called_equal() -> None:
    first, second, *_ = missing(refusing(f"405; {OWN}", everywhere=True))
    assert first.startswith("high prod runs")
    assert "carries x-build" in first
    assert first.endswith("the next cause is as likely.")
    assert second.startswith("high A gateway")
    assert second.endswith("the cause before is as likely.")


def test_the_same_build_is_not_another_one() -> None:
    prod = {"cells": {**SERVED, "GET /a": "unsupported observed: r"}, "facts": {"build": "7"}}
    first, second, *_ = missing(prod, "7")
    assert first.startswith("high A gateway")
    assert "with the same build 7" in first
    assert second.startswith("medium prod runs other settings than dev,")


def test_a_gateways_name_over_all_answers_says_nothing_about_who_refuses() -> None:
    def side(responder: str, support: str) -> dict[str, Any]:
        return {"paths": {"/a": {"responder": responder}}, "cells": {**SERVED, "GET /a": support}}

    for responder, rank in (("nginx/1.27", "medium"), ("shop", "low")):
        places = {"dev": side(responder, SERVED["GET /a"]), "prod": side(responder, "unsupported observed: r")}
        found = causes(only("documented-method-missing", places))
        assert found[1].startswith(f"{rank} A gateway")


def test_a_missing_path_names_a_build_only_where_another_environment_has_the_path() -> None:
    gone = {"paths": {"/a": {"routed": False}}, "cells": {f"{m} /a": "unsupported inferred: r" for m in SPEC["/a"]}}
    unknown = {"cells": {f"{m} /a": "undetermined auth-wall" for m in SPEC["/a"]}}
    assert causes(only("path-missing", {"dev": gone, "prod": unknown}))[0].startswith("high No audited environment")
    has = causes(only("path-missing", {"dev": gone, "prod": {"cells": SERVED}}))
    assert has[0] == "high dev runs another build than prod, and prod has the path."
    same = {"facts": {"build": "7"}}
    equal = causes(only("path-missing", {"dev": {**gone, **same}, "prod": {"cells": SERVED, **same}}))
    assert equal[0].startswith("high A feature switch")


def test_a_missing_path_says_which_methods_were_not_sent() -> None:
    gone = {"paths": {"/a": {"routed": False}}, "cells": {f"{m} /a": "unsupported inferred g: r" for m in SPEC["/a"]},
            "exchanges": {"g": "GET /a for /a -> 404"}}  # fmt: skip
    assert only("path-missing", {"prod": gone}).diagnosis.endswith(
        "DELETE was not sent in prod: the server's route table would settle it."
    )
    alone = {**gone, "cells": {"GET /a": "unsupported inferred g: r"}}
    assert "not sent" not in only("path-missing", {"prod": alone}, {"/a": ["GET"]}).diagnosis


@pytest.mark.parametrize(("target", "first"), [
    ("https://prod.test", "high The base URL has the scheme http"),
    ("https://other.test", "high The service moved"),
    ("http://prod.test/login", "high A log-in layer"),
    ("http://prod.test", "high The service sets a cookie"),
    ("http://prod.test/v2", "high The service moved"),
    ("http://prod.test:8080", "high The service writes its own address"),
    ("http://[", "high The service moved"),
])  # fmt: skip
def test_a_redirect_of_everything_is_explained_by_where_it_leads(target: str, first: str) -> None:
    found = causes(only("environment-redirects", {"prod": {"facts": {"redirects_to": target}}}))
    assert found[0].startswith(first)


def test_what_fails_in_one_environment_only_is_explained_by_that_environment() -> None:
    def side(status: int) -> dict[str, Any]:
        return {"exchanges": {"g": f"GET /a for /a -> {status}"}, "cells": {"GET /a": "supported observed g: r"}}

    alone = causes(only("server-error", {"dev": side(200), "prod": side(500)}))
    assert alone[0].startswith("high Something behind the service is missing in prod")
    assert causes(only("server-error", {"prod": side(500)}))[0].startswith("high The handler raises")


@pytest.mark.parametrize(("status", "first"), [
    (404, "high The router matches"), (403, "high A gateway, a firewall or an access rule"), (200, "high A fallback"),
])  # fmt: skip
def test_a_wrong_refusal_is_explained_by_its_status(status: int, first: str) -> None:
    prod = {"exchanges": {"p": f"PUT /a for /a -> {status}"},
            "cells": {"GET /a": "supported observed: r", "PUT /a": "unsupported observed p: r"}}  # fmt: skip
    assert causes(only("wrong-refusal-status", {"prod": prod}))[0].startswith(first)


def test_an_allow_that_lists_too_much_was_not_made_by_what_refuses() -> None:
    prod = {"exchanges": {"o": "OPTIONS /a for /a -> 204; Allow: GET, DELETE", "g": "GET /a for /a -> 405"},
            "cells": {"GET /a": "unsupported observed g: r"}}  # fmt: skip
    assert causes(only("allow-wrong", {"prod": prod}))[0].startswith("high A gateway filters methods")


@pytest.mark.parametrize(("kind", "first"), [("slash", "high The framework"), ("host", "high A gateway moves")])
def test_a_redirect_is_explained_by_what_it_changes(kind: str, first: str) -> None:
    prod = {"exchanges": {"p": "POST /a for /a -> 301; Location: https://x.test/a"},
            "paths": {"/a": {"kinds": {"POST": kind}}}, "cells": {"POST /a": "undetermined no-evidence"}}  # fmt: skip
    assert causes(only("redirect-changes-method", {"prod": prod}, {"/a": ["POST"]}))[0].startswith(first)


TLS, INNER = "high A gateway ends TLS", "high The service writes its own address"


@pytest.mark.parametrize(("location", "kind", "first", "words"), [
    ("http://prod.test/a/", "scheme", TLS, "whoever came by https is sent back to plain text."),
    ("https://prod.test/a", "same", TLS, "The target is the path itself"),
    ("https://10.1.2.3:8080/a", "host", INNER, "on another origin, https://10.1.2.3:8080."),
    ("http://stage.test/a", "host", "high A gateway moves", "on another origin, http://stage.test, which is stage."),
    ("https://prod.test/b", "path", "high The path was moved", "documented as /b, without POST."),
    ("https://prod.test/other/a", "path", "high The path was moved", "the same path below /other."),
    ("mailto:a@b.test", "unusable", "high Location is put together", "no http address that clients agree about."),
])  # fmt: skip
def test_a_redirect_is_told_by_where_it_leads(location: str, kind: str, first: str, words: str) -> None:
    prod = {"url": "https://prod.test", "exchanges": {"p": f"POST /a for /a -> 301; Location: {location}"},
            "paths": {"/a": {"kinds": {"POST": kind}}}, "cells": {"POST /a": "undetermined no-evidence"}}  # fmt: skip
    found = only("redirect-changes-method", {"prod": prod, "stage": {}}, {"/a": ["POST"], "/b": ["GET"]})
    assert words in found.symptom
    assert causes(found)[0].startswith(first)


def test_403_alone_asks_for_no_credentials() -> None:
    def wall(status: int) -> dict[str, Any]:
        return {"exchanges": {"s": f"GET /x -> {status}"}, "facts": {"auth_wall": True, "exchanges": ["s"]}}

    assert causes(only("auth-hides-methods", {"prod": wall(401)}))[0].startswith("high The gateway or a middleware")
    assert causes(only("auth-hides-methods", {"prod": wall(403)}))[0].startswith("high A firewall rule refuses")


def test_a_page_where_other_refusals_are_data_is_a_gateways() -> None:
    given = subject({"spec": SPEC, "environments": {"dev": {"cells": SERVED}, "prod": {
        "exchanges": {"no": "GET /a for /a -> 405", "ctl": "REPORT /b for /b -> 405"},
        "cells": {**SERVED, "GET /a": "unsupported observed no: refused"},
    }}})  # fmt: skip

    def first(page: str, data: str) -> str:
        kinds = {"GET": page, "REPORT": data}
        bodies = {m: BodyTrace(media_type=k, masked=m) for m, k in kinds.items()}
        exchanges = {
            i: replace(e, answer=replace(e.answer, body=bodies[e.probe.method]))
            for i, e in given.exchanges.items() if e.answer
        }  # fmt: skip
        return causes(compare(replace(given, exchanges=exchanges))[0])[0]

    assert "is text/html, while other refusals there are application/json" in first("text/html", "application/json")
    assert first("application/json", "application/json").startswith("high prod runs another build")


def test_a_fallback_page_refuses_nothing() -> None:
    prod = refusing("200; Server: pages")
    assert missing(prod)[0].startswith("high prod runs another build")


def test_two_lists_from_two_programs_have_a_gateway_between_them() -> None:
    prod = {"exchanges": {"o": f"OPTIONS /a for /a -> 200; {OWN}; Allow: GET, DELETE",
                          "g": "GET /a for /a -> 405; Server: edge; Allow: OPTIONS"},
            "cells": {"GET /a": "undetermined conflicting-answers"}}  # fmt: skip
    first = causes(only("allow-wrong", {"prod": prod}))[0]
    assert first.startswith("high A gateway filters methods")
    assert "comes from edge, and what is served from shop" in first
