"""The printed allow-lists that cannot run here, read back by rules of their own documentation; and what all share."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote_to_bytes

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.differ.output.gateways import GATEWAYS
from auditor.differ.output.gateways.allowlist import allow_list
from auditor.model.contract import Contract, Location, Operation, PathItem
from auditor.model.environment import Environment, Origin
from auditor.model.templates import is_balanced, split_template
from tests.fix.flows import fix
from tests.fix.gateways import LIVE
from tests.fix.test_gateways_live import ALL, ASKED, CONTRACT, HOSTILE, UNTOUCHED, describe, expected

PASS, UNTOLD = "pass", "untold"
"""What a gateway does with a request: lets it pass by a line of its own, has no line for it, or the refusal's Allow."""
Decision = Callable[[Any, str, str], str | set[str]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gateways")
    describe(folder)
    return folder


# --- the others, as their documentation says that they decide ---


def istio(resource: Any, method: str, path: str) -> str | set[str]:
    """The first route of which one match fits; a `regex` is RE2 and compares the whole text."""
    assert (resource["apiVersion"], resource["kind"]) == ("networking.istio.io/v1", "VirtualService")
    for route in resource["spec"]["http"]:
        for match in route.get("match", [{}]):
            fits = all(re.fullmatch(match[k]["regex"], v) for k, v in (("uri", path), ("method", method)) if k in match)
            if fits and "directResponse" in route:
                assert route["directResponse"]["status"] == 405
                return members(route["headers"]["response"]["set"]["Allow"])
            if fits:
                assert route["route"][0]["destination"]["host"]
                return PASS if "match" in route else UNTOLD
    raise AssertionError("no route")


def kong(configuration: Any, method: str, path: str) -> str | set[str]:
    """Routes that match in more ways come first, then the higher regex_priority; `~` begins an anchored pattern."""
    assert configuration["_format_version"] == "3.0"
    found = []
    for service in configuration["services"]:
        assert len({r["name"] for r in service["routes"]}) == len(service["routes"])
        for route in service["routes"]:
            (pattern,) = route["paths"]
            assert pattern[0] == "~"
            if re.match(pattern[1:], path) and method in route.get("methods", [method]):
                found.append((("methods" in route), route["regex_priority"], route))
    if not found:
        return UNTOLD
    best = max(found, key=lambda f: f[:2])[2]
    assert best["strip_path"] is False
    plugins = {p["name"]: p["config"] for p in best.get("plugins", [])}
    if not plugins:
        return PASS
    assert plugins["request-termination"]["status_code"] == 405
    (field,) = plugins["response-transformer"]["add"]["headers"]
    return members(field.removeprefix("Allow:"))


def api_gateway(document: Any, method: str, path: str) -> str | set[str]:
    """The resource with the most literal segments; ANY for each method that is not defined."""
    found = []
    for template, item in document["paths"].items():
        pattern = re.sub(r"\{[^}]*\}", "[^/]+", "".join(c if c in "{}" else re.escape(c) for c in template))
        pattern = re.sub(r"\\?\{[^}]*\\?\}", "[^/]+", template.replace(".", r"\."))
        if re.fullmatch(pattern, path):
            found.append((template.count("{"), item))
    if not found:
        return UNTOLD
    item = min(found, key=lambda f: f[0])[1]
    if method.lower() in item:
        integration = item[method.lower()]["x-amazon-apigateway-integration"]
        assert (integration["type"], integration["httpMethod"]) == ("http_proxy", method)
        names = {p["name"] for p in item[method.lower()].get("parameters", [])}
        assert set(re.findall(r"\{(\w+)\}", integration["uri"])) == names
        assert len(integration.get("requestParameters", {})) == len(names)
        return PASS
    mock = item["x-amazon-apigateway-any-method"]["x-amazon-apigateway-integration"]
    assert json.loads(mock["requestTemplates"]["application/json"]) == {"statusCode": 405}
    answer = mock["responses"]["default"]
    assert answer["statusCode"] in item["x-amazon-apigateway-any-method"]["responses"]
    value = answer["responseParameters"]["method.response.header.Allow"]
    assert value[0] == value[-1] == "'"
    return members(value[1:-1])


def alb(template: Any, method: str, path: str) -> str | set[str]:
    """The rule with the lowest priority of which all conditions hold; at most 3 values a condition, 5 a rule."""
    rules = [r["Properties"] for r in template["Resources"].values()]
    assert len({r["Priority"] for r in rules}) == len(rules)
    for rule in sorted(rules, key=lambda r: r["Priority"]):
        values = 0
        fits = True
        for condition in rule["Conditions"]:
            if condition["Field"] == "path-pattern":
                own = condition["PathPatternConfig"]["RegexValues"]
                assert all(len(v) <= 128 for v in own)
                fits &= any(re.search(v, path) for v in own)
            else:
                own = condition["HttpRequestMethodConfig"]["Values"]
                fits &= method in own
            assert len(own) <= 3
            values += len(own)
        assert values <= 5
        if fits:
            (action,) = rule["Actions"]
            if action["Type"] == "forward":
                return PASS
            assert action["FixedResponseConfig"]["StatusCode"] == "405"
            return set()
    return UNTOLD


def waf(template: Any, method: str, path: str) -> str | set[str]:
    """Any rule whose statement holds; the path is decoded first."""
    group = template["Resources"]["MethodContract"]["Properties"]

    def holds(statement: Any) -> bool:
        ((kind, body),) = statement.items()
        if kind == "NotStatement":
            return not holds(body["Statement"])
        if kind in ("AndStatement", "OrStatement"):
            assert len(body["Statements"]) >= 2
            return (all if kind == "AndStatement" else any)(map(holds, body["Statements"]))
        if kind == "RegexMatchStatement":
            assert [t["Type"] for t in body["TextTransformations"]] == ["URL_DECODE"]
            assert len(body["RegexString"]) <= 512
            return re.search(body["RegexString"].encode(), unquote_to_bytes(path)) is not None
        assert (kind, body["PositionalConstraint"]) == ("ByteMatchStatement", "EXACTLY")
        return bool(body["SearchString"] == method)

    assert len({r["Priority"] for r in group["Rules"]}) == len(group["Rules"])
    for rule in sorted(group["Rules"], key=lambda r: r["Priority"]):
        if holds(rule["Statement"]):
            response = rule["Action"]["Block"]["CustomResponse"]
            assert response["ResponseCode"] == 405
            return members(response["ResponseHeaders"][0]["Value"])
    return UNTOLD


def cloudflare(body: Any, method: str, path: str) -> str | set[str]:
    """Any rule whose expression holds: translated word by word."""
    for rule in body["rules"]:
        assert len(rule["expression"]) <= 4096
        code = re.sub(r'http\.request\.uri\.path matches r"([^"]*)"', lambda m: f"found({m[1]!r})", rule["expression"])
        code = re.sub(r"not http\.request\.method in \{([^}]*)\}",
                      lambda m: f"(method not in [{m[1].replace(' ', ',')}])", code)  # fmt: skip
        if eval(code, {"found": lambda p: re.search(p, path), "method": method}):
            assert rule["action"] == "block"
            assert rule["action_parameters"]["response"]["status_code"] == 405
            return set()
    return UNTOLD


def members(allow: str) -> set[str]:
    return {m.strip() for m in allow.split(",")}


OTHERS: dict[str, Decision] = {
    "istio": istio, "kong": kong, "aws-api-gateway": api_gateway, "aws-alb": alb, "aws-waf": waf,
    "cloudflare": cloudflare,
}  # fmt: skip
NO_ALLOW = ("aws-alb", "cloudflare")


@pytest.mark.parametrize("kind", OTHERS)
def test_documented_methods_pass_and_no_other(run: Path, kind: str) -> None:
    text = fix(run, "--gateway", kind).stdout
    data = json.loads(text) if kind == "cloudflare" else yaml.safe_load(text)
    decide = OTHERS[kind]
    left = kind == "aws-api-gateway"
    gone = [t for t in CONTRACT if left and (re.search(r"[^\w/{}.-]", t, re.ASCII) or "}." in t)]
    assert gone == ["/files/{name}.{ext}", "/ümläut", '/it\'s "quoted" $x [y]*;', "/archive/{path*}"][: len(gone)]
    if left:
        assert text.count("# LEFT OUT: ") == len(gone) > 0
    for path, template in ASKED.items():
        target = "/v1" + quote(path.partition("?")[0], safe="/")
        for method in (*ALL, "OPTIONS"):
            allowed = expected(template)
            got = decide(data, method, target)
            if template in gone:
                assert got == UNTOLD
            elif method in allowed:
                assert got in (PASS, UNTOLD), (kind, method, path)
            else:
                assert got == (set() if kind in NO_ALLOW else allowed), (kind, method, path)
    for path in UNTOUCHED:
        assert {decide(data, m, "/v1" + path) for m in ALL} == {UNTOLD}, path


@pytest.mark.parametrize("kind", OTHERS)
def test_hostile_templates_are_text(tmp_path: Path, kind: str) -> None:
    describe(tmp_path, {**dict.fromkeys(HOSTILE, "get"), "/plain": "get"})
    text = fix(tmp_path, "--gateway", kind).stdout
    data = json.loads(text) if kind == "cloudflare" else yaml.safe_load(text)
    assert OTHERS[kind](data, "DELETE", "/v1/plain") not in (PASS, UNTOLD)
    assert OTHERS[kind](data, "GET", "/v1/plain") in (PASS, UNTOLD)
    assert OTHERS[kind](data, "DELETE", "/v1/other") == UNTOLD
    if kind != "aws-api-gateway":
        assert OTHERS[kind](data, "DELETE", "/v1/f%24uri") not in (PASS, UNTOLD)
    shown = text.replace("\n", "").replace("\t", "")
    assert shown.isprintable()


# --- what all share ---


def _contract(*templates: str, methods: tuple[str, ...] = ("GET",)) -> Contract:
    here = Location("api.yaml", "/paths")
    items = tuple(PathItem(t, t, here, tuple(Operation(m, here) for m in methods)) for t in templates)
    return Contract("api", "Api", "1", "api.yaml", "3.1", (), items)


def _environment(base: str = "") -> Environment:
    return Environment("prod", "http://host" + base, Origin("http", "host", 80), base)


SEGMENT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/{}?#%"), min_size=1, max_size=8)
PART = st.one_of(SEGMENT, st.just("{x}"), st.builds("{}{{y}}{}".format, SEGMENT, SEGMENT))
TEMPLATE = st.lists(PART, min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts))


