"""Every client against the redirecting server; and the measured table as data and as a page."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.command import ROOT
from tests.needs import why_missing
from tests.redirects import drivers
from tests.redirects.cases import FIRES, SILENT
from tests.redirects.drivers import Driver, run
from tests.redirects.target import target

DATA = ROOT / "auditor" / "differ" / "redirect_clients.json"
PAGE = ROOT / "docs" / "redirects.md"
METHODS = ("GET", "HEAD", "OPTIONS", "QUERY", "POST", "PUT", "PATCH", "DELETE", "REPORT")
"""REPORT stands for every method that no client knows by name."""
STATUSES = (301, 302, 303, 307, 308)
PAIRS = tuple((method, status) for method in METHODS for status in STATUSES)
Sent = dict[str, dict[str, str | None]]
"""By status and method: `GET`, `POST`, `POST without content`; None: not followed. What cannot be sent is left out."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One way of using a client."""

    name: str
    """As findings name it."""
    drive: Driver
    product: str
    """What its version is the version of."""
    version: Callable[[], str]
    needs: tuple[str, ...] = ()
    asked: str = ""
    """What it has to be told before it follows at all."""

    @property
    def missing(self) -> str | None:
        return why_missing(self.needs)


def _said(*command: str, form: str = r"\d+(?:\.\d+)+") -> Callable[[], str]:
    """The first number in what a program says of itself that looks like a version."""

    def ask() -> str:
        found = re.search(form, run(*command))
        return found[0] if found else "?"

    return ask


def _package(name: str) -> Callable[[], str]:
    return lambda: version(name)


def _python() -> str:
    import platform

    return platform.python_version()


_CURL, _JAVA = _said("curl", "--version"), _said("java", "-version")
_CHROMIUM = _said("chromium", "--version", form=r"\d+(?:\.\d+){3}")
KINDS: tuple[Kind, ...] = (
    Kind("browsers (fetch)", drivers.chromium_fetch, "Chromium", _CHROMIUM, ("chromium",)),
    Kind("browsers (forms)", drivers.chromium_form, "Chromium", _CHROMIUM, ("chromium",)),
    Kind("curl -L", drivers.curl, "curl", _CURL, ("curl",), "-L"),
    Kind("curl -L -X", drivers.curl_x, "curl", _CURL, ("curl",), "-L"),
    Kind("requests", drivers.requests, "requests", _package("requests")),
    Kind("httpx", drivers.httpx, "httpx", _package("httpx"), (), "follow_redirects=True"),
    Kind("Go net/http", drivers.go, "Go", _said("go", "version"), ("go",)),
    Kind("Node fetch", drivers.node, "undici", _said("node", "-p", "process.versions.undici"), ("node",)),
    Kind("Java HttpClient", drivers.java, "OpenJDK", _JAVA, ("java", "javac"), "followRedirects(NORMAL)"),
    Kind("Java HttpURLConnection", drivers.java_old, "OpenJDK", _JAVA, ("java", "javac")),
    Kind("aiohttp", drivers.aiohttp, "aiohttp", _package("aiohttp")),
    Kind("urllib", drivers.urllib_, "Python", _python),
    Kind("wget", drivers.wget, "wget", _said("wget", "--version"), ("wget",)),
)


def measure(kind: Kind, to: str = "here") -> Sent:
    """What the client sent to where it was redirected."""
    with target(to) as seen:
        kind.drive(seen.url, PAIRS, True)
    sent: Sent = {}
    for status in STATUSES:
        for method in METHODS:
            if seen.left.get((status, method)) == method:
                sent.setdefault(str(status), {})[method] = _words(method, seen.arrived.get((status, method)))
    return sent


def _words(method: str, arrived: tuple[str, bool] | None) -> str | None:
    if arrived is None:
        return None
    name, with_content = arrived
    meant = method in drivers.WITH_CONTENT
    if name == method:
        return name if with_content == meant else f"{name} without content"
    return f"{name} with content" if with_content else name


def follows_unasked(kind: Kind) -> bool:
    """Whether GET is followed where nobody said anything about redirects."""
    with target() as seen:
        kind.drive(seen.url, (("GET", 302),), False)
    return (302, "GET") in seen.arrived


def entry(kind: Kind) -> dict[str, Any]:
    """One client as it stands in the data."""
    return {
        "name": kind.name, "product": kind.product, "version": kind.version(), "asked": kind.asked,
        "follows_unasked": follows_unasked(kind), "sends": measure(kind),
    }  # fmt: skip


