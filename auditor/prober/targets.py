"""From path templates to request targets: values filled in, controls invented (DESIGN §4, calibrate first)."""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from auditor.model.contract import Contract, Operation, PathItem, RequestBody, Value
from auditor.model.environment import Environment, Origin
from auditor.model.methods import STATE_CHANGING
from auditor.model.templates import Matcher, parameter_names, split_template
from auditor.prober.geometry import could_hold, guessed, names_of, overlaps, placeholder, shared_prefix
from auditor.prober.harvest import donors
from auditor.prober.phantom import Phantom, phantom, place
from auditor.prober.request_target import encode, fill_or_none, has_dot_segments, may_404, nonce, visible_ascii
from auditor.prober.required import NOTHING, Bare, bare, demands, fields, queries
from auditor.prober.spellings import Spelling, around


@dataclass(frozen=True, slots=True)
class Target:
    """One documented path made concrete in one environment.

    `path` is the request target without query, or None where a parameter has no value; `sibling` an unknown path of the
    same depth, or None where every such path might match a template; `twin` the path with its trailing slash toggled.
    `deeper` is an unknown path below it, `shadow` the same path with another value where a template also matches,
    `alternates` the same path with values of other types, `absent` with a last value that names nothing; `may_404` the
    methods whose 404 the description announces; `unwanted` those that a skip pattern names, documented or not.
    """

    template: str
    key: str
    origin: Origin
    path: str | None
    sibling: str | None
    twin: str | None
    deeper: str | None
    shadow: str | None
    shadowed_by: str | None
    shadow_fits: bool
    alternates: tuple[str, ...]
    absent: str | None
    documented: tuple[str, ...]
    queries: Mapping[str, str] = field(default_factory=dict)
    """Query string by safe method: the required query parameters."""
    fields: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    unfilled: frozenset[str] = frozenset()
    demands: Mapping[str, bool] = field(default_factory=dict)
    """Whether credentials are demanded, by method; only those of which the description says so or says not."""
    bare: Bare = NOTHING
    donors: tuple[str, ...] = ()
    """Templates whose GET may name objects for this one: they are asked first."""
    guessed: tuple[str, ...] = ()
    """Targets' leading paths up to each parameter whose value is not the operator's: must be seen to work."""
    may_404: frozenset[str] = frozenset()
    shared: int = 0
    """Length of the literal prefix that all documented paths share, without its leading slash."""
    other_server: bool = False
    excluded: frozenset[str] = frozenset()
    """Methods that are documented but must not be probed or judged."""
    unwanted: frozenset[str] = frozenset()
    phantom: Phantom | None = None
    """The path with every object in it absent; None where that cannot be had."""
    changes: frozenset[str] = frozenset()
    """State-changing methods, documented or not, that the operator has not left out here."""
    bodies: Mapping[str, RequestBody] = field(default_factory=dict)
    """Documented content by method, where no other template that matches the phantom says otherwise."""
    near: tuple[Spelling, ...] = ()
    """What the path might be spelled like, if it is missing."""

    @property
    def templated(self) -> bool:
        return "{" in self.template

    @property
    def literal_end(self) -> bool:
        return split_template(self.template)[-1].is_literal

    @property
    def untouchable(self) -> bool:
        """Nothing may be sent here at all: every documented operation is excluded."""
        return bool(self.documented) and set(self.documented) <= self.excluded