@settings(max_examples=300)
@given(TEMPLATE, SEGMENT, SEGMENT)
def test_a_pattern_is_anchored_and_a_parameter_one_segment(template: str, value: str, other: str) -> None:
    """It matches every path of the template, and no path with a segment more, less or changed."""
    (entry,) = allow_list(_contract(template), _environment(), "run", False).entries
    decoded = re.compile(entry.decoded.removesuffix("$").encode() + rb"\Z", re.DOTALL)
    encoded = re.compile(entry.whole, re.DOTALL)
    filled = re.sub(r"\{[^}]*\}", lambda _: value, template)
    assert decoded.search(filled.encode())
    for safe in ("/", "/!$&'()*+,;=:@"):
        assert encoded.fullmatch(quote(filled, safe=safe))
    for wrong in (
        f"/{other}{filled}",
        f"{filled}/{other}",
        filled + "/",
        filled.rpartition("/")[0] or "/" + value * 20 + "/",
    ):
        assert not decoded.search(wrong.encode()), wrong
        assert not encoded.fullmatch(quote(wrong)), wrong
    first = split_template(template)[0]
    if first.is_literal and other != first.text:
        changed = filled.replace("/" + first.text, "/" + other, 1)
        assert not decoded.search(changed.encode())
    if entry.text is not None:
        assert re.search(entry.text.removesuffix("$") + r"\Z", filled, re.DOTALL)


