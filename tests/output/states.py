"""The states a report can be in that are easy to forget: empty, extreme, and those in which nothing can be said."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from auditor.model.cell import Basis, Cell, Reason
from auditor.model.environment import State
from auditor.model.finding import Finding, Severity
from auditor.model.report import Change, EnvironmentResult, Promotion, Report
from tests.output.sample import (
    PATHS,
    Key,
    assemble,
    finding,
    in_sync,
    known,
    one_environment,
    result,
    undecided,
    unknown,
)  # fmt: skip

EIGHT = ("dev", "test", "integration", "stage", "canary", "prod-eu", "prod-us", "prod-ap")
LONG_NAME = "a-very-long-environment-name-that-somebody-generated-from-a-branch-name-2026-11"
LONG_PATH = "/archive/" + "a-segment-of-a-path-that-goes-on/" * 12 + "{documentIdentifierOfTheArchive}/versions"


def no_drift() -> Report:
    """All decided, all as documented: the emptiest page there is."""
    return in_sync()


def nothing_known() -> Report:
    """An auth wall before everything."""
    return undecided()


def one() -> Report:
    """One environment, one undocumented method."""
    return one_environment()


def _named(name: str, position: int, template: EnvironmentResult) -> EnvironmentResult:
    environment = template.environment
    url = environment.url.replace("dev", name.lower())
    return replace(template, environment=replace(environment, name=name, position=position, url=url))


def eight() -> Report:
    """A chain of eight; drift in the middle and at its end."""
    path, method = "/orders/{orderId}", "DELETE"
    odd: dict[Key, Cell] = dict(known(e, path, method, False, Basis.OBSERVED) for e in EIGHT[3:5])
    odd |= dict(unknown("prod-ap", "/carts/{cartId}", m, Reason.MODE_FORBIDS) for m in ("PUT", "DELETE"))
    odd |= dict(known(e, "/catalogue", "PATCH", True, Basis.ADVERTISED) for e in EIGHT[5:])
    seen = dict.fromkeys(EIGHT[3:5], "405, Allow: GET, HEAD, PUT")
    missing = finding("documented-method-missing", path, method, seen, title=f"{method} {path} is missing in two")
    extra = finding(
        "undocumented-method-served", "/catalogue", "PATCH", dict.fromkeys(EIGHT[5:], "200"),
        title="PATCH /catalogue is supported in prod-eu, prod-us and prod-ap, but not in the contract",
    )  # fmt: skip
    steps = [Promotion(a, b, "promote", f"nothing that callers of {b} use changes", 20, 0) for a, b in pairwise(EIGHT)]
    lost = (Change(path, method, "removes-documented", missing.fingerprint),)
    steps[4] = Promotion("canary", "prod-eu", "hold", "callers of prod-eu would lose 1 documented method", 20, 0, lost)
    results = [_named(e, i, result("dev", i)) for i, e in enumerate(EIGHT)]
    return assemble(results, odd, [missing, extra], promotions=steps, exit_code=1)


def unreachable() -> Report:
    """prod could not be reached at all; dev and stage are fine."""
    odd = dict(unknown("prod", p, m, Reason.UNREACHABLE) for p, ms in PATHS.items() for m in ms)
    down = result("prod", 2, 3, 0.0, State.UNREACHABLE, "no connection to api.example.test:443: refused", None)
    steps = [
        Promotion("dev", "stage", "promote", "nothing that callers of stage use changes", 20, 0),
        Promotion("stage", "prod", "cannot-say", "prod did not finish (unreachable)", 0, 20),
    ]
    because = ["prod is unreachable: no connection to api.example.test:443: refused"]
    return assemble([result("dev", 0), result("stage", 1), down], odd, promotions=steps, because=because, exit_code=3)


def one_cause(count: int = 400) -> Report:
    """A gateway that refuses DELETE on very many paths."""
    paths = {f"/shelf-{i // 20:02d}/books-{i:03d}/{{bookId}}": ("GET", "DELETE") for i in range(count)}
    odd = dict(known("prod", p, "DELETE", False, Basis.OBSERVED) for p in paths)
    found = [
        finding(
            "gateway-blocks-method", p, "DELETE", {"prod": "403 from edge-3"}, cause="edge-3 refuses DELETE",
            title="The gateway of prod refuses DELETE", owner="platform",
        )
        for p in paths
    ]  # fmt: skip
    changes = tuple(Change(p, "DELETE", "environment-only", f.fingerprint) for p, f in zip(paths, found, strict=True))
    step = Promotion("stage", "prod", "promote", "no documented operation is removed", 2 * count, 0, changes)
    results = [result("stage", 0, decided=1.0), result("prod", 1, decided=1.0)]
    return assemble(results, odd, found, promotions=[step], paths=paths, exit_code=1)


def long() -> Report:
    """Names, paths and sentences far beyond what anybody planned for."""
    names = [LONG_NAME, LONG_NAME.replace("11", "12"), "p"]
    results = [_named(e, i, result("dev", i, build="build-" + "0123456789abcdef" * 8)) for i, e in enumerate(names)]
    paths = {LONG_PATH: ("GET", "DELETE"), "/a": ("GET",), "/{one}{two}": ("GET", "POST")}
    missing = finding(
        "documented-method-missing", LONG_PATH, "DELETE", {names[1]: "405, Allow: " + ", ".join(["GET"] * 60)},
        title=f"DELETE {LONG_PATH} is documented, but {names[1]} does not support it", owner="team-" + "x" * 90,
    )  # fmt: skip
    odd = dict([known(names[1], LONG_PATH, "DELETE", False)])
    lost = (Change(LONG_PATH, "DELETE", "removes-documented", missing.fingerprint),)
    because = f"with the build of {names[1]}, callers of p would lose 1 documented method (DELETE {LONG_PATH})"
    step = Promotion(names[1], "p", "hold", because, 5, 0, lost)
    report = assemble(results, odd, [missing], promotions=[step], paths=paths, exit_code=1)
    long_title = replace(report.contracts[0], title="The description of a service " * 12)
    return replace(report, contracts=(long_title,))


def empty() -> Report:
    """A description without a single path."""
    step = Promotion("stage", "prod", "cannot-say", "no documented operation can be compared", 0, 0)
    results = [result("stage", 0, 9, None), result("prod", 1, 9, None)]
    return assemble(results, {}, promotions=[step], paths={}, exit_code=0)


def infos(count: int = 40) -> Report:
    """Nothing but small things."""
    found: list[Finding] = [
        finding("wrong-refusal-status", p, "", {"prod": "404"}, Severity.INFO, title=f"{p} refuses with 404")
        for p in list(PATHS)[:count]
    ]
    step = Promotion("stage", "prod", "promote", "no documented operation is removed", 20, 0)
    return assemble([result("stage", 0), result("prod", 1)], {}, found, promotions=[step])


STATES = {
    "no drift": no_drift, "nothing known": nothing_known, "one environment": one, "eight environments": eight,
    "unreachable": unreachable, "one cause": one_cause, "long": long, "empty": empty, "infos": infos,
}  # fmt: skip
"""By name; each is looked at, and each has words that it must say."""