def read() -> dict[str, Any]:
    """The table as it is kept."""
    return dict(json.loads(DATA.read_text(encoding="utf-8")))


def as_data(measured: Mapping[str, Any]) -> str:
    """JSON with one line per client and status, so that a change can be read."""
    text = json.dumps(measured, indent=1, ensure_ascii=False)
    one_line = re.compile(r"([{\[])\n\s+(\"[A-Z]+\"[^{}\[\]]*?)\n\s+([}\]])")
    return one_line.sub(lambda m: m[1] + re.sub(r"\n\s+", " ", m[2]) + m[3], text) + "\n"


HEAD = """# What clients do when they are redirected

Measured, not remembered: each client below was sent to a server on loopback that answers every method with the status,
and that looked at what arrived where `Location` leads. `make redirects` measures anew with the clients that are here,
keeps the table in `auditor/differ/redirect_clients.json` and makes this page of it; the tests measure with every client
they find, and compare. The rules `redirect-changes-method`, `redirect-on-path` and `environment-redirects` say of
clients what stands here and nothing else.

POST, PUT, PATCH and QUERY were sent with content. REPORT stands for any method that clients do not know by name.
A redirect to another host changes nothing in these tables: that was measured, too.

- **the method**: it arrives as it was sent, with its content
- **GET**: GET arrives in its place, and no content
- **no content**: the method arrives, its content does not
- **stops**: the client does not follow, and hands the 3xx to its caller or fails
- **–**: the client cannot send the method

## The clients

"""


def page(measured: Mapping[str, Any]) -> str:
    """docs/redirects.md."""
    clients = measured["clients"]
    rows = [
        (c["name"], f"{c['product']} {c['version']}", "yes" if c["follows_unasked"] else f"no; told to: `{c['asked']}`")
        for c in clients
    ]
    parts = [HEAD + _table(("client", "measured with", "follows unasked"), rows)]
    for status in STATUSES:
        cells = [(c["name"], *(_cell(c["sends"].get(str(status), {}), m) for m in METHODS)) for c in clients]
        parts.append(f"## {status}\n\n{_summary(clients, status)}\n\n" + _table(("client", *METHODS), cells))
    return "\n".join(parts) + f"\nMeasured on {measured['measured']}.\n{_where()}"


SEEN = """
## Where the rules were seen

Each deployment below runs in the tests, with the bookshop of tests/servers; every audit is held against all that the
three rules say about it. Versions: docs/accuracy.md.

"""


def _where() -> str:
    rows = []
    for case in (*FIRES, *SILENT):
        said: dict[str, list[str]] = {}
        for rule, path, methods in case.said:
            said.setdefault(rule, []).append(f"{', '.join(methods)} {path}".strip() if path else "every path")
        told = "; ".join(f"`{rule}`: {', '.join(places)}" for rule, places in said.items())
        rows.append((case.name, case.mode, told or "silent"))
    return SEEN + _table(("deployment", "mode", "says"), rows)


def _summary(clients: Sequence[Mapping[str, Any]], status: int) -> str:
    """How many clients deliver the methods that carry content or change something."""
    said = []
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        able = [c["sends"][str(status)] for c in clients if method in c["sends"][str(status)]]
        said.append(f"{method} from {sum(sent[method] == method for sent in able)} of {len(able)} clients")
    return f"Arrives as it was sent: {', '.join(said)}."


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = (" | ".join(row) for row in (head, ["---"] * len(head), *rows))
    return "".join(f"| {line} |\n" for line in lines)


def _cell(sent: Mapping[str, str | None], method: str) -> str:
    if method not in sent:
        return "–"
    arrived = sent[method]
    if arrived is None:
        return "stops"
    name, _, content = arrived.partition(" ")
    if content:
        return "no content" if content == "without content" else arrived
    return method if name == method else f"**{name}**"


def differences(kind: Kind, kept: Sent, sent: Sent) -> Iterator[str]:
    """Where two measurements of a client do not agree, in words."""
    for status in STATUSES:
        for method in METHODS:
            was, now = (side.get(str(status), {}).get(method, "cannot be sent") for side in (kept, sent))
            if was != now:
                yield f"{kind.name} {kind.version()}: {method} {status}: {now}, and the table says {was}"


def write(measured: Mapping[str, Any], data: Path = DATA, text: Path = PAGE) -> None:
    data.write_text(as_data(measured), encoding="utf-8")
    text.write_text(page(measured), encoding="utf-8")