@given(st.lists(TEMPLATE.filter(is_balanced), min_size=1, max_size=6, unique=True))
def test_every_list_is_of_plain_characters(templates: list[str]) -> None:
    """Nothing that a description wrote reaches a line that is not a comment, but as an escape."""
    allowed = allow_list(_contract(*templates), _environment("/v1"), "run", False)
    for entry in allowed.entries:
        assert re.fullmatch(r"[A-Za-z0-9/_~:@,=.+^$\\\[\]-]*", entry.decoded), entry.decoded
        assert re.fullmatch(r"[A-Za-z0-9/_~:@,=.+^$\\\[\]()?|%-]*", entry.encoded), entry.encoded
        assert '"' not in (entry.text or "")
        assert "`" not in (entry.text or "")


def test_methods_that_cannot_be_written_leave_their_path_alone() -> None:
    """Refusing all but the others would refuse a documented method."""
    allowed = allow_list(_contract("/odd", methods=("GET", "x'y|z")), _environment(), "run", False)
    assert allowed.entries == ()
    assert "LEFT OUT: /odd: x'y|z is no method" in "\n".join(allowed.notes())


def test_operations_of_other_servers_are_told(tmp_path: Path) -> None:
    here = Location("api.yaml", "/paths")
    item = PathItem("/a", "/a", here, (Operation("GET", here), Operation("POST", here, server="https://other.example")))
    contract = Contract("api", "Api", "1", "api.yaml", "3.1", (), (item,))
    allowed = allow_list(contract, _environment(), "run", False)
    assert allowed.entries[0].methods == ("GET", "HEAD")
    assert "LEFT OUT: 1 operation that the description puts on another server" in "\n".join(allowed.notes())


def test_templates_that_differ_in_names_only_are_one() -> None:
    contract = _contract("/a/{x}", "/a/{y}")
    allowed = allow_list(contract, _environment("/v1"), "run", True)
    assert [(e.template, e.methods) for e in allowed.entries] == [("/v1/a/{x}", ("GET", "HEAD", "OPTIONS"))]


def test_an_unknown_gateway_is_a_sentence(run: Path) -> None:
    told = fix(run, "--gateway", "ngnix", code=2)
    assert "'ngnix' is no gateway that is known" in told.stderr
    assert all(kind in told.stderr for kind in GATEWAYS)
    assert "needs either --overlay FILE or --gateway KIND" in fix(run, code=2).stderr
    both = fix(run, "--gateway", "nginx", "--overlay", "x.yaml", code=2)
    assert "needs either" in both.stderr
    assert not (run / "x.yaml").exists()


@pytest.mark.parametrize("kind", GATEWAYS)
def test_every_gateway_is_tried_and_documented(run: Path, kind: str) -> None:
    assert kind in {*LIVE, *OTHERS}
    help_text = fix(run, "--help").stdout
    assert kind in help_text.replace("\n", " ")
    text = fix(run, "--gateway", kind).stdout
    notes = " ".join(line.lstrip("# ") for line in text.splitlines())
    for said in ("HEAD goes with GET", "--cors lets it through everywhere", "is not touched"):
        assert said in notes
    assert fix(run, "--gateway", kind).stdout == text