class Planner:
    """Makes the targets of one environment. Pure: a function of contract, environment and seed."""

    def __init__(
        self,
        contract: Contract,
        environment: Environment,
        seed: str,
        *,
        skipped: Callable[[str], bool] = lambda path: False,
        left_out: Callable[[PathItem, str, str | None], bool] = lambda item, method, path: False,
        named: Callable[[PathItem, str | None], frozenset[str]] = lambda item, path: frozenset(),
        excluded: Callable[[PathItem, Operation], bool] = lambda item, op: False,
        absent: Callable[[PathItem, str, str], str | None] = lambda item, name, nonce: None,
        alternates: Callable[[str], tuple[str, ...]] = lambda nonce: (),
        learnt: Mapping[str, str] | None = None,
    ) -> None:
        self.contract, self.environment, self.seed = contract, environment, seed
        self.skipped, self.excluded, self.absent, self.alternates = skipped, excluded, absent, alternates
        self.left_out, self.named, self.learnt = left_out, named, learnt or {}
        self.donors = donors(contract, self._may_donate)
        self.places = {w.place: t for t, wanted in self.donors.items() for w in wanted}
        # Paths whose operations could not be read exist all the same: nothing that is invented may meet them.
        self.matcher = Matcher([*(p.template for p in contract.paths), *contract.unaudited])
        self.items = {p.template: p for p in contract.paths}
        self.prefix = shared_prefix([split_template(p.template) for p in contract.paths])

    def _may_donate(self, item: PathItem) -> bool:
        """Its GET is documented, may be sent, and could be asked for a list."""
        operation = item.operation("GET")
        return operation is not None and not self.excluded(item, operation) and not self.skipped(item.template)

    def targets(self) -> tuple[Target, ...]:
        return tuple(self._target(p) for p in self.contract.paths)

    def _target(self, item: PathItem) -> Target:
        where = self._place(item)
        origin, base = where if where else (self.environment.origin, self.environment.base_path)
        values = self._values(item)
        filled = {k: encode(v.text) for k, v in values.items()}
        local = fill_or_none(item.template, filled)
        safe_path = None if local is None or self.skipped(local) or has_dot_segments(local) else local
        excluded = frozenset(o.method for o in item.operations if self.excluded(item, o))
        unwanted = self.named(item, local)
        excluded |= unwanted & {"GET"}  # documented or not
        sibling = self._sibling(item, filled)
        shadowed = self._shadowed_by(item, local)
        unreal = self._phantom(item, values, base)

        def absolute(path: str | None) -> str | None:
            return None if path is None else visible_ascii(base + path)

        return Target(
            template=item.template, key=item.key, origin=origin, path=absolute(safe_path),
            sibling=absolute(sibling), twin=absolute(self._twin(item, safe_path)),
            deeper=absolute(self._deeper(safe_path)), shadow=absolute(self._shadow(item, shadowed, filled)),
            shadowed_by=shadowed, shadow_fits=shadowed is not None and could_hold(self.items[shadowed], item.template),
            alternates=tuple(visible_ascii(base + p) for p in self._alternates(item, filled)),
            absent=absolute(self._absent(item, filled)), may_404=may_404(item), shared=len("/".join(self.prefix)),
            documented=item.methods, queries=queries(item), fields=fields(item, self.environment),
            unfilled=frozenset(o.method for o in item.operations if o.unfilled), demands=demands(item),
            bare=bare(item, self.environment, self.contract.keys),
            guessed=tuple(visible_ascii(base + p) for p in guessed(item.template, values, filled)),
            donors=self._donors(item, values), other_server=where is None, excluded=excluded, unwanted=unwanted,
            phantom=unreal, bodies={} if unreal is None else self._bodies(item, unreal.path.removeprefix(base)),
            changes=self._changes(item, excluded, local, unreal.path.removeprefix(base) if unreal else None),
            near=self._near(item, filled, base),
        )  # fmt: skip

    def _place(self, item: PathItem) -> tuple[Origin, str] | None:
        """Origin and base path of the item (DESIGN §7), or None: it lives on a server that nobody configured."""
        places = {o.server for o in item.operations}
        if len(places) > 1:
            return None  # its operations live on several servers: one answer could not be held against another
        declared = next(iter(places), None)
        if declared is None:
            return self.environment.origin, self.environment.base_path
        for url, origin, base in self.environment.servers:
            if declared.rstrip("/") == url.rstrip("/"):
                return origin, base
        parts = urllib.parse.urlsplit(declared)
        roots = {urllib.parse.urlsplit(s)[:2] for s in self.contract.servers}
        here = (self.environment.origin.scheme, self.environment.origin.host_field)
        if not parts.netloc or parts[:2] in roots or (parts.scheme, parts.netloc) == here:
            return self.environment.origin, parts.path.rstrip("/")
        return None

    def _donors(self, item: PathItem, values: Mapping[str, Value]) -> tuple[str, ...]:
        """The collections to ask before this path: those above each parameter that nobody gave a value for."""
        found = []
        for i, segment in enumerate(split_template(item.template)):
            donor = self.places.get(place(item.template, i)) if segment.is_parameter else None
            name = segment.parts[0].text.strip("+*;.?#/")
            given = values[name].source in ("config", "x-auditor", "enum") if name in values else False
            if donor is not None and not given:
                found.append(donor)
        return tuple(dict.fromkeys(found))

    def _values(self, item: PathItem) -> dict[str, Value]:
        """Values of the path parameters; an invented one where the description gives none."""
        found: dict[str, Value] = dict(item.values)
        for operation in item.operations:
            found |= {k: v for k, v in operation.values.items() if k not in found}
        wanted = parameter_names(item.template)
        for i, segment in enumerate(split_template(item.template)):
            text = self.learnt.get(place(item.template, i)) if segment.is_parameter else None
            if text is not None:
                name = segment.parts[0].text.strip("+*;.?#/")
                if name not in found or found[name].source not in ("config", "x-auditor", "enum"):
                    found[name] = Value(text, "learnt")
        for name in wanted:
            if name not in found:
                invented = self.absent(item, name, nonce(self.seed, self.environment.name, item.template, name))
                if invented is not None:
                    found[name] = Value(invented, "schema")
        return {k: v for k, v in found.items() if k in wanted}

    # --- controls -------------------------------------------------------------------------------------------------

    def _unknown(self, path: str) -> bool:
        """Whether a path that we invent is surely documented nowhere and excluded by nobody."""
        return not self.matcher.matches(path) and not self.skipped(path) and not has_dot_segments(path)

    def _may_touch(self, path: str) -> bool:
        """Whether a path that we invent leaves alone what is left out: no template that matches it excludes its GET."""
        if self.skipped(path) or has_dot_segments(path):
            return False
        return not any(self._left_out(t) for t in self.matcher.matches(path))

    def _left_out(self, template: str) -> bool:
        item = self.items.get(template)
        if item is None:
            return True
        excluded = {o.method for o in item.operations if self.excluded(item, o)}
        return bool(excluded & {"GET", "HEAD"}) or bool(item.operations and excluded >= set(item.methods))

    def _nonce_segment(self, *where: str) -> str:
        return "zq" + nonce(self.seed, self.environment.name, "sibling", *where)

    def _sibling(self, item: PathItem, filled: Mapping[str, str]) -> str | None:
        """An unknown path beside the documented one, under the deepest literal prefix that all documented paths share.

        Nearest first: the last literal segment replaced, then earlier ones, then new segments below the path.
        """
        segments = split_template(item.template)
        shown = [s.text if s.is_literal else placeholder(s, filled) for s in segments]
        # Behind the invented segment any value does, so that paths of one form share their control.
        after = [s.text if s.is_literal else placeholder(s, {}) for s in segments]
        shared = len(self.prefix)
        for i in reversed(range(shared, len(segments))):
            if segments[i].is_literal and segments[i].text:
                path = "/" + "/".join([*shown[:i], self._nonce_segment(*names_of(segments[:i])), *after[i + 1 :]])
                if self._unknown(path):
                    return path
        for extra in (1, 2, 3):
            tail = [self._nonce_segment(item.template, str(n)) for n in range(extra)]
            path = "/" + "/".join([*(s for s in shown if s), *tail])
            if self._unknown(path):
                return path
        return None

    def _twin(self, item: PathItem, path: str | None) -> str | None:
        """The path with its trailing slash toggled, unless that is documented (or excluded) by itself."""
        if path is None or path == "/":
            return None
        twin = path[:-1] if path.endswith("/") else path + "/"
        toggled = item.template[:-1] if item.template.endswith("/") else item.template + "/"
        documented = toggled in self.items or toggled in self.contract.unaudited
        return twin if not documented and self._may_touch(twin) else None

    def _deeper(self, path: str | None) -> str | None:
        if path is None:
            return None
        deeper = path.rstrip("/") + "/" + self._nonce_segment("deeper", path)
        return deeper if self._unknown(deeper) else None

    def _shadowed_by(self, item: PathItem, path: str | None) -> str | None:
        """A template that also matches this path: a parameter where this path has a literal that could be its value."""
        for template in self.matcher.matches(path) if path is not None else ():
            other = self.items.get(template)
            if other is not None and template != item.template and overlaps(template, item.template):
                return template
        return None

    def _shadow(self, item: PathItem, template: str | None, filled: Mapping[str, str]) -> str | None:
        """The path with its shadowed literals replaced: what the template answers to a value of that kind."""
        if template is None:
            return None
        path = "/" + "/".join(
            self._nonce_segment("shadow", item.template)
            if not ours.is_parameter and not theirs.is_literal
            else placeholder(ours, filled)
            for ours, theirs in zip(split_template(item.template), split_template(template), strict=False)
        )
        met = self.matcher.matches(path)
        if template not in met or item.template in met or self._hits_other(path, item) or not self._may_touch(path):
            return None
        return path

    def _alternates(self, item: PathItem, filled: Mapping[str, str]) -> list[str]:
        """The path with its last parameter as an integer, a UUID and a slug: a router may accept one type only."""
        names = parameter_names(item.template)
        if not names or any(n not in filled for n in names[:-1]):
            return []
        declared = item.path_parameters.get(names[-1])
        if declared is not None and declared.closed:
            return []
        values = self.alternates(nonce(self.seed, self.environment.name, "alternate", item.template))
        paths = [fill_or_none(item.template, {**filled, names[-1]: encode(v)}) for v in values]
        return [p for p in paths if p is not None and self._may_touch(p) and not self._hits_other(p, item)]

    def _near(self, item: PathItem, filled: Mapping[str, str], base: str) -> tuple[Spelling, ...]:
        def target(template: str) -> str | None:
            path = fill_or_none(template, filled)
            free = path is not None and self._unknown(path) and not self.left_out(item, "GET", path)
            return visible_ascii(base + path) if free and path is not None else None

        return around(item.template, self.items, base, len(self.prefix), target, self._nonce_segment("near"))

    # --- objects that cannot exist --------------------------------------------------------------------------------

    def _nothing(self, where: str) -> str:
        return nonce(self.seed, self.environment.name, "absent", where)

    def _phantom(self, item: PathItem, values: Mapping[str, Value], base: str) -> Phantom | None:
        found = phantom(item, values, self.absent, self._nothing, lambda path: visible_ascii(base + path))
        local = found.path.removeprefix(base) if found else ""
        if found is None or not self._may_touch(local) or self._hits_other(local, item):
            return None
        return found

    def _changes(self, item: PathItem, excluded: frozenset[str], *paths: str | None) -> frozenset[str]:
        """State-changing methods that nobody left out, by any path that would be sent and any template it matches."""
        sent = [p for path in paths if path is not None for p in (path, self._twin(item, path)) if p is not None]
        met = {t: self.items[t] for p in sent for t in self.matcher.matches(p) if t in self.items}
        return frozenset(
            m for m in STATE_CHANGING - excluded
            if not any(self.left_out(i, m, p) for i in (item, *met.values()) for p in (None, *sent))
        )  # fmt: skip

    def _bodies(self, item: PathItem, path: str) -> dict[str, RequestBody]:
        """Content by method. Another template that matches the path may be served in its place: the least of both."""
        others = [self.items[t] for t in self.matcher.matches(path) if t != item.template and t in self.items]
        found = {o.method: o.request_body for o in item.operations if o.request_body is not None}
        for operation in (o for other in others for o in other.operations if o.method in found):
            body = operation.request_body
            if body is None or not (body.required and body.demands_property):
                del found[operation.method]
        return found

    def _absent(self, item: PathItem, filled: Mapping[str, str]) -> str | None:
        """The path with its last parameter naming nothing, or None where its values are a closed set."""
        names = parameter_names(item.template)
        if not names:
            return None
        index = max(i for i, s in enumerate(split_template(item.template)) if not s.is_literal)
        value = self.absent(item, names[-1], self._nothing(place(item.template, index)))
        path = None if value is None else fill_or_none(item.template, {**filled, names[-1]: encode(value)})
        return path if path is not None and self._may_touch(path) and not self._hits_other(path, item) else None

    def _hits_other(self, path: str, item: PathItem) -> bool:
        return any(t != item.template and "{" not in t for t in self.matcher.matches(path))
