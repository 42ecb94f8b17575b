"""Which findings of one environment the contract can answer, and how: what to take out, what to add, what to leave."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from auditor.differ.output.overlay import skeleton
from auditor.differ.output.overlay.nodes import Nodes, Place
from auditor.model.contract import Contract, PathItem
from auditor.model.finding import Finding
from auditor.model.report import Report
from auditor.model.templates import anonymous

PATH, MISSING, SERVED = "path-missing", "documented-method-missing", "undocumented-method-served"
MENDABLE = (PATH, MISSING, SERVED)
"""The rules whose findings a contract can answer; every other finding is the service's or a gateway's to mend."""
_SERVING = frozenset({"$ref", "parameters", "summary", "description", "servers"})
"""What a path item says for the sake of its operations."""


@dataclass(frozen=True, slots=True)
class Action:
    """One change at one node, for the findings that it answers. `update` None: the node is removed."""

    place: Place
    findings: tuple[Finding, ...]
    update: dict[str, Any] | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Left:
    """A finding that no action answers, and why."""

    finding: Finding
    why: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What the findings of one environment ask of the contract."""

    wanted: tuple[Finding, ...]
    waived: int
    """Findings that would ask for a change, and are accepted."""
    others: int
    """Findings that no contract can answer: the service's, or a gateway's."""


class _Impossible(Exception):
    """No action can answer the finding; the message says why."""


def asked(report: Report, environment: str) -> Asked:
    """The environment's findings, sorted by what a contract can do about them."""
    own = [(f, o) for f in report.findings for o in f.occurrences if o.environment == environment]
    about = [(f, o) for f, o in own if f.rule in MENDABLE and f.path is not None]
    wanted = tuple({f.fingerprint: f for f, o in about if o.waived is None}.values())
    return Asked(wanted, len(about) - len(wanted), sum(o.waived is None for _, o in own) - len(wanted))


def actions(
    report: Report, environment: str, contract: Contract, nodes: Nodes
) -> tuple[tuple[Action, ...], tuple[Left, ...]]:
    """Everything that the environment's findings ask of the description, and what cannot be written as an action."""
    return _Drafts(report, environment, contract, nodes, asked(report, environment).wanted).made()


