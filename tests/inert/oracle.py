"""DESIGN §5 said again, in other words than the product's: what may leave the process, from the description alone.

Written without auditor.prober: path templates are matched with a regular expression made here, values are classed by
how they look, and proofs are looked up among the exchanges.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from auditor.evaluation import Scope
from auditor.model.contract import Contract, Operation, PathItem
from auditor.model.environment import Environment, Mode
from auditor.model.exchange import Exchange, Probe

HARMLESS = {"GET", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "REPORT", "SEARCH", "QUERY"}
CHANGING = {"POST", "PUT", "PATCH", "DELETE"}
UNREAD = "application/vnd.auditor.unread"
GONE = (404, 410)


@dataclass(frozen=True)
class Met:
    """One parameter of a template and the text that stands for it in a path."""

    name: str
    text: str
    whole: bool
    last: bool
    prefix: str
    """The encoded path up to and including its segment, without the base path."""


def meets(template: str, path: str) -> list[Met] | None:
    """The parameters of `template` in the encoded `path`, or None where the path is another one."""
    ours, theirs = template[1:].split("/"), path[1:].split("/")
    if len(ours) != len(theirs):
        return None
    found: list[Met] = []
    for i, (pattern, text) in enumerate(zip(ours, theirs, strict=True)):
        names = re.findall(r"\{([^{}]+)\}", pattern)
        literal = "(.+)".join(re.escape(unquote(p)) for p in re.split(r"\{[^{}]+\}", pattern))
        values = re.fullmatch(literal, unquote(text), re.DOTALL)
        if values is None:
            return None
        for name, value in zip(names, values.groups(), strict=True):
            whole = pattern == "{" + name + "}" and not re.search(r"^[+]|[*]$", name)
            prefix = "/" + "/".join(theirs[: i + 1])
            found.append(Met(name.strip("+*"), value, whole, i == len(ours) - 1, prefix))
    return found


class Law:
    """What may be sent to one environment."""

    def __init__(self, contract: Contract, environment: Environment, scope: Scope) -> None:
        self.contract, self.environment, self.scope = contract, environment, scope
        self.real = {v.text for item in contract.paths for v in _values(item)}
        """Every value the description knows: an invented one is none of them."""

    def local(self, target: str) -> str:
        path = target.partition("?")[0]
        return path.removeprefix(self.environment.base_path)

    def items(self, path: str) -> Iterator[tuple[PathItem, list[Met]]]:
        """Templates that this path meets."""
        for item in self.contract.paths:
            met = meets(item.template, path)
            if met is not None:
                yield item, met

    def breach(self, probe: Probe, knowledge: Sequence[Exchange]) -> str | None:
        """Which part of the law this probe would break now; None where it may go out."""
        if probe.form == "plain":
            return self._breach_of_plain(probe, knowledge)
        if self.environment.mode is not Mode.INERT:
            return "safe mode"
        wrong = self._breach_of_form(probe)
        if wrong:
            return wrong
        if probe.method in ("REPORT", "SEARCH", "PROPFIND"):
            return None
        if probe.method not in CHANGING:
            return "no method that could be harmless"
        path = self.local(probe.target)
        met = list(self.items(path))
        if probe.purpose == "sibling":
            free = not met and path not in self.contract.unaudited
            return None if free and re.search("[0-9a-f]{16}", path) else "no unknown path"
        if probe.purpose == "twin":
            met = [(item, m) for item, m in self.items(path.rstrip("/") if path.endswith("/") else path + "/")]
        if not met:
            return "a path that nobody documented"
        for item, _ in met:
            if self._left_out(item, probe.method, path):
                return f"left out by {item.template}"
        return self._breach_of_rule(probe, path, met, knowledge)

    def _breach_of_form(self, probe: Probe) -> str | None:
        if probe.form != "unfinished" and probe.form not in self.environment.inert_forms:
            return "a form that nobody opted into"
        if probe.form == "unknown-type":
            return None if probe.media_type == UNREAD else "another type than the opt-in's"
        announced = probe.media_type or ""
        json = re.fullmatch(r"application/json|[a-z0-9.!#$&^_-]+/[a-z0-9.!#$&^_-]+\+json", announced)
        return None if json else f"announces {announced}"

    def _left_out(self, item: PathItem, method: str, path: str) -> bool:
        names = {item.template, item.key, path, unquote(path)}
        if any(rule.glob.matches(n, method) for rule in self.scope.skip for n in names):
            return True
        own = next((o for o in item.operations if o.method == method), None)
        skips = (own,) if own is not None else item.operations
        if any(o.skip for o in skips):
            return True
        # Whoever asked for some paths only wants no other touched.
        return bool(self.scope.only) and not any(
            rule.glob.matches(n, method) for rule in self.scope.only for n in (item.template, item.key)
        )

    def _breach_of_rule(
        self, probe: Probe, path: str, met: list[tuple[PathItem, list[Met]]], knowledge: Sequence[Exchange]
    ) -> str | None:
        subject = next(((i, m) for i, m in met if i.template == probe.slot.subject), None)
        if subject is None:
            return "the path is not its subject's"
        item, parameters = subject
        nothing = {m.name: self._names_nothing(item, m, knowledge) for m in parameters}
        last = [m for m in parameters if m.last and m.whole]
        a = probe.method in ("PATCH", "DELETE") and bool(last) and nothing[last[0].name]
        if probe.form == "unknown-type":
            return None if a else "no absent object at the end"
        b = (
            probe.method in ("POST", "PUT", "PATCH")
            and item.operation(probe.method) is not None
            and all(_wants_json(i.operation(probe.method)) for i, _ in met if i.operation(probe.method))
            and all(nothing[m.name] or self._few(item, m) for m in parameters)
        )
        c = probe.method == "PATCH" and any(self._proven(m.prefix, knowledge) for m in parameters if not m.last)
        return None if a or b or c else "neither (a) nor (b) nor (c)"

    # --- values and proofs ----------------------------------------------------------------------------------------

    def _few(self, item: PathItem, met: Met) -> bool:
        declared = item.path_parameters.get(met.name)
        closed = declared is not None and (declared.enum or declared.type == "boolean")
        word = re.sub("[^a-z]", "", met.name.lower())
        return bool(closed) or word == "v" or "version" in word or "tenant" in word

    def _names_nothing(self, item: PathItem, met: Met, knowledge: Sequence[Exchange]) -> bool:
        if self._few(item, met) or met.text in self.real:
            return False
        random = not met.text.isdigit() and len(re.findall("[0-9a-f]", met.text)) >= 16
        return random or self._proven(met.prefix, knowledge)

    def _breach_of_plain(self, probe: Probe, knowledge: Sequence[Exchange]) -> str | None:
        path = self.local(probe.target)
        if probe.purpose in ("head", "preflight", "trace"):
            names = {i.template: i for i, _ in self.items(path)}
            skipped = [s.glob for s in self.scope.skip if s.glob.method == probe.method]
            if any(g.matches(n, probe.method) for g in skipped for n in (path, probe.slot.subject)):
                return "a pattern names this method here"
            if probe.purpose != "preflight" and not any(i.operation("GET") for i in names.values()):
                return "nobody documented GET here"
        if probe.method == "TRACE":
            again = any(e.probe.method == "TRACE" for e in knowledge)
            return "TRACE again, or with something to echo" if again or probe.fields or not probe.anonymous else None
        return None if probe.method in HARMLESS else "plain, and not known to be safe"

    def _proven(self, prefix: str, knowledge: Sequence[Exchange]) -> bool:
        asked = [e for e in knowledge if e.probe.method == "GET" and e.probe.form == "plain"
                 and e.answer is not None and e.answer.end in ("complete", "capped", "header-limit")]  # fmt: skip
        absent = [e for e in asked if self.local(e.probe.target) == prefix and e.status in GONE]
        return any(self._calibrated(e, other) for e in absent for other in asked)

    def _calibrated(self, absent: Exchange, other: Exchange) -> bool:
        """The 404 is that of a missing object: an existing one is served, or an unknown path is answered otherwise."""
        assert absent.answer
        assert other.answer
        if other.probe.origin != absent.probe.origin:
            return False
        here = {i.template for i, _ in self.items(self.local(absent.probe.target))}
        there = {i.template for i, _ in self.items(self.local(other.probe.target))}
        if 200 <= other.answer.status < 300:
            return bool(here & there)
        return not there and other.answer.status in GONE and other.answer.body.masked != absent.answer.body.masked


def _wants_json(operation: Operation | None) -> bool:
    """Whether the operation documents required JSON content that must hold a property."""
    body = operation.request_body if operation else None
    if body is None or not body.required or not body.demands_property:
        return False
    return any(re.match(r"application/json\b|[^;]*\+json\b", t.strip().lower()) for t in body.media_types)


def _values(item: PathItem) -> Iterable[object]:
    yield from item.values.values()
    for operation in item.operations:
        yield from operation.values.values()
    for parameter in item.path_parameters.values():
        yield from (_Text(t) for t in parameter.enum)


@dataclass(frozen=True)
class _Text:
    text: str