class _Drafts:
    """The actions while they are made: each is still to be held against all the others."""

    def __init__(
        self, report: Report, environment: str, contract: Contract, nodes: Nodes, wanted: tuple[Finding, ...]
    ) -> None:
        self.report, self.environment, self.contract, self.nodes = report, environment, contract, nodes
        self.wanted = wanted
        self.said = {(f.rule, anonymous(f.path or ""), m) for f in wanted for m in f.methods}
        self.templates = {k: anonymous(i.template) for i in contract.paths for k in i.keys or (i.key,)}
        self.keys = {k: nodes.parts(k) for k in self.templates}

    def made(self) -> tuple[tuple[Action, ...], tuple[Left, ...]]:
        drafts: dict[str, list[Action]] = {}
        left: list[Left] = []
        for finding in self.wanted:
            try:
                drafts[finding.fingerprint] = list(self._of(finding))
            except _Impossible as impossible:
                left.append(Left(finding, str(impossible)))
        for fingerprint, why in self._blocked(drafts):
            left.append(Left(drafts.pop(fingerprint)[0].findings[0], why))
        united = _united(a for f in self.wanted for a in drafts.get(f.fingerprint, ()))
        return tuple(self._emptied(united)), tuple(left)

    def _of(self, finding: Finding) -> Iterator[Action]:
        items = [i for i in self.contract.paths if anonymous(i.template) == anonymous(finding.path or "")]
        if not items:
            raise _Impossible("this environment's description has no such path")
        if finding.rule == SERVED:
            yield self._addition(finding, items[0])
            return
        keys = [k for i in items for k in i.keys or (i.key,)]
        places = list(self._paths(keys)) if finding.rule == PATH else list(self._operations(finding, keys))
        if not places:
            raise _Impossible("the description, read again, does not hold it where it was")
        for place in dict.fromkeys(places):
            if self.nodes.aliased(place):
                raise _Impossible("it is written once and stands in several places (a YAML alias or merge key)")
            if not isinstance(self.nodes.value(place), dict):
                raise _Impossible("it is no mapping: an overlay cannot remove it")
            yield Action(place, (finding,))

    def _paths(self, keys: Iterable[str]) -> Iterator[Place]:
        yield from (p for k in keys for p in [self.nodes.path(k)] if p is not None)

    def _operations(self, finding: Finding, keys: Iterable[str]) -> Iterator[Place]:
        for part in dict.fromkeys(p for k in keys for p in self.keys[k]):
            found = [place for method, place in self.nodes.operations(part) if method in finding.methods]
            if found:
                self._alone(part, finding)
                yield from found

    def _addition(self, finding: Finding, item: PathItem) -> Action:
        (method,) = finding.methods
        parts = self.keys[item.key]
        into = next((p for p in parts if any(True for _ in self.nodes.operations(p))), None)
        if into is None:
            raise _Impossible("the description, read again, does not hold the path where it was")
        if self.nodes.aliased(into):
            raise _Impossible("its path item is written once and stands in several places (a YAML alias or merge key)")
        self._alone(into, finding)
        own = [e for e in self.report.exchanges.values() if e.probe.environment == self.environment]
        exchanges = skeleton.shown(own, item.template, method)
        seen = [e.answer for e in exchanges if e.answer is not None]
        status = skeleton.fails(seen)
        if status is not None:
            raise _Impossible(f"it answers {status}: describe it when it works")
        swagger = self.contract.dialect == "2.0"
        made = skeleton.operation(self.environment, seen, swagger)
        given = skeleton.parameters(self.nodes, item, parts, into, swagger)
        if given:
            made = {"summary": made.pop("summary"), "parameters": given, **made}
        if self.nodes.demands_credentials and any(map(skeleton.open_to_all, exchanges)):
            made["security"] = []
        return Action(into, (finding,), {method.lower(): made})

    def _alone(self, part: Place, finding: Finding) -> None:
        """Whoever else uses this part of a path item must have the same finding: one text cannot say two things."""
        users = {k for k, parts in self.keys.items() if part in parts}
        for key in users:
            if not all((finding.rule, self.templates[key], m) in self.said for m in finding.methods):
                raise _Impossible(f"its path item is also that of {key}, which is served differently: split it first")
        ways = {p for k in users for p in self.nodes.chain(k)}
        if any(r.target == part and r.holder not in ways for r in self.nodes.references):
            raise _Impossible("its path item is also used elsewhere in the description: split it first")

    def _blocked(self, drafts: dict[str, list[Action]]) -> Iterator[tuple[str, str]]:
        """Removals that would leave a reference without its end; each one found may keep others from being made."""
        out: set[str] = set()
        while True:
            going = [a.place for f, actions in drafts.items() if f not in out for a in actions if a.update is None]
            found = [
                (f, reference.holder)
                for f, actions in drafts.items() if f not in out
                for a in actions if a.update is None
                for reference in self._from_outside(a.place, going)
            ]  # fmt: skip
            if not found:
                return
            fingerprint, holder = found[0]
            out.add(fingerprint)
            yield fingerprint, f"{holder.file} #{holder.pointer} refers to it"

    def _from_outside(self, place: Place, going: list[Place]) -> Iterator[Any]:
        return (r for r in self.nodes.inside(place) if not any(g.holds(r.holder) for g in going))

    def _emptied(self, actions: list[Action]) -> Iterator[Action]:
        """Where nothing but empty path items would be left of a path, its last removal takes the path itself."""
        going = {a.place for a in actions if a.update is None}
        growing = {a.place for a in actions if a.update is not None}
        last: dict[str, Action] = {}
        for key, parts in self.keys.items():
            mine = [a for a in actions if a.place in going and any(p.holds(a.place) for p in parts)]
            path = self.nodes.path(key)
            if (
                mine and path is not None and path not in going and not growing & set(parts)
                and all(self._bare(p, going) for p in parts)
                and not any(self._from_outside(path, [*going, path])) and not self.nodes.aliased(path)
            ):  # fmt: skip
                last[key] = mine[-1]
        for action in actions:
            keys = [k for k, a in last.items() if a is action]
            for key in keys:
                path = self.nodes.path(key)
                if path is not None:
                    yield replace(action, place=path, why="nothing else is left of the path, so the path is removed")
            if not keys:
                yield action

    def _bare(self, part: Place, going: set[Place]) -> bool:
        """Whether nothing is left of a part of a path item but what it says for operations."""
        left = {k for k in self.nodes.value(part) if k not in _SERVING}
        inner = {p for _, p in self.nodes.operations(part)}
        return inner <= going and left <= {p.keys[len(part.keys)] for p in inner}


def _united(actions: Iterable[Action]) -> list[Action]:
    """One action for each node and change: path items that are shared answer several findings at once."""
    found: dict[tuple[Place, str], Action] = {}
    for a in actions:
        key = (a.place, ",".join(a.update or ()))
        found[key] = replace(found[key], findings=found[key].findings + a.findings) if key in found else a
    return list(found.values())
